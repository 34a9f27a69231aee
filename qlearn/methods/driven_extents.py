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
steps, on all points as in the window.
"""

import math
from functools import cache
from itertools import product
from typing import NamedTuple, final

import numpy as np

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
PLACES = 24       # where trajectories start, with the outermost wavenumbers that go with them, and the other way round


def by_trajectories(hamiltonian: Hamiltonian, presence: Presence, factors: DriveFactors,
                    backwards: bool) -> tuple[list[Extent], list[slice]] | None:
    """(the extent of each axis, the points of each axis that trajectories reach); None for runs of too many steps."""
    grid, inverse = hamiltonian.grid, hamiltonian.kinetic.inverse
    V, span = _DrivenV(hamiltonian, factors.samples), factors.end - factors.start
    steps = max(FEWEST, span * V.fastest(presence) / TURN)
    if steps > LARGEST:
        return None
    f = V.factors[::2 ** max(0, int(math.log2((len(V.factors) - 1) / steps)))][::-1 if backwards else 1]
    h, parts = (-span if backwards else span) / (len(f) - 1), math.ceil(steps / (len(f) - 1))
    q, k = _starts(hamiltonian, presence)
    shift = hamiltonian.kinetic.vector_potential()
    first, last, least, most = excursions(V.tables, grid.spacing, inverse, f, h, parts, q, hamiltonian.hbar * k - shift)
    box = [slice(math.floor(a), math.ceil(b) + 1) if a >= 0 and b <= n - 1 else slice(0, n)
           for a, b, n in zip(first.tolist(), last.tolist(), grid.shape, strict=True)]
    fastest = np.maximum(np.abs(least + shift), np.abs(most + shift)) / hamiltonian.hbar
    return [_extent(V, -math.log(presence.faint), axis, box, float(fastest[axis])) for axis in range(grid.ndim)], box


class _Tables(NamedTuple):
    """V0 and g_r, (1 + R, *shape), and of each axis |∂²| of them, (1 + R, points), the wavenumbers as they ascend and the least
    T at each."""

    tables: np.ndarray
    bends: list[np.ndarray]
    waves: list[np.ndarray]
    slowest: list[np.ndarray]


def _tables(hamiltonian: Hamiltonian) -> _Tables:
    grid, drive = hamiltonian.grid, hamiltonian.drive
    assert drive is not None
    tables, bends, slowest = np.concatenate([drive.static[None], drive.tables]), [], []
    for axis in range(grid.ndim):
        bend = np.zeros(tables.shape)  # 0 at the ends of the axis
        inside = np.abs(np.diff(np.moveaxis(tables, axis + 1, -1), n=2)) / float(grid.spacing[axis]) ** 2
        np.moveaxis(bend, axis + 1, -1)[..., 1:-1] = inside
        bends.append(bend.reshape(len(tables), -1))
        slowest.append(sorted_waves(hamiltonian.kinetic.table.min(axis=tuple(a for a in range(grid.ndim) if a != axis))))
    return _Tables(tables, bends, [sorted_waves(k) for k in grid.wavenumbers], slowest)


@final
class _DrivenV:
    """V0 + Σ f_r g_r with what the f_r reach: factors (n, 1 + R), the first of them 1."""

    def __init__(self, hamiltonian: Hamiltonian, samples: np.ndarray):
        self.hamiltonian, self.grid = hamiltonian, hamiltonian.grid
        self.tables, self._bends, self.waves, self.slowest = hamiltonian.kept("tables of a drive", lambda: _tables(hamiltonian))
        self.factors = np.ones((len(samples), 1 + samples.shape[1]))
        self.factors[:, 1:] = samples
        self.least, self.most = self.factors.min(axis=0), self.factors.max(axis=0)
        self._sizes = np.maximum(np.abs(self.least), np.abs(self.most))
        self._largest_bends: dict[int, np.ndarray] = {}
        self.low = self.lowest(self.tables)

    def lowest(self, tables: np.ndarray) -> np.ndarray:
        """The least Σ f_r g_r of such tables at any time."""
        shape = (-1,) + (1,) * (tables.ndim - 1)
        return np.asarray(np.minimum(self.least.reshape(shape) * tables, self.most.reshape(shape) * tables).sum(axis=0))

    def bend(self, axis: int, where: np.ndarray) -> float:
        """The largest |∂²V| along an axis at any time, at places (*shape)."""
        if axis not in self._largest_bends:
            self._largest_bends[axis] = (self._sizes @ self._bends[axis]).reshape(self.grid.shape)
        return float(self._largest_bends[axis].max(where=where, initial=0.0))

    def fastest(self, presence: Presence) -> float:
        """√(V''/m) where V gets below the energies that ψ has at the start."""
        kinetic, faint = self.hamiltonian.kinetic, presence.faint**2
        energy = -self.lowest(-self.tables).min(where=presence.places > faint, initial=np.inf) \
            + kinetic.table.max(where=presence.waves > faint, initial=0.0)
        reached = self.low < energy
        return math.sqrt(max(float(kinetic.inverse[a, a]) * self.bend(a, reached) for a in range(self.grid.ndim)))


def _extent(V: _DrivenV, decay: float, axis: int, box: list[slice], k1: float) -> Extent:
    n, edges, spacing, k, slowest = V.grid.shape[axis], box[axis], float(V.grid.spacing[axis]), V.waves[axis], V.slowest[axis]
    inside, near = tuple(box), np.zeros(V.grid.shape, dtype=bool)
    height, least = float(slowest.max(where=np.abs(k) <= k1, initial=0.0)), float(V.low[inside].min())
    near[inside] = V.low[inside] <= least + NEAR * height
    bend, change = V.bend(axis, near), min(float(V.low[inside].max()) - least, height)
    depth, change = (math.sqrt(change / bend), change) if bend > FLAT * height / (n * spacing)**2 else (n * spacing, 0.0)
    reached = in_wavenumber(k, slowest, k1, height, depth * 2 * math.pi / (n * spacing), change, FALL_OF_WAVES * decay)
    nyquist = max(k1 / TOLD, reached / (1 - RIM))
    if edges == slice(0, n):
        return Extent(0, n, nyquist)
    lines = V.tables[(slice(None), *(slice(None) if a == axis else box[a] for a in range(V.grid.ndim)))]
    lines = np.moveaxis(lines, axis + 1, 1).reshape(len(lines), n, -1)
    scale = math.sqrt(2 / float(V.hamiltonian.kinetic.inverse[axis, axis])) / V.hamiltonian.hbar * spacing
    before, behind = (in_place(lines, V.least, V.most, edge, step, scale, FALL * decay)
                      for edge, step in ((edges.start, -1), (edges.stop - 1, 1)))
    first, end = edges.start - before, edges.stop + behind
    rim = math.ceil(RIM / (1 - 2 * RIM) * (end - first))
    return Extent(max(0, first - rim), min(n, end + rim), nyquist)


def _starts(hamiltonian: Hamiltonian, presence: Presence) -> tuple[np.ndarray, np.ndarray]:
    """Where trajectories start: q (n, d) in spacings and k (n, d)."""
    grid, log = hamiltonian.grid, 2 * math.log(presence.faint)
    if grid.ndim == 1 and may_compile():
        from qlearn.kernels.compiled_starts import starts_on_a_line

        q, k = np.empty((4 * PLACES, 1)), np.empty((4 * PLACES, 1))
        starts_on_a_line(presence.places, sorted_waves(presence.waves), sorted_waves(grid.wavenumbers[0]), log, q[:, 0], k[:, 0])
        return q, k
    places = _Cloud(presence.places, [np.arange(n, dtype=float) for n in grid.shape], log)
    ascending = sorted_waves(presence.waves) if grid.ndim == 1 else np.fft.fftshift(presence.waves)
    waves = _Cloud(ascending, [sorted_waves(k) for k in grid.wavenumbers], log)
    level = 1 + sum(_correlation(a * b * 2 * math.pi / n, log)
                    for a, b, n in zip(places.widths, waves.widths, grid.shape, strict=True))
    ways = _ways(grid.ndim)
    (q, spare_k), (k, spare_q) = places.chosen(level), waves.chosen(level)
    return np.concatenate([np.repeat(q, len(ways), axis=0), places.rim(spare_q, ways)]), \
        np.concatenate([waves.rim(spare_k, ways), np.repeat(k, len(ways), axis=0)])


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
