"""P-values right at finite sample size and in the far tail; sampling floors; Holm's correction; power of a z-test.

Kolmogorov's and Kuiper's limit laws Q are entered not with √n·D but with

    z = √(n I(D)/2) + (c − 2cD/3)/√n,    I(D) = min_p KL(p + D ‖ p) = 2D² + 4D⁴/9 + …,   c = 1/6 (KS), 1/3 (Kuiper)

I is Bahadur's exact exponent of both statistics, c/√n the known first correction (Smirnov; Kuiper 1960), and the term
in D was found by comparison with exact laws (SciPy's kstwo; Stephens 1965, upper tail of V).  Right to a few per cent
of p for D ≤ 0.7 and n ≥ 10, however small p is; the usual factors (Stephens 1970) are off by 2 to 20 in the tail.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy.special import chdtrc, kolmogorov, ndtr, ndtri, stdtr

from qlearn import checks

__all__ = ["chi2_p", "holm", "ks_floor", "ks_p", "kuiper_floor", "kuiper_p", "power_of_z", "t_p"]

_TERMS = np.arange(1, 41)           # of Kuiper's series: enough from z = 0.4 on, below which Q = 1 to 1e-12


def ks_p(distance: Any, n: float) -> np.ndarray:
    """P(D_n ≥ distance) of the two-sided Kolmogorov–Smirnov distance of n independent points from their own law.

    Examples
    --------
    >>> round(float(ks_p(0.1, 100)), 3)
    0.253
    """
    return kolmogorov(_argument(distance, n, 1 / 6))


def kuiper_p(distance: Any, n: float) -> np.ndarray:
    """P(V_n ≥ distance) of Kuiper's distance V = max(F_n − F) + max(F − F_n): 2 Σ_j (4j²z² − 1) exp(−2j²z²).

    Source: N. H. Kuiper, Proc. Kon. Ned. Akad. Wet. A 63 (1960) 38.

    Examples
    --------
    >>> round(float(kuiper_p(0.175, 100)), 3)
    0.04
    """
    z = _argument(distance, n, 1 / 3)
    a = np.square(np.multiply.outer(np.maximum(z, 0.4), _TERMS))
    q = np.minimum(2 * np.sum((4 * a - 1) * np.exp(-2 * a), axis=-1), 1.0)
    return np.where(z > 0.4, q, 1.0)


@cache
def ks_floor(n: float) -> float:
    """Median of D_n for a perfect sample of n independent points: about 0.8276/√n."""
    return _median(ks_p, n)


@cache
def kuiper_floor(n: float) -> float:
    """Median of V_n for a perfect sample of n independent points: about 1.2238/√n."""
    return _median(kuiper_p, n)


def chi2_p(statistic: Any, degrees: int) -> np.ndarray:
    """Upper tail of the χ² law."""
    return chdtrc(degrees, statistic)


def t_p(z: Any, degrees: float = np.inf) -> np.ndarray:
    """Two-sided p of z = (value − expected)/error; Student's law where the error has few degrees of freedom."""
    z = np.abs(np.asarray(z, dtype=float))
    return 2 * (ndtr(-z) if np.isinf(degrees) else stdtr(degrees, -z))


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Holm's adjusted p-values: rejecting where they are below a level keeps the family-wise error at that level.

    For p in ascending order p̃_(i) = max_{j ≤ i} min(1, (m − j + 1) p_(j)); any dependence between the tests is allowed.

    Source: S. Holm, Scand. J. Statist. 6 (1979) 65.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = checks.finite_array("p_values", p_values, shape=(None,))
    if p.size and (p.min() < 0 or p.max() > 1):
        checks.fail("p_values", "must lie in [0, 1]", f"{p.min():g} … {p.max():g}")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
    return adjusted


def power_of_z(delta: Any, se: Any, level: float) -> np.ndarray:
    """Probability that a two-sided z-test at this level rejects a true difference delta, measured with error se.

    Examples
    --------
    >>> round(float(power_of_z(delta=3.0, se=1.0, level=0.05)), 3)
    0.851
    """
    level = checks.real("level", level, above=0, most=1)
    shift = np.abs(np.asarray(delta, dtype=float)) / np.asarray(se, dtype=float)
    edge = ndtri(1 - level / 2)
    return ndtr(shift - edge) + ndtr(-shift - edge)


def _argument(distance: Any, n: float, c: float) -> np.ndarray:
    n = checks.real("n", n, above=0)
    d = np.clip(np.asarray(distance, dtype=float), 0.0, 1 - 1e-6)
    return np.sqrt(0.5 * n * _exponent(d)) + np.maximum(c * (1 - 2 * d / 3), 0) / np.sqrt(n)


def _exponent(d: np.ndarray) -> np.ndarray:
    """I(d) = min_p KL(p + d ‖ p): the series below d = 0.05 (to 1e-6), bisection of the derivative above."""
    small = 2 * d**2 * (1 + 2 * d**2 / 9 + 16 * d**4 / 135)
    wide = np.maximum(d, 0.05)
    low, high = np.zeros_like(wide), 1 - wide
    for _ in range(45):
        p = 0.5 * (low + high)
        q, rest = p + wide, np.maximum(1 - wide - p, 1e-300)
        rising = np.log(q * (1 - p) / (p * rest)) > wide / (p * (1 - p))
        low, high = np.where(rising, low, p), np.where(rising, p, high)
    exact = q * np.log(q / p) + rest * np.log(rest / (1 - p))
    return np.where(d < 0.05, small, exact)


def _median(p_value: Callable[[Any, float], np.ndarray], n: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if p_value(middle, n) > 0.5 else (low, middle)
    return 0.5 * (low + high)
