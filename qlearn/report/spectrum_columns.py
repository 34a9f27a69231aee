"""The columns of the tables of spectra: which numbers are shown, under which heading, in which form."""

from collections.abc import Mapping
from typing import Any

from qlearn.analysis import Part

__all__ = ["columns", "heading", "shown_value"]

HEADINGS = {
    "level": "level", "energy": "energy", "width": "width Γ", "error_bound": "± bound", "digits": "digits", "degenerate": "fold",
    "qutip_difference": "to QuTiP", "qutip_overlap": "overlap", "certified": "verdict", "number": "rate no.",
    "theta": "θ",
}
EXACT = {"energy", "rate", "width", "frequency"}         # shown with as many digits as are certified
OVERVIEW = {"lowest", "highest", "gap_above"}
LEFT_OUT = {"residual", "qutip"}                          # in the files only


def columns(part: Part) -> list[str]:
    """The keys of the rows that a table shows; "degenerate" only where something is."""
    names = [name for name in part.shown[0] if name not in LEFT_OUT]
    return [name for name in names if name != "degenerate" or any(row[name] > 1 for row in part.shown)]


def heading(name: str) -> str:
    return HEADINGS.get(name, name.replace("_", " "))


def shown_value(name: str, row: Mapping[str, Any]) -> str:
    """The cell in plain text."""
    value = row[name]
    if name == "certified":
        return "certified" if value else "NOT CERTIFIED"
    if value is None:
        return "—"
    if name == "degenerate":
        return str(value) if value > 1 else ""
    if name in EXACT:
        return _to_its_bound(value, float(row["error_bound"]))
    if name == "digits":
        return f"{value:.1f}"
    if name == "qutip_overlap":
        return f"{value:.6f}"
    if name in OVERVIEW:
        return "0" if abs(value) <= 2 * row["error_bound"] else f"{value:.8g}"
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def _to_its_bound(value: float, bound: float) -> str:
    """One digit more than the bound leaves in doubt, at most 15 behind the point; what may be zero in short."""
    if 0 < abs(value) <= bound:
        return f"{value:.1e}"
    if not 1e-5 <= abs(value) < 1e7:
        return f"{value:.{min(15, max(1, _exponent(value) - _exponent(bound) + 1)) if bound > 0 else 15}e}"
    return f"{value:.{15 if bound == 0 else max(0, min(15, -_exponent(bound) + 1))}f}"


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])
