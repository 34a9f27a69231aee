"""Tensor products of uniform quintic B-splines, their derivatives, and averages of them over weighted points.

An axis has ``cells`` knot intervals of width ``spacing`` from ``lower`` on; it is periodic (as many functions as cells) or a line
(cells + 5 functions), where each function goes on beyond its ends as its Taylor polynomial of second order, so that sums of
quadratics in the coordinates belong to the span everywhere.  The functions of an axis add up to 1.  Function (k_1 … k_d) has
the index that NumPy's C order gives it.

    moments   A_kl = Σ_i w_i ∇B_k·G·∇B_l,   b_k = Σ_i w_i G:∇∇B_k
    scatter   r_k = Σ_i w_i h_i·∇B_k
    evaluate  Σ_k c_k ∂^n B_k at points, n a multi-index of orders up to 3

Each has a compiled twin (numba); sums come in another order there, so that the two agree to rounding.  In three dimensions these
are products of matrices instead, cell by cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import comb
from types import ModuleType
from typing import final

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["ORDER", "SplineAxes", "evaluate", "gradient", "local_values", "moments", "scatter"]

_CHUNK = 1024       # points at once where products of matrices are formed
ORDER = 6           # nodes of a quintic spline around a point


def _pieces() -> np.ndarray:
    """(4, 6, 6): coefficients of u^k of the n-th derivative of the six functions on a cell, u the fraction of it."""
    pieces = np.zeros((4, ORDER, ORDER))
    for j in range(ORDER):
        for k in range(ORDER - j):
            shift = float(ORDER - 1 - j - k)
            pieces[0, j] += (-1) ** k * comb(6, k) / 120 * np.array([comb(5, i) * shift ** (5 - i) for i in range(ORDER)])
    for n in range(3):
        pieces[n + 1, :, :-1] = pieces[n, :, 1:] * np.arange(1, ORDER)
    return pieces


PIECES = _pieces()


@final
@dataclass(frozen=True, eq=False)
class SplineAxes:
    """The axes of a tensor product: lower ends (d,), spacings (d,), cells (d,), which are periodic (d,)."""

    lower: np.ndarray
    spacing: np.ndarray
    cells: np.ndarray
    periodic: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """How many functions an axis has."""
        return tuple(int(n) if ring else int(n) + ORDER - 1 for n, ring in zip(self.cells, self.periodic, strict=True))

    @property
    def size(self) -> int:
        """How many functions there are in all."""
        return int(np.prod(self.shape))


def local_values(axes: SplineAxes, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices (d, 6, n) and derivatives of order 0 … 3, (d, 4, 6, n), of the functions that do not vanish at y (d, n)."""
    d, n = y.shape
    index, values = np.empty((d, ORDER, n), dtype=np.int64), np.empty((d, 4, ORDER, n))
    compiled = _compiled()
    if compiled is not None:
        compiled.local_values(axes.lower, axes.spacing, axes.cells, axes.periodic, PIECES, y, index, values)
        return index, values
    for a in range(d):
        x = (y[a] - axes.lower[a]) / axes.spacing[a]
        cell = np.floor(x) if axes.periodic[a] else np.clip(np.floor(x), 0, axes.cells[a] - 1)
        u = x - cell
        inside = np.clip(u, 0.0, 1.0)
        beyond = u - inside
        index[a] = cell.astype(np.int64) + np.arange(ORDER)[:, None]
        if axes.periodic[a]:
            index[a] %= axes.cells[a]
        powers = np.stack([np.ones_like(inside), *(inside**k for k in range(1, ORDER))])
        values[a] = PIECES @ powers
        values[a, 0] += beyond * (values[a, 1] + 0.5 * beyond * values[a, 2])
        values[a, 1] += beyond * values[a, 2]
        values[a, 3] *= beyond == 0.0
        values[a] /= axes.spacing[a] ** np.arange(4)[:, None, None]
    return index, values


def moments(axes: SplineAxes, local: tuple[np.ndarray, np.ndarray], weights: np.ndarray,
            metric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A (K, K) and b (K,) of the points whose local values are given; weights (n,), metric G (d, d)."""
    index, values = local
    if len(index) > 2:
        return _moments_by_cell(axes, local, weights, metric)
    compiled = _compiled()
    if compiled is not None:
        A, b = np.zeros((axes.size, axes.size)), np.zeros(axes.size)
        compiled.moments(np.array(axes.shape), index, values, weights, metric, A, b)
        return A + A.T, b
    d = len(index)
    flat = _flat_index(axes, index)
    slopes = np.stack([_local_product(values, _unit(d, a)) for a in range(d)])
    raised = np.einsum("ab,bpn->apn", metric, slopes)
    laplacian = sum(metric[a, b] * _local_product(values, _unit(d, a) + _unit(d, b)) for a in range(d) for b in range(d))
    K, n = axes.size, weights.size
    dense = np.zeros((2, d, K, n))
    columns = np.arange(n)
    for a in range(d):
        np.add.at(dense[0, a], (flat, columns), slopes[a])
        np.add.at(dense[1, a], (flat, columns), raised[a] * weights)
    A = sum(dense[0, a] @ dense[1, a].T for a in range(d))
    return A, np.bincount(flat.ravel(), (laplacian * weights).ravel(), K)


def scatter(axes: SplineAxes, local: tuple[np.ndarray, np.ndarray], weights: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """r_k = Σ w h·∇B_k with vectors h (d, n); (K,)."""
    index, values = local
    if len(index) > 2:
        r = np.zeros(axes.size)
        for flat, columns in _cells(axes, index):
            near, pulls = values[..., columns], weights[columns] * vectors[:, columns]
            np.add.at(r, flat, sum(_local_product(near, _unit(len(index), a)) @ pull for a, pull in enumerate(pulls)))
        return r
    compiled = _compiled()
    if compiled is not None:
        r = np.zeros(axes.size)
        compiled.scatter(np.array(axes.shape), index, values, weights, vectors, r)
        return r
    d = len(index)
    terms = sum(_local_product(values, _unit(d, a)) * (weights * vectors[a]) for a in range(d))
    return np.bincount(_flat_index(axes, index).ravel(), terms.ravel(), axes.size)


def evaluate(axes: SplineAxes, local: tuple[np.ndarray, np.ndarray], coefficients: np.ndarray,
             orders: np.ndarray) -> np.ndarray:
    """∂^n Σ_k c_k B_k for each multi-index n of orders (Q, d) and each row of coefficients (C, K): (C, Q, n)."""
    index, values = local
    orders = np.asarray(orders, dtype=np.int64)
    if len(index) > 2:
        out = np.empty((len(coefficients), len(orders), index.shape[2]))
        for flat, columns in _cells(axes, index):
            chosen, near = coefficients[:, flat], values[..., columns]
            for q, order in enumerate(orders):
                out[:, q, columns] = chosen @ _local_product(near, order)
        return out
    compiled = _compiled()
    if compiled is not None:
        out = np.zeros((len(coefficients), len(orders), index.shape[2]))
        compiled.evaluate(np.array(axes.shape), index, values, np.ascontiguousarray(coefficients), orders, out)
        return out
    chosen = coefficients[:, _flat_index(axes, index)]
    return np.stack([np.einsum("cpn,pn->cn", chosen, _local_product(values, order)) for order in orders], axis=1)


def gradient(axes: SplineAxes, y: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """∇ Σ_k c_k B_k at y (d, n) for one set of coefficients (K,): (d, n)."""
    compiled = _compiled()
    if compiled is not None:
        out = np.empty(y.shape)
        if len(y) == 1:
            slopes = coefficients[_windows(axes, 0)] @ PIECES[1, :, :-1] / axes.spacing[0]
            compiled.gradient_on_a_line(axes.lower[0], axes.spacing[0], slopes, axes.periodic[0], y[0], out[0])
            return out
        if len(y) == 2:
            return _gradient_on_a_plane(axes, y, coefficients, out, compiled)
        compiled.gradient_in_space(axes.lower, axes.spacing, axes.cells, axes.periodic, PIECES, y,
                                   coefficients.reshape(axes.shape), out)
        return out
    return evaluate(axes, local_values(axes, y), coefficients[None], np.eye(len(y), dtype=np.int64))[0]


def _gradient_on_a_plane(axes: SplineAxes, y: np.ndarray, coefficients: np.ndarray, out: np.ndarray,
                         compiled: ModuleType) -> np.ndarray:
    """One polynomial a cell; the few points beyond the ends of a line go by ``evaluate``."""
    table = coefficients.reshape(axes.shape)[_windows(axes, 0)[:, None, :, None], _windows(axes, 1)[None, :, None, :]]
    polynomials = PIECES[0].T @ table @ PIECES[0]
    beyond = np.zeros(y.shape[1], dtype=bool)
    compiled.gradient_on_a_plane(axes.lower, axes.spacing, axes.periodic, polynomials, y, out, beyond)
    if beyond.any():
        local = local_values(axes, np.ascontiguousarray(y[:, beyond]))
        out[:, beyond] = evaluate(axes, local, coefficients[None], np.eye(2, dtype=np.int64))[0]
    return out


def _windows(axes: SplineAxes, a: int) -> np.ndarray:
    """(cells, 6): which functions of an axis do not vanish on each cell."""
    index = np.arange(axes.cells[a])[:, None] + np.arange(ORDER)
    return index % axes.cells[a] if axes.periodic[a] else index


def _moments_by_cell(axes: SplineAxes, local: tuple[np.ndarray, np.ndarray], weights: np.ndarray,
                     metric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Moments as products of matrices, cell by cell: in three dimensions each point has 216 functions."""
    index, values = local
    d = len(index)
    A, b = np.zeros((axes.size, axes.size)), np.zeros(axes.size)
    for flat, columns in _cells(axes, index):
        near, w = values[..., columns], weights[columns]
        slopes = np.stack([_local_product(near, _unit(d, a)) for a in range(d)])
        raised = np.tensordot(metric, slopes, axes=1) * w
        np.add.at(A, np.ix_(flat, flat), sum(slopes[a] @ raised[a].T for a in range(d)))
        for a, c in product(range(d), repeat=2):
            np.add.at(b, flat, metric[a, c] * (_local_product(near, _unit(d, a) + _unit(d, c)) @ w))
    return A, b


def _cells(axes: SplineAxes, index: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Functions (6^d,) and points of each cell, at most 1024 of them at once."""
    cell = np.ravel_multi_index(list(index[:, 0]), axes.shape)
    order = np.argsort(cell, kind="stable")
    for columns in np.split(order, np.nonzero(np.diff(cell[order]))[0] + 1):
        flat = _flat_index(axes, index[:, :, columns[:1]])[:, 0]
        for first in range(0, len(columns), _CHUNK):
            yield flat, columns[first:first + _CHUNK]


def _flat_index(axes: SplineAxes, index: np.ndarray) -> np.ndarray:
    """(6^d, n): which functions the local products are."""
    shape = axes.shape
    return np.stack([np.ravel_multi_index([index[a, j] for a, j in enumerate(place)], shape)
                     for place in product(range(ORDER), repeat=len(shape))])


def _local_product(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """(6^d, n): the derivative ``order`` of the products of local functions."""
    result = values[0, order[0]]
    for a in range(1, len(values)):
        result = (result[:, None] * values[a, order[a]]).reshape(-1, values.shape[-1])
    return result


def _unit(d: int, axis: int) -> np.ndarray:
    return np.eye(d, dtype=np.int64)[axis]


def _compiled() -> ModuleType | None:
    if not may_compile():
        return None
    from qlearn.kernels import compiled_tensor_splines
    return compiled_tensor_splines
