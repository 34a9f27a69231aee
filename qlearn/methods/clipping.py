"""Chebyshev's ceilings: T(k) and V cut off above the energies that the state reaches, and the error of that, measured.

    ‖ψ − ψ_c‖ ≤ (1/ħ) ∫ ‖(H − H_c) ψ_c‖ dt      (Duhamel),     H_c = min(T, c_T) + min(V, c_V)

Far above a ceiling the bound is not of use: what is there, η, has energies above it and stays small, ‖η‖ constant, so that it
errs by 2‖η‖ at most, once and for all times, besides the shift of the energies, ⟨H − H_c⟩; both are counted instead of
‖(H − H_c)η‖ dt. Where ‖η‖ grows, waves get onto the ceiling, and off again where V is a plateau (of a clipped V, say): the
growth, but for rounding, counts GROWN times (qlearn.methods.chebyshev). Once it did not, and one random run in 700 ended at
1.06 tol.

The integrand is taken from ψ_c at 16 times inside each expansion, on sampled modes and points: all of them on small grids,
at the ceiling on larger ones, ever fewer of them away from it. No transform is spent on it.
"""

import math
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, namespace, to_numpy
from qlearn.kernels.series import INSIDE

__all__ = ["TailSamples"]

FEWEST = 192    # samples of T and of V,
MANY = 256      # or one in 32 points up to so many, and beyond
FEW_OF = 512    # one in so many points
BLOCK = 4096    # numbers that are added in one go
SAFETY = 1.5    # for the quadrature in time and over the samples
FAR = 0.1      # of the ceiling: how far above it a place must be to hold nothing that moves along with the packet


@final
class TailSamples:
    """ψ_c(s) at sampled places of one table (T over the modes, V over the points), for several times s of one expansion.

    levels : (size,) values of the table at the places; order : of them as they ascend.   rows : states times channels.
    """

    def __init__(self, levels: np.ndarray, order: np.ndarray, ceiling: float, rows: int, channels: int):
        floor = float(levels.min()) + 0.3 * (min(ceiling, float(levels.max())) - float(levels.min()))
        order = order[np.searchsorted(levels[order], floor):]
        ranks, weights = _ranks(order.size, int(np.searchsorted(levels[order], ceiling)), _wanted(levels.size))
        self.places, self.levels, self.weights = order[ranks], levels[order[ranks]], weights
        self.sums = np.zeros((INSIDE, rows, ranks.size), dtype=complex)
        self.channels, self.least = channels, float(levels.min())
        self._carried: Any = None

    def see(self, values: Any, coefficients: np.ndarray) -> None:
        """Add c_k(s) times the values (rows, size) of the k-th term."""
        if isinstance(values, np.ndarray):
            picked = values[:, self.places]
        else:
            xp = namespace(values)
            self._carried = like(self.places, values) if self._carried is None else self._carried
            picked = to_numpy(xp.take(values, self._carried, axis=1))
        at_once = max(1, BLOCK // max(picked.size, 1))
        for start in range(0, INSIDE, at_once):
            self.sums[start:start + at_once] += coefficients[start:start + at_once, None, None] * picked

    def bounds(self, ceiling: float, norms: np.ndarray, turns: float) -> tuple[float, float]:
        """(what this ceiling adds over ``turns`` = time/ħ, 2‖η‖ of the run so far), relative to ``norms`` (members,); the
        largest of the members."""
        return self._bounds(ceiling, self._shares(norms), turns)

    def lowest(self, allowed: float, norms: np.ndarray, turns: float) -> float:
        """The lowest ceiling that adds no more than allowed; infinite where only the whole table will do."""
        low, high, best = float(self.levels[0]), float(self.levels[-1]), np.inf
        shares = self._shares(norms)
        for _ in range(10):
            middle = (low + high) / 2
            if self._bounds(middle, shares, turns)[0] <= allowed:
                best = high = middle
            else:
                low = middle
        return best

    def _shares(self, norms: np.ndarray) -> np.ndarray:
        """|a|² of what each place stands for, over channels, over ‖ψ0‖²: (times, members, places)."""
        squares = (np.abs(self.sums) ** 2 * self.weights).reshape(INSIDE, -1, self.channels, self.weights.size).sum(axis=2)
        return np.asarray(squares * np.divide(1.0, norms**2, out=np.zeros_like(norms), where=norms > 0)[:, None])

    def _bounds(self, ceiling: float, shares: np.ndarray, turns: float) -> tuple[float, float]:
        excess = np.maximum(self.levels - ceiling, 0.0)
        near = excess <= FAR * (ceiling - self.least)
        kinds = np.stack([np.where(near, excess**2, 0.0), np.where(near, 0.0, 1.0), np.where(near, 0.0, excess)], axis=1)
        flux, far, shift = np.moveaxis(shares @ kinds, -1, 0)
        return (SAFETY * turns * float(np.max(np.mean(np.sqrt(flux) + shift, axis=0), initial=0.0)),
                SAFETY * 2 * math.sqrt(float(np.max(far, initial=0.0))))


def _wanted(size: int) -> int:
    return max(FEWEST, min(size // 32, MANY), size // FEW_OF)


def _ranks(count: int, centre: int, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Ranks 0 ≤ r < count, all where there are few, else densest around ``centre``; and how many each stands for."""
    if count <= wanted:
        return np.arange(count), np.ones(count)
    spread = np.linspace(-1, 1, wanted)
    reach = np.where(spread < 0, max(centre, 1), max(count - 1 - centre, 1))
    offsets = np.sign(spread) * reach * np.sinh(6 * np.abs(spread)) / np.sinh(6)
    ranks = np.unique(np.clip(np.rint(centre + offsets).astype(int), 0, count - 1))
    edges = np.concatenate([[0], (ranks[1:] + ranks[:-1] + 1) / 2, [count]])
    return ranks, np.diff(edges)
