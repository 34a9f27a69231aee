"""The compiled loop of Chebyshev's recursion, T_{k+1} = 2 H̃ T_k − T_{k−1}, on states that stay in one layout throughout.

The layout and the transforms are those of qlearn.kernels.stepping. H̃ = T(k) + V(q) with the tables as they lie, T over the number
of points, both times 2 from the second term on.
"""

import numba
import numpy as np

from qlearn.kernels.butterflies import block_ahead, block_back, exchange
from qlearn.kernels.compiled_fft import backward, forward
from qlearn.kernels.compiled_stepping import BLOCK, along_others, weighed
from qlearn.kernels.series import INSIDE
from qlearn.kernels.vectors import LANES, floats, load, repeated, spread, store, total, wholes

__all__ = ["series", "tridiagonal"]


@numba.njit(cache=True)
def _copied(re, im, length, to_re, to_im):
    for i in range(0, length, LANES):
        store(to_re, i, load(re, i)), store(to_im, i, load(im, i))


@numba.njit(cache=True)
def _stretched(re, im, length, table):
    """Times real numbers that lie as re and im do."""
    for i in range(0, length, LANES):
        x = load(table, i)
        store(re, i, x * load(re, i)), store(im, i, x * load(im, i))


@numba.njit(cache=True)
def _sampled(re, im, places, begin, first, length, coefficients, sums):
    """Adds c_k(s) times the numbers at places from ``begin`` on that lie within first … first + length, for INSIDE times s: rows
    of real, then imaginary parts. Returns the first place beyond."""
    p = begin
    while p < places.size and places[p] < first + length:
        a, b = repeated(re, places[p] - first), repeated(im, places[p] - first)
        for half in range(0, INSIDE, LANES):
            x, y, at = load(coefficients, half), load(coefficients, INSIDE + half), 2 * INSIDE * p + half
            store(sums, at, load(sums, at) + (x * a - y * b))
            store(sums, at + INSIDE, load(sums, at + INSIDE) + (x * b + y * a))
        p += 1
    return p


@numba.njit(cache=True)
def _added(re, im, length, c, s, to_re, to_im):
    """(to_re, to_im) += (c + is)(re + i im)."""
    x, y = spread(c), spread(s)
    for i in range(0, length, LANES):
        a, b = load(re, i), load(im, i)
        store(to_re, i, load(to_re, i) + (x * a - y * b)), store(to_im, i, load(to_im, i) + (x * b + y * a))


@numba.njit(cache=True)
def _next(re, im, kinetic_re, kinetic_im, potential, length, first, before_re, before_im):
    """T_{k−1} becomes T_{k+1}; with ``first``, T_1."""
    if first:
        half = spread(0.5)
        for i in range(0, length, LANES):
            v = load(potential, i)
            store(before_re, i, half * (v * load(re, i) + load(kinetic_re, i)))
            store(before_im, i, half * (v * load(im, i) + load(kinetic_im, i)))
        return
    for i in range(0, length, LANES):
        v = load(potential, i)
        store(before_re, i, v * load(re, i) + load(kinetic_re, i) - load(before_re, i))
        store(before_im, i, v * load(im, i) + load(kinetic_im, i) - load(before_im, i))


@numba.njit(cache=True)
def _modes_of_grid(re, im, shape, axes, passes, roots, kinetic, parts, looked, coefficients, places, samples, watched, mask):
    """Along axis 0, eight columns at a time: forward, times T, back, the modes sampled where they are ``looked`` at. Returns
    Σ mask |φ_k|² where they are ``watched``."""
    rows, block, gap, columns, count = shape[0], shape[4], shape[5], shape[6], axes[0, 5]
    work, other = parts
    seen, begin, length = 0.0, 0, LANES * rows
    for column in range(0, columns, LANES):
        for i in range(0, rows, LANES):
            exchange(re, i // LANES * block + column * gap, gap, work, i * LANES, LANES)
            exchange(im, i // LANES * block + column * gap, gap, other, i * LANES, LANES)
        forward(work, other, LANES, 1, passes, count, roots)
        first = column * rows
        if looked:
            begin = _sampled(work, other, places, begin, first, length, coefficients, samples)
        if watched:
            seen += weighed(work, other, length, floats(mask, first))
        _stretched(work, other, length, floats(kinetic, first))
        backward(work, other, LANES, 1, passes, count, roots)
        for i in range(0, rows, LANES):
            exchange(work, i * LANES, LANES, re, i // LANES * block + column * gap, gap)
            exchange(other, i * LANES, LANES, im, i // LANES * block + column * gap, gap)
    return seen


@numba.njit(cache=True)
def _modes_of_line(re, im, shape, axes, passes, roots, c, s, kinetic, looked, coefficients, places, samples, watched, mask):
    """The same on a line; c, s: roots between the transforms across the lanes and along them."""
    rows, size, seen = shape[0], shape[7], 0.0
    length = LANES * rows
    for at in range(0, size, BLOCK):
        block_ahead(re, im, at, c, s)
    forward(re, im, LANES, 1, passes, axes[0, 5], roots)
    if looked:
        _sampled(re, im, places, 0, 0, length, coefficients, samples)
    if watched:
        seen = weighed(re, im, length, mask)
    _stretched(re, im, length, kinetic)
    backward(re, im, LANES, 1, passes, axes[0, 5], roots)
    for at in range(0, size, BLOCK):
        block_back(re, im, at, c, s)
    return seen


@numba.njit(cache=True)
def _kinetic(re, im, work, other, line, shape, axes, passes, roots, more, kinetic, parts, looked, coefficients, places, samples,
             watched, mask):
    """work + i other: T of re + i im, on grids yet without the way back along the axes behind the first. more: of a line, the
    roots in between."""
    size, block, columns = shape[7], shape[4], shape[1]
    if line:
        _copied(re, im, size, work, other)
        return _modes_of_line(work, other, shape, axes, passes, roots, floats(more, 0), floats(more, size), floats(kinetic, 0),
                              looked, coefficients, places, samples, watched, mask)
    for at in range(0, size, block):
        a, b = floats(work, at), floats(other, at)
        _copied(floats(re, at), floats(im, at), columns * LANES, a, b)
        along_others(a, b, axes, passes, roots, True)
    return _modes_of_grid(work, other, shape, axes, passes, roots, kinetic, parts, looked, coefficients, places, samples, watched,
                          mask)


@numba.njit(cache=True)
def _scaled(room, first, length, factor):
    x = spread(factor)
    for i in range(first, first + length, LANES):
        store(room, i, x * load(room, i))


@numba.njit(cache=True, nogil=True)
def series(room, begin, end, terms, line, shape, axes, passes, twiddles, roots, kinetic, potential, coefficients, sums, points,
           modes, every, seen, inside, mode_places, mode_samples, point_places, point_samples):
    """Terms ``begin`` … ``end`` of ``terms``. room (6·size + room for eight columns twice,): re and im of T_k for even k, of T_k
    for odd k, and of what is at work; T_0 stands there before.

    coefficients (terms, times, 2), sums (times, 2, size): Σ_k c_k T_k.   points, modes: masks or empty; seen (2,) rises to the
    largest Σ mask |T_k|² and Σ mask |modes of T_k|² of every ``every``-th term.   inside (terms, 2·INSIDE), places that ascend
    and samples (places, 2·INSIDE): Σ_k c_k(s) times what is there.
    """
    size, block, columns, more = shape[7], shape[4], shape[1], 6 * shape[7]
    part = -(-shape[0] // LANES) * BLOCK
    work, other = floats(room, 4 * size), floats(room, 5 * size)
    parts = (floats(room, more), floats(room, more + part))
    some, first = wholes(passes, 0), floats(twiddles, 0)
    for k in range(begin, end):
        now, before = 2 * size * (k % 2), 2 * size * (1 - k % 2)
        re, im = floats(room, now), floats(room, now + size)
        for j in range(sums.shape[0]):
            if coefficients[k, j, 0] != 0 or coefficients[k, j, 1] != 0:
                _added(re, im, size, coefficients[k, j, 0], coefficients[k, j, 1], floats(sums, 2 * j * size),
                       floats(sums, (2 * j + 1) * size))
        looked, watched = inside.shape[0] > 0, k % every == 0
        c = floats(inside, 2 * INSIDE * k)
        if looked and point_places.size:
            _sampled(re, im, point_places, 0, 0, size, c, floats(point_samples, 0))
        if watched and points.size:
            seen[0] = max(seen[0], weighed(re, im, size, floats(points, 0)))
        if k == terms - 1:
            return
        looked, watched = looked and mode_places.size > 0, watched and modes.size > 0
        share = _kinetic(re, im, work, other, line, shape, axes, some, first, roots, kinetic, parts, looked, c, mode_places,
                         floats(mode_samples, 0), watched, floats(modes, 0))
        for at in range(0, size, block):
            a, b = floats(work, at), floats(other, at)
            if not line:
                along_others(a, b, axes, some, first, False)
            _next(floats(re, at), floats(im, at), a, b, floats(potential, at), columns * LANES, k == 0,
                  floats(room, before + at), floats(room, before + size + at))
        seen[1] = max(seen[1], share)


@numba.njit(cache=True)
def _moved(re, im, kinetic_re, kinetic_im, potential, length, beta, before_re, before_im):
    """T_{k−1} becomes H T_k − β T_{k−1}; returns Re⟨T_k|that⟩."""
    mean, x = spread(0.0), spread(beta)
    for i in range(0, length, LANES):
        v, a, b = load(potential, i), load(re, i), load(im, i)
        c = v * a + load(kinetic_re, i) - x * load(before_re, i)
        d = v * b + load(kinetic_im, i) - x * load(before_im, i)
        store(before_re, i, c), store(before_im, i, d)
        mean = mean + (a * c + b * d)
    return total(mean)


@numba.njit(cache=True)
def _orthogonal(re, im, length, alpha, now_re, now_im):
    """(re, im) −= α(now_re, now_im); returns what Σ |·|² is then."""
    norm, x = spread(0.0), spread(alpha)
    for i in range(0, length, LANES):
        c, d = load(re, i) - x * load(now_re, i), load(im, i) - x * load(now_im, i)
        store(re, i, c), store(im, i, d)
        norm = norm + (c * c + d * d)
    return total(norm)


@numba.njit(cache=True, nogil=True)
def tridiagonal(room, line, shape, axes, passes, twiddles, roots, kinetic, potential, least, diagonal, beside):
    """Lanczos' recursion of the state in room, of norm 1, as long as the diagonal is. A β that is no more than ``least`` of |α|
    and of the β before counts as 0, and ends it."""
    size, block, columns, more = shape[7], shape[4], shape[1], 6 * shape[7]
    part = -(-shape[0] // LANES) * BLOCK
    work, other = floats(room, 4 * size), floats(room, 5 * size)
    parts = (floats(room, more), floats(room, more + part))
    some, first, none, beta = wholes(passes, 0), floats(twiddles, 0), floats(room, 0), 0.0
    places = np.empty(0, dtype=np.int64)
    for k in range(diagonal.size):
        now, before = 2 * size * (k % 2), 2 * size * (1 - k % 2)
        re, im, mean, norm = floats(room, now), floats(room, now + size), 0.0, 0.0
        _kinetic(re, im, work, other, line, shape, axes, some, first, roots, kinetic, parts, False, none, places, none, False,
                 none)
        for at in range(0, size, block):
            a, b = floats(work, at), floats(other, at)
            if not line:
                along_others(a, b, axes, some, first, False)
            mean += _moved(floats(re, at), floats(im, at), a, b, floats(potential, at), columns * LANES, beta,
                           floats(room, before + at), floats(room, before + size + at))
        for at in range(0, size, block):
            norm += _orthogonal(floats(room, before + at), floats(room, before + size + at), columns * LANES, mean,
                                floats(re, at), floats(im, at))
        norm = np.sqrt(norm)
        beta = 0.0 if norm <= least * max(abs(mean), beta) else norm
        diagonal[k], beside[k] = mean, beta
        if beta == 0:
            return
        _scaled(room, before, 2 * size, 1 / beta)
