"""Pearson's χ² on cells fixed by the reference alone."""

import numpy as np
from scipy.special import chdtri

from qlearn import checks
from qlearn.compare.distances import cumulative
from qlearn.compare.p_values import chi2_p
from qlearn.densities import GridDensity

__all__ = ["cells_of", "cells_of_two", "chi2_test", "chi2_two_samples", "joined", "pooled"]

_LEAST_EXPECTED = 10.0      # learners in a cell


def chi2_test(cells: np.ndarray, masses: np.ndarray, n: int) -> tuple[float, float, float]:
    """w = √(χ²/n) of counts against cell masses, its floor, and p with (cells − 1) degrees of freedom.

    Cells expected to hold fewer than 10 learners are pooled into one, before the counts are looked at.
    """
    counts, expected = pooled(cells, n * masses)
    return _outcome(float(np.sum((counts - expected)**2 / expected)), len(counts) - 1, n)


def pooled(counts: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and expectations with the cells that expect fewer than 10 in one; at least one cell is left."""
    large = expected >= _LEAST_EXPECTED
    if not large.any():
        return counts.sum(keepdims=True), expected.sum(keepdims=True)
    counts = np.append(counts[large], counts[~large].sum())
    expected = np.append(expected[large], max(expected[~large].sum(), 0.0))
    if expected[-1] < _LEAST_EXPECTED:                  # the pool joins the smallest of the others
        smallest = int(np.argmin(expected[:-1]))
        counts[smallest] += counts[-1]
        expected[smallest] += expected[-1]
        counts, expected = counts[:-1], expected[:-1]
    return counts, expected


def chi2_two_samples(first: np.ndarray, second: np.ndarray) -> tuple[float, float, float]:
    """The same for two samples' counts in cells chosen from both together: χ² of homogeneity.

    Cells expected to hold fewer than 5 points of the smaller sample are pooled into one.
    """
    n, m = first.sum(), second.sum()
    both = first + second
    small = both * (min(n, m) / (n + m)) < _LEAST_EXPECTED / 2
    first, both = (np.append(counts[~small], counts[small].sum()) for counts in (first, both))
    keep = both > 0
    first, both = first[keep], both[keep]
    difference = np.sqrt(m / n) * first - np.sqrt(n / m) * (both - first)
    return _outcome(float(np.sum(difference**2 / both)), len(both) - 1 if min(n, m) >= 2 * _LEAST_EXPECTED else 0,
                    n * m / (n + m))


def cells_of(samples: np.ndarray, density: GridDensity, ring: tuple[bool, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Counts and exact masses of about 2 n^0.4 cells (Mann and Wald 1942), fewer where they would hold less than ten
    learners: in 1-D equally likely ones, else boxes."""
    wanted = _wanted(len(samples))
    if density.grid.ndim == 1:
        u = cumulative(samples[:, 0], density, ring[0])
        return np.bincount(np.minimum((u * wanted).astype(int), wanted - 1), minlength=wanted), np.full(wanted, 1 / wanted)
    grid, index = density.grid, []
    for axis, (a, _) in enumerate(grid.bounds):
        cell = np.floor((samples[:, axis] - a) / grid.spacing[axis] + 0.5).astype(np.int64)
        index.append(cell % grid.shape[axis] if ring[axis] else np.clip(cell, 0, grid.shape[axis] - 1))
    counts = np.bincount(np.ravel_multi_index(index, grid.shape), minlength=density.values.size).reshape(grid.shape)
    masses = density.cell_masses()
    return joined(counts, masses, len(samples))


def joined(counts: np.ndarray, masses: np.ndarray, n: float) -> tuple[np.ndarray, np.ndarray]:
    """Cells of a grid joined two by two, by the masses alone, until about 2 n^0.4 are left with at least 10 of n expected."""
    wanted = _wanted(n)
    while _too_fine(n * masses, wanted):
        axis = int(np.argmax(counts.shape))
        pairs = np.arange(0, counts.shape[axis], 2)
        counts, masses = np.add.reduceat(counts, pairs, axis=axis), np.add.reduceat(masses, pairs, axis=axis)
    return counts.ravel(), masses.ravel()


def _wanted(n: float) -> int:
    return max(2, min(int(2 * n**0.4), int(n / _LEAST_EXPECTED)))


def cells_of_two(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of two samples (n, d), (m, d) in boxes between quantiles of both together, about 2 n_e^0.4 of them,
    fewer where they would hold less than ten points of the smaller sample."""
    fewest = min(len(a), len(b)) / _LEAST_EXPECTED
    each = max(2, int(min(2 * (len(a) * len(b) / (len(a) + len(b)))**0.4, fewest)**(1 / a.shape[1])))
    both = np.vstack([a, b])
    flat = np.zeros(len(both), dtype=np.int64)
    for q in both.T:
        inner = np.quantile(q, np.arange(1, each) / each)
        flat = flat * each + np.searchsorted(inner, q, side="right")
    size = each**a.shape[1]
    return np.bincount(flat[:len(a)], minlength=size), np.bincount(flat[len(a):], minlength=size)


def _too_fine(expected: np.ndarray, wanted: int) -> bool:
    """More cells than wanted, or more than a tenth of the learners in cells too small to count."""
    small = expected < _LEAST_EXPECTED
    lost = expected[small].sum() > 0.1 * expected.sum()
    return max(expected.shape) > 2 and bool(lost or np.count_nonzero(~small) > wanted)


def _outcome(statistic: float, degrees: int, n: float) -> tuple[float, float, float]:
    if degrees < 1:
        checks.fail("ensemble", f"must have enough learners for two cells of {_LEAST_EXPECTED:g} for chi2", f"{n:g}")
    return float(np.sqrt(statistic / n)), float(np.sqrt(chdtri(degrees, 0.5) / n)), float(chi2_p(statistic, degrees))
