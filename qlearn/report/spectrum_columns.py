"""The columns of the tables of spectra: which numbers are shown, under which heading, in which form."""

from collections.abc import Mapping
from typing import Any

from qlearn.analysis import Part

__all__ = ["VERDICTS", "columns", "heading", "shown_value"]

HEADINGS = {                    # in the order of the columns
    "level": "level", "number": "rate no.", "line": "line", "theta": "θ", "band": "band", "energy": "energy", "width": "width Γ",
    "rate": "rate", "frequency": "frequency", "weight": "weight", "lowest": "lowest", "highest": "highest",
    "gap_above": "gap above", "error_bound": "± bound", "error_estimate": "± estimate", "digits": "digits", "degenerate": "fold",
    "qutip_difference": "to QuTiP", "qutip_overlap": "overlap", "certified": "verdict", "within_tol": "verdict",
}
VERDICTS = {"certified": ("certified", "NOT CERTIFIED"), "within_tol": ("within tol", "NOT WITHIN TOL")}
EXACT = {"energy", "rate", "width", "frequency"}          # shown with as many digits as the error leaves
OVERVIEW = {"lowest", "highest", "gap_above"}


def columns(part: Part) -> list[str]:
    """The keys of the rows that a table shows, the others are in the files only; "degenerate" where something is."""
    names = [name for name in HEADINGS if name in part.shown[0]]
    return [name for name in names if name != "degenerate" or any(row[name] > 1 for row in part.shown)]


def heading(name: str) -> str:
    return HEADINGS[name]


def shown_value(name: str, row: Mapping[str, Any]) -> str:
    """The cell in plain text."""
    value = row[name]
    if name in VERDICTS:
        return VERDICTS[name][0 if value else 1]
    if value is None:
        return "—"
    error = float(row["error_bound"] if "error_bound" in row else row["error_estimate"])
    if name in EXACT:
        return _to_its_error(value, error)
    if name in OVERVIEW:
        return "0" if abs(value) <= 2 * error else f"{value:.8g}"
    return _other(name, value)


def _other(name: str, value: Any) -> str:
    if name == "degenerate":
        return str(value) if value > 1 else ""
    forms = {"digits": ".1f", "qutip_overlap": ".6f", "weight": ".6g"}
    return format(value, forms.get(name, ".2g" if isinstance(value, float) else ""))


def _to_its_error(value: float, error: float) -> str:
    """One digit more than the error leaves in doubt, at most 15 behind the point; what may be zero in short."""
    if abs(value) <= error:
        return f"{value:.1e}" if value else "0"
    if not 1e-5 <= abs(value) < 1e7:
        return f"{value:.{min(15, max(1, _exponent(value) - _exponent(error) + 1)) if error > 0 else 15}e}"
    return f"{value:.{15 if error == 0 else max(0, min(15, 1 - _exponent(error)))}f}"


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])
