"""What is watched behind every step of a splitting: how much of φ is at some points, and at some of its modes."""

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
        sums = squared_sums(self._rows(phi), (-1,))
        self._totals = np.where(sums > 0, sums, np.inf)[:, None] * (1, size)
        self._most = np.zeros((len(sums), 2))
        self._waiting: tuple[list[np.ndarray], list[np.ndarray]] = [], []

    @property
    def seen(self) -> np.ndarray:
        """(2,) the largest share of Σ|φ|², of any member of a batch, that was ever at the points and at the modes."""
        for which in (0, 1):
            self._add_up(which)
        return np.asarray((self._most / self._totals).max(axis=0))

    def see(self, phi: Any) -> None:
        self._see(0, phi, self.points)

    def see_modes(self, modes: Any) -> None:
        self._see(1, modes, self.modes)

    def note(self, sums: np.ndarray) -> None:
        """Take in the largest Σ|φ|² at the points and Σ|φ_k|² at the modes that each member had, (members, 2)."""
        np.maximum(self._most, sums, out=self._most)

    def _see(self, which: int, values: Any, index: np.ndarray) -> None:
        rows, waiting = self._rows(values), self._waiting[which]
        waiting.append(rows.take(index, axis=1) if isinstance(rows, np.ndarray)
                       else to_numpy(namespace(rows).take(rows, like(index, rows), axis=1)))
        if len(waiting) * len(index) * len(self._most) >= AT_ONCE:
            self._add_up(which)

    def _add_up(self, which: int) -> None:
        waiting = self._waiting[which]
        if waiting:
            self._most[:, which] = np.maximum(self._most[:, which], squared_sums(np.array(waiting), (-1,)).max(axis=0))
            waiting.clear()

    def _rows(self, values: Any) -> Any:
        """(members, points)."""
        return values.reshape(-1, self.size) if isinstance(values, np.ndarray) else \
            namespace(values).reshape(values, (-1, self.size))
