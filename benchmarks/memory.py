"""Memory of a run beyond V, phase tables and stored results, in wave functions."""

import gc
import os
import tracemalloc
import warnings
from collections.abc import Iterator
from typing import Any

import qlearn as ql
from benchmarks.machine import described
from benchmarks.problems import Problem, p2
from benchmarks.solver import hamiltonian_of
from benchmarks.table import Table, held

__all__ = ["memory", "working_memory"]

BAR = 4.0
SMALLEST = 1024  # bytes of what is counted
FRAMES = 12  # of a traceback
# what makes tables: phases of the splittings, splines of V for the forecast, clipped T and V of the polynomial methods; V, ∂V and
# T of a window of the grid
TABLES_FROM = tuple(os.path.join(*path) for path in (
    ("methods", "kernel.py"), ("kernels", "trajectories.py"), ("methods", "frozen.py"), ("methods", "clipping.py"),
    ("hamiltonian", "potential.py"), ("hamiltonian", "gradients.py"), ("hamiltonian", "kinetic.py")))
COLUMNS = ["problem", "method", "peak", "tables", "results", "beyond both", "bar"]


def memory() -> list[Table]:
    rows = []
    for n in (256, 512):
        problem = p2().on((n, n))
        problem = Problem("P2", (n, n), problem.bounds, 1.0, problem.static, problem.packet)
        for name in ("Gradient6", "RKN6", "Chebyshev"):
            peak, tables, results = working_memory(problem, getattr(ql, name)())
            rest = peak - tables - results
            rows.append([f"P2, {n}×{n}, T = 1", name, f"{peak:.1f}", f"{tables:.1f}", f"{results:.1f}", f"{rest:.1f}",
                         held(round(rest, 2), BAR)])
            print(" ".join(rows[-1]), flush=True)
    words = ("Peak of what `ql.propagate` allocates (tracemalloc), in wave functions of 16 bytes a point, less the tables that "
             "the method keeps between two save times and less the state that the reader holds. ψ0 and V are there before.")
    return [Table("Memory", words, COLUMNS, rows, described())]


def working_memory(problem: Problem, method: Any, tol: float = 1e-6) -> tuple[float, float, float]:
    """(peak, phase tables, results) of a run with three save times, in wave functions; what H keeps is made before."""
    hamiltonian, psi0 = hamiltonian_of(problem), problem.initial
    times = [0.0, problem.duration / 2, problem.duration]

    def stream() -> Iterator[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from ql.propagate(hamiltonian, psi0, times, method=method, tol=tol)

    for _ in stream():
        pass
    gc.collect()
    tracemalloc.start(FRAMES)
    tables = max(_bytes_from(tracemalloc.take_snapshot()) for _ in stream())
    tracemalloc.stop()
    gc.collect()
    tracemalloc.start()
    for _ in stream():
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / psi0.nbytes, tables / psi0.nbytes, 1.0


def _bytes_from(snapshot: tracemalloc.Snapshot) -> int:
    """What is alive of the tables that a method has made."""
    return sum(trace.size for trace in snapshot.traces
               if any(frame.filename.endswith(TABLES_FROM) for frame in trace.traceback) and trace.size > SMALLEST)
