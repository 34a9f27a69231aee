"""The compiled twin of qlearn.kernels.label_steps."""

import math

import numba
import numpy as np

__all__ = ["step"]


@numba.njit(cache=True, nogil=True)
def step(q, words, threshold, force, turns, gain, shift, rows, batch):
    n, m = force.size - 1, rows.shape[0]
    mask = np.uint64((1 << 52) - 1)
    for i in range(q.size):
        place = q[i] * turns
        a, v = gain, shift
        if m > 0:
            scaled = place * (m / n)
            cell = math.floor(scaled)
            u = scaled - cell
            row = rows[np.int64(cell) & (m - 1)]
            place += row[0] + u * row[1]
            a, v = row[2] + u * row[3], row[4] + u * row[5]
        total = 0.0
        for b in range(batch):
            word = words[i * batch + b]
            j = np.int64(word >> np.uint64(52))
            distance = place - j
            cell = math.floor(distance)
            u = distance - cell
            c = np.int64(cell) & (n - 1)
            pull = force[c] + u * (force[c + 1] - force[c])
            total += pull if np.float64(word & mask) < threshold[j] else -pull
        q[i] += a * total + v
