"""The problems as qlearn takes them, and what is measured of its runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np

import qlearn as ql
from benchmarks.problems import Problem, drive_factor, drive_shape
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.record import Record

__all__ = ["ALL_POINTS", "OURS", "Best", "best_fixed", "fixed", "grid_of", "hamiltonian_of", "solve"]

# steps from tol; with the default the method is chosen too
OURS = {"Gradient6": ql.Gradient6(), "default": None, "Gradient6, all points": ql.Gradient6()}
ALL_POINTS = "all points"


@final
@dataclass(frozen=True)
class Best:
    """The fewest pairs with equal steps whose error is at most the tolerance."""

    steps: int
    pairs: int
    error: float


def grid_of(problem: Problem) -> Any:
    return ql.Grid(problem.shape, list(problem.bounds))


def hamiltonian_of(problem: Problem) -> Any:
    """H with V as a callable; P3 as a separable drive."""
    if not problem.driven:
        return ql.Hamiltonian(grid_of(problem), problem.static)
    return ql.Hamiltonian(grid_of(problem), ql.SeparablePotential(problem.static, [(drive_factor, drive_shape)]))


def solve(hamiltonian: Any, problem: Problem, method: Any, tol: float, *, window: bool | None = None) -> Any:
    """The Result of sesolve from ψ0 to T; warnings are left to the caller."""
    return ql.sesolve(hamiltonian, problem.initial, [0.0, problem.duration], method=method, tol=tol, store_states=False,
                      window=window)


def fixed(hamiltonian: Any, problem: Problem, table: Any, steps: int) -> tuple[np.ndarray, int]:
    """(ψ at T, FFT pairs) with so many equal steps of a scheme and no controller."""
    record = Record()
    kernel = SplittingKernel(hamiltonian, table, record)
    h = problem.duration / steps
    phi = hamiltonian.grid.to_periodic(problem.initial.astype(complex))
    phi = kernel.enter(np.array(phi), 0.0, h)
    phi = kernel.steps(phi, 0.0, h, steps)
    phi = kernel.leave(phi, problem.duration, h)
    return hamiltonian.grid.from_periodic(phi), record.ffts // 2


def best_fixed(hamiltonian: Any, problem: Problem, reference: np.ndarray, table: Any, tol: float) -> Best:
    """By doubling until the error is below tol, then by bisection, then downwards while it stays below."""
    def measured(steps: int) -> Best:
        with np.errstate(all="ignore"):
            psi, pairs = fixed(hamiltonian, problem, table, steps)
        return Best(steps, pairs, problem.error(psi, reference))

    low, high = 1, measured(16)
    while not high.error <= tol:
        low, high = high.steps, measured(2 * high.steps)
    for steps in _bisection(low, high.steps):
        middle = measured(steps.value)
        steps.good = middle.error <= tol
        if steps.good:
            high = middle
    while (lower := measured(high.steps - 1)).error <= tol:
        high = lower
    return high


@dataclass
class _Trial:
    value: int
    good: bool = False


def _bisection(low: int, high: int) -> Iterator[_Trial]:
    """Integers between low (bad) and high (good); the caller says which are good."""
    while high - low > 1:
        trial = _Trial((low + high) // 2)
        yield trial
        low, high = (low, trial.value) if trial.good else (trial.value, high)
