"""The part of a grid in which a state lives, and how fine it has to be there: where it stays at its energy, on fewer points.

A static H conserves energy. Every part of ψ above an amplitude ε has an energy of at most

    E = max{V(x) : |ψ(x)| > ε max|ψ|} + max{T(k) : |ψ_k| > ε max|ψ_k|},      ε = tol/50

so that ψ moves where V < E and, in momentum, where T < E − min V. Beyond, it falls off like

    exp(−∫ √(2m(V − E))/ħ dx),        exp(−∫ y dk),   T(k) = E − V(x0 + iy) ≈ E − min V + V'' y²/2,

x0 the place where V is least. A window reaches on each axis to where these are √ε; parts of energy E, which get farthest, are
faint themselves. It is every s-th point of that box, as far as its wavenumbers take nine tenths of what such points tell apart.
On an axis that is cut ψ vanishes at both ends of the window, which is a ring of its own. What is outside is small, not nothing:
see qlearn.sesolve.reduced for how that is watched.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from scipy.fft import next_fast_len

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.gradients import is_smooth, joins_smoothly
from qlearn.kernels.arrays import as_complex, like, squares, to_numpy
from qlearn.methods.record import Record

__all__ = ["Window", "window_for"]

FAINT = 0.02      # of tol: the amplitude, relative to the largest one, below which a state is not
FAINTEST = 1e-14  # where rounding would be taken for a state
NEAR = 0.1        # of E − min V: how far above its least value V is looked at for V''
FLAT = 1e-9       # of E − min V, over the length of the axis squared: V'' that changes no momentum
TOLD = 0.9        # of the Nyquist wavenumber of the window
RIM = 1 / 32      # of the points of a cut axis at either end, where ψ is watched
WORTH = 0.7       # of the points of the grid: a larger window is not worth its trouble


@final
@dataclass(frozen=True, eq=False)
class Window:
    """Points first + j·stride, j = 0 … count − 1, of each axis of ``whole``, as a periodic grid of their own, ``grid``."""

    whole: Grid
    grid: Grid
    first: tuple[int, ...]
    stride: tuple[int, ...]

    @property
    def index(self) -> Any:
        """Of the points of the window in an array (…, *shape)."""
        return (..., *(slice(a, a + s * n, s) for a, s, n in zip(self.first, self.stride, self.grid.shape, strict=True)))

    @property
    def cut(self) -> tuple[bool, ...]:
        """Of each axis: whether the window leaves out a part of it."""
        return tuple(s * n < m for s, n, m in zip(self.stride, self.grid.shape, self.whole.shape, strict=True))

    @property
    def index_of_box(self) -> Any:
        """Of all points between the ends of the window in an array (…, *shape)."""
        return (..., *(slice(a, a + s * n) for a, s, n in zip(self.first, self.stride, self.grid.shape, strict=True)))

    def inside(self, psi: Any) -> Any:
        """ψ (…, *shape) at the points of the window, of its own kind; of a NumPy array the same memory, to be looked at only."""
        return psi[self.index] if isinstance(psi, np.ndarray) else like(as_complex(to_numpy(psi)[self.index]), psi)

    @property
    def ffts(self) -> int:
        """Transforms of one extension."""
        return 2 if any(s > 1 for s in self.stride) else 0

    @cached_property
    def fine(self) -> Grid:
        """All points between the ends of the window."""
        return Grid(tuple(s * n for s, n in zip(self.stride, self.grid.shape, strict=True)), self.grid.bounds,
                    twist=self.grid.twist)

    def extended(self, psi: Any) -> Any:
        """The wave on all points: its trigonometric interpolant in the window, zero outside; new, of the kind of ψ."""
        kind, psi = psi, to_numpy(psi)
        whole = np.zeros((*psi.shape[:psi.ndim - self.grid.ndim], *self.whole.shape), dtype=complex)
        whole[self.index_of_box] = self._interpolated(psi) if self.ffts else psi
        return like(whole, kind)

    def left_out(self, psi: np.ndarray, modes: np.ndarray) -> np.ndarray:
        """The share of |ψ|² outside, and of its ``modes`` on the whole grid that the points of the window do not tell from
        others, (…batch)."""
        density, power, axes = squares(psi), squares(modes), self.whole.fourier_axes
        total = np.maximum(np.sum(density, axis=axes), np.finfo(float).tiny)
        density[self.index_of_box] = 0.0
        told = np.ones((), dtype=bool)
        for axis, (k, spacing) in enumerate(zip(self.whole.wavenumbers, self.grid.spacing, strict=True)):
            lower = (np.abs(k) < np.pi / spacing).reshape((-1,) + (1,) * (self.whole.ndim - 1 - axis))
            told = told & lower
        every = np.maximum(np.sum(power, axis=axes), np.finfo(float).tiny)
        return np.sum(density, axis=axes) / total + np.sum(power, axis=axes, where=~told) / every

    @cached_property
    def rims(self) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """Of each axis, as weights 0 and 1: the outer tenth of the wavenumbers, and the outer points where the axis is cut."""
        rims: list[tuple[np.ndarray, np.ndarray | None]] = []
        for k, spacing, cut in zip(self.grid.wavenumbers, self.grid.spacing, self.cut, strict=True):
            place = np.arange(len(k)) + 0.5
            ends = (np.minimum(place, len(k) - place) < max(1, int(RIM * len(k)))).astype(float)
            rims.append(((np.abs(k) >= 0.9 * np.pi / spacing).astype(float), ends if cut else None))
        return rims

    def _interpolated(self, psi: np.ndarray) -> np.ndarray:
        modes = self.grid.forward(self.grid.to_periodic(psi))
        modes *= self.fine.size / self.grid.size
        wide = np.zeros((*psi.shape[:psi.ndim - self.grid.ndim], *self.fine.shape), dtype=complex)
        orders = [np.rint(np.fft.fftfreq(n, 1 / n)).astype(int) for n in self.grid.shape]
        places: Any = (..., *np.ix_(*orders))  # negative ones count from the end
        wide[places] = modes
        return self.fine.from_periodic(self.fine.backward(wide))


def window_for(hamiltonian: Hamiltonian, psi: Any, tol: float, record: Record) -> Window | None:
    """The window of ψ (…, *shape), of all members of a batch, its transforms counted; None where it is no smaller
    than it is worth, or none can be told: for a V with channels, a loss, f(|ψ|²) or a time, or not smooth, for metrics and walls.
    """
    H, grid = hamiltonian, hamiltonian.grid
    psi = to_numpy(psi)
    if not H.is_linear or not H.is_hermitian or H.channels is not None or H.batch_shape or H.time_dependent \
            or not H.is_diagonal_in_k or any(kind != "periodic" for kind in grid.boundary):
        return None
    faint = max(FAINT * tol, FAINTEST)
    places = _present(psi, grid, faint)
    modes = grid.forward(grid.to_periodic(psi))
    waves = _present(modes, grid, faint)
    record.ffts += psi.size // grid.size
    potential = H.potential_table()
    energy = float(np.max(potential[places])) + float(np.max(H.kinetic.table[waves]))
    window = _box(H, energy, -0.5 * np.log(faint))
    if window is None or window.grid.size > WORTH * grid.size or not _is_smooth(potential[window.index], window, energy):
        return None
    return window if np.all(window.left_out(psi, modes) <= (10 * faint) ** 2) else None


def _present(values: np.ndarray, grid: Grid, faint: float) -> np.ndarray:
    """(*shape): where a member of the batch is above ``faint`` times its largest value."""
    powers = squares(values).reshape(-1, grid.size)
    largest = np.max(powers, axis=1, keepdims=True)
    return np.any(powers > faint**2 * largest, axis=0).reshape(grid.shape)


def _is_smooth(table: np.ndarray, window: Window, energy: float) -> bool:
    """True where V is smooth on the points of the window, below the energy, and round the axes that are not cut: else ψ has
    waves of all lengths."""
    return is_smooth(table, window.grid, table < energy) \
        and all(cut or joins_smoothly(table, window.grid, axis) for axis, cut in enumerate(window.cut))


def _box(hamiltonian: Hamiltonian, energy: float, decay: float) -> Window | None:
    """The window for waves up to an energy, out to where they have fallen off by exp(−decay)."""
    grid, hbar = hamiltonian.grid, hamiltonian.hbar
    potential, kinetic = hamiltonian.potential_table(), hamiltonian.kinetic.table
    height = energy - float(np.min(potential))
    parts = []
    for axis, n in enumerate(grid.shape):
        others = tuple(a for a in range(grid.ndim) if a != axis)
        spacing, k = float(grid.spacing[axis]), grid.wavenumbers[axis]
        lowest, slowest = np.min(potential, axis=others), np.min(kinetic, axis=others)
        depth = np.sqrt(2 * np.maximum(lowest - energy, 0) / hamiltonian.kinetic.inverse[axis, axis]) / hbar
        start, end = _reached(depth * spacing, decay)
        order = np.argsort(k)
        depth = _imaginary(lowest, slowest[order] - height, height, spacing)
        low, high = _reached(depth * (2 * np.pi / float(grid.lengths[axis])), decay)
        largest = max(abs(k[order[low]]), abs(k[order[high - 1]]))
        widest = int(TOLD * np.pi / spacing / max(largest, np.pi / spacing / n))
        parts.append(_part(n, start, end, max(1, widest)))
    first, stride, count = (tuple(part[i] for part in parts) for i in range(3))
    cut = [s * m < n for s, m, n in zip(stride, count, grid.shape, strict=True)]
    bounds = []
    for axis, (a, b) in enumerate(grid.bounds):
        step, points = float(grid.spacing[axis]), stride[axis] * count[axis]
        bounds.append((a + first[axis] * step, a + (first[axis] + points) * step) if cut[axis] else (a, b))
    twist = [0.0 if inner else theta for theta, inner in zip(grid.twist, cut, strict=True)]
    return Window(grid, Grid(count, bounds, twist=twist), first, stride)


def _imaginary(lowest: np.ndarray, excess: np.ndarray, height: float, spacing: float) -> np.ndarray:
    """y(k) where V(x0 + iy) is ``excess`` below min V; no longer than a few lengths of V, which is not quadratic for ever."""
    bend = np.abs(np.roll(lowest, 1) - 2 * lowest + np.roll(lowest, -1))[lowest - np.min(lowest) <= NEAR * height]
    bend, change = float(np.max(bend)) / spacing**2, min(float(np.ptp(lowest)), height)
    if bend <= FLAT * height / (len(lowest) * spacing) ** 2:
        return np.where(excess > 0, len(lowest) * spacing, 0.0)
    length = np.sqrt(change / bend)
    return length * np.arcsinh(np.sqrt(2 * np.maximum(excess, 0) / change))


def _reached(rates: np.ndarray, decay: float) -> tuple[int, int]:
    """first, end: from the places where rates are 0 outwards until their sum exceeds ``decay``, or the array ends."""
    free = np.flatnonzero(rates == 0)
    a, b = (int(free[0]), int(free[-1])) if free.size else (0, len(rates) - 1)
    before, behind = (int(np.searchsorted(np.cumsum(part), decay)) for part in (rates[:a][::-1], rates[b + 1:]))
    return a - before, b + 1 + behind


def _part(n: int, first: int, end: int, stride: int) -> tuple[int, int, int]:
    """(first, stride, count) that hold first … end, a good number of points; the whole ring where they would not fit."""
    count = next_fast_len(-(-(end - first) // stride))
    start = first - (stride * count - (end - first)) // 2
    if first > 0 and end < n and start >= 0 and start + stride * count <= n:
        return start, stride, count
    while n % stride:
        stride -= 1
    return 0, stride, n // stride
