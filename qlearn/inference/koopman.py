"""From correlation matrices to rates: eigenvalues of C(0)⁻¹C(τ), with every group of replicas left out once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn import checks
from qlearn.inference.correlations import GROUPS, Correlations

__all__ = ["NOISY", "Estimate", "estimates"]

NOISY = 0.3         # relative standard error of |λ| from which on a rate counts as drowned in noise


@final
@dataclass(frozen=True, eq=False)
class Estimate:
    """Rates at one lag: (k,) each; ``deviations`` (GROUPS, k), the left-out rates less their mean; NaN where λ ≤ 0; ``floor``,
    three times the largest |λ| of so many functions of as many independent pairs without any memory, √(functions/pairs)."""

    lag: float
    rates: np.ndarray
    deviations: np.ndarray
    bias: np.ndarray
    frequencies: np.ndarray
    frequency_errors: np.ndarray
    dropped: int
    floor: float

    @property
    def noise(self) -> np.ndarray:
        """(k,) the relative error of |λ|, infinite below the floor: a rate is seen where it is at most NOISY."""
        with np.errstate(invalid="ignore"):
            buried = ~(np.exp(-self.rates * self.lag) > self.floor) | ~np.isfinite(self.errors)
        return np.where(buried, np.inf, self.errors * self.lag)

    @property
    def covariance(self) -> np.ndarray:
        """(k, k)."""
        return (GROUPS - 1) / GROUPS * self.deviations.T @ self.deviations

    @property
    def errors(self) -> np.ndarray:
        """(k,)."""
        return np.sqrt(np.diag(self.covariance))


def estimates(sums: Correlations, k: int, lags: Sequence[float], reversible: bool, cutoff: float) -> list[Estimate]:
    """One Estimate a lag."""
    return [_estimate(now, end, later, k, lag, reversible, cutoff, 3 * float(np.sqrt(sums.size / pairs)))
            for now, end, later, lag, pairs in zip(sums.now, sums.end, sums.later, lags, sums.pairs, strict=True)]


def _estimate(now: np.ndarray, end: np.ndarray, later: np.ndarray, k: int, lag: float, reversible: bool,
              cutoff: float, floor: float) -> Estimate:
    if reversible:
        now, later = (now + end) / 2, (later + np.conj(np.swapaxes(later, 1, 2))) / 2
    total_now, total_later = now.sum(axis=0), later.sum(axis=0)
    frame, dropped = _frame(total_now, cutoff)
    most = len(total_now) - dropped - 1
    if most < 1:
        checks.fail("basis", "must hold functions that vary over the ensemble", "none besides the constant")
    checks.integer("k", k, most=most, remedy=f"The basis leaves {most} functions besides the constant: use a larger one.")
    whole = _eigenvalues(total_now, total_later, frame, reversible)
    others = [_eigenvalues(total_now - a, total_later - b, frame, reversible) for a, b in zip(now, later, strict=True)]
    rates = _rates(whole, lag, reversible)[:k]
    left_out = np.array([_rates(values, lag, reversible)[:k] for values in others])
    frequencies, spread = np.angle(whole[:k]) / lag, np.zeros(k)
    if not reversible:
        turned = np.array([np.angle(_nearest(values, whole[:k])) for values in others]) / lag
        spread = np.sqrt((GROUPS - 1) * np.mean((turned - turned.mean(axis=0)) ** 2, axis=0))
    return Estimate(lag, rates, left_out - left_out.mean(axis=0), (GROUPS - 1) * (left_out.mean(axis=0) - rates),
                    np.zeros(k) if reversible else frequencies, spread, dropped, floor)


def _frame(now: np.ndarray, cutoff: float) -> tuple[np.ndarray | None, int]:
    """None where every direction is kept; else the directions of C(0), at unit diagonal, whose singular values are large enough.

    The singular values of the functions are the roots of the eigenvalues of C(0).
    """
    size = np.sqrt(np.maximum(np.diag(now).real, np.finfo(float).tiny))
    values, vectors = np.linalg.eigh(now / np.outer(size, size))
    kept = values > cutoff**2 * values[-1]
    dropped = int(np.count_nonzero(~kept))
    return (None if dropped == 0 else vectors[:, kept] / size[:, None] / np.sqrt(values[kept])), dropped


def _eigenvalues(now: np.ndarray, later: np.ndarray, frame: np.ndarray | None, reversible: bool) -> np.ndarray:
    """λ without that of the constant: |λ| descending (λ descending if reversible), Im λ > 0 first in a pair."""
    if frame is not None:
        now, later = (frame.conj().T @ matrix @ frame for matrix in (now, later))
    values = eigh(later, now, eigvals_only=True) if reversible else np.linalg.eigvals(np.linalg.solve(now, later))
    values = np.delete(values, np.argmin(np.abs(values - 1)))
    if reversible:
        return values[::-1]
    values = values[np.argsort(-np.abs(values), kind="stable")]
    if np.iscomplexobj(values):
        values.imag[np.abs(values.imag) < 1e-12 * np.abs(values)] = 0           # a real eigenvalue of complex matrices
    for i in range(len(values) - 1):
        a, b = values[i:i + 2]
        if a.imag < 0 < b.imag and abs(a - np.conj(b)) < 1e-9 * abs(a):
            values[i], values[i + 1] = b, a
    return values


def _rates(values: np.ndarray, lag: float, reversible: bool) -> np.ndarray:
    if not reversible:
        return -np.log(np.sort(np.abs(values))[::-1]) / lag
    return np.array([-np.log(value) / lag if value > 0 else np.nan for value in values])


def _nearest(values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value nearest to each wanted one."""
    return values[np.argmin(np.abs(values[:, None] - wanted), axis=0)]
