"""Time for the lowest 20 levels of L1, L2 and L3, with states and error bounds, beside what one would use instead."""

from collections.abc import Callable
from typing import Any

import numpy as np

import qlearn as ql
from benchmarks.level_peers import dense_levels, dense_matrix, differences, lobpcg_levels, qmsolve_levels
from benchmarks.level_problems import LEVEL_PROBLEMS, WANTED, LevelProblem
from benchmarks.machine import described
from benchmarks.table import Table, held
from benchmarks.timing import interleave

__all__ = ["levels"]

COLUMNS = ["problem", "contestant", "largest error of 20 levels", "seconds", "times slower (quartiles)", "bar"]
RESIDUAL = 2e-4     # of lobpcg on L3: every |dE| is then below 1e-9
WORDS = """\
The lowest 20 eigenpairs. Ours is `ql.eigenstates(H, 20)` with the Hamiltonian built anew each time: states, residuals and error
bounds included; the others stop at levels and states, and the matrix of L1 is built before. The largest certified error bound of
ours stands in brackets. Errors are against levels in a basis of oscillator functions (L2, L3) or sines (L1), which share nothing
with the grid."""


def levels(rounds: int = 7, names: tuple[str, ...] = ("L1", "L2", "L3")) -> list[Table]:
    rows = [row for name in names for row in _rows(LEVEL_PROBLEMS[name], rounds)]
    return [Table("Levels", WORDS, COLUMNS, rows, described())]


def hamiltonian_of(problem: LevelProblem) -> ql.Hamiltonian:
    return ql.Hamiltonian(ql.Grid(problem.shape, [problem.bounds] * len(problem.shape)), problem.potential)


def _ours(problem: LevelProblem) -> ql.Spectrum:
    return ql.eigenstates(hamiltonian_of(problem), WANTED)


def _contestants(problem: LevelProblem) -> dict[str, tuple[Callable[[], Any], float | None]]:
    """Name -> (a call that returns the levels, the bar)."""
    if problem.name == "L1":
        matrix = dense_matrix(problem)
        return {"dense eigh, 20 wanted": (lambda: dense_levels(matrix), 10.0),
                "dense eigh, all": (lambda: dense_levels(matrix, everything=True), None)}
    if problem.name == "L2":
        return {"differences of order 8, shift and invert": (lambda: differences(problem), 50.0),
                "differences of order 2, shift and invert": (lambda: differences(problem, 2), None),
                "qmsolve (order 2)": (lambda: qmsolve_levels(problem), 10.0)}
    return {"lobpcg by FFT": (lambda: lobpcg_levels(problem, residual=RESIDUAL)[0], 5.0)}


def _rows(problem: LevelProblem, rounds: int) -> list[list[str]]:
    contestants = _contestants(problem)
    spectrum = _ours(problem)
    calls = {"ours": lambda: _ours(problem), **{name: call for name, (call, _) in contestants.items()}}
    measured = interleave(calls, rounds if problem.name != "L3" else max(2, rounds // 3))
    ours = problem.error(spectrum.energies)
    mark = held(ours, problem.accuracy)
    rows = [[problem.name, f"ours: {spectrum.method}", f"{ours:.1e} [{np.max(spectrum.error_bounds):.1e}]",
             f"{measured.median('ours'):.3g}", "1", mark]]
    for name, (call, bar) in contestants.items():
        low, high = measured.spread(name, "ours")
        ratio = measured.ratio(name, "ours")
        rows.append([problem.name, name, f"{problem.error(call()):.1e}", f"{measured.median(name):.3g}",
                     f"{ratio:.3g} ({low:.3g} … {high:.3g})", "" if bar is None else held(ratio, bar, most=False)])
    return rows
