"""What a solver hands to the certificate: the levels wanted and their neighbours on either side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.hermitian.certificate import Overlaps, Pairs

__all__ = ["Found", "around", "edges", "nearest"]

APART = 0.2     # mean spacings of the levels from which on a neighbour is no member of their last cluster


@final
@dataclass(frozen=True)
class Found:
    """energies (m,) ascending, rows (m, size) of length 1; the k wanted begin at ``first``, neighbours before and after.

    lowest : True where energies[0] is the lowest level of all.     words, stats : how they were found.
    pairs : a finer H → rows there, H applied to them, and overlaps, where the solver knows a faster way than transforms.
    bands : the share of the wavenumbers of each axis that the states use, where that is known, for the grid of the certificate.
    """

    energies: np.ndarray
    rows: np.ndarray
    first: int
    lowest: bool
    words: str
    stats: dict[str, Any]
    pairs: Callable[[Hamiltonian], tuple[Pairs, Overlaps | None]] | None = None
    bands: list[float] | None = None


def edges(energies: np.ndarray, k: int, target: float | None) -> tuple[int, int, int]:
    """(i, first, j): of ascending energies the k wanted begin at ``first``, and i … j−1 ends with neighbours apart."""
    return around(energies, 0 if target is None else nearest(energies, k, target), k)


def around(energies: np.ndarray, first: int, k: int) -> tuple[int, int, int]:
    """(i, first, j) for the k levels from ``first`` on."""
    end = first + k
    apart = APART * float(energies[end - 1] - energies[first]) / k
    i, j = first, end
    while i > 0:
        i -= 1
        if energies[first] - energies[i] > apart:
            break
    while j < len(energies):
        j += 1
        if energies[j - 1] - energies[end - 1] > apart:
            break
    return i, first, j


def nearest(energies: np.ndarray, k: int, target: float) -> int:
    """The first of the k neighbours in ascending energies whose farthest is nearest to the target; of equals, those with the
    smaller sum of distances, then the lower ones."""
    farthest = np.maximum(target - energies[:len(energies) - k + 1], energies[k - 1:] - target)
    sums = np.convolve(np.abs(energies - target), np.ones(k), "valid")
    return int(np.lexsort((sums, farthest))[0])
