"""Gaps between consecutive bands: over the θ that were given, and the least over all θ of one ring, with a proof.

Levels cannot change faster than their kinetic energy allows, whatever the band: with K = E − min V ≥ ⟨T⟩,

    |dE/dθ| = |⟨∂H/∂θ⟩| ≤ (2πħ/L) √(2K max m⁻¹),    so that    |d√K/dθ| ≤ (2πħ/L) √(max m⁻¹/2)

Between two θ a gap is therefore at least the mean of the two less half of what both levels can move on the way. The interval
where that is least is halved until the bound is near the least gap found (S. A. Piyavskii, USSR Comput. Math. Math. Phys. 12, 57
(1972); B. O. Shubert, SIAM J. Numer. Anal. 9, 379 (1972)).
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.optimize import minimize_scalar

from qlearn.spectrum.bands.bloch import BlochFamily

__all__ = ["Gaps", "LeastGap", "least_gap"]

NEAR = 0.9          # at_least over value, at which the search ends
MOST = 600          # θ in all
Found = tuple[float, float, float]      # at one θ: the gap, its error, K of the upper level


@final
@dataclass(frozen=True, eq=False)
class Gaps:
    """What separates sorted band j from band j + 1 AT THE θ THAT WERE GIVEN, not between them: arrays (k − 1,).

    direct : min_θ (E_{j+1} − E_j).     indirect : min E_{j+1} − max E_j; negative where the bands overlap in energy.
    direct_errors, indirect_errors : bounds, from those of the two levels.     at : index of the θ of the direct gap.
    Between those θ a gap may be much less, or closed: of seven θ that miss 0 and ½ one missed six sevenths of a gap. Give θ where
    the extrema are (0 and ½ for one ring without A, one channel), or ask ``Bands.least_gap``, which searches all θ.
    """

    direct: np.ndarray
    direct_errors: np.ndarray
    indirect: np.ndarray
    indirect_errors: np.ndarray
    at: np.ndarray


@final
@dataclass(frozen=True)
class LeastGap:
    """The least gap over all θ: at_least ≤ min_θ (E_{j+1} − E_j) ≤ value + error.

    value : the gap at ``theta``, the least found, a local minimum.     error : its bound, from those of the two levels.
    at_least : what no θ falls below; 0 where the bands may touch.     theta : in [0, 1).     searched : number of θ.
    """

    value: float
    error: float
    at_least: float
    theta: float
    searched: int


def least_gap(family: BlochFamily, thetas: np.ndarray, band: int) -> LeastGap:
    """The search between all neighbours among θ (n,), modulo 1."""
    known: dict[float, Found] = {}

    def at(theta: float) -> Found:
        if theta not in known:
            sector = family.sector([theta])
            two, bounds = sector.energies[band:band + 2], family.certificate(sector).bounds[band:band + 2]
            known[theta] = float(two[1] - two[0]), float(bounds.sum()), float(two[1] + bounds[1]) - floor
        return known[theta]

    fine, speed = family.twisted.fine, _speed(family)
    floor = float(fine.spectral_bounds[0] - fine.kinetic.bounds[0])
    inside = np.unique(np.mod(np.append(thetas, (0.0, 0.5)), 1.0))
    inside = inside[inside < 1.0]
    heap: list[tuple[float, float, float]] = []

    def put(low: float, high: float) -> None:
        heapq.heappush(heap, (_least(at(low % 1.0), at(high % 1.0), high - low, speed), low, high))

    for low, high in zip(inside, [*inside[1:], 1.0 + inside[0]], strict=True):
        put(float(low), float(high))
    best = min(known, key=lambda t: known[t][0])
    while len(known) < MOST and heap[0][0] < NEAR * known[best][0] and known[best][0] > known[best][1]:
        _, low, high = heapq.heappop(heap)
        middle = (low + high) / 2
        put(low, middle)
        put(middle, high)
        best = min(known, key=lambda t: known[t][0])
    return _polished(at, known, best, max(0.0, float(heap[0][0])))


def _speed(family: BlochFamily) -> float:
    """(2πħ/L) √(max m⁻¹/2): how fast √K can grow with θ."""
    axis = family.axes[0]
    return float(family.twisted.momentum_quantum[0] * np.sqrt(np.max(family.hamiltonian.kinetic.inverse[axis, axis]) / 2))


def _least(low: Found, high: Found, apart: float, speed: float) -> float:
    """What the gap cannot fall below between two θ that are ``apart``: each end goes as far as both levels can move."""
    roots = [np.sqrt(max(end[2], 0.0)) + speed * apart for end in (low, high)]
    moves = 4 * speed * min(roots)                      # of two levels, per θ: d(√K)²/dθ = 2√K speed
    return (low[0] - low[1] + high[0] - high[1] - moves * apart) / 2


def _polished(at: Callable[[float], Found], known: dict[float, Found], best: float, at_least: float) -> LeastGap:
    """The local minimum next to the least gap found, where it is resolved."""
    others = np.array(sorted(t + turn for t in known for turn in (-1, 0, 1)))
    place = int(np.searchsorted(others, best))
    low, high = float(others[place - 1]), float(others[place + 1])
    if known[best][0] > known[best][1]:
        minimize_scalar(lambda t: at(float(t % 1.0))[0], bounds=(low, high), method="bounded",
                        options={"xatol": 1e-7 * (high - low)})
        best = min(known, key=lambda t: known[t][0])
    value, error, _ = known[best]
    return LeastGap(value, error, min(at_least, max(0.0, value - error)), best, len(known))
