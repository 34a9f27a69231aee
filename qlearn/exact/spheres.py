"""Curved surfaces with known levels and dynamics: the sphere and the torus of revolution."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.special import gammaln, lpmv

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["Sphere", "TorusOfRevolution"]


@final
@dataclass(frozen=True)
class Sphere:
    """A free particle on a sphere of radius R, q = (θ, φ): E = ħ²l(l + 1)/2mR², states Y_lm(θ, φ)/R.

    >>> Sphere().levels(5).tolist()
    [0.0, 1.0, 1.0, 1.0, 3.0]
    """

    radius: float = 1.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _all_positive(self)

    def grid(self, points: tuple[int, int]) -> Grid:
        return Grid(points, [(0.0, np.pi), (0.0, 2 * np.pi)], boundary=("pole", "periodic"))

    def metric(self, theta: Any, phi: Any) -> np.ndarray:
        """g = R² diag(1, sin²θ), (2, 2, *shape)."""
        zero = 0 * theta
        return self.radius**2 * np.array([[zero + 1, zero], [zero, np.sin(theta) ** 2]])

    def hamiltonian(self, points: tuple[int, int], potential: Any = 0.0) -> Hamiltonian:
        return Hamiltonian(self.grid(points), potential, mass=self.mass, hbar=self.hbar, metric=self.metric)

    def energy(self, degree: int) -> float:
        """ħ²l(l + 1)/2mR²."""
        return self.hbar**2 * degree * (degree + 1) / (2 * self.mass * self.radius**2)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, each l 2l + 1 times."""
        highest = int(np.ceil(checks.integer("k", k, least=1) ** 0.5))
        return np.concatenate([np.full(2 * l + 1, self.energy(l)) for l in range(highest)])[:k]

    def harmonic(self, theta: Any, phi: Any, degree: int, order: int) -> np.ndarray:
        """Y_lm/R with the phase of Condon and Shortley, normalised: ∫|·|² R² sin θ dθ dφ = 1."""
        checks.integer("order", order, least=-degree, most=degree)
        m = abs(order)
        log_size = 0.5 * (np.log((2 * degree + 1) / (4 * np.pi)) + gammaln(degree - m + 1) - gammaln(degree + m + 1))
        values = np.exp(log_size) * lpmv(m, degree, np.cos(theta)) * np.exp(1j * m * np.asarray(phi)) / self.radius
        return values if order >= 0 else (-1) ** m * np.conj(values)

    def state(self, theta: Any, phi: Any, t: float, weights: dict[tuple[int, int], complex]) -> np.ndarray:
        """The scalar ψ = Σ c_lm e^{−iE_l t/ħ} Y_lm/R; ``weights`` {(l, m): c}; the half-density is H.root_metric · ψ."""
        return sum(weight * np.exp(-1j * self.energy(l) * t / self.hbar) * self.harmonic(theta, phi, l, m)
                   for (l, m), weight in weights.items())


@final
@dataclass(frozen=True)
class TorusOfRevolution:
    """A free particle on a torus, q = (θ, φ), g = diag(r², f²), f = R + r cos θ: one problem in one dimension for each e^{imφ}.

        u = √f ψ:   H_m = (ħ²/2M) { −(1/r²)[∂_θ² + cos θ · r/2f + r² sin²θ/4f²] + m²/f² }

    Solved here by the matrix of H_m in e^{ikθ}, |k| ≤ 48, which converges exponentially: exact to rounding for R ≥ 2r.
    """

    large: float = 2.0
    small: float = 1.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _all_positive(self)
        if self.large < 2 * self.small:
            checks.fail("large", f"must be at least 2·small = {2 * self.small:g}", self.large)

    def metric(self, theta: Any, phi: Any) -> np.ndarray:
        """g, (2, 2, *shape)."""
        zero = 0 * theta
        return np.array([[zero + self.small**2, zero], [zero, self._distance(theta) ** 2]])

    def hamiltonian(self, points: tuple[int, int], potential: Any = 0.0) -> Hamiltonian:
        grid = Grid(points, [(0.0, 2 * np.pi)] * 2)
        return Hamiltonian(grid, potential, mass=self.mass, hbar=self.hbar, metric=self.metric)

    def modes(self, angular: int, reach: int = 48) -> tuple[np.ndarray, np.ndarray]:
        """Levels of H_m, ascending, and the coefficients of u in e^{ikθ}/√2π, k = −reach … reach, in columns."""
        k, many = np.arange(-reach, reach + 1), 8 * reach
        theta = 2 * np.pi * np.arange(many) / many
        f = self._distance(theta)
        table = -np.cos(theta) / (2 * f * self.small) - np.sin(theta) ** 2 / (4 * f**2) + angular**2 / f**2
        waves = np.fft.fft(table).real / many                        # even in θ
        matrix = np.diag(k**2 / self.small**2) + waves[np.abs(np.subtract.outer(k, k))]
        levels, vectors = np.linalg.eigh(matrix)
        return self.hbar**2 / (2 * self.mass) * levels, vectors

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, ascending."""
        k = checks.integer("k", k, least=1)
        found = [self.modes(abs(m))[0][:k] for m in range(-k, k + 1)]
        return np.sort(np.concatenate(found))[:k]

    def state(self, theta: Any, phi: Any, t: float, weights: dict[tuple[int, int], complex]) -> np.ndarray:
        """The half-density Φ = Σ c_jm e^{−iE_jm t/ħ} u_jm(θ) e^{imφ}/√2π, ∫|Φ|² dθ dφ = Σ|c|²; ``weights`` {(j, m): c_jm}."""
        total = np.zeros(np.broadcast(theta, phi).shape, dtype=complex)
        for (j, m), weight in weights.items():
            levels, vectors = self.modes(m)
            reach = len(levels) // 2
            u = sum(c * np.exp(1j * n * np.asarray(theta)) for n, c in zip(range(-reach, reach + 1), vectors[:, j], strict=True))
            turned = np.exp(1j * (m * np.asarray(phi) - levels[j] * t / self.hbar))
            total = total + weight * u * turned / (2 * np.pi)
        return total

    def _distance(self, theta: Any) -> np.ndarray:
        return self.large + self.small * np.cos(theta)


def _all_positive(problem: Any) -> None:
    for name, value in vars(problem).items():
        checks.real(name, value, above=0)
