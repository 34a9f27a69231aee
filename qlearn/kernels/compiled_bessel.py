"""Bessel functions of whole orders by their recurrence downwards, in pairs of doubles: the compiled twin of long doubles.

Error-free sums and products: Dekker, Numer. Math. 18, 224 (1971).
"""

import numba
import numpy as np

__all__ = ["downwards"]

SPLIT = 134217729.0  # 2**27 + 1


@numba.njit(cache=True, inline="always")
def _sum(a, b):
    """a + b and what rounding left."""
    s = a + b
    c = s - a
    return s, (a - (s - c)) + (b - c)


@numba.njit(cache=True, inline="always")
def _product(a, b):
    """a·b and what rounding left."""
    p = a * b
    c, d = SPLIT * a, SPLIT * b
    x, y = c - (c - a), d - (d - b)
    return p, ((x * y - p) + x * (b - y) + (a - x) * y) + (a - x) * (b - y)


@numba.njit(cache=True)
def downwards(z, rest, starts, found):
    """found (n, count): J_k(z + rest), z > 0, from the order ``starts`` on downwards; 0 beyond."""
    for i in range(z.size):
        high, low = np.zeros(2), np.zeros(2)  # J_k and J_{k+1}, times a factor
        high[0], low[0] = 1e-200, 0.0
        total, carry, begin = 0.0, 0.0, starts[i]
        row = found[i]
        row[:] = 0.0
        for k in range(begin, -1, -1):
            row[k] = high[0]
            if k % 2 == 0:
                total, more = _sum(total, high[0] if k == 0 else 2 * high[0])
                carry += more + (low[0] if k == 0 else 2 * low[0])
            if k == 0:
                break
            # (2k/z) J_k − J_{k+1}
            quotient = 2 * k / z[i]
            back, missing = _product(quotient, z[i])
            correction = ((2.0 * k - back) - missing - quotient * rest[i]) / z[i]
            product, left = _product(quotient, high[0])
            left += quotient * low[0] + correction * high[0]
            new, more = _sum(product, -high[1])
            more += left - low[1]
            high[1], low[1] = high[0], low[0]
            high[0], low[0] = _sum(new, more)
        total += carry
        for k in range(begin + 1):
            row[k] /= total
