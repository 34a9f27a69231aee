"""The benchmark of the wave solver: ``python -m benchmarks.wave [counts] [overhead] [peers] [memory] [--quick] [--no-docs]``.

Prints the tables of the chosen parts (all, where none is named), keeps them in benchmarks/results/ and writes
docs/benchmarks.md from what is kept. One thread: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 before.
"""

import argparse
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec

from benchmarks.table import Table, document, keep

__all__ = ["PARTS", "main"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _counts(quick: bool) -> list[Table]:
    from benchmarks.counts import counts

    return counts(("P1", "P3")) if quick else counts()


def _overhead(quick: bool) -> list[Table]:
    from benchmarks.overhead import overhead

    return overhead(5 if quick else 15)


def _peers(quick: bool) -> list[Table]:
    from benchmarks.peers import peers

    return peers(3 if quick else 9)


def _memory(quick: bool) -> list[Table]:
    from benchmarks.memory import memory

    return memory()


PARTS: dict[str, Callable[[bool], list[Table]]] = {"counts": _counts, "overhead": _overhead, "peers": _peers, "memory": _memory}


def _load_numba() -> None:
    """Where numba is installed its compiled passes serve from the start, as in a session that has run for a while."""
    from qlearn.kernels.phases import phase_backend

    if find_spec("numba") is not None:
        phase_backend("numba")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wave", description="The benchmark of the wave solver.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and problems; nothing is kept")
    parser.add_argument("--no-docs", action="store_true", help="leave docs/benchmarks.md and the kept results alone")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if any(os.environ.get(name) != "1" for name in THREADS[:2]):
        print(f"note: for one thread set {THREADS[0]}=1 {THREADS[1]}=1", file=sys.stderr)
    _load_numba()
    writes = not (chosen.quick or chosen.no_docs)
    for part in chosen.parts or PARTS:
        tables = PARTS[part](chosen.quick)
        print("\n".join(table.markdown() for table in tables), flush=True)
        if writes:
            keep(part, tables)
    if writes:
        document(list(PARTS))


if __name__ == "__main__":
    main()
