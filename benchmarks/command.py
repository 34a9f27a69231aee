"""The command line of a benchmark: run the chosen parts, print their tables, keep them, and write a page of docs/."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping

from benchmarks.table import Table, document, keep

__all__ = ["command"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def command(name: str, description: str, parts: Mapping[str, Callable[[bool], list[Table]]], page: str, introduction: str,
            arguments: list[str] | None) -> None:
    """``parts``: name -> function of ``quick`` that measures and returns its tables."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(parts)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and problems; nothing is kept")
    parser.add_argument("--no-docs", action="store_true", help=f"leave docs/{page} and the kept results alone")
    chosen = parser.parse_args(arguments)
    unknown = [part for part in chosen.parts if part not in parts]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(parts)}")
    if any(os.environ.get(variable) != "1" for variable in THREADS):
        print(f"note: for one thread set {THREADS[0]}=1 {THREADS[1]}=1", file=sys.stderr)
    writes = not (chosen.quick or chosen.no_docs)
    for part in chosen.parts or parts:
        tables = parts[part](chosen.quick)
        print("\n".join(table.markdown() for table in tables), flush=True)
        if writes:
            keep(part, tables)
    if writes:
        document(page, introduction, list(parts))
