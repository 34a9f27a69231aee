"""Time at equal accuracy 1e-6 beside QuTiP and pytalises, each with its best setting.

Slow contestants are timed in turn with ours over a stated fraction of the duration, scaled by it; one full run of each
confirms the error and that the time is proportional.
"""

import warnings
from collections.abc import Callable
from typing import Any

import qlearn as ql
from benchmarks.machine import described
from benchmarks.problems import Problem, p1, p3
from benchmarks.pytalises_peer import PytalisesRun
from benchmarks.qutip_peer import QutipRun, Setting
from benchmarks.references import at_points, reference
from benchmarks.solver import OURS, hamiltonian_of, solve
from benchmarks.table import Table, held
from benchmarks.timing import interleave, once

__all__ = ["QUTIP_P1", "QUTIP_P3", "peers"]

TARGET = 1e-6
ALWAYS = {"krylov_dim": 40, "algorithm": "lanczos", "always_compute_step": True}
BEST_STEPS = 34  # of Gradient6 on P1 and P3: the fewest equal ones below the target, found with the answer as QuTiP's settings
COLUMNS = ["contestant", "true error", "whole run, s", "timed", "ours, ms", "times slower", "bar", "ours by its best step, ms",
           "times slower", "bar", "ours (SciPy's FFT), ms", "times slower", "bar", "by its best step, ms", "times slower", "bar"]

# (what it is compared as, setting, fraction timed). On the smallest grids the fastest of a full search of integrators, storages
# and tolerances (P3 without the last integrators on the difference matrices). On ±40 vern7, dop853 and tsit5 were searched in
# full, the other integrators over 1/50 of T at three tolerances, krylov at a few settings.
QUTIP_P1 = [
    ("sparse ODE", Setting(1024, 40.0, 14, "CSR", "vern7", {"atol": 1e-7, "rtol": 1e-7}), 0.05),
    ("krylov", Setting(1024, 40.0, 16, "CSR", "krylov", {**ALWAYS, "atol": 1e-8}), 0.05),
    ("diag", Setting(1024, 40.0, 0, "Dense", "diag"), 1.0),
    ("its smallest grid, ODE", Setting(158, 20.0, 0, "Dense", "vern7", {"atol": 10**-8.5, "rtol": 10**-8.5}), 0.2),
    ("its smallest grid, sparse ODE", Setting(345, 20.0, 20, "CSR", "dop853", {"atol": 1e-10, "rtol": 1e-10}), 0.2),
    ("its smallest grid, krylov", Setting(158, 20.0, 0, "Dense", "krylov", {**ALWAYS, "krylov_dim": 30, "atol": 1e-8}), 0.2),
    ("its smallest grid, diag", Setting(158, 20.0, 0, "Dense", "diag"), 1.0),
]
QUTIP_P3 = [
    ("sparse ODE", Setting(1024, 40.0, 16, "CSR", "vern7", {"atol": 1e-7, "rtol": 1e-7}), 0.05),
    ("its smallest grid, ODE", Setting(236, 22.0, 0, "Dense", "vern7", {"atol": 10**-8.5, "rtol": 10**-8.5}), 0.2),
    ("its smallest grid, sparse ODE", Setting(480, 22.0, 20, "CSR", "vern7", {"atol": 10**-8.5, "rtol": 10**-8.5}), 0.2),
]
BARS = {("P1", "sparse ODE"): (1500, 600), ("P3", "sparse ODE"): (1000, None), ("P1", "pytalises"): (4000, None)}


def peers(rounds: int = 9) -> list[Table]:
    """The tables of P1 and of P3."""
    return [_table(p1(), QUTIP_P1, ["pytalises"], rounds), _table(p3(), QUTIP_P3, [], rounds)]


def _table(problem: Problem, settings: list[tuple[str, Setting, float]], others: list[str], rounds: int) -> Table:
    rows = [_qutip_row(problem, *entry, rounds) for entry in settings]
    rows += [_pytalises_row(problem, rounds) for _ in others]
    words = ("Everybody to a true error of 1e-6 of the same equation: QuTiP with the best setting of a search that on ±40 was "
             "not exhaustive (see `peers.py`), pytalises with the fewest steps, ours with `Gradient6()` and `tol=1e-6`, steps "
             "chosen by it. Against peers on their smallest sufficient grid ours has its own smallest: 160 points on ±20 (P1), "
             "240 on ±22 (P3). “Best step” is `Gradient6(dt=T/34)` in a window, the step found with the exact answer, as the "
             "settings of the peers were: like beside like. “SciPy's FFT” is `fft_backend(\"scipy\")`, "
             "without the compiled loop. A fraction under “timed” is the part of the duration that was timed in turn with ours "
             "and scaled; “whole run” was done once. `diag` is a dense diagonalisation.")
    return Table(f"{problem.name} at equal accuracy", words, COLUMNS, rows, described())


def ours_on(problem: Problem, small: bool) -> Problem:
    """P1 and P3 as given, or on the smallest grid that serves at 1e-6."""
    if not small:
        return problem
    points, half = (240, 22.0) if problem.driven else (160, 20.0)
    return problem.on((points,), ((-half, half),))


def _qutip_row(problem: Problem, words: str, setting: Setting, fraction: float, rounds: int) -> list[str]:
    run = QutipRun(problem, setting)
    outcome = run.outcome()
    small = words.startswith("its smallest grid")
    return _row(problem, ours_on(problem, small), f"QuTiP, {words}: {setting.words}", words, outcome.error, outcome.seconds,
                lambda part: run.run(part), fraction, rounds)


def _pytalises_row(problem: Problem, rounds: int) -> list[str]:
    run, exact = PytalisesRun(problem), reference(problem)
    steps, states = run.fewest(exact, TARGET), []
    seconds = once(lambda: states.append(run.run(steps)))
    uncorrected = problem.error(PytalisesRun(problem, corrected=False).run(4000), exact)
    return _row(problem, problem, f"pytalises, {steps} split steps, mass × (N/(N − 1))² (as it stands: error {uncorrected:.1g})",
                "pytalises", problem.error(states[0], exact), seconds, lambda part: run.run(steps, part), 0.05, rounds)


def _row(problem: Problem, ours: Problem, label: str, kind: str, error: float, seconds: float,
         peer: Callable[[float], Any], fraction: float, rounds: int) -> list[str]:
    hamiltonian = hamiltonian_of(ours)
    exact = at_points(problem, reference(problem), ours.axes[0])
    runs = {"ours": lambda: solve(hamiltonian, ours, OURS["Gradient6"], TARGET)}
    if ours.shape == problem.shape:
        method = ql.Gradient6(dt=problem.duration / BEST_STEPS)
        runs["best step"] = lambda: solve(hamiltonian, ours, method, TARGET, window=True)
    cells, errors, bars = [], [], BARS.get((problem.name, kind), (None, None))
    for backend, bar in zip(("auto", "scipy"), bars, strict=True):
        with ql.fft_backend(backend), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            errors += [ours.error(run().final_state, exact) for run in runs.values()]
            times = interleave({"peer": lambda: peer(fraction), **runs}, rounds)
        for name in ("ours", "best step"):
            ratio = times.ratio("peer", name) / fraction if name in runs else 0.0
            cells += [f"{1e3 * times.median(name):.2f}", f"{ratio:.0f}"] if name in runs else ["", ""]
            cells.append(held(round(ratio), bar, most=False) if bar and name in runs else "")
    errors_words = f"{error:.1e} (ours {max(errors):.0e})"
    row = [label, errors_words, f"{seconds:.3g}", "in full" if fraction == 1 else f"{fraction:g} of T", *cells]
    print(" ".join(row), flush=True)
    return row
