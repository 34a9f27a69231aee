"""What is watched all the way: how much of φ is at some points, and at some of its modes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, namespace, squared_sums, to_numpy

__all__ = ["Lookout", "Places"]

AT_ONCE = 2**13  # numbers seen that are kept before they are added up


@final
@dataclass(frozen=True, eq=False)
class Places:
    """Points and modes of (*shape), flat indices, modes in the order of ``grid.wavenumbers``."""

    points: np.ndarray
    modes: np.ndarray


@final
class Lookout:
    """phi : (…, *shape), the first state.   size : points of (*shape).

    Splittings show φ behind each step, up to a phase at each point, and its modes behind the first transform of a step;
    Chebyshev expansions some of their terms.
    """

    def __init__(self, places: Places, phi: Any, size: int):
        self.places, self.size = places, size
        rows = phi.reshape(-1, size) if isinstance(phi, np.ndarray) else namespace(phi).reshape(phi, (-1, size))
        sums = [total if total > 0 else np.inf for total in squared_sums(rows, (-1,)).tolist()]
        self._totals = np.array([(total, total * size) for total in sums])
        self._most, self._noted = np.zeros((2, len(sums), 2))

    @property
    def seen(self) -> np.ndarray:
        """(2,) the largest share of Σ|φ|², of any member of a batch, that was ever at the points and at the modes."""
        if "_shown" in self.__dict__:
            self.note(np.stack([part.most() for part in self._shown], axis=1))
        np.maximum(self._most, self._noted, out=self._most)
        return np.asarray((self._most / self._totals).max(axis=0))

    def forget(self) -> None:
        """What was shown or noted since ``seen`` was asked for."""
        self._noted[:] = 0.0
        self.__dict__.pop("_shown", None)

    def see(self, phi: Any) -> None:
        self._shown[0].see(phi)

    def see_modes(self, modes: Any) -> None:
        self._shown[1].see(modes)

    def note(self, sums: np.ndarray) -> None:
        """Take in the largest Σ|φ|² at the points and Σ|φ_k|² at the modes that each member had, (members, 2)."""
        np.maximum(self._noted, sums, out=self._noted)

    @cached_property
    def _shown(self) -> tuple["_Shown", "_Shown"]:
        """Of loops that show φ and its modes, which the compiled one looks at by itself."""
        members = self.size * np.arange(len(self._most))[:, None]
        return _Shown(members + self.places.points), _Shown(members + self.places.modes)


@final
class _Shown:
    """What is at some places of arrays, (members, k) as indices of all numbers; copies are added up some at a time."""

    def __init__(self, places: np.ndarray):
        self.places, self._some = places, max(1, AT_ONCE // max(1, places.size))
        self._most, self._copies = np.zeros(len(places)), list[Any]()

    def see(self, values: Any) -> None:
        self._copies.append(values.take(self.places) if isinstance(values, np.ndarray) else self._taken(values))
        if len(self._copies) > self._some:
            self.most()

    def most(self) -> np.ndarray:
        """(members,) the largest Σ|a|² of each."""
        if self._copies:
            copies = np.array([to_numpy(copy).reshape(self.places.shape) for copy in self._copies])
            self._most = np.maximum(self._most, squared_sums(copies, (-1,)).max(axis=0))
            self._copies.clear()
        return self._most

    def _taken(self, values: Any) -> Any:
        """``values.take(places)`` of an array of another kind, where it is."""
        xp = namespace(values)
        return xp.take(xp.reshape(values, (-1,)), like(self.places.ravel(), values), axis=0)
