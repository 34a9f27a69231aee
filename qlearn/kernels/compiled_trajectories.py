"""The compiled twin of qlearn.kernels.trajectories."""

import numba
import numpy as np

__all__ = ["compared_on_a_line", "run", "run_on_a_line"]


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


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"})
def run_on_a_line(cells, origin, spacing, inverse, rows, weights, h, q, p, action):
    """One dimension, cells (1 + R, N, 6): the polynomial of each cell. All trajectories take a stage together: first each sums
    the polynomials of its cell over the terms of V, then all move in vector code."""
    terms, n, m = cells.shape[0], cells.shape[1], q.size
    x, u, c = (q - origin) / spacing, np.empty(m), np.empty((6, m))
    c0, c1, c2, c3, c4, c5, per = c[0], c[1], c[2], c[3], c[4], c[5], 1 / spacing
    for step in range(weights.shape[0]):
        for k in range(rows.shape[0]):
            bh, ch, ah = rows[k, 0] * h, rows[k, 1] * h**3 * inverse * per**2, rows[k, 2] * h * inverse
            for i in range(m):
                floor = np.floor(x[i])
                u[i], at = x[i] - floor, np.int64(floor)
                if at < 0 or at >= n:
                    at %= n
                for j in range(6):
                    c[j, i] = cells[0, at, j]
                for r in range(1, terms):
                    for j in range(6):
                        c[j, i] += weights[step, k, r] * cells[r, at, j]
            for i in range(m):
                v = u[i]
                value = c0[i] + v * (c1[i] + v * (c2[i] + v * (c3[i] + v * (c4[i] + v * c5[i]))))
                slope = c1[i] + v * (2 * c2[i] + v * (3 * c3[i] + v * (4 * c4[i] + v * (5 * c5[i]))))
                bend = 2 * c2[i] + v * (6 * c3[i] + v * (12 * c4[i] + v * (20 * c5[i])))
                y = p[i] - (bh - 2 * ch * bend) * slope * per
                action[i] += ch * slope * slope - bh * value + 0.5 * ah * y * y
                p[i] = y
                x[i] += ah * y * per
    q[:] = origin + x * spacing


@numba.njit(cache=True)
def compared_on_a_line(cells, origin, spacing, inverse, rows, wide, narrow, h, ends, coarse, fine, local, total):
    """Steps of h beside steps of h/2; coarse and fine (3, n) hold q, p and the action."""
    for block in range(local.shape[0]):
        first, last = ends[block], ends[block + 1]
        beside = coarse.copy()
        run_on_a_line(cells, origin, spacing, inverse, rows, narrow[2 * first:2 * first + 2], h / 2, beside[0], beside[1],
                      beside[2])
        run_on_a_line(cells, origin, spacing, inverse, rows, wide[first:first + 1], h, coarse[0], coarse[1], coarse[2])
        local[block] = coarse[2] - beside[2] - beside[1] * (coarse[0] - beside[0])
        run_on_a_line(cells, origin, spacing, inverse, rows, wide[first + 1:last], h, coarse[0], coarse[1], coarse[2])
        run_on_a_line(cells, origin, spacing, inverse, rows, narrow[2 * first:2 * last], h / 2, fine[0], fine[1], fine[2])
        total[block] = coarse[2] - fine[2] - fine[1] * (coarse[0] - fine[0])


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
