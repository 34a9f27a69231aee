"""Line shapes of windows against their sums, and peaks fitted alone and together."""

import numpy as np
import pytest

from qlearn.errors import ArgumentError
from qlearn.spectrum.lines.fourier_peaks import WINDOWS, LineShape, fitted_peaks

THETA = np.random.default_rng(0).uniform(-np.pi, np.pi, 40)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_line_shape_is_the_sum_over_the_window(window):
    shape = LineShape.of(window, 70)
    n = np.arange(-69, 70)
    value, slope = shape(THETA)
    np.testing.assert_allclose(value, np.cos(np.outer(THETA, n)) @ shape.weights, atol=1e-14)
    np.testing.assert_allclose(slope, -np.sin(np.outer(THETA, n)) @ (n * shape.weights), atol=1e-12)
    assert shape(np.zeros(1))[0] == pytest.approx(1)
    assert np.all(shape.far(THETA) >= np.abs(value) * (1 - 0.1))


def test_an_unknown_window():
    with pytest.raises(ArgumentError, match="hann"):
        LineShape.of("boxcar", 20)


def test_neighbours_interfere_unless_fitted_together():
    energies, weights = np.array([-0.5, 0.1, 0.8]), np.array([1.0, 0.1, 0.5])
    c = np.exp(-1j * np.outer(np.arange(120), energies)) @ weights
    shape = LineShape.of("hann", 120)
    errors = []
    for alone in (True, False):
        peaks = fitted_peaks(c, shape, 1e-3, alone)
        found = np.sort(np.remainder(peaks.theta + np.pi, 2 * np.pi) - np.pi)
        errors.append(np.max(np.abs(found - energies)))
        order = np.argsort(np.remainder(peaks.theta + np.pi, 2 * np.pi))
        assert np.all(np.abs(found - energies) <= peaks.errors[order])
        assert np.all(np.abs(peaks.heights[order] - weights) <= peaks.height_errors[order] + 1e-14)
    assert errors[0] > 1e-6 and errors[1] < 1e-13


def test_sidelobes_are_no_peaks():
    peaks = fitted_peaks(np.exp(-0.7j * np.arange(50)), LineShape.of("hann", 50), 1e-6)
    assert len(peaks.theta) == 1 and peaks.theta[0] == pytest.approx(0.7, abs=1e-13)


def test_two_lines_under_one_peak_have_a_large_error():
    c = np.exp(-1j * np.outer(np.arange(50), [0.7, 0.72])) @ [0.6, 0.4]
    peaks = fitted_peaks(c, LineShape.of("blackmanharris", 50), 1e-3)
    assert len(peaks.theta) == 1 and peaks.errors[0] > abs(peaks.theta[0] - 0.708) and peaks.errors[0] > 1e-4


def test_too_many_peaks_are_refused():
    noise = np.random.default_rng(0).normal(size=(2, 4000))
    with pytest.raises(ArgumentError, match="threshold"):
        fitted_peaks(noise[0] + 1j * noise[1], LineShape.of("hann", 4000), 1e-9)
