"""Scratch arrays that are used again: fresh memory costs more than a transform in most operating systems."""

from typing import final

import numpy as np

__all__ = ["Workspace"]


@final
class Workspace:
    """Complex arrays of one shape, lent by ``take`` and handed back by ``give``; those of the last shape are kept.

    Two threads never hold the same array.
    """

    def __init__(self) -> None:
        self._shape: tuple[int, ...] = ()
        self._free: list[np.ndarray] = []

    def take(self, shape: tuple[int, ...]) -> np.ndarray:
        """An array of this shape with any content."""
        if shape != self._shape:
            self._shape, self._free = shape, []
        try:
            array = self._free.pop()
        except IndexError:
            return np.empty(shape, dtype=complex)
        return array if array.shape == shape else np.empty(shape, dtype=complex)

    def give(self, array: np.ndarray) -> None:
        """Hand an array back; it must not be used any more."""
        if array.shape == self._shape and array.dtype == complex and array.base is None:
            self._free.append(array)
