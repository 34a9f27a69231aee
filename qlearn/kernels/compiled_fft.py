"""Fourier transforms in place of eight (or eight times ``width``) columns at once, for pairs of transforms.

Forward goes from the natural order to the one in which its passes leave the modes (decimation in frequency), backward from
there (decimation in time): no pass only sorts. A pass of radix r takes rows p, p + m, … of each stretch of r·m rows:

    forward   y_i = w^{pi} Σ_j e^{−2πi ij/r} x_j,      w = e^{−2πi/(rm)},      then stretches of m rows by themselves
    backward  the passes in the opposite order, each undone; without the factor 1/n

Both with real and imaginary parts apart. With a product in between the last pass forward and the first backward can be one,
``through``. Arrays are given by their addresses. passes: of qlearn.kernels.fft_plan, rows (radix, m, number of stretches, first
root).
"""

import numba

from qlearn.kernels.butterflies import AHEAD, BACK, THROUGH, butterfly
from qlearn.kernels.vectors import LANES, floats, whole, wholes

__all__ = ["backward", "forward", "through"]


@numba.njit(cache=True)
def _of_radix(way, radix, re, im, m, stretches, gap, width, c, s, root):
    numba.literally(way), numba.literally(radix)
    for stretch in range(stretches):
        for p in range(m):
            at = (stretch * radix * m + p) * gap
            first = at if way == THROUGH else root + 2 * (radix - 1) * p
            for v in range(width):
                butterfly(way, radix, re, im, at + LANES * v, m * gap, c, s, first)


@numba.njit(cache=True)
def _passed(way, row, re, im, gap, width, c, s):
    numba.literally(way)
    radix, m, stretches, root = whole(row, 0), whole(row, 1), whole(row, 2), whole(row, 3)
    if radix == 8:
        _of_radix(way, 8, re, im, m, stretches, gap, width, c, s, root)
    elif radix == 6:
        _of_radix(way, 6, re, im, m, stretches, gap, width, c, s, root)
    elif radix == 5:
        _of_radix(way, 5, re, im, m, stretches, gap, width, c, s, root)
    elif radix == 4:
        _of_radix(way, 4, re, im, m, stretches, gap, width, c, s, root)
    elif radix == 3:
        _of_radix(way, 3, re, im, m, stretches, gap, width, c, s, root)
    else:
        _of_radix(way, 2, re, im, m, stretches, gap, width, c, s, root)


@numba.njit(cache=True)
def forward(re, im, gap, width, passes, count, roots):
    """The first ``count`` passes; rows ``gap`` numbers apart, of 8·width columns each."""
    for i in range(count):
        _passed(AHEAD, wholes(passes, 4 * i), re, im, gap, width, roots, floats(roots, 1))


@numba.njit(cache=True)
def backward(re, im, gap, width, passes, count, roots):
    """Undoes ``forward`` up to a factor, which is n for all passes."""
    for i in range(count):
        _passed(BACK, wholes(passes, 4 * (count - 1 - i)), re, im, gap, width, roots, floats(roots, 1))


@numba.njit(cache=True)
def through(re, im, row, c, s):
    """The last pass forward of eight columns, of that row of passes, a product with c + is, which lie as they do, and back."""
    _passed(THROUGH, row, re, im, LANES, 1, c, s)
