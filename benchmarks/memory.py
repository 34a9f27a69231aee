"""Memory of a run beyond V, phase tables and stored results, in wave functions."""

import gc
import os
import tracemalloc
import warnings
from typing import Any

import numpy as np

import qlearn as ql
from benchmarks.machine import described
from benchmarks.problems import Problem, p1, p2, p3
from benchmarks.solver import hamiltonian_of
from benchmarks.table import Table, held

__all__ = ["memory", "working_memory"]

BAR = 4.0
SMALLEST = 1024  # bytes of what is counted
FRAMES = 12  # of a traceback
LINE = 2**16  # points of a line on which a wave function is more than the small arrays that every run has
# what makes tables: phases of the splittings, splines of V for the forecast, clipped T and V of the polynomial methods; V, ∂V and
# T of a window of the grid
TABLES_FROM = tuple(os.path.join(*path) for path in (
    ("methods", "kernel.py"), ("kernels", "trajectories.py"), ("methods", "frozen.py"), ("methods", "clipping.py"),
    ("hamiltonian", "potential.py"), ("hamiltonian", "gradients.py"), ("hamiltonian", "kinetic.py"),
    ("hamiltonian", "operator.py")))
COPIES_FROM = os.path.join("kernels", "arrays.py")
COLUMNS = ["problem", "method", "peak", "tables", "results", "beyond both", "bar"]


def memory() -> list[Table]:
    rows = []
    for problem, words in _problems():
        for method, bar, window in _methods(problem):
            peak, tables, results = working_memory(problem, method, window=window)
            rest = peak - tables - results
            name = ("None" if method is None else method.name) + ("" if window else ", all points")
            rows.append([words, name, f"{peak:.1f}", f"{tables:.1f}", f"{results:.1f}", f"{rest:.1f}",
                         held(round(rest, 2), BAR) if bar else "none"])
            print(" ".join(rows[-1]), flush=True)
    words = ("Peak of what `ql.sesolve` allocates (tracemalloc), in wave functions of 16 bytes a point, less the tables that "
             "the method keeps and less the states that it hands over. ψ0 and V are there before. `ql.propagate`, and `e_ops` or "
             "`stop`, need one more: a copy of ψ0. Lanczos keeps its 24 vectors and Magnus4 up to 32; no bar is meant for them.")
    return [Table("Memory", words, COLUMNS, rows, described())]


def _problems() -> list[tuple[Problem, str]]:
    planes = [(_shortened(p2().on((n, n)), 1.0), f"P2, {n}×{n}, T = 1") for n in (256, 512)]
    return [*planes, (_shortened(p1().on((LINE,)), 0.1), f"P1, N = {LINE}, T = 0.1"),
            (_shortened(p3().on((LINE,)), 0.1), f"P3, N = {LINE}, T = 0.1")]


def _shortened(problem: Problem, duration: float) -> Problem:
    return Problem(problem.name, problem.shape, problem.bounds, duration, problem.static, problem.packet, problem.driven)


def _methods(problem: Problem) -> list[tuple[Any, bool, bool]]:
    """Methods, whether they have a bar, and whether they may take a window of the grid."""
    if problem.driven:
        return [(None, True, True), (ql.RKN6(), True, True)]
    methods = [None, ql.Gradient6(), ql.RKN6(), ql.Chebyshev()]
    everywhere = [(method, True, False) for method in methods[1:]] if problem.shape == (512, 512) else []
    krylov = [(ql.Lanczos(), False, True)] if problem.shape == (256, 256) else []
    return [*((method, True, True) for method in methods), *everywhere, *krylov]


def working_memory(problem: Problem, method: Any, tol: float = 1e-6, *, window: bool = True) -> tuple[float, float, float]:
    """(peak, tables, results) of a run to its end, in wave functions; what H keeps is made before."""
    hamiltonian, psi0 = hamiltonian_of(problem), problem.initial
    times = np.array([0.0, problem.duration])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ql.sesolve(hamiltonian, psi0, times, method=method, tol=tol, window=window)
        gc.collect()
        tracemalloc.start(FRAMES)
        tables = max(_bytes_from(tracemalloc.take_snapshot())
                     for _ in ql.propagate(hamiltonian, psi0, times, method=method, tol=tol, window=window))
        tracemalloc.stop()
        gc.collect()
        tracemalloc.start()
        result = ql.sesolve(hamiltonian, psi0, times, method=method, tol=tol, window=window)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / psi0.nbytes, tables / psi0.nbytes, (result.states.nbytes + result.final_state.nbytes) / psi0.nbytes


def _bytes_from(snapshot: tracemalloc.Snapshot) -> int:
    """What is alive of the tables that a method has made; copies are of states."""
    return sum(trace.size for trace in snapshot.traces if trace.size > SMALLEST
               and any(frame.filename.endswith(TABLES_FROM) for frame in trace.traceback)
               and not trace.traceback[-1].filename.endswith(COPIES_FROM))
