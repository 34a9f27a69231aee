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
from qlearn.kernels.stepping import NONE, Angles, Stages, exponentials, layout_of

__all__ = ["BACKENDS", "cases", "overhead", "pairs_of"]

BACKENDS = ("auto", "scipy", "ducc0", "pyfftw")
STAGES = 64  # of the compiled loop in one call
PAIR, SHORTEST = "pair", "shortest call"
COLUMNS = ["problem", "points", "moved on", "method", "FFT", "pair of", "pairs", "whole propagation, ms"]
for _name in (PAIR, SHORTEST):
    COLUMNS += [f"one {_name}, µs", f"propagation/(pairs × {_name})", "quartiles", "bar"]


def cases() -> list[tuple[str, Problem, float, float]]:
    """(words, problem, tol, bar); in 2-D P2 with a shorter duration on finer grids."""
    plane = p2()
    sizes = [("P2", plane, 1e-6, 1.15)]
    for n, duration in ((512, 5.0), (1024, 2.0)):
        short = Problem("P2", (n, n), plane.bounds, duration, plane.static, plane.packet)
        sizes.append((f"P2, T = {duration:g}", short, 1e-6, 1.15))
    return [("P1", p1(), 1e-6, 1.3), *sizes, ("P3", p3(), 1e-6, 1.5)]


def pairs_of(backend: str, shape: tuple[int, ...]) -> tuple[dict[str, Callable[[], Any]], int]:
    """({PAIR: a transform and its inverse, SHORTEST: the same up to the factor 1/N, which drifts can take in, by the shortest
    call that the backend offers}, how many a call does), in place; one of them alone where the other is not to be had."""
    array, axes = np.ones(shape, dtype=complex), tuple(range(len(shape)))
    if backend == "auto":
        return {SHORTEST: _stages(array)}, STAGES
    if backend == "ducc0":
        import ducc0

        c2c = ducc0.fft.c2c
        return {PAIR: lambda: c2c(c2c(array, forward=True, out=array), forward=False, inorm=2, out=array),
                SHORTEST: lambda: c2c(c2c(array, None, True, 0, array), None, False, 0, array)}, 1
    if backend == "pyfftw":
        import pyfftw

        there, back = (pyfftw.FFTW(array, array, axes=axes, direction=f"FFTW_{way}", flags=("FFTW_MEASURE",))
                       for way in ("FORWARD", "BACKWARD"))
        return {PAIR: lambda: (there(), back()), SHORTEST: lambda: (there.execute(), back.execute())}, 1
    if len(shape) == 1:
        return {PAIR: lambda: scipy.fft.ifft(scipy.fft.fft(array, overwrite_x=True), overwrite_x=True)}, 1
    return {PAIR: lambda: scipy.fft.ifftn(scipy.fft.fftn(array, overwrite_x=True), overwrite_x=True)}, 1


def _stages(array: np.ndarray) -> Callable[[], Any]:
    """Stages of the compiled loop by factors 1: a pair and two products, which it does not do apart."""
    layout, one = layout_of(array.shape), np.ones((1, 1))
    if array.ndim == 1:
        drifts = [exponentials(Angles(layout.modes(np.zeros((1, *array.shape)))), one, 1 / array.size)]
    else:
        lead, last = layout.lead(np.zeros((1, len(array)))), layout.last(np.zeros((1, *array.shape[1:])))
        drifts = [NONE, exponentials(Angles(lead), one, 1 / array.size), exponentials(Angles(last), one)]
    stages = Stages(layout, np.zeros(STAGES, dtype=np.int64), *drifts)
    kicks = exponentials(Angles(np.zeros((1, layout.size))), one)
    return lambda: stages.static(array, kicks, np.zeros(STAGES + 2, dtype=np.int64), 1)


def overhead(rounds: int = 15) -> list[Table]:
    rows = []
    for words, problem, tol, bar in cases():
        for backend, pair, method in _entries(problem):
            rows.append(_row(words, problem, tol, bar, backend, pair, method, _rounds(problem, rounds)))
            print(" ".join(rows[-1]), flush=True)
    words = ("The whole of `sesolve`: checks, choice of the method and its steps, phase tables, propagation, account. “Pair” is "
             "a transform and its inverse, “shortest call” the same without the factor 1/N, which drifts can take in, by the "
             "shortest call that the backend offers: a stricter bar. Both in place, on an array of all points that stays in the "
             "cache, also where ψ is moved in a window of the grid, on the points named under “moved on”. H is the same in all "
             "runs: what it keeps of V, ∂V and T is made before. “auto” is the default: SciPy, and the compiled loop of the "
             "splittings with its own transforms, whose shortest call is a stage of that loop (two products are in it); rows "
             "below compare it with the pairs of others. Rows of all points have no window, which a user has to ask for, and no "
             "bar.")
    return [Table("Propagation over its transforms", words, COLUMNS, rows, described())]


def _entries(problem: Problem) -> list[tuple[str, str, str]]:
    """(backend, whose pair, method): all on small grids, where the choice of the method shows."""
    if problem.initial.size < 10**5:
        own = [(backend, backend, method) for backend in BACKENDS for method in OURS]
        return own + [("auto", pair, method) for pair in ("ducc0", "pyfftw") for method in ("Gradient6", "default")]
    pairs = [(backend, backend) for backend in BACKENDS[:3]] + [("auto", "ducc0")]
    return [(backend, pair, method) for backend, pair in pairs for method in ("Gradient6", f"Gradient6, {ALL_POINTS}")]


def _rounds(problem: Problem, rounds: int) -> int:
    return rounds if problem.initial.size < 10**5 else max(3, rounds // (problem.initial.size // 2**14))


def _row(words: str, problem: Problem, tol: float, bar: float, backend: str, pair: str, method: str, rounds: int) -> list[str]:
    hamiltonian, results = hamiltonian_of(problem), []
    calls, each = pairs_of(pair, problem.shape)
    with ql.fft_backend(backend), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = interleave({"propagation": lambda: results.append(solve(hamiltonian, problem, OURS[method], tol,
                                                                        window=False if ALL_POINTS in method else None)),
                            **calls}, rounds)
    pairs = results[-1].stats["ffts"] / 2
    points, moved = ("×".join(map(str, shape)) for shape in (problem.shape, results[-1].stats["grid"]))
    row = [words, points, moved, method, backend, pair, f"{pairs:g}", f"{1e3 * times.median('propagation'):.2f}"]
    for name in (PAIR, SHORTEST):
        if name not in calls:
            row += [""] * 4
            continue
        ratio = times.ratio("propagation", name) / pairs * each
        low, high = (value / pairs * each for value in times.spread("propagation", name))
        row += [f"{1e6 * times.median(name) / each:.1f}", f"{ratio:.2f}", f"{low:.2f} – {high:.2f}",
                "" if ALL_POINTS in method else held(ratio, bar)]
    return row
