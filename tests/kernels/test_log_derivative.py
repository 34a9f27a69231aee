"""p'/p from cells: the compiled loop and NumPy agree; a pole is where p has its zero."""

import numpy as np
import pytest

from qlearn.kernels.log_derivative import cubic_cells, log_derivative, log_derivative_and_rate, log_derivative_between
from qlearn.kernels.phases import phase_backend

X = np.linspace(0, 2 * np.pi, 129)
P = np.sin((X - 1 - 0.01j) / 2)**2 * np.exp(1j * X)


def table():
    n = len(X) - 1
    modes, k = np.fft.fft(P[:-1]), 1j * np.fft.fftfreq(n, 1 / n)
    rows = [np.append(row, row[0]) for row in (P[:-1], np.fft.ifft(k * modes), np.fft.ifft(k * k * modes))]
    return cubic_cells(*rows, X[1])


def test_twins_agree():
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    q = np.random.default_rng(1).uniform(-10, 20, 500)
    compiled = log_derivative(table(), 0.0, X[1], q)
    with phase_backend("numpy"):
        plain = log_derivative(table(), 0.0, X[1], q)
    np.testing.assert_allclose(compiled, plain, rtol=1e-12)
    share = np.random.default_rng(2).uniform(size=500)
    first, second = table(), table() * (1 + 2j) + 1
    compiled = log_derivative_between(first, second, share, 0.0, X[1], q)
    with phase_backend("numpy"):
        plain = log_derivative_between(first, second, share, 0.0, X[1], q)
    np.testing.assert_allclose(compiled[0], plain[0], rtol=1e-10)
    np.testing.assert_allclose(compiled[1], plain[1], rtol=1e-8)
    compiled = log_derivative_and_rate(first, 0.0, X[1], q)
    with phase_backend("numpy"):
        plain = log_derivative_and_rate(first, 0.0, X[1], q)
    np.testing.assert_allclose(compiled[0], plain[0], rtol=1e-10)
    np.testing.assert_allclose(compiled[1], plain[1], rtol=1e-8)


def test_near_the_zero():
    q = 1 + np.array([-0.2, -0.02, 0.03, 0.5])
    exact = 1j + 1 / np.tan((q - 1 - 0.01j) / 2)
    np.testing.assert_allclose(log_derivative(table(), 0.0, X[1], q), exact, rtol=0.02)
    far = np.array([2.0, 4.0, 6.0])
    np.testing.assert_allclose(log_derivative(table(), 0.0, X[1], far), 1j + 1 / np.tan((far - 1 - 0.01j) / 2), rtol=1e-5)
