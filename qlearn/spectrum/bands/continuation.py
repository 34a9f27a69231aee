"""Levels followed over θ: which level at one θ is which at the next.

Two levels are the same branch where the overlap of their periodic parts exceeds a half (``crossings``). Where none has, the step
is halved. Levels within each other's widths, the error bounds on the grid itself, count as degenerate; their subspace is turned
so that it diagonalises dH/dθ along the step, and where the slopes agree too, so that it is nearest to the states at θ.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from qlearn.errors import UnsupportedError
from qlearn.spectrum.bands.bloch import BlochFamily, Sector
from qlearn.spectrum.bands.crossings import Followed, exchanged, recognised, slope_matrix

__all__ = ["MoreLevelsError", "followed"]

DEEPEST = 48        # halvings of a step
NARROW = 3          # halvings before two levels that mix may count as an avoided crossing, or one as risen too high
ALIASED = 0.25      # share of a state beyond the grid
LONG = 3.0          # times the median distance of a point from its nearest neighbour
AHEAD = 1 / 32      # of the first step: where a degenerate start is looked at from
EQUAL = 1e-7        # slopes that differ by less, relative to the largest, count as equal


class MoreLevelsError(Exception):
    """A branch has risen above the levels that were calculated."""


def way(points: np.ndarray) -> list[tuple[int, int]]:
    """(parent, child) pairs that reach all points (n, p), the first with parent −1: ascending with one twisted axis; else in
    the order given, but from the nearest point already reached where the step is long against the distances of neighbours, as
    at the end of a row of a mesh or between scattered points."""
    order = np.argsort(points[:, 0], kind="stable") if points.shape[1] == 1 else np.arange(len(points))
    pairs = list(zip([-1, *order[:-1].tolist()], order.tolist(), strict=True))
    different = np.unique(points, axis=0)
    if points.shape[1] == 1 or len(different) < 3:
        return pairs
    apart = np.median(cKDTree(different).query(different, 2)[0][:, 1])
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    for i in 1 + np.nonzero(steps > LONG * apart)[0]:
        pairs[i] = (int(np.argmin(np.linalg.norm(points[:i] - points[i], axis=1))), int(i))
    return pairs


def followed(family: BlochFamily, points: np.ndarray, k: int) -> list[Followed]:
    """The k branches that are lowest just after the first θ of the way, at all points (n, p)."""
    pairs = way(points)
    found: dict[int, Followed] = {}
    for parent, child in pairs:
        if parent < 0:
            steps = points[[i for _, i in pairs]] - points[child]
            moved = np.nonzero(np.any(steps != 0, axis=1))[0]
            direction = steps[moved[0]] if len(moved) else np.full(points.shape[1], 0.1)
            found[child] = _start(family, points[child], direction, k)
        else:
            found[child] = _step(family, found[parent], points[child], 0)
    return [found[i] for i in range(len(points))]


def _start(family: BlochFamily, theta: np.ndarray, direction: np.ndarray, k: int) -> Followed:
    sector = family.sector(theta)
    if len(np.unique(sector.clusters)) == len(sector.clusters):
        return Followed(sector, sector.states, np.arange(k))
    size = min(1.0, 0.25 / float(np.linalg.norm(direction)))
    ahead = family.sector(theta + AHEAD * size * direction)
    beyond = Followed(ahead, ahead.states, np.arange(k))
    states = _turned(family, sector, direction, _overlaps(family, beyond, sector, DEEPEST))
    return Followed(sector, states, np.arange(k))


def _step(family: BlochFamily, start: Followed, theta: np.ndarray, depth: int) -> Followed:
    """The branches of ``start`` at θ."""
    if np.array_equal(theta, start.sector.theta):
        return start
    sector = family.sector(theta)
    begin = _overlaps(family, start, sector, depth)
    states = _turned(family, sector, theta - start.sector.theta, begin)
    overlaps = family.padded(begin).conj() @ family.padded(states).T
    matched, sure = recognised(overlaps, start, sector, narrow=depth >= NARROW)
    if np.all(sure[start.places]):
        places = exchanged(family, start, sector, matched, sure)
        if places is not None:
            return Followed(sector, states, places)
    weights = np.abs(overlaps) ** 2
    if depth > NARROW:
        _need_levels_above(family, start, sector, weights)
    middle = (start.sector.theta + theta) / 2
    if depth < DEEPEST and not np.array_equal(middle, theta) and not np.array_equal(middle, start.sector.theta):
        return _step(family, _step(family, start, middle, depth + 1), theta, depth + 1)
    family.unsure.append(theta)
    rows, columns = linear_sum_assignment(-weights[start.places])
    return Followed(sector, states, columns[np.argsort(rows)])


def _need_levels_above(family: BlochFamily, start: Followed, sector: Sector, weights: np.ndarray) -> None:
    """MoreLevelsError where a branch without a partner may have left the levels that are known."""
    if family.levels == family.size:
        return
    step = sector.theta - start.sector.theta
    slopes = np.real(np.diag(slope_matrix(family, start.sector.inside, start.states, step)))
    lost = [j for j in start.places if weights[j].max() <= 0.5]
    if any(start.sector.energies[j] + 2 * max(slopes[j], 0) >= sector.energies[-1] - sector.widths[-1] for j in lost):
        raise MoreLevelsError


def _overlaps(family: BlochFamily, start: Followed, sector: Sector, depth: int) -> np.ndarray:
    """The states of ``start`` in the basis, as they stand at the turns of the other sector, (K, r)."""
    turns = tuple(m - n for n, m in zip(start.sector.turns, sector.turns, strict=True))
    states, back = family.padded(start.states), tuple(-m for m in turns)
    if not any(turns):
        return states
    if family.twisted.leaving(states[start.places] @ family.basis, back) > ALIASED:
        if depth <= NARROW:
            return np.zeros_like(states)        # nothing is recognised over so long a step
        raise UnsupportedError("a branch rises above the waves of this grid within these θ; take more points, or θ closer "
                               "together: θ and θ + 1 have the same levels.")
    return states @ family.shift(back).T


def _turned(family: BlochFamily, sector: Sector, direction: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The states of the sector, each degenerate subspace turned; ``before``: states (K, r) to be near to where slopes agree."""
    states = family.padded(sector.states).copy()
    unit = direction / np.linalg.norm(direction)
    for number in np.unique(sector.clusters):
        rows = np.nonzero(sector.clusters == number)[0]
        if len(rows) == 1:
            continue
        matrix = slope_matrix(family, sector.inside, states[rows], unit)
        slopes, vectors = np.linalg.eigh((matrix + matrix.conj().T) / 2)
        turned = vectors.T @ states[rows]
        size = max(float(np.max(np.abs(slopes))), family.twisted.unit)
        parts = np.split(np.arange(len(slopes)), 1 + np.nonzero(np.diff(slopes) > EQUAL * size)[0])
        states[rows] = np.concatenate([turned[part] if len(part) == 1 else _nearest(turned[part], before) for part in parts])
    return states


def _nearest(states: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The set that spans the same as ``states`` and is nearest to those of ``before`` that lie in it most: a polar factor."""
    before = np.pad(before, [(0, 0), (0, states.shape[1] - before.shape[1])])
    overlaps = states.conj() @ before.T
    heaviest = np.sort(np.argsort(-np.linalg.norm(overlaps, axis=0), kind="stable")[:len(states)])
    left, _, right = np.linalg.svd(overlaps[:, heaviest])
    return (left @ right).T @ states
