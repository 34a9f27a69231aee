"""How far a state gets at its energy, in place and in wavenumber: where a window of the grid has to reach, and how fine it is.

A static H conserves energy. Every part of ψ above an amplitude ε has an energy of at most

    E = max{V(x) : |ψ(x)| > ε max|ψ|} + max{T(k) : |ψ_k| > ε max|ψ_k|}

so that ψ moves where V < E and, in momentum, where T < E − min V. Beyond, it falls off like

    exp(−∫ √(2m(V − E))/ħ dx),        exp(−∫ y dk),   T(k) = E − V(x0 + iy) ≈ E − min V + V'' y²/2,

x0 the place where V is least. An extent ends where these are √ε; parts of energy E, which get farthest, are faint themselves.
"""

import math
from functools import cached_property
from typing import Any, NamedTuple, cast, final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import TINY, squares
from qlearn.kernels.phases import may_compile

__all__ = ["FLAT", "NEAR", "TOLD", "Extent", "Presence", "by_energy", "sorted_waves"]

NEAR = 0.1        # of E − min V: how far above its least value V is looked at for V''
FLAT = 1e-9       # of E − min V, over the length of the axis squared: V'' that changes no momentum
TOLD = 0.9        # of the Nyquist wavenumber of the window


class Extent(NamedTuple):
    """Of one axis: the first point, the one behind the last, and the wavenumber that the points have to tell from others."""

    first: int
    end: int
    nyquist: float


@final
class Presence:
    """A state psi (…, *shape) and its ``modes``, NumPy; ``faint``: the amplitude ε, of the largest one, below which it is not."""

    def __init__(self, grid: Grid, psi: np.ndarray, modes: np.ndarray, faint: float):
        self.grid, self.psi, self.modes, self.faint = grid, psi, modes, faint

    @cached_property
    def places(self) -> np.ndarray:
        """|ψ|² over its largest value, (*shape), the largest of a batch."""
        return _powers(self.psi, self.grid)

    @cached_property
    def waves(self) -> np.ndarray:
        """The same of |ψ_k|²."""
        return _powers(self.modes, self.grid)


def _powers(values: np.ndarray, grid: Grid) -> np.ndarray:
    powers = squares(values).reshape(-1, grid.size)
    powers /= np.maximum(powers.max(axis=1, keepdims=True), TINY)
    return (powers[0] if len(powers) == 1 else powers.max(axis=0)).reshape(grid.shape)


def by_energy(hamiltonian: Hamiltonian, presence: Presence) -> tuple[list[Extent], float]:
    """(the extent of each axis under a static V, E)."""
    lines: list[_Line] = hamiltonian.kept("lines", lambda: [_line(hamiltonian, axis) for axis in range(hamiltonian.grid.ndim)])
    if len(lines) == 1 and may_compile():
        return _on_a_line(hamiltonian, presence, lines[0])
    grid, faint = hamiltonian.grid, presence.faint**2
    potential, kinetic = hamiltonian.potential_table(), hamiltonian.kinetic.table
    energy = float(potential[presence.places > faint].max() + kinetic[presence.waves > faint].max())
    decay, extents = -0.5 * math.log(presence.faint), []
    for axis, line in enumerate(lines):
        height, spacing = energy - line.least, float(grid.spacing[axis])
        first, end = fallen(line.scale * np.sqrt(np.maximum(line.lowest - energy, 0)), decay)
        bend = float(line.bends[line.lowest - line.least <= NEAR * height].max()) / spacing**2
        depth = depth_of_waves(line.slowest - height, bend, height, line.change, spacing * len(line.lowest))
        low, high = fallen(depth * (2 * math.pi / float(grid.lengths[axis])), decay)
        extents.append(_extent(line, first, end, low, high))
    return extents, energy


def _on_a_line(hamiltonian: Hamiltonian, presence: Presence, line: "_Line") -> tuple[list[Extent], float]:
    from qlearn.kernels.compiled_extents import on_a_line

    n, find = len(line.k), cast(Any, on_a_line)
    psi, modes = (np.ascontiguousarray(values).reshape(-1, n) for values in (presence.psi, presence.modes))
    *reached, energy = find(psi, modes, hamiltonian.potential_table(), hamiltonian.kinetic.table, line.lowest, line.bends,
                            line.slowest, line.least, line.change, presence.faint**2, -0.5 * math.log(presence.faint), line.scale,
                            float(hamiltonian.grid.spacing[0]), NEAR, FLAT)
    return [_extent(line, *reached)], energy


def _extent(line: "_Line", first: int, end: int, low: int, high: int) -> Extent:
    return Extent(first, end, max(abs(float(line.k[low])), abs(float(line.k[high - 1]))) / TOLD)


class _Line(NamedTuple):
    """Of one axis of a static H: the least V on each of its planes, |δ²| of that, its least value and how much it changes; the
    wavenumbers, as they ascend, and the least T at each of them; √(2m)Δx/ħ."""

    lowest: np.ndarray
    bends: np.ndarray
    least: float
    change: float
    k: np.ndarray
    slowest: np.ndarray
    scale: float


def _line(hamiltonian: Hamiltonian, axis: int) -> _Line:
    grid = hamiltonian.grid
    others = tuple(a for a in range(grid.ndim) if a != axis)
    lowest, slowest = (table.min(axis=others) if others else table
                       for table in (hamiltonian.potential_table(), hamiltonian.kinetic.table))
    bends = np.abs(np.roll(lowest, 1) - 2 * lowest + np.roll(lowest, -1))
    scale = math.sqrt(2 / float(hamiltonian.kinetic.inverse[axis, axis])) / hamiltonian.hbar * float(grid.spacing[axis])
    return _Line(lowest, bends, float(lowest.min()), float(np.ptp(lowest)), sorted_waves(grid.wavenumbers[axis]),
                 sorted_waves(slowest), scale)


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
    free = (rates == 0).nonzero()[0]
    a, b = (int(free[0]), int(free[-1])) if free.size else (0, len(rates) - 1)
    before, behind = (int(part.cumsum().searchsorted(decay)) for part in (rates[:a][::-1], rates[b + 1:]))
    return a - before, b + 1 + behind
