"""The benchmark of spectral analysis: ``python -m benchmarks.spectrum [levels] [lines] [--quick] [--no-docs]``.

Prints the tables of the chosen parts (all, where none is named), keeps them in benchmarks/results/ and writes
docs/benchmarks_spectrum.md from what is kept. One thread: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 before.
"""

from collections.abc import Callable

from benchmarks.command import command
from benchmarks.table import Table

__all__ = ["PARTS", "main"]

PAGE = "benchmarks_spectrum.md"
INTRODUCTION = """\
# Benchmarks of spectral analysis

Written by `python -m benchmarks.spectrum`; the numbers of a section are those of its last run, on the machine named under it.
`benchmarks/level_problems.py` defines L1 (the double well of P1, N = 1024), L2 (Hénon–Heiles, 128²) and L3 (three
oscillators coupled, 48³). Times are processor time of one thread, contestants in turn, the median of the ratios of
neighbouring runs.
"""


def _levels(quick: bool) -> list[Table]:
    from benchmarks.levels import levels

    return levels(3, ("L1", "L2")) if quick else levels()


def _lines(quick: bool) -> list[Table]:
    from benchmarks.lines import lines

    return lines(quick)


PARTS: dict[str, Callable[[bool], list[Table]]] = {"levels": _levels, "lines": _lines}


def main(arguments: list[str] | None = None) -> None:
    command("spectrum", "The benchmark of spectral analysis.", PARTS, PAGE, INTRODUCTION, arguments)


if __name__ == "__main__":
    main()
