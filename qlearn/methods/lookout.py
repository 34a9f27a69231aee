"""What is watched behind every step of a splitting: how much of φ is at some points, and at some of its modes."""

from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, namespace, squared_sums

__all__ = ["Lookout"]


@final
class Lookout:
    """points, modes : indices of (*shape), flat, modes in the order of ``grid.wavenumbers``.   phi : (…, *shape), the first one.

    seen : (2,) the largest share of Σ|φ|², of any member of a batch, that was at the points and at the modes since it was
    last set to zero. φ is seen behind each step, up to a phase at each point; its modes behind the first transform of a step.
    """

    def __init__(self, points: np.ndarray, modes: np.ndarray, phi: Any, size: int):
        self.points, self.modes, self.size = points, modes, size
        sums = squared_sums(self._rows(phi), (-1,))
        self.some = np.flatnonzero(sums)
        self.totals, self.seen = sums[self.some], np.zeros(2)

    def see(self, phi: Any) -> None:
        self._note(0, phi, self.points, 1)

    def see_modes(self, modes: Any) -> None:
        self._note(1, modes, self.modes, self.size)

    def note(self, sums: np.ndarray) -> None:
        """Take in the largest Σ|φ|² at the points and Σ|φ_k|² at the modes that each member had, (members, 2)."""
        shares = np.max(sums[self.some] / self.totals[:, None], axis=0) / (1, self.size)
        self.seen = np.maximum(self.seen, shares)

    def _note(self, which: int, values: Any, index: np.ndarray, scale: int) -> None:
        rows = self._rows(values)
        part = rows[:, index] if isinstance(rows, np.ndarray) else namespace(rows).take(rows, like(index, rows), axis=1)
        share = float(np.max(squared_sums(part, (-1,))[self.some] / self.totals)) / scale
        self.seen[which] = max(self.seen[which], share)

    def _rows(self, values: Any) -> Any:
        """(members, points)."""
        return values.reshape(-1, self.size) if isinstance(values, np.ndarray) else \
            namespace(values).reshape(values, (-1, self.size))
