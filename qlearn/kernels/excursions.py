"""How far classical trajectories get: the bounds of their places and momenta over a time, by leapfrog steps.

    p ← p + h F(q)/2,   q ← q + h M⁻¹p,   p ← p + h F(q)/2,      F = −∂V by central differences, linear between the points

Coarser than qlearn.kernels.trajectories, which knows actions, and much cheaper. Compiled with numba where it is installed, else
with NumPy over all trajectories at once.
"""

from itertools import product

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["excursions"]


def excursions(tables: np.ndarray, spacing: np.ndarray, inverse: np.ndarray, weights: np.ndarray, h: float, parts: int,
               q: np.ndarray, p: np.ndarray) -> np.ndarray:
    """(4, d): the least and the largest q, the least and the largest p of all trajectories at all times.

    tables : (1 + R, *shape), V0 and g_r on a periodic grid.   spacing : (d,).   inverse : M⁻¹ (d, d).
    weights : (n, 1 + R), f_0 = 1 and f_r at n times h apart; each h is done in ``parts``, f linear in between.
    q, p : (k, d); q in spacings from the first point, here and in the result, and not brought back into the ring.
    """
    if not may_compile():
        return _everywhere(tables, spacing, inverse, weights, h, parts, q, p)
    from qlearn.kernels import compiled_excursions

    weights, bounds = np.ascontiguousarray(weights), np.empty((4, len(spacing)))
    if tables.ndim == 2:
        compiled_excursions.on_a_line(np.ascontiguousarray(tables), float(spacing[0]), float(inverse[0, 0]), weights, h, parts,
                                      q[:, 0].copy(), p[:, 0].copy(), bounds.reshape(-1))
    else:
        field = np.ascontiguousarray(np.moveaxis(_forces(tables, spacing), 0, -1))
        compiled_excursions.everywhere(field, np.array(tables.shape[1:]), spacing, inverse, weights, h, parts, q.copy(), p.copy(),
                                       bounds)
    return bounds


def _everywhere(tables: np.ndarray, spacing: np.ndarray, inverse: np.ndarray, weights: np.ndarray, h: float, parts: int,
                q: np.ndarray, p: np.ndarray) -> np.ndarray:
    field, shape = _forces(tables, spacing), tables.shape[1:]
    dt, q, p = h / parts, np.array(q), np.array(p)
    low, high = [q.min(axis=0), p.min(axis=0)], [q.max(axis=0), p.max(axis=0)]
    count = (len(weights) - 1) * parts
    p += dt / 2 * _force(field, shape, q, weights[0])
    for step in range(1, count + 1):
        q += dt * (p @ inverse) / spacing
        before, rest = divmod(step, parts)
        now = weights[before] if rest == 0 else weights[before] + (weights[before + 1] - weights[before]) * (rest / parts)
        kick = dt * _force(field, shape, q, now)
        middle = p + kick / 2
        low = [np.minimum(low[0], q.min(axis=0)), np.minimum(low[1], middle.min(axis=0))]
        high = [np.maximum(high[0], q.max(axis=0)), np.maximum(high[1], middle.max(axis=0))]
        p += kick
    return np.stack([low[0], high[0], low[1], high[1]])


def _forces(tables: np.ndarray, spacing: np.ndarray) -> np.ndarray:
    """−∂_a g_r, (1 + R, d, points)."""
    slopes = [(np.roll(tables, 1, axis=a + 1) - np.roll(tables, -1, axis=a + 1)) / (2 * step) for a, step in enumerate(spacing)]
    return np.stack(slopes, axis=1).reshape(len(tables), len(spacing), -1)


def _force(field: np.ndarray, shape: tuple[int, ...], q: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(k, d), linear along each axis between the points."""
    cell = np.floor(q)
    u, cell = q - cell, cell.astype(np.int64)
    total = np.zeros_like(q)
    for corner in product((0, 1), repeat=len(shape)):
        share = np.prod(np.where(corner, u, 1 - u), axis=1)
        at = np.ravel_multi_index(tuple((cell + corner).T), shape, mode="wrap")
        total += share[:, None] * np.tensordot(weights, field[:, :, at], axes=1).T
    return total
