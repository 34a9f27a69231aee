"""What is watched behind every step of a splitting: how much of φ is at some points, and at some of its modes."""

from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, namespace, squared_sums, to_numpy

__all__ = ["Lookout"]

AT_ONCE = 2**13  # numbers seen that are kept before they are added up


@final
class Lookout:
    """points, modes : indices of (*shape), flat, modes in the order of ``grid.wavenumbers``.   phi : (…, *shape), the first one.

    φ is seen behind each step, up to a phase at each point; its modes behind the first transform of a step.
    """

    def __init__(self, points: np.ndarray, modes: np.ndarray, phi: Any, size: int):
        self.points, self.modes, self.size = points, modes, size
        rows = phi.reshape(-1, size) if isinstance(phi, np.ndarray) else namespace(phi).reshape(phi, (-1, size))
        sums = [total if total > 0 else np.inf for total in squared_sums(rows, (-1,)).tolist()]
        self._totals, self._most = np.array([(total, total * size) for total in sums]), np.zeros((len(sums), 2))

    @property
    def seen(self) -> np.ndarray:
        """(2,) the largest share of Σ|φ|², of any member of a batch, that was ever at the points and at the modes."""
        if "_shown" in self.__dict__:
            self.note(np.stack([part.most() for part in self._shown], axis=1))
        return np.asarray((self._most / self._totals).max(axis=0))

    def see(self, phi: Any) -> None:
        self._shown[0].see(phi)

    def see_modes(self, modes: Any) -> None:
        self._shown[1].see(modes)

    def note(self, sums: np.ndarray) -> None:
        """Take in the largest Σ|φ|² at the points and Σ|φ_k|² at the modes that each member had, (members, 2)."""
        np.maximum(self._most, sums, out=self._most)

    @cached_property
    def _shown(self) -> tuple["_Places", "_Places"]:
        """Of loops that show φ and its modes, which the compiled one looks at by itself."""
        members = self.size * np.arange(len(self._most))[:, None]
        return _Places(members + self.points), _Places(members + self.modes)


@final
class _Places:
    """What is at some places of arrays, (members, k) as indices of all numbers; copies are added up some at a time."""

    def __init__(self, places: np.ndarray):
        self.places, self._some = places, max(1, AT_ONCE // max(1, places.size))
        self._most, self._copies = np.zeros(len(places)), list[np.ndarray]()

    def see(self, values: Any) -> None:
        self._copies.append(values.take(self.places) if isinstance(values, np.ndarray) else _taken(values, self.places))
        if len(self._copies) > self._some:
            self.most()

    def most(self) -> np.ndarray:
        """(members,) the largest Σ|a|² of each."""
        if self._copies:
            self._most = np.maximum(self._most, squared_sums(np.array(self._copies), (-1,)).max(axis=0))
            self._copies.clear()
        return self._most


def _taken(values: Any, places: np.ndarray) -> np.ndarray:
    """``values.take(places)`` of an array of another kind."""
    flat, index = namespace(values).reshape(values, (-1,)), like(places.ravel(), values)
    return to_numpy(namespace(values).take(flat, index, axis=0)).reshape(places.shape)
