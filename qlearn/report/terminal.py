"""The table that ends a run on the terminal."""

from typing import Any

from qlearn.verification.claims import Claim, Verification

__all__ = ["print_table"]


def print_table(verification: Verification, file: Any = None) -> None:
    """Print every verdict with distance, floor or margin, adjusted p and power, then the overall verdict."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=file, highlight=False)
    table = Table(title=verification.title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("verdict", no_wrap=True)
    table.add_column("claim", ratio=1)
    for name in ("distance", "floor, ≤", "p adj.", "power"):
        table.add_column(name, justify="right", no_wrap=True)
    for claim in verification.claims:
        words, colour = _verdict(claim)
        control = "control: " if claim.role == "control" else ""
        table.add_row(Text(words, style=colour), Text(control + claim.name), *_numbers(claim))
    console.print(table)
    for claim in verification.claims:
        if not claim.passed:
            console.print(Text.assemble((f"{_verdict(claim)[0]}  ", "red"), f"{claim.name}: {claim.reason}"))
    console.print(_summary(verification), style="bold green" if verification.passed else "bold red")


def _verdict(claim: Claim) -> tuple[str, str]:
    words = {("claim", True): "holds", ("claim", False): "FAILS", ("control", True): "rejected",
             ("control", False): "ACCEPTED"}[claim.role, claim.passed]
    return words, "green" if claim.passed else "red"


def _numbers(claim: Claim) -> tuple[str, str, str, str]:
    yardstick = f"≤ {claim.margin:.2g}" if claim.margin is not None else _short(claim.floor)
    p = "" if claim.p_adjusted is None else "< 1e-4" if claim.p_adjusted < 1e-4 else f"{claim.p_adjusted:.3f}"
    power = "" if claim.role != "control" or claim.power is None else \
        "> 99.9 %" if claim.power > 0.9995 else f"{100 * claim.power:.1f} %"
    return _short(claim.distance), yardstick, p, power


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _summary(verification: Verification) -> str:
    claims = [claim for claim in verification.claims if claim.role == "claim"]
    controls = [claim for claim in verification.claims if claim.role == "control"]
    return (f"{sum(c.passed for c in claims)} of {len(claims)} claims hold, "
            f"{sum(c.passed for c in controls)} of {len(controls)} controls rejected.")
