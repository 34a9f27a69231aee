"""Relaxation without detailed balance: eigenvalues of the Fokker–Planck generator in a basis, with left and right eigenfunctions.

Dense: all eigenvalues of G, those of the largest real part taken; each then by two-sided inverse iteration, near-equal ones
together. A perturbation E moves a simple eigenvalue by less than ‖E‖ κ + O(E²), κ = ‖l‖‖x‖/|l·x| its condition number: with the
residual r on all modes of a grid twice as fine for E that is an error bound of first order. The basis has l·r = 0, so that what
is left is of second order, ‖r‖‖s‖κ/gap with the residual s of l: ten times that where it is less. Estimates both, no proofs.
Added is twice the change of the quotient ⟨l, Gx⟩/⟨l, x⟩ on the finer lattice, which shows quadrature and rounding.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigvals, lu_factor, lu_solve

from qlearn.grids import Grid
from qlearn.spectrum.relaxation.coefficients import Coefficients
from qlearn.spectrum.relaxation.operator import GeneratorOperator
from qlearn.spectrum.relaxation.products import orthonormalising
from qlearn.spectrum.relaxation.reference import Reference
from qlearn.spectrum.relaxation.surface import Fine, contracted, edge_bounds, fine_operator, plain

__all__ = ["GeneratorLevels", "generator_levels"]

EPS = float(np.finfo(float).eps)
SIZES = (150, 400, 800, 1600)        # products of several coordinates, until the bounds are within tol
SAFETY = 10.0                   # of the estimate of second order, chosen beforehand
NEAR = 1e-6                     # eigenvalues nearer than this share of their size are solved together


@final
@dataclass(frozen=True, eq=False)
class GeneratorLevels:
    """eigenvalues, bounds, residuals, conditions (k+1,), the zero mode first; psi (k+1, size) coefficients in ``operator``."""

    eigenvalues: np.ndarray
    bounds: np.ndarray
    residuals: np.ndarray
    conditions: np.ndarray
    psi: np.ndarray
    operator: GeneratorOperator


def generator_levels(coefficients: Coefficients, grid: Grid, k: int, tol: float, reference: Reference,
                     log_density: np.ndarray) -> GeneratorLevels:
    """The k + 1 eigenvalues of the largest real part; log_density: ln R on the lattice of the grid's modes."""
    fine, best, least = fine_operator(coefficients, grid, reference), None, np.inf
    for size in SIZES if grid.ndim > 1 else (grid.size,):
        operator = (plain(coefficients, grid, reference) if grid.ndim == 1
                    else contracted(coefficients, grid, reference, log_density, size))
        found = _levels(operator, fine, grid, k)
        worst, before = float(np.max(found.bounds[1:] / np.abs(found.eigenvalues[1:]))), least
        if worst < least:
            best, least = found, worst
        if worst <= tol or operator.products.size < size or worst > before / 3:
            break
    assert best is not None
    return best


def _levels(operator: GeneratorOperator, fine: Fine, grid: Grid, k: int) -> GeneratorLevels:
    G, overlaps = operator.matrices()
    X = orthonormalising(overlaps)
    G = X.T @ G @ X
    values, right, left = eigen_triplets(G, min(k + 3, len(G)))
    inner = np.abs(np.sum(left.conj() * right, axis=1))
    conditions = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1) / inner
    c, d = right @ X.T, left.conj() @ X.T
    whole = fine.coefficients(operator.products, c)
    image = fine.operator.apply(whole)
    residuals = np.linalg.norm(image - values[:, None] * whole, axis=1) / np.linalg.norm(right, axis=1)
    across = fine.coefficients(operator.products, d)
    others = np.linalg.norm(fine.operator.apply_transposed(across) - values[:, None] * across, axis=1) \
        / np.linalg.norm(left, axis=1)
    again = np.sum(across * image, axis=1) / np.sum(across * whole, axis=1)         # the same quotient by the finer lattice
    weight = np.abs(operator.on_grid(grid, d) * operator.on_grid(grid, c)) / inner.reshape((-1,) + (1,) * grid.ndim)
    second = SAFETY * residuals * others * np.max(conditions) / _gaps(values)
    bounds = conditions * (np.minimum(residuals, second) + EPS * np.linalg.norm(G, 2 if len(G) < 200 else "fro")) \
        + 2 * np.abs(again - values) + edge_bounds(operator, grid, weight, values)
    values[0], bounds[0], kept = 0, 0, slice(0, k + 1)
    return GeneratorLevels(values[kept], bounds[kept], residuals[kept], conditions[kept], c[kept], operator)


def _gaps(values: np.ndarray) -> np.ndarray:
    """The distance of each eigenvalue to the nearest that is not near it."""
    apart = np.abs(values[:, None] - values)
    return np.min(np.where(apart > NEAR * np.max(np.abs(values)), apart, np.inf), axis=1)


def eigen_triplets(G: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values (count,), right, left (count, size)): the largest real parts, the one nearest 0 first, then −Re ascending.

    Complex pairs stand together, Im > 0 first; left vectors satisfy l†G = λ l†.
    """
    values = eigvals(G)
    values = values[np.argsort(-values.real, kind="stable")]
    zero = int(np.argmin(np.abs(values)))
    values = np.concatenate([values[zero:zero + 1], np.delete(values, zero)])
    scale = np.linalg.norm(G, 1)
    values = np.where(np.abs(values.imag) < 1e-11 * scale * np.sqrt(len(G)), values.real, values)
    chosen = _in_order(values[:min(count + 8, len(values))])[:count]
    found: list[tuple] = []
    generator = np.random.default_rng(0)
    for group in _groups(chosen):
        found.extend(_block(G, group, generator))
    values, right, left = (np.array([entry[part] for entry in found], dtype=complex) for part in range(3))
    return values, right, left


def _in_order(values: np.ndarray) -> np.ndarray:
    """−Re ascending where it differs by more than 1e-9, then |Im|, then Im > 0 first; the first stays first."""
    step = 1e-9 * np.max(np.abs(values))
    rest = sorted(values[1:], key=lambda v: (round(-v.real / step), round(abs(v.imag) / step), -v.imag))
    return np.array([values[0], *rest])


def _groups(values: np.ndarray) -> list[np.ndarray]:
    """Consecutive values that are equal within NEAR; complex ones of the same sign of Im."""
    groups: list[list[complex]] = [[values[0]]]
    rest = list(values[1:])
    while rest:
        first = rest.pop(0)
        near = [v for v in rest if abs(v - first) <= NEAR * abs(first)]
        rest = [v for v in rest if abs(v - first) > NEAR * abs(first)]
        groups.append([first, *near])
    return [np.array(group) for group in groups]


def _block(G: np.ndarray, group: np.ndarray, generator: np.random.Generator) -> list[tuple]:
    """Two-sided inverse iteration for the eigenvalues of a group: (value, right, left) each."""
    size, m = len(G), len(group)
    shift = group.mean()
    shift = shift + 1e-10 * (abs(shift) + 1e-6 * np.linalg.norm(G, 1))
    real = bool(np.all(group.imag == 0))
    factors = lu_factor(G - (shift.real if real else shift) * np.eye(size), check_finite=False)
    X, Y = (generator.standard_normal((size, m)) for _ in range(2))
    for _ in range(3):
        X = np.linalg.qr(lu_solve(factors, X, check_finite=False))[0]
        Y = np.linalg.qr(lu_solve(factors, Y, trans=2, check_finite=False))[0]
    overlap = Y.conj().T @ X
    values, W = np.linalg.eig(np.linalg.solve(overlap, Y.conj().T @ (G @ X)))
    order = np.argsort(-values.real, kind="stable")
    right = X @ W
    left = Y @ np.linalg.inv(overlap @ W).conj().T
    return [(values[i], right[:, i], left[:, i]) for i in order]
