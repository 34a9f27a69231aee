"""P-values against exact laws: finite samples, the body and the far tail; Holm; power."""

from fractions import Fraction
from math import comb, floor

import numpy as np
import pytest
from scipy.stats import kstwo, norm

from qlearn.compare import holm, ks_floor, ks_p, kuiper_floor, kuiper_p, power_of_z, t_p
from qlearn.errors import ArgumentError


def exact_kuiper_tail(v, n):
    """P(V_n ≥ v) for v ≥ ½: M. A. Stephens, Biometrika 52 (1965) 309, in exact arithmetic."""
    v, total = Fraction(v), Fraction(0)
    for t in range(floor(n * (1 - v)) + 1):
        y = v + Fraction(t, n)
        bracket = (y**3 * n - y**2 * t * (3 - Fraction(2, n)) + y * t * (t - 1) * (3 - Fraction(2, n)) / n
                   - Fraction(t * (t - 1) * (t - 2), n * n))
        total += y**(t - 3) * bracket * comb(n, t) * (1 - v - Fraction(t, n))**(n - t - 1)
    return float(total)


@pytest.mark.parametrize("n", [10, 20, 40, 60])
@pytest.mark.parametrize("v", [0.5001, 0.6, 0.7])
def test_kuiper_is_right_in_the_far_tail(v, n):
    """From p = 0.07 (n = 10) to 6e-28 (n = 60)."""
    assert abs(kuiper_p(v, n) / exact_kuiper_tail(v, n) - 1) < 0.08


def test_the_usual_kuiper_factors_would_not_pass():
    """Stephens 1970: (√n + 0.155 + 0.24/√n) V in the asymptotic law; off by two orders of magnitude here."""
    v, n = 0.6, 60
    z = v * (np.sqrt(n) + 0.155 + 0.24 / np.sqrt(n))
    j = np.arange(1, 20)
    usual = 2 * np.sum((4 * (j * z)**2 - 1) * np.exp(-2 * (j * z)**2))
    assert usual / exact_kuiper_tail(v, n) > 10


@pytest.mark.parametrize(("n", "tolerance"), [(10, 0.06), (100, 0.003), (1000, 0.001), (100_000, 0.001)])
def test_ks_agrees_with_the_exact_law(n, tolerance):
    p = np.array([0.99, 0.9, 0.5, 0.1, 0.01, 1e-3, 1e-5])
    assert np.max(np.abs(ks_p(kstwo.isf(p, n), n) / p - 1)) < tolerance


def uniform_samples(n, count, rng):
    u = np.sort(rng.random((count, n)), axis=1)
    i = np.arange(n)
    return np.max(u - i / n, axis=1), np.max((i + 1) / n - u, axis=1)


@pytest.mark.parametrize(("n", "count"), [(100, 20_000), (1000, 2000), (100_000, 120)])
def test_p_values_are_uniform_under_the_null(n, count):
    """Share of p below each level, within 4.4 binomial standard errors: false-alarm rate below 1e-4 for all of them."""
    rng = np.random.default_rng(n)
    parts = [uniform_samples(n, max(1, min(count, 2_000_000 // n)), rng) for _ in range(-(-count * n // 2_000_000))]
    below, above = (np.concatenate(part) for part in zip(*parts, strict=True))
    for p in (kuiper_p(below + above, n), ks_p(np.maximum(below, above), n)):
        for level in (0.9, 0.5, 0.2, 0.05, 0.01):
            assert abs(np.mean(p < level) - level) < 4.4 * np.sqrt(level * (1 - level) / len(p)), level


def test_floors_are_medians():
    """False-alarm rate 1e-4."""
    below, above = uniform_samples(500, 4000, np.random.default_rng(0))
    for distances, median in ((below + above, kuiper_floor(500)), (np.maximum(below, above), ks_floor(500))):
        assert abs(np.mean(distances > median) - 0.5) < 3.9 * 0.5 / np.sqrt(4000)
    assert abs(ks_floor(1e6) * 1e3 - 0.82757) < 1e-3


def test_extreme_distances_have_extreme_p_values():
    assert ks_p(0.0, 50) == kuiper_p(0.0, 50) == 1
    assert ks_p(1.0, 50) < 1e-30 and kuiper_p(1.0, 50) < 1e-30
    d = np.linspace(0, 1, 2001)
    assert np.all(np.diff(kuiper_p(d, 30)) <= 1e-12) and np.all(np.diff(ks_p(d, 30)) <= 1e-12)


def test_holm_by_hand_and_its_order():
    assert np.allclose(holm([0.02, 0.001, 0.5, 0.03]), [0.06, 0.004, 0.5, 0.06])
    assert holm([]).size == 0 and holm([0.9, 0.8]).max() <= 1


def test_holm_keeps_the_family_wise_error():
    """10 000 families of five true nulls at 5 %: between 4 and 6 % have a rejection (false-alarm rate 1e-5)."""
    p = np.random.default_rng(1).random((10_000, 5))
    rejected = np.mean([np.any(holm(family) < 0.05) for family in p])
    assert 0.04 < rejected < 0.06
    assert np.mean(np.any(p < 0.05, axis=1)) > 0.2                    # without the correction


@pytest.mark.parametrize("p", [[0.1, 1.2], [-0.1], [np.nan]])
def test_holm_refuses_what_is_no_p_value(p):
    with pytest.raises(ArgumentError):
        holm(p)


def test_power_and_tails():
    assert np.isclose(power_of_z(0.0, 1.0, 0.01), 0.01)
    assert np.isclose(power_of_z(3.0, 1.0, 0.05), norm.sf(1.959964 - 3) + norm.cdf(-1.959964 - 3), atol=1e-6)
    assert np.isclose(t_p(2.0), 2 * norm.sf(2)) and t_p(2.0, 10) > t_p(2.0)
