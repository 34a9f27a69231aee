"""A Hamiltonian as numbers, and back: the tables of V, metric and vector potential, never the callables they came from.

What comes back does all that needs tables only: H @ psi, expect, eigenstates, to_matrix, sesolve. Where V or A depend on t they
are known at the stored times and no others; a nonlinearity is known to have been there and cannot be evaluated; a finer grid
has no values. Each of these says so when it is asked.
"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.geometry import metric_tensor

__all__ = ["StoredTables", "grid_from", "grid_numbers", "hamiltonian_from", "hamiltonian_numbers"]

AGAIN = "Build the Hamiltonian again from its formula."


@final
class StoredTables:
    """A callable (*q) that gives stored tables at the points they belong to, or (t, *q) with ``times`` at these times.

    axes : for each table the 1-D arrays of its points; with times there is one set of points and a table for each time.
    ``ready`` becomes True once the Hamiltonian has been made, which asks for the form of V at times of its own.
    """

    ready = False

    def __init__(self, name: str, axes: Sequence[Sequence[np.ndarray]], tables: Any, times: np.ndarray | None = None):
        self.name, self.axes, self.tables, self.times = name, axes, tables, times

    def __call__(self, *arguments: Any) -> np.ndarray:
        if self.times is None:
            return self.tables[self._place(arguments)]
        t, *q = arguments
        self._place(q)
        found = np.flatnonzero(self.times == t)
        if found.size == 0 and not self.ready:
            return self.tables[0]
        if found.size == 0:
            raise UnsupportedError(f"{self.name} of a loaded result is known at {len(self.times)} stored times only, t = "
                                   f"{self.times[0]:g} … {self.times[-1]:g}, not at t = {t:g}. {AGAIN}")
        return self.tables[found[0]]

    def _place(self, q: Sequence[Any]) -> int:
        for number, axes in enumerate(self.axes):
            if len(q) == len(axes) and all(np.array_equal(x, mesh) for x, mesh
                                           in zip(q, np.meshgrid(*axes, indexing="ij"), strict=True)):
                return number
        raise UnsupportedError(f"{self.name} of a loaded result is known at the points of its grid only. {AGAIN}")


@final
class StoredNonlinearity:
    """Stands where f(|ψ|²) was, real or complex; ``known`` becomes False once the Hamiltonian has been made."""

    known = True

    def __init__(self, *, is_complex: bool):
        self.zero = 0j if is_complex else 0.0

    def __call__(self, density: Any) -> Any:
        if not self.known:
            raise UnsupportedError(f"the nonlinearity of a loaded result is a function, and functions are not stored. {AGAIN}")
        return self.zero * density


def grid_numbers(grid: Grid) -> dict[str, Any]:
    return {"shape": list(grid.shape), "bounds": np.array(grid.bounds), "boundary": list(grid.boundary),
            "twist": np.array(grid.twist)}


def grid_from(numbers: dict[str, Any]) -> Grid:
    """The grid of ``grid_numbers``."""
    return Grid(tuple(numbers["shape"]), numbers["bounds"], tuple(numbers["boundary"]), tuple(map(float, numbers["twist"])))


def hamiltonian_numbers(H: Hamiltonian, times: np.ndarray) -> dict[str, Any]:
    """The tree that a file holds of H; V(t, q) and A(t, q) at the given times."""
    varies, given = H.time_dependent, H.vector_potential
    instants = [float(t) for t in (times if varies else times[:1])]
    tables = [H.optical_potential(t) for t in instants]
    numbers = {"grid": grid_numbers(H.grid), "hbar": float(H.hbar), "mass": np.asarray(H.mass, dtype=float),
               "times": np.array(times) if varies else None, "potential": np.stack(tables) if varies else tables[0],
               "vector_potential": None, "metric": None, "nonlinear": H.nonlinearity is not None,
               "complex_mean_field": H.has_complex_mean_field}
    if given is not None:
        numbers["vector_potential"] = np.stack([H.kinetic.vector_potential(t) for t in instants]) if callable(given) \
            else np.atleast_1d(np.asarray(given, dtype=float))
    if H.metric is not None:
        places = _metric_places(H.grid)
        numbers["metric"] = [{"axes": list(axes), "table": metric_tensor(H.metric, np.meshgrid(*axes, indexing="ij"))}
                             for axes in places]
    return numbers


def hamiltonian_from(numbers: dict[str, Any]) -> Hamiltonian:
    """The Hamiltonian of such a tree."""
    grid = grid_from(numbers["grid"])
    mass, metric, times, A = (numbers[name] for name in ("mass", "metric", "times", "vector_potential"))
    potential = numbers["potential"] if times is None else StoredTables("V", [grid.axes], numbers["potential"], times)
    options: dict[str, Any] = {}
    if A is not None:
        options["vector_potential"] = A if A.ndim == 1 else StoredTables("the vector potential", [grid.axes], A, times)
    if metric is not None:
        options["metric"] = StoredTables("the metric", [part["axes"] for part in metric], [part["table"] for part in metric])
    if numbers["nonlinear"]:
        options["nonlinearity"] = StoredNonlinearity(is_complex=bool(numbers.get("complex_mean_field", False)))
    H = Hamiltonian(grid, potential, mass=float(mass) if np.ndim(mass) == 0 else mass, hbar=numbers["hbar"],
                    time_dependent=times is not None, **options)
    for part in (potential, options.get("vector_potential")):
        if isinstance(part, StoredTables):
            part.ready = True
    if numbers["nonlinear"]:
        options["nonlinearity"].known = False
    return H


def _metric_places(grid: Grid) -> list[tuple[np.ndarray, ...]]:
    """Where the kinetic part asks for the metric: at the points of the grid and, along each axis with walls, on these too."""
    places = [grid.axes]
    for a, kind in enumerate(grid.boundary):
        if kind == "wall":
            ends = np.concatenate([[grid.bounds[a][0]], grid.axes[a], [grid.bounds[a][1]]])
            places.append((*grid.axes[:a], ends, *grid.axes[a + 1:]))
    return places
