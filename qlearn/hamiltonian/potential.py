"""V as a table on the grid, from an array, a number, a callable or a SymPy expression."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid

__all__ = ["as_function", "tabulate"]

_NAMES = (("x", "y", "z"), ("q1", "q2", "q3", "q4", "q5", "q6"))


def as_function(potential: Any, ndim: int, time_dependent: bool) -> Callable | None:
    """V(*q) or V(t, *q) of a callable or a SymPy expression; None for a number or an array."""
    if type(potential).__module__.partition(".")[0] == "sympy":
        return _from_sympy(potential, ndim, time_dependent)
    if callable(potential):
        return potential
    if time_dependent:
        checks.fail("potential", "must be a callable V(t, *q) or a SymPy expression with time_dependent=True", potential)
    return None


def tabulate(grid: Grid, potential: Any, time: float | None = None) -> np.ndarray:
    """V on the points of the grid, (*shape) of float, checked; ``time`` None for a static V."""
    values = _called(grid, potential, time) if callable(potential) else np.asarray(potential)
    name = "potential" if time is None else f"potential(t={time:.6g}, …)"
    if np.iscomplexobj(values):
        raise UnsupportedError(f"{name} is complex; only real V is offered. Instead of an absorber take a grid wide "
                               "enough for the waves to stay inside until the last time.")
    if values.ndim == grid.ndim + 2 and values.shape[2:] == grid.shape:
        raise UnsupportedError("coupled channels are not offered; diagonalise a V that is constant in q and solve the "
                               "channels one by one, or use QuTiP.")
    if values.ndim == 0:
        values = np.full(grid.shape, values)
    table = np.array(checks.finite_array(name, values, shape=grid.shape))
    table.flags.writeable = False
    return table


def _called(grid: Grid, potential: Callable, time: float | None) -> np.ndarray:
    arguments = grid.mesh if time is None else (time, *grid.mesh)
    try:
        return np.asarray(potential(*arguments))
    except TypeError as error:
        form = ("V(" if time is None else "V(t, ") + ", ".join(f"q{i + 1}" for i in range(grid.ndim)) + ")"
        hint = "" if time is not None else " Say time_dependent=True for V(t, *q)."
        checks.fail("potential", f"must be callable as {form} with arrays", f"TypeError: {error}", hint.strip())


def _from_sympy(expression: Any, ndim: int, time_dependent: bool) -> Callable:
    import sympy

    t = next((s for s in expression.free_symbols if s.name == "t"), None)
    if t is not None and not time_dependent:
        checks.fail("potential", "with the symbol t needs time_dependent=True", str(expression))
    symbols = {s.name: s for s in expression.free_symbols if s.name != "t"}
    names = _coordinate_names(set(symbols), ndim)
    coordinates = [symbols.get(name, sympy.Dummy(name)) for name in names]
    arguments = [t if t is not None else sympy.Dummy("t"), *coordinates] if time_dependent else coordinates
    return sympy.lambdify(arguments, expression, "numpy")


def _coordinate_names(found: set[str], ndim: int) -> tuple[str, ...]:
    if ndim == 1 and len(found) <= 1:
        return tuple(found) or ("x",)
    for names in _NAMES:
        if ndim <= len(names) and found <= set(names[:ndim]):
            return names[:ndim]
    wanted = "one symbol for the coordinate" if ndim == 1 else \
        " or ".join(", ".join(names[:ndim]) for names in _NAMES if ndim <= len(names)) + " as coordinates"
    checks.fail("potential", f"as a SymPy expression must have {wanted}, and t", ", ".join(sorted(found)),
                "Substitute numbers for parameters, or give sympy.lambdify(coordinates, expression).")
