"""Crossings told from avoided ones, in one step from θ to θ′.

Two levels are the same line where |⟨u_i(θ)|u_j(θ′)⟩|² > ½: at most one j has that for each i, and one i for each j. Two lines
that have changed places crossed, or passed each other at a gap narrower than the step. The closest approach is sought by
Newton's method on the gap of h + δθ dH/dθ within the pair: a gap within the widths of the two levels is a crossing, and each
branch stays on its line; a resolved one is avoided, and the branches change lines, if it is narrow; else the step is halved.
Two levels that mix with each other alone, at one end of a step much nearer to each other than at the other, are inside a narrow
avoided crossing, the lower one as the lower: at a crossing nothing mixes.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import final

import numpy as np

from qlearn.spectrum.bands.bloch import BlochFamily, Sector

__all__ = ["Followed", "exchanged", "recognised", "slope_matrix"]

SAME = 0.5          # the overlap above which a line is known again
ISOLATED = 0.05     # the width of an avoided crossing, over that of the step, up to which it is one of two lines alone
ROOTS = 60          # steps to a closest approach


@final
@dataclass(frozen=True, eq=False)
class Followed:
    """The levels of a sector with the branches among them.

    states : (K, r), degenerate subspaces turned along the way.     places : (k,) the level of each branch.
    """

    sector: Sector
    states: np.ndarray
    places: np.ndarray


def recognised(overlaps: np.ndarray, start: Followed, sector: Sector, *, narrow: bool) -> tuple[np.ndarray, np.ndarray]:
    """The level (K,) that each level of ``start`` leads to, and whether that is sure."""
    weights = np.abs(overlaps) ** 2
    matched, sure = np.argmax(weights, axis=1), np.max(weights, axis=1) > SAME
    if not narrow:
        return matched, sure
    for i in start.places[~sure[start.places]]:
        p, q = np.sort(np.argsort(-weights[i], kind="stable")[:2])
        shares = weights[:, [p, q]].sum(axis=1)
        shares[i] = 0
        low, high = sorted((int(i), int(np.argmax(shares))))
        block = overlaps[np.ix_([low, high], [p, q])]
        apart = start.sector.clusters[low] != start.sector.clusters[high] and sector.clusters[p] != sector.clusters[q]
        gaps = sorted([start.sector.energies[high] - start.sector.energies[low], sector.energies[q] - sector.energies[p]])
        if apart and gaps[0] < ISOLATED * gaps[1] and np.linalg.svd(block, compute_uv=False)[-1] ** 2 > 1.5 * SAME:
            matched[[low, high]], sure[[low, high]] = (p, q), True
    return matched, sure


def exchanged(family: BlochFamily, start: Followed, sector: Sector, matched: np.ndarray, sure: np.ndarray) -> np.ndarray | None:
    """The places (k,) of the branches at the end of a step; None where the step is too long to tell."""
    on_line = start.places.copy()
    if not _explained(on_line, matched, sure):
        return None
    here, there = start.sector, sector
    passing = []
    for i, j in combinations(np.nonzero(sure)[0].tolist(), 2):
        first, last = here.energies[j] - here.energies[i], there.energies[matched[j]] - there.energies[matched[i]]
        if first > here.widths[i] + here.widths[j] and -last > there.widths[matched[i]] + there.widths[matched[j]]:
            passing.append((first / (first - last), i, j))
    for share, i, j in sorted(passing):
        met = np.isin(on_line, (i, j))
        gap = _opening(family, start, sector, np.array([i, j]), share) if met.any() else 0.0
        if gap > 0:
            on_line[met] = i + j - on_line[met]
        if gap > ISOLATED or not _explained(on_line, matched, sure):
            return None
    return matched[on_line]


def _explained(lines: np.ndarray, matched: np.ndarray, sure: np.ndarray) -> bool:
    """Whether the lines that were recognised account for each change of rank of these."""
    known = np.nonzero(sure)[0]
    passed = [np.sum((known > i) & (matched[known] < matched[i])) - np.sum((known < i) & (matched[known] > matched[i]))
              for i in lines]
    return bool(np.all(matched[lines] == lines + passed))


def _opening(family: BlochFamily, start: Followed, end: Sector, pair: np.ndarray, share: float) -> float:
    """0 where two lines cross between θ and θ′, else the width of the avoided crossing over that of the step. Newton's steps
    towards the closest approach, kept between a point where the first of the pair is below and one where it is above."""
    begin, step = start.sector.theta, end.theta - start.sector.theta
    below, above = 0.0, 1.0
    for _ in range(ROOTS):
        sector = family.sector(begin + share * step)
        turns = tuple(n - m for n, m in zip(start.sector.turns, sector.turns, strict=True))
        lines = family.padded(start.states)[pair]
        lines = lines @ family.shift(turns).T if any(turns) else lines
        weights = np.abs(lines.conj() @ family.padded(sector.states).T) ** 2
        two = np.sort(np.argsort(-weights.sum(axis=0), kind="stable")[:2])
        half = (sector.energies[two[1]] - sector.energies[two[0]]) / 2
        if 2 * half <= np.sum(sector.widths[two]):
            return 0.0
        matrix = slope_matrix(family, sector.inside, sector.states[two], step)
        along, across = float((matrix[1, 1] - matrix[0, 0]).real) / 2, abs(matrix[0, 1])
        steepness = max(float(np.hypot(along, across)), np.finfo(float).tiny)
        move = -half * along / steepness**2
        if abs(move) < 1e-3 * half / steepness or (above - below) * steepness < 0.5 * half or above - below < 1e-14:
            break                           # at the minimum, or too near to it for the gap to close
        if weights[0, two[0]] + weights[1, two[1]] >= weights[0, two[1]] + weights[1, two[0]]:
            below = share
        else:
            above = share
        share = share + move if below < share + move < above else (below + above) / 2
    return half / steepness


def slope_matrix(family: BlochFamily, theta: np.ndarray, states: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Σ_a direction_a ⟨i|dH/dθ_a|j⟩ among the states, θ in (−½, ½]."""
    states = family.padded(states)
    total = sum(d * q * family.velocity(a, theta) for a, (d, q)
                in enumerate(zip(direction, family.twisted.momentum_quantum, strict=True)))
    return states.conj() @ total @ states.T
