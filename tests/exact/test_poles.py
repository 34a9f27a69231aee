"""Known resonances against what they must satisfy, without a grid."""

import numpy as np
import pytest

from qlearn.errors import ArgumentError
from qlearn.exact import BarrierPoles, EckartBarrier, InvertedOscillator, LossyOscillator, RadialBarrier


@pytest.mark.parametrize("n", [0, 1, 2])
@pytest.mark.parametrize(("height", "width", "mass", "hbar"), [(2.0, 1.0, 1.0, 1.0), (0.9, 1.7, 2.0, 0.6)])
def test_poles_are_zeros_of_one_over_the_transmission(n, height, width, mass, hbar):
    """1/T = 1 + cosh²(½π√(8mV_0a²/ħ² − 1))/sinh²πka, of Landau and Lifshitz, vanishes at k = √(2mE)/ħ."""
    poles, barrier = BarrierPoles(height, width, mass, hbar), EckartBarrier(height, width, mass, hbar)
    k = np.sqrt(2 * mass * poles.energy(n)) / hbar
    opacity = np.pi / 2 * (8 * mass * height * width**2 / hbar**2 - 1) ** 0.5
    assert abs(np.sinh(np.pi * k * width) ** 2 / np.cosh(opacity) ** 2 + 1) < 1e-10
    x = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(poles.potential(x), barrier.potential(x))
    assert 0 < barrier.transmission(k.real) < 1


def test_a_low_barrier_has_no_such_poles():
    with pytest.raises(ArgumentError, match="height"):
        BarrierPoles(0.1)


def test_oscillators_are_one_family():
    assert InvertedOscillator(1.3).energy(2) == pytest.approx(-3.25j)
    turned = LossyOscillator(0.7, omega=2.0, hbar=0.5)
    assert turned.energy(3, 2) ** 2 == pytest.approx((1 - 0.7j) * 16.0)
    assert LossyOscillator(0.7).energy(0).imag < 0 < LossyOscillator(-0.7).energy(0).imag


def test_radial_widths_grow():
    energies = [RadialBarrier().energy(n) for n in range(3)]
    assert np.all(np.diff([e.imag for e in energies]) < 0)
    with pytest.raises(ArgumentError, match="n must be"):
        RadialBarrier().energy(3)
