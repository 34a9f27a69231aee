"""The three problems of the level benchmark, ħ = m = 1, and their reference levels in a basis of oscillator functions.

L1  P1's double well, V = min(10((x/10)² − 1)², 800); N = 1024 on [−40, 40).
L2  Hénon–Heiles with a confining quartic, V = r²/2 + λ(x²y − y³/3) + λ²r⁴/16, λ² = .0125; 128² on [−10, 10)².
L3  V = (x² + 1.2y² + 1.5z²)/2 + λ(x²y − y³/3) + λzx²/2 + λ²r⁴/8, the same λ; 48³ on [−6.5, 6.5)³.

The reference of L2 and L3 is the matrix of H in products of oscillator functions of total degree < D, the powers of x exact
(they are products of bidiagonal matrices of higher degree): nothing of a grid. That of L1 is the matrix of sines of the well
between walls at ±20, where V is below 100 and every wanted state below 1e-30, which has a 60 times smaller norm than the
benchmark's grid, and rounding to match.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import final

import numpy as np
from scipy.linalg import eigh

__all__ = ["LEVEL_PROBLEMS", "LevelProblem", "oscillator_levels", "sine_levels"]

COUPLING = float(np.sqrt(0.0125))
WANTED = 20
Polynomial = dict[tuple[int, ...], float]   # exponents -> coefficient


@final
@dataclass(frozen=True, eq=False)
class LevelProblem:
    """A potential on a periodic grid; ``accuracy`` is the bar for the largest |dE| of the lowest 20 levels."""

    name: str
    shape: tuple[int, ...]
    bounds: tuple[float, float]
    potential: Callable[..., np.ndarray]
    reference: Callable[[], np.ndarray]
    accuracy: float

    def error(self, energies: np.ndarray) -> float:
        return float(np.max(np.abs(energies[:WANTED] - self.reference())))


def _double_well(x: np.ndarray) -> np.ndarray:
    return np.minimum(10 * ((x / 10) ** 2 - 1) ** 2, 800.0)


def _plane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    square = x**2 + y**2
    return square / 2 + COUPLING * (x**2 * y - y**3 / 3) + COUPLING**2 * square**2 / 16


def _space(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    quartic = COUPLING**2 * (x**2 + y**2 + z**2) ** 2 / 8
    return (x**2 + 1.2 * y**2 + 1.5 * z**2) / 2 + COUPLING * (x**2 * y - y**3 / 3) + COUPLING * z * x**2 / 2 + quartic


PLANE: Polynomial = {(2, 0): 0.5, (0, 2): 0.5, (2, 1): COUPLING, (0, 3): -COUPLING / 3,
                     (4, 0): COUPLING**2 / 16, (0, 4): COUPLING**2 / 16, (2, 2): COUPLING**2 / 8}
SPACE: Polynomial = {(2, 0, 0): 0.5, (0, 2, 0): 0.6, (0, 0, 2): 0.75, (2, 1, 0): COUPLING, (0, 3, 0): -COUPLING / 3,
                     (2, 0, 1): COUPLING / 2, (4, 0, 0): COUPLING**2 / 8, (0, 4, 0): COUPLING**2 / 8,
                     (0, 0, 4): COUPLING**2 / 8, (2, 2, 0): COUPLING**2 / 4, (2, 0, 2): COUPLING**2 / 4,
                     (0, 2, 2): COUPLING**2 / 4}


def oscillator_levels(polynomial: Polynomial, degree: int, count: int = WANTED) -> np.ndarray:
    """The lowest levels of p²/2 + Σ c Π x_a^e in products of unit oscillator functions with Σ n_a < degree."""
    ndim = len(next(iter(polynomial)))
    chosen = np.array([n for n in product(range(degree), repeat=ndim) if sum(n) < degree])
    powers = _powers(degree, max(max(exponents) for exponents in polynomial))
    kinetic = np.diag(np.arange(degree) + 0.5) - powers[2] / 2
    matrix = np.zeros((len(chosen), len(chosen)))
    for a in range(ndim):
        matrix += _picked([kinetic if b == a else powers[0] for b in range(ndim)], chosen)
    for exponents, factor in polynomial.items():
        matrix += factor * _picked([powers[e] for e in exponents], chosen)
    return eigh(matrix, eigvals_only=True, subset_by_index=[0, count - 1])


def _powers(degree: int, highest: int) -> list[np.ndarray]:
    """x⁰ … x^highest between the first ``degree`` oscillator functions, exact."""
    size = degree + highest
    off = np.sqrt(np.arange(1, size) / 2)
    x = np.diag(off, 1) + np.diag(off, -1)
    return [np.linalg.matrix_power(x, power)[:degree, :degree] for power in range(highest + 1)]


def _picked(factors: list[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """Π_a factors_a[n_a, m_a] over the chosen products n, m."""
    return reduce(np.multiply, (factor[np.ix_(chosen[:, a], chosen[:, a])] for a, factor in enumerate(factors)))


def sine_levels(potential: Callable[[np.ndarray], np.ndarray], half_width: float, modes: int, count: int = WANTED) -> np.ndarray:
    """The lowest levels of p²/2 + V between walls at ±half_width, in the first sines; V by a midpoint rule."""
    length, points = 2 * half_width, 8 * modes
    x = (np.arange(points) + 0.5) * length / points
    sines = np.sqrt(2 / points) * np.sin(np.pi * np.outer(np.arange(1, modes + 1), x) / length)
    matrix = (sines * potential(x - half_width)) @ sines.T
    matrix[np.diag_indices(modes)] += (np.pi * np.arange(1, modes + 1) / length) ** 2 / 2
    return eigh(matrix, eigvals_only=True, subset_by_index=[0, count - 1])


def _once(levels: Callable[[], np.ndarray]) -> Callable[[], np.ndarray]:
    kept: list[np.ndarray] = []

    def reference() -> np.ndarray:
        if not kept:
            kept.append(levels())
        return kept[0]

    return reference


LEVEL_PROBLEMS = {problem.name: problem for problem in (
    LevelProblem("L1", (1024,), (-40.0, 40.0), _double_well, _once(lambda: sine_levels(_double_well, 20.0, 240)), 3.5e-12),
    LevelProblem("L2", (128, 128), (-10.0, 10.0), _plane, _once(lambda: oscillator_levels(PLANE, 50)), 1e-11),
    LevelProblem("L3", (48, 48, 48), (-6.5, 6.5), _space, _once(lambda: oscillator_levels(SPACE, 24)), 1e-9),
)}
