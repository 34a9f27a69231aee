"""How much longer a whole propagation takes than its Fourier transforms alone."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft

import qlearn as ql
from benchmarks.machine import described
from benchmarks.problems import Problem, p1, p2, p3
from benchmarks.solver import ALL_POINTS, OURS, hamiltonian_of, solve
from benchmarks.table import Table, held
from benchmarks.timing import interleave

__all__ = ["BACKENDS", "cases", "overhead", "plain_pair"]

BACKENDS = ("scipy", "ducc0", "pyfftw")
COLUMNS = ["problem", "points", "moved on", "method", "FFT", "one pair, µs", "pairs", "whole propagation, ms",
           "propagation/(pairs × pair)", "quartiles", "bar"]


def cases() -> list[tuple[str, Problem, float, float]]:
    """(words, problem, tol, bar); in 2-D P2 with a shorter duration on finer grids."""
    plane = p2()
    sizes = [("P2", plane, 1e-6, 1.15)]
    for n, duration in ((512, 5.0), (1024, 2.0)):
        short = Problem("P2", (n, n), plane.bounds, duration, plane.static, plane.packet)
        sizes.append((f"P2, T = {duration:g}", short, 1e-6, 1.15))
    return [("P1", p1(), 1e-6, 1.3), *sizes, ("P3", p3(), 1e-6, 1.5)]


def plain_pair(backend: str, shape: tuple[int, ...]) -> Callable[[], Any]:
    """One transform and its inverse in place, by the shortest call that the backend offers."""
    array, axes = np.ones(shape, dtype=complex), tuple(range(len(shape)))
    if backend == "ducc0":
        import ducc0

        c2c = ducc0.fft.c2c
        return lambda: c2c(c2c(array, axes=axes, out=array, nthreads=1), axes=axes, out=array, forward=False, inorm=2, nthreads=1)
    if backend == "pyfftw":
        import pyfftw

        plans = [pyfftw.FFTW(array, array, axes=axes, direction=f"FFTW_{way}", flags=("FFTW_MEASURE", "FFTW_UNALIGNED"))
                 for way in ("FORWARD", "BACKWARD")]
        return lambda: plans[1](plans[0](array, array), array)
    if len(shape) == 1:
        return lambda: scipy.fft.ifft(scipy.fft.fft(array, overwrite_x=True), overwrite_x=True)
    return lambda: scipy.fft.ifftn(scipy.fft.fftn(array, overwrite_x=True), overwrite_x=True)


def overhead(rounds: int = 15) -> list[Table]:
    rows = []
    for words, problem, tol, bar in cases():
        for backend, method in _entries(problem):
            rows.append(_row(words, problem, tol, bar, backend, method, _rounds(problem, rounds)))
            print(" ".join(rows[-1]), flush=True)
    words = ("The whole of `sesolve`: checks, choice of the method and its steps, phase tables, propagation, account. "
             "The pair is the backend's own shortest call in place on an array of all points that stays in the cache, also where "
             "ψ is moved in a window of the grid, on the points named under “moved on”. H is the same in all runs: what it keeps "
             "of V, ∂V and T is made before.")
    return [Table("Propagation over its transforms", words, COLUMNS, rows, described())]


def _entries(problem: Problem) -> list[tuple[str, str]]:
    """(backend, method): all of both on small grids, where the choice of the method shows."""
    if problem.initial.size < 10**5:
        return [(backend, method) for backend in BACKENDS for method in OURS]
    return [(backend, method) for backend in BACKENDS[:2] for method in ("Gradient6", f"Gradient6, {ALL_POINTS}")]


def _rounds(problem: Problem, rounds: int) -> int:
    return rounds if problem.initial.size < 10**5 else max(3, rounds // (problem.initial.size // 2**14))


def _row(words: str, problem: Problem, tol: float, bar: float, backend: str, method: str, rounds: int) -> list[str]:
    hamiltonian, results = hamiltonian_of(problem), []
    pair = plain_pair(backend, problem.shape)
    with ql.fft_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = interleave({"propagation": lambda: results.append(solve(hamiltonian, problem, OURS[method], tol,
                                                                         window=ALL_POINTS not in method)),
                            "pair": pair}, rounds)
    pairs = results[-1].stats["ffts"] / 2
    ratio = times.ratio("propagation", "pair") / pairs
    low, high = (value / pairs for value in times.spread("propagation", "pair"))
    points, moved = ("×".join(map(str, shape)) for shape in (problem.shape, results[-1].stats["grid"]))
    return [words, points, moved, method, backend, f"{1e6 * times.median('pair'):.1f}", f"{pairs:g}",
            f"{1e3 * times.median('propagation'):.2f}", f"{ratio:.2f}", f"{low:.2f} – {high:.2f}", held(ratio, bar)]
