"""The stored path of the field, as noisy learners read it."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from qlearn import checks
from qlearn.ensembles.nodes.entire import Circle, Reader
from qlearn.grids import Grid
from qlearn.kernels.log_derivative import log_derivative_between

__all__ = ["PolePath"]


@final
@dataclass(eq=False)
class PolePath:
    """p at the times of the carriers' steps, between them linear in time (of p, never of w); (ħ/m) w at any learner.

        v = (ħ/m) Im w,     s = 2 Re w,     w = r p'/p

    Picklable; each block of learners takes a copy, see __copy__.
    """

    circle: Circle
    times: np.ndarray               # (steps + 1,)
    fields: np.ndarray              # (steps + 1, n)
    ratio: float                    # ħ/m = 2D
    hbar: float
    residue: float = 1.0
    _tables: dict[int, np.ndarray] = field(default_factory=dict, repr=False)

    def __copy__(self) -> "PolePath":
        """A block's own: it keeps the cells that it used last, and blocks on other threads use other times."""
        return replace(self, _tables={})

    def __call__(self, t: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Velocity and score at q (1, n), each (1, n)."""
        w = self._w(t, q)
        return self.ratio * w.imag, 2 * w.real

    def drift(self, t: float, q: np.ndarray, diffusion: float) -> np.ndarray:
        """v + D s at q (1, n)."""
        velocity, score = self(t, q)
        return velocity + diffusion * score

    def complex_drift(self, t: float, q: np.ndarray) -> np.ndarray:
        """2D w at q (1, n): its real and imaginary parts add up to the drift, and its size tells how near a node is."""
        return self.ratio * self._w(t, q)

    def between(self, t: float, later: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """``complex_drift`` at times (n,) of the learners' own in [t, later], p linear in time there."""
        first, second = self._cells(t), self._cells(later)

        def at(times: np.ndarray, q: np.ndarray) -> np.ndarray:
            share = (times - t) / (later - t)
            w = log_derivative_between(first, second, share, self.circle.a, self.circle.length / self.circle.n, q[0])
            return (self.ratio * self.residue * w)[None]

        return at

    def amplitude(self, t: float) -> np.ndarray:
        """p (n,) at t."""
        i, share = self._place(t)
        return self.fields[i] if share == 0 else (1 - share) * self.fields[i] + share * self.fields[i + 1]

    def density(self, t: float, grid: Grid) -> np.ndarray:
        """ρ on a grid of one axis, with sum · cell_volume = 1: the density whose score the learners read."""
        rho = np.abs(self._on(t, grid)) ** (2 * self.residue)
        return rho / (rho.sum() * grid.cell_volume)

    def phase(self, t: float, grid: Grid) -> np.ndarray:
        """φ on a grid of one axis, unwrapped along it, with zero mean over it; πħ of it are undetermined across a node."""
        phi = self.residue * self.hbar * np.unwrap(np.angle(self._on(t, grid)))
        return phi - phi.mean()

    def _on(self, t: float, grid: Grid) -> np.ndarray:
        if grid.ndim != 1:
            checks.fail("grid", "must have one axis", f"{grid.ndim}")
        modes = self.circle.modes(self.amplitude(t))
        return np.exp(1j * np.outer(grid.axes[0] - self.circle.a, self.circle.wavenumbers)) @ modes

    def _place(self, t: float) -> tuple[int, float]:
        if len(self.times) == 1:
            return 0, 0.0
        i = min(max(bisect_right(self.times, t) - 1, 0), len(self.times) - 2)
        share = (t - self.times[i]) / (self.times[i + 1] - self.times[i])
        return i, min(max(share, 0.0), 1.0)

    def _w(self, t: float, q: np.ndarray) -> np.ndarray:
        return self.residue * Reader(self.circle, self._cells(t))(q[0])[None]

    def _cells(self, t: float) -> np.ndarray:
        i, share = self._place(t)
        return self._table(i) if share == 0 else (1 - share) * self._table(i) + share * self._table(i + 1)

    def _table(self, i: int) -> np.ndarray:
        """The cells of one stored field; the last few are kept."""
        if i not in self._tables:
            if len(self._tables) > 8:
                self._tables.clear()
            self._tables[i] = Reader.of(self.circle, self.fields[i]).table
        return self._tables[i]
