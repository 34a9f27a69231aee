"""The compiled twin of qlearn.kernels.trajectories."""

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic as of_numba

from qlearn.kernels.vectors import LANES, Place, Vector, floor, lanes, load, spread, store, transposed, written

__all__ = ["compared_on_a_line", "kick_times", "piecewise", "run", "run_on_a_line"]

intrinsic: Any = of_numba  # its functions take one argument less than they are written with
_WHOLE = ir.IntType(64)


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


@written()
def _keep(builder: Any, state: Place, index: Any, places: Vector, count: Vector) -> None:
    """Into state at an index, as integers, where the cells of such numbers begin; the first one where there is no such cell."""
    kind, zero = ir.VectorType(_WHOLE, LANES), ir.Constant(places.value.type, [0.0] * LANES)
    above, below = builder.fcmp_ordered(">=", places.value, zero), builder.fcmp_ordered("<", places.value, count.value)
    begin = builder.select(builder.and_(above, below), (places * float(LANES)).value, zero)
    builder.store(builder.fptosi(begin, kind), builder.bitcast(state.after(index).pointer, kind.as_pointer()), align=8)


@intrinsic
def _fetch(typing: Any, cells: Any, term: Any, state: Any, index: Any) -> Any:
    """A tuple of the numbers of eight cells, where ``_keep`` has put them, of the term of V that begins at ``term``."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        table, kept = (Place(builder, context.make_array(sig.args[i])(context, builder, args[i]).data) for i in (0, 2))
        term, index = (context.cast(builder, args[i], sig.args[i], types.intp) for i in (1, 3))
        first = builder.bitcast(kept.after(index).pointer, _WHOLE.as_pointer())
        places = [builder.load(builder.gep(first, [_WHOLE(lane)])) for lane in range(LANES)]
        return context.make_tuple(builder, sig.return_type, [table.after(term).load(place).value for place in places])
    return types.UniTuple(lanes, LANES)(cells, term, state, index), generate


@numba.njit(cache=True)
def _find(x, n, per, state, i):
    """Into state at i where the polynomials of the cells of x begin; those of some cell where x is beyond all numbers."""
    cell = floor(x)
    _keep(state, i, cell - n * floor(spread(0.5) * per + cell * per), n)


@numba.njit(cache=True)
def _sum(rows, f, more):
    """rows + f·more, tuples of eight vectors."""
    return (rows[0] + f * more[0], rows[1] + f * more[1], rows[2] + f * more[2], rows[3] + f * more[3],
            rows[4] + f * more[4], rows[5] + f * more[5], rows[6] + f * more[6], rows[7] + f * more[7])


@numba.njit(cache=True)
def _moved(cells, terms, inverse, rows, factors, kick, h, count, state):
    """``count`` steps of what ``_state`` makes. factors (n, R), flat: from ``kick`` on those of each row. The last kick of a step
    and the first of the next are one where no drift is between them."""
    size, last, m = cells.size // terms, rows.shape[0] - 1, state.size // 4
    n, per = spread(size / LANES), spread(LANES / size)
    merged = last > 0 and rows[last, 2] == 0
    for step in range(count):
        for k in range(last + 1):
            if merged and k == last and step < count - 1:
                continue
            b, c, a = rows[k, 0] * h, rows[k, 1] * h**3 * inverse, rows[k, 2] * h * inverse
            if merged and k == 0 and step > 0:
                b, c = b + rows[last, 0] * h, c + rows[last, 1] * h**3 * inverse
            f = (kick + step * (last + 1) + k) * (terms - 1) - 1
            push, bow, steep, go, half = spread(b), spread(4 * c), spread(c), spread(a), spread(0.5 * a)
            for i in range(0, m, LANES):
                pieces = _fetch(cells, 0, state, 3 * m + i)
                for r in range(1, terms):
                    pieces = _sum(pieces, spread(factors[f + r]), _fetch(cells, r * size, state, 3 * m + i))
                c0, c1, c2, c3, c4, c5, _, _ = transposed(pieces)
                x = load(state, i)
                u = x - floor(x)
                value, slope = c4 + u * c5, c5
                value, slope, bend = c3 + u * value, value + u * slope, slope
                value, slope, bend = c2 + u * value, value + u * slope, slope + u * bend
                value, slope, bend = c1 + u * value, value + u * slope, slope + u * bend
                value, slope, bend = c0 + u * value, value + u * slope, slope + u * bend
                p = load(state, m + i) - (push - bow * bend) * slope  # bend is half of V''
                store(state, 2 * m + i, load(state, 2 * m + i) + (steep * slope * slope - push * value + half * p * p))
                x = x + go * p
                store(state, m + i, p)
                store(state, i, x)
                _find(x, n, per, state, 3 * m + i)


@numba.njit(cache=True)
def _state(cells, terms, origin, spacing, q, p, action):
    """x in units of the spacing, p times the spacing, the actions and where the cells begin, one after the other; trajectories at
    rest in the places that are left of the last eight."""
    m, size = -(-q.size // LANES) * LANES, cells.size // terms
    state = np.zeros(4 * m)
    for i in range(q.size):
        state[i], state[m + i], state[2 * m + i] = (q[i] - origin) / spacing, p[i] * spacing, action[i]
    for i in range(0, m, LANES):
        _find(load(state, i), spread(size / LANES), spread(LANES / size), state, 3 * m + i)
    return state


@numba.njit(cache=True)
def run_on_a_line(cells, terms, origin, spacing, inverse, rows, factors, h, count, q, p, action):
    """One dimension. cells: of each term of V and each cell the coefficients of its polynomial and two zeros, one after the
    other. q, p and action are overwritten."""
    state = _state(cells, terms, origin, spacing, q, p, action)
    m, scale = state.size // 4, inverse / spacing**2
    _moved(cells, terms, scale, rows, factors, 0, h, count, state)
    for i in range(q.size):
        q[i], p[i], action[i] = origin + state[i] * spacing, state[m + i] / spacing, state[2 * m + i]


@numba.njit(cache=True)
def kick_times(rows, enter, leave, time, h, count, times):
    """Of each row of all steps of h, of h/2, and of the rows before and behind them, each for h and for h/2."""
    at = 0
    for parts in (1, 2):
        at = _row_times(rows, time, h / parts, count * parts, times, at)
    for parts in (1, 2):
        at = _row_times(enter, time, h / parts, 1, times, at)
    for parts in (1, 2):
        at = _row_times(leave, time + count * h, h / parts, 1, times, at)


@numba.njit(cache=True)
def _row_times(rows, time, h, count, times, at):
    for step in range(count):
        now = 1.0 * step
        for k in range(rows.shape[0]):
            times[at] = time + now * h
            now += rows[k, 2]
            at += 1
    return at


@numba.njit(cache=True)
def compared_on_a_line(cells, terms, origin, spacing, inverse, rows, enter, leave, factors, h, ends, q, p, action, members,
                       local, total):
    """Steps of h beside steps of h/2; see qlearn.kernels.trajectories. factors: flat, in the order of ``kick_times``. Returns the
    least area."""
    first = _state(cells, terms, origin, spacing, q, p, action)
    coarse, fine, beside = first.copy(), first.copy(), np.empty_like(first)
    line, each, count = (cells, terms, inverse / spacing**2), len(rows), ends[-1]
    narrow, entering = count * each, 3 * count * each
    leaving, some = entering + 2 * len(enter), min(len(enter), 1)
    _moved(*line, enter, factors, entering, h, some, coarse)
    _moved(*line, enter, factors, entering + len(enter), h / 2, some, fine)
    for block in range(local.shape[0]):
        begin, end = ends[block], ends[block + 1]
        beside[:] = coarse
        _moved(*line, rows, factors, narrow + 2 * begin * each, h / 2, 2, beside)
        _moved(*line, rows, factors, begin * each, h, 1, coarse)
        local[block] = _difference(coarse, beside, q.size // members, members)
        _moved(*line, rows, factors, (begin + 1) * each, h, end - begin - 1, coarse)
        _moved(*line, rows, factors, narrow + 2 * begin * each, h / 2, 2 * (end - begin), fine)
        total[block] = _difference(coarse, fine, q.size // members, members)
    if some:
        _moved(*line, leave, factors, leaving, h, 1, coarse)
        _moved(*line, leave, factors, leaving + len(leave), h / 2, 1, fine)
        total[:] = 0.0
        total[-1] = _difference(coarse, fine, q.size // members, members)
    return _least_area(first, coarse, q.size // members, members)


@numba.njit(cache=True)
def _difference(coarse, fine, each, members):
    """The root mean square of A = S̃ − S − p(q̃ − q), of the worst member; no number where one is none."""
    m, worst = coarse.size // 4, 0.0
    for member in range(members):
        total = 0.0
        for i in range(member * each, (member + 1) * each):
            total += (coarse[2 * m + i] - fine[2 * m + i] - fine[m + i] * (coarse[i] - fine[i])) ** 2
        worst = worst if total <= worst else total
        if worst != worst:
            break
    return math.sqrt(worst / each)


@numba.njit(cache=True)
def _least_area(first, last, each, members):
    """Variance of q times that of p over first and last points together, of the member where it is least."""
    m, least = first.size // 4, np.inf
    for start in range(0, members * each, each):
        least = min(least, _variance(first, last, start, each) * _variance(first, last, m + start, each))
    return least


@numba.njit(cache=True)
def _variance(first, last, start, count):
    a, b = first[start:start + count], last[start:start + count]
    mean = (np.sum(a) + np.sum(b)) / (2 * count)
    return (np.sum((a - mean) ** 2) + np.sum((b - mean) ** 2)) / (2 * count)


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
