"""Exact calculus of variations on undefined functions: each partial derivative of a field is a symbol of its own.

A field f(q, t) and its partial derivatives f_t, f_i, f_ij, … (its jet) are independent symbols, so that the equations of
motion of *undefined* functions become algebra: the total derivative is the chain rule on these symbols,

    D_a P = Σ_J (∂P/∂f_J) f_{J+a},

the Euler operator is E_f(L) = Σ_J (−1)^|J| D_J ∂L/∂f_J, which vanishes on total derivatives and on nothing else (up to a
constant), and an identity holds if and only if the expanded expression is 0.
"""

from dataclasses import dataclass, field
from typing import final

import sympy as sp

__all__ = ["JetSpace"]

TIME = 0


@final
@dataclass(frozen=True, eq=False)
class JetSpace:
    """Fields over (t, q^1 … q^d). Index 0 is the time; a multi-index counts the derivatives by (t, q^1 … q^d).

    >>> space = JetSpace(1)
    >>> f = space.field("f")
    >>> lagrangian = space.derivative(f, 1)**2/2
    >>> space.restore(space.euler(lagrangian, f))
    -Derivative(f(t, q1), (q1, 2))
    """

    dimension: int
    _jets: dict[tuple[str, tuple[int, ...]], sp.Symbol] = field(default_factory=dict)
    _kinds: dict[sp.Symbol, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    _arguments: dict[str, frozenset[int]] = field(default_factory=dict)

    def field(self, name: str, *, time: bool = True, space: bool = True, positive: bool = False) -> sp.Symbol:
        """Declare an undefined function of t, of q, or of both, and return its symbol."""
        axes = ({TIME} if time else set()) | (set(range(1, self.dimension + 1)) if space else set())
        self._arguments[name] = frozenset(axes)
        symbol = sp.Dummy(name, positive=True) if positive else sp.Dummy(name, real=True)
        return self._register(name, (0,) * (self.dimension + 1), symbol)

    def derivative(self, expression: sp.Expr, axis: int) -> sp.Expr:
        """The total derivative by axis (0 is t)."""
        parts = []
        for term in sp.Add.make_args(expression):
            for symbol in term.free_symbols & self._kinds.keys():
                higher = self._raised(symbol, axis)
                if higher != 0:
                    parts.append(_partial(term, symbol) * higher)
        return sp.Add(*parts)

    def euler(self, lagrangian: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
        """E_f(L): the left side of the Euler–Lagrange equation of the field."""
        name, _ = self._kinds[symbol]
        parts = []
        for jet in sorted(lagrangian.free_symbols & self._kinds.keys(), key=lambda jet: self._kinds[jet]):
            if self._kinds[jet][0] == name:
                slope = sp.Add(*(_partial(term, jet) for term in sp.Add.make_args(lagrangian) if jet in term.free_symbols))
                parts.append(self._signed_derivative(sp.expand(slope), self._kinds[jet][1]))
        return sp.expand(sp.Add(*parts))

    def substitute(self, expression: sp.Expr, symbol: sp.Symbol, replacement: sp.Expr) -> sp.Expr:
        """Put an expression in the place of a field, in all its derivatives."""
        name, _ = self._kinds[symbol]
        values = {jet: self._differentiated(replacement, self._kinds[jet][1])
                  for jet in expression.free_symbols & self._kinds.keys() if self._kinds[jet][0] == name}
        return expression.xreplace(values)

    def specialise(self, expression: sp.Expr, functions: dict[sp.Symbol, sp.Expr | tuple[sp.Expr, ...]],
                   variables: tuple[sp.Symbol, ...]) -> sp.Expr:
        """Put explicit functions of ``variables`` = (t, q…) in the place of fields, in all their derivatives.

        A tuple is the gradient (∂_1f, …, ∂_df) of a field that is not known itself.
        """
        given = {self._kinds[symbol][0]: value for symbol, value in functions.items()}
        values = {}
        for jet in expression.free_symbols & self._kinds.keys():
            name, orders = self._kinds[jet]
            if name in given:
                values[jet] = _explicit(given[name], variables, orders)
        return expression.xreplace(values)

    def restore(self, expression: sp.Expr) -> sp.Expr:
        """Write jets as SymPy derivatives of undefined functions f(t, q1, …), for reading and for cross-checks."""
        variables = (sp.Symbol("t", real=True), *sp.symbols(f"q1:{self.dimension + 1}", real=True))
        values = {}
        for jet in expression.free_symbols & self._kinds.keys():
            name, orders = self._kinds[jet]
            arguments = [variables[axis] for axis in sorted(self._arguments[name])]
            values[jet] = _diff(sp.Function(name)(*arguments), variables, orders)
        return expression.xreplace(values)

    def _register(self, name: str, orders: tuple[int, ...], symbol: sp.Symbol) -> sp.Symbol:
        self._jets[name, orders] = symbol
        self._kinds[symbol] = (name, orders)
        return symbol

    def _raised(self, symbol: sp.Symbol, axis: int) -> sp.Expr:
        name, orders = self._kinds[symbol]
        if axis not in self._arguments[name]:
            return sp.S.Zero
        higher = tuple(order + (place == axis) for place, order in enumerate(orders))
        if (name, higher) not in self._jets:
            self._register(name, higher, sp.Dummy(f"{name}_{''.join(map(str, higher))}", real=True))
        return self._jets[name, higher]

    def _differentiated(self, expression: sp.Expr, orders: tuple[int, ...]) -> sp.Expr:
        for axis, order in enumerate(orders):
            for _ in range(order):
                expression = self.derivative(expression, axis)
        return expression

    def _signed_derivative(self, expression: sp.Expr, orders: tuple[int, ...]) -> sp.Expr:
        for axis, order in enumerate(orders):
            for _ in range(order):
                expression = -sp.expand(self.derivative(expression, axis))
        return expression


def _partial(term: sp.Expr, symbol: sp.Symbol) -> sp.Expr:
    """∂term/∂symbol; a monomial c·f^n·… needs no more than n c·f^(n−1)·…, which is much quicker than SymPy's diff."""
    powers = term.as_powers_dict()
    alone = all(base == symbol or symbol not in base.free_symbols for base in powers)
    if alone and symbol in powers and not any(exponent.free_symbols for exponent in powers.values()):
        return powers[symbol] * term / symbol
    return term.diff(symbol)


def _diff(expression: sp.Expr, variables: tuple[sp.Symbol, ...], orders: tuple[int, ...]) -> sp.Expr:
    for variable, order in zip(variables, orders, strict=True):
        expression = expression.diff(variable, order) if order else expression
    return expression


def _explicit(function: sp.Expr | tuple[sp.Expr, ...], variables: tuple[sp.Symbol, ...],
              orders: tuple[int, ...]) -> sp.Expr:
    if not isinstance(function, tuple):
        return _diff(function, variables, orders)
    axis = next(axis for axis, order in enumerate(orders) if order and axis != TIME)
    rest = tuple(order - (place == axis) for place, order in enumerate(orders))
    return _diff(function[axis - 1], variables, rest)
