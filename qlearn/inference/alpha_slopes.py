"""Slopes between logarithms that are both measured with noise: two halves of the samples as instruments of each other."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.special import stdtrit

__all__ = ["Slopes", "centred", "checkpoint_jackknife", "jackknife", "slopes", "studentised", "widening"]

_CHUNK = 1 << 21        # weights drawn at once


@final
@dataclass(frozen=True, eq=False)
class Slopes:
    """For each row of weights: ``value`` of the slope, its sandwich ``error``, and the covariance ``spread`` of x₁ with x₂."""

    value: np.ndarray
    error: np.ndarray
    spread: np.ndarray


def centred(logarithms: np.ndarray) -> np.ndarray:
    """Minus the mean over the parameters, checkpoint by checkpoint: only differences between parameters count. (K, P)."""
    return logarithms - logarithms.mean(axis=1, keepdims=True)


def slopes(y: np.ndarray, x1: np.ndarray, x2: np.ndarray, weights: np.ndarray, clusters: np.ndarray) -> Slopes:
    """Σ_k cov(y, (x₁ + x₂)/2) / Σ_k cov(x₁, x₂) with each row of weights (r, C) on the clusters; y, x₁, x₂ (K, P).

    The noise of x₁ and that of x₂ are independent, so neither biases the slope. ``clusters`` (P,) 0 … C − 1 tells which
    parameters belong together; what a cluster adds at all checkpoints is one term of the sandwich.
    """
    return _weighted(_cluster_sums(y, x1, x2, clusters), weights)


def jackknife(y: np.ndarray, x1: np.ndarray, x2: np.ndarray, clusters: np.ndarray) -> float:
    """Standard error by leaving out one cluster at a time, at all checkpoints."""
    sums = _cluster_sums(y, x1, x2, clusters)
    count = sums.sizes.size
    values = _fit(_Sums(sums.sizes.sum() - sums.sizes, sums.parts.sum(axis=2, keepdims=True) - sums.parts)).value
    return float(np.sqrt((count - 1) / count * np.sum((values - values.mean()) ** 2)))


@final
@dataclass(frozen=True, eq=False)
class _Sums:
    """Parameters (r,), and Σ of y, x₁, x₂, y(x₁ + x₂)/2 and x₁x₂ over them, (5, K, r), of each of r sets."""

    sizes: np.ndarray
    parts: np.ndarray


@final
@dataclass(frozen=True, eq=False)
class _Fit:
    """The slope and its denominator (r,), means of y, x₁, x₂ (3, K, r)."""

    value: np.ndarray
    lower: np.ndarray
    means: np.ndarray


def _cluster_sums(y: np.ndarray, x1: np.ndarray, x2: np.ndarray, clusters: np.ndarray) -> _Sums:
    """All that slopes need of the parameters: memory K·C, whatever is resampled."""
    count = int(clusters.max()) + 1
    parts = [[np.bincount(clusters, row, count) for row in z] for z in (y, x1, x2, y * (x1 + x2) / 2, x1 * x2)]
    return _Sums(np.bincount(clusters, minlength=count).astype(float), np.array(parts))


def _fit(sums: _Sums) -> _Fit:
    means = sums.parts[:3] / sums.sizes
    y, x1, x2 = means
    upper = (sums.parts[3] - sums.sizes * y * (x1 + x2) / 2).sum(axis=0)
    lower = (sums.parts[4] - sums.sizes * x1 * x2).sum(axis=0)
    return _Fit(upper / lower, lower, means)


def _weighted(sums: _Sums, weights: np.ndarray) -> Slopes:
    fit = _fit(_Sums(weights @ sums.sizes, np.swapaxes(weights @ np.swapaxes(sums.parts, 1, 2), 1, 2)))
    (y, x1, x2), (sum_y, sum_1, sum_2, sum_yx, sum_xx) = fit.means, sums.parts
    x, sum_x = (x1 + x2) / 2, (sum_1 + sum_2) / 2
    above = sum_yx.sum(axis=0) - y.T @ sum_x - x.T @ sum_y + np.multiply.outer((y * x).sum(axis=0), sums.sizes)
    below = sum_xx.sum(axis=0) - x1.T @ sum_2 - x2.T @ sum_1 + np.multiply.outer((x1 * x2).sum(axis=0), sums.sizes)
    influence = above - fit.value[:, None] * below                              # of each cluster, at all checkpoints
    error = np.sqrt(np.sum(weights * influence**2, axis=1)) / np.abs(fit.lower)
    return Slopes(fit.value, error, fit.lower / (weights @ sums.sizes))


def checkpoint_jackknife(y: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> float:
    """Standard error by leaving out one checkpoint at a time: what all parameters of a checkpoint share. 0 for one checkpoint."""
    count = len(y)
    if count < 2:
        return 0.0
    upper, lower = np.sum(y * (x1 + x2) / 2, axis=1), np.sum(x1 * x2, axis=1)
    values = (upper.sum() - upper) / (lower.sum() - lower)
    return float(np.sqrt((count - 1) / count * np.sum((values - values.mean()) ** 2)))


def widening(own: float, shared: float, among_clusters: int, among_checkpoints: int, level: float) -> float:
    """How much wider an interval over clusters gets with the error of checkpoints: √(own² + shared²)/own, and Student's quantile
    at the degrees of freedom of the sum over that of the clusters alone.

        ν = (own² + shared²)² / (own⁴/(C − 1) + shared⁴/(K − 1))            Satterthwaite, Biometrics Bull. 2 (1946) 110

    >>> widening(1.0, 0.0, 99, 0, 0.95), round(widening(0.01, 1.0, 99, 3, 0.95) / 100, 2)       # t₃/t₉₉ = 3.18/1.98
    (1.0, 1.6)
    """
    if own == 0 or shared == 0:
        return 1.0
    total = own**2 + shared**2
    freedom = total**2 / (own**4 / among_clusters + shared**4 / among_checkpoints)
    quantiles = stdtrit([freedom, among_clusters], (1 + level) / 2)
    return float(np.sqrt(total) / own * quantiles[0] / quantiles[1])


def studentised(y: np.ndarray, x1: np.ndarray, x2: np.ndarray, clusters: np.ndarray, *, level: float, resamples: int,
                rng: np.random.Generator) -> tuple[float, float, int]:
    """Interval of the slope by the studentised bootstrap over clusters, and how many resamples had no spread in x."""
    sums = _cluster_sums(y, x1, x2, clusters)
    count = sums.sizes.size
    whole = _weighted(sums, np.ones((1, count)))
    drawn = _resampled(sums, resamples, rng)
    usable = (drawn.spread > 0) & (drawn.error > 0)
    if whole.error[0] == 0:                         # y is the same for all parameters, as with a constant metric
        return float(whole.value[0]), float(whole.value[0]), 0
    t = (drawn.value[usable] - whole.value) / drawn.error[usable]
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    return (float(whole.value[0] - high * whole.error[0]), float(whole.value[0] - low * whole.error[0]),
            int(resamples - usable.sum()))


def _resampled(sums: _Sums, resamples: int, rng: np.random.Generator) -> Slopes:
    """Clusters drawn with replacement, as many as there are; some rows at a time, for memory."""
    count = sums.sizes.size
    rows = max(1, _CHUNK // count)
    parts = [_weighted(sums, rng.multinomial(count, np.full(count, 1 / count), size=min(rows, resamples - begin)).astype(float))
             for begin in range(0, resamples, rows)]
    return Slopes(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("value", "error", "spread")))
