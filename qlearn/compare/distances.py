"""Distances between a sample and a law, or between two samples, in one dimension."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity

__all__ = ["cumulative", "ks_distance", "kuiper_distance", "two_sample_ks", "two_sample_kuiper"]


def ks_distance(samples: Any, density: GridDensity, *, ring: bool = True) -> float:
    """Kolmogorov–Smirnov D = max|F_n − F|.  On a ring F starts at the grid's lower bound, and D depends on that cut.

    samples (n,), any turn of the ring; with ring=False points outside the grid count as beyond all probability.
    """
    above, below = _excesses(cumulative(samples, density, ring))
    return max(above, below)


def kuiper_distance(samples: Any, density: GridDensity, *, ring: bool = True) -> float:
    """Kuiper V = max(F_n − F) + max(F − F_n), the same for every origin of a ring.

    Examples
    --------
    >>> from qlearn.grids import Grid
    >>> uniform = GridDensity(Grid(4, [(0, 1)]), np.ones(4))
    >>> round(kuiper_distance([0.1, 0.3], uniform), 12), round(kuiper_distance([0.6, 1.8], uniform), 12)
    (0.8, 0.8)
    """
    above, below = _excesses(cumulative(samples, density, ring))
    return above + below


def two_sample_ks(a: np.ndarray, b: np.ndarray) -> float:
    """max|F_a − F_b| of two samples (n,), (m,)."""
    difference = _difference(a, b)
    return float(np.max(np.abs(difference)))


def two_sample_kuiper(a: np.ndarray, b: np.ndarray) -> float:
    """max(F_a − F_b) + max(F_b − F_a) of two samples (n,), (m,) on one turn of a ring, or on a line."""
    difference = _difference(a, b)
    return float(max(difference.max(), 0) - min(difference.min(), 0))


def cumulative(samples: Any, density: GridDensity, ring: bool) -> np.ndarray:
    """F at the samples, in [0, 1]: modulo 1 on a ring, clipped on a line."""
    q = checks.finite_array("samples", samples, shape=(None,))
    if q.size == 0:
        checks.fail("samples", "must hold at least one point", "none")
    u = density.cdf(q)
    return u - np.floor(u) if ring else np.clip(u, 0.0, 1.0)


def _excesses(u: np.ndarray) -> tuple[float, float]:
    """max(F_n − F) and max(F − F_n)."""
    u = np.sort(u)
    steps = np.arange(len(u) + 1) / len(u)
    return float(np.max(steps[1:] - u)), float(np.max(u - steps[:-1]))


def _difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """F_a − F_b just after every point of either sample."""
    points = np.concatenate([a, b])
    order = np.argsort(points, kind="stable")
    weight = np.concatenate([np.full(len(a), 1 / len(a)), np.full(len(b), -1 / len(b))])[order]
    running = np.cumsum(weight)
    last = np.append(np.diff(points[order]) > 0, True)          # ties are passed together
    return running[last]
