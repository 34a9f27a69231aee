"""Learners of which only counts in cells were kept: Pearson's χ² of them, against a law or other learners."""

from dataclasses import dataclass

import numpy as np

from qlearn import checks
from qlearn.compare.chi_square import chi2_test, chi2_two_samples, joined
from qlearn.densities import GridDensity
from qlearn.ensembles.streams import Streamed

__all__ = ["Counts", "chi2_of_counts", "chi2_of_two_counts", "counts_of_points", "masses_between"]


@dataclass(frozen=True, eq=False)
class Counts:
    """Learners ``values`` (m_1, …, m_d) in boxes between ``edges`` (d arrays of m + 1), and how many are in none."""

    values: np.ndarray
    outside: int
    edges: tuple[np.ndarray, ...]
    periods: tuple[float | None, ...]

    @classmethod
    def of(cls, streamed: Streamed, index: int, periods: tuple[float | None, ...]) -> "Counts":
        """The cells around the points of the stream's grid."""
        edges = tuple(np.append(q - h / 2, q[-1] + h / 2) for q, h in zip(streamed.grid.axes, streamed.grid.spacing, strict=True))
        return cls(streamed.counts[index], int(streamed.outside[index]), edges, periods)

    def along(self, axis: int) -> "Counts":
        """Those of one coordinate; ArgumentError where a learner is in no cell, for then it is unknown along which axis."""
        if self.outside and self.values.ndim > 1:
            checks.fail("axis", "must be left out where streamed learners are in no cell", f"{self.outside} of {self.learners}",
                        "Compare all coordinates together, or run again with a wider store=grid.")
        others = tuple(other for other in range(self.values.ndim) if other != axis)
        return Counts(self.values.sum(axis=others), self.outside, self.edges[axis:axis + 1], self.periods[axis:axis + 1])

    @property
    def learners(self) -> int:
        return int(self.values.sum()) + self.outside


def chi2_of_counts(counts: Counts, law: GridDensity) -> tuple[float, float, float]:
    """√(χ²/n), its floor and p; cells are joined two by two by the law alone, and those in no cell make one of their own."""
    masses = masses_between(law, counts.edges, counts.periods)
    cells, expected = joined(counts.values, masses, counts.learners)
    rest = max(1 - float(masses.sum()), 0.0)
    return chi2_test(np.append(cells, counts.outside), np.append(expected, rest), counts.learners)


def chi2_of_two_counts(first: Counts, second: Counts) -> tuple[float, float, float]:
    """The same of two ensembles counted in the same cells."""
    if [len(edge) for edge in first.edges] != [len(edge) for edge in second.edges] \
            or not all(np.allclose(a, b, rtol=0, atol=1e-9 * np.ptp(a)) for a, b in zip(first.edges, second.edges, strict=True)):
        checks.fail("reference", "must be counted in the cells of the ensemble", f"shape {second.values.shape}",
                    "Run both with the same store=grid.")
    both = first.values + second.values
    cells, masses = joined(first.values, both / max(both.sum(), 1), min(first.learners, second.learners))
    together = np.rint(masses * max(both.sum(), 1))
    return chi2_two_samples(np.append(cells, first.outside), np.append(together - cells, second.outside))


def counts_of_points(points: np.ndarray, cells: Counts) -> Counts:
    """Points (n, d) counted in the cells of others."""
    flat, inside = np.zeros(len(points), dtype=np.int64), np.ones(len(points), dtype=bool)
    for q, edge, period in zip(points.T, cells.edges, cells.periods, strict=True):
        q = q if period is None else edge[0] + np.mod(q - edge[0], period)
        place = np.floor((q - edge[0]) / (edge[-1] - edge[0]) * (len(edge) - 1)).astype(np.int64)
        inside &= (place >= 0) & (place < len(edge) - 1)
        flat = flat * (len(edge) - 1) + np.clip(place, 0, len(edge) - 2)
    values = np.bincount(flat[inside], minlength=cells.values.size).reshape(cells.values.shape)
    return Counts(values, int(np.count_nonzero(~inside)), cells.edges, cells.periods)


def masses_between(law: GridDensity, edges: tuple[np.ndarray, ...], periods: tuple[float | None, ...]) -> np.ndarray:
    """Probabilities (m_1, …, m_d) of boxes, exact for the law's interpolant; beyond its grid along a line there is none."""
    masses = np.fft.fftn(law.values) / law.values.size
    for axis, (edge, period, (a, b), n) in enumerate(zip(edges, periods, law.grid.bounds, law.grid.shape, strict=True)):
        k = 2 * np.pi / (b - a) * np.fft.fftfreq(n, 1 / n)
        x = (edge if period is not None else np.clip(edge, a, b)) - a
        waves = np.exp(1j * np.outer(x, k))
        waves[:, 0] = x
        waves[:, 1:] /= 1j * k[1:]
        masses = np.moveaxis(np.tensordot(np.diff(waves, axis=0), masses, axes=(1, axis)), 0, axis)
    return masses.real
