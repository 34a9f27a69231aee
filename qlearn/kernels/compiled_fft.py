"""Fourier transforms in place of eight (or eight times ``width``) columns at once, for pairs of transforms.

Forward goes from the natural order to the one in which its passes leave the modes (decimation in frequency), backward from
there (decimation in time): no pass only sorts. A pass of radix r takes rows p, p + m, … of each stretch of r·m rows:

    forward   y_i = w^{pi} Σ_j e^{−2πi ij/r} x_j,      w = e^{−2πi/(rm)},      then stretches of m rows by themselves
    backward  the passes in the opposite order, each undone; without the factor 1/n

Both with real and imaginary parts apart; backward is its own mirror image with the two exchanged. See qlearn.kernels.fft_plan
for the tables. Radices 2, 3, 4, 5. The passes of both ways are written out: one for both, with
a branch, made a stage of the compiled loop a fifth slower.
"""

import numba

from qlearn.kernels.vectors import LANES, load, spread, store

__all__ = ["backward", "forward"]

_SIN3 = 0.86602540378443864676   # sin 2π/3
_COS5A, _COS5B = 0.30901699437494742410, -0.80901699437494742410   # cos 2π/5, cos 4π/5
_SIN5A, _SIN5B = 0.95105651629515357212, 0.58778525229247312917    # their sines


@numba.njit(cache=True)
def _times(a, b, c, s):
    return a * c - b * s, a * s + b * c


@numba.njit(cache=True)
def _four(a, b, c, d, e, f, g, h):
    """Of (a, b), (c, d), …, real and imaginary parts."""
    ae, bf, me, mf = a + e, b + f, a - e, b - f
    cg, dh, mg, mh = c + g, d + h, c - g, d - h
    return ae + cg, bf + dh, me + mh, mf - mg, ae - cg, bf - dh, me - mh, mf + mg


@numba.njit(cache=True)
def _three(a, b, c, d, e, f):
    half, sine = spread(0.5), spread(_SIN3)
    ce, df, u, v = c + e, d + f, (c - e) * sine, (d - f) * sine
    x, y = a - ce * half, b - df * half
    return a + ce, b + df, x + v, y - u, x - v, y + u


@numba.njit(cache=True)
def _five(a, b, c, d, e, f, g, h, k, l):
    ca, cb, sa, sb = spread(_COS5A), spread(_COS5B), spread(_SIN5A), spread(_SIN5B)
    ck, dl, mk, ml = c + k, d + l, c - k, d - l
    eg, fh, mg, mh = e + g, f + h, e - g, f - h
    x, y, u, v = a + ck * ca + eg * cb, b + dl * ca + fh * cb, mk * sa + mg * sb, ml * sa + mh * sb
    z, t, p, q = a + ck * cb + eg * ca, b + dl * cb + fh * ca, mk * sb - mg * sa, ml * sb - mh * sa
    return a + ck + eg, b + dl + fh, x + v, y - u, z + q, t - p, z - q, t + p, x - v, y + u


@numba.njit(cache=True)
def _forward4(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 6 * p]), spread(twiddles[at + 6 * p + 1])
        c2, s2 = spread(twiddles[at + 6 * p + 2]), spread(twiddles[at + 6 * p + 3])
        c3, s3 = spread(twiddles[at + 6 * p + 4]), spread(twiddles[at + 6 * p + 5])
        for first in range(p, n, 4 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j, k = i + m * gap, i + 2 * m * gap
                l = j + 2 * m * gap
                a, b, c, d, e, f, g, h = _four(load(re, i), load(im, i), load(re, j), load(im, j), load(re, k), load(im, k),
                                               load(re, l), load(im, l))
                if p > 0:
                    c, d = _times(c, d, c1, s1)
                    e, f = _times(e, f, c2, s2)
                    g, h = _times(g, h, c3, s3)
                store(re, i, a), store(im, i, b), store(re, j, c), store(im, j, d)
                store(re, k, e), store(im, k, f), store(re, l, g), store(im, l, h)


@numba.njit(cache=True)
def _backward4(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 6 * p]), spread(twiddles[at + 6 * p + 1])
        c2, s2 = spread(twiddles[at + 6 * p + 2]), spread(twiddles[at + 6 * p + 3])
        c3, s3 = spread(twiddles[at + 6 * p + 4]), spread(twiddles[at + 6 * p + 5])
        for first in range(p, n, 4 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j, k = i + m * gap, i + 2 * m * gap
                l = j + 2 * m * gap
                c, d, e, f, g, h = load(re, j), load(im, j), load(re, k), load(im, k), load(re, l), load(im, l)
                if p > 0:
                    c, d = _times(c, d, c1, s1)
                    e, f = _times(e, f, c2, s2)
                    g, h = _times(g, h, c3, s3)
                a, b, c, d, e, f, g, h = _four(load(re, i), load(im, i), c, d, e, f, g, h)
                store(re, i, a), store(im, i, b), store(re, j, c), store(im, j, d)
                store(re, k, e), store(im, k, f), store(re, l, g), store(im, l, h)


@numba.njit(cache=True)
def _forward2(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 2 * p]), spread(twiddles[at + 2 * p + 1])
        for first in range(p, n, 2 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j = i + m * gap
                a, b, c, d = load(re, i), load(im, i), load(re, j), load(im, j)
                x, y = _times(a - c, b - d, c1, s1)
                store(re, i, a + c), store(im, i, b + d), store(re, j, x), store(im, j, y)


@numba.njit(cache=True)
def _backward2(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 2 * p]), spread(twiddles[at + 2 * p + 1])
        for first in range(p, n, 2 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j = i + m * gap
                a, b = load(re, i), load(im, i)
                c, d = _times(load(re, j), load(im, j), c1, s1)
                store(re, i, a + c), store(im, i, b + d), store(re, j, a - c), store(im, j, b - d)


@numba.njit(cache=True)
def _forward3(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 4 * p]), spread(twiddles[at + 4 * p + 1])
        c2, s2 = spread(twiddles[at + 4 * p + 2]), spread(twiddles[at + 4 * p + 3])
        for first in range(p, n, 3 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j, k = i + m * gap, i + 2 * m * gap
                a, b, c, d, e, f = _three(load(re, i), load(im, i), load(re, j), load(im, j), load(re, k), load(im, k))
                c, d = _times(c, d, c1, s1)
                e, f = _times(e, f, c2, s2)
                store(re, i, a), store(im, i, b), store(re, j, c), store(im, j, d), store(re, k, e), store(im, k, f)


@numba.njit(cache=True)
def _backward3(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 4 * p]), spread(twiddles[at + 4 * p + 1])
        c2, s2 = spread(twiddles[at + 4 * p + 2]), spread(twiddles[at + 4 * p + 3])
        for first in range(p, n, 3 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j, k = i + m * gap, i + 2 * m * gap
                c, d = _times(load(re, j), load(im, j), c1, s1)
                e, f = _times(load(re, k), load(im, k), c2, s2)
                a, b, c, d, e, f = _three(load(re, i), load(im, i), c, d, e, f)
                store(re, i, a), store(im, i, b), store(re, j, c), store(im, j, d), store(re, k, e), store(im, k, f)


@numba.njit(cache=True)
def _forward5(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 8 * p]), spread(twiddles[at + 8 * p + 1])
        c2, s2 = spread(twiddles[at + 8 * p + 2]), spread(twiddles[at + 8 * p + 3])
        c3, s3 = spread(twiddles[at + 8 * p + 4]), spread(twiddles[at + 8 * p + 5])
        c4, s4 = spread(twiddles[at + 8 * p + 6]), spread(twiddles[at + 8 * p + 7])
        for first in range(p, n, 5 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j, k = i + m * gap, i + 2 * m * gap
                q, r = i + 3 * m * gap, i + 4 * m * gap
                a, b, c, d, e, f, g, h, x, y = _five(load(re, i), load(im, i), load(re, j), load(im, j), load(re, k),
                                                     load(im, k), load(re, q), load(im, q), load(re, r), load(im, r))
                c, d = _times(c, d, c1, s1)
                e, f = _times(e, f, c2, s2)
                g, h = _times(g, h, c3, s3)
                x, y = _times(x, y, c4, s4)
                store(re, i, a), store(im, i, b), store(re, j, c), store(im, j, d), store(re, k, e), store(im, k, f)
                store(re, q, g), store(im, q, h), store(re, r, x), store(im, r, y)


@numba.njit(cache=True)
def _backward5(re, im, start, n, m, gap, width, twiddles, at):
    for p in range(m):
        c1, s1 = spread(twiddles[at + 8 * p]), spread(twiddles[at + 8 * p + 1])
        c2, s2 = spread(twiddles[at + 8 * p + 2]), spread(twiddles[at + 8 * p + 3])
        c3, s3 = spread(twiddles[at + 8 * p + 4]), spread(twiddles[at + 8 * p + 5])
        c4, s4 = spread(twiddles[at + 8 * p + 6]), spread(twiddles[at + 8 * p + 7])
        for first in range(p, n, 5 * m):
            for v in range(width):
                i = start + first * gap + LANES * v
                j, k = i + m * gap, i + 2 * m * gap
                q, r = i + 3 * m * gap, i + 4 * m * gap
                c, d = _times(load(re, j), load(im, j), c1, s1)
                e, f = _times(load(re, k), load(im, k), c2, s2)
                g, h = _times(load(re, q), load(im, q), c3, s3)
                x, y = _times(load(re, r), load(im, r), c4, s4)
                a, b, c, d, e, f, g, h, x, y = _five(load(re, i), load(im, i), c, d, e, f, g, h, x, y)
                store(re, i, a), store(im, i, b), store(re, j, c), store(im, j, d), store(re, k, e), store(im, k, f)
                store(re, q, g), store(im, q, h), store(re, r, x), store(im, r, y)


@numba.njit(cache=True)
def forward(re, im, start, n, gap, width, radices, twiddles):
    """n rows, ``gap`` numbers apart from ``start`` on, of 8·width columns each."""
    m, at = n, 0
    for radix in radices:
        m //= radix
        if radix == 4:
            _forward4(re, im, start, n, m, gap, width, twiddles, at)
        elif radix == 2:
            _forward2(re, im, start, n, m, gap, width, twiddles, at)
        elif radix == 3:
            _forward3(re, im, start, n, m, gap, width, twiddles, at)
        else:
            _forward5(re, im, start, n, m, gap, width, twiddles, at)
        at += 2 * (radix - 1) * m


@numba.njit(cache=True)
def backward(re, im, start, n, gap, width, radices, twiddles):
    """From the order of ``forward``; n times its inverse."""
    m, at = 1, twiddles.size
    for s in range(radices.size - 1, -1, -1):
        radix = radices[s]
        at -= 2 * (radix - 1) * m
        if radix == 4:
            _backward4(im, re, start, n, m, gap, width, twiddles, at)
        elif radix == 2:
            _backward2(im, re, start, n, m, gap, width, twiddles, at)
        elif radix == 3:
            _backward3(im, re, start, n, m, gap, width, twiddles, at)
        else:
            _backward5(im, re, start, n, m, gap, width, twiddles, at)
        m *= radix
