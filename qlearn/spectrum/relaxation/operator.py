"""The generator in a basis of products, P = √R ψ with a reference density R:

    ⟨φ|Gψ⟩ = −∫ (∂_μ − ½r_μ)φ · D^{μν} (∂_ν + ½r_ν − a_ν)ψ dq,     r = ∂ ln R

Weak form, so that probability is conserved: √R is a left zero vector. With R = P_s, r = a, it is −A†A, symmetric.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.spectrum.relaxation.products import Products

__all__ = ["GeneratorOperator", "points_of", "points_padded"]

BLOCK = 1 << 22         # numbers of a block of lattice functions held at once


@final
@dataclass(frozen=True, eq=False)
class GeneratorOperator:
    """diffusion (d, d, *lattice), score and reference (d, *lattice) on the lattice of the products."""

    products: Products
    diffusion: np.ndarray
    score: np.ndarray
    reference: np.ndarray
    periods: tuple[float | None, ...]

    def apply(self, c: np.ndarray) -> np.ndarray:
        """G c for c (r, size)."""
        size = len(self.score)
        u = self.products.expand(c)
        slopes = [self.products.expand(c, axis) + (0.5 * self.reference[axis] - self.score[axis]) * u for axis in range(size)]
        total, pull = np.zeros_like(c), np.zeros_like(u)
        for axis in range(size):
            flux = sum(self.diffusion[axis, other] * slopes[other] for other in range(size))
            total -= self.products.project(flux, axis)
            pull += 0.5 * self.reference[axis] * flux
        return total + self.products.project(pull)

    def apply_transposed(self, c: np.ndarray) -> np.ndarray:
        """Gᵀ c for c (r, size)."""
        size = len(self.score)
        u = self.products.expand(c)
        slopes = [self.products.expand(c, axis) - 0.5 * self.reference[axis] * u for axis in range(size)]
        total, pull = np.zeros_like(c), np.zeros_like(u)
        for axis in range(size):
            flux = sum(self.diffusion[axis, other] * slopes[other] for other in range(size))
            total -= self.products.project(flux, axis)
            pull -= (0.5 * self.reference[axis] - self.score[axis]) * flux
        return total + self.products.project(pull)

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """(G, overlaps) as dense (size, size) matrices."""
        size = self.products.size
        rows = max(1, BLOCK // self.score[0].size)
        blocks = [np.eye(size)[start:start + rows] for start in range(0, size, rows)]
        G = np.concatenate([self.apply(block) for block in blocks]).T
        return G, np.concatenate([self.products.project(self.products.expand(block)) for block in blocks]).T

    def factor(self, c: np.ndarray) -> np.ndarray:
        """√w Lᵀ(∂ − ½r)ψ, D = LLᵀ, as columns (d · lattice, r): A of the symmetric operator, A†A = −G where r = a."""
        size, root = len(self.score), np.sqrt(self.products.weights())
        u = self.products.expand(c)
        slopes = np.stack([self.products.expand(c, axis) - 0.5 * self.reference[axis] * u for axis in range(size)])
        lower = np.moveaxis(np.linalg.cholesky(np.moveaxis(self.diffusion, (0, 1), (-2, -1))), (-2, -1), (0, 1))
        return np.einsum("ij...,ir...->jr...", lower, slopes * root).swapaxes(0, 1).reshape(len(c), -1).T

    def on_grid(self, grid: Grid, c: np.ndarray) -> np.ndarray:
        """The functions of coefficients c (r, size) at the points of the grid, (r, *shape)."""
        return points_of(grid, self.products.expand(c))

    def fluxes(self, c: np.ndarray) -> np.ndarray:
        """D(a − ½r − ∂)ψ for c (r, size) on the lattice, (d, r, *lattice): J/√R of P = √R ψ."""
        size = len(self.score)
        u = self.products.expand(c)
        slopes = [(self.score[axis] - 0.5 * self.reference[axis]) * u - self.products.expand(c, axis) for axis in range(size)]
        return np.stack([sum(self.diffusion[axis, other] * slopes[other] for other in range(size)) for axis in range(size)])

    def norm(self) -> float:
        """An upper estimate of ‖G‖: the largest of D(k + ½|r|)(k + ½|r| + |a − r|)."""
        k = np.array([m.largest for m in self.products.modes]).reshape((-1,) + (1,) * (self.score.ndim - 1))
        left = np.sqrt(np.sum((k + 0.5 * np.abs(self.reference)) ** 2, axis=0))
        right = left + np.sqrt(np.sum((self.score - self.reference) ** 2, axis=0))
        largest = np.max(np.linalg.eigvalsh(np.moveaxis(self.diffusion, (0, 1), (-2, -1))), axis=-1)
        return float(np.max(largest * left * right))


def points_of(grid: Grid, values: np.ndarray) -> np.ndarray:
    """Values on the lattice (…, *lattice), an integer times as fine, at the points of the grid (…, *shape)."""
    cut: list = [...]
    for axis, (n, kind) in enumerate(zip(grid.shape, grid.boundary, strict=True)):
        factor = values.shape[axis - grid.ndim] // (n + (kind == "wall"))
        cut.append(slice(factor, -1, factor) if kind == "wall" else slice(None, None, factor))
    return values[tuple(cut)]


def points_padded(grid: Grid, values: np.ndarray) -> np.ndarray:
    """Values at the points of a grid (…, *shape) with the zeros on its walls."""
    pads = [(1, 1) if kind == "wall" else (0, 0) for kind in grid.boundary]
    return np.pad(values, [(0, 0)] * (values.ndim - grid.ndim) + pads)
