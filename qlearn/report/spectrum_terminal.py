"""The tables of a spectrum on the terminal."""

from typing import Any

from qlearn.analysis import Analysis, Part
from qlearn.report.spectrum_columns import VERDICTS, columns, heading, shown_value

__all__ = ["print_spectrum"]

PAGE_ONLY = {"qutip_overlap"}           # 80 columns are what a terminal has


def print_spectrum(analysis: Analysis, file: Any = None) -> None:
    """Print every table with its bounds, the notes, then how many numbers have the accuracy asked for."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=file, highlight=False)
    console.print(Text.assemble((analysis.title, "bold"), f": {analysis.subject}"))
    for part in analysis.parts:
        console.print(_table(part))
        for note in part.notes:
            console.print(Text.assemble(("note  ", "yellow"), note))
        console.print(f"{part.verdict}.", style="bold green" if part.passed else "bold red")


def _table(part: Part) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=part.title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    names = [name for name in columns(part) if name not in PAGE_ONLY]
    for name in names:
        table.add_column(heading(name), justify="left" if name in VERDICTS else "right", no_wrap=True)
    for row in part.shown:
        table.add_row(*[Text(shown_value(name, row), style=_colour(name, row)) for name in names])
    return table


def _colour(name: str, row: Any) -> str:
    return "" if name not in VERDICTS else "green" if row[name] else "red"
