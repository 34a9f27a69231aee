"""Reflections of one axis of a grid that leave the points alone: the parity of functions, and sums over half of the points."""

import numpy as np

from qlearn.grids import Grid
from qlearn.spectrum.hermitian.certificate import EPS

__all__ = ["half", "parities", "reflections", "unchanged"]

PURE = 1e-9     # largest difference between a function of unit length that has a parity and ± its reflection


def reflections(grid: Grid) -> list[np.ndarray]:
    """The point that each point of an axis goes to: about the middle of the points, on a period also about its first one."""
    n = grid.size
    return [np.arange(n)[::-1]] + [-np.arange(n) % n] * (grid.boundary[0] == "periodic")


def unchanged(values: np.ndarray, reflection: np.ndarray, axis: int) -> bool:
    """True where values on the points are those at the reflected points, but for rounding."""
    return bool(np.max(np.abs(np.take(values, reflection, axis=axis) - values)) <= 8 * EPS * np.max(np.abs(values)))


def parities(functions: np.ndarray, reflection: np.ndarray) -> np.ndarray | None:
    """1 or −1 for each of the rows (n, N), of length 1; None where one has no parity."""
    reflected = functions[:, reflection]
    signs = np.where(np.einsum("ij,ij->i", functions.conj(), reflected).real > 0, 1, -1)
    return signs if np.max(np.abs(reflected - signs[:, None] * functions)) <= PURE else None


def half(reflection: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One of each pair of points, and √ of how many it stands for: sums of products of equal parity keep their value."""
    points = np.flatnonzero(np.arange(len(reflection)) <= reflection)
    return points, np.sqrt(1.0 + (reflection[points] != points))
