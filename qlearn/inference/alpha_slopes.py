"""Slopes between logarithms that are both measured with noise: two halves of the samples as instruments of each other."""

from dataclasses import dataclass
from typing import final

import numpy as np

__all__ = ["Slopes", "centred", "checkpoint_jackknife", "jackknife", "slopes", "studentised"]


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
    each = weights[:, clusters]
    total = each.sum(axis=1)[:, None]
    mean_y, mean_1, mean_2 = (each @ z.T / total for z in (y, x1, x2))
    x = (x1 + x2) / 2
    upper = (each @ (y * x).T - total * mean_y * (mean_1 + mean_2) / 2).sum(axis=1)
    lower = (each @ (x1 * x2).T - total * mean_1 * mean_2).sum(axis=1)
    value = upper / lower
    influence = np.zeros_like(each)
    for k in range(len(y)):
        a, b = x1[k] - mean_1[:, k, None], x2[k] - mean_2[:, k, None]
        influence += (y[k] - mean_y[:, k, None]) * (a + b) / 2 - value[:, None] * a * b
    together = influence @ (clusters[:, None] == np.arange(weights.shape[1])).astype(float)
    return Slopes(value, np.sqrt(np.sum(weights * together**2, axis=1)) / np.abs(lower), lower / total[:, 0])


def jackknife(y: np.ndarray, x1: np.ndarray, x2: np.ndarray, clusters: np.ndarray) -> float:
    """Standard error by leaving out one cluster at a time, at all checkpoints."""
    count = int(clusters.max()) + 1
    values = slopes(y, x1, x2, 1.0 - np.eye(count), clusters).value
    return float(np.sqrt((count - 1) / count * np.sum((values - values.mean()) ** 2)))


def checkpoint_jackknife(y: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> float:
    """Standard error by leaving out one checkpoint at a time: what all parameters of a checkpoint share. 0 for one checkpoint."""
    count = len(y)
    if count < 2:
        return 0.0
    upper, lower = np.sum(y * (x1 + x2) / 2, axis=1), np.sum(x1 * x2, axis=1)
    values = (upper.sum() - upper) / (lower.sum() - lower)
    return float(np.sqrt((count - 1) / count * np.sum((values - values.mean()) ** 2)))


def studentised(y: np.ndarray, x1: np.ndarray, x2: np.ndarray, clusters: np.ndarray, *, level: float, resamples: int,
                rng: np.random.Generator) -> tuple[float, float, int]:
    """Interval of the slope by the studentised bootstrap over clusters, and how many resamples had no spread in x."""
    count = int(clusters.max()) + 1
    whole = slopes(y, x1, x2, np.ones((1, count)), clusters)
    weights = rng.multinomial(count, np.full(count, 1 / count), size=resamples).astype(float)
    drawn = slopes(y, x1, x2, weights, clusters)
    usable = (drawn.spread > 0) & (drawn.error > 0)
    if whole.error[0] == 0:                         # y is the same for all parameters, as with a constant metric
        return float(whole.value[0]), float(whole.value[0]), 0
    t = (drawn.value[usable] - whole.value) / drawn.error[usable]
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2])
    return (float(whole.value[0] - high * whole.error[0]), float(whole.value[0] - low * whole.error[0]),
            int(resamples - usable.sum()))
