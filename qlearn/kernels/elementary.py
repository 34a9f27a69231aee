"""Sine, cosine, exponential and logarithm of + − * /, floor-free and without branches: the same bits compiled and by NumPy.

    sin, cos   x = n π/2 + r, |r| ≤ π/4, π/2 in three parts; fdlibm's polynomials of r, changed and signed by n mod 4
    exp        x = n ln 2 + r, fdlibm's rational form of r, times 2^⌊n/2⌋ 2^(n − ⌊n/2⌋): over- and underflow come out right
    log        fdlibm's form, of x ≥ 2.2e-308; NaN for x ≤ 0
    sines      A sin x + B sin x cos x = y P(y² − 1/8), y = x/2π − [x/2π]: one polynomial for a whole turn

Errors: below 1.6 units in the last place of the result; sine and cosine beyond |x| = 1e5 those of an argument that is wrong
by 2 units in its last place, and beyond 2⁵⁰ meaningless.  Those of ``sines``: 5e-16 |A| + 2.4e-13 |B|, of an argument that is
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

# Coefficients in w = y² − 1/8 of (sin 2πy)/y and of (sin 2πy cos 2πy)/y for |y| ≤ ½, by interpolation at 12 Chebyshev points;
# what they leave out is below 1e-19 and 2.4e-13.
_SINE = np.array([
    2.2505602342896007, -24.22513895871932, 56.502276979270555, -57.89179574983371, 33.47248921805015, -12.45427352215199,
    3.2352786553139694, -0.6204028170045764, 0.09146105817015715, -0.01069131967104224, 0.001015657002684994,
    -7.992776020595158e-05])
_SINE_COSINE = np.array([
    -1.3631640347625533, -1.2390704732423805, 222.6966589519738, -1419.4223375537606, 4074.815227148977, -6924.050527403927,
    7878.435716837759, -6458.746229775219, 4007.946492040205, -1951.4382936983461, 769.3341360189922, -248.6120164489867])


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


def sines(x, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11):
    """A sin x + B sin x cos x, |B| ≤ |A|/32; by pairs, which processors work on at the same time."""
    turns = x * _TURN
    y = turns - ((turns + _ROUND) - _ROUND)
    w = y * y - 0.125
    v = w * w
    return ((((((c10 + c11 * w) * v + (c8 + c9 * w)) * v + (c6 + c7 * w)) * v + (c4 + c5 * w)) * v + (c2 + c3 * w)) * v
            + (c0 + c1 * w)) * y


turned = cosine_sine_of(bits, number)
exponential = exponential_of(bits, number)
logarithm = full_logarithm_of(logarithm_of(bits, number))
