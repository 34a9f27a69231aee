"""Mathieu's characteristic values for any exponent to as many digits as asked for, from Hill's continued fraction in mpmath.

    (a − (ν + 2j)²) c_j = q (c_{j−1} + c_{j+1}),    0 = a − ν² − q²/(a − (ν + 2)² − q²/…) − q²/(a − (ν − 2)² − q²/…)

No matrix, no grid, no floating point of the machine. NIST DLMF 28.4, 28.12.
"""

import mpmath as mp

__all__ = ["characteristic_value", "derivatives"]

DEPTH = 40


def characteristic_value(nu: mp.mpf, q: mp.mpf, start: float) -> mp.mpf:
    """The root a(ν, q) near ``start``; the fraction is centred on the ν + 2n whose square is nearest to it."""
    nu = min((nu + 2 * n for n in range(-DEPTH // 2, DEPTH // 2)), key=lambda mu: abs(mu**2 - start))

    def side(a: mp.mpf, sign: int) -> mp.mpf:
        tail = mp.mpf(0)
        for j in range(DEPTH, 0, -1):
            tail = q**2 / (a - (nu + 2 * sign * j) ** 2 - tail)
        return tail

    near = mp.mpf(start)
    return mp.findroot(lambda a: a - nu**2 - side(a, 1) - side(a, -1), (near, near + mp.mpf(10) ** -9))


def derivatives(theta: float, q: float, start: float, digits: int = 50) -> tuple[float, float, float]:
    """a, da/dθ, d²a/dθ² at ν = 2θ: central differences of step 1e-12 with 50 digits, exact to those of a float."""
    with mp.workdps(digits):
        h, nu = mp.mpf(10) ** -12, 2 * mp.mpf(theta)
        low, mid, high = (characteristic_value(nu + 2 * s * h, mp.mpf(q), start) for s in (-1, 0, 1))
        return float(mid), float((high - low) / (2 * h)), float((high - 2 * mid + low) / h**2)
