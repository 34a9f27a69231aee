"""Analysis: the parts of a spectrum that a file asked for, as tables; a part passes where each row has the accuracy asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

__all__ = ["Analysis", "Part", "judged"]


@final
@dataclass(frozen=True, eq=False)
class Part:
    """One table: levels, bands, relaxation rates, …

    name : the section of the file.     title : in words.     tol : what was asked for, in the words of ``criterion``.
    rows : one mapping a number, all with the same keys: what it is, its value, its "error_bound" and whether it is "certified" to
        tol; or, where the error is an estimate and no bound, its "error_estimate" and whether that is "within_tol".
    summary : what holds for the table as a whole, as scale, method, grid.     notes : warnings, and what failed, in words.
    drawn : the object that the rows come from; its ``.plot()`` is the figure.     caption : what the figure shows.
    beside : more things with a ``.plot()``, each with a caption.
    digest : what people see in place of very many rows, with the same keys each; none for the rows themselves.
    """

    name: str
    title: str
    tol: float
    criterion: str
    rows: tuple[Mapping[str, Any], ...]
    summary: Mapping[str, Any]
    drawn: Any
    caption: str
    notes: tuple[str, ...] = ()
    digest: tuple[Mapping[str, Any], ...] = ()
    beside: tuple[tuple[Any, str], ...] = ()

    @property
    def shown(self) -> tuple[Mapping[str, Any], ...]:
        """The rows of the table for people."""
        return self.digest or self.rows

    @property
    def bounded(self) -> bool:
        """Whether the errors are bounds."""
        return "error_bound" in self.rows[0]

    @property
    def passing(self) -> int:
        """How many rows are certified, or within tol by estimate."""
        return sum(bool(row["certified" if self.bounded else "within_tol"]) for row in self.rows)

    @property
    def passed(self) -> bool:
        return self.passing == len(self.rows)

    @property
    def verdict(self) -> str:
        """How many rows have the accuracy asked for, in words."""
        count = f"{self.passing} of {len(self.rows)}"
        words = "certified to" if self.bounded else "within, by estimate,"
        return f"{count} {words} tol = {self.tol:g} {self.criterion}"


def judged(error: float, most: float, *, bounded: bool) -> dict[str, Any]:
    """The last keys of a row: its error and the verdict on it."""
    if bounded:
        return {"error_bound": error, "certified": bool(error <= most)}
    return {"error_estimate": error, "within_tol": bool(error <= most)}


@final
@dataclass(frozen=True, eq=False)
class Analysis:
    """All parts of one file.

    subject : what the spectrum is of.     saved : the Spectrum that goes to a file of its own, or None.
    seconds : of each part; for the page only, so that results compare equal.
    """

    title: str
    subject: str
    parts: tuple[Part, ...]
    settings: Mapping[str, Any]
    saved: Any = None
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(part.passed for part in self.parts)
