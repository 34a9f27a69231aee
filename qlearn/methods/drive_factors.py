"""The factors f_r(t) of a drive between two times, each asked for once: for everything that looks ahead."""

from collections.abc import Callable
from functools import cached_property
from typing import final

import numpy as np
from numpy.polynomial import chebyshev

from qlearn.kernels.trajectories import piecewise

__all__ = ["DriveFactors"]

DEGREE = 11
FEWEST, MOST = 32, 256  # parts of the time, with a polynomial on each
ACCURACY = 1e-12        # of the last two terms of each polynomial, of the largest factor: what a forecast compares is as small
SAMPLES = 16            # of each part
CHECKED = 7             # times at which factors that were kept are asked for again

NODES = chebyshev.chebpts1(DEGREE + 1)
TERMS = np.linalg.inv(chebyshev.chebvander(NODES, DEGREE))  # of Chebyshev polynomials, from values at the nodes
POWERS = np.array([np.pad(chebyshev.cheb2poly([0.0] * n + [1.0]), (0, DEGREE - n)) for n in range(DEGREE + 1)])  # of each of them


@final
class DriveFactors:
    """t (…) -> (…, R): polynomials on equal parts of the time, as many as it takes to be right to rounding, a call for each time
    where no number does.

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

    @cached_property
    def samples(self) -> np.ndarray:
        """(n, R) at n = 2^m + 1 times in equal parts, from the earlier to the later end."""
        parts = MOST // 2 if self._pieces is None else len(self._pieces)
        return self(np.linspace(self.start, self.end, SAMPLES * parts + 1))

    @cached_property
    def _checked(self) -> tuple[np.ndarray, np.ndarray, float]:
        """A few times, the factors there, and how far those may be off."""
        count = len(self.samples)
        places = np.arange(1, CHECKED + 1) * count // (CHECKED + 1)
        return np.linspace(self.start, self.end, count)[places], self.samples[places], \
            10 * ACCURACY * float(np.abs(self.samples).max(initial=1e-300))

    @cached_property
    def _pieces(self) -> np.ndarray | None:
        """(n, DEGREE + 1, R): the polynomials, in powers of a variable from −1 to 1 on each part; None where no number does."""
        parts = FEWEST
        while parts <= MOST:
            width = (self.end - self.start) / parts
            values = self._called(self.start + (np.arange(parts)[:, None] + (NODES + 1) / 2) * width)
            terms = TERMS @ values
            if np.abs(terms[:, -2:]).max(initial=0.0) <= ACCURACY * np.abs(values).max(initial=1e-300):
                return np.ascontiguousarray(POWERS.T @ terms)
            parts *= 2
        return None

    def _called(self, times: np.ndarray) -> np.ndarray:
        values = self.factors_at(times.ravel())
        return values.reshape(*times.shape, values.shape[-1])
