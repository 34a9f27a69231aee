"""The factors f_r(t) of a drive between two times, each asked for once: for everything that looks ahead."""

from collections.abc import Callable
from functools import cached_property
from math import factorial
from typing import final

import numpy as np
from scipy.interpolate import BSpline, make_interp_spline

from qlearn.kernels.trajectories import piecewise

__all__ = ["DriveFactors"]

FEWEST, MOST = 129, 2049  # samples
ACCURACY = 1e-6           # halfway between two samples, of the largest
CHECKED = 7               # times at which factors that were kept are asked for again


@final
class DriveFactors:
    """t (…) -> (…, R): a quintic spline through as many samples as it takes to be right to ACCURACY halfway between them, a call
    for each time where no number does.

    factors_at : times (n,) -> (n, R).   start, end : in any order.
    """

    def __init__(self, factors_at: Callable[[np.ndarray], np.ndarray], start: float, end: float):
        self.factors_at, self.start, self.end = factors_at, min(start, end), max(start, end)

    def holds(self, start: float, end: float) -> bool:
        """True where these are the ends, and the factors at a few times what they were."""
        if (min(start, end), max(start, end)) != (self.start, self.end):
            return False
        times, values, tolerance = self._checked
        return bool(np.abs(self.factors_at(times) - values).max(initial=0.0) <= tolerance)

    def __call__(self, times: np.ndarray) -> np.ndarray:
        pieces, times = self._pieces, np.asarray(times)
        if pieces is None:
            return self._called(times)
        return piecewise(pieces, (times - self.start) * (len(pieces) / (self.end - self.start)))

    @property
    def samples(self) -> np.ndarray:
        """(n, R) at n times in equal parts, from the earlier to the later end."""
        return self._sampled[0]

    @cached_property
    def _checked(self) -> tuple[np.ndarray, np.ndarray, float]:
        """A few times, the factors there, and how far those may be off."""
        count = len(self.samples)
        places = np.arange(1, CHECKED + 1) * count // (CHECKED + 1)
        return np.linspace(self.start, self.end, count)[places], self.samples[places], \
            ACCURACY * float(np.abs(self.samples).max(initial=1e-300))

    @cached_property
    def _pieces(self) -> np.ndarray | None:
        """(n, 6, R): the polynomial of the spline in each of its equal parts, in units of their length."""
        spline = self._sampled[1]
        if spline is None or not self.samples.shape[1]:
            return None
        times = np.linspace(self.start, self.end, (len(self.samples) + 1) // 2)
        rows = [spline(times[:-1], order) * (times[1] - times[0]) ** order / factorial(order) for order in range(6)]
        return np.ascontiguousarray(np.stack(rows, axis=1))

    @cached_property
    def _sampled(self) -> tuple[np.ndarray, BSpline | None]:
        times = np.linspace(self.start, self.end, FEWEST)
        values = self._called(times)
        while True:
            between = (times[1:] + times[:-1]) / 2
            halfway = self._called(between)
            spline = make_interp_spline(times, values, k=5)
            finer = np.empty((2 * len(times) - 1, values.shape[1]))
            finer[::2], finer[1::2] = values, halfway
            if np.max(np.abs(spline(between) - halfway), initial=0.0) <= ACCURACY * np.max(np.abs(values), initial=1e-300):
                return finer, spline
            times, values = np.linspace(self.start, self.end, len(finer)), finer
            if len(times) > MOST:
                return values, None

    def _called(self, times: np.ndarray) -> np.ndarray:
        values = self.factors_at(times.ravel())
        return values.reshape(*times.shape, values.shape[-1])
