"""What H(t) depends on, as numbers: the factors of a drive, V(t) and A(t) at some of the points."""

from collections.abc import Callable
from typing import Any, NamedTuple, final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.hamiltonian.potential import Potential

__all__ = ["MovingNumbers", "moving_numbers"]

POINTS = 512  # of a table
ALIKE = 1e-12  # values of V on some points alone, relative to the largest, and those of its table


@final
class MovingNumbers(NamedTuple):
    """at : times (n,) -> (n, R), energies.   everywhere : whether each number stands for all of space, not for one point."""

    at: Callable[[np.ndarray], np.ndarray]
    everywhere: bool


def moving_numbers(grid: Grid, hbar: float, values: Potential, kinetic: FlatKinetic | CovariantKinetic) -> list[MovingNumbers]:
    """Of V, f_r max|g_r| or V at points, and of each component of A, times the largest velocity; where they depend on t."""
    looks = []
    if values.drive_numbers is not None:
        looks.append(MovingNumbers(values.drive_numbers, True))
    elif values.time_dependent:
        looks.append(MovingNumbers(_each(values.on_points(_some(grid), ALIKE)), False))
    if isinstance(kinetic, CovariantKinetic) and kinetic.depends_on_time:
        for axis, k in enumerate(grid.wavenumbers):
            fastest = hbar * float(np.abs(k).max()) * float(np.max(kinetic.inverse[axis, axis]))
            looks.append(MovingNumbers(_each(_component(grid, kinetic.potential, axis, fastest)), False))
    return looks


def _some(grid: Grid) -> np.ndarray:
    """Flat indices of points, evenly spread."""
    return np.unique(np.linspace(0, grid.size - 1, min(grid.size, POINTS)).astype(int))


def _component(grid: Grid, potential: Any, axis: int, factor: float) -> Callable[[float], np.ndarray]:
    some = _some(grid)

    def at(t: float) -> np.ndarray:
        values = potential(t)[axis]
        return factor * (values.ravel() if values.size == 1 else np.broadcast_to(values, grid.shape).reshape(-1)[some])
    return at


def _each(at: Callable[[float], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Real numbers of each of several times."""
    def numbers(times: np.ndarray) -> np.ndarray:
        values = np.array([at(t).ravel() for t in times.tolist()])
        return np.concatenate([values.real, values.imag], axis=1) if np.iscomplexobj(values) else values
    return numbers
