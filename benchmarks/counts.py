"""FFT pairs of runs with automatic steps and their true errors, beside the best fixed step of the same scheme."""

import warnings
from typing import Any

import qlearn as ql
from benchmarks.machine import described
from benchmarks.problems import PROBLEMS, Problem
from benchmarks.references import confirmation, reference
from benchmarks.solver import best_fixed, hamiltonian_of, solve
from benchmarks.table import Table, held

__all__ = ["BARS", "counts"]

# (problem, tol): FFT pairs at most with automatic steps, and the best published scheme (RKN6) with its best fixed step
BARS = {("P1", 1e-6): 260, ("P1", 1e-10): 1300, ("P2", 1e-6): 170, ("P3", 1e-6): 290}
METHODS = ("default", "Gradient6", "ProcessedGradient6", "RKN6", "BM6", "Chebyshev")
BARRED = ("default", "Gradient6", "ProcessedGradient6")
COLUMNS = ["problem", "tol", "method", "pairs, automatic steps", "bar", "true error", "estimate", "best fixed step: pairs",
           "its error"]


def counts(problems: tuple[str, ...] = ("P1", "P2", "P3"), methods: tuple[str, ...] = METHODS) -> list[Table]:
    """All counts; the number of transforms is exact, looks at the spectral tail and the energy included."""
    rows, confirmed = [], []
    for name in problems:
        problem = PROBLEMS[name]()
        exact, hamiltonian = reference(problem), hamiltonian_of(problem)
        confirmed.append(f"{name} {confirmation(problem):.1e}")
        for tol in (1e-6, 1e-10):
            for method in methods:
                if method == "Chebyshev" and problem.driven:
                    continue
                rows.append(_row(problem, hamiltonian, exact, method, tol))
                print(" ".join(rows[-1]), flush=True)
    words = ("Pairs are all transforms of `sesolve` divided by two: steps, probes, looks at the spectral tail, energy. "
             "The default is `method=None`. The best fixed step is searched knowing the exact answer. "
             f"Distances of the references from their second computation: {', '.join(confirmed)}.")
    return [Table("FFT pairs", words, COLUMNS, rows, described())]


def _row(problem: Problem, hamiltonian: Any, exact: Any, name: str, tol: float) -> list[str]:
    method = None if name == "default" else getattr(ql, name)()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = solve(hamiltonian, problem, method, tol)
    pairs, error = result.stats["ffts"] / 2, problem.error(result.final_state, exact)
    bar = BARS.get((problem.name, tol))
    table = getattr(method, "table", None)
    best = best_fixed(hamiltonian, problem, exact, table, tol) if table is not None else None
    words = f"default ({result.method.split(' ')[0]})" if method is None else name
    if result.stats["grid"] != problem.shape:
        words += f", on {'×'.join(map(str, result.stats['grid']))} points"
    shown = held(pairs, bar) if bar and name in BARRED else ""
    return [problem.name, f"{tol:g}", words, f"{pairs:g}", shown,
            f"{error:.1e}{'' if error <= tol else ' **above tol**'}", f"{result.stats['error_estimate']:.1e}",
            str(best.pairs) if best else "", f"{best.error:.1e}" if best else ""]
