"""Bands of a long signal: exponentials stay exponentials with the gain that is stated; others are suppressed."""

from itertools import pairwise

import numpy as np
import pytest

from qlearn.spectrum.lines.narrow_band import MOST_SAMPLES, bands

N = np.arange(20_000)


@pytest.mark.parametrize("fading", [0.0, 1e-4])
def test_an_exponential_inside(fading):
    (band,) = bands(len(N), 0.5, 0.52, len(N))
    theta = np.array([0.513 - 1j * fading])
    y = band.narrowed(np.exp(-1j * theta * N))
    assert 20 < len(y) <= MOST_SAMPLES + 1
    j = np.arange(len(y))
    np.testing.assert_allclose(y, band.gain(theta) * np.exp(-1j * (theta - band.centre) * band.step * j), atol=1e-11)
    assert abs(band.gain(theta)[0]) == pytest.approx(1, abs=0.5)
    assert band.phases((theta - band.centre) * band.step) == pytest.approx(theta)


def test_exponentials_outside_are_suppressed():
    (band,) = bands(len(N), 0.5, 0.52, len(N))
    for theta in (0.3, 0.7, -2.0, 3.1):
        assert np.max(np.abs(band.narrowed(np.exp(-1j * theta * N)))) < 2e-11


def test_white_noise_keeps_its_density():
    (band,) = bands(len(N), 0.0, 0.1, len(N))
    noise = np.random.default_rng(0).normal(size=(2, len(N))).T @ [1, 1j] / np.sqrt(2)
    y = band.narrowed(noise)
    assert np.sqrt(np.mean(np.abs(y) ** 2)) * band.whiteness == pytest.approx(1, abs=0.15)      # 500 samples: ± 0.05
    assert 1 <= band.depth < 1.5


def test_short_signals_are_one_band_and_wide_windows_many():
    (whole,) = bands(MOST_SAMPLES, -np.pi, np.pi, 100)
    assert whole.narrowed(N) is N and whole.gain(np.ones(3)).tolist() == [1, 1, 1]
    many = bands(20_000, -np.pi, np.pi, 20_000)
    edges = [(band.centre - band.half, band.centre + band.half) for band in many]
    assert edges[0][0] == pytest.approx(-np.pi) and edges[-1][1] == pytest.approx(np.pi)
    assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(edges))


@pytest.mark.parametrize("n", [513, 700, 1100, 3000])
@pytest.mark.parametrize("half", [np.pi, 1.0, 0.01])
def test_noise_is_white_in_every_band(n, half):
    """Where parts of the band of y had no noise the rest would stand out, and be taken for lines."""
    for band in bands(n, -half, half, n):
        theta = band.centre + np.linspace(-np.pi, np.pi, 401) / band.step
        aliased = sum(np.abs(band.gain(theta + 2 * np.pi * j / band.step)) ** 2 for j in range(band.step))
        assert band.step > 1 and aliased.min() > 0.4 * aliased.max()
