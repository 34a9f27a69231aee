"""The compiled twin of qlearn.kernels.log_derivative."""

import numba
import numpy as np

__all__ = ["log_derivative", "log_derivative_and_rate", "log_derivative_between"]


@numba.njit(inline="always")
def _cell(q, a, h, n):
    """Cell around the circle, and place in it."""
    place = (q - a) / h
    cell = np.floor(place)
    return np.int64(cell - n * np.floor(cell / n)), place - cell


@numba.njit(inline="always")
def _divided(a, b):
    """a/b, for |b|² neither 0 nor beyond the range of numbers."""
    scale = 1.0 / (b.real * b.real + b.imag * b.imag)
    return complex((a.real * b.real + a.imag * b.imag) * scale, (a.imag * b.real - a.real * b.imag) * scale)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_derivative(table, a, h, q, out):
    for i in range(q.size):
        cell, r = _cell(q[i], a, h, table.shape[0])
        row = table[cell]
        out[i] = _divided(row[4] + r * (row[5] + r * (row[6] + r * row[7])), row[0] + r * (row[1] + r * (row[2] + r * row[3])))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_derivative_and_rate(table, a, h, q, out, rate):
    for i in range(q.size):
        cell, r = _cell(q[i], a, h, table.shape[0])
        row = table[cell]
        p = row[0] + r * (row[1] + r * (row[2] + r * row[3]))
        w = _divided(row[4] + r * (row[5] + r * (row[6] + r * row[7])), p)
        bend = _divided((row[5] + r * (2.0 * row[6] + r * (3.0 * row[7]))) / h, p) - w * w
        out[i] = w
        rate[i] = np.sqrt(bend.real * bend.real + bend.imag * bend.imag)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def log_derivative_between(first, second, share, a, h, q, out, rate):
    for i in range(q.size):
        cell, r = _cell(q[i], a, h, first.shape[0])
        one, two, y = first[cell], second[cell], share[i]
        x = 1.0 - y
        p, slope, bend = x * one[3] + y * two[3], x * one[7] + y * two[7], complex(0.0, 0.0)
        for k in range(2, -1, -1):
            bend = slope + r * bend
            p = x * one[k] + y * two[k] + r * p
            slope = x * one[k + 4] + y * two[k + 4] + r * slope
        w = _divided(slope, p)
        bend = _divided(bend / h, p) - w * w
        out[i] = w
        rate[i] = np.sqrt(bend.real * bend.real + bend.imag * bend.imag)
