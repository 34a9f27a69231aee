"""Sine, cosine, exponential and logarithm of + − * /, floor-free and without branches: the same bits compiled and by NumPy.

    sin, cos   x = n π/2 + r, |r| ≤ π/4, π/2 in three parts; fdlibm's polynomials of r, changed and signed by n mod 4
    exp        x = n ln 2 + r, fdlibm's rational form of r, times 2^⌊n/2⌋ 2^(n − ⌊n/2⌋): over- and underflow come out right
    log        fdlibm's form, of x ≥ 2.2e-308; NaN for x ≤ 0

Errors: below 1.6 units in the last place of the result; sine and cosine beyond |x| = 1e5 those of an argument that is wrong
by 2 units in its last place, and beyond 2⁵⁰ meaningless.  Each function is made by ``…_of(bits_of, number_of)`` from the
casts between a double and its bits, for arrays here and for scalars in the compiled loops.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from qlearn.kernels.normals import bits, cosine_sine, logarithm_of, number

__all__ = ["cosine_sine_of", "exponential", "exponential_of", "full_logarithm_of", "logarithm", "turned"]

_ROUND = 6755399441055744.0         # 1.5 · 2⁵²: what is added and taken away rounds to whole numbers
_ONE, _TWO, _SIGN, _EXPONENT, _ZERO = np.uint64(1), np.uint64(2), np.uint64(62), np.uint64(52), np.uint64(0)
_WHOLE = np.uint64(0x4338000000000000)
_BIAS = np.uint64(1023)


def cosine_sine_of(bits_of: Any, number_of: Any, cosine_sine: Any = cosine_sine) -> Callable:
    """(cos x, sin x)."""

    def turned(x):
        shifted = x * 0.63661977236758134 + _ROUND
        n, quarter = shifted - _ROUND, bits_of(shifted)
        c, s = cosine_sine(((x - n * 1.5707963267341256) - n * 6.0771005063039660e-11) - n * 2.0222662487959506e-21)
        cosine, sine = bits_of(c), bits_of(s)
        swapped = (cosine ^ sine) & (_ZERO - (quarter & _ONE))
        return (number_of((cosine ^ swapped) ^ (((quarter + _ONE) & _TWO) << _SIGN)),
                number_of((sine ^ swapped) ^ ((quarter & _TWO) << _SIGN)))

    return turned


def exponential_of(bits_of: Any, number_of: Any) -> Callable:
    """exp x."""

    def exponential(x):
        bounded = np.minimum(np.maximum(x, -1400.0), 1400.0)
        shifted = bounded * 1.4426950408889634 + _ROUND
        n = shifted - _ROUND
        high = bounded - n * 6.93147180369123816490e-01
        low = n * 1.90821492927058770002e-10
        r = high - low
        z = r * r
        c = r - z * (1.66666666666666019037e-01 + z * (-2.77777777770155933842e-03 + z * (
            6.61375632143793436117e-05 + z * (-1.65339022054652515390e-06 + z * 4.13813679705723846039e-08))))
        near = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
        half_shifted = 0.5 * n + _ROUND
        half = half_shifted - _ROUND
        first = number_of(((bits_of(half_shifted) - _WHOLE) + _BIAS) << _EXPONENT)
        second = number_of(((bits_of((n - half) + _ROUND) - _WHOLE) + _BIAS) << _EXPONENT)
        return (near * first) * second

    return exponential


def full_logarithm_of(logarithm: Any) -> Callable:
    """ln x, NaN for x ≤ 0."""

    def full_logarithm(x):
        return logarithm(x) + 0.0 / np.sqrt(x)

    return full_logarithm


turned = cosine_sine_of(bits, number)
exponential = exponential_of(bits, number)
logarithm = full_logarithm_of(logarithm_of(bits, number))
