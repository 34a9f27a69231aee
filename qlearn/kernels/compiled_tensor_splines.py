"""The compiled twin of qlearn.kernels.tensor_splines."""

import numba
import numpy as np

__all__ = ["evaluate", "gradient_in_space", "gradient_on_a_line", "gradient_on_a_plane", "local_values", "moments", "scatter"]

_ORDER = 6


@numba.njit(inline="always")
def _cell(y, lower, spacing, cells, periodic):
    """Cell, place in it and the distance beyond the ends of a line, in cells."""
    x = (y - lower) / spacing
    cell = np.floor(x)
    if not periodic:
        cell = min(max(cell, 0.0), cells - 1.0)
    u = x - cell
    inside = min(max(u, 0.0), 1.0)
    return np.int64(cell), inside, u - inside


@numba.njit(cache=True)
def local_values(lower, spacing, cells, periodic, pieces, y, index, values):
    for a in range(y.shape[0]):
        for i in range(y.shape[1]):
            cell, u, beyond = _cell(y[a, i], lower[a], spacing[a], cells[a], periodic[a])
            for j in range(_ORDER):
                index[a, j, i] = (cell + j) % cells[a] if periodic[a] else cell + j
                scale = 1.0
                for n in range(4):
                    c = pieces[n, j]
                    values[a, n, j, i] = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
                if beyond != 0.0:
                    values[a, 0, j, i] += beyond * (values[a, 1, j, i] + 0.5 * beyond * values[a, 2, j, i])
                    values[a, 1, j, i] += beyond * values[a, 2, j, i]
                    values[a, 3, j, i] = 0.0
                for n in range(4):
                    values[a, n, j, i] *= scale
                    scale /= spacing[a]


@numba.njit(inline="always")
def _place(shape, index, values, i, flat, first, second):
    """Of point i: flat indices (P,), ∂_a (d, P) and, where wanted, ∂_a∂_b (d, d, P) of the local products."""
    d, total = shape.size, flat.size
    for p in range(total):
        rest, number, stride = p, np.int64(0), np.int64(1)
        for a in range(d):
            first[a, p] = 1.0
            for b in range(d):
                second[a, b, p] = 1.0
        for back in range(d):
            a = d - 1 - back
            j = rest % _ORDER
            rest //= _ORDER
            number += stride * index[a, j, i]
            stride *= shape[a]
            for b in range(d):
                first[b, p] *= values[a, 1 if a == b else 0, j, i]
                for c in range(d):
                    order = (1 if a == b else 0) + (1 if a == c else 0)
                    second[b, c, p] *= values[a, order, j, i]
        flat[p] = number


@numba.njit(cache=True)
def moments(shape, index, values, weights, metric, A, b):
    """A is left with half of what it must be added to its transpose."""
    d = shape.size
    total = _ORDER**d
    flat, first, second = np.empty(total, np.int64), np.empty((d, total)), np.empty((d, d, total))
    raised = np.empty((d, total))
    for i in range(weights.size):
        w = weights[i]
        if w == 0.0:
            continue
        _place(shape, index, values, i, flat, first, second)
        for p in range(total):
            laplacian = 0.0
            for a in range(d):
                raised[a, p] = 0.0
                for c in range(d):
                    raised[a, p] += metric[a, c] * first[c, p]
                    laplacian += metric[a, c] * second[a, c, p]
                raised[a, p] *= w
            b[flat[p]] += w * laplacian
        for p in range(total):
            row = A[flat[p]]
            for q in range(p):
                entry = 0.0
                for a in range(d):
                    entry += raised[a, p] * first[a, q]
                row[flat[q]] += entry
            entry = 0.0
            for a in range(d):
                entry += raised[a, p] * first[a, p]
            row[flat[p]] += 0.5 * entry


@numba.njit(cache=True)
def scatter(shape, index, values, weights, vectors, r):
    d = shape.size
    total = _ORDER**d
    flat, first, second = np.empty(total, np.int64), np.empty((d, total)), np.empty((d, d, total))
    for i in range(weights.size):
        _place(shape, index, values, i, flat, first, second)
        for p in range(total):
            for a in range(d):
                r[flat[p]] += weights[i] * vectors[a, i] * first[a, p]


@numba.njit(cache=True)
def evaluate(shape, index, values, coefficients, orders, out):
    d = shape.size
    total = _ORDER**d
    for i in range(index.shape[2]):
        for p in range(total):
            rest, number, stride = p, np.int64(0), np.int64(1)
            for back in range(d):
                a = d - 1 - back
                number += stride * index[a, rest % _ORDER, i]
                rest //= _ORDER
                stride *= shape[a]
            for q in range(orders.shape[0]):
                rest, term = p, 1.0
                for back in range(d):
                    a = d - 1 - back
                    term *= values[a, orders[q, a], rest % _ORDER, i]
                    rest //= _ORDER
                for c in range(coefficients.shape[0]):
                    out[c, q, i] += coefficients[c, number] * term


@numba.njit(cache=True, nogil=True, error_model="numpy")
def gradient_on_a_line(lower, spacing, slopes, periodic, y, out):
    """slopes (cells, 5): the polynomial of the derivative on each cell."""
    cells, per_cell = slopes.shape[0], 1.0 / spacing
    for i in range(y.size):
        x = (y[i] - lower) * per_cell
        cell = np.floor(x)
        if not periodic:
            cell = min(max(cell, 0.0), cells - 1.0)
        u = x - cell
        at = np.int64(cell - cells * np.floor(cell / cells)) if periodic else np.int64(cell)
        c = slopes[at]
        inside = min(max(u, 0.0), 1.0)
        value = c[0] + inside * (c[1] + inside * (c[2] + inside * (c[3] + inside * c[4])))
        if inside != u:
            value += (u - inside) * (c[1] + inside * (2 * c[2] + inside * (3 * c[3] + inside * 4 * c[4])))
        out[i] = value


@numba.njit(cache=True, nogil=True, error_model="numpy")
def gradient_on_a_plane(lower, spacing, periodic, polynomials, y, out, beyond):
    """polynomials (cells, cells, 6, 6): of both places in a cell; points beyond an end of a line are marked and left."""
    for i in range(y.shape[1]):
        x0, x1 = (y[0, i] - lower[0]) / spacing[0], (y[1, i] - lower[1]) / spacing[1]
        cell0, cell1 = np.floor(x0), np.floor(x1)
        u, v = x0 - cell0, x1 - cell1
        if periodic[0]:
            cell0 -= polynomials.shape[0] * np.floor(cell0 / polynomials.shape[0])
        if periodic[1]:
            cell1 -= polynomials.shape[1] * np.floor(cell1 / polynomials.shape[1])
        if not (0 <= cell0 < polynomials.shape[0] and 0 <= cell1 < polynomials.shape[1]):
            beyond[i] = True
            continue
        c = polynomials[np.int64(cell0), np.int64(cell1)]
        first, second, value = 0.0, 0.0, 0.0
        for back in range(_ORDER):
            p = c[_ORDER - 1 - back]
            along = p[0] + v * (p[1] + v * (p[2] + v * (p[3] + v * (p[4] + v * p[5]))))
            across = p[1] + v * (2 * p[2] + v * (3 * p[3] + v * (4 * p[4] + v * (5 * p[5]))))
            first = first * u + value
            value = value * u + along
            second = second * u + across
        out[0, i], out[1, i] = first / spacing[0], second / spacing[1]


@numba.njit(cache=True, nogil=True)
def gradient_in_space(lower, spacing, cells, periodic, pieces, y, coefficients, out):
    """Three axes; coefficients (functions, functions, functions); sums over one axis after the other."""
    index, value, slope = np.empty((3, _ORDER), np.int64), np.empty((3, _ORDER)), np.empty((3, _ORDER))
    for i in range(y.shape[1]):
        for a in range(3):
            cell, u, beyond = _cell(y[a, i], lower[a], spacing[a], cells[a], periodic[a])
            for j in range(_ORDER):
                index[a, j] = (cell + j) % cells[a] if periodic[a] else cell + j
                c0, c1 = pieces[0, j], pieces[1, j]
                bent = 0.0
                if beyond != 0.0:
                    c2 = pieces[2, j]
                    bent = c2[0] + u * (c2[1] + u * (c2[2] + u * c2[3]))
                first = c1[0] + u * (c1[1] + u * (c1[2] + u * (c1[3] + u * c1[4])))
                slope[a, j] = (first + beyond * bent) / spacing[a]
                value[a, j] = c0[0] + u * (c0[1] + u * (c0[2] + u * (c0[3] + u * (c0[4] + u * c0[5])))) \
                    + beyond * (first + 0.5 * beyond * bent)
        x, y1, z = 0.0, 0.0, 0.0
        for j in range(_ORDER):
            plain, second, third = 0.0, 0.0, 0.0
            for k in range(_ORDER):
                line = coefficients[index[0, j], index[1, k]]
                along, across = 0.0, 0.0
                for m in range(_ORDER):
                    c = line[index[2, m]]
                    along += c * value[2, m]
                    across += c * slope[2, m]
                plain += along * value[1, k]
                second += along * slope[1, k]
                third += across * value[1, k]
            x += plain * slope[0, j]
            y1 += second * value[0, j]
            z += third * value[0, j]
        out[0, i], out[1, i], out[2, i] = x, y1, z
