"""Levels followed over θ: which level at one θ is which at the next.

Two levels are the same branch where the overlap of their periodic parts exceeds a half, |⟨u_i(θ)|u_j(θ′)⟩|² > ½: at most one j
has that for each i, and one i for each j. Where none has, the step is halved. Levels within each other's widths, the error bounds
on the grid itself, count as degenerate; their subspace is turned so that it diagonalises dH/dθ along the step, and where the
slopes agree too, so that it is nearest to the states at θ.

Two branches that have changed places crossed, or passed each other at a gap narrower than the step. The closest approach is
sought by Newton's method on the gap of h + δθ dH/dθ within the pair: a gap within the widths of the two levels is a crossing;
a resolved one is avoided, and is then followed in steps that see it.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import final

import numpy as np
from scipy.optimize import linear_sum_assignment

from qlearn.errors import UnsupportedError
from qlearn.spectrum.bloch import BlochFamily, Sector

__all__ = ["Followed", "MoreLevelsError", "followed"]

DEEPEST = 48        # halvings of a step
ALIASED = 0.01      # share of a state beyond the grid
ROOTS = 60          # steps to a closest approach
SAME = 0.5          # the overlap above which a branch is known again
LONG = 3.0          # times the median step
AHEAD = 1 / 32      # of the first step: where a degenerate start is looked at from
EQUAL = 1e-7        # slopes that differ by less, relative to the largest, count as equal


class MoreLevelsError(Exception):
    """A branch has risen above the levels that were calculated."""


@final
@dataclass(frozen=True, eq=False)
class Followed:
    """The levels of a sector with the branches among them.

    states : (K, r), degenerate subspaces turned along the way.     places : (k,) the level of each branch.
    """

    sector: Sector
    states: np.ndarray
    places: np.ndarray


def way(points: np.ndarray) -> list[tuple[int, int]]:
    """(parent, child) pairs that reach all points (n, p), the first with parent −1: ascending with one twisted axis; else in
    the order given, but from the nearest point already reached where the step is long, as at the end of a row of a mesh."""
    order = np.argsort(points[:, 0], kind="stable") if points.shape[1] == 1 else np.arange(len(points))
    pairs = list(zip([-1, *order[:-1].tolist()], order.tolist(), strict=True))
    if points.shape[1] == 1 or len(points) < 3:
        return pairs
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    for i in 1 + np.nonzero(steps > LONG * np.median(steps))[0]:
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
    states = _turned(family, sector, direction, _overlaps(family, beyond, sector))
    return Followed(sector, states, np.arange(k))


def _step(family: BlochFamily, start: Followed, theta: np.ndarray, depth: int) -> Followed:
    """The branches of ``start`` at θ."""
    if np.array_equal(theta, start.sector.theta):
        return start
    sector = family.sector(theta)
    begin = _overlaps(family, start, sector)
    states = _turned(family, sector, theta - start.sector.theta, begin)
    weights = np.abs(_between(family, start, sector, states)) ** 2
    matched = np.argmax(weights, axis=1)
    sure = np.max(weights, axis=1) > SAME
    end = Followed(sector, states, matched[start.places])
    if not np.all(sure[start.places]) or not _explained(start.places, matched, sure):
        _need_levels_above(family, start, sector, weights)
        middle = (start.sector.theta + theta) / 2
        if depth >= DEEPEST or np.array_equal(middle, theta) or np.array_equal(middle, start.sector.theta):
            rows, columns = linear_sum_assignment(-weights[start.places])
            return Followed(sector, states, columns[np.argsort(rows)])
        return _step(family, _step(family, start, middle, depth + 1), theta, depth + 1)
    turn = _avoided(family, start, end, matched, sure) if depth < DEEPEST else None
    if turn is None:
        return end
    return _step(family, _step(family, start, turn, depth + 1), theta, depth + 1)


def _explained(places: np.ndarray, matched: np.ndarray, sure: np.ndarray) -> bool:
    """Whether the levels that were recognised account for each change of rank of a branch."""
    known = np.nonzero(sure)[0]
    passed = [np.sum((known > i) & (matched[known] < matched[i])) - np.sum((known < i) & (matched[known] > matched[i]))
              for i in places]
    return bool(np.all(matched[places] == places + passed))


def _need_levels_above(family: BlochFamily, start: Followed, sector: Sector, weights: np.ndarray) -> None:
    """MoreLevelsError where a branch without a partner may have left the levels that are known."""
    if family.levels == family.size:
        return
    step = sector.theta - start.sector.theta
    slopes = np.real(np.diag(_slope_matrix(family, start.sector.inside, start.states, step)))
    lost = [j for j in start.places if weights[j].max() <= SAME]
    if any(start.sector.energies[j] + abs(slopes[j]) >= sector.energies[-1] - sector.widths[-1] for j in lost):
        raise MoreLevelsError


def _overlaps(family: BlochFamily, start: Followed, sector: Sector) -> np.ndarray:
    """The states of ``start`` in the basis, as they stand at the turns of the other sector, (K, r)."""
    turns = tuple(m - n for n, m in zip(start.sector.turns, sector.turns, strict=True))
    states, back = family.padded(start.states), tuple(-m for m in turns)
    if not any(turns):
        return states
    if family.twisted.leaving(states[start.places] @ family.basis, back) > ALIASED:
        raise UnsupportedError("a branch rises above the waves of this grid within these θ; take more points, or θ closer "
                               "together: θ and θ + 1 have the same levels.")
    return states @ family.shift(back).T


def _between(family: BlochFamily, start: Followed, sector: Sector, states: np.ndarray) -> np.ndarray:
    """⟨u_i(θ)|u_j(θ′)⟩, (K, K); the basis may have grown since."""
    before = family.padded(_overlaps(family, start, sector))
    return before.conj() @ family.padded(states).T


def _slope_matrix(family: BlochFamily, theta: np.ndarray, states: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Σ_a direction_a ⟨i|dH/dθ_a|j⟩ among the states."""
    states = family.padded(states)
    total = sum(d * q * family.velocity(a, theta) for a, (d, q)
                in enumerate(zip(direction, family.twisted.momentum_quantum, strict=True)))
    return states.conj() @ total @ states.T


def _turned(family: BlochFamily, sector: Sector, direction: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The states of the sector, each degenerate subspace turned; ``before``: states (K, r) to be near to where slopes agree."""
    states = family.padded(sector.states).copy()
    unit = direction / np.linalg.norm(direction)
    for number in np.unique(sector.clusters):
        rows = np.nonzero(sector.clusters == number)[0]
        if len(rows) == 1:
            continue
        matrix = _slope_matrix(family, sector.inside, states[rows], unit)
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


def _avoided(family: BlochFamily, start: Followed, end: Followed, matched: np.ndarray, sure: np.ndarray) -> np.ndarray | None:
    """θ of an avoided crossing between two branches that have changed places, or None."""
    here, there = start.sector, end.sector
    tracked = set(start.places.tolist())
    for i, j in combinations(np.nonzero(sure)[0].tolist(), 2):
        if not {i, j} & tracked:
            continue
        first, last = here.energies[j] - here.energies[i], there.energies[matched[j]] - there.energies[matched[i]]
        if first <= here.widths[i] + here.widths[j] or last >= -(there.widths[matched[i]] + there.widths[matched[j]]):
            continue
        turn = _closest(family, start, end, np.array([i, j]), first / (first - last))
        if turn is not None:
            return turn
    return None


def _closest(family: BlochFamily, start: Followed, end: Followed, pair: np.ndarray, share: float) -> np.ndarray | None:
    """θ where the gap of a pair is least, if it is resolved there; None for a crossing. Newton's steps, kept between a point
    where the first of the pair is below and one where it is above."""
    begin, step = start.sector.theta, end.sector.theta - start.sector.theta
    below, above = 0.0, 1.0
    for _ in range(ROOTS):
        sector = family.sector(begin + share * step)
        weights = np.abs(_between(family, start, sector, sector.states)[pair]) ** 2
        two = np.sort(np.argsort(-weights.sum(axis=0), kind="stable")[:2])
        half = (sector.energies[two[1]] - sector.energies[two[0]]) / 2
        if 2 * half <= np.sum(sector.widths[two]):
            return None
        matrix = _slope_matrix(family, sector.inside, sector.states[two], step)
        along, across = float((matrix[1, 1] - matrix[0, 0]).real) / 2, abs(matrix[0, 1])
        steepness = max(float(np.hypot(along, across)), np.finfo(float).tiny)
        move = -half * along / steepness**2
        if abs(move) < 1e-3 * half / steepness:
            break
        if weights[0, two[0]] + weights[1, two[1]] >= weights[0, two[1]] + weights[1, two[0]]:
            below = share
        else:
            above = share
        share = share + move if below < share + move < above else (below + above) / 2
        if (above - below) * steepness < 0.5 * half or above - below < 1e-14:     # too narrow for the gap to close inside
            break
    return None if np.array_equal(sector.theta, begin) or np.array_equal(sector.theta, end.sector.theta) else sector.theta
