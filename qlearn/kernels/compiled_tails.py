"""The compiled twin of qlearn.kernels.tails."""

import numba
import numpy as np

__all__ = ["held_on_a_line", "in_place", "in_wavenumber", "on_a_line"]


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


@numba.njit(cache=True, error_model="numpy")
def held_on_a_line(low, k, slowest, energy):
    """The first point with V < E and the one behind the last, all of them where those get to an end; the largest |k| with
    T ≤ E − min V."""
    n, least, fastest = low.size, np.inf, 0.0
    first, last = n, -1
    for i in range(n):
        least = min(least, low[i])
        if low[i] < energy:
            first, last = min(first, i), i
    for i in range(k.size):
        if slowest[i] <= energy - least:
            fastest = max(fastest, abs(k[i]))
    if first > 0 and last < n - 1 and last >= 0:
        return first, last + 1, fastest
    return 0, n, fastest


@numba.njit(cache=True, error_model="numpy")
def on_a_line(lines, least, most, low, bends, k, slowest, edges, held, spacing, near, flat, scale, decay):
    """(points before, points behind the edges, largest |k|); see qlearn.methods.extents._fallen. lines (1 + R, n, 1)."""
    first, last = edges
    height, bottom, top, bend = 0.0, np.inf, -np.inf, 0.0
    for i in range(k.size):
        if abs(k[i]) <= held:
            height = max(height, slowest[i])
    for i in range(first, last + 1):
        bottom, top = min(bottom, low[i]), max(top, low[i])
    for i in range(first, last + 1):
        if low[i] <= bottom + near * height:
            bend = max(bend, bends[i])
    change, depth = min(top - bottom, height), k.size * spacing
    if bend > flat * height / depth**2:
        length = np.sqrt(change / bend) * 2 * np.pi / depth
    else:
        length, change = 2 * np.pi, 0.0
    return in_place(lines, least, most, first, -1, scale, decay), in_place(lines, least, most, last, 1, scale, decay), \
        in_wavenumber(k, slowest, held, height, length, change, decay)
