"""Sine, cosine, exponential and logarithm of + − * /, floor-free and without branches: the same bits compiled and by NumPy.

    sin, cos   x = n π/2 + r, |r| ≤ π/4, π/2 in three parts; fdlibm's polynomials of r, changed and signed by n mod 4
    exp        x = n ln 2 + r, fdlibm's rational form of r, times 2^⌊n/2⌋ 2^(n − ⌊n/2⌋): over- and underflow come out right
    log        fdlibm's form, of x ≥ 2.2e-308; NaN for x ≤ 0
    sines      A sin x + B sin x cos x = y P(y² − 1/8), y = x/2π − [x/2π]: one polynomial for a whole turn

Errors: below 1.6 units in the last place of the result; sine and cosine beyond |x| = 1e5 those of an argument that is wrong
by 2 units in its last place, and beyond 2⁵⁰ meaningless.  Those of ``sines``: 5e-16 |A| + 4e-15 |B|, of an argument that is
wrong by 1.5 units in its last place: half the operations of a sine and a cosine.  Each function is made by
``…_of(bits_of, number_of)`` from the casts between a double and its bits, for arrays here and for scalars in the compiled loops;
``sines`` needs none.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from qlearn.kernels.normals import bits, cosine_sine, logarithm_of, number

__all__ = ["cosine_sine_of", "exponential", "exponential_of", "full_logarithm_of", "logarithm", "sines",
           "sines_constants", "turned"]

_ROUND = 6755399441055744.0         # 1.5 · 2⁵²: what is added and taken away rounds to whole numbers
_ONE, _TWO, _SIGN, _EXPONENT, _ZERO = np.uint64(1), np.uint64(2), np.uint64(62), np.uint64(52), np.uint64(0)
_WHOLE = np.uint64(0x4338000000000000)
_BIAS = np.uint64(1023)
_TURN = 0.15915494309189535         # 1/2π

# Coefficients in w = y² − 1/8 of (sin 2πy)/y and of (sin 2πy cos 2πy)/y for |y| ≤ ½, by interpolation at 13 Chebyshev points;
# what they leave out is below 1e-22 and 4e-15.
_SINE = np.array([
    2.2505602342896007, -24.22513895871932, 56.50227697927055, -57.89179574983371, 33.47248921805028, -12.454273522151984,
    3.235278655278603, -0.6204028170053628, 0.09146106253542455, -0.010691319620717388, 0.001015408667200246,
    -7.992893140337799e-05, 5.297828446027484e-06])
_SINE_COSINE = np.array([
    -1.3631640347620744, -1.2390704732417726, 222.69665894976674, -1419.422337554539, 4074.8152287969756, -6924.050527124988,
    7878.435266811106, -6458.746270580797, 4008.002039455084, -1951.4356821015099, 766.1740476007689, -248.67279617311826,
    67.41622682415314])


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


def sines_constants(first: float, second: float) -> list[float]:
    """The constants that ``sines`` takes for A = first and B = second."""
    return (first * _SINE + second * _SINE_COSINE).tolist()


def sines(x, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12):
    """A sin x + B sin x cos x, in three groups that processors work on at the same time."""
    turns = x * _TURN
    y = turns - ((turns + _ROUND) - _ROUND)
    w = y * y - 0.125
    v = w * w
    t = v * v
    low = (c0 + c1 * w) + (c2 + c3 * w) * v
    middle = (c4 + c5 * w) + (c6 + c7 * w) * v
    high = (c8 + c9 * w) + (c10 + c11 * w) * v
    return (((c12 * t + high) * t + middle) * t + low) * y


turned = cosine_sine_of(bits, number)
exponential = exponential_of(bits, number)
logarithm = full_logarithm_of(logarithm_of(bits, number))
