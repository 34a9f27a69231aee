"""Levels in one dimension to any number of digits, by Taylor series in mpmath: shares no method, basis or arithmetic with qlearn.

−(ħ²/2m)ψ'' + V(x)ψ = Eψ, V = Σ v_j x^j, from x = 0 with ψ' = 0 (even) or ψ = 0 (odd) to a wall ψ(b) = 0. On each step

    ψ = Σ c_k s^k,    (k + 2)(k + 1) c_{k+2} = (2m/ħ²) [Σ_j w_j c_{k−j} − E c_k],    w_j the Taylor coefficients of V there,

which converges for every s, V being entire. E by the secant rule on ψ(b; E).
"""

from collections.abc import Sequence
from typing import Any

import mpmath

__all__ = ["level", "splitting"]


def level(coefficients: Sequence[Any], wall: Any, near: float, *, odd: bool, hbar: Any = 1, mass: Any = 1, digits: int = 50,
          steps: int = 24) -> Any:
    """The level next to ``near``, an mpf.     coefficients : v_0, v_1, …, as exact strings, integers or floats."""
    with mpmath.workdps(digits):
        v, b = [mpmath.mpf(c) for c in coefficients], mpmath.mpf(wall)
        factor = 2 * mpmath.mpf(mass) / mpmath.mpf(hbar) ** 2
        local = [_moved(v, b * i / steps) for i in range(steps)]
        first = mpmath.mpf(near)
        second = first * (1 + mpmath.mpf(10) ** -11) + mpmath.mpf(10) ** -14
        f, g = (_end(local, b / steps, factor, e, odd) for e in (first, second))
        for _ in range(40):
            if g == f:
                return second
            third = second - g * (second - first) / (g - f)
            first, second, f, g = second, third, g, _end(local, b / steps, factor, third, odd)
            if abs(second - first) < mpmath.mpf(10) ** (12 - digits) * abs(second):
                return second
    raise ArithmeticError(f"no level found near {near}")


def splitting(coefficients: Sequence[Any], wall: Any, near: tuple[float, float], **settings: Any) -> Any:
    """E_odd − E_even, an mpf; digits lost to the subtraction are the caller's to add."""
    even, odd = (level(coefficients, wall, e, odd=parity, **settings) for e, parity in zip(near, (False, True), strict=True))
    with mpmath.workdps(settings.get("digits", 50)):
        return odd - even


def _end(local: list[list[Any]], step: Any, factor: Any, energy: Any, odd: bool) -> Any:
    """ψ at the wall; the size of ψ on the way does not matter."""
    value, slope = (mpmath.mpf(0), mpmath.mpf(1)) if odd else (mpmath.mpf(1), mpmath.mpf(0))
    for w in local:
        value, slope = _stepped(w, step, factor, energy, value, slope)
    return value


def _stepped(w: list[Any], step: Any, factor: Any, energy: Any, value: Any, slope: Any) -> tuple[Any, Any]:
    """One Taylor step, in powers of s/step, until four terms in a row are nothing."""
    scaled = [factor * step ** (j + 2) * c for j, c in enumerate(w)]
    scaled[0] -= factor * step**2 * energy
    terms = [value, slope * step]
    nothing = mpmath.mpf(10) ** (-mpmath.mp.dps - 5) * (abs(value) + abs(terms[1]))
    k = 0
    while True:
        terms.append(mpmath.fdot((scaled[j], terms[k - j]) for j in range(min(k + 1, len(scaled)))) / ((k + 1) * (k + 2)))
        k += 1
        if k > 8 and all(abs(term) * k < nothing for term in terms[-4:]):
            break
    return mpmath.fsum(terms), mpmath.fsum(k * term for k, term in enumerate(terms)) / step


def _moved(v: list[Any], x: Any) -> list[Any]:
    """The Taylor coefficients of a polynomial at x."""
    return [mpmath.fsum(mpmath.binomial(k, j) * v[k] * x ** (k - j) for k in range(j, len(v))) for j in range(len(v))]
