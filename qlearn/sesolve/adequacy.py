"""Is the grid fine and wide enough for this ψ? What is watched during a run, and when it warns.

Too coarse: beyond the largest wavenumbers of the grid the spectrum goes on falling as it falls before. With the shares τ of
Σ|ψ_k|² in the outer tenth of the wavenumbers and τ′ in the two tenths before, q = √(τ/τ′) a tenth, what is cut
off is about

    √(τ q/(1 − q)),      warned about above tol.

Too small: a periodic axis is a ring, and a packet that runs round it, or a state all the way round, is legitimate: the
density at the seam a ~ b alone is no error. It is one where V does not continue smoothly across the seam, as for
V = x²/2 on (−8, 8): there a line was meant, and the wave has reached the place where the ring differs from it. Where V has a
kink or a jump at the seam, the density ρ is continued beyond either end as it falls before it, by a factor q a point: what
would be outside, and what comes in from there, is about

    √(Σ_ends ρ q/(1 − q) / Σ_j ρ_j)      and warned about above tol.

A wall is part of the problem and the poles of a sphere are inside it: density there says nothing.

Where an absorber has taken from ψ, both are measured against ψ0, as tol is: what is wrong with the rest of a wave that has
left is as small as that rest.

A look at the modes costs one transform of each wave function. The first and the last state are looked at; in between, and at
the stops that a method shows, a look is taken while all looks together stay below 1 % of the transforms of the method.
"""

import math
import warnings
from functools import cache
from typing import Any, final

import numpy as np

from qlearn.errors import AccuracyWarning
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import TINY, to_numpy
from qlearn.kernels.sums import NO_TABLE, around, ranges, sums
from qlearn.methods import Record
from qlearn.observables import modes

__all__ = ["GridMonitor", "seam_is_rough"]

ROUGHER = 100.0  # sixth differences at the seam, against the largest near it
STENCIL = 6
NEAR = 1 / 8     # of the axis: how far from the seam, and at least as many points as a difference takes
FLATTEST = 2.0  # tenths of the wavenumbers: nothing is taken to go on for longer beyond them
OUTER = 1 / 32   # of the axis: over so much the density at its ends is seen to fall off
SLOWEST = 1 / 8  # of the axis: no density is taken to go on for longer than that
NOTHING = 1e-30  # a density, relative to the largest, that is that of rounding
SHARE = 0.01     # of the transforms of the method may go into looks
ROUNDING = 1e-13  # a spectrum that is flat at this level is that of rounding
KEPT = ("tail", "edge", "cut_off", "outside", "ffts")


@final
class GridMonitor:
    """The worst spectral tail and edge density of the states it has seen."""

    def __init__(self, hamiltonian: Hamiltonian, record: Record, time: float):
        self.hamiltonian, self.grid, self.record = hamiltonian, hamiltonian.grid, record
        self.rough = _rough_seams(hamiltonian, time if hamiltonian.time_dependent else 0.0)
        self.tail, self.edge, self.cut_off, self.outside, self.ffts = 0.0, 0.0, 0.0, 0.0, 0
        self._first: list[float] | None = None      # Σ|φ|² of each member at the first look, which is at ψ0
        self._told = set[str]()                     # what has been warned about

    def glance(self, phi: Any) -> None:
        """Look at φ (…, *state_shape), the periodic part of ψ: at the seams always, at the modes where transforms allow it."""
        left = self._see_edges(phi, NO_TABLE)[1]
        copies = math.prod(phi.shape) // self.grid.size
        if self.record.ffts == 0 or self.ffts + copies <= SHARE * self.record.ffts:
            self._see_modes(self._modes(phi), left, NO_TABLE)

    def look(self, phi: Any, found: np.ndarray | None = None, potential: np.ndarray = NO_TABLE,
             kinetic: np.ndarray = NO_TABLE) -> tuple[np.ndarray, np.ndarray]:
        """Look at seams and modes, ``found`` where they are known; returns Σ V|φ|²/Σ|φ|² and Σ T|φ_k|²/Σ|φ_k|² for tables
        (*shape) of V and T, (members,) each; 0 without one, NaN for a zero state."""
        seen, left = self._see_edges(phi, potential)
        of_modes = self._see_modes(self._modes(phi) if found is None else found, left, kinetic)
        return _means(seen), _means(of_modes)

    def see_edges(self, phi: Any) -> None:
        """Look at the seams of φ (…, *state_shape)."""
        self._see_edges(phi, NO_TABLE)

    def snapshot(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in KEPT}

    def restore(self, saved: dict[str, Any]) -> None:
        for name in KEPT:
            setattr(self, name, saved[name])

    def _sums(self, values: np.ndarray, axis: int, parts: np.ndarray, table: np.ndarray = NO_TABLE) -> list[list[float]]:
        """See qlearn.kernels.sums, with all channels of a member together."""
        before, n, behind = around(values.shape[values.ndim - self.grid.ndim:])[axis]
        found: list[list[float]] = sums(values, (before * (self.hamiltonian.channels or 1), n, behind), parts, table).tolist()
        return found

    def _modes(self, phi: Any) -> np.ndarray:
        self.ffts += math.prod(phi.shape) // self.grid.size
        return modes(self.grid, to_numpy(phi))

    def _see_modes(self, found: np.ndarray, left: list[float], table: np.ndarray) -> list[list[float]]:
        """The sums of the modes (…, *state_shape) of axis 0, with those of the table."""
        looks = [self._sums(found, axis, places, NO_TABLE if axis else table)
                 for axis, places in enumerate(self.grid.outer_modes)]
        for look in looks:
            for (total, _, _, outer, more), share in zip(look, left, strict=True):
                last = outer * share / max(total, TINY)
                self.tail = max(self.tail, last)
                self.cut_off = max(self.cut_off, _cut_off(last, more * share / max(total, TINY)))
        return looks[0]

    def _left(self, totals: list[float]) -> list[float]:
        """The share of |ψ0|² that is left, at most 1, of each member; 1 where H is Hermitian."""
        if self.hamiltonian.is_hermitian:
            return [1.0] * len(totals)
        self._first = totals if self._first is None else self._first
        return [min(total / first, 1.0) if first > 0 else 1.0 for total, first in zip(totals, self._first, strict=True)]

    def _see_edges(self, phi: Any, table: np.ndarray) -> tuple[list[list[float]], list[float]]:
        """(the sums of axis 0, with those of the table; what is left of each member)."""
        phi = to_numpy(phi)
        shape = phi.shape[phi.ndim - self.grid.ndim:]  # of a window, maybe
        looks = [self._sums(phi, axis, _ends(n), NO_TABLE if axis else table) for axis, n in enumerate(shape)]
        left = self._left([numbers[0] for numbers in looks[0]])
        for axis, rough in self.rough.items():
            for numbers, share in zip(looks[axis], left, strict=True):
                edge = max(numbers[3], numbers[4]) / max(numbers[2], TINY) * share
                self.edge = max(self.edge, edge)
                if rough and edge > NOTHING:
                    self.outside = max(self.outside, _outside(numbers, shape[axis]) * share)
        return looks[0], left

    def warn(self, tol: float, depth: int) -> None:
        """Warn where the grid, not the method, limits the accuracy, once of each; ``depth`` frames above this one the user
        called."""
        if math.sqrt(self.cut_off) > max(tol, ROUNDING) and "coarse" not in self._told:
            self._told.add("coarse")
            warnings.warn(f"the grid is too coarse for ψ: the outer tenth of its wavenumbers holds a share of "
                          f"{self.tail:.1e} of |ψ_k|², so that a part of about {np.sqrt(self.cut_off):.0e} is cut off, above "
                          f"tol = {tol:g}. Take more points an axis than {self.grid.shape}, or a smoother ψ0 or V.",
                          AccuracyWarning, stacklevel=depth + 1)
        if math.sqrt(self.outside) > tol and "small" not in self._told:
            self._told.add("small")
            warnings.warn(f"the grid is too small for ψ: a part of about {np.sqrt(self.outside):.0e}, above tol = {tol:g}, would "
                          f"be beyond the ends {self.grid.bounds}, where V does not continue smoothly from b to a. Take wider "
                          "bounds with as many more points, or a V that is smooth on the ring.", AccuracyWarning,
                          stacklevel=depth + 1)


def _means(looks: list[list[float]]) -> np.ndarray:
    """Σ g|a|²/Σ|a|² of each member, NaN for a zero state."""
    return np.array([weighted / total if total > 0 else math.nan for total, weighted, *_ in looks])


def _cut_off(last: float, more: float) -> float:
    """What goes on beyond the outer tenth of the wavenumbers, which holds ``last``, the outer three tenths ``more``."""
    before = max(more - last, last)
    fall = math.sqrt(last / before) if before > 0 else 0.0
    return last * fall / max(1 - fall, 1 / FLATTEST)


@cache
def _ends(n: int) -> np.ndarray:
    """Of an axis the places at its ends, and those that are so far inside that the density is seen to fall off towards them."""
    apart = max(1, int(OUTER * n))
    return ranges((0, 1), (n - 1, n), (apart, apart + 1), (n - 1 - apart, n - apart))


def _outside(numbers: list[float], n: int) -> float:
    """What a density would hold beyond both ends of an axis, of the whole; numbers: its sums with ``_ends``."""
    total, _, _, first, last, behind, before = numbers
    apart, outside = max(1, int(OUTER * n)), 0.0
    for end, inner in ((first, behind), (last, before)):
        fall = (end / max(inner, end, TINY)) ** (1 / apart)
        outside += end * fall / max(1 - fall, 1 / (SLOWEST * n))
    return outside / max(total, TINY)


def _rough_seams(hamiltonian: Hamiltonian, time: float) -> dict[int, bool]:
    """Of each periodic axis whether V has a kink or a jump at its seam; kept for the last time."""
    def found() -> dict[int, bool]:
        grid, table = hamiltonian.grid, hamiltonian.potential_table(time)
        return {axis: seam_is_rough(table, axis - grid.ndim) for axis, kind in enumerate(grid.boundary) if kind == "periodic"}
    rough: dict[int, bool] = hamiltonian.kept_last("seams", time, found)
    return rough


def seam_is_rough(potential: np.ndarray, axis: int) -> bool:
    """True where V has a kink or a jump at the seam of the axis: its sixth differences stand out there by a factor of 100.

    False on fewer than 16 points, where that cannot be told.
    """
    n = potential.shape[axis]
    if n < 16:
        return False
    values = np.moveaxis(potential, axis, 0)
    wrapped = np.concatenate([values, values[:STENCIL]])
    size = np.max(np.abs(np.diff(wrapped, STENCIL, axis=0)).reshape(n, -1), axis=1)
    near = min(max(STENCIL, int(NEAR * n)), (n - STENCIL) // 2)
    at_seam, inside = size[n - STENCIL:].max(), max(size[:near].max(), size[n - STENCIL - near:n - STENCIL].max())
    floor = 1e-10 * float(np.max(np.abs(potential)))
    return bool(at_seam > ROUGHER * inside + floor)
