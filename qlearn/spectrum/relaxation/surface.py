"""Relaxation with detailed balance of several coordinates: Rayleigh–Ritz with H_E = A†A in its factorised form.

The lowest states of a product basis, √P_s taken out of them, then the singular values of A ψ: a rate is a sum of squares and
cannot come out negative, and its rounding error is 2√λ ε‖A‖, not ε‖A‖². Discretisation: by Temple and Kato a cluster of levels
is within ‖residuals‖²/gap of its Ritz values, the residual taken on all modes of a grid twice as fine, no level being missed.
"""

import warnings
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.errors import AccuracyWarning
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.relaxation.coefficients import Coefficients
from qlearn.spectrum.relaxation.detailed_balance import Balance
from qlearn.spectrum.relaxation.modes import AxisModes
from qlearn.spectrum.relaxation.operator import GeneratorOperator, points_padded
from qlearn.spectrum.relaxation.products import (
    AxisStates,
    Products,
    axis_states,
    chosen_products,
    mean_over_others,
    orthonormalising,
)
from qlearn.spectrum.relaxation.reference import Reference

__all__ = ["Fine", "SurfaceLevels", "cluster_bounds", "contracted", "edge_bounds", "fine_operator", "plain", "surface_levels"]

EPS = float(np.finfo(float).eps)
FINER = 4                       # modes of an axis for its own states, times the points of its grid
EDGE = 1e-5                     # states of a line that reach its ends above this share of their maximum are no trial functions
SIZES = (150, 400, 1000)        # products, until the bounds are within tol


@final
@dataclass(frozen=True, eq=False)
class SurfaceLevels:
    """rates, bounds (k,), residuals (k+1,) of zero mode and levels, psi (k+1, *shape) on the grid; words: the trial space."""

    rates: np.ndarray
    bounds: np.ndarray
    residuals: np.ndarray
    psi: np.ndarray
    words: str

    @property
    def worst(self) -> float:
        """The largest relative bound."""
        return float(np.max(self.bounds / self.rates))


def surface_levels(coefficients: Coefficients, grid: Grid, k: int, tol: float, balance: Balance,
                   reference: Reference) -> SurfaceLevels:
    """The k slowest rates by the way of the least bound; balance: ln P_s on the lattice of the grid's modes.

    A few products first; where they do not do, and D is constant, the eigenstates of the Witten Hamiltonian on the grid; else
    more products.
    """
    fine = fine_operator(coefficients, grid, reference)
    best = _by_products(coefficients, grid, k, balance, reference, fine, SIZES[0])
    if best.worst <= tol:
        return best
    constant = np.ptp(fine.operator.diffusion.reshape(grid.ndim**2, -1), axis=1).max() == 0
    if constant and coefficients.witten is not None:
        found = _by_eigenstates(coefficients, grid, k, balance, reference, fine)
        return found if found.worst < best.worst else best
    for size in SIZES[1:]:
        found, before = _by_products(coefficients, grid, k, balance, reference, fine, size), best.worst
        best = found if found.worst < before else best
        if best.worst <= tol or found.worst > before / 3:
            break                                       # a larger basis helps no more where the grid is the limit
    return best


@final
@dataclass(frozen=True, eq=False)
class Fine:
    """What residuals are taken with: the generator on all modes of a grid twice as fine, and ln R on their lattice."""

    operator: GeneratorOperator
    log_density: np.ndarray

    def coefficients(self, products: Products, c: np.ndarray) -> np.ndarray:
        """The functions of coefficients c in ``products`` as modes here."""
        modes = self.operator.products
        return modes.project(products.on_lattice_of(modes, self.log_density, self.operator.reference).expand(c))


def contracted(coefficients: Coefficients, grid: Grid, reference: Reference, log_density: np.ndarray,
               most: int) -> GeneratorOperator:
    """The generator on the ``most`` products of least rate; log_density: ln R on the lattice."""
    modes = [AxisModes(grid, axis) for axis in range(grid.ndim)]
    mesh = np.meshgrid(*[m.points for m in modes], indexing="ij")
    D, a, r = coefficients.diffusion(*mesh), coefficients.score(*mesh), reference.gradient(*mesh)
    states = [_axis_states(coefficients, grid, reference, axis) for axis in range(grid.ndim)]
    products = Products(modes, states, chosen_products(states, most), log_density, r,
                        tuple(period is None for period in coefficients.periods))
    return GeneratorOperator(products, D, a, r, coefficients.periods)


def _axis_states(coefficients: Coefficients, grid: Grid, reference: Reference, axis: int) -> AxisStates:
    """The states of an axis in the modes of a grid FINER times as fine: √R_x has singularities where R_x has complex zeros."""
    modes = [AxisModes(grid.refined(FINER), axis) if other == axis else AxisModes(grid, other, 1) for other in range(grid.ndim)]
    points = [m.points for m in modes]
    log_density, mesh = reference.logarithm(points), np.meshgrid(*points, indexing="ij")
    score = mean_over_others(modes, log_density, reference.gradient(*mesh)[axis], axis)
    diffusion = mean_over_others(modes, log_density, coefficients.diffusion(*mesh)[axis, axis], axis)
    found = axis_states(modes[axis], np.ravel(score), np.ravel(diffusion))
    return found if coefficients.periods[axis] is not None else found.inside(EDGE)


def plain(coefficients: Coefficients, grid: Grid, reference: Reference) -> GeneratorOperator:
    """The generator on all modes of a grid."""
    products = Products.all_modes(grid, 2)
    mesh = products.mesh()
    return GeneratorOperator(products, coefficients.diffusion(*mesh), coefficients.score(*mesh), reference.gradient(*mesh),
                             coefficients.periods)


def fine_operator(coefficients: Coefficients, grid: Grid, reference: Reference) -> Fine:
    """Build it."""
    products = Products.all_modes(grid.refined(2), 1 if grid.ndim == 3 else 2)
    mesh = products.mesh()
    operator = GeneratorOperator(products, coefficients.diffusion(*mesh), coefficients.score(*mesh), reference.gradient(*mesh),
                                 coefficients.periods)
    return Fine(operator, reference.logarithm([m.points for m in products.modes]))


def _by_products(coefficients: Coefficients, grid: Grid, k: int, balance: Balance, reference: Reference, fine: Fine,
                 size: int) -> SurfaceLevels:
    operator = contracted(coefficients, grid, reference, balance.log_density, size)
    G, overlaps = operator.matrices()
    X = orthonormalising(overlaps)
    H = -(X.T @ G @ X)
    vectors = eigh((H + H.T) / 2, subset_by_index=(0, k + 1))[1].T
    return _ritz(operator, X, vectors, fine, grid, k, balance, f"{operator.products.size} products of the states of each axis")


def _by_eigenstates(coefficients: Coefficients, grid: Grid, k: int, balance: Balance, reference: Reference,
                    fine: Fine) -> SurfaceLevels:
    """States of −∂D∂ + W on the grid; what they are worth is measured here, not taken from their own bounds."""
    assert coefficients.witten is not None
    operator = plain(coefficients, grid, reference)
    D = operator.diffusion.reshape(grid.ndim, grid.ndim, -1)[..., 0]
    H = Hamiltonian(grid, coefficients.witten, mass=np.linalg.inv(2 * D), hbar=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        states = eigenstates(H, k + 2, tol=1e-14).states
    vectors = Products.all_modes(grid, 1).project(points_padded(grid, np.asarray(states).real))
    return _ritz(operator, None, vectors, fine, grid, k, balance, "eigenstates of the Witten Hamiltonian")


def _ritz(operator: GeneratorOperator, X: np.ndarray | None, vectors: np.ndarray, fine: Fine, grid: Grid, k: int,
          balance: Balance, words: str) -> SurfaceLevels:
    """Ritz values of A on the span of ``vectors`` (k + 2 of them) without √P_s; X leads from them to coefficients."""
    products = operator.products
    on, back = (lambda f: f @ X, lambda y: y @ X.T) if X is not None else (lambda f: f, lambda y: y)
    zero = on(products.project(np.exp(0.5 * (balance.log_density - balance.log_density.max()))[None]))
    zero /= np.linalg.norm(zero)
    y = _less(vectors, zero)
    _, sigma, right = np.linalg.svd(operator.factor(back(y)), full_matrices=False)
    c = back(np.concatenate([zero, (right @ y)[::-1]]))
    rates = sigma[::-1] ** 2
    whole = fine.coefficients(products, c)
    difference = fine.operator.apply(whole)
    difference[1:] += rates[:, None] * whole[1:]
    residuals = np.linalg.norm(difference, axis=1)
    norm = fine.operator.norm()
    again = np.linalg.norm(fine.operator.factor(whole[1:]), axis=0) ** 2 / np.linalg.norm(whole[1:], axis=1) ** 2
    quadrature = 2 * np.abs(again - rates)                  # the same quotient by the finer lattice
    bounds = (cluster_bounds(rates, residuals[1:]) + quadrature + 4 * EPS * np.sqrt(rates * norm) + EPS**2 * norm)[:k]
    psi = operator.on_grid(grid, c[:k + 1])
    bounds = bounds + edge_bounds(operator, grid, psi[1:] ** 2, rates[:k])
    return SurfaceLevels(rates[:k], bounds, residuals[:k + 1], psi, words)


def _less(vectors: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the span of k + 2 vectors without the zero mode: k + 1."""
    for _ in range(2):
        vectors = vectors - (vectors @ zero.T) * zero
    return np.linalg.svd(vectors, full_matrices=False)[2][:-1]


def cluster_bounds(rates: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """For each level the least of its residual and, over the clusters i … j that hold it, Σ residuals²/gap to the rest.

    The zero mode is not among the levels: it was taken out exactly. The last level's own gap is unknown.
    """
    bounds = residuals.copy()
    for i in range(len(rates)):
        for j in range(i, len(rates) - 1):
            gap = rates[j + 1] - residuals[j + 1] - rates[j]
            if i > 0:
                gap = min(gap, rates[i] - rates[i - 1] - residuals[i - 1])
            if gap > 0:
                square = float(np.sum(residuals[i:j + 1] ** 2)) / gap
                bounds[i:j + 1] = np.minimum(bounds[i:j + 1], square)
    return bounds


def edge_bounds(operator: GeneratorOperator, grid: Grid, weight: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """What the ends of lines may change: Σ over the faces ∫ (4λ/|a| + D|a|) ψ² dS, flow through them and what lies beyond.

    weight (r, *shape): ψ², or |left·right| of eigenfunctions that are not symmetric.
    """
    total = np.zeros(len(weight))
    points = [m.points for m in operator.products.modes]
    for axis, period in enumerate(operator.periods):
        if period is not None:
            continue
        area = grid.cell_volume / grid.spacing[axis]
        for end, q in ((0, 0), (-1, len(points[axis]) - 1)):
            a = float(np.max(np.abs(np.take(operator.score[axis], q, axis=axis))))
            D = float(np.max(np.take(operator.diffusion[axis, axis], q, axis=axis)))
            face = np.take(weight, end, axis=axis + 1).reshape(len(weight), -1).sum(axis=1) * area
            total += (4 * np.abs(rates) / a + D * a) * face
    return total
