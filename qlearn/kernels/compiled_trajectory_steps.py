"""Kicks and drifts of trajectories in compiled code, on a line, on a plane and in space.

All of them take the same: the table of V, its frame, rows of a scheme and a state, which is overwritten. They are described in
qlearn.kernels.compiled_trajectories.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic as of_numba

from qlearn.kernels.quintics import COLUMNS, NODES
from qlearn.kernels.vectors import (
    LANES,
    Place,
    Vector,
    floor,
    lanes,
    load,
    repeated,
    spread,
    store,
    total,
    transposed,
    written,
)

__all__ = ["find_cells", "moved_in_space", "moved_on_a_line", "moved_on_a_plane"]

intrinsic: Any = of_numba  # its functions take one argument less than they are written with
_WHOLE = ir.IntType(64)


@numba.njit(cache=True)
def _merged(rows):
    """True where the last kick of a step and the first of the next are one, for no drift is between them."""
    return len(rows) > 1 and rows[-1, 2] == 0


@numba.njit(cache=True)
def _stage(rows, k, more, h):
    """(b h, c h³, a h) of row k, the first one with the last one of the step before where there is ``more``."""
    b, c, a = rows[k, 0], rows[k, 1], rows[k, 2]
    if more and k == 0:
        b, c = b + rows[-1, 0], c + rows[-1, 1]
    return b * h, c * h**3, a * h


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
def find_cells(cells, state):
    """What ``moved_on_a_line`` wants of a state whose x were made elsewhere."""
    m, size = state.size // 4, cells.shape[1]
    for i in range(0, m, LANES):
        _find(load(state, i), spread(size / LANES), spread(LANES / size), state, 3 * m + i)


@numba.njit(cache=True)
def _sum(rows, f, more):
    """rows + f·more, tuples of eight vectors."""
    return (rows[0] + f * more[0], rows[1] + f * more[1], rows[2] + f * more[2], rows[3] + f * more[3],
            rows[4] + f * more[4], rows[5] + f * more[5], rows[6] + f * more[6], rows[7] + f * more[7])


@numba.njit(cache=True)
def moved_on_a_line(cells, terms, inverse, rows, factors, kick, h, count, state):
    """Eight trajectories at once. cells, flat: of each term of V and each cell the coefficients of its polynomial, two zeros."""
    size, m = cells.size // terms, state.size // 4
    n, per = spread(size / LANES), spread(LANES / size)
    merged = _merged(rows)
    for step in range(count):
        for k in range(len(rows) - (merged and step < count - 1)):
            b, c, a = rows[k, 0] * h, rows[k, 1] * h**3 * inverse, rows[k, 2] * h * inverse
            if merged and k == 0 and step > 0:  # written out: with a call of _stage the loop takes a quarter longer
                b, c = b + rows[-1, 0] * h, c + rows[-1, 1] * h**3 * inverse
            f = (kick + step * rows.shape[0] + k) * (terms - 1) - 1
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
def _pieces(x):
    """(cell, of the six nodes around x the quintic B-splines, their slopes and their bends, with two zeros each)."""
    cell = np.floor(x)
    u = spread(x - cell)
    value, slope, bend = load(COLUMNS, (NODES - 1) * LANES), spread(0.0), spread(0.0)
    for k in range(NODES - 2, -1, -1):
        value, slope, bend = load(COLUMNS, k * LANES) + u * value, value + u * slope, slope + u * bend
    return cell, value, slope, bend + bend


@numba.njit(cache=True)
def _first(cell, n):
    """The first of the six nodes around a cell; some node where x is beyond all numbers."""
    node = cell - 2.0
    node -= n * np.floor(node / n)
    return np.int64(node) if 0 <= node < n else 0


@numba.njit(cache=True)
def moved_on_a_plane(coefficients, frame, rows, factors, kick, h, count, state):
    """coefficients (1 + R, N, N' + 8): of the splines of each term of V."""
    terms, n, width = coefficients.shape
    m, room = state.size // 6, np.empty(3 * LANES)
    xx, xy, yy = frame[0, 2], frame[0, 3], frame[1, 3]
    merged = _merged(rows)
    for step in range(count):
        for k in range(len(rows) - (merged and step < count - 1)):
            b, c, a = _stage(rows, k, merged and step > 0, h)
            f = (kick + step * rows.shape[0] + k) * (terms - 1) - 1
            for i in range(m):
                x, y, p, q = state[i], state[m + i], state[2 * m + i], state[3 * m + i]
                cell, value, slope, bend = _pieces(x)
                store(room, 0, value), store(room, LANES, slope), store(room, 2 * LANES, bend)
                row = _first(cell, n)
                cell, value, slope, bend = _pieces(y)
                column = _first(cell, width - LANES)
                v, s, t = spread(0.0), spread(0.0), spread(0.0)
                for j in range(NODES):
                    at = row * width + column
                    local = load(coefficients, at)
                    for r in range(1, terms):
                        local = local + spread(factors[f + r]) * load(coefficients, at + r * n * width)
                    v, s = v + repeated(room, j) * local, s + repeated(room, LANES + j) * local
                    t = t + repeated(room, 2 * LANES + j) * local
                    row = row + 1 if row + 1 < n else 0
                V, Vx, Vy = total(v * value), total(s * value), total(v * slope)
                Vxx, Vxy, Vyy = total(t * value), total(s * slope), total(v * bend)
                sx, sy = xx * Vx + xy * Vy, xy * Vx + yy * Vy
                p += 2 * c * (Vxx * sx + Vxy * sy) - b * Vx
                q += 2 * c * (Vxy * sx + Vyy * sy) - b * Vy
                dx, dy = a * (xx * p + xy * q), a * (xy * p + yy * q)
                state[i], state[m + i], state[2 * m + i], state[3 * m + i] = x + dx, y + dy, p, q
                state[4 * m + i] += c * (sx * Vx + sy * Vy) - b * V + 0.5 * (dx * p + dy * q)


@numba.njit(cache=True)
def moved_in_space(coefficients, frame, rows, factors, kick, h, count, state):
    """Three dimensions and more. coefficients (1 + R, N, …, N' + 8): of the splines of each term of V."""
    d, terms = frame.shape[0], coefficients.shape[0]
    m, shape = state.size // (2 * d + 2), np.empty(d, dtype=np.int64)
    for axis in range(d):
        shape[axis] = coefficients.shape[1 + axis]
    shape[d - 1] -= LANES
    basis, field, numbers = np.zeros(3 * LANES * d), np.zeros((d + 1, d + 1)), np.ones(terms)
    sums, nodes = np.empty(LANES * (d * (d + 1) // 2)), np.zeros((2, d), dtype=np.int64)
    merged = _merged(rows)
    for step in range(count):
        for k in range(len(rows) - (merged and step < count - 1)):
            b, c, a = _stage(rows, k, merged and step > 0, h)
            f = (kick + step * rows.shape[0] + k) * (terms - 1)
            for r in range(1, terms):
                numbers[r] = factors[f + r - 1]
            for i in range(m):
                for axis in range(d):
                    cell, value, slope, bend = _pieces(state[axis * m + i])
                    at = 3 * LANES * axis
                    store(basis, at, value), store(basis, at + LANES, slope), store(basis, at + 2 * LANES, bend)
                    nodes[0, axis] = _first(cell, shape[axis])
                _field(coefficients, shape, numbers, nodes, basis, sums, field)
                state[2 * d * m + i] -= b * field[0, 0]
                for one in range(d):
                    steep = 0.0
                    for other in range(d):
                        steep += frame[one, 2 + other] * field[0, 1 + other]
                    state[2 * d * m + i] += c * steep * field[0, 1 + one]
                    state[(d + one) * m + i] -= b * field[0, 1 + one]
                    for other in range(d):
                        state[(d + other) * m + i] += 2 * c * steep * field[1 + one, 1 + other]
                for one in range(d):
                    way = 0.0
                    for other in range(d):
                        way += a * frame[one, 2 + other] * state[(d + other) * m + i]
                    state[one * m + i] += way
                    state[2 * d * m + i] += 0.5 * way * state[(d + one) * m + i]


@numba.njit(cache=True)
def _field(coefficients, shape, factors, nodes, basis, sums, field):
    """field (1 + d, 1 + d): V at [0, 0], ∂V at [0, 1:], ∂∂V at [1:, 1:], in units of the spacing. nodes (2, d): the first ones,
    and room for others.

    Over the outer axes the six nodes of the last one are summed together, for no derivative, the first ones and the second ones:
    sums (1 + m + m(m + 1)/2, 8) flat, m = d − 1. coefficients: rows of n + 8, the last eight being the first ones again."""
    d = shape.size
    m, n = d - 1, shape[d - 1]
    size, rest = coefficients.size // factors.size, nodes[1]
    sums[:] = 0.0
    for o in range(NODES**m):
        row, plain, left = np.int64(0), 1.0, o
        for axis in range(m):
            left, rest[axis] = left // NODES, left % NODES
            place = nodes[0, axis] + rest[axis]
            while place >= shape[axis]:
                place -= shape[axis]
            row = row * shape[axis] + place
            plain *= basis[3 * LANES * axis + rest[axis]]
        at = row * (n + LANES) + nodes[0, m]
        local = spread(factors[0]) * load(coefficients, at)
        for r in range(1, factors.size):
            local = local + spread(factors[r]) * load(coefficients, at + r * size)
        store(sums, 0, load(sums, 0) + spread(plain) * local)
        place = LANES * (1 + m)
        for a in range(m):
            one = 1.0
            for axis in range(m):
                one *= basis[3 * LANES * axis + (LANES if axis == a else 0) + rest[axis]]
            store(sums, LANES * (1 + a), load(sums, LANES * (1 + a)) + spread(one) * local)
            for b in range(a, m):
                two = 1.0
                for axis in range(m):
                    order = LANES * (np.int64(axis == a) + np.int64(axis == b))
                    two *= basis[3 * LANES * axis + order + rest[axis]]
                store(sums, place, load(sums, place) + spread(two) * local)
                place += LANES
    last, place = 3 * LANES * m, LANES * (1 + m)
    value, slope, bend = load(basis, last), load(basis, last + LANES), load(basis, last + 2 * LANES)
    field[0, 0], field[0, d] = total(load(sums, 0) * value), total(load(sums, 0) * slope)
    field[d, d] = total(load(sums, 0) * bend)
    for a in range(m):
        outer = load(sums, LANES * (1 + a))
        field[0, a + 1] = total(outer * value)
        field[a + 1, d] = field[d, a + 1] = total(outer * slope)
        for b in range(a, m):
            field[a + 1, b + 1] = field[b + 1, a + 1] = total(load(sums, place) * value)
            place += LANES
