"""Comparison: what was compared, how far apart it was, and the verdict, in numbers and in words."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Comparison", "Rates", "Row", "Verdict"]


@dataclass(frozen=True, eq=False)
class Row:
    """One test: p_value and p_adjusted are None where an equivalence margin decides instead."""

    name: str                       # "kuiper at t = 3", "rate 2"
    test: str
    time: float | None
    n: int | None                   # learners
    distance: float
    floor: float | None             # median distance of a perfect sample of that size
    p_value: float | None
    p_adjusted: float | None
    passed: bool
    note: str = ""


@dataclass(frozen=True, eq=False)
class Rates:
    """Rates (k,): ``reference``, ``value``, their standard errors ``se`` and ``z`` (NaN without a sample), and ``ratio`` =
    reference/value."""

    reference: np.ndarray
    value: np.ndarray
    se: np.ndarray
    z: np.ndarray
    ratio: np.ndarray


@dataclass(frozen=True, eq=False)
class Verdict:
    """Whether the comparison holds, and why, in plain words."""

    passed: bool
    reason: str


@dataclass(frozen=True, eq=False)
class Comparison:
    """The tests one by one, Holm's correction over all of them, and the verdict.

    ``floors`` is the median distance of a perfect sample of the same size, one a row; ``floor`` is that of the row that is
    farthest from its floor.  Print it for a table.
    """

    rows: tuple[Row, ...]
    level: float
    verdict: Verdict
    rates: Rates | None = None
    stats: dict[str, Any] = field(default_factory=dict)

    @property
    def distances(self) -> np.ndarray:
        """(rows,)"""
        return np.array([row.distance for row in self.rows])

    @property
    def p_values(self) -> np.ndarray:
        """(rows,), NaN where there is none."""
        return _numbers([row.p_value for row in self.rows])

    @property
    def p_adjusted(self) -> np.ndarray:
        """Holm's adjusted p-values (rows,): reject where they are below the level; NaN where there is none."""
        return _numbers([row.p_adjusted for row in self.rows])

    @property
    def floors(self) -> np.ndarray:
        """(rows,), NaN where there is none."""
        return _numbers([row.floor for row in self.rows])

    @property
    def floor(self) -> float:
        """The floor of the row whose distance is the largest multiple of its floor."""
        floors = self.floors
        return float(floors[int(np.argmax(self.distances / np.where(floors > 0, floors, np.inf)))])

    def table(self) -> list[dict[str, Any]]:
        """The rows as dictionaries: name, test, time, n, distance, floor, p_value, p_adjusted, passed, note."""
        return [dict(vars(row)) for row in self.rows]

    def plot(self, axes: Any = None) -> Any:
        """Draw the distances with their floors: see qlearn.plots."""
        from qlearn.plots import comparison

        return comparison(self, axes)

    def __str__(self) -> str:
        lines = [f"{'':24}{'distance':>11}{'floor':>11}{'p':>11}{'Holm':>11}"]
        for row in self.rows:
            numbers = "".join(f"{_short(x):>11}" for x in (row.distance, row.floor, row.p_value, row.p_adjusted))
            lines.append(f"{row.name:24}{numbers}  {'' if row.passed else 'REJECTED '}{row.note}".rstrip())
        return "\n".join([*lines, f"{'passed' if self.verdict.passed else 'FAILED'}: {self.verdict.reason}"])


def _numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _short(x: float | None) -> str:
    return "–" if x is None else f"{x:.3g}"
