"""The compiled twin of qlearn.kernels.levels."""

import numba
import numpy as np

__all__ = ["places"]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def places(below, cells, level, exact, rounds, out):
    n, top = below.size - 1, below[below.size - 1]
    for i in range(level.size):
        turns = np.floor(level[i] / top)
        rest = level[i] - turns * top
        first, last = 0, n
        while last - first > 1:
            middle = (first + last) // 2
            if below[middle] <= rest:
                first = middle
            else:
                last = middle
        wanted = rest - below[first]
        c0, c1, c2, c3, c4 = cells[0, first], cells[1, first], cells[2, first], cells[3, first], cells[4, first]
        mass = c0 + (c1 + (c2 + (c3 + c4)))
        r = min(max(wanted / mass, 0.0), 1.0) if mass > 0.0 else 0.5
        low, high = 0.0, 1.0
        for _ in range(rounds):
            miss = r * (c0 + r * (c1 + r * (c2 + r * (c3 + r * c4)))) - wanted
            if abs(miss) <= 1e-15 * mass:
                break
            if miss > 0.0:
                high = r
            else:
                low = r
            slope = c0 + r * (2 * c1 + r * (3 * c2 + r * (4 * c3 + r * 5 * c4)))
            trial = r - miss / slope if slope > 0.0 else 2.0
            if not low < trial < high:
                trial = 0.5 * (low + high)
            moved = abs(trial - r)
            r = trial
            if moved <= exact:
                break
        out[i] = turns * n + first + r
