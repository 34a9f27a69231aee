"""The linear basis of potentials: ln ρ and φ/m are sums of tensor products of quintic splines in co-moving coordinates."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import factorial, prod
from typing import final

import numpy as np

from qlearn.kernels.tensor_splines import SplineAxes, local_values

__all__ = ["Basis", "REACH", "basis_of"]

REACH = 4.0             # knots on a line lie within this many standard deviations of the mean; beyond, score and velocity are linear
_QUADRATURE = 6         # Gauss points a cell: exact for products of two quintics
_SHOWN = 8              # points a cell of the lattice that the density is looked at on


@final
@dataclass(frozen=True, eq=False)
class Basis:
    """Splines B_k(y) with the penalty P_kl = ∫ ∇∇∇B_k : ∇∇∇B_l dy, zero for quadratics, that is for Gaussian densities.

    ``cells`` knot intervals an axis; y on [−4, 4] on a line, on [0, 2π) on a ring.
    """

    cells: tuple[int, ...]
    rings: tuple[bool, ...]
    axes: SplineAxes
    penalty: np.ndarray
    lattice: tuple[np.ndarray, ...]         # one axis each: points y
    tables: tuple[np.ndarray, ...]          # (points, functions) each

    def on_lattice(self, coefficients: np.ndarray) -> np.ndarray:
        """Σ c_k B_k on the lattice."""
        values = coefficients.reshape(self.axes.shape)
        for a, table in enumerate(self.tables):
            values = np.moveaxis(np.tensordot(table, values, axes=(1, a)), 0, a)
        return values


@lru_cache(maxsize=64)
def basis_of(rings: tuple[bool, ...], cells: tuple[int, ...]) -> Basis:
    """The basis with so many cells an axis."""
    lower = np.where(rings, 0.0, -REACH)
    spacing = np.where(rings, 2 * np.pi, 2 * REACH) / np.array(cells)
    axes = SplineAxes(lower, spacing, np.array(cells, dtype=np.int64), np.array(rings, dtype=bool))
    grams = [_grams(_one(axes, a)) for a in range(len(cells))]
    penalty = np.zeros((axes.size, axes.size))
    for order in product(range(4), repeat=len(cells)):
        if sum(order) == 3:
            term = np.ones((1, 1))
            for gram, n in zip(grams, order, strict=True):
                term = np.kron(term, gram[n])
            penalty += factorial(3) / prod(factorial(n) for n in order) * term
    lattice = tuple(lower[a] + spacing[a] * (np.arange(cells[a] * _SHOWN) + 0.5) / _SHOWN for a in range(len(cells)))
    tables = tuple(_dense(_one(axes, a), y)[0] for a, y in enumerate(lattice))
    return Basis(cells, rings, axes, penalty, lattice, tables)


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


def _grams(axes: SplineAxes) -> np.ndarray:
    """∫ B_k^{(n)} B_l^{(n)} dy for n = 0 … 3 between the ends of one axis, (4, K, K)."""
    nodes, weights = np.polynomial.legendre.leggauss(_QUADRATURE)
    cells = np.arange(axes.cells[0])
    y = axes.lower[0] + axes.spacing[0] * (cells[:, None] + 0.5 * (nodes + 1)).ravel()
    dense = _dense(axes, y)
    w = np.tile(0.5 * axes.spacing[0] * weights, len(cells))
    return np.einsum("npk,p,npl->nkl", dense, w, dense)
