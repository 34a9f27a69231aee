"""The benchmark of ensembles: ``python -m benchmarks.ensembles [rates] [learner_peers] [kinds] [--quick] [--no-docs]``.

Prints the tables of the chosen parts (all, where none is named), keeps them in benchmarks/results/ and writes
docs/benchmarks_ensembles.md from what is kept. One thread: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 before.
"""

from collections.abc import Callable

from benchmarks.command import command
from benchmarks.table import Table

__all__ = ["PARTS", "main"]

PAGE = "benchmarks_ensembles.md"
INTRODUCTION = """\
# Benchmarks of ensembles

Written by `python -m benchmarks.ensembles`; the numbers of a section are those of its last run, on the machine named under it.
Times are processor time of one thread, contestants in turn, the median of the ratios of neighbouring runs; double precision.
"""


def _rates(quick: bool) -> list[Table]:
    from benchmarks.learner_rates import learner_rates

    return learner_rates(quick)


def _peers(quick: bool) -> list[Table]:
    from benchmarks.learner_peers import learner_peers

    return learner_peers(quick)


def _kinds(quick: bool) -> list[Table]:
    from benchmarks.ensemble_kinds import ensemble_kinds

    return ensemble_kinds(quick)


PARTS: dict[str, Callable[[bool], list[Table]]] = {"rates": _rates, "learner_peers": _peers, "kinds": _kinds}


def main(arguments: list[str] | None = None) -> None:
    command("ensembles", "The benchmark of ensembles.", PARTS, PAGE, INTRODUCTION, arguments)


if __name__ == "__main__":
    main()
