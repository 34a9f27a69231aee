"""The table of distance tests: each takes positions and a reference, and gives a distance, its floor and its p-value."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qlearn.compare.chi_square import cells_of, cells_of_two, chi2_test, chi2_two_samples
from qlearn.compare.distances import ks_distance, kuiper_distance, two_sample_ks, two_sample_kuiper
from qlearn.compare.monte_carlo import energy_test, wasserstein_test, wasserstein_two_samples
from qlearn.compare.p_values import ks_floor, ks_p, kuiper_floor, kuiper_p
from qlearn.densities import GridDensity
from qlearn.errors import UnsupportedError

__all__ = ["TESTS", "Outcome", "Sample"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Positions (n, d); ring coordinates lie in [0, period)."""

    points: np.ndarray
    periods: tuple[float | None, ...]

    @property
    def rings(self) -> tuple[bool, ...]:
        return tuple(period is not None for period in self.periods)


@dataclass(frozen=True, eq=False)
class Outcome:
    """A distance, the median distance of a perfect sample (floor), a p-value, and what the reader must know."""

    distance: float
    floor: float
    p_value: float
    note: str = ""


Reference = GridDensity | Sample


def _ks(sample: Sample, reference: Reference, rng: np.random.Generator, draws: int) -> Outcome:
    q, ring = _line(sample, "ks")
    if isinstance(reference, Sample):
        n, d = _effective(sample, reference), two_sample_ks(q, reference.points[:, 0])
        note = "ring cut at q = 0" if ring else ""
    else:
        n, d = len(q), ks_distance(q, reference, ring=ring)
        note = f"ring cut at q = {reference.grid.bounds[0][0]:g}" if ring else ""
    return Outcome(d, ks_floor(n), float(ks_p(d, n)), note)


def _kuiper(sample: Sample, reference: Reference, rng: np.random.Generator, draws: int) -> Outcome:
    q, ring = _line(sample, "kuiper")
    if isinstance(reference, Sample):
        n, v = _effective(sample, reference), two_sample_kuiper(q, reference.points[:, 0])
    else:
        n, v = len(q), kuiper_distance(q, reference, ring=ring)
    return Outcome(v, kuiper_floor(n), float(kuiper_p(v, n)))


def _chi2(sample: Sample, reference: Reference, rng: np.random.Generator, draws: int) -> Outcome:
    if isinstance(reference, Sample):
        return Outcome(*chi2_two_samples(*cells_of_two(sample.points, reference.points)), "√(χ²/n)")
    counts, masses = cells_of(sample.points, reference, sample.rings)
    return Outcome(*chi2_test(counts, masses, len(sample.points)), "√(χ²/n)")


def _wasserstein(sample: Sample, reference: Reference, rng: np.random.Generator, draws: int) -> Outcome:
    q, ring = _line(sample, "wasserstein")
    if isinstance(reference, Sample):
        result = wasserstein_two_samples(q, reference.points[:, 0], sample.periods[0], rng, draws)
    else:
        result = wasserstein_test(q, reference, ring, rng, draws)
    return Outcome(*result, f"{draws} draws")


def _energy(sample: Sample, reference: Reference, rng: np.random.Generator, draws: int) -> Outcome:
    if isinstance(reference, Sample):
        other = reference.points
    else:
        other = reference.sample(min(len(sample.points), 1000), rng).reshape(-1, sample.points.shape[1])
    distance, floor, p, used = energy_test(sample.points, other, sample.periods, rng, draws)
    return Outcome(distance, floor, p, f"{used} learners, {draws} permutations")


TESTS: dict[str, Callable[[Sample, Reference, np.random.Generator, int], Outcome]] = {
    "ks": _ks,
    "kuiper": _kuiper,
    "chi2": _chi2,
    "energy": _energy,
    "wasserstein": _wasserstein,
}


def _line(sample: Sample, test: str) -> tuple[np.ndarray, bool]:
    if sample.points.shape[1] != 1:
        raise UnsupportedError(f"the {test!r} distance needs one coordinate; the ensemble has {sample.points.shape[1]}. "
                               "Use tests=('chi2', 'energy').")
    return sample.points[:, 0], sample.rings[0]


def _effective(a: Sample, b: Sample) -> float:
    n, m = len(a.points), len(b.points)
    return n * m / (n + m)
