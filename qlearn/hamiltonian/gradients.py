"""∂VᵀM⁻¹∂V from a table of V, and whether the table is smooth enough for it to mean something.

    [V, [T, V]] = ħ² ∂VᵀM⁻¹∂V = ħ² Σ_ab (M⁻¹)_ab ∂_a V ∂_b V,    [V, [V, T]] has the other sign

Central differences of order 8; where the ends of an axis do not join smoothly (a kink at the seam, or walls) the four points at
each end take the one-sided differences of order 8 of the nine points there.
"""

from collections.abc import Iterator
from functools import cache, cached_property
from typing import Any, final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian.separable import Drive
from qlearn.hamiltonian.tables import SMALL, frozen

__all__ = ["Steepness", "derivatives", "is_smooth", "joins_smoothly", "kinks", "products"]

HALF = 4              # points on each side of the stencil
KINK = 0.05           # |δ⁸V|/2⁸ over |δ²V|/2² above which a table counts as rough: a kink has 0.3, a wave of kΔ = 1 has 0.012
MARKED = 1000.0       # times that |δ⁸V| at the seam may exceed the largest |δ⁸V| elsewhere
ROUNDING = 32 * float(np.finfo(float).eps)


@final
class Steepness:
    """∂VᵀM⁻¹∂V of one Hamiltonian, kept for the last time.

    For a drive, |∂(V0 + Σ f_r g_r)|² = W_00 + 2 Σ_r f_r W_0r + Σ_rs f_r f_s W_rs with tables W made once, so that a new time
    costs one number a table. ``inverse`` is M⁻¹ (d, d), or g^{ab}/m (d, d, *shape).
    """

    def __init__(self, grid: Grid, inverse: np.ndarray, drive: Drive | None, static: bool):
        self.grid, self.inverse, self.drive, self.static = grid, inverse, drive, static
        self._last: tuple[float, np.ndarray] | None = None

    def squared(self, table: np.ndarray, t: float) -> np.ndarray:
        """∂VᵀM⁻¹∂V of the table of V at time t, read-only."""
        if self._last is None or not (self.static or self._last[0] == t):
            if self.drive is not None:
                f = np.array([1.0, *self.drive.factors(t)])
                numbers = [f[r] * f[s] for r in range(len(f)) for s in range(r, len(f))]
                values = np.tensordot(numbers, self._pairs, axes=1)
            else:
                slopes = derivatives(table, self.grid)
                values = products(slopes, slopes, self.inverse)
            values.flags.writeable = False
            self._last = t, values
        return self._last[1]

    def at_points(self, grid: Grid, drive: Drive | None, values: np.ndarray | None, index: Any) -> "Steepness":
        """The same on a ``grid`` of some of the points, those of the index of tables, with the drive there or, for a static V,
        ``values`` (*shape): not by wider differences."""
        part = Steepness(grid, self.inverse, drive, self.static)
        if values is not None:
            part._last = 0.0, frozen(values[index])
        else:
            pairs = self._pairs if self.grid.size <= SMALL else self._made_pairs()
            part.__dict__["_pairs"] = np.ascontiguousarray(pairs[index])
        return part

    def form(self) -> np.ndarray:
        """Of a drive, C-contiguous: V0, the g_r, and W_rs for 0 ≤ r ≤ s, those of r < s twice; kept on small grids."""
        if self.grid.size <= SMALL:
            return self._kept_form
        return self._made_form(self.__dict__["_pairs"] if "_pairs" in self.__dict__ else self._made_pairs())

    @cached_property
    def _kept_form(self) -> np.ndarray:
        return self._made_form(self._pairs)

    @cached_property
    def _pairs(self) -> np.ndarray:
        return self._made_pairs()

    def _made_form(self, pairs: np.ndarray) -> np.ndarray:
        drive: Any = self.drive
        return np.concatenate([drive.static[None], drive.tables, pairs])

    def _made_pairs(self) -> np.ndarray:
        drive: Any = self.drive
        slopes = [derivatives(part, self.grid) for part in (drive.static, *drive.tables)]
        return np.array([(1 if r == s else 2) * products(slopes[r], slopes[s], self.inverse)
                         for r in range(len(slopes)) for s in range(r, len(slopes))])


def products(grads: list[np.ndarray], others: list[np.ndarray], inverse: np.ndarray) -> np.ndarray:
    """Σ_ab (M⁻¹)_ab u_a v_b of two gradients, each one array (…, *shape) an axis; no complex conjugate."""
    total = np.zeros((), dtype=float)
    for a, u in enumerate(grads):
        for b, v in enumerate(others):
            if np.any(inverse[a, b]):
                total = total + inverse[a, b] * u * v
    return np.asarray(total)


def derivatives(table: np.ndarray, grid: Grid) -> list[np.ndarray]:
    """∂_a V of each axis, (…, *shape), of a table (…, *shape) with scalar V."""
    return [_derivative(table, axis - grid.ndim, float(grid.spacing[axis]), joins_smoothly(table, grid, axis))
            for axis in range(grid.ndim)]


def joins_smoothly(table: np.ndarray, grid: Grid, axis: int) -> bool:
    """True where the axis is periodic and V is smooth across its seam, for all lines and batch members."""
    if grid.boundary[axis] != "periodic" or grid.shape[axis] <= 2 * HALF:
        return False
    values = np.moveaxis(table, axis - grid.ndim, -1)
    floor = ROUNDING * float(np.max(np.abs(table)))
    seam = _rough(np.concatenate([values[..., -2 * HALF:], values[..., :2 * HALF]], axis=-1), floor)
    if np.any(seam.kinked):
        return False
    inside = float(np.max(np.abs(_difference(values, 8)), initial=0.0)) / 256
    return float(np.max(seam.eighth)) <= max(MARKED * inside, floor)


def is_smooth(table: np.ndarray, grid: Grid, below: np.ndarray | None = None) -> bool:
    """False where V has a kink, a step or a feature of few points inside the grid; the seam and the walls do not count.

    ``below`` (…, *shape) marks the points that matter: V under the energies that a wave reaches.
    """
    return not any(np.any(kinked if below is None else kinked & np.moveaxis(below, axis - grid.ndim, -1)[..., centres])
                   for axis, centres, kinked in _kinked(table, grid))


def kinks(table: np.ndarray, grid: Grid) -> np.ndarray:
    """(…, *shape): the points for which ``is_smooth`` is False."""
    found = np.zeros(table.shape, dtype=bool)
    for axis, centres, kinked in _kinked(table, grid):
        np.moveaxis(found, axis - grid.ndim, -1)[..., centres] |= kinked
    return found


def _kinked(table: np.ndarray, grid: Grid) -> Iterator[tuple[int, slice, np.ndarray]]:
    """(axis, the part of it that can be told, whether there is a kink at its points, with the axis last)."""
    floor = ROUNDING * float(np.max(np.abs(table)))
    for axis in range(grid.ndim):
        if grid.shape[axis] <= 2 * HALF or grid.boundary[axis] == "pole":
            continue
        values = np.moveaxis(table, axis - grid.ndim, -1)
        if joins_smoothly(table, grid, axis):
            values = np.concatenate([values[..., -HALF:], values, values[..., :HALF]], axis=-1)
            yield axis, slice(None), _rough(values, floor).kinked
        else:
            yield axis, slice(HALF, -HALF), _rough(values, floor).kinked


class _Roughness:
    """|δ⁸V|/2⁸ at the points that have four neighbours on each side, and where that is too much."""

    def __init__(self, eighth: np.ndarray, kinked: np.ndarray):
        self.eighth, self.kinked = eighth, kinked


def _rough(values: np.ndarray, floor: float) -> _Roughness:
    eighth = np.abs(_difference(values, 8)) / 256
    second = np.abs(_difference(values, 2)) / 4
    near = np.maximum(np.maximum(second[..., HALF - 2:-HALF], second[..., HALF - 1:1 - HALF]), second[..., HALF:2 - HALF])
    return _Roughness(eighth, (eighth > floor) & (eighth > KINK * near))


def _difference(values: np.ndarray, order: int) -> np.ndarray:
    for _ in range(order):
        values = values[..., 1:] - values[..., :-1]
    return values


def _derivative(table: np.ndarray, axis: int, step: float, joins: bool) -> np.ndarray:
    values = np.moveaxis(table, axis, -1)
    count, result = values.shape[-1], np.empty_like(values)
    width = min(2 * HALF + 1, count)
    half = (width - 1) // 2
    if joins:
        values = np.concatenate([values[..., -half:], values, values[..., :half]], axis=-1)
        result[...] = _filtered(values, _weights(width, half))
    else:
        inside = _filtered(values, _weights(width, half))
        result[..., half:half + inside.shape[-1]] = inside
        for j in range(count):
            if half <= j < half + inside.shape[-1]:
                continue
            first = 0 if j < half else count - width
            result[..., j] = values[..., first:first + width] @ _weights(width, j - first)
    result /= step
    return np.moveaxis(result, -1, axis)


def _filtered(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    length = values.shape[-1] - len(weights) + 1
    total = np.zeros((*values.shape[:-1], length), dtype=values.dtype)
    for k, weight in enumerate(weights):
        if weight != 0:
            total += weight * values[..., k:k + length]
    return total


@cache
def _weights(width: int, place: int) -> np.ndarray:
    """The weights of f'(place) on the points 0 … width−1, exact for polynomials of degree width − 1."""
    x = [float(j - place) for j in range(width)]
    weights = np.zeros(width)
    for j in range(width):
        others = [m for m in range(width) if m != j]
        bottom = np.prod([x[j] - x[m] for m in others])
        top = sum(np.prod([-x[m] for m in others if m != skip]) for skip in others)
        weights[j] = top / bottom
    if width % 2 and place == width // 2:
        weights[place] = 0.0
    return weights
