"""SymPy expressions of V: into callables, and where possible into V0(q) + Σ f_r(t) g_r(q)."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qlearn import checks

__all__ = ["coordinate_function", "is_sympy", "separations", "time_function", "whole_function"]

_NAMES = (("x", "y", "z"), ("q1", "q2", "q3", "q4", "q5", "q6"))


def is_sympy(given: Any) -> bool:
    """True for a SymPy expression or matrix; SymPy is not imported for it."""
    return any(str(kind.__module__).partition(".")[0] == "sympy" for kind in type(given).__mro__)


def coordinate_function(expression: Any, ndim: int, name: str) -> Callable:
    """g(*q) of an expression or matrix without t."""
    return _lambdified(expression, _symbols(expression, ndim, name, time=False)[1])


def time_function(expression: Any) -> Callable:
    """f(t) of an expression in the one symbol t."""
    import sympy

    if {s.name for s in expression.free_symbols} - {"t"}:
        checks.fail("f of terms", "as a SymPy expression must have t as its only symbol", str(expression))
    t = next(iter(expression.free_symbols), sympy.Dummy("t"))
    return _numeric(expression, [t])


def whole_function(expression: Any, ndim: int, time: bool) -> Callable:
    """V(*q), or V(t, *q) where ``time``."""
    t, coordinates = _symbols(expression, ndim, "potential", time)
    return _lambdified(expression, [t, *coordinates] if time else coordinates)


def separations(expression: Any, ndim: int) -> Iterator[tuple[Callable, list[tuple[Callable, Callable]]]]:
    """(V0, [(f, g), …]) with V0 + Σ f g = V on paper, of several ways to expand V; nothing where no way separates."""
    t, coordinates = _symbols(expression, ndim, "potential", time=True)
    for groups in _separations(expression, t):
        static = groups.pop(_one(), expression * 0)
        yield (_lambdified(static, coordinates),
               [(_lambdified(f, [t]), _lambdified(g, coordinates)) for f, g in groups.items()])


def _one() -> Any:
    import sympy

    return sympy.Integer(1)


def _symbols(expression: Any, ndim: int, name: str, time: bool) -> tuple[Any, list[Any]]:
    import sympy

    t = next((s for s in expression.free_symbols if s.name == "t"), None)
    if t is not None and not time:
        checks.fail(name, "with the symbol t needs time_dependent=True", str(expression))
    symbols = {s.name: s for s in expression.free_symbols if s.name != "t"}
    names = _coordinate_names(set(symbols), ndim, name)
    return t if t is not None else sympy.Dummy("t"), [symbols.get(n, sympy.Dummy(n)) for n in names]


def _coordinate_names(found: set[str], ndim: int, name: str) -> tuple[str, ...]:
    if ndim == 1 and len(found) <= 1:
        return tuple(found) or ("x",)
    for names in _NAMES:
        if ndim <= len(names) and found <= set(names[:ndim]):
            return names[:ndim]
    wanted = "one symbol for the coordinate" if ndim == 1 else \
        " or ".join(", ".join(names[:ndim]) for names in _NAMES if ndim <= len(names)) + " as coordinates"
    checks.fail(name, f"as a SymPy expression must have {wanted}, and t", ", ".join(sorted(found)),
                "Substitute numbers for parameters, or give sympy.lambdify(coordinates, expression).")


def _lambdified(expression: Any, arguments: list[Any]) -> Callable:
    """A callable; a matrix gives (c, c, *shape), also where an entry is constant."""
    import sympy

    if isinstance(expression, sympy.MatrixBase):
        if expression.rows != expression.cols:
            checks.fail("potential", "as a SymPy matrix must be square", f"{expression.rows} × {expression.cols}")
        entries = _numeric(expression.tolist(), arguments)
        return lambda *values: _stacked(entries(*values), np.broadcast_shapes(*map(np.shape, values)))
    return _numeric(expression, arguments)


def _numeric(expression: Any, arguments: list[Any]) -> Callable:
    """expression(*arguments) by NumPy and SciPy, which has erf and the Bessel functions; refused where neither can."""
    import sympy

    function = sympy.lambdify(arguments, expression, ["scipy", "numpy"])

    def evaluate(*values: Any) -> Any:
        try:
            return function(*values)
        except NameError as error:
            checks.fail("potential", "as a SymPy expression must be made of functions that NumPy or SciPy has",
                        f"{expression}: {error}", "Substitute what it stands for, or give a callable.")

    return evaluate


def _stacked(rows: list[list[Any]], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack([np.stack([np.broadcast_to(np.asarray(entry), shape) for entry in row]) for row in rows])


def _separations(expression: Any, t: Any) -> Iterator[dict[Any, Any]]:
    """{f(t): g(q)} with Σ f g = V."""
    import sympy

    ways: list[Callable] = [lambda e: e, sympy.expand, lambda e: sympy.expand(_sums_of_angles(e, t)),
                            lambda e: sympy.expand(_sums_of_angles(e, t).replace(sympy.exp, _turning))]
    for way in ways:
        groups = _grouped(expression.applyfunc(way) if isinstance(expression, sympy.MatrixBase) else way(expression), t)
        if groups is not None:
            yield groups


def _turning(exponent: Any) -> Any:
    """exp(iα) as cos α + i sin α, other exponentials as they are."""
    import sympy

    angle = exponent / sympy.I
    return sympy.cos(angle) + sympy.I * sympy.sin(angle) if not angle.has(sympy.I) else sympy.exp(exponent)


def _sums_of_angles(expression: Any, t: Any) -> Any:
    """sin, cos and exp of a(q) + b(t) by the addition theorems."""
    import sympy

    def split(node: Any) -> Any:
        a, b = sympy.expand(node.args[0]).as_independent(t, as_Add=True)
        if a == 0 or b == 0 or b.free_symbols - {t}:
            return node
        if isinstance(node, sympy.exp):
            return sympy.exp(a) * sympy.exp(b)
        if isinstance(node, sympy.sin):
            return sympy.sin(a) * sympy.cos(b) + sympy.cos(a) * sympy.sin(b)
        return sympy.cos(a) * sympy.cos(b) - sympy.sin(a) * sympy.sin(b)

    return expression.replace(lambda node: isinstance(node, sympy.sin | sympy.cos | sympy.exp), split)


def _grouped(expression: Any, t: Any) -> dict[Any, Any] | None:
    import sympy

    if not isinstance(expression, sympy.MatrixBase):
        return _grouped_terms(expression, t)
    groups: dict[Any, Any] = {}
    for place in np.ndindex(expression.shape):
        entry = _grouped_terms(expression[place], t)
        if entry is None:
            return None
        for f, g in entry.items():
            groups.setdefault(f, sympy.zeros(*expression.shape))[place] = g
    return groups


def _grouped_terms(expression: Any, t: Any) -> dict[Any, Any] | None:
    import sympy

    groups: dict[Any, Any] = {}
    for term in sympy.Add.make_args(expression):
        g, f = term.as_independent(t, as_Add=False)
        if f.free_symbols - {t} or f.has(sympy.I):
            return None
        groups[f] = groups.get(f, sympy.Integer(0)) + g
    return groups
