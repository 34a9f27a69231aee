"""Langevin steps: dq = b(t, q) dt + √(2D) dW in an orthonormal frame, by the stochastic Heun scheme."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, final

import numpy as np

__all__ = ["CurvedLine", "FlatSpace", "heun_step", "limit_drift", "trajectory"]

Drift = Callable[[float, np.ndarray], np.ndarray]


class Space(Protocol):
    """How a displacement in the orthonormal frame moves a point."""

    def move(self, q: np.ndarray, displacement: np.ndarray) -> np.ndarray: ...


@final
@dataclass(frozen=True, eq=False)
class FlatSpace:
    """Cartesian coordinates: q + displacement."""

    def move(self, q: np.ndarray, displacement: np.ndarray) -> np.ndarray:
        return q + displacement


@final
@dataclass(frozen=True, eq=False)
class CurvedLine:
    """One coordinate with a metric g(q): moves by a proper length, ∫√g dq = displacement.

    dq/ds = 1/√g is followed by one step of classical Runge–Kutta, whose error O(displacement⁵) is below that of the Heun
    step.  Noise that is constant in the proper length needs no Itô correction, and the weak order stays 2.
    """

    metric: Callable[[np.ndarray], np.ndarray]          # g(q) -> (1, 1, n)

    def move(self, q: np.ndarray, displacement: np.ndarray) -> np.ndarray:
        k1 = displacement / self.root(q)
        k2 = displacement / self.root(q + 0.5 * k1)
        k3 = displacement / self.root(q + 0.5 * k2)
        k4 = displacement / self.root(q + k3)
        return q + (k1 + 2 * (k2 + k3) + k4) / 6

    def root(self, q: np.ndarray) -> np.ndarray:
        """√g at q (1, n), same shape."""
        return np.sqrt(self.metric(q[0])[0])


def heun_step(drift: Drift, space: Space, t: float, later: float, q: np.ndarray, kick: np.ndarray,
              limit: float) -> tuple[np.ndarray, int]:
    """One step from t to later; returns the new positions (d, n) and how many learners had their drift limited.

        q* = q ⊕ (b(t, q) h + kick),     q' = q ⊕ (½[b(t, q) + b(t + h, q*)] h + kick),     kick = √(2Dh) ξ

    Weak order 2 for a drift with bounded derivatives (noise is additive in the frame).  |b| is limited to ``limit`` =
    √(2D/h): near a node of ψ the drift has a pole, and one long step there would throw a learner far away.
    """
    h = later - t
    first, over = limit_drift(drift(t, q), limit)
    second, again = limit_drift(drift(later, space.move(q, h * first + kick)), limit)
    first += second
    first *= 0.5 * h
    first += kick
    return space.move(q, first), _count(over, again)


def limit_drift(b: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray | None]:
    """Shorten the vectors b (d, n) that are longer than limit; also the mask of those, or None if there are none."""
    length = np.abs(b[0]) if len(b) == 1 else np.sqrt(np.sum(b * b, axis=0))
    over = length > limit
    if not over.any():
        return b, None
    return b * np.where(over, limit / np.maximum(length, limit), 1.0), over


def trajectory(drift: Drift, space: Space, diffusion: float, q: np.ndarray, tlist: np.ndarray, counts: np.ndarray,
               rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Positions (len(tlist), d, n) at tlist, with counts[i] equal steps from tlist[i] to tlist[i + 1]; limited steps."""
    stored = np.empty((len(tlist), *q.shape))
    stored[0], limited = q, 0
    for i, count in enumerate(counts):
        times = np.linspace(tlist[i], tlist[i + 1], count + 1)
        h = (tlist[i + 1] - tlist[i]) / count
        for t, later in pairwise(times):
            kick = rng.standard_normal(q.shape)
            kick *= np.sqrt(2 * diffusion * h)
            q, number = heun_step(drift, space, float(t), float(later), q, kick, np.sqrt(2 * diffusion / h))
            limited += number
        stored[i + 1] = q
    return stored, limited


def _count(first: Any, second: Any) -> int:
    if first is None and second is None:
        return 0
    either = second if first is None else first if second is None else first | second
    return int(np.count_nonzero(either))
