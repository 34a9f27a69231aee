"""Relaxation with detailed balance on one coordinate: H_E = A†A, A = √D (∂ − ½ ∂ln P_s), its levels with relative accuracy.

Singular vectors of A in a Fourier (or sine) basis start it; then each level is refined by its flux (relaxation.cells):
inverse iteration, the slowest first, each orthogonal to those before it. With f̂ normalised and −Lg = f̂,

    λ = 1/∫J²/(PD)     ≥ the true one, and within λ‖f̂ − λg‖ of a level,

a bound that is *relative*: how small λ is does not matter. To it are added the difference of two orders of quadrature, the
rounding of ln P_s, and on a line what lies beyond its ends.

Beyond barriers of DEEP temperatures the fluxes of levels that live on top of them drown in the rounding of the wells (ε³e^B of
themselves). Each level is then checked by the singular value, ε‖A‖√λ exact, of twice as many modes, and the better one is given.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh, svd

from qlearn.grids import Grid
from qlearn.spectrum.relaxation.cells import Cells, axis_edges
from qlearn.spectrum.relaxation.coefficients import Coefficients
from qlearn.spectrum.relaxation.modes import AxisModes

__all__ = ["LineLevels", "line_levels"]

EPS = float(np.finfo(float).eps)
BUFFER = 3              # singular vectors taken beyond the k + 1 of the levels
DEEP = 70.0             # ε³e^70 = 3e-17
SMALL = 600             # modes up to which all singular vectors of A are taken


@final
@dataclass(frozen=True, eq=False)
class LineLevels:
    """rates (k,) ascending without the zero mode, bounds (k,), residuals (k,) ‖Lf + λf‖, f normalised under P_s;
    half_densities (k+1, N): √P_s f on the grid, the zero mode first; density (N,): P_s on the grid."""

    rates: np.ndarray
    bounds: np.ndarray
    residuals: np.ndarray
    half_densities: np.ndarray
    density: np.ndarray


def line_levels(coefficients: Coefficients, grid: Grid, k: int, fine: Cells) -> LineLevels:
    """The k slowest rates on a ring, or on a line whose ends the density does not reach; ``fine``: its cells, of 12 nodes."""
    coarse = Cells(coefficients, axis_edges(grid, 0), 8)
    start = _singular_vectors(coefficients, grid, k + BUFFER)
    rates, residuals, _, at_edges = _refined(fine, start, k + 1)
    other = _refined(coarse, start, k)[0]
    gap = np.diff(rates)
    rates, residuals = rates[:k], residuals[:k]
    share = residuals * rates
    relative = residuals * share / np.maximum(np.maximum(gap, share), np.finfo(float).tiny)
    rounding = 16 * EPS * (1 + fine.variation)
    bounds = rates * (relative + np.abs(other / rates - 1) + rounding)
    bounds += _ends(fine, rates, at_edges[:k]) + _left_over(fine, rates)
    half, density = _on_grid(fine, at_edges[:k], grid)
    found = LineLevels(rates, bounds, rates * residuals, half, density)
    return _checked(found, coefficients, grid) if fine.depth > DEEP else found


def _checked(found: LineLevels, coefficients: Coefficients, grid: Grid) -> LineLevels:
    """Singular values, with their change from N to 2N as bounds, for levels that contradict them or are known less well."""
    k = len(found.rates)
    other, once = (_singular_vectors(coefficients, g, k + BUFFER) for g in (grid.refined(2), grid))
    rates, norm = other.rates[1:k + 1], _norm(coefficients, other.modes)
    bounds = np.abs(rates - once.rates[1:k + 1]) + 10 * EPS * np.sqrt(np.abs(rates) * norm) + (10 * EPS) ** 2 * norm
    if other.modes.count > SMALL:
        bounds = bounds + 10 * EPS * norm
    swap = (np.abs(rates - found.rates) > bounds + found.bounds) | (bounds < found.bounds)
    points = np.ravel(grid.axes[0])
    psi = (other.modes.at(points)[0] @ other.vectors[:, 1:k + 1]).T
    return LineLevels(np.where(swap, rates, found.rates), np.where(swap, bounds, found.bounds),
                      np.where(swap, bounds, found.residuals),
                      np.concatenate([found.half_densities[:1], np.where(swap[:, None], psi, found.half_densities[1:])]),
                      found.density)


def _norm(coefficients: Coefficients, modes: AxisModes) -> float:
    """An upper estimate of ‖A†A‖."""
    score, D = coefficients.score(modes.points)[0], coefficients.diffusion(modes.points)[0, 0]
    return float(np.max(D * (modes.largest + 0.5 * np.abs(score)) ** 2))


def _singular_vectors(coefficients: Coefficients, grid: Grid, k: int) -> "StartingVectors":
    """The right singular vectors of A of the k + 1 lowest singular values, as modes, and their squares."""
    modes = AxisModes(grid, 0)
    score, D = coefficients.score(modes.points)[0], coefficients.diffusion(modes.points)[0, 0]
    root = np.sqrt(modes.weights * D)[:, None]
    A = root * (modes.slopes - 0.5 * score[:, None] * modes.values)
    if modes.count > SMALL:
        values, vectors = eigh(A.T @ A, subset_by_index=(0, k))
        return StartingVectors(modes, vectors, values)
    _, sigma, vectors = svd(A, full_matrices=False)
    return StartingVectors(modes, vectors[::-1][:k + 1].T, sigma[::-1][:k + 1] ** 2)


@final
@dataclass(frozen=True, eq=False)
class StartingVectors:
    modes: AxisModes
    vectors: np.ndarray
    rates: np.ndarray

    def observables(self, cells: Cells) -> np.ndarray:
        """f = ψ/√P at the nodes, (k+1, n, m)."""
        psi = np.stack([self.modes.at(row)[0] @ self.vectors for row in cells.q])
        return np.moveaxis(psi, -1, 0) * np.exp(-0.5 * cells.log_density)


def _refined(cells: Cells, start: StartingVectors, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(rates, relative residuals, f at the nodes, f at the edges) of the k lowest levels."""
    waiting = _orthonormal(cells, cells.centred(start.observables(cells)))
    found = Found(cells, np.empty((0, *cells.q.shape)), np.empty((0, *cells.q.shape)))
    rates, residuals, at_edges = np.empty(k), np.empty(k), np.empty((k, len(cells.edges)))
    for level in range(k):
        J = found.flux_of(waiting)
        vectors = np.linalg.eigh(cells.flux_products(J, J))[1]
        waiting = np.einsum("ij,inm->jnm", vectors[:, ::-1], waiting)
        f = waiting[:1]
        for _ in range(3):
            g = cells.responses(found.flux_of(f))[0]
            f = found.without(g / np.max(np.abs(g)))                # g is as large as 1/λ
            f = f / np.sqrt(cells.inner(f, f)[0, 0])
        J = found.flux_of(f)
        g, edge = cells.responses(J)
        rates[level] = 1 / cells.flux_products(J, J)[0, 0]
        rest = f - rates[level] * found.without(g)
        residuals[level] = np.sqrt(cells.inner(rest, rest)[0, 0])
        at_edges[level] = rates[level] * (edge[0] - cells.inner(g, found.f)[0] @ at_edges[:level])
        found = found.and_(f, J * np.sqrt(rates[level]))
        waiting = _orthonormal(cells, found.without(waiting[1:]))
    return rates, residuals, found.f, at_edges


@final
@dataclass(frozen=True, eq=False)
class Found:
    """The levels found so far, orthonormal: f under ∫P··, their fluxes under ∫··/(PD)."""

    cells: Cells
    f: np.ndarray
    J: np.ndarray

    def and_(self, f: np.ndarray, J: np.ndarray) -> "Found":
        return Found(self.cells, np.concatenate([self.f, f]), np.concatenate([self.J, J]))

    def without(self, f: np.ndarray) -> np.ndarray:
        """f less its part in these, twice for the sake of rounding."""
        for _ in range(2):
            f = f - np.einsum("ij,jnm->inm", self.cells.inner(f, self.f), self.f)
        return f

    def flux_of(self, f: np.ndarray) -> np.ndarray:
        """J of f, less the part of these: a rounding error of f along a slow level would be divided by its rate."""
        J = self.cells.fluxes(f)
        for _ in range(2):
            J = J - np.einsum("ij,jnm->inm", self.cells.flux_products(J, self.J), self.J)
        return J


def _orthonormal(cells: Cells, f: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the span, what is dependent within 1e-6 left out (the constant, after centring)."""
    values, vectors = np.linalg.eigh(cells.inner(f, f))
    kept = values > 1e-12
    return np.einsum("ij,inm->jnm", vectors[:, kept] / np.sqrt(values[kept]), f)


def _ends(cells: Cells, rates: np.ndarray, at_edges: np.ndarray) -> np.ndarray:
    """λ∫Pf² beyond the ends of a line, to first order what they change (Hadamard); four times the estimate P f²/s, Pf² ~ e^−sq
    with s² = a² − 4λ/D. A level with s² ≤ 0 is not held by the box: all of it."""
    if cells.ring:
        return np.zeros(len(rates))
    steep = cells.score[[0, -1], [0, -1]] ** 2 - 4 * rates[:, None] / cells.diffusion[[0, -1], [0, -1]]
    density = np.exp(cells.edge_log_density[[0, -1]])
    held = np.all(steep > 0, axis=1)
    beyond = np.sum(at_edges[:, [0, -1]] ** 2 * density / np.sqrt(np.where(steep > 0, steep, 1)), axis=1)
    return np.where(held, 4 * rates * beyond, rates)


def _left_over(cells: Cells, rates: np.ndarray) -> np.ndarray:
    """What a circulation c too small to be told from a quadrature error may change: e^±2c of a rate and c/L √(Dλ), by D c/L ∂."""
    c = abs(cells.circulation)
    if c <= 16 * EPS * (1 + cells.variation):
        return np.zeros(len(rates))
    return 2 * c * rates + c / (cells.edges[-1] - cells.edges[0]) * np.sqrt(cells.diffusion.max() * rates)


def _on_grid(cells: Cells, at_edges: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """√P f (k+1, N) and P at the points of the grid, which are edges of cells; P is 0 beyond a trimmed end."""
    q = (cells.edges - grid.bounds[0][0]) / grid.spacing[0]
    edges = np.flatnonzero(np.abs(q - np.rint(q)) < 1e-6)
    places = np.rint(q[edges]).astype(int) - (grid.boundary[0] == "wall")
    if cells.ring:
        places %= grid.shape[0]
    inside = (places >= 0) & (places < grid.shape[0])
    places, edges = places[inside], edges[inside]
    density = np.zeros(grid.shape[0])
    density[places] = np.exp(cells.edge_log_density[edges])
    half = np.zeros((len(at_edges) + 1, grid.shape[0]))
    half[0] = np.sqrt(density)
    half[1:, places] = at_edges[:, edges] * half[0, places]
    return half, density
