"""Levels of a distribution function, and carriers that keep them."""

import numpy as np
import pytest

from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.rearrangement import Gate, Levels
from qlearn.ensembles.nodes.rule import Rule
from qlearn.kernels.levels import places
from qlearn.kernels.phases import phase_backend

CIRCLE = Circle(0.3, 6.0, 128, 0.25)
Y = 2 * np.pi * (CIRCLE.points - CIRCLE.a) / 6
Q = np.random.default_rng(0).uniform(-9, 20, 2000)


def normalised(p, circle=CIRCLE):
    return p / np.sqrt(np.sum(np.abs(p)**2) * circle.cell)


def wave():
    return normalised(np.exp(0.25j * Y) * (1.2 + 0.7 * np.exp(1j * Y) + 0.3j * np.exp(-2j * Y)))


def test_levels_are_the_integral_of_the_density():
    modes, k = np.fft.fft(np.abs(wave())**2) / CIRCLE.n, 2 * np.pi / 6 * CIRCLE.numbers[1:]
    x = Q - CIRCLE.a
    exact = modes[0].real * x + np.real(np.exp(1j * np.outer(x, k)) @ (modes[1:] / (1j * k)) - np.sum(modes[1:] / (1j * k)))
    np.testing.assert_allclose(Levels.of(CIRCLE, wave()).level(Q), exact, atol=1e-10)


@pytest.mark.parametrize("p", [wave(), normalised(np.sin(Y / 2 - 1) * np.exp(0.25j * Y))], ids=["no node", "node"])
def test_places_have_their_levels(p):
    levels = Levels.of(CIRCLE, p)
    found = levels.place(levels.level(Q))
    np.testing.assert_allclose(levels.level(found), levels.level(Q), atol=1e-14)
    np.testing.assert_allclose(found, Q, atol=1e-9)


def test_twins_agree():
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    levels = Levels.of(CIRCLE, normalised(np.sin(Y / 2 - 1) * np.exp(0.25j * Y)))
    level = np.append(levels.level(Q), [0.0, 1.0, -1.0])
    compiled = places(levels.below, levels.cells, level)
    with phase_backend("numpy"):
        np.testing.assert_allclose(places(levels.below, levels.cells, level), compiled, atol=1e-9)


def test_carriers_that_keep_their_level_move_with_the_current():
    """Against v = (ħ/m) Im p'/p, followed by Runge–Kutta in 400 steps; the gate lets in what passes through q = a."""
    law = Law(CIRCLE, lambda t: 2 * np.cos(Y), 0.8, 1.5, Rule(), moving=False)
    p, q, t, h = wave(), np.linspace(0.4, 6.2, 50), 0.0, 1.0 / 400
    gate = Gate(CIRCLE, 0.8 / 1.5)
    level = Levels.of(CIRCLE, p).level(q)

    def speed(p, q):
        modes, k = CIRCLE.modes(p), CIRCLE.wavenumbers
        waves = np.exp(1j * np.outer(q - CIRCLE.a, k))
        return 0.8 / 1.5 * np.imag((waves @ (1j * k * modes)) / (waves @ modes))

    for _ in range(400):
        middle = law.step(p, t, 0.5 * h)
        later = law.step(middle, t, 0.5 * h)
        k1 = speed(p, q)
        k2 = speed(middle, q + 0.5 * h * k1)
        k3 = speed(middle, q + 0.5 * h * k2)
        q = q + h / 6 * (k1 + 2 * k2 + 2 * k3 + speed(later, q + h * k3))
        p = later
    end = law.step(wave(), 0.0, 1.0, 400, gate)
    assert abs(gate.passed) > 0.05
    np.testing.assert_allclose(Levels.of(CIRCLE, end).place(level + gate.passed), q, atol=2e-5)
