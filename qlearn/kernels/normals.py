"""Counter-based normal deviates: a learner's kick at a step is a pure function of (seed, stream, axis, learner, step).

    w0, w1 = Philox4x32-10(counter = (pair, axis, step mod 2³², step div 2³²), key(seed, stream))     two words of 64 bits
    u = 2 − 1.m0 in [2⁻⁵², 1],   θ = (π/2)(1.m1 − 1.5) in [−π/4, π/4),   m: the leading 52 bits of a word
    ξ = √(−2 ln u) · (± cos θ, sin θ), in either order: sign and order by the last two bits of w1

Learners k and k + 128 of each 256 share a pair, so that whole vectors are stored.  Nothing depends on how learners are cut
into blocks, on threads, or on whether numba is installed: logarithm, cosine and sine are made of + − * / and bit operations
here, in one source for the compiled loop and for NumPy, and nothing is contracted; with the correctly rounded square root
both give the same bits.

Range: |ξ| ≤ √(104 ln 2) = 8.4904; a true normal is beyond that once in 5·10¹⁶ draws.  u has 52 bits, so that the tail is
resolved to a relative 2⁻⁵²/u.  Logarithm, cosine and sine err by less than 1 unit in the last place (the polynomials are
those of the C library fdlibm), the radius by less than 1.5.

Sources: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011); Box and Muller, Ann. Math.
Statist. 29 (1958) 610.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.kernels.phases import may_compile

__all__ = ["LARGEST", "TILE", "key_of", "normals", "philox"]

TILE = 256                      # learners that are drawn together: fixed, because numbers depend on it
HALF = TILE // 2
LARGEST = 8.490424416849509     # √(104 ln 2)
_FEW = 16                       # tiles that NumPy draws at once: its temporaries stay in the cache

_WORD = np.uint64(0xFFFFFFFF)
_HIGH, _ONE, _SIGN, _DROP = np.uint64(32), np.uint64(1), np.uint64(63), np.uint64(12)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)         # Philox multipliers
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)         # and key increments
_MANTISSA, _EXPONENT = np.uint64((1 << 52) - 1), np.uint64(52)
_UNIT, _COUNT, _ZERO = np.uint64(0x3FF0000000000000), np.uint64(0x4330000000000000), np.uint64(0)
_ROOT_HALF = np.uint64(0x3FE6A09E667F3BCD)                      # bits of √½
_SHIFT = _UNIT - _ROOT_HALF
_BIAS = 4503599627370496.0 + 1023.0


def normals(seed: int, step: int, first: int, n: int, axes: int = 1, *, stream: int = 0,
            out: np.ndarray | None = None) -> np.ndarray:
    """The kicks of the learners first … first + n − 1 at one step, (axes, n) standard normal, independent.

    Parameters
    ----------
    seed, step, first, axes : whole numbers ≥ 0 (axes ≥ 1); step < 2⁶⁴, first + n ≤ 2³³
    stream : another one gives independent numbers for the same seed (another ensemble, say)
    out : float64 (axes, n), C order: filled and returned

    Raises
    ------
    ArgumentError for arguments outside these bounds.

    Examples
    --------
    >>> xi = normals(7, step=3, first=0, n=1000)
    >>> bool((normals(7, step=3, first=600, n=5) == xi[:, 600:605]).all())
    True
    """
    step, first = checks.integer("step", step, least=0, most=2**64 - 1), checks.integer("first", first, least=0, most=2**33 - 1)
    n, axes = checks.integer("n", n, least=1, most=2**33 - first), checks.integer("axes", axes, least=1, most=2**32)
    key = key_of(seed, stream)
    out = np.empty((axes, n)) if out is None else _checked(out, (axes, n))
    low, high = first // TILE, -(-(first + n) // TILE)
    whole = low * TILE == first and high * TILE == first + n
    for axis in range(axes):
        row = out[axis] if whole else np.empty((high - low) * TILE)
        _fill(row, low * HALF, axis, step, key)
        if not whole:
            out[axis] = row[first - low * TILE:first - low * TILE + n]
    return out


def key_of(seed: int, stream: int = 0) -> tuple[int, int]:
    """The key of Philox, two words of 32 bits: numpy.random.SeedSequence(seed, spawn_key=(2³², stream)) mixes them.

    The spawn key differs from those of ``block_generator``, so that starting points and kicks share no numbers.
    """
    seed, stream = checks.integer("seed", seed, least=0), checks.integer("stream", stream, least=0)
    return _key(seed, stream)


@lru_cache
def _key(seed: int, stream: int) -> tuple[int, int]:
    low, high = np.random.SeedSequence(seed, spawn_key=(2**32, stream)).generate_state(2)
    return int(low), int(high)


def philox(counter: Any, key: tuple[int, int]) -> np.ndarray:
    """Philox4x32-10 of counters (4, …), words below 2³² as uint64: the four words of each, (4, …)."""
    words = np.asarray(counter, dtype=np.uint64)
    return np.stack(np.broadcast_arrays(*rounds(*words, np.uint64(key[0]), np.uint64(key[1]))))


def one_round(a, b, c, d, k0, k1):
    """One round; words of 32 bits, kept in 64."""
    p, q = _M0 * a, _M1 * c
    return (q >> _HIGH) ^ b ^ (k0 & _WORD), q & _WORD, (p >> _HIGH) ^ d ^ (k1 & _WORD), p & _WORD


def rounds_of(one_round: Callable) -> Callable:
    """The ten rounds, without a loop: compilers make vector code of straight lines only."""

    def rounds(a, b, c, d, k0, k1):
        a, b, c, d = one_round(a, b, c, d, k0, k1)
        a, b, c, d = one_round(a, b, c, d, k0 + _W0, k1 + _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(2) * _W0, k1 + np.uint64(2) * _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(3) * _W0, k1 + np.uint64(3) * _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(4) * _W0, k1 + np.uint64(4) * _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(5) * _W0, k1 + np.uint64(5) * _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(6) * _W0, k1 + np.uint64(6) * _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(7) * _W0, k1 + np.uint64(7) * _W1)
        a, b, c, d = one_round(a, b, c, d, k0 + np.uint64(8) * _W0, k1 + np.uint64(8) * _W1)
        return one_round(a, b, c, d, k0 + np.uint64(9) * _W0, k1 + np.uint64(9) * _W1)

    return rounds


def log_of_parts(m, k):
    """ln(2^k m) for √½ ≤ m < √2 by fdlibm's rational form."""
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (
        1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
    h = 0.5 * f * f
    return k * 6.93147180369123816490e-01 - ((h - (s * (h + (even + odd)) + k * 1.90821492927058770002e-10)) - f)


def cosine_sine(x):
    """(cos x, sin x) for |x| ≤ π/4 by fdlibm's polynomials."""
    z = x * x
    s = x + x * z * (-1.66666666666666324348e-01 + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * (
        2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))))
    c = 1.0 - (0.5 * z - z * z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (
        2.48015872894767294178e-05 + z * (-2.75573143513906633035e-07 + z * (
            2.08757232129817482790e-09 - z * 1.13596475577881948265e-11))))))
    return c, s


def logarithm_of(bits_of: Any, number_of: Any, log_of_parts: Callable = log_of_parts) -> Callable:
    """ln x for positive normal x, from the two casts between a double and its bits (arrays here, scalars compiled)."""

    def logarithm(x):
        shifted = bits_of(x) + _SHIFT                   # bits of x/√½, nearly: its exponent field is k + 1023
        m = number_of((shifted & _MANTISSA) + _ROOT_HALF)
        return log_of_parts(m, number_of((shifted >> _EXPONENT) | _COUNT) - _BIAS)

    return logarithm


def box_muller_of(bits_of: Any, number_of: Any, logarithm: Any, cosine_sine: Any = cosine_sine) -> Callable:
    """Two normals from the four words of Philox."""

    def box_muller(a, b, c, d):
        w = (c << _HIGH) | d
        u = 2.0 - number_of((((a << _HIGH) | b) >> _DROP) | _UNIT)
        cosine, sine = cosine_sine((number_of((w >> _DROP) | _UNIT) - 1.5) * 1.5707963267948966)
        radius = np.sqrt(-2.0 * logarithm(u))
        x, y = bits_of(radius * cosine) ^ (w << _SIGN), bits_of(radius * sine)
        swapped = (x ^ y) & (_ZERO - ((w >> _ONE) & _ONE))
        return number_of(x ^ swapped), number_of(y ^ swapped)

    return box_muller


def bits(x: np.ndarray) -> np.ndarray:
    return x.view(np.uint64)


def number(x: np.ndarray) -> np.ndarray:
    return x.view(np.float64)


rounds = rounds_of(one_round)
_logarithm = logarithm_of(bits, number)
_box_muller = box_muller_of(bits, number, _logarithm)


def fill_plain(out: np.ndarray, pair: int, axis: int, step: int, key: tuple[int, int]) -> None:
    """``out`` (a multiple of TILE) from the pair of its first learner on, by NumPy."""
    k0, k1, axis_word = np.uint64(key[0]), np.uint64(key[1]), np.uint64(axis)
    low, high = np.uint64(step & 0xFFFFFFFF), np.uint64(step >> 32)
    for start in range(0, out.size, _FEW * TILE):
        part = out[start:start + _FEW * TILE].reshape(-1, 2, HALF)
        counter = np.arange(pair + start // 2, pair + start // 2 + part.size // 2, dtype=np.uint64).reshape(-1, HALF)
        part[:, 0], part[:, 1] = _box_muller(*rounds(counter, axis_word, low, high, k0, k1))


def _fill(out: np.ndarray, pair: int, axis: int, step: int, key: tuple[int, int]) -> None:
    if may_compile():
        from qlearn.kernels import compiled_normals

        compiled_normals.fill(out, np.uint64(pair), np.uint64(axis), np.uint64(step), np.uint64(key[0]), np.uint64(key[1]))
    else:
        fill_plain(out, pair, axis, step, key)


def _checked(out: Any, shape: tuple[int, ...]) -> np.ndarray:
    fits = isinstance(out, np.ndarray) and out.shape == shape and out.dtype == np.float64 and out.flags.c_contiguous
    if not fits:
        checks.fail("out", f"must be a float64 array {shape} in C order", f"{getattr(out, 'dtype', type(out))} {np.shape(out)}")
    return out
