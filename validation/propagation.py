"""What the claims about the wave solver share: a state carried from one time to another, compared with the exact one."""

from typing import Any

import numpy as np

import qlearn as ql

__all__ = ["carried", "distance", "error", "slope"]

TIGHT = 1e-10


def carried(hamiltonian: ql.Hamiltonian, start: Any, times: tuple[float, float], *, method: Any = None,
            tol: float = TIGHT) -> Any:
    """ψ at times[1] from ψ at times[0]."""
    return ql.sesolve(hamiltonian, start, list(times), method=method, tol=tol).final_state


def distance(hamiltonian: ql.Hamiltonian, a: Any, b: Any) -> float:
    """The largest L2 distance of two states of a batch, global phase included."""
    return float(np.max(hamiltonian.norm(np.asarray(a) - np.asarray(b))))


def error(problem: Any, grid: ql.Grid, times: tuple[float, float], *, method: Any = None, tol: float = TIGHT,
          hamiltonian: ql.Hamiltonian | None = None) -> float:
    """L2 error of a problem in one dimension with .hamiltonian(grid) and .state(x, t)."""
    solved, x = hamiltonian or problem.hamiltonian(grid), grid.axes[0]
    moved = carried(solved, problem.state(x, times[0]), times, method=method, tol=tol)
    return distance(solved, moved, problem.state(x, times[1]))


def slope(steps: list[int], errors: list[float]) -> float:
    """The power with which errors fall with the number of steps, or of points: least squares of the logarithms."""
    return float(-np.polyfit(np.log(steps), np.log(errors), 1)[0])
