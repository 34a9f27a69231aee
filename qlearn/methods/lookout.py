"""What is watched behind every step of a splitting: how much of φ is at some points, and at some of its modes."""

from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, namespace, squared_sums
from qlearn.kernels.sums import raise_to_sums

__all__ = ["Lookout"]


@final
class Lookout:
    """points, modes : indices of (*shape), flat, modes in the order of ``grid.wavenumbers``.   phi : (…, *shape), the first one.

    φ is seen behind each step, up to a phase at each point; its modes behind the first transform of a step.
    """

    def __init__(self, points: np.ndarray, modes: np.ndarray, phi: Any, size: int):
        self.points, self.modes, self.size = points, modes, size
        sums = squared_sums(self._rows(phi), (-1,))
        self._totals = np.where(sums > 0, sums, np.inf)[:, None] * (1, size)
        self._most = np.zeros((len(sums), 2))

    @property
    def seen(self) -> np.ndarray:
        """(2,) the largest share of Σ|φ|², of any member of a batch, that was ever at the points and at the modes."""
        return np.asarray((self._most / self._totals).max(axis=0))

    def see(self, phi: Any) -> None:
        self._see(0, phi, self.points)

    def see_modes(self, modes: Any) -> None:
        self._see(1, modes, self.modes)

    def note(self, sums: np.ndarray) -> None:
        """Take in the largest Σ|φ|² at the points and Σ|φ_k|² at the modes that each member had, (members, 2)."""
        np.maximum(self._most, sums, out=self._most)

    def _see(self, which: int, values: Any, index: np.ndarray) -> None:
        rows, most = self._rows(values), self._most[:, which]
        if isinstance(rows, np.ndarray):
            raise_to_sums(most, rows, index)
        else:
            np.maximum(most, squared_sums(namespace(rows).take(rows, like(index, rows), axis=1), (-1,)), out=most)

    def _rows(self, values: Any) -> Any:
        """(members, points)."""
        return values.reshape(-1, self.size) if isinstance(values, np.ndarray) else \
            namespace(values).reshape(values, (-1, self.size))
