"""A stage of a splitting with the transforms of each backend: from one compiled loop, and from a loop of Python's."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

import qlearn as ql
from benchmarks.machine import described
from benchmarks.overhead import PAIR, pairs_of
from benchmarks.table import Table
from benchmarks.timing import interleave
from qlearn.methods import Record
from qlearn.methods.kernel import SplittingKernel

__all__ = ["stages"]

POINTS = (64, 256, 288, 320, 1024, 4096)
BACKENDS = ("scipy", "ducc0", "pyfftw", "mkl_fft")
STEPS = 40
COLUMNS = ["points", "FFT", "stage, compiled loop, µs", "stage, Python's loop, µs", "times faster", "quartiles", "a pair, µs",
           "stage/pair", "distance"]


def stages(rounds: int = 9) -> list[Table]:
    rows = []
    for points in POINTS:
        for backend in (name for name in BACKENDS if find_spec(name) is not None):
            rows.append(_row(points, backend, rounds))
            print(" ".join(rows[-1]), flush=True)
    words = ("A stage of `Gradient6` is a pair of transforms and two products; many steps on a line, by the loop that is "
             "compiled and calls the transforms of the backend, and by the loop over NumPy's arrays, which serves elsewhere. "
             "“Pair” as in the section above: with the factor 1/N, called from Python. The distance is that of the two final "
             "states.")
    return [Table("Stages by backend", words, COLUMNS, rows, described())]


def _row(points: int, backend: str, rounds: int) -> list[str]:
    grid = ql.Grid(points, (-20.0, 20.0))
    H = ql.Hamiltonian(grid, lambda x: 0.1 * x**2)
    psi = ql.gaussian(grid, center=1.0, width=1.0).astype(complex)
    with ql.fft_backend(backend):
        called, plain = (SplittingKernel(H, ql.Gradient6.table, Record()) for _ in range(2))
        plain._called = None
        both = [kernel.steps(psi.copy(), 0.0, 0.01, STEPS) for kernel in (called, plain)]
        here, there = psi.copy(), psi.copy()
        calls: dict[str, Callable[[], object]] = {"called": lambda: called.steps(here, 0.0, 0.01, STEPS),
                                                  "plain": lambda: plain.steps(there, 0.0, 0.01, STEPS)}
        if backend != "mkl_fft":
            calls |= {PAIR: pairs_of(backend, (points,))[0][PAIR]}
        times = interleave(calls, rounds)
    each, (low, high) = STEPS * called.pairs, times.spread("plain", "called")
    row = [str(points), backend, *(f"{1e6 * times.median(name) / each:.2f}" for name in ("called", "plain")),
           f"{times.ratio('plain', 'called'):.2f}", f"{low:.2f} – {high:.2f}"]
    pair = [f"{1e6 * times.median(PAIR):.2f}", f"{times.ratio('called', PAIR) / each:.2f}"] if PAIR in calls else ["", ""]
    return [*row, *pair, f"{np.abs(both[0] - both[1]).max():.0e}"]
