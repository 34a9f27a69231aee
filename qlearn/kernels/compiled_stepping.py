"""The compiled loops of the splitting methods: stages of a drift and a kick on a state that stays in one layout throughout.

Axis 0 of a grid lies across the lanes of vectors, all other axes along them. A stage takes the state through the cache twice:
transforms along axis 0, eight columns at a time, with the drift in between; then, a block of eight rows at a time, transforms
back along the other axes, the kick, and the transforms forward of the next stage. A line is taken as eight columns, and what is
done to a block of it stays in registers. See qlearn.kernels.stepping for the layout and the tables.
"""

import numba

from qlearn.kernels.butterflies import block_ahead, block_back, block_seen, block_through, exchange
from qlearn.kernels.compiled_fft import backward, forward, through
from qlearn.kernels.compiled_weights import are_exact
from qlearn.kernels.vector_phases import put_phases, turn
from qlearn.kernels.vectors import LANES, aligned, floats, load, repeated, spread, store, total, wholes

__all__ = ["BLOCK", "along_others", "enter", "exponentials", "leave", "mark", "run", "run_line", "weighed"]

BLOCK = LANES * LANES


@numba.njit(cache=True)
def enter(psi, re, im, shape):
    """psi, flat, as shape = (rows, columns, row offset, column offset in psi, block, gap, …) lays it out."""
    rows, columns, a, b, block, gap = shape[0], shape[1], shape[2], shape[3], shape[4], shape[5]
    for i in range(rows):
        at = i // LANES * block + i % LANES
        for j in range(columns):
            value = psi[i * a + j * b]
            re[at + j * gap], im[at + j * gap] = value.real, value.imag


@numba.njit(cache=True)
def leave(psi, re, im, shape, scale):
    """The opposite of ``enter``, times scale."""
    rows, columns, a, b, block, gap = shape[0], shape[1], shape[2], shape[3], shape[4], shape[5]
    for i in range(rows):
        at = i // LANES * block + i % LANES
        for j in range(columns):
            psi[i * a + j * b] = complex(scale * re[at + j * gap], scale * im[at + j * gap])


@numba.njit(cache=True)
def mark(points, modes, shape, rows, columns, of_points, of_modes):
    """1 at indices of psi and of its modes; rows, columns: the place of each mode of axis 0, and of all others."""
    a, b, block, gap = shape[2], shape[3], shape[4], shape[5]
    for index in points:
        i, j = index // a % shape[0], index // b % shape[1]
        of_points[i // LANES * block + i % LANES + j * gap] = 1.0
    for index in modes:
        i, j = rows[index // shape[1]], columns[index % shape[1]]
        of_modes[(j // LANES * shape[0] + i) * LANES + j % LANES] = 1.0


@numba.njit(cache=True)
def _parts(room, shape):
    """re and im of the state, and room for four times eight columns, where vectors are loaded at once."""
    first, size, part = aligned(room), shape[7], -(-shape[0] // LANES) * BLOCK
    room = room[first:first + 2 * size + 4 * part]
    if shape[0] * shape[1] < size:
        room[:2 * size] = 0.0
    more = floats(room, 2 * size)
    return room[:size], room[size:2 * size], (more, floats(more, part), floats(more, 2 * part), floats(more, 3 * part))


@numba.njit(cache=True)
def _angle(tables, size, weights, terms, i):
    """Σ_r w_r g_r from i on; tables: rows of ``size`` numbers."""
    x = repeated(weights, 0) * load(tables, i)
    for r in range(1, terms):
        x = x + repeated(weights, r) * load(tables, r * size + i)
    return x


@numba.njit(cache=True)
def _phases(tables, size, weights, terms, scale, re, im):
    """re + i im = scale·exp(−i Σ_r w_r g_r)."""
    for i in range(0, size, LANES):
        put_phases(_angle(tables, size, weights, terms, i), scale, re, im, i)


@numba.njit(cache=True)
def exponentials(tables, largest, weights, scale, found):
    """found (K, 2, P): real and imaginary parts of scale·exp(−i Σ_r w_kr g_r); tables (R, P), weights (K, R). False, and nothing
    done, where angles are too large."""
    if not are_exact(weights, largest):
        return False
    size, terms = found.shape[2], weights.shape[1]
    for k in range(weights.shape[0]):
        _phases(floats(tables, 0), size, floats(weights, k * terms), terms, scale, floats(found, 2 * k * size),
                floats(found, (2 * k + 1) * size))
    return True


@numba.njit(cache=True)
def _turn(re, im, length, tables, size, weights, terms):
    """(re, im) ← (re, im)·exp(−i Σ_r w_r g_r)."""
    for i in range(0, length, LANES):
        turn(_angle(tables, size, weights, terms, i), re, im, i)


@numba.njit(cache=True)
def _multiply(re, im, length, c, s):
    """(re, im) ← (re, im)·(c, s), which lie as re and im do."""
    for i in range(0, length, LANES):
        a, b, x, y = load(re, i), load(im, i), load(c, i), load(s, i)
        store(re, i, a * x - b * y), store(im, i, a * y + b * x)


@numba.njit(cache=True)
def weighed(re, im, length, mask):
    """Σ mask (re² + im²)."""
    found = spread(0.0)
    for i in range(0, length, LANES):
        a, b = load(re, i), load(im, i)
        found = found + load(mask, i) * (a * a + b * b)
    return total(found)


@numba.njit(cache=True)
def _drift(re, im, length, passes, count, roots, c, s, watched, mask):
    """Eight columns forward, times c + is, and back. Returns Σ mask |φ_k|² where it is ``watched``."""
    seen, some = 0.0, count if watched else count - 1
    forward(re, im, LANES, 1, passes, some, roots)
    if watched:
        seen = weighed(re, im, length, mask)
        _multiply(re, im, length, c, s)
    else:
        through(re, im, wholes(passes, 4 * some), c, s)
    backward(re, im, LANES, 1, passes, some, roots)
    return seen


@numba.njit(cache=True)
def _outer(lead, rows, last, columns, c, s):
    """c + is = u_i v_j for eight columns j; lead, last: real parts of u and v, the imaginary ones as many as there are behind."""
    x, y = load(last, 0), load(last, columns)
    for i in range(rows):
        u, v = repeated(lead, i), repeated(lead, -(-rows // LANES) * LANES + i)
        store(c, LANES * i, x * u - y * v), store(s, LANES * i, x * v + y * u)


@numba.njit(cache=True)
def _drift_of_grid(re, im, shape, axes, passes, roots, lead, last, full, separate, parts, watched, mask):
    """Along axis 0: forward, times lead_a·last_b where it is ``separate``, else ``full``, (columns/8, a, 8), back. Returns
    Σ mask |φ_k|²."""
    rows, block, gap, columns = shape[0], shape[4], shape[5], shape[6]
    work, other, c, s = parts
    seen = 0.0
    for column in range(0, columns, LANES):
        for i in range(0, rows, LANES):
            exchange(re, i // LANES * block + column * gap, gap, work, i * LANES, LANES)
            exchange(im, i // LANES * block + column * gap, gap, other, i * LANES, LANES)
        first = column * rows
        if separate:
            _outer(lead, rows, floats(last, column), columns, c, s)
        else:
            c, s = floats(full, first), floats(full, columns * rows + first)
        seen += _drift(work, other, LANES * rows, passes, axes[0, 5], roots, c, s, watched, floats(mask, first))
        for i in range(0, rows, LANES):
            exchange(work, i * LANES, LANES, re, i // LANES * block + column * gap, gap)
            exchange(other, i * LANES, LANES, im, i // LANES * block + column * gap, gap)
    return seen


@numba.njit(cache=True)
def along_others(re, im, axes, passes, roots, ahead):
    """Forward, or back, along the axes 1 … of a block; axes: rows (gap, width, repeats, apart, first pass, passes, root)."""
    for k in range(1, axes.shape[0]):
        gap, width, apart, some, count, root = axes[k, 0], axes[k, 1], axes[k, 3], axes[k, 4], axes[k, 5], axes[k, 6]
        for i in range(axes[k, 2]):
            a, b = floats(re, i * apart), floats(im, i * apart)
            if ahead:
                forward(a, b, gap, width, wholes(passes, 4 * some), count, floats(roots, root))
            else:
                backward(a, b, gap, width, wholes(passes, 4 * some), count, floats(roots, root))


@numba.njit(cache=True, nogil=True)
def run(phi, room, shape, axes, passes, twiddles, roots, leads, lasts, fulls, drifts, points, modes, seen, kicks, order, tables,
        weights, count):
    """``count`` steps of each row of φ (members, N), in place. room: numbers for re, im and four times eight columns.

    drifts (pairs,): which drift each stage has. Kicks are either factors, kicks (K, 2, P) in the order (2 + pairs,): the one
    before the first stage, that behind each stage (the last one: of two steps together), that behind the last stage of all;
    or exp(−iθ), θ = Σ_r w_r g_r: tables (R, P) and weights (1 + count·pairs, R), one row a kick. points, modes: masks, or
    empty; seen (members, 2) rises to the largest of Σ mask |φ|² behind steps, and of the same for modes in first stages.
    """
    columns, block, size = shape[1], shape[4], shape[7]
    pairs, terms = drifts.size, weights.shape[1]
    last = count * pairs
    re, im, parts = _parts(room, shape)
    some, first = wholes(passes, 0), floats(twiddles, 0)
    for member in range(phi.shape[0]):
        enter(phi[member], re, im, shape)
        stage = -1
        for kick in range(last + 1):
            if kick > 0:
                d, watched = drifts[stage], stage == 0 and modes.size > 0
                share = _drift_of_grid(
                    floats(re, 0), floats(im, 0), shape, axes, some, first, floats(leads, 2 * d * leads.shape[2]),
                    floats(lasts, 2 * d * lasts.shape[2]), floats(fulls, 2 * d * fulls.shape[2]), fulls.shape[2] == 0, parts,
                    watched, floats(modes, 0))
                seen[member, 1] = max(seen[member, 1], share)
            share = 0.0
            for at in range(0, size, block):
                a, b = floats(re, at), floats(im, at)
                if kick > 0:
                    along_others(a, b, axes, some, first, False)
                if terms > 0:
                    _turn(a, b, columns * LANES, floats(tables, at), size, floats(weights, kick * terms), terms)
                else:
                    k = 2 * size * order[pairs + 1 if kick == last else stage + 1] + at
                    _multiply(a, b, columns * LANES, floats(kicks, k), floats(kicks, k + size))
                if stage == pairs - 1 and points.size > 0:
                    share += weighed(a, b, columns * LANES, floats(points, at))
                if kick < last:
                    along_others(a, b, axes, some, first, True)
            seen[member, 0] = max(seen[member, 0], share)
            stage = stage + 1 if stage < pairs - 1 else 0
        leave(phi[member], re, im, shape, 1.0)


@numba.njit(cache=True, nogil=True)
def run_line(phi, room, shape, axes, passes, twiddles, roots, leads, lasts, fulls, drifts, points, modes, seen, kicks, order,
             tables, weights, count):
    """The same on a line; roots (2, P): between the transforms across the lanes and along them."""
    rows, size, pairs, terms = shape[0], shape[7], drifts.size, weights.shape[1]
    last, length = count * pairs, LANES * rows
    c, s, some, first = floats(roots, 0), floats(roots, size), wholes(passes, 0), floats(twiddles, 0)
    state, other, parts = _parts(room, shape)
    re, im = floats(state, 0), floats(other, 0)
    for member in range(phi.shape[0]):
        enter(phi[member], state, other, shape)
        stage = -1
        for kick in range(last + 1):
            if kick > 0:
                d, watched = 2 * length * drifts[stage], stage == 0 and modes.size > 0
                share = _drift(re, im, length, some, axes[0, 5], first, floats(fulls, d), floats(fulls, d + length), watched,
                               floats(modes, 0))
                seen[member, 1] = max(seen[member, 1], share)
            cosines, sines = parts[0], parts[1]
            if terms > 0:
                _phases(floats(tables, 0), size, floats(weights, kick * terms), terms, 1.0, cosines, sines)
            else:
                k = 2 * size * order[pairs + 1 if kick == last else stage + 1]
                cosines, sines = floats(kicks, k), floats(kicks, k + size)
            if kick == 0:
                _multiply(re, im, size, cosines, sines)
                for at in range(0, size, BLOCK):
                    block_ahead(re, im, at, c, s)
            else:
                for at in range(0, size, BLOCK):
                    block_through(re, im, at, c, s, cosines, sines)
            if stage == pairs - 1 and points.size > 0:
                found = spread(0.0)
                for at in range(0, size, BLOCK):
                    found = found + block_seen(re, im, at, c, s, points)
                seen[member, 0] = max(seen[member, 0], total(found) / BLOCK)  # 8 for the way back
            stage = stage + 1 if stage < pairs - 1 else 0
        for at in range(0, size, BLOCK):
            block_back(re, im, at, c, s)
        leave(phi[member], state, other, shape, 1 / LANES)
