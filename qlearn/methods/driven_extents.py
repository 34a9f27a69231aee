"""How far a state gets under a drive, which gives and takes energy: from trajectories.

Those that start on the rim of what there is of ψ (qlearn.methods.presence) get as far as any from within: on a line a closed
curve goes on enclosing what it enclosed. The rules were fixed on fourteen random problems (wells, boxes, several at once, under
pulses, chirps and resonant drives), where at most 0.05 tol was outside. On 328 fresh ones in one dimension they found 190
windows, of which 6 were given up, and on 40 in two dimensions 34 and 5; the one error above tol was that of the steps, on all
points as in the window. That was with 24 PLACES. With 16 and with 24 another 400 in one dimension, harder ones, gave 220 and 218
windows, of which 19 and 19 were given up, and no error above tol. All of these with tails down to √ε in place and ε of 0.02 tol;
with the ε^¼ and 0.05 tol of now, 38 of 54 lines had windows, 3 of which were given up, the same 3 as before, and no error
above tol.
"""

import math
from functools import cache
from itertools import product
from typing import NamedTuple, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.excursions import excursions
from qlearn.kernels.phases import may_compile
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.extents import Extent, Landscape, extent_of
from qlearn.methods.presence import Presence, sorted_waves

__all__ = ["by_trajectories"]

TURN = 0.2        # radians of the fastest oscillation that a step of a trajectory may take
FEWEST = 128      # steps
LARGEST = 2**16   # steps: longer runs are given no extent
PLACES = 16       # where trajectories start, with the outermost wavenumbers that go with them, and the other way round


def by_trajectories(hamiltonian: Hamiltonian, presence: Presence, factors: DriveFactors | Landscape,
                    span: float) -> tuple[list[Extent], list[slice]] | None:
    """(the extent of each axis, the points of each axis that trajectories reach in the time ``span``, negative backwards); None
    for runs of too many steps. factors : of the drive over that time, or a static V."""
    grid, kinetic, hbar = hamiltonian.grid, hamiltonian.kinetic, hamiltonian.hbar
    driven: _Driven = hamiltonian.kept_last("a drive over a time", factors, lambda: _driven(hamiltonian, factors)) \
        if isinstance(factors, DriveFactors) else _at_rest(hamiltonian, factors)
    q, k, rate = _starts(driven, presence)
    steps = max(FEWEST, abs(span) * rate / TURN)
    if steps > LARGEST:
        return None
    f = driven.factors[::2 ** max(0, int(math.log2((len(driven.factors) - 1) / steps)))][::-1 if span < 0 else 1]
    h, parts = span / (len(f) - 1), math.ceil(steps / (len(f) - 1))
    shift = kinetic.vector_potential()
    bounds = excursions(driven.V.tables, grid.spacing, kinetic.inverse, f, h, parts, q, hbar * k - shift)
    bounds[2:] += shift
    first, last, least, most = bounds.tolist()
    box = [slice(math.floor(a), math.ceil(b) + 1) if a >= 0 and b <= n - 1 else slice(0, n)
           for a, b, n in zip(first, last, grid.shape, strict=True)]
    decay = -math.log(presence.faint)
    fastest = (max(abs(least[axis]), abs(most[axis])) / hbar for axis in range(grid.ndim))
    return [extent_of(driven.V, axis, box, k1, decay) for axis, k1 in enumerate(fastest)], box


class _Driven(NamedTuple):
    """V at the times of ``factors`` (n, 1 + R), the first of each 1; ``high`` the largest V, (*shape); T; 1/m of each axis."""

    V: Landscape
    factors: np.ndarray
    high: np.ndarray
    kinetic: np.ndarray
    inverse: list[float]


def _driven(hamiltonian: Hamiltonian, drive_factors: DriveFactors) -> _Driven:
    drive, samples = hamiltonian.drive, drive_factors.samples
    assert drive is not None
    factors, tables = np.ones((len(samples), 1 + samples.shape[1])), np.concatenate([drive.static[None], drive.tables])
    factors[:, 1:] = samples
    least, most = factors.min(axis=0), factors.max(axis=0)
    high = np.maximum(*(np.multiply(f, tables.T).T for f in (least, most))).sum(axis=0)
    V = Landscape.of(hamiltonian, tables, least, most)
    return _Driven(V, factors, high, hamiltonian.kinetic.table, _inverse(hamiltonian))


def _at_rest(hamiltonian: Hamiltonian, V: Landscape) -> _Driven:
    return _Driven(V, np.ones((2, 1)), V.low, hamiltonian.kinetic.table, _inverse(hamiltonian))


def _inverse(hamiltonian: Hamiltonian) -> list[float]:
    return [float(hamiltonian.kinetic.inverse[axis, axis]) for axis in range(hamiltonian.grid.ndim)]


def _starts(driven: _Driven, presence: Presence) -> tuple[np.ndarray, np.ndarray, float]:
    """Where trajectories start, q (n, d) in spacings and k (n, d), and √(V''/m) where V gets below the energies there."""
    V, log = driven.V, presence.log
    grid = V.grid
    if grid.ndim == 1 and may_compile():
        from qlearn.kernels.compiled_starts import starts_on_a_line

        q, k = np.empty((4 * PLACES, 1)), np.empty((4 * PLACES, 1))
        steepest = starts_on_a_line(*presence.lines, V.waves[0], V.slowest[0], V.low, driven.high, V.bends[0], log, q[:, 0],
                                    k[:, 0])
        return q, k, math.sqrt(driven.inverse[0] * steepest)
    faint = presence.faint**2
    reached = V.low < driven.high[presence.places > faint].max() + driven.kinetic[presence.waves > faint].max()
    rate = math.sqrt(max(a * float((bend * reached).max()) for a, bend in zip(driven.inverse, V.bends, strict=True)))
    places = _Cloud(presence.places, [np.arange(n, dtype=float) for n in grid.shape], log)
    ascending = sorted_waves(presence.waves) if grid.ndim == 1 else np.fft.fftshift(presence.waves)
    waves, ways = _Cloud(ascending, V.waves, log), _ways(grid.ndim)
    (q, spare_k), (k, spare_q) = places.chosen(presence.level), waves.chosen(presence.level)
    return np.concatenate([np.repeat(q, len(ways), axis=0), places.rim(spare_q, ways)]), \
        np.concatenate([waves.rim(spare_k, ways), np.repeat(k, len(ways), axis=0)]), rate


@cache
def _ways(ndim: int) -> np.ndarray:
    """(m, d) of length 1: to the faces, edges and corners of a cube."""
    ways = np.array([way for way in product((-1, 0, 1), repeat=ndim) if any(way)], dtype=float)
    return ways / np.linalg.norm(ways, axis=1, keepdims=True)


@final
class _Cloud:
    """Powers (*shape), at most 1 and counted down to exp(log), over coordinates ``lines`` that ascend."""

    def __init__(self, powers: np.ndarray, lines: list[np.ndarray], log: float):
        self.powers, self.lines, self.log, d = powers, lines, log, powers.ndim
        self.marginals = [powers.max(axis=tuple(b for b in range(d) if b != a)) for a in range(d)] if d > 1 else [powers]
        self.present = np.flatnonzero(powers.reshape(-1) > math.exp(log))

    def chosen(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """PLACES of the places, (n, d), and what is left of the level there, (n,)."""
        some = self.present[np.arange(PLACES) * (len(self.present) - 1) // (PLACES - 1)]
        left = level - np.log(self.powers.reshape(-1)[some]) / self.log
        index = [some] if self.powers.ndim == 1 else np.unravel_index(some, self.powers.shape)
        return np.stack([line[i] for line, i in zip(self.lines, index, strict=True)], axis=1), left

    def rim(self, left: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """The outermost places where levels (n,) are left, each in all ways in turn, (n·m, d)."""
        rims = []
        for marginal, line, way in zip(self.marginals, self.lines, ways.T, strict=True):
            levels = np.exp(self.log * np.minimum(left[:, None] * way**2, 1.0))
            before = np.maximum.accumulate(marginal).searchsorted(levels)
            behind = len(line) - 1 - np.maximum.accumulate(marginal[::-1]).searchsorted(levels)
            rims.append(line[np.where(way < 0, before, behind)].reshape(-1))
        return np.stack(rims, axis=1)
