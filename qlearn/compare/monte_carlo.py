"""Tests whose p-value is found by drawing from the null: Wasserstein and energy distances, and the power of Kuiper's."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.compare.p_values import kuiper_p
from qlearn.densities import GridDensity

__all__ = ["draws_for", "energy_test", "kuiper_power", "wasserstein_test", "wasserstein_two_samples"]

_CELLS = 512            # of a line or ring, on which counts are drawn
_CHUNK = 1000           # draws at a time
_ENERGY_POINTS = 1000   # of each sample, at most: the distance needs all pairs
_POWER_CELLS = 4096


def draws_for(family: int, level: float) -> int:
    """How many null samples: 999, or as many as let the smallest p of a family of tests reach half the level (Holm)."""
    return max(999, int(np.ceil(2 * family / level)) - 1)


def wasserstein_test(samples: np.ndarray, density: GridDensity, ring: bool, rng: np.random.Generator,
                     draws: int) -> tuple[float, float, float]:
    """Distance W₁ = ∫|F_n − F| dq (on a ring min_c ∫|F_n − F − c| dq), its floor, and its p-value.

    The data and the perfect samples drawn are binned alike in 512 cells, so that the p-value is exact whatever the
    binning does to the distance (it moves W₁ by about the width of a cell over √n).
    """
    a, length = density.grid.bounds[0][0], float(density.grid.lengths[0])
    edges = a + length * np.arange(_CELLS + 1) / _CELLS
    law = np.diff(density.cdf(edges))
    place = np.floor((samples - a) * (_CELLS / length)).astype(np.int64)
    place = place % _CELLS if ring else np.clip(place, 0, _CELLS - 1)
    chances, n = _probabilities(law), len(samples)

    def distance(counts: np.ndarray) -> np.ndarray:
        return length * _transport(counts / n - law, ring)

    null = [distance(rng.multinomial(n, chances, size=size)) for size in _chunks(draws)]
    return _against_draws(float(distance(np.bincount(place, minlength=_CELLS)[None])[0]), np.concatenate(null))


def wasserstein_two_samples(a: np.ndarray, b: np.ndarray, period: float | None, rng: np.random.Generator,
                            draws: int) -> tuple[float, float, float]:
    """The same between two samples; the null is drawn by exchanging their points (on 512 cells)."""
    both = np.concatenate([a, b])
    low = 0.0 if period is not None else float(both.min())
    length = period if period is not None else float(np.ptp(both)) * (1 + 1e-12) or 1.0
    cell = np.minimum(((np.mod(both - low, length) if period else both - low) * (_CELLS / length)).astype(int), _CELLS - 1)
    counts = np.bincount(cell, minlength=_CELLS)

    def distance(first: np.ndarray) -> np.ndarray:
        return length * _transport(first / len(a) - (counts - first) / len(b), period is not None)

    null = [distance(rng.multivariate_hypergeometric(counts, len(a), size=size, method="marginals"))
            for size in _chunks(draws)]
    return _against_draws(float(distance(np.bincount(cell[:len(a)], minlength=_CELLS)[None])[0]), np.concatenate(null))


def energy_test(a: np.ndarray, b: np.ndarray, periods: tuple[float | None, ...], rng: np.random.Generator,
                draws: int) -> tuple[float, float, float, int]:
    """Energy distance √(2E|X − Y| − E|X − X'| − E|Y − Y'|) of two samples (n, d), (m, d), its floor, p and points used.

    A ring coordinate enters as (cos, sin)·L/2π, so that the distance does not know where the ring is cut.  At most 1000
    points of each sample, chosen at random, are used; p by permutations.

    Source: Székely and Rizzo, J. Stat. Plan. Inference 143 (2013) 1249.
    """
    first, second = (_embed(_some(sample, rng), periods) for sample in (a, b))
    points, n = np.vstack([first, second]), len(first)
    square = np.sum(points**2, axis=1)
    pairs = np.sqrt(np.maximum(square[:, None] + square - 2 * points @ points.T, 0))
    labels = np.where(np.arange(len(points)) < n, 1 / n, -1 / len(second))

    def distance(weights: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(-np.sum(weights * (weights @ pairs), axis=1), 0))

    null = [distance(rng.permuted(np.broadcast_to(labels, (size, len(labels))), axis=1)) for size in _chunks(draws)]
    return (*_against_draws(float(distance(labels[None])[0]), np.concatenate(null)), n)


def kuiper_power(truth: GridDensity, reference: GridDensity, n: int, *, level: float, trials: int, seed: int) -> float:
    """Share of perfect samples of n points from ``truth`` that Kuiper's test against ``reference`` rejects at the level.

    Counts in 4096 cells are drawn, not points; V is then taken at the cells' edges, which lowers it by about 1 % of its
    floor.  The standard error of the answer is √(power (1 − power)/trials).

    Examples
    --------
    >>> from qlearn.grids import Grid
    >>> ring = Grid(64, [(0, 2 * np.pi)])
    >>> flat, bent = (GridDensity(ring, (1 + a * np.cos(ring.axes[0])) / (2 * np.pi)) for a in (0.0, 0.1))
    >>> kuiper_power(bent, flat, 10000, level=0.01, trials=50, seed=0)
    1.0
    """
    n, trials = checks.integer("n", n, least=1), checks.integer("trials", trials, least=1)
    level = checks.real("level", level, above=0, most=1)
    if truth.grid.bounds != reference.grid.bounds:
        checks.fail("reference", "must live between the bounds of truth", f"{reference.grid.bounds}")
    low, length = reference.grid.bounds[0][0], float(reference.grid.lengths[0])
    edges = low + length * np.arange(_POWER_CELLS + 1) / _POWER_CELLS
    drawn = np.random.default_rng(seed).multinomial(n, _probabilities(np.diff(truth.cdf(edges))), size=trials)
    excess = np.cumsum(drawn, axis=1) / n - reference.cdf(edges[1:])
    v = np.maximum(excess.max(axis=1), 0) - np.minimum(excess.min(axis=1), 0)
    return float(np.mean(kuiper_p(v, n) < level))


def _probabilities(masses: np.ndarray) -> np.ndarray:
    """Cell masses without the ringing below zero that the density allows itself."""
    masses = np.maximum(masses, 0)
    return masses / masses.sum()


def _transport(masses: np.ndarray, ring: bool) -> np.ndarray:
    """∫|F| of mass differences (draws, cells) on the unit interval; on a ring less its median, the cheapest shift."""
    running = np.cumsum(masses, axis=1)
    if ring:
        running -= np.median(running, axis=1, keepdims=True)
    return np.mean(np.abs(running), axis=1)


def _chunks(draws: int) -> list[int]:
    return [min(_CHUNK, draws - first) for first in range(0, draws, _CHUNK)]


def _against_draws(data: float, null: np.ndarray) -> tuple[float, float, float]:
    """The distance, the null's median, and p = (1 + #{null ≥ data})/(1 + draws)."""
    p = (1 + np.count_nonzero(null >= data * (1 - 1e-12))) / (1 + len(null))
    return data, float(np.median(null)), float(p)


def _some(sample: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(sample) <= _ENERGY_POINTS:
        return sample
    return sample[rng.choice(len(sample), _ENERGY_POINTS, replace=False)]


def _embed(sample: np.ndarray, periods: tuple[float | None, ...]) -> np.ndarray:
    columns: list[Any] = []
    for q, period in zip(sample.T, periods, strict=True):
        if period is None:
            columns.append(q)
        else:
            angle = 2 * np.pi * q / period
            columns += [period / (2 * np.pi) * np.cos(angle), period / (2 * np.pi) * np.sin(angle)]
    return np.stack(columns, axis=1)
