"""The compiled twin of qlearn.kernels.trajectories."""

import numba
import numpy as np

from qlearn.kernels.vectors import LANES, floor, load, spread, store, transposed

__all__ = ["compared_on_a_line", "piecewise", "run", "run_on_a_line"]


@numba.njit(cache=True)
def _basis(x, pieces, basis, at):
    """Quintic B-splines of the six nodes around x and their two derivatives into basis from ``at`` on, eight numbers each, of
    which two are 0; pieces (6, 8) flat: the coefficients of u^k of all of them. Returns the cell."""
    cell = np.floor(x)
    u = spread(x - cell)
    value, slope, bend = load(pieces, 5 * LANES), spread(0.0), spread(0.0)
    for k in range(4, -1, -1):
        value, slope, bend = load(pieces, k * LANES) + u * value, value + u * slope, slope + u * bend
    store(basis, at, value), store(basis, at + LANES, slope), store(basis, at + 2 * LANES, bend + bend)
    return np.int64(cell)


@numba.njit(cache=True)
def _cell(cells, at, size, weights, step, k):
    """Coefficients of the polynomial of a cell, summed over the terms of V, which stand ``size`` apart."""
    total = load(cells, at)
    for r in range(1, weights.shape[2]):
        total = total + spread(weights[step, k, r]) * load(cells, at + r * size)
    return total


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "arcp"})
def _find(x, at, n):
    """Where the polynomials of the cells of x begin; of some cell where x is beyond all numbers."""
    per, last = 1 / n, n - 1.0
    for i in range(x.size):
        cell = np.floor(x[i])
        place = cell - n * np.floor((cell + 0.5) * per)
        place = place if place > 0.0 else 0.0
        at[i] = LANES * np.int64(place if place < last else last)


@numba.njit(cache=True, error_model="numpy")
def _stage(cells, size, weights, step, k, b, c, a, x, p, action, at):
    """A kick and a drift of all trajectories, eight at a time; b, c and a for x in units of the spacing."""
    kick, bow, steep, potential, half, go = spread(b), spread(4 * c), spread(c), spread(b), spread(0.5 * a), spread(a)
    for i in range(0, x.size, LANES):
        here = load(x, i)
        u = here - floor(here)
        c0, c1, c2, c3, c4, c5, _, _ = transposed((
            _cell(cells, at[i], size, weights, step, k), _cell(cells, at[i + 1], size, weights, step, k),
            _cell(cells, at[i + 2], size, weights, step, k), _cell(cells, at[i + 3], size, weights, step, k),
            _cell(cells, at[i + 4], size, weights, step, k), _cell(cells, at[i + 5], size, weights, step, k),
            _cell(cells, at[i + 6], size, weights, step, k), _cell(cells, at[i + 7], size, weights, step, k)))
        value, slope = c4 + u * c5, c5
        value, slope, bend = c3 + u * value, value + u * slope, slope
        value, slope, bend = c2 + u * value, value + u * slope, slope + u * bend
        value, slope, bend = c1 + u * value, value + u * slope, slope + u * bend
        value, slope, bend = c0 + u * value, value + u * slope, slope + u * bend
        y = load(p, i) - (kick - bow * bend) * slope  # bend is half of V''
        store(action, i, load(action, i) + (steep * slope * slope - potential * value + half * y * y))
        store(p, i, y)
        store(x, i, here + go * y)


@numba.njit(cache=True)
def _moved(cells, terms, spacing, inverse, rows, weights, first, end, h, state, at):
    """Steps first … end − 1 of ``weights`` (n, k, 1 + R). state (3, m): x in units of the spacing, p times the spacing, the
    action. The last kick of a step and the first of the next are one where no drift is between them."""
    size, last = cells.size // terms, rows.shape[0] - 1
    x, p, action, inverse = state[0], state[1], state[2], inverse / spacing**2
    merged = last > 0 and rows[last, 2] == 0
    for step in range(first, end):
        for k in range(last + 1):
            b, c = rows[k, 0], rows[k, 1]
            if merged and k == last and step < end - 1:
                continue
            if merged and k == 0 and step > first:
                b, c = b + rows[last, 0], c + rows[last, 1]
            _find(x, at, size // LANES)
            _stage(cells, size, weights, step, k, b * h, c * h**3 * inverse, rows[k, 2] * h * inverse, x, p, action, at)


@numba.njit(cache=True)
def _state(origin, spacing, q, p, action):
    """With trajectories at rest in the places that are left of the last eight."""
    state = np.zeros((3, -(-q.size // LANES) * LANES))
    for i in range(q.size):
        state[0, i], state[1, i], state[2, i] = (q[i] - origin) / spacing, p[i] * spacing, action[i]
    return state


@numba.njit(cache=True)
def run_on_a_line(cells, terms, origin, spacing, inverse, rows, weights, h, q, p, action):
    """One dimension. cells: of each term of V and each cell the coefficients of its polynomial and two zeros, one after the
    other. q, p and action are overwritten."""
    state = _state(origin, spacing, q, p, action)
    _moved(cells, terms, spacing, inverse, rows, weights, 0, len(weights), h, state, np.empty(state.shape[1], dtype=np.int64))
    for i in range(q.size):
        q[i], p[i], action[i] = origin + state[0, i] * spacing, state[1, i] / spacing, state[2, i]


@numba.njit(cache=True)
def compared_on_a_line(cells, terms, origin, spacing, inverse, rows, enter, leave, weights, h, ends, q, p, action, local, total,
                       areas):
    """Steps of h beside steps of h/2; see qlearn.kernels.trajectories. weights: of the steps, of the rows before them and of the
    rows behind them, each for h and for h/2."""
    wide, narrow, wide_in, narrow_in, wide_out, narrow_out = weights
    first = _state(origin, spacing, q, p, action)
    coarse, fine, beside = first.copy(), first.copy(), np.empty_like(first)
    line, at = (cells, terms, spacing, inverse), np.empty(first.shape[1], dtype=np.int64)
    _moved(*line, enter, wide_in, 0, min(len(enter), 1), h, coarse, at)
    _moved(*line, enter, narrow_in, 0, min(len(enter), 1), h / 2, fine, at)
    for block in range(local.shape[0]):
        begin, end = ends[block], ends[block + 1]
        beside[:] = coarse
        _moved(*line, rows, narrow, 2 * begin, 2 * begin + 2, h / 2, beside, at)
        _moved(*line, rows, wide, begin, begin + 1, h, coarse, at)
        _mean_squares(coarse, beside, q.size, local[block])
        _moved(*line, rows, wide, begin + 1, end, h, coarse, at)
        _moved(*line, rows, narrow, 2 * begin, 2 * end, h / 2, fine, at)
        _mean_squares(coarse, fine, q.size, total[block])
    if leave.shape[0]:
        _moved(*line, leave, wide_out, 0, 1, h, coarse, at)
        _moved(*line, leave, narrow_out, 0, 1, h / 2, fine, at)
        total[:] = 0.0
        _mean_squares(coarse, fine, q.size, total[-1])
    _areas(first, coarse, q.size, areas)


@numba.njit(cache=True)
def _mean_squares(coarse, fine, count, means):
    """Of A = S̃ − S − p(q̃ − q), for each member."""
    each = count // means.size
    for member in range(means.size):
        total = 0.0
        for i in range(member * each, (member + 1) * each):
            total += (coarse[2, i] - fine[2, i] - fine[1, i] * (coarse[0, i] - fine[0, i])) ** 2
        means[member] = total / each


@numba.njit(cache=True)
def _areas(first, last, count, areas):
    """Variance of q times that of p over first and last points together, for each member."""
    each = count // areas.size
    for member in range(areas.size):
        start, end = member * each, (member + 1) * each
        area = 1.0
        for row in range(2):
            mean = (np.sum(first[row, start:end]) + np.sum(last[row, start:end])) / (2 * each)
            area *= (np.sum((first[row, start:end] - mean) ** 2) + np.sum((last[row, start:end] - mean) ** 2)) / (2 * each)
        areas[member] = area


@numba.njit(cache=True)
def _dot(sums, i, basis, j, room):
    store(room, 0, load(sums, i) * load(basis, j))
    return ((room[0] + room[1]) + (room[2] + room[3])) + ((room[4] + room[5]) + (room[6] + room[7]))


@numba.njit(cache=True)
def _field(coefficients, shape, factors, offsets, cells, basis, sums, room, field):
    """field (1 + d, 1 + d): V at [0, 0], ∂V at [0, 1:], ∂∂V at [1:, 1:], upper triangle, in units of the spacing.

    Over the outer axes the six nodes of the last one are summed together, for no derivative, the first ones and the second ones:
    sums (1 + m + m(m + 1)/2, 8) flat, m = d − 1. coefficients: rows of n + 8, the last eight being the first ones again."""
    d = shape.size
    m, n = d - 1, shape[d - 1]
    size = coefficients.size // factors.size
    for axis in range(d):
        cells[axis] = (cells[axis] - 2) % shape[axis]
    sums[:] = 0.0
    for o in range(offsets.shape[0]):
        row, plain = np.int64(0), 1.0
        for axis in range(m):
            place = cells[axis] + offsets[o, axis]
            while place >= shape[axis]:
                place -= shape[axis]
            row = row * shape[axis] + place
            plain *= basis[3 * LANES * axis + offsets[o, axis]]
        at = row * (n + LANES) + cells[m]
        local = spread(factors[0]) * load(coefficients, at)
        for r in range(1, factors.size):
            local = local + spread(factors[r]) * load(coefficients, at + r * size)
        store(sums, 0, load(sums, 0) + spread(plain) * local)
        place = LANES * (1 + m)
        for a in range(m):
            one = 1.0
            for axis in range(m):
                one *= basis[3 * LANES * axis + (LANES if axis == a else 0) + offsets[o, axis]]
            store(sums, LANES * (1 + a), load(sums, LANES * (1 + a)) + spread(one) * local)
            for b in range(a, m):
                two = 1.0
                for axis in range(m):
                    order = LANES * (np.int64(axis == a) + np.int64(axis == b))
                    two *= basis[3 * LANES * axis + order + offsets[o, axis]]
                store(sums, place, load(sums, place) + spread(two) * local)
                place += LANES
    last, place = 3 * LANES * m, LANES * (1 + m)
    field[0, 0] = _dot(sums, 0, basis, last, room)
    field[0, d] = _dot(sums, 0, basis, last + LANES, room)
    field[d, d] = _dot(sums, 0, basis, last + 2 * LANES, room)
    for a in range(m):
        field[0, a + 1] = _dot(sums, LANES * (1 + a), basis, last, room)
        field[a + 1, d] = _dot(sums, LANES * (1 + a), basis, last + LANES, room)
        for b in range(a, m):
            field[a + 1, b + 1] = _dot(sums, place, basis, last, room)
            place += LANES


@numba.njit(cache=True)
def run(coefficients, shape, origin, spacing, inverse, offsets, pieces, rows, weights, h, q, p, action):
    """Rows of kick and drift for each trajectory in turn; q, p and action are overwritten."""
    d = shape.size
    basis, room, field = np.zeros(3 * LANES * d), np.empty(LANES), np.zeros((d + 1, d + 1))
    sums, cells, speed = np.empty(LANES * (d * (d + 1) // 2)), np.zeros(d, dtype=np.int64), np.zeros(d)
    for i in range(q.shape[0]):
        for step in range(weights.shape[0]):
            for k in range(rows.shape[0]):
                bh, ch, ah = rows[k, 0] * h, rows[k, 1] * h**3, rows[k, 2] * h
                if bh != 0.0 or ch != 0.0:
                    for a in range(d):
                        cells[a] = _basis((q[i, a] - origin[a]) / spacing[a], pieces, basis, 3 * LANES * a)
                    _field(coefficients, shape, weights[step, k], offsets, cells, basis, sums, room, field)
                    for a in range(d):
                        field[0, a + 1] /= spacing[a]
                        for b in range(a, d):
                            field[a + 1, b + 1] /= spacing[a] * spacing[b]
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


@numba.njit(cache=True)
def piecewise(pieces, x, values):
    """Quintics (n, 6, R) of cells at places x (m,) into values (m, R)."""
    for i in range(x.size):
        cell = min(max(np.int64(x[i]), 0), pieces.shape[0] - 1)
        u = x[i] - cell
        for r in range(pieces.shape[2]):
            c = pieces[cell, :, r]
            values[i, r] = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
