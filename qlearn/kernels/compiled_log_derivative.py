"""The compiled twin of qlearn.kernels.log_derivative."""

import numba
import numpy as np

__all__ = ["log_derivative", "log_derivative_between"]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_derivative(table, a, h, q, out):
    n = table.shape[0]
    for i in range(q.size):
        place = (q[i] - a) / h
        cell = np.floor(place)
        r = place - cell
        row = table[np.int64(cell) % n]
        out[i] = (row[4] + r * (row[5] + r * (row[6] + r * row[7]))) / (row[0] + r * (row[1] + r * (row[2] + r * row[3])))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_derivative_between(first, second, share, a, h, q, out):
    n = first.shape[0]
    for i in range(q.size):
        place = (q[i] - a) / h
        cell = np.floor(place)
        r = place - cell
        one, two, y = first[np.int64(cell) % n], second[np.int64(cell) % n], share[i]
        x = 1.0 - y
        p = x * one[3] + y * two[3]
        slope = x * one[7] + y * two[7]
        for k in range(2, -1, -1):
            p = x * one[k] + y * two[k] + r * p
            slope = x * one[k + 4] + y * two[k + 4] + r * slope
        out[i] = slope / p
