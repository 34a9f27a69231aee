"""What there is of a state in phase space, above an amplitude ε: in place, in wavenumber, and of both together.

With u(x) and v(k) the logarithms of |ψ(x)| and |ψ_k|, over their largest values and over that of ε, it is taken for

    u + v < s,  u < 1,  v < 1,      s = 1 + √(1 − 1/c²),   c = ΔxΔk/(2 ln(1/ε))

Δx, Δk half of the widths where ψ is above ε: s = 1 for a Gaussian packet, 1 + the correlation of x and k for one that spreads,
where that is exact, and 2, all places with all wavenumbers, for what is no single packet; in d dimensions s − 1 is summed.
A packet of amplitude a < √ε beside another one, at other places with other wavenumbers, is not in it.

The energy of that is V(x) + T(k), where V bends up. Where it has bumps within ψ, as a lattice has or the rim of a narrow well,
waves are scattered to energies that no place and wavenumber of ψ0 have: at a wavenumber where |ψ_k| falls off as exp(−∫y dk)
that of V(x + iy), for V of curvature −b and fourth derivative d

    V(x) + (c/2)(cosh(y √(2b/c)) − 1),   c = 2b²/d,      y = 2 ln(1/|ψ_k|)/|k − k0| of a packet at k0

which is too much, but tells where there are any. Of 150 random problems on lines ψ had more energy than V + T, by more than
a tenth, in 31, up to 3 times as much, and in all of those this was more than 1.5 times as much.
"""

import math
from functools import cached_property
from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.kernels.arrays import TINY, squares
from qlearn.kernels.phases import may_compile

__all__ = ["Presence", "sorted_waves"]

ROUNDING = 256 * float(np.finfo(float).eps)  # of V: differences of order 2 and 4 that are no more count as none
STEEPEST = 50.0  # of the argument of cosh


@final
class Presence:
    """A state psi (…, *shape) and its ``modes``, NumPy; ``faint``: the amplitude ε, of the largest one, below which it is not."""

    def __init__(self, grid: Grid, psi: np.ndarray, modes: np.ndarray, faint: float):
        self.grid, self.psi, self.modes, self.faint, self.log = grid, psi, modes, faint, 2 * math.log(faint)

    @cached_property
    def places(self) -> np.ndarray:
        """|ψ|² over its largest value, (*shape), the largest of a batch."""
        return _powers(self.psi, self.grid)

    @cached_property
    def waves(self) -> np.ndarray:
        """The same of |ψ_k|²."""
        return _powers(self.modes, self.grid)

    @cached_property
    def level(self) -> float:
        """s."""
        widths = zip(self._widths(self.places), self._widths(np.fft.fftshift(self.waves)), self.grid.shape, strict=True)
        return 1 + sum(_correlation(a * b * 2 * math.pi / n, self.log) for a, b, n in widths)

    def highest(self, potential: np.ndarray, kinetic: np.ndarray) -> tuple[float, float]:
        """The largest V(x) + T(k) of what there is, tables (*shape); and the same with the bumps of V."""
        if self.grid.ndim == 1 and may_compile():
            from qlearn.kernels.compiled_presence import highest

            found: tuple[float, float] = highest(*self.lines, potential, kinetic, sorted_waves(self.grid.wavenumbers[0]),
                                                 float(self.grid.spacing[0]), self.log, ROUNDING, STEEPEST)
            return found
        here, u = self._there(self.places)
        there, v = self._there(self.waves)
        order = np.argsort(v, kind="stable")
        left = np.searchsorted(v[order], np.minimum(self.level - u, 1.0)) - 1
        lowest, speeds = potential.reshape(-1)[here], kinetic.reshape(-1)[there]
        bumps = self._bumps(potential, here).reshape(-1)[there]
        plain, bumpy = (float((lowest + np.maximum.accumulate(fast[order])[left]).max()) for fast in (speeds, speeds + bumps))
        return plain, bumpy

    def _bumps(self, potential: np.ndarray, here: np.ndarray) -> np.ndarray:
        """Σ_a (c_a/2)(cosh(y_a √(2b_a/c_a)) − 1) of each wavenumber, (*shape)."""
        total, size = np.zeros(self.grid.shape), float(np.abs(potential.reshape(-1)[here]).max())
        ends = [(int(some.min()), int(some.max())) for some in np.unravel_index(here, self.grid.shape)]
        box = tuple(slice(max(0, first - 2), last + 3) for first, last in ends)
        part, inside = potential[box], self.places[box] > math.exp(self.log)
        for axis, (k, step) in enumerate(zip(self.grid.wavenumbers, self.grid.spacing.tolist(), strict=True)):
            bow, fourth = (_difference(part, axis, order)[inside] for order in (2, 4))
            b, d = max(0.0, float((-bow).max())), float(np.abs(fourth).max())
            b, d = (value if value > ROUNDING * size else 0.0 for value in (b, d))
            others = tuple(other for other in range(self.grid.ndim) if other != axis)
            power = self.waves.max(axis=others) if others else self.waves
            some, away = power > math.exp(self.log), np.abs(k - k[int(np.argmax(power))])
            y = np.zeros(len(k))
            np.divide(-np.log(np.where(some, power, 1.0)), away, out=y, where=some & (away > 0))  # of |ψ_k|², twice that of |ψ_k|
            bump = _bump(b / step**2, d / step**4, y)
            total = total + bump.reshape([-1 if other == axis else 1 for other in range(self.grid.ndim)])
        return total

    @property
    def lines(self) -> tuple[np.ndarray, np.ndarray]:
        """ψ and its modes on a line, (members, N), C-contiguous."""
        psi, modes = (np.ascontiguousarray(values).reshape(-1, self.grid.size) for values in (self.psi, self.modes))
        return psi, modes

    def _there(self, powers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Flat indices of what is not faint, and u or v there."""
        some = np.flatnonzero(powers.reshape(-1) > math.exp(self.log))
        return some, np.log(powers.reshape(-1)[some]) / self.log

    def _widths(self, powers: np.ndarray) -> list[float]:
        """From the first point to the last one above ε, along each axis."""
        axes = range(powers.ndim)
        marginals = [powers.max(axis=tuple(b for b in axes if b != a)) for a in axes]
        return [float(np.ptp(np.flatnonzero(marginal > math.exp(self.log)))) for marginal in marginals]


def sorted_waves(values: np.ndarray) -> np.ndarray:
    """A line in the order of ``grid.wavenumbers``, as k ascends."""
    half = (len(values) + 1) // 2
    return np.concatenate([values[half:], values[:half]])


def _difference(table: np.ndarray, axis: int, order: int) -> np.ndarray:
    """The central difference along an axis, 0 at its ends."""
    found = np.zeros(table.shape)
    np.moveaxis(found, axis, -1)[..., order // 2:-(order // 2)] = np.diff(np.moveaxis(table, axis, -1), n=order)
    return found


def _bump(b: float, d: float, y: np.ndarray) -> np.ndarray:
    if b == 0 or d == 0:
        return np.asarray(b * y**2 / 2)
    c = 2 * b**2 / d
    return np.asarray(c / 2 * (np.cosh(np.minimum(y * math.sqrt(2 * b / c), STEEPEST)) - 1))


def _powers(values: np.ndarray, grid: Grid) -> np.ndarray:
    powers = squares(values).reshape(-1, grid.size)
    powers /= np.maximum(powers.max(axis=1, keepdims=True), TINY)
    return (powers[0] if len(powers) == 1 else powers.max(axis=0)).reshape(grid.shape)


def _correlation(area: float, log: float) -> float:
    """Of x and k, of a state that is above exp(log/2) within widths of that product: √(1 − 1/c²)."""
    c = area / (-4 * log)
    return math.sqrt(1 - 1 / c**2) if c > 1 else 0.0
