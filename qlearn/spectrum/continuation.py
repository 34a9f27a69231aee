"""Levels followed over θ: which level at one θ is which at the next.

Two levels are the same branch where the overlap of their periodic parts exceeds a half, |⟨u_i(θ)|u_j(θ′)⟩|² > ½: at most one j
has that for each i, and one i for each j. Where none has, the step is halved. Levels within each other's error bounds count as
degenerate; their subspace is turned so that it diagonalises dH/dθ along the step, and where the slopes agree too, so that it
is nearest to the states at θ.

Two branches that have changed places crossed, or passed each other at a gap narrower than the step. The closest approach is
sought by Newton's method on the gap of h + δθ dH/dθ within the pair: a gap within the bounds of the two levels is a crossing;
a resolved one is avoided, and is then followed in steps that see it.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import final

import numpy as np
from scipy.optimize import linear_sum_assignment

from qlearn.spectrum.bloch import BlochFamily, Sector

__all__ = ["Followed", "MoreLevelsError", "followed", "spanning_tree"]

DEEPEST = 48        # halvings of a step
SAME = 0.5          # the overlap above which a branch is known again
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


def spanning_tree(points: np.ndarray) -> list[tuple[int, int]]:
    """(parent, child) pairs that join all points (n, p) by the nearest neighbours (Prim); the root, least in θ, has parent −1."""
    root = int(np.lexsort(points.T[::-1])[0])
    distance, parent = np.full(len(points), np.inf), np.full(len(points), root)
    waiting, order, last = np.ones(len(points), dtype=bool), [(-1, root)], root
    for _ in range(len(points) - 1):
        waiting[last] = False
        step = np.linalg.norm(points - points[last], axis=1)
        closer = waiting & (step < distance)
        distance[closer], parent[closer] = step[closer], last
        last = int(np.argmin(np.where(waiting, distance, np.inf)))
        order.append((int(parent[last]), last))
    return order


def followed(family: BlochFamily, points: np.ndarray, k: int) -> list[Followed]:
    """The k branches that are lowest just after the least θ, at all points (n, p)."""
    tree = spanning_tree(points)
    found: dict[int, Followed] = {}
    for parent, child in tree:
        if parent < 0:
            direction = points[tree[1][1]] - points[child] if len(tree) > 1 else np.ones(points.shape[1])
            found[child] = _start(family, points[child], direction, k)
        else:
            found[child] = _step(family, found[parent], points[child], 0)
    return [found[i] for i in range(len(points))]


def _start(family: BlochFamily, theta: np.ndarray, direction: np.ndarray, k: int) -> Followed:
    sector = family.sector(theta)
    if not np.any(direction):
        direction = np.ones(len(theta))
    return Followed(sector, _turned(family, sector, direction, None), np.arange(k))


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
    if not np.all(sure[start.places]):
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


def _need_levels_above(family: BlochFamily, start: Followed, sector: Sector, weights: np.ndarray) -> None:
    """MoreLevelsError where a branch without a partner may have left the levels that are known."""
    if family.k == family.size:
        return
    step = sector.theta - start.sector.theta
    slopes = np.real(np.diag(_slope_matrix(family, start.sector.theta, start.states, step)))
    lost = [j for j in start.places if weights[j].max() <= SAME]
    if any(start.sector.energies[j] + abs(slopes[j]) >= sector.energies[-1] - sector.bounds[-1] for j in lost):
        raise MoreLevelsError


def _overlaps(family: BlochFamily, start: Followed, sector: Sector) -> np.ndarray:
    """The states of ``start`` in the basis, as they stand at the turns of the other sector, (K, r)."""
    turns = tuple(m - n for n, m in zip(start.sector.turns, sector.turns, strict=True))
    states = family.padded(start.states)
    return states if not any(turns) else states @ family.shift(tuple(-m for m in turns)).T


def _between(family: BlochFamily, start: Followed, sector: Sector, states: np.ndarray) -> np.ndarray:
    """⟨u_i(θ)|u_j(θ′)⟩, (K, K); the basis may have grown since."""
    before = family.padded(_overlaps(family, start, sector))
    return before.conj() @ family.padded(states).T


def _slope_matrix(family: BlochFamily, theta: np.ndarray, states: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Σ_a direction_a ⟨i|dH/dθ_a|j⟩ among the states."""
    states = family.padded(states)
    total = sum(d * q * family.velocity(a, _inside(theta)) for a, (d, q)
                in enumerate(zip(direction, family.momentum_quantum, strict=True)))
    return states.conj() @ total @ states.T


def _inside(theta: np.ndarray) -> np.ndarray:
    return theta - np.ceil(theta - 0.5)


def _turned(family: BlochFamily, sector: Sector, direction: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """The states of the sector with each degenerate subspace turned; ``before``: states (K, r) to be near to."""
    states = sector.states.copy()
    unit = direction / np.linalg.norm(direction)
    for number in np.unique(sector.clusters):
        rows = np.nonzero(sector.clusters == number)[0]
        if len(rows) == 1:
            continue
        directions = [unit] if before is not None else [unit, *np.eye(len(unit))]
        states[rows] = _by_slope(family, sector.theta, states[rows], directions, before)
    return states


def _by_slope(family: BlochFamily, theta: np.ndarray, states: np.ndarray, directions: list[np.ndarray],
              before: np.ndarray | None) -> np.ndarray:
    """An orthonormal set that diagonalises dH/dθ along the first direction, then along the next where slopes agree …"""
    if len(states) == 1:
        return states
    if not directions:
        return states if before is None else _nearest(states, before)
    matrix = _slope_matrix(family, theta, states, directions[0])
    slopes, vectors = np.linalg.eigh((matrix + matrix.conj().T) / 2)
    states = vectors.T @ states
    size = max(float(np.max(np.abs(slopes))), float(family.unit))
    parts = np.split(np.arange(len(slopes)), 1 + np.nonzero(np.diff(slopes) > EQUAL * size)[0])
    return np.concatenate([_by_slope(family, theta, states[part], directions[1:], before) for part in parts])


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
        if first <= here.bounds[i] + here.bounds[j] or last >= -(there.bounds[matched[i]] + there.bounds[matched[j]]):
            continue
        turn = _closest(family, start, end, np.array([i, j]), first / (first - last))
        if turn is not None:
            return turn
    return None


def _closest(family: BlochFamily, start: Followed, end: Followed, pair: np.ndarray, share: float) -> np.ndarray | None:
    """θ where the gap of a pair is least, if it is resolved there; None for a crossing."""
    begin, step = start.sector.theta, end.sector.theta - start.sector.theta
    for _ in range(8):
        sector = family.sector(begin + share * step)
        weights = np.sum(np.abs(_between(family, start, sector, sector.states)[pair]) ** 2, axis=0)
        two = np.sort(np.argsort(-weights, kind="stable")[:2])
        half = (sector.energies[two[1]] - sector.energies[two[0]]) / 2
        if 2 * half <= np.sum(sector.bounds[two]):
            return None
        matrix = _slope_matrix(family, sector.theta, sector.states[two], step)
        along, across = float((matrix[1, 1] - matrix[0, 0]).real) / 2, abs(matrix[0, 1])
        move = -half * along / max(along**2 + across**2, np.finfo(float).tiny)
        previous, share = share, float(np.clip(share + move, 1e-9, 1 - 1e-9))
        if abs(share - previous) < 1e-3 * abs(half) / max(np.hypot(along, across), np.finfo(float).tiny):
            break
    sector = family.sector(begin + share * step)
    weights = np.sum(np.abs(_between(family, start, sector, sector.states)[pair]) ** 2, axis=0)
    two = np.argsort(-weights, kind="stable")[:2]
    if abs(sector.energies[two[1]] - sector.energies[two[0]]) <= np.sum(sector.bounds[two]):
        return None
    return sector.theta
