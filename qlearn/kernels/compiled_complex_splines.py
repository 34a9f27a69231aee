"""The compiled twin of qlearn.kernels.complex_splines."""

import numba
import numpy as np

__all__ = ["on_a_plane", "on_a_space"]

_ORDER = 6


@numba.njit(inline="always")
def _around(y, lower, spacing, cells, pieces, values, slopes):
    """First knot around the circle; the six functions and their derivatives there."""
    x = (y - lower) / spacing
    cell = np.floor(x)
    u = x - cell
    for j in range(_ORDER):
        c, s = pieces[0, j], pieces[1, j]
        values[j] = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
        slopes[j] = (s[0] + u * (s[1] + u * (s[2] + u * (s[3] + u * s[4])))) / spacing
    return np.int64(cell - cells * np.floor(cell / cells))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def on_a_plane(lower, spacing, cells, pieces, table, y, out):
    """table (n₀ + 5, n₁ + 5): coefficients, those of the first five knots again behind the last."""
    v, dv, w, dw = np.empty(_ORDER), np.empty(_ORDER), np.empty(_ORDER), np.empty(_ORDER)
    for i in range(y.shape[1]):
        a = _around(y[0, i], lower[0], spacing[0], cells[0], pieces, v, dv)
        b = _around(y[1, i], lower[1], spacing[1], cells[1], pieces, w, dw)
        p, first, second = 0j, 0j, 0j
        for j in range(_ORDER):
            row = table[a + j]
            along, across = 0j, 0j
            for k in range(_ORDER):
                along += w[k] * row[b + k]
                across += dw[k] * row[b + k]
            p += v[j] * along
            first += dv[j] * along
            second += v[j] * across
        out[0, i], out[1, i], out[2, i] = p, first, second


@numba.njit(cache=True, nogil=True, error_model="numpy")
def on_a_space(lower, spacing, cells, pieces, table, y, out):
    """The same with three axes."""
    u, du, v, dv, w, dw = (np.empty(_ORDER), np.empty(_ORDER), np.empty(_ORDER), np.empty(_ORDER), np.empty(_ORDER),
                           np.empty(_ORDER))
    for i in range(y.shape[1]):
        a = _around(y[0, i], lower[0], spacing[0], cells[0], pieces, u, du)
        b = _around(y[1, i], lower[1], spacing[1], cells[1], pieces, v, dv)
        c = _around(y[2, i], lower[2], spacing[2], cells[2], pieces, w, dw)
        p, first, second, third = 0j, 0j, 0j, 0j
        for j in range(_ORDER):
            inner, turned, deep = 0j, 0j, 0j
            for k in range(_ORDER):
                row = table[a + j, b + k]
                along, across = 0j, 0j
                for m in range(_ORDER):
                    along += w[m] * row[c + m]
                    across += dw[m] * row[c + m]
                inner += v[k] * along
                turned += dv[k] * along
                deep += v[k] * across
            p += u[j] * inner
            first += du[j] * inner
            second += u[j] * turned
            third += u[j] * deep
        out[0, i], out[1, i], out[2, i], out[3, i] = p, first, second, third
