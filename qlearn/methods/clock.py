"""The time that a run of steps has reached."""

import math
from typing import Any, final

import numpy as np

from qlearn.methods.record import EPS

__all__ = ["Clock"]


@final
class Clock:
    """The time that ψ has reached. Steps of almost the same length are one length, so that their phase tables are shared;
    the differences, below ``tiny`` in all, never add up because each stretch is measured from the time really reached.

    ``now``, ``end`` and all targets count from the first of ``times``, so that a late start costs no digits; ``time`` is
    the time that V(t) is asked for."""

    def __init__(self, times: np.ndarray):
        self.start, self.now, self.end = float(times[0]), 0.0, float(times[-1] - times[0])
        self.span = abs(self.end)
        self.sign = 1.0 if self.end >= 0 else -1.0
        self.tiny = 8 * EPS * self.span
        self._last = 0.0

    @property
    def time(self) -> float:
        return self.start + self.now

    def left(self, target: float) -> float:
        """The time from now to target, ≥ 0; 0 within rounding."""
        left = self.sign * (target - self.now)
        return left if left > self.tiny else 0.0

    def division(self, target: float, longest: float) -> tuple[float, int]:
        """(h, n): n equal steps of h, signed, |h| ≤ longest, that lead from now to target."""
        left = self.left(target)
        n = max(1, math.ceil(left / longest * (1 - 1e-9)))
        h = left / n
        if n * abs(h - self._last) > self.tiny / 2:  # the other half of tiny is for the rounding of ``now``: no sliver is left
            self._last = h
        return self.sign * self._last, n

    def advance(self, h: float, count: int) -> None:
        self.now += count * h

    def snapshot(self) -> dict[str, Any]:
        return {"now": self.now, "last": self._last}

    def restore(self, saved: dict[str, Any]) -> None:
        self.now, self._last = float(saved["now"]), float(saved["last"])
