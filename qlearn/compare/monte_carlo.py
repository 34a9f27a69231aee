"""Tests whose p-value is found by drawing from the null: Wasserstein and energy distances in 1-D; the power of Kuiper's."""

from functools import partial

import numpy as np

from qlearn import checks
from qlearn.compare.line_cells import cells_of_law, cells_of_points
from qlearn.compare.p_values import kuiper_p
from qlearn.densities import GridDensity

__all__ = ["drawn_test", "draws_for", "exchanged_test", "few_points_test", "kuiper_power"]

_CHUNK = 1000           # draws at a time
_MOST_DRAWS = 19_999
_POWER_CELLS = 4096


def draws_for(family: int, level: float, needed: bool = True) -> int:
    """How many null samples: 999, or as many as let the smallest p of a family of tests reach half the level (Holm).

    Where that are more than 19 999 the level is refused if a test of the family draws (``needed``).
    """
    draws = max(999, int(min(np.ceil(2 * family / level), 1e9)) - 1)
    if not needed:
        return min(draws, _MOST_DRAWS)
    if draws > _MOST_DRAWS:
        checks.fail("level", f"must be at least {2 * family / (_MOST_DRAWS + 1):.2g} for {family} tests that draw their null, "
                    f"since at most {_MOST_DRAWS} samples are drawn", f"{level:g}", "Use ks, kuiper or chi2, or fewer tests.")
    return draws


def drawn_test(samples: np.ndarray, density: GridDensity, ring: bool, rng: np.random.Generator, draws: int,
               kind: str) -> tuple[float, float, float]:
    """Wasserstein's or the energy distance of points (n,) from a law in 1-D, its floor, and p by drawing perfect samples.

    All points enter; they and the perfect samples are counted in the same cells (see ``LineCells``).
    """
    cells, masses = cells_of_law(density, ring)
    n, distance = len(samples), partial(cells.distance, kind)
    null = [distance(rng.multinomial(n, masses, size=size) / n - masses) for size in _chunks(draws)]
    return _against_draws(float(distance(cells.counts(samples)[None] / n - masses)[0]), np.concatenate(null))


def exchanged_test(a: np.ndarray, b: np.ndarray, period: float | None, rng: np.random.Generator, draws: int,
                   kind: str) -> tuple[float, float, float]:
    """The same between two samples, and "ks" and "kuiper" of small ones; the null is drawn by exchanging their points."""
    cells = cells_of_points(np.concatenate([a, b]), period)
    distance = partial(cells.distance, kind)
    first = cells.counts(a)
    both = first + cells.counts(b)

    def excess(drawn: np.ndarray) -> np.ndarray:
        return drawn / len(a) - (both - drawn) / len(b)

    null = [distance(excess(rng.multivariate_hypergeometric(both, len(a), size=size, method="marginals")))
            for size in _chunks(draws)]
    return _against_draws(float(distance(excess(first[None]))[0]), np.concatenate(null))


def few_points_test(distance: float, n: int, rng: np.random.Generator, draws: int, kind: str) -> tuple[float, float, float]:
    """"ks" or "kuiper" of a few points against a law: the distance, its floor and p by drawing n uniform points."""
    u = np.sort(rng.random((draws, n)), axis=1)
    above, below = np.max(np.arange(1, n + 1) / n - u, axis=1), np.max(u - np.arange(n) / n, axis=1)
    return _against_draws(distance, np.maximum(above, below) if kind == "ks" else above + below)


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


def _chunks(draws: int) -> list[int]:
    return [min(_CHUNK, draws - first) for first in range(0, draws, _CHUNK)]


def _against_draws(data: float, null: np.ndarray) -> tuple[float, float, float]:
    """The distance, the null's median, and p = (1 + #{null ≥ data})/(1 + draws)."""
    p = (1 + np.count_nonzero(null >= data * (1 - 1e-12))) / (1 + len(null))
    return data, float(np.median(null)), float(p)
