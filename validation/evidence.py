"""Evidence: one measured line of a claim, with the bound declared beforehand."""

from dataclasses import asdict, dataclass

__all__ = ["Evidence", "at_least", "at_most", "between"]


@dataclass(frozen=True)
class Evidence:
    """``value`` against ``bound``; ``floor`` is what sampling or round-off alone would show; a control must break the rule."""

    what: str
    value: float
    bound: str
    passed: bool
    floor: float | None = None
    control: bool = False

    def row(self) -> dict:
        return asdict(self)


def at_most(what: str, value: float, bound: float, floor: float | None = None) -> Evidence:
    """The claim holds where value ≤ bound."""
    return Evidence(what, float(value), f"≤ {bound:g}", bool(value <= bound), floor)


def at_least(what: str, value: float, bound: float, floor: float | None = None, control: bool = False) -> Evidence:
    """The claim (or the control: broken as it must be) holds where value ≥ bound."""
    return Evidence(what, float(value), f"≥ {bound:g}", bool(value >= bound), floor, control)


def between(what: str, value: float, low: float, high: float, floor: float | None = None) -> Evidence:
    """The claim holds where low ≤ value ≤ high."""
    return Evidence(what, float(value), f"{low:g} … {high:g}", bool(low <= value <= high), floor)
