"""Running moments of gradients: the inner operations of covariant gradient descent, each one step.

Each takes the weight a of the newest gradient.  With a = 1 − β the averages start at 0 and are biased towards it; with
a_t = (1 − β)/(1 − β^t) they are the averages divided by 1 − β^t, that is without that bias.
"""

import numpy as np

__all__ = ["averaged", "covariance", "newest_weight", "squared"]


def newest_weight(beta: float, step: int, corrected: bool) -> float:
    """The weight of the newest of ``step`` values, step ≥ 1."""
    return (1 - beta) / (1 - beta**step) if corrected else 1 - beta


def averaged(mean: np.ndarray, value: np.ndarray, weight: float) -> np.ndarray:
    """(1 − a)·mean + a·value."""
    return mean + weight * (value - mean)


def squared(gradient: np.ndarray, full: bool) -> np.ndarray:
    """h h elementwise, or the matrix h hᵀ."""
    return np.outer(gradient, gradient) if full else gradient * gradient


def covariance(spread: np.ndarray, mean: np.ndarray, gradient: np.ndarray, weight: float, full: bool) -> np.ndarray:
    """⟨h²⟩ − ⟨h⟩² after one more gradient, without subtracting squares: (1 − a)(spread + a (h − mean)²), mean the old one."""
    return (1 - weight) * (spread + weight * squared(gradient - mean, full))
