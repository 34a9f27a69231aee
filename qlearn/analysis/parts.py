"""Analysis: the parts of a spectrum that a file asked for, as tables; a part passes where every row is certified."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

__all__ = ["Analysis", "Part"]


@final
@dataclass(frozen=True, eq=False)
class Part:
    """One table: levels, bands, relaxation rates, …

    name : the section of the file.     title : in words.     tol : what was asked for, in the words of ``criterion``.
    rows : one mapping a number, all with the same keys: what it is, its value, its bound, "certified".
    summary : what holds for the table as a whole, as scale, method, grid.     notes : warnings, and what failed, in words.
    drawn : the object that the rows come from; its ``.plot()`` is the figure.     caption : what the figure shows.
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

    @property
    def shown(self) -> tuple[Mapping[str, Any], ...]:
        """The rows of the table for people."""
        return self.digest or self.rows

    @property
    def certified(self) -> int:
        """How many rows are."""
        return sum(bool(row["certified"]) for row in self.rows)

    @property
    def passed(self) -> bool:
        return self.certified == len(self.rows)


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
