"""The compiled twin of Features.below in qlearn.methods.features, on a line."""

import numba
import numpy as np

__all__ = ["below"]


@numba.njit(cache=True)
def below(heights, slopes, bends, changes, noise, energy):
    """(the largest slope, the largest |bend|, the least (high − low)/change) where V < energy; (parts, n) each, changes
    (parts, n − 1)."""
    bend, slope, length = 0.0, 0.0, np.inf
    for part in range(heights.shape[0]):
        high, low, change, before = -np.inf, np.inf, 0.0, False
        for i in range(heights.shape[1]):
            here = heights[part, i] < energy
            if here:
                high, low = max(high, bends[part, i]), min(low, bends[part, i])
                slope = max(slope, slopes[part, i])
                if before:
                    change = max(change, changes[part, i - 1])
            before = here
        bend = max(bend, high, -low)
        if change > 2 * noise:
            length = min(length, (high - low) / change)
    return slope, bend, length
