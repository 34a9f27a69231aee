"""The compiled loop of the splitting methods: stages of a drift and a kick on a state that stays in one layout throughout.

Axis 0 of the state, or the fast half of a line, lies across the lanes of vectors, all other axes along them. A stage takes the
state through the cache twice: transforms along axis 0, eight columns at a time, with the drift in between; then, a block of
eight rows at a time, transforms back along the other axes, the kick, and the transforms forward of the next stage. See
qlearn.kernels.stepping for the layout and the tables.
"""

import numba
import numpy as np

from qlearn.kernels.compiled import COSINE, QUARTER, QUARTERS, SINE
from qlearn.kernels.compiled_fft import backward, forward
from qlearn.kernels.vectors import LANES, floor, load, pick, spread, store, transposed

__all__ = ["enter", "exponentials", "run"]


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
def _leave(psi, re, im, shape):
    """The opposite of ``enter``."""
    rows, columns, a, b, block, gap = shape[0], shape[1], shape[2], shape[3], shape[4], shape[5]
    for i in range(rows):
        at = i // LANES * block + i % LANES
        for j in range(columns):
            psi[i * a + j * b] = complex(re[at + j * gap], im[at + j * gap])


@numba.njit(cache=True)
def exponentials(tables, weights, scale, found):
    """found (K, 2, P): real and imaginary parts of scale·exp(−i Σ_r w_kr g_r); tables (R, P), weights (K, R)."""
    for k in range(weights.shape[0]):
        found[k, 0] = scale
        found[k, 1] = 0.0
        _turn(found[k, 0], found[k, 1], 0, found.shape[2], tables, weights[k])


@numba.njit(cache=True)
def _multiply(re, im, start, size, c, s, sign):
    """(re, im) ← (re, im)·(c, s), or by its conjugate for sign −1; c and s lie as re and im do."""
    sign = spread(sign)
    for i in range(start, start + size, LANES):
        a, b, x, y = load(re, i), load(im, i), load(c, i), load(s, i) * sign
        store(re, i, a * x - b * y), store(im, i, a * y + b * x)


@numba.njit(cache=True)
def _weighed(re, im, start, size, mask, first):
    """Σ mask (re² + im²)."""
    total, sums = spread(0.0), np.empty(LANES)
    for i in range(0, size, LANES):
        a, b = load(re, start + i), load(im, start + i)
        total = total + load(mask, first + i) * (a * a + b * b)
    store(sums, 0, total)
    return sums.sum()


@numba.njit(cache=True)
def _turn(re, im, start, size, tables, weights):
    """(re, im) ← (re, im)·exp(−iθ), θ = Σ_r w_r g_r, as in qlearn.kernels.compiled."""
    zero, one, two, half = spread(0.0), spread(1.0), spread(2.0), spread(0.5)
    for i in range(start, start + size, LANES):
        x = spread(weights[0]) * load(tables[0], i)
        for r in range(1, weights.size):
            x = x + spread(weights[r]) * load(tables[r], i)
        q = floor(x * spread(QUARTERS) + half)
        r = ((x - q * spread(QUARTER[0])) - q * spread(QUARTER[1])) - q * spread(QUARTER[2])
        z = r * r
        s, c = spread(SINE[5]), spread(COSINE[5])
        for k in range(4, -1, -1):
            s, c = spread(SINE[k]) + z * s, spread(COSINE[k]) + z * c
        s, c = r + r * z * s, one - (half * z - z * z * c)
        h = floor(q * half)
        odd, second = q - h - h, h - two * floor(h * half)  # the last two bits of q
        cosine, sine = pick(zero, odd, s, c), pick(zero, odd, c, s)
        flip = odd + second - two * odd * second
        cosine, sine = cosine * (one - flip - flip), sine * (one - second - second)
        a, b = load(re, i), load(im, i)
        store(re, i, a * cosine + b * sine), store(im, i, b * cosine - a * sine)


@numba.njit(cache=True)
def _along_others(re, im, start, axes, radices, twiddles, ahead):
    """Forward, or back, along the axes 1 … of a block; axes: rows of (n, gap, width, repeats, apart, first radix, number of
    them, first twiddle, number of them)."""
    for k in range(1, axes.shape[0]):
        n, gap, width, repeats, apart = axes[k, 0], axes[k, 1], axes[k, 2], axes[k, 3], axes[k, 4]
        some = radices[axes[k, 5]:axes[k, 5] + axes[k, 6]]
        roots = twiddles[axes[k, 7]:axes[k, 7] + axes[k, 8]]
        for i in range(repeats):
            if ahead:
                forward(re, im, start + i * apart, n, gap, width, some, roots)
            else:
                backward(re, im, start + i * apart, n, gap, width, some, roots)


@numba.njit(cache=True)
def _eight(a, i, step):
    return transposed((load(a, i), load(a, i + step), load(a, i + 2 * step), load(a, i + 3 * step), load(a, i + 4 * step),
                       load(a, i + 5 * step), load(a, i + 6 * step), load(a, i + 7 * step)))


@numba.njit(cache=True)
def _put_eight(a, i, step, t):
    store(a, i, t[0]), store(a, i + step, t[1]), store(a, i + 2 * step, t[2]), store(a, i + 3 * step, t[3])
    store(a, i + 4 * step, t[4]), store(a, i + 5 * step, t[5]), store(a, i + 6 * step, t[6]), store(a, i + 7 * step, t[7])


@numba.njit(cache=True)
def _drift(re, im, shape, axes, radices, twiddles, lead, last, full, work, other, mask):
    """Along axis 0: forward, times lead_a·last_b (or ``full``, (columns/8, a, 8)), back. Returns Σ mask |φ_k|²."""
    blocks, block, gap, columns = -(-shape[0] // LANES), shape[4], shape[5], shape[6]
    seen = 0.0
    n, some, roots = axes[0, 0], radices[:axes[0, 6]], twiddles[:axes[0, 8]]
    for column in range(0, columns, LANES):
        for i in range(blocks):
            at = i * block + column * gap
            _put_eight(work, i * LANES * LANES, LANES, _eight(re, at, gap))
            _put_eight(other, i * LANES * LANES, LANES, _eight(im, at, gap))
        forward(work, other, 0, n, LANES, 1, some, roots)
        if mask.size > 0:
            seen += _weighed(work, other, 0, n * LANES, mask, column * n)
        if full.shape[1] > 0:
            first = column * n
            for i in range(0, n * LANES, LANES):
                a, b, x, y = load(work, i), load(other, i), load(full[0], first + i), load(full[1], first + i)
                store(work, i, a * x - b * y), store(other, i, a * y + b * x)
        else:
            x, y = load(last[0], column), load(last[1], column)
            for i in range(n):
                c, s = spread(lead[0, i]), spread(lead[1, i])
                u, v = x * c - y * s, x * s + y * c
                a, b = load(work, LANES * i), load(other, LANES * i)
                store(work, LANES * i, a * u - b * v), store(other, LANES * i, a * v + b * u)
        backward(work, other, 0, n, LANES, 1, some, roots)
        for i in range(blocks):
            at = i * block + column * gap
            _put_eight(re, at, gap, _eight(work, i * LANES * LANES, LANES))
            _put_eight(im, at, gap, _eight(other, i * LANES * LANES, LANES))
    return seen


@numba.njit(cache=True)
def _parts(room, shape):
    """re, im, and the same of eight columns."""
    part = LANES * LANES * -(-shape[0] // LANES)
    size = (room.size - 2 * part) // 2
    return room[:size], room[size:2 * size], room[2 * size:2 * size + part], room[2 * size + part:]


@numba.njit(cache=True, nogil=True)
def run(phi, room, shape, axes, radices, twiddles, roots, leads, lasts, fulls, drifts, points, modes, seen, kicks, order, tables,
        weights, count):
    """``count`` steps of each row of φ (members, N), in place. room: numbers for re, im and eight columns of each.

    drifts (pairs,): which drift each stage has. Kicks are either factors, kicks (K, 2, P) in the order (2 + pairs,): the one
    before the first stage, that behind each stage (the last one: of two steps together), that behind the last stage of all;
    or exp(−iθ), θ = Σ_r w_r g_r: tables (R, P) and weights (1 + count·pairs, R), one row a kick. points, modes: masks, or
    empty; seen (members, 2) rises to the largest of Σ mask |φ|² behind steps, and of the same for modes in first stages.
    """
    re, im, work, other = _parts(room, shape)
    pieces, piece, size, pairs = shape[7], shape[8], shape[9], drifts.size
    none, last = np.empty(0), count * pairs
    for member in range(phi.shape[0]):
        enter(phi[member], re, im, shape)
        most = seen[member]
        for kick in range(last + 1):
            stage, share = (kick - 1) % pairs, 0.0
            if kick > 0:
                d = drifts[stage]
                of_modes = _drift(re, im, shape, axes, radices, twiddles, leads[d], lasts[d], fulls[d], work, other,
                                  modes if stage == 0 else none)
                most[1] = max(most[1], of_modes)
            which = 0 if kick == 0 else pairs + 1 if kick == last else stage + 1
            for k in range(pieces):
                start = k * piece
                if kick > 0:
                    if roots.shape[1] > 0:
                        _multiply(re, im, start, size, roots[0], roots[1], -1.0)
                    _along_others(re, im, start, axes, radices, twiddles, False)
                if weights.shape[0] > 0:
                    _turn(re, im, start, size, tables, weights[kick])
                else:
                    _multiply(re, im, start, size, kicks[order[which], 0], kicks[order[which], 1], 1.0)
                if kick > 0 and stage == pairs - 1 and points.size > 0:
                    share += _weighed(re, im, start, size, points, start)
                if kick < last:
                    _along_others(re, im, start, axes, radices, twiddles, True)
                    if roots.shape[1] > 0:
                        _multiply(re, im, start, size, roots[0], roots[1], 1.0)
            most[0] = max(most[0], share)
        _leave(phi[member], re, im, shape)
