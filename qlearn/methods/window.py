"""The part of a grid in which a state lives, on fewer points, and the way there and back.

A window covers some of the points of the grid by others of the same box that lie wider apart, as far as its wavenumbers take what
such points tell apart, but for a rim: by every s-th of them, or by points of its own, where V is known there. On an axis that is
cut ψ vanishes at both ends of the window, which is a ring of its own. What is outside is small, not nothing: see
qlearn.sesolve.reduced for how that is watched, and qlearn.methods.window_search for how a window is found.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.grids import Grid
from qlearn.kernels.arrays import as_complex, like, to_numpy
from qlearn.kernels.sums import largest_share, ranges
from qlearn.methods.extents import RIM
from qlearn.methods.lookout import Places

__all__ = ["Window"]

SMALL = 2**16     # points of a window whose first state is copied


@final
@dataclass(frozen=True, eq=False)
class Window:
    """``covered`` points of each axis of ``whole``, from ``first`` on, by fewer: those of ``grid``, periodic, as long."""

    whole: Grid
    grid: Grid
    first: tuple[int, ...]
    covered: tuple[int, ...]

    @cached_property
    def ratios(self) -> tuple[float, ...]:
        """Of each axis: how many points are covered by one."""
        return tuple(p / n for p, n in zip(self.covered, self.grid.shape, strict=True))

    @cached_property
    def is_subset(self) -> bool:
        """Whether its points are points of the whole grid."""
        return all(ratio == int(ratio) for ratio in self.ratios)

    @cached_property
    def index(self) -> Any:
        """Of the points of a subset in an array (…, *shape)."""
        return (..., *(slice(a, a + p, int(s)) for a, p, s in zip(self.first, self.covered, self.ratios, strict=True)))

    @cached_property
    def cut(self) -> tuple[bool, ...]:
        """Of each axis: whether the window leaves out a part of it."""
        return tuple(p < n for p, n in zip(self.covered, self.whole.shape, strict=True))

    @cached_property
    def index_of_box(self) -> Any:
        """Of all points between the ends of the window in an array (…, *shape)."""
        return (..., *(slice(a, a + p) for a, p in zip(self.first, self.covered, strict=True)))

    def inside(self, psi: Any) -> Any:
        """ψ (…, *shape) at the points of the window, of its own kind; of a NumPy array the same memory where that is much, to be
        looked at only. Between points of the grid it is what the waves that the window tells from others make there."""
        if not self.is_subset:
            return like(self._resampled(to_numpy(psi)), psi)
        if not isinstance(psi, np.ndarray):
            return like(as_complex(to_numpy(psi)[self.index]), psi)
        part = psi[self.index]
        return np.ascontiguousarray(part) if part.size <= SMALL else part

    @cached_property
    def ffts(self) -> int:
        """Transforms of one extension."""
        return 2 if any(ratio > 1 for ratio in self.ratios) else 0

    @cached_property
    def fine(self) -> Grid:
        """All points between the ends of the window."""
        return Grid(self.covered, self.grid.bounds, twist=self.grid.twist)

    def extended(self, psi: Any, modes: np.ndarray | None = None) -> Any:
        """The wave on all points: its trigonometric interpolant in the window, zero outside; new, of the kind of ψ. ``modes`` of
        its periodic part where they are known, which are overwritten."""
        kind, psi = psi, to_numpy(psi)
        whole = np.zeros((*psi.shape[:psi.ndim - self.grid.ndim], *self.whole.shape), dtype=complex)
        whole[self.index_of_box] = self._interpolated(psi, modes) if self.ffts else psi
        return like(whole, kind)

    def left_out(self, psi: np.ndarray, modes: np.ndarray) -> float:
        """The largest share of |ψ|² outside along an axis, and of its ``modes`` on the whole grid that the points of the window
        do not tell from others, together."""
        return largest_share(psi, self._outside) + largest_share(modes, self._not_told)

    @cached_property
    def _outside(self) -> list[np.ndarray]:
        """Of each axis of the whole grid: the points outside, (k, 2)."""
        axes = zip(self.first, self.covered, self.whole.shape, strict=True)
        outside = [((0, first), (first + covered, whole)) for first, covered, whole in axes]
        return [ranges(*((a, b) for a, b in parts if b > a)) for parts in outside]

    @cached_property
    def _not_told(self) -> list[np.ndarray]:
        """Of each axis of the whole grid: the modes, neighbours in their order, that the points of the window do not tell."""
        parts = []
        for k, spacing in zip(self.whole.wavenumbers, self.grid.spacing, strict=True):
            places = np.flatnonzero(np.abs(k) >= np.pi / spacing)
            parts.append(ranges((int(places[0]), int(places[-1]) + 1)) if places.size else ranges())
        return parts

    @cached_property
    def rims(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Of each axis first and end, (k, 2), of the wavenumbers that are not held where only some of the points are taken; and
        of the outer points where the axis is cut."""
        waves, ends = [], []
        for k, spacing, ratio, cut in zip(self.grid.wavenumbers, self.grid.spacing, self.ratios, self.cut, strict=True):
            n, last = len(k), min(float(k.max()), -float(k.min()))
            outer = np.flatnonzero(np.abs(k) >= min((1 - RIM) * np.pi / spacing, last))  # neighbours in this order
            rim = max(1, int(RIM * n))
            waves.append(ranges((int(outer[0]), int(outer[-1]) + 1)) if ratio > 1 and outer.size else ranges())
            ends.append(ranges((0, rim), (n - rim, n)) if cut else ranges())
        return waves, ends

    @cached_property
    def watched(self) -> Places:
        """All rims: the outer points of the axes that are cut, and the wavenumbers that are not held."""
        waves, ends = self.rims
        return Places(self._either(ends), self._either(waves))

    def _either(self, parts: list[np.ndarray]) -> np.ndarray:
        """What is in one of the parts of an axis."""
        marked = np.zeros(self.grid.shape, dtype=bool)
        for axis, places in enumerate(parts):
            for first, end in places.tolist():
                np.moveaxis(marked, axis, 0)[first:end] = True
        return np.flatnonzero(marked)

    @cached_property
    def _places(self) -> Any:
        """Of the modes of the window among those of ``fine``; negative ones count from the end."""
        return (..., *np.ix_(*(np.rint(np.fft.fftfreq(n, 1 / n)).astype(int) for n in self.grid.shape)))

    def _interpolated(self, psi: np.ndarray, modes: np.ndarray | None) -> np.ndarray:
        modes = self.grid.forward(self.grid.to_periodic(psi)) if modes is None else modes
        modes *= self.fine.size / self.grid.size
        wide = np.zeros((*psi.shape[:psi.ndim - self.grid.ndim], *self.fine.shape), dtype=complex)
        wide[self._places] = modes
        return self.fine.from_periodic(self.fine.backward(wide))

    def _resampled(self, psi: np.ndarray) -> np.ndarray:
        modes = self.fine.forward(self.fine.to_periodic(psi[self.index_of_box]))[self._places]
        modes *= self.grid.size / self.fine.size
        return self.grid.from_periodic(self.grid.backward(modes))
