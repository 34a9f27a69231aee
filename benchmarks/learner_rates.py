"""How fast normals are drawn, and what a learner's step costs beyond them: one thread, doubles."""

from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.machine import described
from benchmarks.table import Table, held
from benchmarks.timing import interleave
from qlearn.ensembles.blocks import BLOCK_SIZE
from qlearn.kernels.learner_steps import LineTable, kicked_steps
from qlearn.kernels.normals import normals
from qlearn.systems.base import LearningSystem

__all__ = ["DRIFTS", "learner_rates"]

D, H = 0.5, 0.01
POINTS = 4096


def _formula(loss: str) -> object:
    system = LearningSystem("q", loss=loss, learning_rate=1.0, temperature=D)
    programs = system.drift_programs().of_steps([H])
    assert programs is not None
    return programs[0]


def _table(periodic: bool) -> LineTable:
    length = 2 * np.pi if periodic else 16.0
    q = np.arange(POINTS + (not periodic)) * (length / POINTS) - (0 if periodic else 8)
    values = np.sin(q) if periodic else q - q**3
    return LineTable(values, float(q[0]), length / POINTS, periodic)


DRIFTS: dict[str, tuple[Callable[[], object], float]] = {
    "formula, oscillator U = q²/2": (lambda: _formula("q**2/2"), 0.75),
    "formula, double well U = q⁴/4 − q²/2": (lambda: _formula("q**4/4 - q**2/2"), 0.75),
    "formula, ring U = cos q": (lambda: _formula("cos(q)"), 0.75),
    "linear table, ring, 4096 cells": (lambda: _table(True), 0.55),
    "linear table, line, 4096 cells": (lambda: _table(False), 0.55),
}


def learner_rates(quick: bool = False) -> list[Table]:
    """Normals against NumPy's, and steps against normals."""
    n, steps, rounds = (BLOCK_SIZE, 10, 3) if quick else (8 * BLOCK_SIZE, 20, 15)
    out, generator = np.empty((1, n)), np.random.Generator(np.random.SFC64(0))
    start = normals(0, 0, 0, n, stream=1)

    def ours() -> None:
        for step in range(steps + 1):
            normals(0, step, 0, n, out=out)

    def theirs() -> None:
        for _ in range(steps + 1):
            generator.standard_normal(out=out)

    calls: dict[str, Callable[[], object]] = {"normals": ours, "NumPy": theirs}
    for name, (make, _) in DRIFTS.items():
        calls[name] = partial(kicked_steps, make(), start, steps, H, D, seed=0, first_step=0)
    times = interleave(calls, rounds)
    each = {name: times.median(name) / (n * (steps + 1)) * 1e9 for name in calls}
    ratio = times.ratio("NumPy", "normals")
    rows = [["NumPy, SFC64, standard_normal(out=)", f"{each['NumPy']:.2f}", f"{1 / ratio:.2f}", ""],
            ["normals: Philox4x32-10, Box–Muller", f"{each['normals']:.2f}", f"1 ({ratio:.2f} of NumPy's rate)",
             held(ratio, 1.6, most=False)]]
    for name, (_, bar) in DRIFTS.items():
        share = times.ratio("normals", name)
        rows.append([name, f"{each[name]:.2f}", f"{share:.2f}", held(share, bar, most=False)])
    columns = ["what", "ns each", "of the rate of normals", "bar"]
    return [Table("Normals and steps", _WORDS.format(n=n, steps=steps), columns, rows, described())]


_WORDS = """\
{n} learners, {steps} steps of h = 0.01 with D = ½; the same number of normals on their own, written to an array. A step
is a normal, the drift with its correction (h/2)b b′, the limit on it, and the move: weak order 2 for the formulas with one
evaluation of the drift (qlearn/kernels/learner_steps.py; it is what `simulate` runs for kind="static" in flat space). A table
of b alone is Euler's scheme, of order 1; tables of b + (h/2)b b′ cost the same. All are bit for bit the same without Numba
and for any number of threads (tests/kernels/)."""
