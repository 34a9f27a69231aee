"""What the default costs where H(t) is written in other ways than P3: A(t), losses, jumps, and a grid that is too coarse."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

import qlearn as ql
from benchmarks.machine import described
from benchmarks.table import Table
from benchmarks.timing import interleave

__all__ = ["Run", "drives", "runs"]

TOL = 1e-6
COLUMNS = ["problem", "points", "default", "transforms", "ms", "error/tol", "compared with", "transforms", "ms", "error/tol",
           "times faster", "quartiles"]


@final
@dataclass(frozen=True)
class Run:
    """A problem, what it is compared with in words and as a function () -> (final state, transforms), and a method for the
    reference, at tol/100."""

    words: str
    hamiltonian: ql.Hamiltonian
    initial: np.ndarray
    times: list[float]
    other_words: str
    other: Callable[[], tuple[np.ndarray, int]]
    reference: Any

    def default(self) -> ql.Result:
        return ql.sesolve(self.hamiltonian, self.initial, self.times, tol=TOL)


def _by(H: ql.Hamiltonian, psi: np.ndarray, times: list[float], method: Any = None,
        tol: float = TOL) -> tuple[np.ndarray, int]:
    result = ql.sesolve(H, psi, times, method=method, tol=tol)
    return result.final_state, result.stats["ffts"]


def _magnus(words: str, H: ql.Hamiltonian, psi: np.ndarray, times: list[float], reference: Any) -> Run:
    return Run(words, H, psi, times, "Magnus4", lambda: _by(H, psi, times, ql.Magnus4()), reference)


def _bloch() -> Run:
    """A lattice that is tilted by 0.05, for a quarter of a Bloch period."""
    grid = ql.Grid(512, (-16 * np.pi, 16 * np.pi))
    H = ql.Hamiltonian(grid, -1.5 * np.cos(grid.axes[0]), vector_potential=lambda t, x: 0.05 * t, time_dependent=True)
    return _magnus("Bloch oscillation, A(t)", H, ql.gaussian(grid, center=0, width=8.0), [0, 10 * np.pi], ql.BM6())


def _light() -> Run:
    """An atom in a pulse of light, in the velocity gauge, with absorbers at both ends."""
    grid = ql.Grid(1024, (-100, 100))
    x = grid.axes[0]
    H = ql.Hamiltonian(grid, -1 / np.sqrt(x**2 + 2), absorber=lambda x: 0.5 * np.clip((np.abs(x) - 75) / 25, 0, 1) ** 4,
                       vector_potential=lambda t, x: 0.8 * np.sin(0.3 * t) * np.sin(np.pi * t / 60) ** 2, time_dependent=True)
    return _magnus("atom in light, A(t), absorber", H, ql.gaussian(grid, center=0, width=1.2), [0, 60.0], ql.BM6(dt=0.01))


def _lossy() -> Run:
    """The same atom in the length gauge, by tables of f(t) g(x), against V(t, x) that is asked for at every kick."""
    grid = ql.Grid(1024, (-100, 100))
    psi, times = ql.gaussian(grid, center=0, width=1.2), [0, 60.0]

    def atom(x):
        return -1 / np.sqrt(x**2 + 2)

    def field(t):
        return 0.1 * np.sin(0.3 * t) * np.sin(np.pi * t / 60) ** 2

    loss = {"absorber": lambda x: 0.5 * np.clip((np.abs(x) - 75) / 25, 0, 1) ** 4}
    H = ql.Hamiltonian(grid, ql.SeparablePotential(atom, [(field, lambda x: x)]), **loss)
    plain = ql.Hamiltonian(grid, lambda t, x: atom(x) + field(t) * x, time_dependent=True, **loss)
    return Run("atom in light, f(t) x, absorber", H, psi, times, "V(t, x)", lambda: _by(plain, psi, times), ql.BM6(dt=0.01))


def _switched() -> Run:
    """A force that is switched on at 1.3, against two runs by hand, each with half of tol."""
    grid = ql.Grid(256, (-16, 16))
    psi = ql.gaussian(grid, center=0.7, width=0.6, momentum=-0.5)

    def pushed(f):
        return ql.Hamiltonian(grid, ql.SeparablePotential(lambda x: x**2 / 2, [(f, lambda x: -x)]))

    H, still = pushed(lambda t: 0.9 * (t > 1.3)), ql.Hamiltonian(grid, lambda x: x**2 / 2)
    on = ql.Hamiltonian(grid, lambda x: x**2 / 2 - 0.9 * x)

    def by_hand() -> tuple[np.ndarray, int]:
        first, some = _by(still, psi, [0, 1.3], tol=TOL / 2)
        last, more = _by(on, first, [1.3, 7.0], tol=TOL / 2)
        return last, some + more
    return Run("force that is switched on", H, psi, [0, 7.0], "two static runs", by_hand, ql.BM6())


def _coarse() -> Run:
    """A quartic well on points that do not hold what ψ gets to: a splitting is chosen, and given up."""
    grid = ql.Grid(64, (-10, 10))
    H, psi, times = ql.Hamiltonian(grid, lambda x: x**2 / 2 + 0.05 * x**4), ql.gaussian(grid, center=3.0, width=0.7), [0, 1.0]
    return Run("quartic well on too few points", H, psi, times, "Chebyshev", lambda: _by(H, psi, times, ql.Chebyshev()),
               ql.Dense())


def runs() -> list[Run]:
    return [_bloch(), _light(), _lossy(), _switched(), _coarse()]


def drives(rounds: int = 5) -> list[Table]:
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the grid that is too coarse
        for run in runs():
            rows.append(_row(run, rounds))
            print(" ".join(rows[-1]), flush=True)
    words = (f"The default at tol = {TOL:g} beside another way to the same state. Errors are those of the final state against a "
             "third method at tol/100, or with short steps given. “Two static runs” are what a user would do by hand who knows "
             "the time of the jump.")
    return [Table("Drives of other kinds", words, COLUMNS, rows, described())]


def _row(run: Run, rounds: int) -> list[str]:
    psi0, found, (other, ffts) = run.initial, run.default(), run.other()
    exact, _ = _by(run.hamiltonian, psi0, run.times, run.reference, TOL / 100)
    norm = run.hamiltonian.norm
    off = [f"{float(norm(state - exact) / norm(psi0)) / TOL:.2g}" for state in (found.final_state, other)]
    times = interleave({"default": run.default, "other": run.other}, rounds)
    low, high = times.spread("other", "default")
    took = {name: f"{1e3 * times.median(name):.1f}" for name in ("default", "other")}
    return [run.words, "×".join(map(str, found.stats["grid"])), found.method.partition(" ")[0].rstrip(","),
            str(found.stats["ffts"]), took["default"], off[0], run.other_words, str(ffts), took["other"], off[1],
            f"{times.ratio('other', 'default'):.2f}", f"{low:.2f} – {high:.2f}"]
