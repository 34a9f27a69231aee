"""The times at which H(t) jumps, or has a kink: between them it is smooth, and a run can be done in parts.

A step of any scheme is right to its order where H(t) is smooth in it. Over a kink it errs by the square of what is left of the
step, over a jump by that itself; and where the kink comes before a step first asks for H, two half steps err by the same, so that
step doubling sees nothing. So what H(t) depends on is looked at before the run: on each part of the time a polynomial has to be
right to rounding, or on parts of that part, and so on. A part that is NARROW and has none holds a break, which is followed as
long as one of its parts has none either.
"""

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev

from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.record import EPS

__all__ = ["breaks_in", "breaks_of", "is_still"]

Break = tuple[float, float]

DEGREE = 11
PARTS = 32
UNEVEN = 0.6180339887  # of a part: where the first edge is, so that none is at a simple fraction of the time, as breaks are
CUT = 0.4142135624     # of a part: where it is divided
ACCURACY = 1e-12       # of the last two terms of a polynomial, relative to the largest number
FAINT = 1e-12          # a phase: what moves the energy by less than FAINT ħ over the whole time is no break, but rounding, say
NARROW = 2.0**-14      # of the time: what is not smooth there is a break
CLOSE = 1e-6           # of the time: what a kink does in so much of it is as good as nothing
SHARE = 0.5            # of the points of a table: a break of H(t) is one of more of those that move at all
SOME = np.array([0.1381966, 0.4142136, 0.7320508])  # of the time, where numbers that were looked at are asked for again
STILL = np.arange(1, 41) * 0.6180339887 % 1  # of the time, where an H(t) that is the same is taken to be so all the time
MOST_PARTS = 256       # without a polynomial, at once: beyond them H(t) is too fast to tell
MOST = 64              # breaks: beyond them H(t) is rough, and parts of the run would be no longer than steps

NODES = 0.5 + 0.5 * chebyshev.chebpts2(DEGREE + 1)  # with both ends, so that a break near one of them shows
LAST = np.linalg.inv(chebyshev.chebvander(2 * NODES - 1, DEGREE))[-2:]  # Chebyshev coefficients from values at the nodes


def breaks_in(hamiltonian: Hamiltonian, start: float, end: float) -> list[Break]:
    """(before, behind) of each break of H(t) between two times, in any order: times on either side of a jump, twice the same one
    at a kink; ascending. Empty where H(t) is smooth, or has more breaks than can be told."""
    low, high = min(start, end), max(start, end)
    seen = [numbers(low + (high - low) * SOME).tobytes() for numbers, _ in hamiltonian.moving_numbers]
    breaks: list[Break] = hamiltonian.kept_last("breaks", (low, high, *seen), lambda: _searched(hamiltonian, low, high))
    return breaks


def is_still(hamiltonian: Hamiltonian, low: float, high: float) -> bool:
    """Whether H(t) is the same at many times, where it is smooth in between."""
    times = low + (high - low) * STILL
    return all(not np.ptp(numbers(times), axis=0).any() for numbers, _ in hamiltonian.moving_numbers)


def _searched(hamiltonian: Hamiltonian, low: float, high: float) -> list[Break]:
    found = list[Break]()
    for numbers, everywhere in hamiltonian.moving_numbers:
        some = breaks_of(numbers, low, high, 0.0 if everywhere else SHARE, FAINT * hamiltonian.hbar / (high - low))
        if some is None:
            return []
        found += some
    merged = _merged(sorted(found), 64 * EPS * max(abs(low), abs(high)), CLOSE * (high - low))
    return merged if len(merged) <= MOST else []


def _merged(found: list[Break], near: float, close: float) -> list[Break]:
    """Jumps that are ``near`` are one; a kink that is ``close`` to another break needs no part of its own."""
    merged = list[Break]()
    for before, behind in found:
        last = merged[-1] if merged else (-np.inf, -np.inf)
        if before <= last[1] + near:
            merged[-1] = last[0], max(behind, last[1])
        elif before > last[1] + close or (before < behind and last[0] < last[1]):
            merged.append((before, behind))
        elif before < behind:
            merged[-1] = before, behind
    return merged


def breaks_of(numbers: Callable[[np.ndarray], np.ndarray], low: float, high: float, share: float = 0.0,
              faint: float = 0.0) -> list[Break] | None:
    """Those of functions of t, times (n,) -> (n, R), where more than ``share`` of the ones that vary break, by more than
    ``faint``; None where there are too many."""
    near = 4 * EPS * max(abs(low), abs(high))
    edges = low + (high - low) * np.concatenate([[0.0], (np.arange(PARTS) + UNEVEN) / PARTS, [1.0]])
    parts, whole = np.stack([edges[:-1], edges[1:]], axis=1), np.empty((0, 2))
    scale, moves, found = np.zeros(1), np.zeros(1, dtype=bool), list[Break]()
    while len(parts):
        times = np.minimum(parts[:, :1] + (parts[:, 1:] - parts[:, :1]) * NODES, parts[:, 1:])
        values = numbers(times.ravel()).reshape(len(parts), DEGREE + 1, -1)
        if not np.isfinite(values).all():  # which the run will find out
            return None
        scale = np.maximum(scale, np.abs(values).max(axis=(0, 1)))
        least = np.maximum(ACCURACY * scale, faint)
        if not len(whole):
            moves = np.ptp(values, axis=(0, 1)) > least
        rough = np.abs(LAST @ values).max(axis=1) > least
        bad = np.count_nonzero(rough, axis=1) > share * np.count_nonzero(moves)
        lost = ~bad.reshape(-1, 2).any(axis=1) if len(whole) else np.zeros(0, dtype=bool)
        lost &= whole[:, 1] - whole[:, 0] < NARROW * (high - low)
        found += [(cut, cut) for cut in _cut(whole[lost]).tolist()]
        whole = parts[bad]
        done = whole[:, 1] - whole[:, 0] <= near
        found += [(before, behind) for before, behind in whole[done].tolist()]
        whole = whole[~done]
        if len(whole) > MOST_PARTS or len(found) > 4 * MOST:
            return None
        cuts = _cut(whole)
        parts = np.stack([whole[:, 0], cuts, cuts, whole[:, 1]], axis=1).reshape(-1, 2)
    return sorted(found)


def _cut(parts: np.ndarray) -> np.ndarray:
    return np.asarray(parts[:, 0] + CUT * (parts[:, 1] - parts[:, 0]))
