"""How far a state gets under a drive, which gives and takes energy: from trajectories.

What ψ is above an amplitude ε fills a region of phase space. With u(x) and v(k) the logarithms of |ψ(x)| and |ψ_k|, over their
largest values and over that of ε, it is taken for

    u + v < s,  u < 1,  v < 1,      s = 1 + √(1 − 1/c²),   c = ΔxΔk/(2 ln(1/ε))

Δx, Δk half of the widths where ψ is above ε: s = 1 for a Gaussian packet, 1 + the correlation of x and k for one that spreads,
where that is exact, and 2, all places with all wavenumbers, for what is no single packet; in d dimensions s − 1 is
summed. Trajectories that start on the rim of the region get as far as any from within: on a line a closed curve goes on
enclosing what it enclosed. Behind the farthest of them, at x1 and k1, ψ falls off at least as at the time when V rises least,

    exp(−∫ √(2m min_t(V(x, t) − V(x1, t)))/ħ dx),        exp(−∫ y dk),   T(k) = T(k1) + V'' y²/2

down to √ε in place and to ε^¼ in wavenumber, where these formulas are on the safe side; there the rims of the window begin, RIM
of its points at either end and of its wavenumbers. The rules were fixed on fourteen random problems (wells, boxes, several at
once, under pulses, chirps and resonant drives), where at most 0.05 tol was outside. On 328 fresh ones in one dimension they
found 190 windows, of which 6 were given up, and on 40 in two dimensions 34 and 5; the one error above tol was that of the
steps, on all points as in the window. That was with 24 PLACES. With 16 and with 24 another 400 in one dimension, harder ones,
gave 220 and 218 windows, of which 19 and 19 were given up, and no error above tol.
"""

import math
from functools import cache
from itertools import product
from typing import NamedTuple, final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.excursions import excursions
from qlearn.kernels.phases import may_compile
from qlearn.kernels.tails import in_place, in_wavenumber
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.extents import FLAT, NEAR, TOLD, Extent, Presence, sorted_waves

__all__ = ["RIM", "by_trajectories"]

TURN = 0.2        # radians of the fastest oscillation that a step of a trajectory may take
RIM = 1 / 32      # of the points of a cut axis at either end, and of the wavenumbers, where ψ is watched
FEWEST = 128      # steps
LARGEST = 2**16   # steps: longer runs are given no extent
FALL, FALL_OF_WAVES = 0.5, 0.25  # of the logarithm of ε: how far ψ has fallen off where the rims of the window begin
PLACES = 16       # where trajectories start, with the outermost wavenumbers that go with them, and the other way round


def by_trajectories(hamiltonian: Hamiltonian, presence: Presence, factors: DriveFactors,
                    backwards: bool) -> tuple[list[Extent], list[slice]] | None:
    """(the extent of each axis, the points of each axis that trajectories reach); None for runs of too many steps."""
    grid, kinetic, hbar, span = hamiltonian.grid, hamiltonian.kinetic, hamiltonian.hbar, factors.end - factors.start
    V = hamiltonian.kept_last("a drive over a time", factors, lambda: _driven(hamiltonian, factors))
    q, k, rate = _starts(V, presence)
    steps = max(FEWEST, span * rate / TURN)
    if steps > LARGEST:
        return None
    f = V.factors[::2 ** max(0, int(math.log2((len(V.factors) - 1) / steps)))][::-1 if backwards else 1]
    h, parts = (-span if backwards else span) / (len(f) - 1), math.ceil(steps / (len(f) - 1))
    shift = kinetic.vector_potential()
    bounds = excursions(V.tables, grid.spacing, kinetic.inverse, f, h, parts, q, hbar * k - shift)
    bounds[2:] += shift
    first, last, least, most = bounds.tolist()
    box = [slice(math.floor(a), math.ceil(b) + 1) if a >= 0 and b <= n - 1 else slice(0, n)
           for a, b, n in zip(first, last, grid.shape, strict=True)]
    decay = -math.log(presence.faint)
    return [_extent(V, axis, box, max(abs(least[axis]), abs(most[axis])) / hbar, decay) for axis in range(grid.ndim)], box


class _DrivenV(NamedTuple):
    """V0 + Σ f_r g_r on a grid with what the f_r reach, and T.

    tables : V0 and g_r, (1 + R, *shape).   factors : (n, 1 + R), the first of them 1.   least, most : (1 + R,), of them.
    low, high : (*shape), between which V stays.   bends : of each axis, the largest |∂²V| at any time, (*shape).
    waves, slowest : of each axis, the wavenumbers as they ascend and the least T at each.   table : T.
    inverse : of each axis, 1/m.   scales : √(2m)Δx/ħ.
    """

    grid: Grid
    tables: np.ndarray
    factors: np.ndarray
    least: np.ndarray
    most: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bends: list[np.ndarray]
    waves: list[np.ndarray]
    slowest: list[np.ndarray]
    table: np.ndarray
    inverse: list[float]
    scales: list[float]


def _driven(hamiltonian: Hamiltonian, drive_factors: DriveFactors) -> _DrivenV:
    grid, drive, kinetic, samples = hamiltonian.grid, hamiltonian.drive, hamiltonian.kinetic, drive_factors.samples
    assert drive is not None
    factors, tables = np.ones((len(samples), 1 + samples.shape[1])), np.concatenate([drive.static[None], drive.tables])
    factors[:, 1:] = samples
    least, most, axes = factors.min(axis=0), factors.max(axis=0), range(grid.ndim)
    ends, largest = [np.multiply(f, tables.T).T for f in (least, most)], np.maximum(np.abs(least), np.abs(most))
    slowest = [kinetic.table.min(axis=tuple(other for other in axes if other != axis)) for axis in axes]
    inverse = [float(kinetic.inverse[axis, axis]) for axis in axes]
    scales = [math.sqrt(2 / a) / hamiltonian.hbar * float(dx) for a, dx in zip(inverse, grid.spacing, strict=True)]
    return _DrivenV(grid, tables, factors, least, most, np.minimum(*ends).sum(axis=0), np.maximum(*ends).sum(axis=0),
                    [np.tensordot(largest, _bends(tables, grid, axis), axes=1) for axis in axes],
                    [sorted_waves(k) for k in grid.wavenumbers], [sorted_waves(table) for table in slowest], kinetic.table,
                    inverse, scales)


def _bends(tables: np.ndarray, grid: Grid, axis: int) -> np.ndarray:
    """|∂²| along an axis, 0 at its ends."""
    bends = np.zeros(tables.shape)
    np.moveaxis(bends, axis + 1, -1)[..., 1:-1] = \
        np.abs(np.diff(np.moveaxis(tables, axis + 1, -1), n=2)) / float(grid.spacing[axis]) ** 2
    return bends


def _extent(V: _DrivenV, axis: int, box: list[slice], k1: float, decay: float) -> Extent:
    n, edges = V.grid.shape[axis], box[axis]
    before, behind, reached = (_fallen_on_a_line if V.grid.ndim == 1 and may_compile() else _fallen)(V, axis, box, k1, decay)
    nyquist = max(k1 / TOLD, reached / (1 - RIM))
    if edges == slice(0, n):
        return Extent(0, n, nyquist)
    first, end = edges.start - before, edges.stop + behind
    rim = math.ceil(RIM / (1 - 2 * RIM) * (end - first))
    return Extent(max(0, first - rim), min(n, end + rim), nyquist)


def _fallen(V: _DrivenV, axis: int, box: list[slice], k1: float, decay: float) -> tuple[int, int, float]:
    """(points before the box, points behind it, the largest wavenumber) where ψ has fallen off."""
    inside, k, slowest, n, low = tuple(box), V.waves[axis], V.slowest[axis], V.grid.shape[axis], V.low[tuple(box)]
    height, least, length = float((slowest * (np.abs(k) <= k1)).max()), float(low.min()), float(V.grid.lengths[axis])
    bend = float((V.bends[axis][inside] * (low <= least + NEAR * height)).max())
    change = min(float(low.max()) - least, height)
    depth, change = (math.sqrt(change / bend), change) if bend > FLAT * height / length**2 else (length, 0.0)
    reached = in_wavenumber(k, slowest, k1, height, depth * 2 * math.pi / length, change, FALL_OF_WAVES * decay)
    lines = V.tables[(slice(None), *(slice(None) if a == axis else part for a, part in enumerate(box)))]
    lines = lines.swapaxes(axis + 1, 1).reshape(len(lines), n, -1)
    before, behind = (in_place(lines, V.least, V.most, edge, step, V.scales[axis], FALL * decay)
                      for edge, step in ((box[axis].start, -1), (box[axis].stop - 1, 1)))
    return before, behind, reached


def _fallen_on_a_line(V: _DrivenV, axis: int, box: list[slice], k1: float, decay: float) -> tuple[int, int, float]:
    from qlearn.kernels import compiled_tails

    found: tuple[int, int, float] = compiled_tails.on_a_line(
        V.tables[:, :, None], V.least, V.most, V.low, V.bends[0], V.waves[0], V.slowest[0], (box[0].start, box[0].stop - 1), k1,
        float(V.grid.spacing[0]), NEAR, FLAT, V.scales[0], FALL * decay, FALL_OF_WAVES * decay)
    return found


def _starts(V: _DrivenV, presence: Presence) -> tuple[np.ndarray, np.ndarray, float]:
    """Where trajectories start, q (n, d) in spacings and k (n, d), and √(V''/m) where V gets below the energies there."""
    grid, log = V.grid, 2 * math.log(presence.faint)
    if grid.ndim == 1 and may_compile():
        from qlearn.kernels.compiled_starts import starts_on_a_line

        q, k = np.empty((4 * PLACES, 1)), np.empty((4 * PLACES, 1))
        psi, modes = (np.ascontiguousarray(values).reshape(-1, grid.size) for values in (presence.psi, presence.modes))
        steepest = starts_on_a_line(psi, modes, V.waves[0], V.slowest[0], V.low, V.high, V.bends[0], log, q[:, 0], k[:, 0])
        return q, k, math.sqrt(V.inverse[0] * steepest)
    reached = V.low < V.high[presence.places > presence.faint**2].max() + V.table[presence.waves > presence.faint**2].max()
    rate = math.sqrt(max(a * float((bend * reached).max()) for a, bend in zip(V.inverse, V.bends, strict=True)))
    places = _Cloud(presence.places, [np.arange(n, dtype=float) for n in grid.shape], log)
    ascending = sorted_waves(presence.waves) if grid.ndim == 1 else np.fft.fftshift(presence.waves)
    waves = _Cloud(ascending, V.waves, log)
    level = 1 + sum(_correlation(a * b * 2 * math.pi / n, log)
                    for a, b, n in zip(places.widths, waves.widths, grid.shape, strict=True))
    ways = _ways(grid.ndim)
    (q, spare_k), (k, spare_q) = places.chosen(level), waves.chosen(level)
    return np.concatenate([np.repeat(q, len(ways), axis=0), places.rim(spare_q, ways)]), \
        np.concatenate([waves.rim(spare_k, ways), np.repeat(k, len(ways), axis=0)]), rate


@cache
def _ways(ndim: int) -> np.ndarray:
    """(m, d) of length 1: to the faces, edges and corners of a cube."""
    ways = np.array([way for way in product((-1, 0, 1), repeat=ndim) if any(way)], dtype=float)
    return ways / np.linalg.norm(ways, axis=1, keepdims=True)


def _correlation(area: float, log: float) -> float:
    """Of x and k, of a state that is above exp(log/2) within widths of that product: √(1 − 1/c²)."""
    c = area / (-4 * log)
    return math.sqrt(1 - 1 / c**2) if c > 1 else 0.0


@final
class _Cloud:
    """Powers (*shape), at most 1 and counted down to exp(log), over coordinates ``lines`` that ascend."""

    def __init__(self, powers: np.ndarray, lines: list[np.ndarray], log: float):
        self.powers, self.lines, self.log, d = powers, lines, log, powers.ndim
        self.marginals = [powers.max(axis=tuple(b for b in range(d) if b != a)) for a in range(d)] if d > 1 else [powers]
        self.present = np.flatnonzero(powers.reshape(-1) > math.exp(log))
        some = [self.present] if d == 1 else [np.flatnonzero(marginal > math.exp(log)) for marginal in self.marginals]
        self.widths = [float(indices[-1] - indices[0]) for indices in some]

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
