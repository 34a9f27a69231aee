"""A(q, t) as arrays on the grid, checked."""

import math
from numbers import Real
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid

__all__ = ["ALIKE", "VectorPotential"]

ALIKE = 1e-14  # what varies less than this, relative to its size, is the same everywhere


@final
class VectorPotential:
    """The covariant components A_a of T = ½(p − A)ᵀM⁻¹(p − A), p = −iħ∂; units of momentum (a charge is part of A).

    given : callable A(*q), or A(t, *q) where ``time_dependent``, that returns (d, *shape) or a list of d arrays or numbers;
        or d numbers, a constant A. In one dimension a plain array (N,) or number will do.
    constant : (d,) where A is given by numbers, else None.
    """

    def __init__(self, grid: Grid, given: Any, time_dependent: bool = False):
        self.grid, self.given = grid, given
        self.time_dependent = bool(time_dependent) and callable(given)
        self.constant: np.ndarray | None = None
        if not callable(given):
            self.constant = self._number_an_axis(given)
        self._last: tuple[float, list[np.ndarray]] | None = None
        if not self.time_dependent:
            self(0.0)

    def __call__(self, t: float = 0.0) -> list[np.ndarray]:
        """A_a at time t, d arrays that broadcast to (*shape)."""
        t = float(t) if self.time_dependent else 0.0
        if self._last is None or self._last[0] != t:
            self._last = t, self._evaluated(t)
        return self._last[1]

    def everywhere(self, t: float) -> list[float] | None:
        """A_a at time t, d numbers, where none of them varies beyond rounding; else None."""
        values = []
        for component in self(t):
            low, high = (component.item(),) * 2 if component.size == 1 else (float(component.min()), float(component.max()))
            if high - low > ALIKE * max(abs(low), abs(high)):
                return None
            values.append(0.5 * (low + high))
        return values

    def _evaluated(self, t: float) -> list[np.ndarray]:
        d = self.grid.ndim
        if self.constant is not None:
            return [value.reshape((1,) * d) for value in self.constant]
        values = self._called((t, *self.grid.mesh) if self.time_dependent else self.grid.mesh)
        if d == 1 and isinstance(values, float) and math.isfinite(values):  # the quick way for a drive
            return [np.array([values])]
        name = f"vector_potential(t={t:.6g}, …)" if self.time_dependent else "vector_potential(*q)"
        if d == 1 and (isinstance(values, Real) or (isinstance(values, np.ndarray) and values.shape in ((), self.grid.shape))):
            values = [values]
        if not isinstance(values, np.ndarray | list | tuple) or _length(values) != d:
            checks.fail(name, f"must return {d} components, one an axis", values)
        return [self._component(name, value) for value in values]

    def _component(self, name: str, value: Any) -> np.ndarray:
        if np.iscomplexobj(value):
            checks.fail(name, "must be real", "complex values", "Losses are absorber= or a complex V.")
        array = checks.finite_array(name, value)
        if array.ndim == 0:
            return array.reshape((1,) * self.grid.ndim)
        if array.shape != self.grid.shape:
            checks.fail(name, f"must have components of shape {self.grid.shape}", f"shape {array.shape}")
        return array

    def _called(self, arguments: tuple) -> Any:
        try:
            with np.errstate(all="ignore"):     # what is not finite is found afterwards
                return self.given(*arguments)
        except TypeError as error:
            form = ", ".join((["t"] if self.time_dependent else []) + [f"q{i + 1}" for i in range(self.grid.ndim)])
            hint = "" if self.time_dependent else "Say time_dependent=True for A(t, *q)."
            checks.fail("vector_potential", f"must be callable as A({form}) with arrays", f"TypeError: {error}", hint)

    def _number_an_axis(self, given: Any) -> np.ndarray:
        if np.iscomplexobj(given):
            checks.fail("vector_potential", "must be real", given)
        d = self.grid.ndim
        array = checks.finite_array("vector_potential", given,
                                    remedy=f"Give a callable A(*q) (sympy.lambdify makes one), or {d} number(s).")
        if array.ndim == 0 and d == 1:
            array = array.reshape(1)
        if array.shape != (d,):
            raise UnsupportedError(f"vector_potential as an array of shape {array.shape} is not offered; give a callable "
                                   f"A(*q) that returns {d} components, or {d} numbers for a constant A.")
        return array


def _length(values: Any) -> int:
    return 0 if isinstance(values, np.ndarray) and values.ndim == 0 else len(values)
