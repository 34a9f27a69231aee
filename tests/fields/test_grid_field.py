"""GridField against exact Fourier sums: error bounds hold in space and time, with twist, in one and two dimensions."""

import pickle

import numpy as np
import pytest
from waves import ring

from qlearn.errors import ArgumentError
from qlearn.fields import DriftScaled, GridField
from qlearn.grids import Grid


class Packet:
    """Σ c_n exp(ik_n(q − a) − ik_n²t/2) with a broad spectrum, exact everywhere."""

    def __init__(self, twist):
        self.grid = Grid(96, (-1, 2 * np.pi - 1), twist=twist)
        n = np.arange(-20, 25)
        self.k = n + self.grid.sectors[0]
        self.c = np.exp(-(n - 3)**2 / 18 + 6j * np.random.default_rng(0).random(len(n)))

    def __call__(self, t, q, derivative=0, rate=0):
        factor = self.c * (1j * self.k)**derivative * (-0.5j * self.k**2)**rate
        return np.exp(1j * np.multiply.outer(q + 1, self.k) - 0.5j * self.k**2 * t) @ factor

    def field(self, times):
        x = self.grid.axes[0]
        return GridField(self.grid, times, np.array([self(t, x) for t in times]),
                         np.array([self(t, x, rate=1) for t in times]))


def errors(packet, field, t, q):
    psi, grad = field(t, q)
    exact, slope = packet(t, q), packet(t, q, derivative=1)
    return np.max(np.abs(psi - exact)) / np.max(np.abs(exact)), np.max(np.abs(grad[0] - slope)) / np.sqrt(
        np.mean(np.abs(slope)**2))


@pytest.mark.parametrize("twist", [0.0, 0.3, 0.5])
def test_space_error_is_bounded_and_small(twist):
    packet = Packet(twist)
    times = np.linspace(0, 0.01, 3)
    field = packet.field(times)
    value, slope = errors(packet, field, times[1], np.random.default_rng(1).uniform(-20, 20, 4000))
    assert value < 1e-8
    assert slope < field.space_error < 1e-6


@pytest.mark.parametrize("twist", [0.0, 0.3])
def test_time_interpolation_has_order_four_and_its_estimate_is_honest(twist):
    packet = Packet(twist)
    q = packet.grid.axes[0]
    found, estimated = [], []
    for n in (50, 100, 200, 400):
        times = np.linspace(0, 1, n + 1)
        field = packet.field(times)
        middle = [0.5 * (times[i] + times[i + 1]) for i in range(0, n, n // 10)]
        miss = [np.linalg.norm(field(t, q)[0] - packet(t, q)) / np.linalg.norm(packet(t, q)) for t in middle]
        found.append(max(miss))
        estimated.append(field.time_error)
    slopes = np.diff(np.log(found)) / -np.log(2)
    assert np.all(np.abs(slopes[1:] - 4) < 0.15)
    assert np.all(np.array(estimated) > 0.5 * np.array(found)) and np.all(np.array(estimated) < 3 * np.array(found))


def test_two_dimensions_with_twist():
    grid = Grid((40, 32), [(-4, 4), (-3, 5)], twist=(0.0, 0.25))
    n = np.arange(-6, 7)
    kx, ky = 2 * np.pi / 8 * n, 2 * np.pi / 8 * (n + 0.25)
    c = np.exp(-(n[:, None]**2 + n**2) / 12 + 6j * np.random.default_rng(0).random((13, 13)))
    energy = 0.5 * (kx[:, None]**2 + ky**2)

    def wave(t, x, y, dx=0, dy=0, rate=0):
        ex = (1j * kx)**dx * np.exp(1j * np.multiply.outer(x + 4, kx))
        ey = (1j * ky)**dy * np.exp(1j * np.multiply.outer(y + 3, ky))
        return np.einsum("...n,...m,nm->...", ex, ey, c * np.exp(-1j * energy * t) * (-1j * energy)**rate)

    times = np.linspace(0, 0.02, 5)
    field = GridField(grid, times, np.array([wave(t, *grid.mesh) for t in times]),
                      np.array([wave(t, *grid.mesh, rate=1) for t in times]))
    x, y = np.random.default_rng(1).uniform(-20, 20, (2, 500))
    psi, grad = field(0.0123, x, y)
    size = np.sqrt(np.mean(np.abs(wave(0.0123, x, y, dx=1))**2))
    assert np.max(np.abs(psi - wave(0.0123, x, y))) < 1e-7 * np.max(np.abs(psi))
    assert np.max(np.abs(grad[0] - wave(0.0123, x, y, dx=1))) < 1e-6 * size
    assert np.max(np.abs(grad[1] - wave(0.0123, x, y, dy=1))) < 1e-6 * size
    assert field.space_error < 1e-6


def test_a_pickled_field_is_the_same():
    wave = ring()
    field = wave.field(np.linspace(0, 1, 21))
    q = np.linspace(-3, 9, 50)
    again = pickle.loads(pickle.dumps(field))
    assert all(np.array_equal(a, b) for a, b in zip(field(0.42, q), again(0.42, q), strict=True))


def test_the_scaled_drift_scales_only_the_gradient():
    field = ring().field(np.linspace(0, 1, 21))
    q = np.linspace(0, 6, 5)
    psi, grad = DriftScaled(field, 0.8)(0.1, q)
    assert np.array_equal(psi, field(0.1, q)[0]) and np.allclose(grad, 0.8 * field(0.1, q)[1])


def test_steepness_is_twice_the_kinetic_energy():
    wave = ring()
    field = wave.field(np.linspace(0, 0.01, 3))
    psi = wave.states([0.0])[0]
    slope = wave.grid.derivative(psi)
    kinetic = np.sum(np.abs(slope)**2) / np.sum(np.abs(psi)**2)
    assert np.isclose(field.steepness, kinetic, rtol=1e-3)


@pytest.mark.parametrize(("call", "message"), [
    (lambda f: f(1.5, np.zeros(2)), "stored times"),
    (lambda f: f(0.5, np.zeros(2), np.zeros(2)), "1 arrays"),
    (lambda f: GridField(f.grid, f.times[::-1], f.states, f.derivatives), "increasing"),
    (lambda f: GridField(f.grid, f.times, f.states[1:], f.derivatives), "shape"),
    (lambda f: GridField(f.grid, f.times, 0 * f.states, f.derivatives), "vanish"),
], ids=["time", "coordinates", "order", "shape", "zero"])
def test_refusals(call, message):
    with pytest.raises(ArgumentError, match=message):
        call(ring().field(np.linspace(0, 1, 21)))


def test_fewer_than_three_times_have_no_error_estimate():
    assert np.isnan(ring().field(np.array([0.0, 0.1])).time_error)


def test_between_walls_the_field_is_the_sum_of_sines():
    grid = Grid(40, (1, 4), "wall")
    k = np.pi * np.arange(1, 6) / 3
    c = np.array([1, 0.5j, -0.3, 0.2, 0.1])

    def wave(t, q, rate=0):
        return np.sin(np.multiply.outer(q - 1, k)) @ (c * (-0.5j * k**2)**rate * np.exp(-0.5j * k**2 * t))

    times = np.linspace(0, 0.01, 3)
    field = GridField(grid, times, np.array([wave(t, grid.axes[0]) for t in times]),
                      np.array([wave(t, grid.axes[0], rate=1) for t in times]))
    q = np.linspace(1, 4, 31)
    psi, grad = field(0.005, q)
    slope = np.cos(np.multiply.outer(q - 1, k)) @ (c * k * np.exp(-0.0025j * k**2))
    assert np.max(np.abs(psi - wave(0.005, q))) < 1e-8 and np.max(np.abs(grad[0] - slope)) < 1e-6
    assert np.isclose(field.steepness, np.sum(k**2 * np.abs(c)**2) / np.sum(np.abs(c)**2))


def on_a_sphere(theta, phi):
    """Smooth there: polynomials in x, y, z, of both parities in the azimuth."""
    x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    return 0.3 + x * z**3 + 1j * y * x + (0.2 - 0.5j) * y**3 - 0.4j * z**2 * x**2


def test_on_a_sphere_meridians_go_on_behind_the_poles():
    grid = Grid((12, 12), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))
    times = np.linspace(0, 0.1, 3)
    wave = on_a_sphere(*grid.mesh) * np.exp(-1j * times)[:, None, None]
    field = GridField(grid, times, wave, -1j * wave)
    rng = np.random.default_rng(0)
    theta, phi = rng.uniform(-1, 4, 200), rng.uniform(-7, 7, 200)          # beyond both poles: the formulas continue the same way
    theta[:3] = 0, np.pi, 1e-3
    psi, grad = field(0.05, theta, phi)
    turn, h = np.exp(-0.05j), 1e-5
    slopes = [(on_a_sphere(theta + a, phi + b) - on_a_sphere(theta - a, phi - b)) / (2 * h) for a, b in ((h, 0), (0, h))]
    assert np.max(np.abs(psi - turn * on_a_sphere(theta, phi))) < 1e-6
    assert np.max(np.abs(grad - turn * np.array(slopes))) < 1e-5 and field.space_error < 1e-5


@pytest.mark.parametrize("shape, periods", [((32,), [(0, 2 * np.pi)]), ((16, 16), [(0, 2 * np.pi)] * 2)], ids=["line", "plane"])
def test_a_mixture_is_the_weighted_sum(shape, periods):
    grid, times = Grid(shape, periods, twist=0.25), np.array([0.0, 0.1, 0.2])
    wave = np.exp(0.25j * sum(grid.mesh)) * (1 + 0.5 * np.exp(1j * sum(grid.mesh)))
    wave = np.multiply.outer(np.exp(-1j * times), wave)
    field, rng = GridField(grid, times, wave, -1j * wave), np.random.default_rng(1)
    weights, q = rng.standard_normal((3, 40)), rng.uniform(-9, 9, (len(shape), 40))
    psi, grad = field.mixture([0.02, 0.1, 0.17])(weights, q)
    parts = [field(t, *q) for t in (0.02, 0.1, 0.17)]
    np.testing.assert_allclose(psi, sum(w * part[0] for w, part in zip(weights, parts, strict=True)), atol=1e-13)
    np.testing.assert_allclose(grad, sum(w * part[1] for w, part in zip(weights, parts, strict=True)), atol=1e-12)
