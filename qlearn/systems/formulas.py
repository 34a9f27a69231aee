"""Formulas as SymPy: a user's texts, numbers and SymPy objects, with one symbol for each name; and back to NumPy."""

import math
import numbers
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from qlearn import checks
from qlearn.systems.expressions import FUNCTIONS, identifiers, parse

__all__ = ["NumericFunction", "Symbols", "numeric_parameters", "one_an_axis", "shown_aperiodic"]

UNDEFINED = ("F", "T", "U", "V", "W", "f", "g", "g11", "g12", "g13", "g22", "g23", "g33", "h", "kappa", "u", "v", "w")
RESERVED = ("t", "pi", *FUNCTIONS)
_NUMERIC_NODES = (sp.Symbol, sp.Number, sp.NumberSymbol, sp.Add, sp.Mul, sp.Pow, sp.sin, sp.cos, sp.tan, sp.asin,
                  sp.acos, sp.atan, sp.sinh, sp.cosh, sp.tanh, sp.exp, sp.log, sp.Abs, sp.sign)


@final
@dataclass(frozen=True, eq=False)
class Symbols:
    """One real symbol for each name, so that ``"q"``, Symbol("q") and Symbol("q", real=True) are the same thing."""

    coordinates: tuple[str, ...]
    positive: frozenset[str]

    def symbol(self, name: str) -> sp.Symbol:
        return sp.Symbol(name, positive=True) if name in self.positive else sp.Symbol(name, real=True)

    def read(self, argument: str, value: Any) -> sp.Expr:
        """A text (through the safe parser), a finite real number (decimals become exact) or a SymPy expression."""
        if isinstance(value, str):
            return self._text(argument, value)
        if isinstance(value, numbers.Real) and not isinstance(value, bool) and not isinstance(value, sp.Basic):
            if not math.isfinite(value):
                checks.fail(argument, "must be finite", value)
            return sp.Integer(int(value)) if isinstance(value, numbers.Integral) else sp.Rational(repr(float(value)))
        if not isinstance(value, sp.Expr):
            checks.fail(argument, "must be a text, a number or a SymPy expression", f"{type(value).__name__} {value!r}")
        if value.has(sp.I, sp.zoo, sp.nan, sp.oo, -sp.oo):
            checks.fail(argument, "must be real and finite", str(value))
        return value.xreplace({symbol: self.symbol(symbol.name) for symbol in value.free_symbols})

    def constant(self, argument: str, value: Any, *, time: bool = False) -> sp.Expr:
        """Read a positive constant of the learner; it may depend on t only where ``time``."""
        expression = self.read(argument, value)
        names = {symbol.name for symbol in expression.free_symbols}
        for name in [*self.coordinates, *([] if time else ["t"])]:
            if name in names:
                checks.fail(argument, f"must not depend on {name}", str(expression))
        if expression.is_nonpositive:
            checks.fail(argument, "must be > 0", str(expression))
        return expression

    def _text(self, argument: str, text: str) -> sp.Expr:
        names = identifiers(text, argument=argument)
        applied = [name for name in UNDEFINED if name not in names]
        expression = parse(text, names, functions=applied, argument=argument)
        return expression.sympy(**{name: self.symbol(name) for name in names})


@final
@dataclass(frozen=True, eq=False)
class NumericFunction:
    """A NumPy callable of SymPy expressions: f(*arrays) -> (*outer, *shape); finite, or ArgumentError. Pickles."""

    argument: str
    expressions: tuple[sp.Expr, ...]
    outer: tuple[int, ...]
    variables: tuple[sp.Symbol, ...]
    values: Mapping[str, float]
    _compiled: list[Callable] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for expression in self.expressions:
            _check_numeric(self.argument, expression)

    def __call__(self, *arrays: Any) -> np.ndarray:
        if len(arrays) != len(self.variables):
            checks.fail(self.argument, f"takes {len(self.variables)} arrays ({', '.join(map(str, self.variables))})",
                        f"{len(arrays)}")
        columns = [np.asarray(array, dtype=float) for array in arrays]
        shape = np.broadcast_shapes(*(column.shape for column in columns))
        if not self._compiled:
            self._compiled.append(self._compile())
        with np.errstate(all="ignore"):
            parts = self._compiled[0](*columns, *self.values.values())
        result = np.stack([np.broadcast_to(np.asarray(part, dtype=float), shape) for part in parts])
        if not np.all(np.isfinite(result)):
            checks.fail(self.argument, "must be finite wherever it is evaluated",
                        f"{int(np.sum(~np.isfinite(result)))} NaN or infinite of {result.size} values")
        return result.reshape((*self.outer, *shape))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_compiled": []}

    def _compile(self) -> Callable:
        parameters = {symbol.name: symbol for expression in self.expressions for symbol in expression.free_symbols}
        symbols = [*self.variables, *(parameters.get(name, sp.Symbol(name)) for name in self.values)]
        return sp.lambdify(symbols, list(self.expressions), modules="numpy", dummify=True, cse=True)


def numeric_parameters(known: Iterable[sp.Symbol], needed: Collection[sp.Symbol],
                       parameters: Mapping[Any, Any] | None) -> dict[str, float]:
    """Check that every needed parameter has a finite number and that no unknown one came along; return those needed."""
    names = {symbol.name: symbol for symbol in known}
    given = {str(name): value for name, value in (parameters or {}).items()}
    for name in given:
        if name not in names:
            checks.fail("parameters", f"may name {', '.join(sorted(names)) or 'nothing, there are none'}", repr(name))
    for symbol in sorted(needed, key=str):
        if symbol.name not in given:
            checks.fail("parameters", f"need a number for {symbol.name}", f"only {sorted(given)}")
    chosen = {symbol.name: given[symbol.name] for symbol in sorted(needed, key=str)}
    return {name: checks.real(f"parameters[{name!r}]", value, above=0.0 if names[name].is_positive else None)
            for name, value in chosen.items()}


def shown_aperiodic(expression: sp.Expr, coordinate: sp.Symbol, period: sp.Expr) -> bool:
    """Whether numbers show that the expression changes under coordinate → coordinate + period.

    Tried at a few points, with the parameters at a few positive values; undefined functions are taken to be periodic.
    """
    if expression.atoms(AppliedUndef) or coordinate not in expression.free_symbols:
        return False
    symbols = sorted((expression.free_symbols | period.free_symbols) - {coordinate}, key=str)
    values = [0.31 + 0.47 * (0.618 * n % 1) for n in range(len(symbols))]
    compiled = sp.lambdify([coordinate, *symbols], [expression, period], modules="numpy", dummify=True)
    points = np.array([0.137, 0.533, 1.271, 2.918])
    with np.errstate(all="ignore"):
        start, length = compiled(points, *values)
        change = np.abs(compiled(points + length, *values)[0] - start)
        return bool(np.any(change > 1e-7 * (1 + np.abs(start))))


def _check_numeric(argument: str, expression: sp.Expr) -> None:
    for node in sp.preorder_traversal(expression):
        if isinstance(node, AppliedUndef):
            checks.fail(argument, "has no numbers while it holds an undefined function", str(node),
                        "Give the system with that function written out.")
        if not isinstance(node, _NUMERIC_NODES):
            checks.fail(argument, f"must be built of + - * / ** and {', '.join(FUNCTIONS)}",
                        f"{type(node).__name__} in {expression}")


def one_an_axis(argument: str, value: Any, dimension: int, words: str) -> Sequence[Any]:
    """One value an axis: a list of them, or the one value of a single axis."""
    values = list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value] * dimension
    if len(values) != dimension:
        checks.fail(argument, f"must be one {words} or one an axis ({dimension})", repr(value))
    return values
