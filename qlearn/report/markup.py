"""Small pieces of HTML: escaped text, numbers as people read them, tables, figures."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qlearn import plots

__all__ = ["escape", "figure", "figures", "made_by", "mark", "number", "p_value", "percent", "table"]


def escape(text: Any) -> str:
    """Text that is shown as it is, whatever characters it has; |ψ|² is not torn apart at the end of a line."""
    return html.escape(str(text), quote=True).replace("|ψ|²", "|ψ|²".replace("", "\u2060"))


def number(value: Any, digits: int = 3, *, trim: bool = True) -> str:
    """A number with so many significant digits, in powers of ten where it is very large or small; "—" for none.

    ``trim`` leaves out zeros at the end; in a column of numbers they stay.
    """
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")        # a narrow space between thousands
    if isinstance(value, str):
        return escape(value)
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else f"{'−' if value < 0 else ''}∞"
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return _written(f"{value:.{places}f}", trim)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{_written(mantissa, trim)}\u00a0×\u00a010<sup>{int(exponent)}</sup>".replace("-", "−")


def _written(decimal: str, trim: bool) -> str:
    """Without zeros at the end where so asked, and with a minus sign that is one."""
    return (decimal.rstrip("0").rstrip(".") if trim and "." in decimal else decimal).replace("-", "−")


def p_value(value: float | None) -> str:
    """A p-value; below 10⁻⁴ its size is of no use."""
    if value is None:
        return "—"
    return "&lt;\u202f0.0001" if value < 1e-4 else f"{value:.2g}" if value < 0.01 else f"{value:.2f}"


def percent(value: float | None) -> str:
    """A probability in per cent, never rounded up to certainty."""
    if value is None:
        return "—"
    if value > 0.9995:
        return "&gt;\u202f99.9\u202f%"
    return f"{100 * value:.1f}\u202f%"


def mark(passed: bool, role: str = "claim") -> str:
    """The verdict as a word with a sign; colour is only added to it."""
    words = {("claim", True): "✓ holds", ("claim", False): "✗ fails",
             ("control", True): "✓ rejected", ("control", False): "✗ not rejected"}
    return f'<span class="mark {"good" if passed else "bad"}">{words[role, passed]}</span>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """A table of cells that are HTML already; on a narrow screen each row becomes a card with the column's names."""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "".join("<tr>" + "".join(f'<td data-label="{escape(column)}">{cell}</td>'
                                    for column, cell in zip(columns, row, strict=True)) + "</tr>" for row in rows)
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def figure(drawn: Any, caption: str) -> str:
    """A figure with what it shows in words, also for those who cannot see it."""
    words = escape(caption)
    return f'<figure><img src="{plots.data_uri(drawn)}" alt="{words}"><figcaption>{words}</figcaption></figure>'


def figures(*items: str) -> str:
    """Figures side by side where there is room."""
    return f'<div class="figures">{"".join(items)}</div>'


def made_by(versions: Mapping[str, str]) -> str:
    """The line at the end of a page."""
    used = ", ".join(f"{name} {number(version)}" for name, version in versions.items())
    return f"Made by {used}. Every number behind this page is in results.json beside it."
