"""The run-time sign of fields that are wrong: carriers must stand where they would stand with another smoothing.

A score that fits the carriers says nothing about φ: where a basis is too smooth for the wave, as at nodes in tails, φ goes wrong
first, the density follows it, and the score fits that density as well as any other.  So the same carriers are moved once more, by
fields with ``companion`` times the penalty.  What differs is the methods' error and none of the sampling noise, which both share:
an estimate from below, for a feature that neither basis holds is missed by both.  On an axis its measure is

    √N sup_q |F(q) − F'(q)|,   F, F' the distribution functions of the N carriers moved either way,

on the scale on which N independent learners tell two laws apart; above the value that a perfect sample exceeds with the
probability ``alike`` the run has no more to say.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["bound", "difference"]


def bound(alike: float, axes: int) -> float:
    """√N sup|F_N − F| that a perfect sample exceeds on one of the axes with this probability at most, by the tail 2e^(−2x²).

    >>> round(bound(1e-4, 1), 3)
    2.225
    """
    return float(np.sqrt(0.5 * np.log(2 * axes / alike)))


def difference(q: np.ndarray, other: np.ndarray, periods: Sequence[float | None]) -> float:
    """The largest √N sup|F − F'| of any axis, of carriers (N, d) moved by two fields; rings are cut at q = 0.

    >>> q = np.linspace(0, 1, 100)[:, None]
    >>> difference(q, q, (None,)), round(difference(q, q + 0.1, (None,)), 6)
    (0.0, 1.0)
    """
    return max(_distance(*(x[:, a] if period is None else np.mod(x[:, a], period) for x in (q, other)))
               for a, period in enumerate(periods))


def _distance(x: np.ndarray, y: np.ndarray) -> float:
    x, y, n = np.sort(x), np.sort(y), len(x)
    most = max(np.max(np.abs(np.searchsorted(b, a, side="right") - np.searchsorted(a, a, side="right")))
               for a, b in ((x, y), (y, x)))
    return float(most) / float(np.sqrt(n))
