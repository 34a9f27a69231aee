"""Tests whose p-value is found by drawing from the null: Wasserstein and energy distances in 1-D, few points."""

from functools import partial

import numpy as np

from qlearn import checks
from qlearn.compare.line_cells import cells_of_law, cells_of_points
from qlearn.densities import GridDensity

__all__ = ["drawn_test", "draws_for", "exchanged_test", "few_points_test"]

_CHUNK = 1000           # draws at a time
_MOST_DRAWS = 19_999


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


def _chunks(draws: int) -> list[int]:
    return [min(_CHUNK, draws - first) for first in range(0, draws, _CHUNK)]


def _against_draws(data: float, null: np.ndarray) -> tuple[float, float, float]:
    """The distance, the null's median, and p = (1 + #{null ≥ data})/(1 + draws)."""
    p = (1 + np.count_nonzero(null >= data * (1 - 1e-12))) / (1 + len(null))
    return data, float(np.median(null)), float(p)
