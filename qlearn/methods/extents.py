"""How far a state gets, in place and in wavenumber: where a window of the grid has to reach, and how fine it is.

A static H conserves energy. What there is of ψ above an amplitude ε (qlearn.methods.presence) has an energy V(x) + T(k), or
somewhat more where V has bumps, of at most E, so that ψ moves where V < E and, in momentum, where T < E − min V. Under a drive
trajectories tell where it moves (qlearn.methods.driven_extents), and in more than one dimension they tell more of a static V too,
but for bumps. Behind the farthest places x1 and wavenumbers k1 it falls off at least as at the time when V rises least,

    exp(−∫ √(2m min_t(V(x, t) − V(x1, t)))/ħ dx),        exp(−∫ y dk),   T(k) = T(k1) + V'' y²/2

down to ε^¼, where these formulas are on the safe side; there the rims of the window begin, RIM of its points at either end and of
its wavenumbers.
"""

import math
from typing import NamedTuple

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.phases import may_compile
from qlearn.kernels.tails import in_place, in_wavenumber
from qlearn.methods.presence import Presence, sorted_waves

__all__ = ["RIM", "Extent", "Landscape", "by_energy", "extent_of", "landscape_of"]

RIM = 1 / 32      # of the points of a cut axis at either end, and of the wavenumbers, where ψ is watched
TOLD = 0.9        # of the Nyquist wavenumber of the window, at most, for k1
NEAR = 0.1        # of T(k1): how far above its least value V is looked at for V''
FLAT = 1e-9       # of T(k1), over the length of the axis squared: V'' that changes no momentum
BUMPS = 1.5       # times V + T − min V, from which V has bumps,
BUMPY = 2.5       # and times V + T − min V that E − min V is at most, where V has bumps
FALL = 0.25       # of the logarithm of ε: how far ψ has fallen off where the rims of the window begin


class Extent(NamedTuple):
    """Of one axis: the first point, the one behind the last, and the wavenumber that the points have to tell from others."""

    first: int
    end: int
    nyquist: float


class Landscape(NamedTuple):
    """V0 + Σ f_r g_r on a grid with what the f_r reach, and T.

    tables : V0 and g_r, (1 + R, *shape).   least, most : (1 + R,), of the f_r, f_0 = 1.   low : the least V, (*shape).
    bends : of each axis, the largest |∂²V| at any time, (*shape).
    waves, slowest : of each axis, the wavenumbers as they ascend and the least T at each.   scales : √(2m)Δx/ħ.
    """

    grid: Grid
    tables: np.ndarray
    least: np.ndarray
    most: np.ndarray
    low: np.ndarray
    bends: list[np.ndarray]
    waves: list[np.ndarray]
    slowest: list[np.ndarray]
    scales: list[float]

    @classmethod
    def of(cls, hamiltonian: Hamiltonian, tables: np.ndarray, least: np.ndarray, most: np.ndarray) -> "Landscape":
        grid, kinetic, axes = hamiltonian.grid, hamiltonian.kinetic, range(hamiltonian.grid.ndim)
        low = np.minimum(*(np.multiply(f, tables.T).T for f in (least, most))).sum(axis=0)
        largest = np.maximum(np.abs(least), np.abs(most))
        slowest = [kinetic.table.min(axis=tuple(other for other in axes if other != axis)) for axis in axes]
        scales = [math.sqrt(2 / float(kinetic.inverse[axis, axis])) / hamiltonian.hbar * float(grid.spacing[axis])
                  for axis in axes]
        return cls(grid, tables, least, most, low, [np.tensordot(largest, _bends(tables, grid, axis), axes=1) for axis in axes],
                   [sorted_waves(k) for k in grid.wavenumbers], [sorted_waves(table) for table in slowest], scales)


def landscape_of(hamiltonian: Hamiltonian) -> Landscape:
    """Of a static V; kept on small grids."""
    found: Landscape = hamiltonian.kept(
        "landscape", lambda: Landscape.of(hamiltonian, hamiltonian.potential_table()[None], *np.ones((2, 1))))
    return found


def by_energy(hamiltonian: Hamiltonian, presence: Presence, V: Landscape) -> tuple[list[Extent], float, bool]:
    """(the extent of each axis under a static V, E, whether V has bumps within ψ)."""
    plain, bumpy = presence.highest(V.low, hamiltonian.kinetic.table)
    least, decay = float(V.low.min()), -math.log(presence.faint)
    energy = least + min(bumpy - least, BUMPY * (plain - least))
    box, fastest = (_held_on_a_line if V.grid.ndim == 1 and may_compile() else _held)(V, energy)
    return [extent_of(V, axis, box, k1, decay) for axis, k1 in enumerate(fastest)], energy, \
        bumpy - least > BUMPS * (plain - least)


def extent_of(V: Landscape, axis: int, box: list[slice], k1: float, decay: float) -> Extent:
    """Of a state that moves in the box, along an axis at wavenumbers up to k1, where it has fallen off; decay is ln(1/ε)."""
    n, edges = V.grid.shape[axis], box[axis]
    before, behind, reached = (_fallen_on_a_line if V.grid.ndim == 1 and may_compile() else _fallen)(V, axis, box, k1, decay)
    nyquist = max(k1 / TOLD, reached / (1 - RIM))
    if edges == slice(0, n):
        return Extent(0, n, nyquist)
    first, end = edges.start - before, edges.stop + behind
    rim = math.ceil(RIM / (1 - 2 * RIM) * (end - first))
    return Extent(max(0, first - rim), min(n, end + rim), nyquist)


def _held(V: Landscape, energy: float) -> tuple[list[slice], list[float]]:
    """(the points of each axis that hold V < E, all of them where that gets to its end; the largest |k| with T ≤ E − min V)."""
    inside, box = V.low < energy, []
    for axis, n in enumerate(inside.shape):
        some = np.flatnonzero(inside.any(axis=tuple(other for other in range(inside.ndim) if other != axis)))
        first, last = (int(some[0]), int(some[-1])) if some.size else (0, n - 1)
        box.append(slice(first, last + 1) if first > 0 and last < n - 1 else slice(0, n))
    height = energy - float(V.low.min())
    return box, [float(np.abs(k[slowest <= height]).max(initial=0.0)) for k, slowest in zip(V.waves, V.slowest, strict=True)]


def _held_on_a_line(V: Landscape, energy: float) -> tuple[list[slice], list[float]]:
    from qlearn.kernels.compiled_tails import held_on_a_line

    first, end, fastest = held_on_a_line(V.low, V.waves[0], V.slowest[0], energy)
    return [slice(first, end)], [fastest]


def _bends(tables: np.ndarray, grid: Grid, axis: int) -> np.ndarray:
    """|∂²| along an axis, 0 at its ends."""
    bends = np.zeros(tables.shape)
    np.moveaxis(bends, axis + 1, -1)[..., 1:-1] = \
        np.abs(np.diff(np.moveaxis(tables, axis + 1, -1), n=2)) / float(grid.spacing[axis]) ** 2
    return bends


def _fallen(V: Landscape, axis: int, box: list[slice], k1: float, decay: float) -> tuple[int, int, float]:
    """(points before the box, points behind it, the largest wavenumber) where ψ has fallen off."""
    inside, k, slowest, n, low = tuple(box), V.waves[axis], V.slowest[axis], V.grid.shape[axis], V.low[tuple(box)]
    height, least, length = float((slowest * (np.abs(k) <= k1)).max()), float(low.min()), float(V.grid.lengths[axis])
    bend = float((V.bends[axis][inside] * (low <= least + NEAR * height)).max())
    change = min(float(low.max()) - least, height)
    depth, change = (math.sqrt(change / bend), change) if bend > FLAT * height / length**2 else (length, 0.0)
    reached = in_wavenumber(k, slowest, k1, height, depth * 2 * math.pi / length, change, FALL * decay)
    lines = V.tables[(slice(None), *(slice(None) if a == axis else part for a, part in enumerate(box)))]
    lines = lines.swapaxes(axis + 1, 1).reshape(len(lines), n, -1)
    before, behind = (in_place(lines, V.least, V.most, edge, step, V.scales[axis], FALL * decay)
                      for edge, step in ((box[axis].start, -1), (box[axis].stop - 1, 1)))
    return before, behind, reached


def _fallen_on_a_line(V: Landscape, axis: int, box: list[slice], k1: float, decay: float) -> tuple[int, int, float]:
    from qlearn.kernels import compiled_tails

    found: tuple[int, int, float] = compiled_tails.on_a_line(
        V.tables[:, :, None], V.least, V.most, V.low, V.bends[0], V.waves[0], V.slowest[0], (box[0].start, box[0].stop - 1), k1,
        float(V.grid.spacing[0]), NEAR, FLAT, V.scales[0], FALL * decay)
    return found
