"""Relaxation with known rates: linear learners (Ornstein–Uhlenbeck), and the flux over a barrier (Kramers)."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, final

import numpy as np
from scipy.integrate import quad
from scipy.linalg import solve_continuous_lyapunov

from qlearn import checks

__all__ = ["BarrierFlux", "OrnsteinUhlenbeck"]


@final
@dataclass(frozen=True, eq=False)
class OrnsteinUhlenbeck:
    """dq = −K q dt + √2 B dW, BBᵀ = D: the generator's eigenvalues are −Σ n_i λ_i(K), n_i = 0, 1, …, whatever D is.

    P_s is Gaussian with the covariance Σ of KΣ + ΣKᵀ = 2D; detailed balance iff KD is symmetric.
    G. E. Uhlenbeck, L. S. Ornstein, Phys. Rev. 36, 823 (1930); Metafune, Pallara, Priola, J. Funct. Anal. 196, 40 (2002).
    drift K (d, d), eigenvalues with positive real part; diffusion D (d, d).

    >>> OrnsteinUhlenbeck([[1.0, 0.0], [0.0, 2.5]], np.eye(2)).eigenvalues(4).real.tolist()
    [-1.0, -2.0, -2.5, -3.0]
    """

    drift: Any
    diffusion: Any

    def __post_init__(self):
        K = checks.finite_array("drift", self.drift, shape=(None, None))
        D = checks.finite_array("diffusion", self.diffusion, shape=K.shape)
        if np.min(np.linalg.eigvals(K).real) <= 0:
            checks.fail("drift", "must have eigenvalues with positive real part", repr(self.drift))
        object.__setattr__(self, "drift", K)
        object.__setattr__(self, "diffusion", D)

    def eigenvalues(self, k: int) -> np.ndarray:
        """The k of the largest real part without 0, −Re ascending, then |Im|, Im > 0 first."""
        k = checks.integer("k", k, least=1)
        values = np.linalg.eigvals(self.drift)
        numbers = np.array(list(product(range(k + 1), repeat=len(values))))[1:]
        sums = -(numbers @ values)
        return np.array(sorted(sums, key=lambda z: (round(-z.real, 9), round(abs(z.imag), 9), -z.imag))[:k])

    @property
    def covariance(self) -> np.ndarray:
        """Σ of the stationary density."""
        return solve_continuous_lyapunov(self.drift, 2 * self.diffusion)

    def density(self, *q: Any) -> np.ndarray:
        """P_s with respect to dq."""
        points, inverse = np.stack(np.broadcast_arrays(*q)), np.linalg.inv(self.covariance)
        scale = np.sqrt(np.linalg.det(2 * np.pi * self.covariance))
        return np.exp(-0.5 * np.einsum("i...,ij,j...->...", points, inverse, points)) / scale

    def current(self, *q: Any) -> np.ndarray:
        """J = (DΣ⁻¹ − K) q P_s, (d, *shape)."""
        matrix = self.diffusion @ np.linalg.inv(self.covariance) - self.drift
        points = np.stack(np.broadcast_arrays(*q))
        return np.einsum("ij,j...->i...", matrix, points) * self.density(*q)

    @property
    def entropy_production(self) -> float:
        """∫J·D⁻¹J/P_s dq = tr(MᵀD⁻¹MΣ), M = DΣ⁻¹ − K."""
        matrix = self.diffusion @ np.linalg.inv(self.covariance) - self.drift
        return float(np.trace(matrix.T @ np.linalg.solve(self.diffusion, matrix) @ self.covariance))


@final
@dataclass(frozen=True, eq=False)
class BarrierFlux:
    """dq = −γU′dt + √(2γT) dW in a symmetric double well with the barrier at 0: λ_1 from the mean passage time to the top.

        1/λ_1 ≥ τ = ∫_0^∞ dy (e^{U/T}/γT) [∫_y^∞ e^{−U/T}]² / ∫_0^∞ e^{−U/T},     λ_1 τ − 1 = O(λ_1/λ_2)

    By symmetry λ_1 is the escape rate from the half line, and τ the mean passage time to 0 from the stationary density there.
    H. A. Kramers, Physica 7, 284 (1940); P. Hänggi, P. Talkner, M. Borkovec, Rev. Mod. Phys. 62, 251 (1990), sec. VII.
    loss U(q), even; curvatures (U″ at the minimum, |U″| at the top), barrier U(0) − U_min, reach: where P_s is negligible.

    >>> flux = BarrierFlux(lambda q: (q**2 - 1)**2, (8.0, 4.0), 1.0, 2.2, temperature=0.05)
    >>> round(flux.rate / flux.eyring_kramers, 3)
    0.98
    """

    loss: Callable[[float], float]
    curvatures: tuple[float, float]
    barrier: float
    reach: float
    temperature: float
    learning_rate: float = 1.0

    @property
    def rate(self) -> float:
        """1/τ by adaptive quadrature, to about 1e-10; for barriers of less than 300 T."""
        T = self.temperature
        weight = lambda q: np.exp(-self.loss(q) / T)  # noqa: E731
        settings: dict[str, Any] = dict(epsabs=0, epsrel=1e-11, limit=400)
        whole = quad(weight, 0, self.reach, **settings)[0]

        def flow(y: float) -> float:
            here = self.loss(y)
            return quad(lambda q: np.exp((here - self.loss(q)) / T), y, self.reach, **settings)[0] ** 2 * weight(y)

        return self.learning_rate * T * whole / quad(flow, 0, self.reach, **settings)[0]

    @property
    def eyring_kramers(self) -> float:
        """γ√(U″_min |U″_top|)/π e^{−ΔU/T}, right to a relative O(T)."""
        return self.learning_rate * float(np.sqrt(self.curvatures[0] * self.curvatures[1]) / np.pi
                                          * np.exp(-self.barrier / self.temperature))
