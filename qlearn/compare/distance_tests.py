"""The table of distance tests: each takes positions and a reference, and gives a distance, its floor and its p-value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn.compare.chi_square import cells_of, cells_of_two, chi2_test, chi2_two_samples
from qlearn.compare.counted import Counts, chi2_of_counts, chi2_of_two_counts, counts_of_points
from qlearn.compare.distances import ks_distance, kuiper_distance, two_sample_ks, two_sample_kuiper
from qlearn.compare.monte_carlo import drawn_test, exchanged_test, few_points_test
from qlearn.compare.p_values import ks_floor, ks_p, kuiper_floor, kuiper_p
from qlearn.compare.slices import sliced_test
from qlearn.densities import GridDensity
from qlearn.errors import UnsupportedError

__all__ = ["DRAWN", "TESTS", "Counts", "Learners", "Outcome", "Reference", "Sample"]

DRAWN = ("energy", "wasserstein")       # tests that draw their null
_MOST_DRAWN = 500_000                   # points from a law in n-D, unless there are more learners
_FEW = 20                               # points (nm/(n + m) of two samples) below which "ks" and "kuiper" are drawn too


@dataclass(frozen=True, eq=False)
class Sample:
    """Positions (n, d); ring coordinates lie in [0, period)."""

    points: np.ndarray
    periods: tuple[float | None, ...]

    @property
    def learners(self) -> int:
        return len(self.points)

    @property
    def rings(self) -> tuple[bool, ...]:
        return tuple(period is not None for period in self.periods)

    def along(self, axis: int) -> "Sample":
        """One coordinate of it."""
        return Sample(self.points[:, axis:axis + 1], self.periods[axis:axis + 1])


@dataclass(frozen=True, eq=False)
class Outcome:
    """A distance, the median distance of a perfect sample (floor), a p-value, and what the reader must know."""

    distance: float
    floor: float
    p_value: float
    note: str = ""


Learners = Sample | Counts
Reference = GridDensity | Sample | Counts


def _ks(sample: Sample, reference: GridDensity | Sample, rng: np.random.Generator, draws: int) -> Outcome:
    q, ring = _line(sample, "ks")
    if isinstance(reference, Sample):
        cut, distance = 0.0, two_sample_ks(q, reference.points[:, 0])
    else:
        cut, distance = reference.grid.bounds[0][0], ks_distance(q, reference, ring=ring)
    return _judged("ks", distance, sample, reference, rng, draws, f"ring cut at q = {cut:g}" if ring else "")


def _kuiper(sample: Sample, reference: GridDensity | Sample, rng: np.random.Generator, draws: int) -> Outcome:
    q, ring = _line(sample, "kuiper")
    if isinstance(reference, Sample):
        distance = two_sample_kuiper(q, reference.points[:, 0])
    else:
        distance = kuiper_distance(q, reference, ring=ring)
    return _judged("kuiper", distance, sample, reference, rng, draws, "")


def _judged(name: str, distance: float, sample: Sample, reference: GridDensity | Sample, rng: np.random.Generator, draws: int,
            note: str) -> Outcome:
    """The p-value of a distance: by its law, or by drawing where the points are too few for that."""
    n = _effective(sample, reference) if isinstance(reference, Sample) else len(sample.points)
    if n >= _FEW:
        p, floor = (ks_p, ks_floor) if name == "ks" else (kuiper_p, kuiper_floor)
        return Outcome(distance, floor(n), float(p(distance, n)), note)
    if isinstance(reference, Sample):
        result = exchanged_test(sample.points[:, 0], reference.points[:, 0], sample.periods[0], rng, draws, name)
    else:
        result = few_points_test(distance, int(n), rng, draws, name)
    return Outcome(*result, ", ".join(words for words in (note, f"{draws} draws") if words))


def _chi2(sample: Learners, reference: Reference, rng: np.random.Generator, draws: int) -> Outcome:
    if isinstance(reference, GridDensity):
        if isinstance(sample, Counts):
            return Outcome(*chi2_of_counts(sample, reference), "√(χ²/n), of streamed counts")
        counts, masses = cells_of(sample.points, reference, sample.rings)
        return Outcome(*chi2_test(counts, masses, len(sample.points)), "√(χ²/n)")
    if isinstance(sample, Sample) and isinstance(reference, Sample):
        return Outcome(*chi2_two_samples(*cells_of_two(sample.points, reference.points)), "√(χ²/n)")
    cells = [one for one in (sample, reference) if isinstance(one, Counts)]
    first, second = (one if isinstance(one, Counts) else counts_of_points(one.points, cells[0]) for one in (sample, reference))
    return Outcome(*chi2_of_two_counts(first, second), "√(χ²/n), of streamed counts")


def _wasserstein(sample: Sample, reference: GridDensity | Sample, rng: np.random.Generator, draws: int) -> Outcome:
    return _drawn(sample, reference, rng, draws, "wasserstein")


def _energy(sample: Sample, reference: GridDensity | Sample, rng: np.random.Generator, draws: int) -> Outcome:
    return _drawn(sample, reference, rng, draws, "energy")


def _drawn(sample: Sample, reference: GridDensity | Sample, rng: np.random.Generator, draws: int, kind: str) -> Outcome:
    """In 1-D against the law itself, or by exchanging points; in n-D slice by slice, against points drawn from the law."""
    line, n = sample.points.shape[1] == 1, len(sample.points)
    if isinstance(reference, Sample):
        other = reference.points
    elif line:
        return Outcome(*drawn_test(sample.points[:, 0], reference, sample.rings[0], rng, draws, kind), f"{draws} draws")
    else:
        other = reference.sample(max(min(4 * n, _MOST_DRAWN), n), rng)
    if line:
        result = exchanged_test(sample.points[:, 0], other[:, 0], sample.periods[0], rng, draws, kind)
        return Outcome(*result, f"{draws} permutations")
    distance, floor, p, used = sliced_test(sample.points, other, sample.periods, rng, draws, kind)
    drawn = "" if isinstance(reference, Sample) else f" against {len(other)} points drawn from the law"
    return Outcome(distance, floor, p, f"{used} learners{drawn}, {draws} permutations")


TESTS: dict[str, Callable[[Any, Any, np.random.Generator, int], Outcome]] = {
    "ks": _ks,
    "kuiper": _kuiper,
    "chi2": _chi2,
    "energy": _energy,
    "wasserstein": _wasserstein,
}


def _line(sample: Sample, test: str) -> tuple[np.ndarray, bool]:
    if sample.points.shape[1] != 1:
        raise UnsupportedError(f"the {test!r} distance needs one coordinate; the ensemble has {sample.points.shape[1]}. "
                               "Use tests=('chi2', 'energy'), or axis= for the coordinates one by one.")
    return sample.points[:, 0], sample.rings[0]


def _effective(a: Sample, b: Sample) -> float:
    n, m = len(a.points), len(b.points)
    return n * m / (n + m)
