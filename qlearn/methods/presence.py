"""What there is of a state in phase space, above an amplitude ε: in place, in wavenumber, and of both together.

With u(x) and v(k) the logarithms of |ψ(x)| and |ψ_k|, over their largest values and over that of ε, it is taken for

    u + v < s,  u < 1,  v < 1,      s = 1 + √(1 − 1/c²),   c = ΔxΔk/(2 ln(1/ε))

Δx, Δk half of the widths where ψ is above ε: s = 1 for a Gaussian packet, 1 + the correlation of x and k for one that spreads,
where that is exact, and 2, all places with all wavenumbers, for what is no single packet; in d dimensions s − 1 is summed.
A packet of amplitude a < √ε beside another one, at other places with other wavenumbers, is not in it.
"""

import math
from functools import cached_property
from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.kernels.arrays import TINY, squares
from qlearn.kernels.phases import may_compile

__all__ = ["Presence", "sorted_waves"]


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

    def highest(self, potential: np.ndarray, kinetic: np.ndarray) -> float:
        """The largest V(x) + T(k) of what there is, tables (*shape)."""
        if self.grid.ndim == 1 and may_compile():
            from qlearn.kernels.compiled_presence import highest

            psi, modes = self.lines
            found: float = highest(psi, modes, potential, kinetic, self.log)
            return found
        here, u = self._there(self.places)
        there, v = self._there(self.waves)
        order = np.argsort(v, kind="stable")
        fastest = np.maximum.accumulate(kinetic.reshape(-1)[there[order]])
        left = np.searchsorted(v[order], np.minimum(self.level - u, 1.0)) - 1
        return float((potential.reshape(-1)[here] + fastest[left]).max())

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


def _powers(values: np.ndarray, grid: Grid) -> np.ndarray:
    powers = squares(values).reshape(-1, grid.size)
    powers /= np.maximum(powers.max(axis=1, keepdims=True), TINY)
    return (powers[0] if len(powers) == 1 else powers.max(axis=0)).reshape(grid.shape)


def _correlation(area: float, log: float) -> float:
    """Of x and k, of a state that is above exp(log/2) within widths of that product: √(1 − 1/c²)."""
    c = area / (-4 * log)
    return math.sqrt(1 - 1 / c**2) if c > 1 else 0.0
