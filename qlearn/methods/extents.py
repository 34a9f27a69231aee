"""How far a state gets at its energy, in place and in wavenumber: where a window of the grid has to reach, and how fine it is.

A static H conserves energy. Every part of ψ above an amplitude ε has an energy of at most

    E = max{V(x) : |ψ(x)| > ε max|ψ|} + max{T(k) : |ψ_k| > ε max|ψ_k|}

so that ψ moves where V < E and, in momentum, where T < E − min V. Beyond, it falls off like

    exp(−∫ √(2m(V − E))/ħ dx),        exp(−∫ y dk),   T(k) = E − V(x0 + iy) ≈ E − min V + V'' y²/2,

x0 the place where V is least. An extent ends where these are √ε; parts of energy E, which get farthest, are faint themselves.
"""

from typing import NamedTuple

import numpy as np

from qlearn.hamiltonian import Hamiltonian

__all__ = ["NEAR", "TOLD", "Extent", "Presence", "by_energy", "depth_of_waves", "fallen", "sorted_waves"]

NEAR = 0.1        # of E − min V: how far above its least value V is looked at for V''
FLAT = 1e-9       # of E − min V, over the length of the axis squared: V'' that changes no momentum
TOLD = 0.9        # of the Nyquist wavenumber of the window


class Extent(NamedTuple):
    """Of one axis: the first point, the one behind the last, and the wavenumber that the points have to tell from others."""

    first: int
    end: int
    nyquist: float


class Presence(NamedTuple):
    """|ψ|² and |ψ_k|², (*shape), over their largest values, the largest of a batch, and ε."""

    places: np.ndarray
    waves: np.ndarray
    faint: float


def by_energy(hamiltonian: Hamiltonian, presence: Presence) -> tuple[list[Extent], float]:
    """(the extent of each axis under a static V, E)."""
    grid, potential, kinetic = hamiltonian.grid, hamiltonian.potential_table(), hamiltonian.kinetic.table
    faint = presence.faint**2
    energy = float(np.max(potential[presence.places > faint]) + np.max(kinetic[presence.waves > faint]))
    height, decay, extents = energy - float(np.min(potential)), -0.5 * np.log(presence.faint), []
    for axis in range(grid.ndim):
        others = tuple(a for a in range(grid.ndim) if a != axis)
        lowest, slowest = (np.min(table, axis=others) if others else table for table in (potential, kinetic))
        spacing = float(grid.spacing[axis])
        rates = np.sqrt(2 * np.maximum(lowest - energy, 0) / hamiltonian.kinetic.inverse[axis, axis]) / hamiltonian.hbar
        first, end = fallen(rates * spacing, decay)
        bend = np.abs(np.roll(lowest, 1) - 2 * lowest + np.roll(lowest, -1))[lowest - np.min(lowest) <= NEAR * height]
        depth = depth_of_waves(sorted_waves(slowest) - height, float(np.max(bend)) / spacing**2, height,
                               float(np.ptp(lowest)), spacing * len(lowest))
        low, high = fallen(depth * (2 * np.pi / float(grid.lengths[axis])), decay)
        k = sorted_waves(grid.wavenumbers[axis])
        extents.append(Extent(first, end, max(abs(float(k[low])), abs(float(k[high - 1]))) / TOLD))
    return extents, energy


def sorted_waves(values: np.ndarray) -> np.ndarray:
    """A line in the order of ``grid.wavenumbers``, as k ascends."""
    half = (len(values) + 1) // 2
    return np.concatenate([values[half:], values[:half]])


def depth_of_waves(excess: np.ndarray, bend: float, height: float, change: float, length: float) -> np.ndarray:
    """y(k) where V(x0 + iy) is ``excess`` below min V; no longer than a few lengths of V, which is not quadratic for ever.

    bend : V''.   height : E − min V.   change : of V over the axis.   length : of the axis, y where V is flat.
    """
    if bend <= FLAT * height / length**2:
        return np.where(excess > 0, length, 0.0)
    change = min(change, height)
    return np.sqrt(change / bend) * np.arcsinh(np.sqrt(2 * np.maximum(excess, 0) / change))


def fallen(rates: np.ndarray, decay: float) -> tuple[int, int]:
    """first, end: from the places where rates are 0 outwards until their sum exceeds ``decay``, or the array ends."""
    free = np.flatnonzero(rates == 0)
    a, b = (int(free[0]), int(free[-1])) if free.size else (0, len(rates) - 1)
    before, behind = (int(np.searchsorted(np.cumsum(part), decay)) for part in (rates[:a][::-1], rates[b + 1:]))
    return a - before, b + 1 + behind
