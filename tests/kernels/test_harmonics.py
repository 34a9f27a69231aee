"""Legendre functions, the projector on harmonics, and the derivatives of each boundary with their adjoints."""

import numpy as np
import pytest
from scipy.special import sph_harm_y

from qlearn.kernels.derivatives import PeriodicDerivative, PoleDerivative, WallDerivative, gauss_nodes
from qlearn.kernels.harmonics import HarmonicProjector, legendre_functions


def random_wave(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@pytest.mark.parametrize(("count", "order"), [(5, 0), (8, 3), (8, 7), (8, 9), (300, 0), (300, 1), (300, 299)])
def test_legendre_functions_are_orthonormal(count, order):
    weights = gauss_nodes(count)[1]
    functions = legendre_functions(count, order)
    assert functions.shape == (max(count - order, 0), count)
    np.testing.assert_allclose((functions * weights) @ functions.T, np.eye(len(functions)), atol=1e-11)


def test_legendre_functions_are_those_of_the_spherical_harmonics():
    theta = gauss_nodes(9)[0]
    exact = np.array([sph_harm_y(degree, 2, theta, 0.0).real for degree in range(2, 9)]) * np.sqrt(2 * np.pi)
    np.testing.assert_allclose(legendre_functions(9, 2), exact, atol=1e-13)


@pytest.mark.parametrize("azimuths", [2, 6, 10, 16])
def test_the_projector_keeps_harmonics_and_nothing_else(azimuths):
    n = 5
    projector = HarmonicProjector(n, azimuths, -2)
    theta, phi = np.meshgrid(gauss_nodes(n)[0], 2 * np.pi * np.arange(azimuths) / azimuths, indexing="ij")
    for degree in range(n):
        for m in range(-min(degree, azimuths // 2), min(degree, azimuths // 2) + 1):
            wave = sph_harm_y(degree, m, theta, phi)
            np.testing.assert_allclose(projector.apply(wave), wave, atol=1e-13)
    f, g = random_wave((2, 3, n, azimuths))
    once = projector.apply(f)
    np.testing.assert_allclose(projector.apply(once), once, atol=1e-13)
    assert np.vdot(f, projector.apply(g)) == pytest.approx(np.vdot(projector.adjoint(f), g), rel=1e-12)
    units = np.eye(n * azimuths, dtype=complex).reshape(-1, n, azimuths)
    rank = np.linalg.matrix_rank(projector.apply(units).reshape(-1, n * azimuths))
    dimensions = [max(n - abs(m), 0) for m in range(-(azimuths // 2) + 1, azimuths // 2 + 1)]
    assert rank == sum(dimensions)


RULES = {
    "ring": PeriodicDerivative(2 * np.pi * np.fft.fftfreq(6, 1 / 6) / 3, -2, True),
    "twisted": PeriodicDerivative(2 * np.pi * (np.fft.fftfreq(6, 1 / 6) + 0.3) / 3, -2, False),
    "wall": WallDerivative(6, 3.0, -2),
    "pole": PoleDerivative(6, 3.0, -2),
}


@pytest.mark.parametrize("name", RULES)
def test_each_derivative_has_its_adjoint(name):
    rule = RULES[name]
    f = random_wave((6, 4))
    slope = rule.slope(f)
    values = random_wave(slope.shape, 1)
    weights = np.ones(slope.shape)
    if name == "wall":
        weights[[0, -1]] = 0.5
    assert np.vdot(slope, weights * values) == pytest.approx(np.vdot(f, rule.adjoint(values)), rel=1e-12)
    assert rule.inside(slope).shape == f.shape
