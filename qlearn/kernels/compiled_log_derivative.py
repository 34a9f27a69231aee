"""The compiled twin of qlearn.kernels.log_derivative."""

import numba
import numpy as np

__all__ = ["log_derivative"]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_derivative(table, a, h, q, out):
    n = table.shape[0]
    for i in range(q.size):
        place = (q[i] - a) / h
        cell = np.floor(place)
        r = place - cell
        row = table[np.int64(cell) % n]
        out[i] = (row[4] + r * (row[5] + r * (row[6] + r * row[7]))) / (row[0] + r * (row[1] + r * (row[2] + r * row[3])))
