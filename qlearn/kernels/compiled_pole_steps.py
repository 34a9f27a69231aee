"""The compiled twin of qlearn.kernels.pole_steps."""

import numba
import numpy as np

__all__ = ["pole_step"]


@numba.njit(inline="always")
def _cell(q, a, per_cell, n):
    """Cell around the circle, and place in it."""
    place = (q - a) * per_cell
    cell = np.floor(place)
    return np.int64(cell - n * np.floor(cell / n)), place - cell


@numba.njit(inline="always")
def _cubic(row, k, r):
    """Real or imaginary part, by k, of one of the cubics of a row (16,) of real numbers."""
    return row[k] + r * (row[k + 2] + r * (row[k + 4] + r * row[k + 6]))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def pole_step(first, second, a, cell_width, q, kick, h, scale, limit, bound, out, near):
    """Tables as (n, 16) real numbers."""
    n, per_cell, limited = first.shape[0], 1.0 / cell_width, 0
    for i in range(q.size):
        cell, r = _cell(q[i], a, per_cell, n)
        row = first[cell]
        p, ip = _cubic(row, 0, r), _cubic(row, 1, r)
        s, js = _cubic(row, 8, r), _cubic(row, 9, r)
        per = 1.0 / (p * p + ip * ip)
        w, iw = (s * p + js * ip) * per, (js * p - s * ip) * per
        s = (row[10] + r * (2.0 * row[12] + r * (3.0 * row[14]))) * per_cell
        js = (row[11] + r * (2.0 * row[13] + r * (3.0 * row[15]))) * per_cell
        bend, turn = (s * p + js * ip) * per - (w * w - iw * iw), (js * p - s * ip) * per - 2.0 * w * iw
        near[i] = bend * bend + turn * turn > bound * bound
        if near[i]:
            out[i] = q[i]
            continue
        b = scale * (w + iw)
        short = min(max(b, -limit), limit)
        cell, r = _cell(q[i] + h * short + kick[i], a, per_cell, n)
        row = second[cell]
        p, ip = _cubic(row, 0, r), _cubic(row, 1, r)
        s, js = _cubic(row, 8, r), _cubic(row, 9, r)
        c = scale * ((s * p + js * ip) + (js * p - s * ip)) / (p * p + ip * ip)
        if abs(b) > limit or abs(c) > limit:
            limited += 1
        out[i] = q[i] + 0.5 * h * (short + min(max(c, -limit), limit)) + kick[i]
    return limited
