"""Formulas as programs of whitelisted operations (qlearn.kernels.programs): SymPy trees walked node by node."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import sympy as sp

from qlearn.kernels.elementary import sines_constants
from qlearn.kernels.programs import Operation, Program

__all__ = ["DriftPrograms", "formula_program"]

_LONGEST = 256      # operations: longer formulas stay with NumPy
_LARGEST_POWER = 64
_SECOND = 1 / 32    # B/A up to which A sin + B sin cos is one polynomial; it errs by 2.4e-13 B, and B/A = h b'/2 is below 1/100
                    # at the default step


@final
@dataclass(frozen=True, eq=False)
class DriftPrograms:
    """c = b + (h/2)(b·∂)b of a drift b(q) in flat space as a program, one for each step length h (kernels/learner_steps.py).

    >>> q = sp.Symbol("q", real=True)
    >>> program, = DriftPrograms((-2 * q,), (q,), {}).of_steps([0.1])
    >>> float(program.constants[0])
    -1.8
    """

    drift: tuple[sp.Expr, ...]
    coordinates: tuple[sp.Symbol, ...]
    values: Mapping[str, float]

    def of_steps(self, lengths: Sequence[float]) -> list[Program] | None:
        """One for each length; None where the drift is no formula that programs know.

        Lengths that agree to 12 digits share one: the correction hardly depends on them.
        """
        names = [f"{length:.11e}" for length in lengths]
        made = {name: self._made(sp.Rational(name)) for name in set(names)}
        known = [made[name] for name in names]
        return None if any(program is None for program in known) else [program for program in known if program is not None]

    def _made(self, h: sp.Rational) -> Program | None:
        corrected = [b + h / 2 * sum(other * sp.diff(b, q) for other, q in zip(self.drift, self.coordinates, strict=True))
                     for b in self.drift]
        return formula_program(corrected, self.coordinates, self.values)


class _Unknown(Exception):
    """A node that no operation stands for."""


def formula_program(expressions: Sequence[sp.Expr], variables: Sequence[sp.Symbol],
                    values: Mapping[str, float]) -> Program | None:
    """A program for the values of ``expressions`` at ``variables``; None where a formula is not made of what programs know.

    They know + − * /, whole and half powers, sin, cos, tan, exp, log, sinh, cosh, tanh, abs; no text is evaluated.
    ``values``: numbers of the other symbols.
    Polynomials of one variable are brought into Horner's form; what formulas share is computed once.  The rounding is the
    program's own: it differs in the last places from NumPy's of the same formula.

    >>> from qlearn.kernels.programs import run_plain
    >>> x, k = sp.symbols("x k", real=True)
    >>> program = formula_program([k * x**3 - x, sp.sin(x) * x], [x], {"k": 2.0})
    >>> run_plain(program, np.array([[0.5, 2.0]])).round(6).tolist()
    [[-0.25, 14.0], [0.239713, 1.818595]]
    """
    numbers = {symbol: sp.Rational(values[symbol.name]) for expression in expressions for symbol in expression.free_symbols
               if symbol not in variables}
    plain = [sp.sympify(expression).xreplace(numbers) for expression in expressions]
    if len(variables) == 1:
        plain = [_expanded(expression, variables[0]) for expression in plain]
    turn = _turn(plain[0]) if len(plain) == 1 else None
    if turn is not None:
        writer = _Writer(variables)
        try:
            return writer.program([writer.turn(*turn)])
        except _Unknown:
            return None
    shared, plain = sp.cse(plain, symbols=sp.numbered_symbols("shared_"), order="none")
    writer = _Writer(variables)
    try:
        for symbol, expression in shared:
            writer.known[symbol] = writer.place(expression)
        outputs = [writer.place(expression) for expression in plain]
    except _Unknown:
        return None
    return writer.program(outputs) if len(writer.code) <= _LONGEST else None


def _expanded(expression: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    """Polynomials expanded, all else as it is."""
    return sp.expand(expression) if expression.is_polynomial(variable) else expression


def _turn(expression: sp.Expr) -> tuple[sp.Expr, list[float]] | None:
    """(u, k) of k0 + k1 sin u + k2 cos u + k3 sin u cos u + k4 sin² u with one u, or None."""
    angles = {node.args[0] for node in expression.atoms(sp.sin, sp.cos)}
    if len(angles) != 1:
        return None
    u, s, c = angles.pop(), sp.Dummy(), sp.Dummy()
    replaced = expression.xreplace({sp.sin(u): s, sp.cos(u): c})
    if replaced.free_symbols - {s, c} or not replaced.is_polynomial(s, c):
        return None
    k = [0.0] * 5
    for (power, other), value in sp.Poly(replaced, s, c).terms():
        if power + other > 2:
            return None
        if other == 2:                              # cos² = 1 − sin²
            k[0] += _number(value)
            k[4] -= _number(value)
        else:
            k[{(0, 0): 0, (1, 0): 1, (0, 1): 2, (1, 1): 3, (2, 0): 4}[power, other]] += _number(value)
    return u, k


def _as_sines(k1: float, k2: float, k3: float, k4: float) -> tuple[float, float, float] | None:
    """(φ, A, B) of A sin v + B sin v cos v, v = u + φ, for k1 sin u + k2 cos u + k3 sin u cos u + k4 (sin² u − ½), or None."""
    shift, first = np.arctan2(k2, k1), np.hypot(k1, k2)
    if abs(shift) > np.pi / 2:
        shift, first = shift - np.copysign(np.pi, shift), -first
    even = k3 * np.sin(2 * shift) + k4 * np.cos(2 * shift)
    if abs(even) > 1e-16 * (abs(first) + abs(k3) + abs(k4)):
        return None
    second = k3 * np.cos(2 * shift) - k4 * np.sin(2 * shift)
    return (float(shift), float(first), float(second)) if abs(second) <= _SECOND * abs(first) else None


@final
class _Writer:
    """Writes the operations; each value gets a register of its own, and what was placed once is found again."""

    def __init__(self, variables: Sequence[sp.Symbol]):
        self.variables = tuple(variables)
        self.known: dict[Any, int] = {symbol: place for place, symbol in enumerate(variables)}
        self.code: list[tuple[int, int, int, int, int]] = []
        self.constants: list[float] = []
        self.registers = len(variables)

    def program(self, outputs: list[int]) -> Program:
        inputs = len(self.variables)
        outputs = [self._copied(output) if output < inputs else output for output in outputs]
        return Program(np.array(self.code, dtype=np.int64), np.array([*self.constants, *[0.0] * 4]), inputs, self.registers,
                       tuple(outputs))

    def place(self, node: sp.Expr) -> int:
        """The register that holds the value of a node."""
        if node not in self.known:
            self.known[node] = self._placed(node)
        return self.known[node]

    def turn(self, angle: sp.Expr, constants: list[float]) -> int:
        """The register of k0 + k1 sin + k2 cos + k3 sin cos + k4 sin² of an angle."""
        found = _as_sines(*constants[1:])
        if found is None:
            return self._write(Operation.TURN, self.place(angle), constants=constants)
        shift, first, second = found
        source, constant = self.place(angle), constants[0] + 0.5 * constants[4]
        source = self._write(Operation.ADD_CONSTANT, source, constants=[shift]) if shift else source
        value = self._write(Operation.SINES, source, constants=sines_constants(first, second))
        return self._write(Operation.ADD_CONSTANT, value, constants=[constant]) if constant else value

    def _placed(self, node: sp.Expr) -> int:
        if not node.free_symbols:
            return self._write(Operation.FILL, constants=[_number(node)])
        if len(self.variables) == 1 and isinstance(node, sp.Add) and node.is_polynomial(self.variables[0]) \
                and node.free_symbols == {self.variables[0]}:
            return self._polynomial(sp.Poly(node, self.variables[0]))
        if isinstance(node, sp.Add):
            return self._sum(node)
        if isinstance(node, sp.Mul):
            return self._product(node)
        if isinstance(node, sp.Pow):
            return self._power(node.base, node.exp)
        return self._function(node)

    def _polynomial(self, polynomial: sp.Poly) -> int:
        """Horner's form, three coefficients an operation; in x² where only even or only odd powers stand."""
        x, coefficients = self.variables[0], [_number(c) for c in polynomial.all_coeffs()[::-1]]
        if len(coefficients) == 6 and not any(coefficients[::2]):
            return self._write(Operation.ODD_QUINTIC, self.known[x], constants=coefficients[1::2])
        if len(coefficients) > 4 and not any(coefficients[1::2]):
            return self._horner(self.place(x**2), coefficients[::2])
        if len(coefficients) > 4 and not any(coefficients[::2]):
            return self._write(Operation.MULTIPLY, self._horner(self.place(x**2), coefficients[1::2]), self.known[x])
        return self._horner(self.known[x], coefficients)

    def _horner(self, x: int, coefficients: list[float]) -> int:
        if len(coefficients) <= 4:
            if len(coefficients) <= 2:
                scaled = self._write(Operation.SCALE, x, constants=[coefficients[-1]])
                return self._write(Operation.ADD_CONSTANT, scaled, constants=coefficients[:1]) if coefficients[0] else scaled
            return self._write(Operation.CUBIC, x, constants=[*coefficients, *[0.0] * (4 - len(coefficients))])
        value = self._write(Operation.CUBIC, x, constants=coefficients[-4:])
        for c in coefficients[-5::-1]:
            value = self._write(Operation.STEP, value, x, constants=[c])
        return value

    def _sum(self, node: sp.Add) -> int:
        constant, rest = node.as_coeff_Add()
        terms = sp.Add.make_args(rest)
        value = self.place(terms[0])
        for term in terms[1:]:
            value = self._write(Operation.ADD, value, self.place(term))
        return self._write(Operation.ADD_CONSTANT, value, constants=[_number(constant)]) if constant else value

    def _product(self, node: sp.Mul) -> int:
        factor = sp.Mul(*[part for part in node.args if not part.free_symbols])
        parts = [part for part in node.args if part.free_symbols]
        above = [part for part in parts if not _below(part)]
        below = [1 / part for part in parts if _below(part)]
        value = self._chain(above) if above else None
        if below:
            top = self._write(Operation.FILL, constants=[1.0]) if value is None else value
            value = self._write(Operation.DIVIDE, top, self._chain(below))
        assert value is not None
        return value if factor == 1 else self._write(Operation.SCALE, value, constants=[_number(factor)])

    def _chain(self, parts: list[sp.Expr]) -> int:
        value = self.place(parts[0])
        for part in parts[1:]:
            value = self._write(Operation.MULTIPLY, value, self.place(part))
        return value

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> int:
        if not (exponent.is_Rational and exponent.q in (1, 2) and abs(exponent.p) <= _LARGEST_POWER):
            raise _Unknown
        if exponent < 0:
            return self._write(Operation.DIVIDE, self._write(Operation.FILL, constants=[1.0]), self.place(base**-exponent))
        if exponent.q == 2:
            root = self._write(Operation.ROOT, self.place(base))
            self.known.setdefault(sp.sqrt(base), root)
            whole = int(exponent.p // 2)
            return root if whole == 0 else self._write(Operation.MULTIPLY, root, self.place(base**whole))
        half, odd = divmod(int(exponent), 2)
        value = self.place(base if half == 1 else base**half)
        square = self._write(Operation.MULTIPLY, value, value)
        return self._write(Operation.MULTIPLY, square, self.place(base)) if odd else square

    def _function(self, node: sp.Expr) -> int:
        if isinstance(node, sp.cos | sp.sin):
            return self._turned(node)
        if isinstance(node, sp.tan):
            return self._write(Operation.DIVIDE, self.place(sp.sin(node.args[0])), self.place(sp.cos(node.args[0])))
        if isinstance(node, sp.sinh | sp.cosh):
            grown = sp.exp(node.args[0])
            fallen = self._write(Operation.SCALE, self.place(1 / grown), constants=[-0.5 if isinstance(node, sp.sinh) else 0.5])
            return self._write(Operation.ADD, self._write(Operation.SCALE, self.place(grown), constants=[0.5]), fallen)
        if isinstance(node, sp.tanh):                               # 1 − 2/(1 + e^2x)
            shifted = self._write(Operation.ADD_CONSTANT, self.place(sp.exp(2 * node.args[0])), constants=[1.0])
            share = self._write(Operation.DIVIDE, self._write(Operation.FILL, constants=[-2.0]), shifted)
            return self._write(Operation.ADD_CONSTANT, share, constants=[1.0])
        for kind, operation in ((sp.exp, Operation.EXPONENTIAL), (sp.log, Operation.LOGARITHM), (sp.Abs, Operation.MAGNITUDE)):
            if isinstance(node, kind):
                return self._write(operation, self.place(node.args[0]))
        raise _Unknown

    def _turned(self, node: sp.Expr) -> int:
        """Cosine and sine together: one costs hardly less than both."""
        argument = node.args[0]
        source = self.place(argument)
        cosine, sine = self.registers, self.registers + 1
        self.registers += 2
        self.code.append((Operation.COSINE_SINE, cosine, source, sine, 0))
        self.known |= {sp.cos(argument): cosine, sp.sin(argument): sine}
        return self.known[node]

    def _copied(self, source: int) -> int:
        return self._write(Operation.ADD_CONSTANT, source, constants=[0.0])

    def _write(self, operation: Operation, a: int = 0, b: int | None = None, constants: Sequence[float] = ()) -> int:
        place = len(self.constants)
        self.constants.extend(constants)
        target = self.registers
        self.registers += 1
        self.code.append((operation, target, a, a if b is None else b, place))
        return target


def _below(part: sp.Expr) -> bool:
    return isinstance(part, sp.Pow) and part.exp.is_Rational and part.exp.is_negative


def _number(node: sp.Expr) -> float:
    value = complex(node.evalf(20))
    if value.imag or not np.isfinite(value.real):
        raise _Unknown
    return value.real
