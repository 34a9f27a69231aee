"""The part of a grid in which a state lives, and how fine it has to be there: where it stays, on fewer points.

How far it gets in place and in wavenumber is known before the run: from its energy where V is static (qlearn.methods.extents),
from trajectories where V is driven (qlearn.methods.driven_extents). A window is every s-th point of that box, as far as its
wavenumbers take what such points tell apart, but for a rim. On an axis that is cut ψ vanishes at both ends of the window, which
is a ring of its own. What is outside is small, not nothing: see qlearn.sesolve.reduced for how that is watched.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from scipy.fft import next_fast_len

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.gradients import joins_smoothly, kinks
from qlearn.kernels.arrays import as_complex, like, to_numpy
from qlearn.kernels.fft_plan import factored
from qlearn.kernels.phases import may_compile
from qlearn.kernels.sums import largest_share, ranges
from qlearn.methods.driven_extents import RIM, by_trajectories
from qlearn.methods.extents import TOLD, Extent, Presence, by_energy
from qlearn.methods.lookout import Places
from qlearn.methods.task import Task

__all__ = ["Window", "good_count", "window_for"]

FAINT = 0.02      # of tol: the amplitude, relative to the largest one, below which a state is not
FAINTEST = 1e-14  # where rounding would be taken for a state
SMALL = 2**16     # points of a window whose first state is copied
WORTH = 0.75      # of the points of the grid: a larger window is not worth its trouble
SHORTEST = 64     # points of a line in the compiled loop
LARGE = 2**17     # points from which trajectories by NumPy cost less than they save


@final
@dataclass(frozen=True, eq=False)
class Window:
    """Points first + j·stride, j = 0 … count − 1, of each axis of ``whole``, as a periodic grid of their own, ``grid``.

    held : of its wavenumbers, those that ψ should keep to."""

    whole: Grid
    grid: Grid
    first: tuple[int, ...]
    stride: tuple[int, ...]
    held: float

    @cached_property
    def index(self) -> Any:
        """Of the points of the window in an array (…, *shape)."""
        return (..., *(slice(a, a + s * n, s) for a, s, n in zip(self.first, self.stride, self.grid.shape, strict=True)))

    @cached_property
    def cut(self) -> tuple[bool, ...]:
        """Of each axis: whether the window leaves out a part of it."""
        return tuple(s * n < m for s, n, m in zip(self.stride, self.grid.shape, self.whole.shape, strict=True))

    @cached_property
    def index_of_box(self) -> Any:
        """Of all points between the ends of the window in an array (…, *shape)."""
        return (..., *(slice(a, a + s * n) for a, s, n in zip(self.first, self.stride, self.grid.shape, strict=True)))

    def inside(self, psi: Any) -> Any:
        """ψ (…, *shape) at the points of the window, of its own kind; of a NumPy array the same memory where that is much, to be
        looked at only."""
        if not isinstance(psi, np.ndarray):
            return like(as_complex(to_numpy(psi)[self.index]), psi)
        part = psi[self.index]
        return np.ascontiguousarray(part) if part.size <= SMALL else part

    @cached_property
    def ffts(self) -> int:
        """Transforms of one extension."""
        return 2 if any(s > 1 for s in self.stride) else 0

    @cached_property
    def fine(self) -> Grid:
        """All points between the ends of the window."""
        return Grid(tuple(s * n for s, n in zip(self.stride, self.grid.shape, strict=True)), self.grid.bounds,
                    twist=self.grid.twist)

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
        axes = zip(self.first, self.stride, self.grid.shape, self.whole.shape, strict=True)
        outside = [((0, first), (first + stride * n, whole)) for first, stride, n, whole in axes]
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
        for k, spacing, stride, cut in zip(self.grid.wavenumbers, self.grid.spacing, self.stride, self.cut, strict=True):
            n, outer = len(k), np.flatnonzero(np.abs(k) >= self.held * np.pi / spacing)  # neighbours in this order
            rim = max(1, int(RIM * n))
            waves.append(ranges((int(outer[0]), int(outer[-1]) + 1)) if stride > 1 and outer.size else ranges())
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


def window_for(task: Task) -> Window | None:
    """The window of ψ0 (…, *shape), of all members of a batch, its transforms counted; None where it is no smaller than it is
    worth, or none can be told: for a V with channels, a loss, f(|ψ|²), or not smooth, for metrics and walls, for a V(t, *q) that
    is no sum of f(t) g(q), and for such a sum on small grids without numba.
    """
    H, grid = task.hamiltonian, task.hamiltonian.grid
    if not _may_have_one(H):
        return None
    presence = Presence(grid, to_numpy(task.psi), task.modes(), max(FAINT * task.tol, FAINTEST))
    extents, reached = _extents(task, presence)
    window = None if extents is None else _around(H, extents, 1 - RIM if H.time_dependent else TOLD)
    if window is None or window.grid.size > WORTH * grid.size or not _is_smooth(H, window, reached):
        return None
    return window if window.left_out(presence.psi, presence.modes) <= (10 * presence.faint) ** 2 else None


def _extents(task: Task, presence: Presence) -> tuple[list[Extent] | None, np.ndarray]:
    """(the extent of each axis, where ψ gets, (*shape))."""
    H = task.hamiltonian
    if not H.time_dependent:
        extents, energy = by_energy(H, presence)
        return extents, H.potential_table() < energy
    assert task.outset.factors is not None
    found, reached = by_trajectories(H, presence, task.outset.factors, task.span < 0), np.zeros(H.grid.shape, dtype=bool)
    if found is None:
        return None, reached
    reached[tuple(found[1])] = True
    return found[0], reached


def _may_have_one(H: Hamiltonian) -> bool:
    plain = H.is_linear and H.is_hermitian and H.channels is None and not H.batch_shape and H.is_diagonal_in_k
    known = not H.time_dependent or (H.drive is not None and (may_compile() or H.grid.size >= LARGE))
    return plain and known and H.grid.is_ring


def _is_smooth(hamiltonian: Hamiltonian, window: Window, reached: np.ndarray) -> bool:
    """True where V is smooth on the points of the window that ψ reaches, and round the axes that are not cut: else ψ has waves
    of all lengths."""
    kept: list[tuple[Window, np.ndarray | None]] = hamiltonian.kept("kinks of a window", list)
    last = kept[0] if kept else None
    if last is None or last[0] is not window:
        last = window, _kinks(hamiltonian, window)
        kept[:] = [last]
    places = last[1]
    return places is not None and not reached[window.index].reshape(-1)[places].any()


def _kinks(hamiltonian: Hamiltonian, window: Window) -> np.ndarray | None:
    """The points of the window where V is not smooth, flat; None where it is not round an axis that is not cut."""
    drive = hamiltonian.drive
    tables = [table[window.index] for table in
              ([hamiltonian.potential_table()] if drive is None else [drive.static, *drive.tables])]
    rounds = [axis for axis, cut in enumerate(window.cut) if not cut]
    if not all(joins_smoothly(table, window.grid, axis) for table in tables for axis in rounds):
        return None
    return np.flatnonzero(np.any([kinks(table, window.grid) for table in tables], axis=0))


def _around(hamiltonian: Hamiltonian, extents: list[Extent], held: float) -> Window:
    """The window that holds the extents; the last one where it is the same."""
    grid, parts = hamiltonian.grid, []
    for n, spacing, extent in zip(grid.shape, grid.spacing, extents, strict=True):
        nyquist = np.pi / float(spacing)
        parts.append(_part(n, extent.first, extent.end, max(1, int(nyquist / max(extent.nyquist, nyquist / n))),
                           line=grid.ndim == 1))
    first, stride, count = (tuple(part[i] for part in parts) for i in range(3))
    kept: list[Window] = hamiltonian.kept("window", list)
    window = kept[0] if kept else None
    if window is None or (window.first, window.stride, window.grid.shape, window.held) != (first, stride, count, held):
        window = _window(grid, first, stride, count, held)
        kept[:] = [window]
    return window


def _window(grid: Grid, first: tuple[int, ...], stride: tuple[int, ...], count: tuple[int, ...], held: float) -> Window:
    cut = [s * m < n for s, m, n in zip(stride, count, grid.shape, strict=True)]
    bounds = []
    for axis, (a, b) in enumerate(grid.bounds):
        step, points = float(grid.spacing[axis]), stride[axis] * count[axis]
        bounds.append((a + first[axis] * step, a + (first[axis] + points) * step) if cut[axis] else (a, b))
    twist = [0.0 if inner else theta for theta, inner in zip(grid.twist, cut, strict=True)]
    return Window(grid, Grid(count, bounds, twist=twist), first, stride, held)


def good_count(least: int, line: bool) -> int:
    """The next number of points, of a line or of an axis of a grid, that transforms are good at: for the compiled loop (see
    qlearn.kernels.stepping) one with factors 2, 3 and 5, on a line a multiple of 8 from SHORTEST on."""
    if not may_compile():
        return next_fast_len(least)
    step, least = (8, max(least, SHORTEST)) if line else (1, least)
    count = -(-least // step)
    while factored(count) is None:
        count += 1
    return step * count


def _part(n: int, first: int, end: int, stride: int, line: bool) -> tuple[int, int, int]:
    """(first, stride, count) that hold first … end, a good number of points; the whole ring where they would not fit."""
    stride = max(1, min(stride, (end - first) // SHORTEST)) if line and may_compile() else stride
    count = good_count(-(-(end - first) // stride), line)
    start = first - (stride * count - (end - first)) // 2
    if first > 0 and end < n and start >= 0 and start + stride * count <= n:
        return start, stride, count
    while n % stride:
        stride -= 1
    return 0, stride, n // stride
