"""An upper bound of T = ½ P_a† W^{ab} P_b that costs a few looks at its tables.

At each point Σ_ab W^{ab} u_a u_b ≤ Σ_a R_a |u_a|² with R_a = Σ_b |W^{ab}| r_b/r_a for any r > 0 (Gershgorin, Schur); r_a is the
largest ‖P_a‖, so that T ≤ Σ_a max R_a ‖P_a‖² max root^{-2}, the maxima taken on each line of axis a alone. Between poles
P_φ/sin θ takes the place of P_φ: on the harmonics l < N both components together are at most ħ√(N(N − 1)), under the weights w.
"""

from typing import Any

import numpy as np

from qlearn.kernels.derivatives import gauss_nodes

__all__ = ["upper_bound"]


def upper_bound(kinetic: Any) -> float:
    """The bound of a CovariantKinetic with a static A."""
    grid, d = kinetic.grid, kinetic.grid.ndim
    frames = [_frame(grid, a) for a in range(d)]
    potential = [np.abs(part) / np.abs(frame) for part, frame in zip(kinetic.vector_potential(), frames, strict=True)]
    reach = [kinetic.hbar * _steepest(grid, a) + float(potential[a].max()) for a in range(d)]
    density = np.ones((1,) * d) if kinetic.inverse_root is None else kinetic.inverse_root**2
    total, poles = 0.0, [a for a in range(d) if grid.boundary[a] == "pole"]
    for a in range(d):
        if a not in poles and a - 1 not in poles:
            rows = _rows(kinetic, a, frames, reach).max(axis=a, keepdims=True)
            speed = kinetic.hbar * grid.derivatives[a].largest + potential[a].max(axis=a, keepdims=True)
            total += float(np.max(rows * density.max(axis=a, keepdims=True) * speed**2))
    for a in poles:
        weights = _line(gauss_nodes(grid.shape[a])[1], a, d)
        units = [np.pi / grid.lengths[a], 2 * np.pi / grid.lengths[a + 1]]
        stiffest = max(float(np.max(_rows(kinetic, b, frames, reach) / weights)) * unit**2
                       for b, unit in zip((a, a + 1), units, strict=True))
        field = np.sqrt(sum((potential[b] / unit) ** 2 for b, unit in zip((a, a + 1), units, strict=True))).max()
        speed = kinetic.hbar * np.sqrt(grid.shape[a] * (grid.shape[a] - 1.0)) + field
        total += stiffest * float(np.max(weights * density)) * float(speed) ** 2
    if kinetic.rest is not None:
        total = max(total, float(np.max(kinetic.rest * density)))
    return total * (1 + 1e-12)


def _rows(kinetic: Any, a: int, frames: list[np.ndarray], reach: list[float]) -> np.ndarray:
    """R_a at the points of the derivative of axis a."""
    grid = kinetic.grid
    wide = tuple(n + 2 if b == a and kind == "wall" else n
                 for b, (n, kind) in enumerate(zip(grid.shape, grid.boundary, strict=True)))
    rows = np.broadcast_to(kinetic.along[a] * frames[a] ** 2, wide).copy()
    inside = grid.derivatives[a].inside(rows)
    for b in range(grid.ndim):
        if (a, b) in kinetic.between:
            inside += np.abs(kinetic.between[a, b] * frames[a] * frames[b]) * (reach[b] / reach[a])
    return rows


def _frame(grid: Any, a: int) -> np.ndarray:
    """sin θ on the azimuth of a pole axis, else 1."""
    if a == 0 or grid.boundary[a - 1] != "pole":
        return np.ones((1,) * grid.ndim)
    return _line(np.sin(gauss_nodes(grid.shape[a - 1])[0]), a - 1, grid.ndim)


def _steepest(grid: Any, a: int) -> float:
    """The largest ‖∂_a‖, on an azimuth of ∂_φ/sin θ."""
    if a > 0 and grid.boundary[a - 1] == "pole":
        return grid.derivatives[a - 1].largest * grid.lengths[a - 1] / np.pi * 2 * np.pi / grid.lengths[a]
    return grid.derivatives[a].largest


def _line(values: np.ndarray, a: int, ndim: int) -> np.ndarray:
    return values.reshape((-1,) + (1,) * (ndim - 1 - a))
