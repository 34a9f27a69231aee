"""Powers of matrices and their derivatives: against SciPy's, against differences, at equal eigenvalues."""

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from qlearn.systems.minibatch.matrix_power import power, power_slopes


def positive(n, d, seed=0):
    a = np.random.default_rng(seed).standard_normal((n, d, d))
    return a @ np.swapaxes(a, 1, 2) + 0.3 * np.eye(d)


@pytest.mark.parametrize("p", [-1.0, -0.5, 0.0, 0.3, 1.0])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_power_and_its_slopes(p, d):
    """Against fractional_matrix_power, and the slope against a central difference of it."""
    A, B = positive(4, d), np.random.default_rng(1).standard_normal((4, 2, d, d))
    B = B + np.swapaxes(B, 2, 3)
    np.testing.assert_allclose(power(A, p), [fractional_matrix_power(a, p) for a in A], rtol=1e-11, atol=1e-13)
    h = 1e-5
    difference = np.stack([(power(A + h * B[:, n], p) - power(A - h * B[:, n], p)) / (2 * h) for n in (0, 1)], axis=1)
    np.testing.assert_allclose(power_slopes(A, B, p), difference, atol=1e-7)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-9, 1e-4])
def test_slopes_where_eigenvalues_meet(gap):
    """At λ₁ = λ₂ the divided difference is the derivative: nothing is lost to 1e-10 however close they are."""
    A = np.diag([2.0, 2.0 + gap])[None]
    B = np.array([[[[0.3, 0.7], [0.7, -0.2]]]])
    p = -0.5
    expected = p * 2.0 ** (p - 1) * B
    np.testing.assert_allclose(power_slopes(A, B, p), expected, rtol=max(1e-12, 2 * gap))
