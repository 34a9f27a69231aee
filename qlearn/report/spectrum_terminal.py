"""The tables of a spectrum on the terminal."""

from typing import Any

from qlearn.analysis import Analysis, Part
from qlearn.report.spectrum_columns import VERDICTS, columns, heading, shown_value

__all__ = ["print_spectrum"]

SPARE = ("qutip_overlap", "digits", "qutip_difference")          # left out, in this order, where the terminal is too narrow


def print_spectrum(analysis: Analysis, file: Any = None) -> None:
    """Print every table with its bounds, the notes, then how many numbers have the accuracy asked for."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False)
    console.print(Text.assemble((analysis.title, "bold"), f": {analysis.subject}"))
    for part in analysis.parts:
        console.print(_table(part, console.width))
        if "QuTiP" in part.summary:
            largest = part.summary["largest difference from QuTiP"]
            console.print(f"QuTiP {part.summary['QuTiP']}: largest difference {largest:.2g}.")
        for note in part.notes:
            console.print(Text.assemble(("note  ", "yellow"), note))
        console.print(f"{part.verdict}.", style="bold green" if part.passed else "bold red")


def _table(part: Part, room: int) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=part.title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    names = _fitting(part, room)
    for name in names:
        table.add_column(heading(name), justify="left" if name in VERDICTS else "right", overflow="fold")
    for row in part.shown:
        table.add_row(*[Text(shown_value(name, row), style=_colour(name, row)) for name in names])
    return table


def _fitting(part: Part, room: int) -> list[str]:
    """The columns that a line has room for; none of the numbers is cut."""
    names = columns(part)
    widths = {name: max(len(text) for text in (heading(name), *(shown_value(name, row) for row in part.shown))) for name in names}
    for name in SPARE:
        if name in names and sum(widths[kept] + 3 for kept in names) + 1 > room:
            names.remove(name)
    return names


def _colour(name: str, row: Any) -> str:
    return "" if name not in VERDICTS else "green" if row[name] else "red"
