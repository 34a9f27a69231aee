"""One Heun step near zeros: the compiled loop and NumPy agree; learners near a zero stay."""

import numpy as np
import pytest

from qlearn.kernels.log_derivative import cubic_cells, log_derivative
from qlearn.kernels.phases import phase_backend
from qlearn.kernels.pole_steps import pole_step

X = np.linspace(0, 2 * np.pi, 129)


def table(zero):
    p = np.sin((X - zero) / 2)**2 * np.exp(1j * X)
    modes, k = np.fft.fft(p[:-1]), 1j * np.fft.fftfreq(128, 1 / 128)
    return cubic_cells(*(np.append(row, row[0]) for row in (p[:-1], np.fft.ifft(k * modes), np.fft.ifft(k * k * modes))), X[1])


def step(**changes):
    rng = np.random.default_rng(4)
    given = {"first": table(1 + 0.02j), "second": table(1.01 + 0.01j), "a": 0.0, "cell": X[1], "q": rng.uniform(-9, 9, 3000),
             "kick": 0.1 * rng.standard_normal(3000), "h": 0.01, "scale": 0.7, "limit": 9.0, "bound": 30.0}
    return given["q"], pole_step(**(given | changes))


def test_twins_agree():
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    _, compiled = step()
    with phase_backend("numpy"):
        _, plain = step()
    np.testing.assert_allclose(compiled[0], plain[0], atol=1e-10)
    assert np.array_equal(compiled[1], plain[1]) and compiled[2] == plain[2] > 0


def test_learners_near_a_zero_stay_and_are_marked():
    q, (moved, near, _) = step()
    assert 0 < np.count_nonzero(near) < 600 and np.array_equal(moved[near], q[near])
    apart = np.abs(np.mod(q - 1 + np.pi, 2 * np.pi) - np.pi)
    assert apart[near].max() < apart[~near].min() * 1.1 + 0.01


def test_it_is_heun():
    q, (moved, near, limited) = step(kick=np.zeros(3000), limit=1e9, bound=1e9)
    drift = lambda w: 0.7 * (w.real + w.imag)                                                   # noqa: E731
    b = drift(log_derivative(table(1 + 0.02j), 0.0, X[1], q))
    c = drift(log_derivative(table(1.01 + 0.01j), 0.0, X[1], q + 0.01 * b))
    np.testing.assert_allclose(moved, q + 0.005 * (b + c), atol=1e-9)
    assert not near.any() and limited == 0
