"""The benchmark of the wave solver: ``python -m benchmarks.wave [parts] [--quick] [--no-docs]``, parts counts, overhead, stages,
fewer, drives, peers, memory.

Prints the tables of the chosen parts (all, where none is named), keeps them in benchmarks/results/ and writes
docs/benchmarks.md from what is kept. One thread: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 before.
"""

from collections.abc import Callable
from importlib.util import find_spec

from benchmarks.command import command
from benchmarks.table import Table

__all__ = ["PARTS", "main"]

PAGE = "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Written by `python -m benchmarks.wave`; the numbers of a section are those of its last run, on the machine named under it.
P1 is a packet in a double well (N = 1024), P2 the Hénon–Heiles oscillator (256²), P3 is P1 driven; `benchmarks/problems.py`
defines them. Errors are true errors √(Σ|ψ − ψ_exact|² ΔV) of the final state against reference states of methods that share
no code with the solver, each confirmed by a second one. Compiled
phase passes (numba) are loaded beforehand. Times are processor time of one thread, contestants in turn, the
median of the ratios of neighbouring runs. One FFT pair is one transform and its inverse.
"""


def _counts(quick: bool) -> list[Table]:
    from benchmarks.counts import counts

    return counts(("P1", "P3")) if quick else counts()


def _overhead(quick: bool) -> list[Table]:
    from benchmarks.overhead import overhead

    return overhead(5 if quick else 15)


def _stages(quick: bool) -> list[Table]:
    from benchmarks.stages import stages

    return stages(3 if quick else 9)


def _fewer(quick: bool) -> list[Table]:
    from benchmarks.fewer import fewer

    return fewer(3 if quick else 9)


def _drives(quick: bool) -> list[Table]:
    from benchmarks.drives import drives

    return drives(3 if quick else 7)


def _peers(quick: bool) -> list[Table]:
    from benchmarks.peers import peers

    return peers(3 if quick else 9)


def _memory(quick: bool) -> list[Table]:
    from benchmarks.memory import memory

    return memory()


PARTS: dict[str, Callable[[bool], list[Table]]] = {"counts": _counts, "overhead": _overhead, "stages": _stages,
                                                     "fewer": _fewer, "drives": _drives, "peers": _peers, "memory": _memory}


def _load_numba() -> None:
    """Where numba is installed its compiled passes serve from the start, as in a session that has run for a while."""
    from qlearn.kernels.phases import phase_backend

    if find_spec("numba") is not None:
        phase_backend("numba")


def main(arguments: list[str] | None = None) -> None:
    _load_numba()
    command("wave", "The benchmark of the wave solver.", PARTS, PAGE, INTRODUCTION, arguments)


if __name__ == "__main__":
    main()
