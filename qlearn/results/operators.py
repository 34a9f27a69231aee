"""A Hamiltonian as numbers, and back: the tables of V, metric and vector potential, never the callables they came from.

What comes back does all that needs tables only: H @ psi, expect, eigenstates, to_matrix, sesolve. Where V depends on t it is
known at the stored times and no others; a nonlinearity is known to have been there and cannot be evaluated; a finer grid has no
values. Each of these says so when it is asked.
"""

from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["StoredTables", "hamiltonian_from", "hamiltonian_numbers"]


@final
class StoredTables:
    """A callable (*q) or (t, *q) that gives a stored table at the points of its grid and, with ``times``, at these times."""

    def __init__(self, name: str, grid: Grid, tables: np.ndarray, times: np.ndarray | None = None):
        self.name, self.grid, self.tables, self.times = name, grid, tables, times

    def __call__(self, *arguments: Any) -> np.ndarray:
        places, table = arguments[-self.grid.ndim:], self.tables
        if not all(np.shape(q) == self.grid.shape and np.array_equal(q, x) for q, x in zip(places, self.grid.mesh, strict=True)):
            raise UnsupportedError(f"{self.name} of a loaded result is known at the points of its grid only. Build the "
                                   "Hamiltonian again from its formula.")
        if self.times is None:
            return table
        found = np.flatnonzero(self.times == arguments[0])
        if found.size == 0:
            raise UnsupportedError(f"{self.name} of a loaded result is known at {len(self.times)} stored times only, t = "
                                   f"{self.times[0]:g} … {self.times[-1]:g}, not at t = {arguments[0]:g}. Build the "
                                   "Hamiltonian again from its formula.")
        return table[found[0]]


def grid_numbers(grid: Grid) -> dict[str, Any]:
    return {"shape": list(grid.shape), "bounds": np.array(grid.bounds), "boundary": list(grid.boundary),
            "twist": np.array(grid.twist)}


def hamiltonian_numbers(H: Hamiltonian, times: np.ndarray) -> dict[str, Any]:
    """The tree that a file holds of H; V(t, q) at the given times."""
    varies = H.time_dependent
    tables = [_complex_table(H, float(t)) for t in (times if varies else times[:1])]
    return {"grid": grid_numbers(H.grid), "hbar": float(H.hbar), "mass": np.asarray(H.mass, dtype=float),
            "times": np.array(times) if varies else None, "potential": np.stack(tables) if varies else tables[0],
            "metric": None if H.metric is None else np.asarray(H.metric(*H.grid.mesh), dtype=float),
            "nonlinear": H.nonlinearity is not None}


def hamiltonian_from(numbers: dict[str, Any]) -> Hamiltonian:
    """The Hamiltonian of such a tree."""
    stored = numbers["grid"]
    grid = Grid(tuple(stored["shape"]), stored["bounds"], tuple(stored["boundary"]), tuple(map(float, stored["twist"])))
    mass, metric, times = numbers["mass"], numbers["metric"], numbers["times"]
    potential = numbers["potential"] if times is None else StoredTables("V", grid, numbers["potential"], times)
    options: dict[str, Any] = {"nonlinearity": _unknown_nonlinearity} if numbers["nonlinear"] else {}
    return Hamiltonian(grid, potential, mass=float(mass) if np.ndim(mass) == 0 else mass, hbar=numbers["hbar"],
                       metric=None if metric is None else StoredTables("the metric", grid, metric),
                       time_dependent=times is not None, **options)


def _complex_table(H: Hamiltonian, t: float) -> np.ndarray:
    """V − iW, real where there is no W."""
    table, loss = H.potential_table(t), H.loss_table(t)
    if loss is None:
        return table
    if H.channels is None:
        return table - 1j * loss
    unit = np.eye(H.channels).reshape((H.channels, H.channels) + (1,) * H.grid.ndim)
    return table - 1j * unit * np.expand_dims(loss, (-H.grid.ndim - 2, -H.grid.ndim - 1))


def _unknown_nonlinearity(density: Any) -> Any:
    checks.fail("nonlinearity", "is a function, and functions are not stored", "a Hamiltonian of a loaded result",
                "Build it again from its formula.")
