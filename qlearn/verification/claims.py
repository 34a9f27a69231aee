"""Claim: one line of the verdict table, and Verification: the whole run, as plain data for the report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Claim", "Verification"]


@dataclass(frozen=True)
class Claim:
    """What was compared, how far apart it was, and the verdict.

    ``role`` "claim": passed means that it holds.  ``role`` "control": a comparison made wrong on purpose; passed means that
    it was rejected, as it must be, and ``power`` is the probability of that rejection computed beforehand from the exact
    operators.  ``evidence``: "data" (nothing reads ψ), "derivation" (symbolic), "numerical" (two solvers), "guided" (the
    ensemble reads a solved ψ).
    """

    name: str
    group: str                      # "derivation" | "learner" | "rates" | "density" | "real time"
    role: str                       # "claim" | "control"
    evidence: str                   # "data" | "derivation" | "numerical" | "guided"
    compared: str                   # one plain sentence: what with what
    distance_name: str              # "max |z|", "Kuiper V", "max |ratio − 1|", "L2", …
    distance: float | None
    floor: float | None             # what a perfect sample of this size shows (median), or None
    margin: float | None            # the declared equivalence margin or tolerance, or None
    p_adjusted: float | None        # smallest Holm-adjusted p of the family, or None
    power: float | None             # controls only
    passed: bool
    reason: str                     # one plain sentence; for a failure it names the cause

    def __post_init__(self) -> None:
        assert self.role in ("claim", "control") and self.evidence in ("data", "derivation", "numerical", "guided")


@dataclass(frozen=True, eq=False)
class Verification:
    """Everything that one run of ``qlearn verify`` found.

    ``summary`` holds the facts of the first screen (numbers with their units); ``tables`` the rows of each section;
    ``figures`` the arrays that the figures are drawn from, by figure name.
    """

    title: str
    settings: Mapping[str, Any]     # the file as read, all defaults filled in
    claims: tuple[Claim, ...]
    derivations: tuple[tuple[str, Any], ...]    # (title, qlearn.derivation.Derivation)
    summary: Mapping[str, Any]
    tables: Mapping[str, list[dict[str, Any]]]
    figures: Mapping[str, Mapping[str, Any]]
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every claim holds and every control was rejected."""
        return all(claim.passed for claim in self.claims)
