"""The stored path of the field, as noisy learners read it."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.ensembles.nodes.entire import Circle, Reader

__all__ = ["PolePath"]


@final
@dataclass(eq=False)
class PolePath:
    """p at the times of the carriers' steps, between them linear in time (of p, never of w); (ħ/m) w at any learner.

        v = (ħ/m) Im w,     s = 2 Re w,     w = r p'/p

    Picklable; blocks on several threads may share it.
    """

    circle: Circle
    times: np.ndarray               # (steps + 1,)
    fields: np.ndarray              # (steps + 1, n)
    ratio: float                    # ħ/m = 2D
    residue: float = 1.0

    def __call__(self, t: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Velocity and score at q (1, n), each (1, n)."""
        w = self._w(t, q)
        return self.ratio * w.imag, 2 * w.real

    def drift(self, t: float, q: np.ndarray, diffusion: float) -> np.ndarray:
        """v + D s at q (1, n)."""
        velocity, score = self(t, q)
        return velocity + diffusion * score

    def complex_drift(self, t: float, q: np.ndarray) -> np.ndarray:
        """2D w at q (1, n): its real and imaginary parts add up to the drift, and its size tells how near a node is."""
        return self.ratio * self._w(t, q)

    def field(self, t: float) -> np.ndarray:
        """p (n,) at t."""
        i = min(max(bisect_right(self.times, t) - 1, 0), len(self.times) - 1)
        if i == len(self.times) - 1 or t <= self.times[i]:
            return self.fields[i]
        share = (t - self.times[i]) / (self.times[i + 1] - self.times[i])
        return (1 - share) * self.fields[i] + share * self.fields[i + 1]

    def _w(self, t: float, q: np.ndarray) -> np.ndarray:
        return self.residue * Reader.of(self.circle, self.field(t))(q[0])[None]
