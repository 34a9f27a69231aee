"""The compiled twin of qlearn.kernels.tails."""

import numba
import numpy as np

__all__ = ["in_place", "in_wavenumber"]


@numba.njit(cache=True, error_model="numpy")
def in_place(lines, least, most, edge, step, scale, decay):
    terms, n, m = lines.shape
    total, count, i = 0.0, 0, edge + step
    while 0 <= i < n:
        lowest = np.inf
        for j in range(m):
            rise = 0.0
            for r in range(terms):
                change = lines[r, i, j] - lines[r, edge, j]
                rise += min(least[r] * change, most[r] * change)
            lowest = min(lowest, rise)
        total += scale * np.sqrt(max(lowest, 0.0))
        if total >= decay:
            return count
        count, i = count + 1, i + step
    return count


@numba.njit(cache=True, error_model="numpy")
def in_wavenumber(k, slowest, held, height, length, change, decay):
    largest = 0.0
    for step in (-1, 1):
        total, i = 0.0, 0 if step > 0 else k.size - 1
        while 0 <= i < k.size and k[i] * step <= held:
            i += step
        while 0 <= i < k.size:
            excess = max(slowest[i] - height, 0.0)
            total += length * (np.arcsinh(np.sqrt(2 * excess / change)) if change > 0 else 1.0)
            if total >= decay:
                break
            largest, i = max(largest, abs(k[i])), i + step
    return largest
