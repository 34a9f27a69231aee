"""Which way leads to the levels near an energy: up from the lowest, where few lie below, or a filter round it."""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.filtered import filtered, filtered_rows
from qlearn.spectrum.hermitian.found import Found, around, nearest
from qlearn.spectrum.hermitian.iterative import iterative
from qlearn.spectrum.hermitian.line import on_line
from qlearn.spectrum.hermitian.weyl import levels_below

__all__ = ["from_below", "inside"]

BEYOND = 8              # levels beyond those wanted
SPARE = 1.25            # on the number of levels below the target
STEPS = 60.0            # applications of H to a row that block Davidson takes, as measured
ALGEBRA = 0.37          # time of its linear algebra over that of the applications, times rows, as measured
HELD = 7e7              # rows of the lowest levels times points: 4 GiB with the space of Davidson
ROUNDS = 6


def inside(H: Hamiltonian, k: int, target: float, goal: Goal) -> Found:
    """The k levels nearest to a target of any H, by the way that takes fewer applications of H."""
    size = int(np.prod(H.state_shape))
    m = _up_to(H, k, target)
    if m * size <= HELD and STEPS * m * (1 + ALGEBRA * m) <= filtered_rows(H, k, target):
        found = from_below(H, k, target, goal)
        if found is not None:
            return found
    return filtered(H, k, target, goal)


def from_below(H: Hamiltonian, k: int, target: float, goal: Goal, on_axis: bool = False) -> Found | None:
    """All levels from the lowest to beyond those wanted; None where they are too many."""
    size, m = int(np.prod(H.state_shape)), _up_to(H, k, target)
    for _ in range(ROUNDS):
        if m * size > HELD:
            return None
        found = on_line(H, m) if on_axis else iterative(H, m, goal)
        if found is None:
            return None
        energies = found.energies[:m]
        first = nearest(energies, k, target)
        if m == size or (first + k < m and energies[-1] - target >= target - energies[first]):
            i, first, j = around(found.energies, first, k)
            words = f"{found.words}, of the {m} lowest"
            return Found(found.energies[i:j], found.rows[i:j], first - i, i == 0, words, found.stats)
        m = min(size, int(1.5 * m) + k)
    return None


def _up_to(H: Hamiltonian, k: int, target: float) -> int:
    """About the number of levels up to those wanted and some more."""
    return min(int(SPARE * levels_below(H, target)) + k + BEYOND, int(np.prod(H.state_shape)))
