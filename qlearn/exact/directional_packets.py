"""Gaussian packets of the equation in which each direction has its own ħ_i: they stay Gaussian; their parameters obey ODEs."""

from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
from scipy.integrate import solve_ivp

from qlearn import checks

__all__ = ["DirectionalPacket"]


class Parameters(NamedTuple):
    """Σ, B, c, p, s."""

    spread: np.ndarray
    chirp: np.ndarray
    center: np.ndarray
    momentum: np.ndarray
    constant: float


@final
@dataclass(frozen=True, eq=False)
class DirectionalPacket:
    """iħψ_t = Hψ + Σ_i ((ħ² − ħ_i²)/2m_i)(∂_i²|ψ|/|ψ|)ψ with V = ½qᵀKq, from a real Gaussian.

        |ψ|² = N(c, Σ),   φ = ½yᵀBy + p·y + s,   y = q − c,   M = diag(m_i),   A = Σ⁻¹
        ċ = M⁻¹p,  ṗ = −Kc,  Σ̇ = M⁻¹BΣ + ΣBM⁻¹,  Ḃ = −BM⁻¹B − K + ¼A diag(ħ_i²/m_i)A,
        ṡ = ½pᵀM⁻¹p − ½cᵀKc − Σ_i ħ_i²A_ii/4m_i

    found by putting the Gaussian into (6) of THEORY.md with ħ_i; the ODEs are solved to 1e-12.

    center (d,), covariance (d, d) : at t = 0     stiffness : K (d, d)     mass, hbars : m_i, ħ_i (d,)     hbar : ħ
    momentum : (d,) at t = 0

    >>> one = DirectionalPacket([1.0], [[0.5]], [[1.0]], mass=[1.0], hbars=[1.0], hbar=1.0)     # a coherent state
    >>> x = np.linspace(-2, 2, 5)
    >>> bool(np.allclose(one.state((x,), np.pi), -1j * one.state((-x,), 0.0)))
    True
    """

    center: Any
    covariance: Any
    stiffness: Any
    mass: Any
    hbars: Any
    hbar: float
    momentum: Any = None

    def __post_init__(self):
        center = checks.finite_array("center", self.center, shape=(None,))
        d = len(center)
        given = {"center": center, "covariance": checks.finite_array("covariance", self.covariance, shape=(d, d)),
                 "stiffness": checks.finite_array("stiffness", self.stiffness, shape=(d, d)),
                 "mass": checks.finite_array("mass", self.mass, shape=(d,)),
                 "hbars": checks.finite_array("hbars", self.hbars, shape=(d,)),
                 "momentum": checks.finite_array("momentum", np.zeros(d) if self.momentum is None else self.momentum, shape=(d,))}
        for name, value in given.items():
            object.__setattr__(self, name, value)

    def state(self, q: Any, t: float) -> np.ndarray:
        """ψ(q, t) for a tuple of d arrays of one shape, normalised over all of space."""
        d = len(self.center)
        spread, chirp, center, momentum, constant = self._parameters(float(t))
        inverse = np.linalg.inv(spread)
        y = np.stack([np.asarray(axis, float) - c for axis, c in zip(q, center, strict=True)])
        norm = ((2 * np.pi)**d * np.linalg.det(spread)) ** -0.25
        size = norm * np.exp(-0.25 * np.einsum("i...,ij,j...", y, inverse, y))
        phase = 0.5 * np.einsum("i...,ij,j...", y, chirp, y) + np.einsum("i,i...", momentum, y) + constant
        return size * np.exp(1j * phase / self.hbar)

    def _parameters(self, t: float) -> Parameters:
        d = len(self.center)
        slow, weight = np.diag(1 / self.mass), np.diag(self.hbars**2 / self.mass)

        def parts(y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
            return y[:d * d].reshape(d, d), y[d * d:2 * d * d].reshape(d, d), y[2 * d * d:-d - 1], y[-d - 1:-1]

        def rates(_: float, y: np.ndarray) -> np.ndarray:
            spread, chirp, c, p = parts(y)
            inverse, flow = np.linalg.inv(spread), slow @ chirp
            return np.concatenate([
                (flow @ spread + (flow @ spread).T).ravel(),
                (0.25 * inverse @ weight @ inverse - chirp @ flow - self.stiffness).ravel(), slow @ p, -self.stiffness @ c,
                [0.5 * p @ slow @ p - 0.5 * c @ self.stiffness @ c - 0.25 * np.trace(weight @ inverse)]])

        begin = np.concatenate([self.covariance.ravel(), np.zeros(d * d), self.center, self.momentum, [0.0]])
        if t == 0:
            return Parameters(*parts(begin), 0.0)
        found = solve_ivp(rates, (0.0, t), begin, method="DOP853", rtol=1e-12, atol=1e-13)
        return Parameters(*parts(found.y[:, -1]), float(found.y[-1, -1]))
