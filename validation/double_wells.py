"""Relaxation rates of polynomial losses to many digits, γ = 1: f″ = (U′/T)f′ − (λ/T)f as power series, from 0 to both ends.

Nothing of qlearn is in it. f is entire, so that its series in x = q/R converges everywhere; it is summed in whole numbers, in
units of 2^−BITS. The solutions whose flux e^{−U/T}f′ vanishes at ±R give the rates between reflecting walls there, which differ
from those of the line by about e^{−U(R)/T}.
"""

from collections.abc import Sequence
from fractions import Fraction

import mpmath as mp

__all__ = ["rate"]

BITS = 1600


def rate(loss: Sequence[str], temperature: str, reach: str, guess: float) -> float:
    """The rate near ``guess`` (secant from a point 1e-3 off) of U = Σ loss[n] qⁿ, decimals as texts."""
    T, R = Fraction(temperature), Fraction(reach)
    slope = [_whole(n * Fraction(c) * R**n / T) for n, c in enumerate(loss)][1:]
    with mp.workdps(100):
        unit = mp.mpf(guess)
        before, here = mp.mpf("0.999"), mp.mpf("1.001")
        value, old = (_determinant(slope, _shift(unit * x, T, R)) for x in (here, before))
        while abs(here - before) > mp.mpf(10) ** -30:
            before, here, old = here, here - value * (here - before) / (value - old), value
            value = _determinant(slope, _shift(unit * here, T, R))
        return float(unit * here)


def _whole(value: Fraction) -> int:
    return (value.numerator << BITS) // value.denominator


def _shift(value: mp.mpf, T: Fraction, R: Fraction) -> int:
    factor = R**2 / T
    return int(mp.floor(mp.ldexp(value * factor.numerator / factor.denominator, BITS)))


def _determinant(slope: list[int], shift: int) -> mp.mpf:
    """f₁′(1) f₂′(−1) − f₂′(1) f₁′(−1) of the solutions that start as 1 and as x."""
    (a, b), (c, d) = (_slopes(slope, shift, start) for start in ((1, 0), (0, 1)))
    return mp.mpf(a * d - b * c)


def _slopes(slope: list[int], shift: int, start: tuple[int, int]) -> tuple[int, int]:
    """f′(1), f′(−1) from c_{n+2} (n+2)(n+1) = Σ_k u_k (n+1−k) c_{n+1−k} − shift c_n."""
    c = [start[0] << BITS, start[1] << BITS]
    right = left = c[1]
    n, small = 0, 0
    while small < 12:
        value = -shift * c[n]
        for k, u in enumerate(slope[:n + 1]):
            value += u * (n + 1 - k) * c[n + 1 - k]
        c.append((value >> BITS) // ((n + 2) * (n + 1)))
        term = (n + 2) * c[-1]
        right, left = right + term, left + (term if n % 2 else -term)
        small, n = (small + 1 if abs(term) < 1 << 64 else 0), n + 1
    return right, left
