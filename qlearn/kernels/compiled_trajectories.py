"""The compiled twin of qlearn.kernels.trajectories."""

import numba
import numpy as np

__all__ = ["run", "run_on_a_line"]


@numba.njit(cache=True)
def _basis(x, pieces, basis):
    """Quintic B-splines of the six nodes around x and their two derivatives into basis (3, 6); returns the cell."""
    cell = np.floor(x)
    u = x - cell
    for j in range(6):
        c = pieces[j]
        basis[0, j] = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
        basis[1, j] = c[1] + u * (2 * c[2] + u * (3 * c[3] + u * (4 * c[4] + u * 5 * c[5])))
        basis[2, j] = 2 * c[2] + u * (6 * c[3] + u * (12 * c[4] + u * 20 * c[5]))
    return np.int64(cell)


@numba.njit(inline="always")
def _stage(c0, c1, c2, c3, c4, c5, u, bh, ch, ah, inverse, spacing, i, x, p, action):
    """Kick and drift of trajectory i at the fraction u of a cell with the polynomial c."""
    value = c0 + u * (c1 + u * (c2 + u * (c3 + u * (c4 + u * c5))))
    slope = c1 + u * (2 * c2 + u * (3 * c3 + u * (4 * c4 + u * (5 * c5))))
    bend = 2 * c2 + u * (6 * c3 + u * (12 * c4 + u * (20 * c5)))
    y = p[i] - (bh - 2 * ch * bend) * slope / spacing
    action[i] += ch * slope * slope - bh * value + 0.5 * ah * inverse * y * y
    p[i] = y
    x[i] += ah * inverse * y / spacing


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"})
def run_on_a_line(cells, origin, spacing, inverse, rows, weights, h, q, p, action):
    """One dimension, cells (1 + R, 6, N): the polynomial of each cell. All trajectories step together, eight at a time where
    the processor has such registers; the coefficients of a driven V are first summed over its terms."""
    terms, n = cells.shape[0], cells.shape[2]
    x, c, cell = (q - origin) / spacing, np.empty((6, q.size)), np.empty(q.size, dtype=np.int32)
    for step in range(weights.shape[0]):
        for k in range(rows.shape[0]):
            bh, ch, ah = rows[k, 0] * h, rows[k, 1] * h**3 * inverse / spacing**2, rows[k, 2] * h
            if terms == 1:
                for i in range(x.size):
                    floor = np.floor(x[i])
                    at = np.int32(floor - n * np.floor(floor / n))
                    _stage(cells[0, 0, at], cells[0, 1, at], cells[0, 2, at], cells[0, 3, at], cells[0, 4, at], cells[0, 5, at],
                           x[i] - floor, bh, ch, ah, inverse, spacing, i, x, p, action)
                continue
            for i in range(x.size):
                floor = np.floor(x[i])
                cell[i] = np.int32(floor - n * np.floor(floor / n))
            for j in range(6):
                for i in range(x.size):
                    c[j, i] = cells[0, j, cell[i]]
                for r in range(1, terms):
                    factor = weights[step, k, r]
                    for i in range(x.size):
                        c[j, i] += factor * cells[r, j, cell[i]]
            for i in range(x.size):
                _stage(c[0, i], c[1, i], c[2, i], c[3, i], c[4, i], c[5, i], x[i] - np.floor(x[i]), bh, ch, ah, inverse, spacing,
                       i, x, p, action)
    q[:] = origin + x * spacing


@numba.njit(cache=True)
def _field(coefficients, shape, spacing, factors, offsets, cells, basis, field):
    """field (1 + d, 1 + d): V at [0, 0], ∂V at [0, 1:], ∂∂V at [1:, 1:], upper triangle; the last axis is summed first."""
    d = shape.size
    last, n = d - 1, shape[d - 1]
    field[:] = 0.0
    for o in range(offsets.shape[0]):
        row = np.int64(0)
        for axis in range(last):
            row = (row * shape[axis]) + (cells[axis] + offsets[o, axis] - 2) % shape[axis]
        row *= n
        value, slope, bend = 0.0, 0.0, 0.0
        node = (cells[last] - 2) % n
        for j in range(6):
            local = 0.0
            for r in range(factors.size):
                local += factors[r] * coefficients[r, row + node]
            value += local * basis[last, 0, j]
            slope += local * basis[last, 1, j]
            bend += local * basis[last, 2, j]
            node += 1
            if node == n:
                node = 0
        for a in range(d):
            for b in range(a, d):
                product = value  # the last axis takes part in no derivative of these
                for axis in range(last):
                    order = np.int64(a == axis + 1) + np.int64(b == axis + 1)
                    product *= basis[axis, order, offsets[o, axis]]
                field[a, b] += product
        for a in range(d):
            product = slope
            for axis in range(last):
                product *= basis[axis, np.int64(a == axis + 1), offsets[o, axis]]
            field[a, d] += product
        for axis in range(last):
            bend *= basis[axis, 0, offsets[o, axis]]
        field[d, d] += bend
    for a in range(d + 1):
        for b in range(a, d + 1):
            if a > 0:
                field[a, b] /= spacing[a - 1]
            if b > 0:
                field[a, b] /= spacing[b - 1]


@numba.njit(cache=True)
def run(coefficients, shape, origin, spacing, inverse, offsets, pieces, rows, weights, h, q, p, action):
    """Rows of kick and drift for each trajectory in turn; q, p and action are overwritten."""
    d = shape.size
    basis, field = np.zeros((d, 3, 6)), np.zeros((d + 1, d + 1))
    cells, speed = np.zeros(d, dtype=np.int64), np.zeros(d)
    for i in range(q.shape[0]):
        for step in range(weights.shape[0]):
            for k in range(rows.shape[0]):
                bh, ch, ah = rows[k, 0] * h, rows[k, 1] * h**3, rows[k, 2] * h
                if bh != 0.0 or ch != 0.0:
                    for a in range(d):
                        cells[a] = _basis((q[i, a] - origin[a]) / spacing[a], pieces, basis[a])
                    _field(coefficients, shape, spacing, weights[step, k], offsets, cells, basis, field)
                    action[i] -= bh * field[0, 0]
                    for a in range(d):
                        speed[a] = 0.0
                        for b in range(d):
                            speed[a] += inverse[a, b] * field[0, b + 1]
                    for a in range(d):
                        action[i] += ch * speed[a] * field[0, a + 1]
                        p[i, a] -= bh * field[0, a + 1]
                        for b in range(d):
                            bend = field[a + 1, b + 1] if a <= b else field[b + 1, a + 1]
                            p[i, a] += 2 * ch * bend * speed[b]
                if ah != 0.0:
                    for a in range(d):
                        speed[a] = 0.0
                        for b in range(d):
                            speed[a] += inverse[a, b] * p[i, b]
                    for a in range(d):
                        q[i, a] += ah * speed[a]
                        action[i] += 0.5 * ah * speed[a] * p[i, a]
