"""The linear basis of potentials: ln ρ and φ/m are sums of tensor products of quintic splines in co-moving coordinates."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import factorial, prod
from typing import final

import numpy as np

from qlearn.kernels.tensor_splines import SplineAxes, evaluate, local_values

__all__ = ["Basis", "basis_of", "box_of"]

_TAIL = 1e-4            # share of the learners beyond each end of the box of knots; score and velocity are linear there
_ROUND = 4              # ends of the box are multiples of a quarter of a standard deviation
_QUADRATURE = 6         # Gauss points a cell: exact for products of two quintics
_SHOWN = 8              # points a cell of the lattice that the density is looked at on


@final
@dataclass(frozen=True, eq=False)
class Basis:
    """Splines B_k(y) with the penalty P_kl = ∫ ∇∇∇B_k : ∇∇∇B_l dy, zero for quadratics, that is for Gaussian densities.

    ``cells`` knot intervals an axis between the ends of the box; on a ring the box is [0, 2π).
    """

    cells: tuple[int, ...]
    rings: tuple[bool, ...]
    box: tuple[tuple[float, float], ...]
    axes: SplineAxes
    penalty: np.ndarray
    nodes: tuple[tuple[np.ndarray, np.ndarray], ...]        # one axis each: Gauss points (n,), weights × derivatives (4, n, K)
    lattice: tuple[np.ndarray, ...]         # one axis each: points y
    tables: tuple[np.ndarray, ...]          # (points, functions) each

    def penalised_with(self, other: "Basis", coefficients: np.ndarray) -> np.ndarray:
        """∫ ∇∇∇B_k : ∇∇∇(Σ c_l B'_l) dy over this box, (K,), with the functions B' of another basis."""
        points = np.stack([axis.ravel() for axis in np.meshgrid(*(y for y, _ in self.nodes), indexing="ij")])
        orders = _thirds(len(self.cells))
        values = evaluate(other.axes, local_values(other.axes, points), coefficients[None], np.array(orders))[0]
        total = np.zeros(self.axes.shape)
        for order, field in zip(orders, values, strict=True):
            term = field.reshape(tuple(len(y) for y, _ in self.nodes))
            for a, n in enumerate(order):
                term = np.moveaxis(np.tensordot(self.nodes[a][1][n], term, axes=(0, a)), 0, a)
            total += _times(order) * term
        return total.ravel()

    def on_lattice(self, coefficients: np.ndarray) -> np.ndarray:
        """Σ c_k B_k on the lattice."""
        values = coefficients.reshape(self.axes.shape)
        for a, table in enumerate(self.tables):
            values = np.moveaxis(np.tensordot(table, values, axes=(1, a)), 0, a)
        return values


@lru_cache(maxsize=64)
def basis_of(rings: tuple[bool, ...], box: tuple[tuple[float, float], ...], cells: tuple[int, ...]) -> Basis:
    """The basis with so many cells an axis."""
    ends = np.array(box)
    lower, spacing = ends[:, 0], (ends[:, 1] - ends[:, 0]) / np.array(cells)
    axes = SplineAxes(lower, spacing, np.array(cells, dtype=np.int64), np.array(rings, dtype=bool))
    nodes = [_gauss(_one(axes, a)) for a in range(len(cells))]
    grams = [np.einsum("npk,npl->nkl", _dense(_one(axes, a), y), weighted) for a, (y, weighted) in enumerate(nodes)]
    penalty = np.zeros((axes.size, axes.size))
    for order in _thirds(len(cells)):
        term = np.ones((1, 1))
        for gram, n in zip(grams, order, strict=True):
            term = np.kron(term, gram[n])
        penalty += _times(order) * term
    lattice = tuple(lower[a] + spacing[a] * (np.arange(cells[a] * _SHOWN) + 0.5) / _SHOWN for a in range(len(cells)))
    tables = tuple(_dense(_one(axes, a), y)[0] for a, y in enumerate(lattice))
    return Basis(cells, rings, box, axes, penalty, tuple(nodes), lattice, tables)


def box_of(rings: tuple[bool, ...], y: np.ndarray, weights: np.ndarray,
           current: tuple[tuple[float, float], ...] | None = None) -> tuple[tuple[float, float], ...]:
    """All learners but 1e-4 at each end of each axis, rounded outwards; ``current`` where that is hardly larger."""
    box = []
    for a, ring in enumerate(rings):
        if ring:
            box.append((0.0, 2 * np.pi))
            continue
        low, high = _ends(y[a], weights, _TAIL if len(rings) == 1 else 0.0)
        low, high = np.floor(_ROUND * low) / _ROUND, np.ceil(_ROUND * high) / _ROUND
        if current is not None and 0 <= low - current[a][0] <= 2 / _ROUND and 0 <= current[a][1] - high <= 2 / _ROUND:
            low, high = current[a]
        box.append((float(low), float(high)))
    return tuple(box)


def _ends(y: np.ndarray, weights: np.ndarray, tail: float) -> tuple[float, float]:
    if tail == 0:
        return float(y.min()), float(y.max())
    order = np.argsort(y)
    share = np.cumsum(weights[order])
    return float(y[order[np.searchsorted(share, tail)]]), float(y[order[np.searchsorted(share, 1 - tail)]])


def _one(axes: SplineAxes, a: int) -> SplineAxes:
    chosen = slice(a, a + 1)
    return SplineAxes(axes.lower[chosen], axes.spacing[chosen], axes.cells[chosen], axes.periodic[chosen])


def _dense(axes: SplineAxes, y: np.ndarray) -> np.ndarray:
    """Derivatives of order 0 … 3 of all functions of one axis: (4, points, functions)."""
    index, values = local_values(axes, y[None])
    dense = np.zeros((4, y.size, axes.size))
    for n in range(4):
        np.add.at(dense[n], (np.arange(y.size), index[0]), values[0, n])
    return dense


def _gauss(axes: SplineAxes) -> tuple[np.ndarray, np.ndarray]:
    """Gauss points between the ends of one axis, and their weights times the derivatives of order 0 … 3 (4, n, K)."""
    nodes, weights = np.polynomial.legendre.leggauss(_QUADRATURE)
    cells = np.arange(axes.cells[0])
    y = axes.lower[0] + axes.spacing[0] * (cells[:, None] + 0.5 * (nodes + 1)).ravel()
    w = np.tile(0.5 * axes.spacing[0] * weights, len(cells))
    return y, w[:, None] * _dense(axes, y)


def _thirds(d: int) -> list[tuple[int, ...]]:
    """The multi-indices of third derivatives."""
    return [order for order in product(range(4), repeat=d) if sum(order) == 3]


def _times(order: tuple[int, ...]) -> float:
    """How often a mixed third derivative stands in ∇∇∇."""
    return factorial(3) / prod(factorial(n) for n in order)
