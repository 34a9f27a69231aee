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
of its points at either end and of its wavenumbers. The rules were fixed on thirty problems (wells of all kinds, rings and
lattices under pulses, chirps and resonant drives), where they left less than 0.05 tol outside.
"""

from itertools import product
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.excursions import excursions
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.extents import NEAR, TOLD, Extent, Presence, depth_of_waves, fallen, sorted_waves

__all__ = ["RIM", "by_trajectories"]

TURN = 0.2        # radians of the fastest oscillation that a step of a trajectory may take
RIM = 1 / 32      # of the points of a cut axis at either end, and of the wavenumbers, where ψ is watched
FEWEST = 128      # steps
LARGEST = 2**16   # steps: longer runs are given no extent
FALL, FALL_OF_WAVES = 0.5, 0.25  # of the logarithm of ε: how far ψ has fallen off where the rims of the window begin
PLACES = 24       # where trajectories start, with the outermost wavenumbers that go with them, and the other way round


def by_trajectories(hamiltonian: Hamiltonian, presence: Presence, factors: DriveFactors, backwards: bool) -> list[Extent] | None:
    """The extent of each axis; None for runs of too many steps."""
    grid, inverse = hamiltonian.grid, hamiltonian.kinetic.inverse
    V, span = _DrivenV(hamiltonian, factors.samples), factors.end - factors.start
    steps = max(FEWEST, span * V.fastest(presence) / TURN)
    if steps > LARGEST:
        return None
    f = V.factors[::2 ** max(0, int(np.log2((len(V.factors) - 1) / steps)))][::-1 if backwards else 1]
    h, parts = (-span if backwards else span) / (len(f) - 1), int(np.ceil(steps / (len(f) - 1)))
    q, k = _starts(hamiltonian, presence)
    shift = hamiltonian.kinetic.vector_potential()
    first, last, least, most = excursions(V.tables, grid.spacing, inverse, f, h, parts, q, hamiltonian.hbar * k - shift)
    box = [(int(np.floor(a)), int(np.ceil(b)) + 1) if a >= 0 and b <= n - 1 else (0, n)
           for a, b, n in zip(first, last, grid.shape, strict=True)]
    fastest = np.maximum(np.abs(least + shift), np.abs(most + shift)) / hamiltonian.hbar
    return [_extent(V, presence.faint, axis, box, float(fastest[axis])) for axis in range(grid.ndim)]


@final
class _DrivenV:
    """V0 + Σ f_r g_r with what the f_r reach: tables (1 + R, *shape), factors (n, 1 + R), the first of them 1."""

    def __init__(self, hamiltonian: Hamiltonian, samples: np.ndarray):
        drive: Any = hamiltonian.drive
        self.hamiltonian, self.grid = hamiltonian, hamiltonian.grid
        self.tables = np.concatenate([drive.static[None], drive.tables])
        self.factors = np.concatenate([np.ones((len(samples), 1)), samples], axis=1)
        self.least, self.most = self.factors.min(axis=0), self.factors.max(axis=0)
        self.low, self.high = self.lowest(self.tables), -self.lowest(-self.tables)
        self.bends = [self._bend(axis) for axis in range(self.grid.ndim)]

    def lowest(self, tables: np.ndarray) -> np.ndarray:
        """The least Σ f_r g_r of such tables at any time."""
        shape = (-1,) + (1,) * (tables.ndim - 1)
        return np.asarray(np.minimum(self.least.reshape(shape) * tables, self.most.reshape(shape) * tables).sum(axis=0))

    def fastest(self, presence: Presence) -> float:
        """√(V''/m) where V gets below the energies that ψ has at the start."""
        kinetic, faint = self.hamiltonian.kinetic, presence.faint**2
        energy = np.max(self.high[presence.places > faint]) + np.max(kinetic.table[presence.waves > faint])
        rates = [kinetic.inverse[a, a] * np.max(bend[self.low < energy], initial=0.0) for a, bend in enumerate(self.bends)]
        return float(np.sqrt(max(rates)))

    def _bend(self, axis: int) -> np.ndarray:
        """The largest |∂²V| along the axis at any time; 0 at its ends."""
        sizes = np.maximum(np.abs(self.least), np.abs(self.most))
        bends = np.abs(np.diff(np.moveaxis(self.tables, axis + 1, -1), n=2)) / float(self.grid.spacing[axis]) ** 2
        result = np.zeros(self.grid.shape)
        np.moveaxis(result, axis, -1)[..., 1:-1] = np.tensordot(sizes, bends, axes=1)
        return result


def _extent(V: _DrivenV, faint: float, axis: int, box: list[tuple[int, int]], k1: float) -> Extent:
    n, (first, end), decay = V.grid.shape[axis], box[axis], -np.log(faint)
    spacing, kinetic = float(V.grid.spacing[axis]), V.hamiltonian.kinetic
    others = tuple(a for a in range(V.grid.ndim) if a != axis)
    slowest = sorted_waves(np.min(kinetic.table, axis=others) if others else kinetic.table)
    k = sorted_waves(V.grid.wavenumbers[axis])
    held = np.abs(k) <= k1
    height = float(np.max(slowest[held], initial=0.0))
    inside = tuple(slice(*limits) for limits in box)
    low = V.low[inside]
    bend = float(np.max(V.bends[axis][inside][low - np.min(low) <= NEAR * height]))
    excess = np.where(held, 0.0, slowest - height)
    depth = depth_of_waves(excess, bend, height, float(np.ptp(low)), n * spacing)
    slow, fast = fallen(depth * (2 * np.pi / (n * spacing)), FALL_OF_WAVES * decay)
    nyquist = max(k1 / TOLD, max(abs(float(k[slow])), abs(float(k[fast - 1]))) / (1 - RIM))
    if end - first == n:
        return Extent(0, n, nyquist)
    lines = V.tables[(slice(None), *(slice(None) if a == axis else inside[a] for a in range(V.grid.ndim)))]
    lines, rates = np.moveaxis(lines, axis + 1, 1), np.zeros(n)
    for part, edge in ((slice(0, first), first), (slice(end, n), end - 1)):
        rise = V.lowest(lines[:, part] - lines[:, edge:edge + 1])
        rise = rise.min(axis=tuple(range(1, rise.ndim))) if others else rise
        rates[part] = np.sqrt(2 * np.maximum(rise, 0) / kinetic.inverse[axis, axis]) / V.hamiltonian.hbar * spacing
    first, end = fallen(rates, FALL * decay)
    rim = int(np.ceil(RIM / (1 - 2 * RIM) * (end - first)))
    return Extent(max(0, first - rim), min(n, end + rim), nyquist)


def _starts(hamiltonian: Hamiltonian, presence: Presence) -> tuple[np.ndarray, np.ndarray]:
    """Where trajectories start: q (n, d) in spacings and k (n, d)."""
    grid = hamiltonian.grid
    places = _Cloud(presence.places, [np.arange(n, dtype=float) for n in grid.shape], presence.faint)
    waves = _Cloud(np.fft.fftshift(presence.waves), [sorted_waves(k) for k in grid.wavenumbers], presence.faint)
    level = 1 + sum(_correlation(a * b * 2 * np.pi / n, presence.faint)
                    for a, b, n in zip(places.widths, waves.widths, grid.shape, strict=True))
    ways = np.array([way for way in product((-1, 0, 1), repeat=grid.ndim) if any(way)], dtype=float)
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    (q, spare_k), (k, spare_q) = places.chosen(level, ways), waves.chosen(level, ways)
    return np.concatenate([q, places.rim(spare_q, ways)]), np.concatenate([waves.rim(spare_k, ways), k])


def _correlation(area: float, faint: float) -> float:
    """Of x and k, of a state that is above ``faint`` within such widths: √(1 − 1/c²)."""
    c = area / 4 / (-2 * np.log(faint))
    return float(np.sqrt(1 - 1 / c**2)) if c > 1 else 0.0


@final
class _Cloud:
    """Powers (*shape), at most 1, over coordinates ``lines`` that ascend."""

    def __init__(self, powers: np.ndarray, lines: list[np.ndarray], faint: float):
        self.powers, self.lines, self.faint = powers, lines, 2 * np.log(faint)
        d, axes = powers.ndim, range(powers.ndim)
        self.marginals = [powers.max(axis=tuple(b for b in axes if b != a)) if d > 1 else powers for a in axes]
        present = [np.flatnonzero(marginal > faint**2) for marginal in self.marginals]
        self.widths = [float(some[-1] - some[0]) for some in present]

    def chosen(self, level: float, ways: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Some of the places, each once for each way, (n, d), and what is left of the level there, (n,)."""
        some = np.flatnonzero(self.powers.ravel() > np.exp(self.faint))
        some = some[np.linspace(0, len(some) - 1, PLACES).astype(int)]
        index = np.unravel_index(some, self.powers.shape)
        places = np.stack([line[i] for line, i in zip(self.lines, index, strict=True)], axis=1)
        left = level - np.log(self.powers[index]) / self.faint
        return np.repeat(places, len(ways), axis=0), np.repeat(left, len(ways))

    def rim(self, left: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """The outermost places (n, d) where levels (n,) are left, in each way in turn."""
        rims = []
        for marginal, line, way in zip(self.marginals, self.lines, np.tile(ways.T, len(left) // len(ways)), strict=True):
            levels = np.exp(self.faint * np.minimum(left * way**2, 1.0))
            before = np.searchsorted(np.maximum.accumulate(marginal), levels)
            behind = len(line) - 1 - np.searchsorted(np.maximum.accumulate(marginal[::-1]), levels)
            rims.append(line[np.where(way < 0, before, behind)])
        return np.stack(rims, axis=1)
