"""The stored path of the field, as noisy learners read it."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from qlearn import checks
from qlearn.ensembles.nodes.box import Band, BoxReader, read
from qlearn.ensembles.nodes.crowd import reader_of
from qlearn.ensembles.nodes.entire import Reader
from qlearn.grids import Grid

__all__ = ["PolePath"]

_KEPT = 4               # readers a block keeps


@final
@dataclass(eq=False)
class PolePath:
    """p at the times of the carriers' steps, between them linear in time (of p, never of w); (ħ/m) w at any learner.

        v = (ħ/m) Im w,     s = 2 Re w,     w = r ∇p/p

    Fields that follow each other are stored with the phase between them taken off, for w does not depend on it and p is then
    as straight in time as it can be.  Picklable; each block of learners takes a copy, see __copy__.
    """

    band: Band
    times: np.ndarray               # (steps + 1,)
    fields: np.ndarray              # (steps + 1, *shape)
    ratio: float                    # ħ/m = 2D
    hbar: float
    residue: float = 1.0
    _readers: dict[float, Reader | BoxReader] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, band: Band, times: list[float], fields: list[np.ndarray], ratio: float, hbar: float,
           residue: float) -> "PolePath":
        """The path of fields p(t) up to a phase each."""
        turned = [fields[0]]
        for p in fields[1:]:
            overlap = np.vdot(turned[-1], p)
            turned.append(p * (np.conj(overlap) / abs(overlap)) if overlap else p)
        return cls(band, np.array(times), np.stack(turned), ratio, hbar, residue)

    def __copy__(self) -> "PolePath":
        """A block's own: it keeps the cells that it used last, and blocks on other threads use other times."""
        return replace(self, _readers={})

    def __call__(self, t: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Velocity and score at q (d, n), each (d, n)."""
        w = self._w(t, q)
        return self.ratio * w.imag, 2 * w.real

    def drift(self, t: float, q: np.ndarray, diffusion: float) -> np.ndarray:
        """v + D s at q (d, n)."""
        velocity, score = self(t, q)
        return velocity + diffusion * score

    @property
    def scale(self) -> float:
        """(ħ/m) r: what makes a drift of ∇p/p."""
        return self.ratio * self.residue

    def amplitude(self, t: float) -> np.ndarray:
        """p (*shape) at t."""
        i, share = self._place(t)
        return self.fields[i] if share == 0 else (1 - share) * self.fields[i] + share * self.fields[i + 1]

    def density(self, t: float, grid: Grid) -> np.ndarray:
        """ρ on a grid, with sum · cell_volume = 1: the density whose score the learners read."""
        rho = np.abs(self._on(t, grid)) ** (2 * self.residue)
        return rho / (rho.sum() * grid.cell_volume)

    def phase(self, t: float, grid: Grid) -> np.ndarray:
        """φ on a grid, unwrapped along its axes, with zero mean over it; multiples of 2πħ are undetermined across nodes."""
        phi = np.angle(self._on(t, grid))
        for axis in range(grid.ndim):
            phi = np.unwrap(phi, axis=axis)
        phi = self.residue * self.hbar * phi
        return phi - phi.mean()

    def rate(self) -> np.ndarray:
        """(2ħ/m) Var(∂_ap/p) over |p|², the largest of the axes, at the stored times: how fast the drift of learners pulls."""
        return np.array([2 * self.ratio * _spread(self.band, p) for p in self.fields])

    def _on(self, t: float, grid: Grid) -> np.ndarray:
        if grid.ndim != len(self.band.shape):
            checks.fail("grid", f"must have {len(self.band.shape)} axes", f"{grid.ndim}")
        return read(self.band, self.band.modes(self.amplitude(t)), list(grid.axes))

    def _place(self, t: float) -> tuple[int, float]:
        if len(self.times) == 1:
            return 0, 0.0
        i = min(max(bisect_right(self.times, t) - 1, 0), len(self.times) - 2)
        share = (t - self.times[i]) / (self.times[i + 1] - self.times[i])
        return i, min(max(share, 0.0), 1.0)

    def _w(self, t: float, q: np.ndarray) -> np.ndarray:
        return self.residue * self.reader(t)(q)

    def reader(self, t: float) -> Reader | BoxReader:
        """At one time; the last few are kept."""
        if t not in self._readers:
            if len(self._readers) >= _KEPT:
                del self._readers[next(iter(self._readers))]
            self._readers[t] = reader_of(self.band, self.amplitude(t))
        return self._readers[t]


def _spread(band: Band, p: np.ndarray) -> float:
    modes, total, most = band.modes(p), float(np.sum(np.abs(p)**2)), 0.0
    for k in band.wavevectors:
        slope = band.values(1j * k * modes)
        most = max(most, float(np.sum(np.abs(slope)**2)) / total - float(np.sum(np.imag(np.conj(p) * slope)) / total)**2)
    return most
