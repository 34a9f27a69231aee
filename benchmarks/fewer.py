"""What windows save, and Chebyshev's compiled recursion: the default beside all points of the grid, and beside NumPy's loop."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

import qlearn as ql
from benchmarks.machine import described
from benchmarks.problems import Problem, p1, p2, p3
from benchmarks.solver import hamiltonian_of
from benchmarks.table import Table
from benchmarks.timing import interleave

__all__ = ["Case", "fewer", "series_cases", "window_cases"]

TOL = 1e-6
WINDOWS = ["problem", "grid", "moved on", "method", "given up", "ms", "all points, ms", "times faster", "quartiles",
           "distance/tol"]
SERIES = ["problem", "points", "terms", "ms", "µs a term", "NumPy's loop, ms", "times faster", "quartiles", "distance"]


@final
@dataclass(frozen=True)
class Case:
    words: str
    hamiltonian: ql.Hamiltonian
    initial: np.ndarray
    end: float
    options: dict[str, Any]

    def run(self, **more: Any) -> ql.Result:
        return ql.sesolve(self.hamiltonian, self.initial, [0.0, self.end], store_states=False,
                          **{"tol": TOL} | self.options | more)


def _of(problem: Problem, **options: Any) -> Case:
    return Case(problem.name, hamiltonian_of(problem), problem.initial, problem.duration, options)


def _well(shape: tuple[int, ...], half: float, center: tuple[float, ...], end: float, words: str, **options: Any) -> Case:
    """A trap, softer from axis to axis, with a little of x⁴."""
    grid = ql.Grid(shape, [(-half, half)] * len(shape))

    def trap(*q):
        return sum(x**2 / (2 + axis) + 0.01 * x**4 for axis, x in enumerate(q))

    psi = ql.gaussian(grid, center=center if len(shape) > 1 else center[0], width=0.7)
    return Case(words, ql.Hamiltonian(grid, trap), psi, end, options)


def _lattice() -> Case:
    """A trap with a lattice, whose waves Bragg scattering makes shorter than the energies of places and wavenumbers tell."""
    grid = ql.Grid(1024, (-30, 30))
    H = ql.Hamiltonian(grid, lambda x: 0.1 * x**2 + 4 * np.cos(2 * x))
    return Case("trap with a lattice", H, ql.gaussian(grid, center=1.0, momentum=1.0, width=0.9), 8.0, {})


def window_cases() -> list[Case]:
    return [_of(p1()), _of(p1(), tol=1e-10), _of(p2()), _of(p2(), tol=1e-10), _of(p3()), _lattice(),
            _well((96, 96, 96), 9.0, (1.0, 0.5, -0.7), 1.5, "trap in three dimensions")]


def series_cases() -> list[Case]:
    line = ql.Grid(512, (-12, 12))
    kinked = ql.Hamiltonian(line, lambda x: 3 * np.abs(x))
    chebyshev = {"method": ql.Chebyshev(), "window": False}
    return [Case("3|x|, default", kinked, ql.gaussian(line, center=1.0, width=0.6), 5.0, {}), _of(p1(), **chebyshev),
            _of(p2().on((128, 128), ((-14.0, 14.0),) * 2), **chebyshev), _of(p2(), **chebyshev),
            _well((40, 40, 40), 6.0, (1.0, 0.5, -0.7), 1.5, "trap in three dimensions", **chebyshev)]


def fewer(rounds: int = 7) -> list[Table]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        windows, series = _rows(window_cases(), _window_row, rounds), _rows(series_cases(), _series_row, rounds)
    said = ("The default at tol = 1e-6, or as named, in the window that it finds, and on all points (`window=False`). The "
            "distance is that of the two final states. “Given up” are windows that ψ left; the run then starts again in the "
            "next.")
    done = ("`Chebyshev` on all points, or the default where V has a kink: the compiled recursion and the loop over NumPy's "
            "arrays, which `fft_backend(\"scipy\")` takes. The distance is that of the two final states, relative to ψ0.")
    return [Table("On fewer points", said, WINDOWS, windows, described()),
            Table("Terms of a series", done, SERIES, series, described())]


def _rows(cases: list[Case], row: Callable[[Case, int], list[str]], rounds: int) -> list[list[str]]:
    rows = []
    for case in cases:
        rows.append(row(case, rounds))
        print(" ".join(rows[-1]), flush=True)
    return rows


def _apart(case: Case, a: ql.Result, b: ql.Result) -> float:
    norm = case.hamiltonian.norm
    return float(norm(a.final_state - b.final_state) / norm(case.initial))


def _window_row(case: Case, rounds: int) -> list[str]:
    found, whole = case.run(), case.run(window=False)
    times = interleave({"window": case.run, "whole": lambda: case.run(window=False)}, rounds)
    low, high = times.spread("whole", "window")
    tol = case.options.get("tol", TOL)
    return [f"{case.words}, {tol:g}", _shape(case.hamiltonian.grid.shape), _shape(found.stats["grid"]),
            found.method.partition(" ")[0].rstrip(","), str(found.stats["windows_left"]), f"{1e3 * times.median('window'):.2f}",
            f"{1e3 * times.median('whole'):.2f}", f"{times.ratio('whole', 'window'):.2f}", f"{low:.2f} – {high:.2f}",
            f"{_apart(case, found, whole) / tol:.1g}"]


def _series_row(case: Case, rounds: int) -> list[str]:
    def plain() -> ql.Result:
        with ql.fft_backend("scipy"):
            return case.run()

    found, other = case.run(), plain()
    times = interleave({"fused": case.run, "plain": plain}, rounds)
    low, high = times.spread("plain", "fused")
    took, terms = times.median("fused"), found.stats["steps"]
    return [case.words, _shape(case.hamiltonian.grid.shape), str(terms), f"{1e3 * took:.1f}", f"{1e6 * took / terms:.1f}",
            f"{1e3 * times.median('plain'):.1f}", f"{times.ratio('plain', 'fused'):.2f}", f"{low:.2f} – {high:.2f}",
            f"{_apart(case, found, other):.1g}"]


def _shape(shape: Any) -> str:
    return f"{'×'.join(map(str, shape))} ({math.prod(shape)})" if len(shape) > 1 else str(shape[0])
