"""Weak order of the Heun step, measured without sampling noise: expectations are carried backwards in time by quadrature.

E[f(q_N)] = Σ_j p_0(q_j) u_0(q_j) h with u_N = f and u_n(q) = Σ_w ω_w u_{n+1}(step(q, ξ_w)) over Gauss–Hermite nodes ξ_w; u is
evaluated between the points of a ring by its Fourier series.  What is left is the bias of the scheme alone.
"""

import numpy as np
import pytest
from waves import ring

from qlearn.ensembles.langevin.guided import GuidedDrift
from qlearn.ensembles.langevin.langevin import Kicks, heun_step, limit_drift, walk
from qlearn.ensembles.langevin.spaces import CurvedLine, FlatSpace
from qlearn.ensembles.langevin.static import StaticDrift

X = 2 * np.pi * np.arange(64) / 64
MODES = np.fft.fftfreq(64, 1 / 64)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(20)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def heun(drift, space, diffusion, t, later, q, kick):
    return heun_step(drift, space, diffusion, t, later, q, kick, np.inf)[0]


def euler(drift, space, diffusion, t, later, q, kick):
    frame, b = space.frame(q), drift(t, q)
    return space.move(q, frame, space.components(frame, b.real + b.imag) * (later - t) + kick)


def expectation(step, drift, space, diffusion, start, f, end, steps):
    """E[f] after the steps from the density start at the 64 points."""
    times = np.linspace(0, end, steps + 1)
    u = f(X)
    kicks = np.sqrt(2 * diffusion * end / steps) * np.repeat(NODES[:, None], 64, axis=1)
    for t, later in zip(times[-2::-1], times[:0:-1], strict=True):
        q = np.broadcast_to(X, kicks.shape).ravel()[None]
        landed = step(drift, space, diffusion, t, later, q.copy(), kicks.ravel()[None])[0]
        coefficients = np.fft.fft(u) / 64
        u = WEIGHTS @ (np.exp(1j * np.multiply.outer(landed, MODES)) @ coefficients).real.reshape(kicks.shape)
    return np.sum(start * u) * 2 * np.pi / 64


STEPS = np.array([16, 32, 64, 128])


def slopes(errors):
    return -np.diff(np.log(np.abs(errors))) / np.log(2)


def guided_errors(step):
    wave = ring()
    drift = GuidedDrift(wave.field(np.linspace(0, 1, 401)), 1.0)
    start, exact = wave.density(0.0).pdf(X), wave.density(1.0)
    points = exact.grid.axes[0]
    def f(q):
        return np.cos(q) + 0.5 * np.sin(2 * q)
    truth = np.sum(exact.values * f(points)) * exact.grid.cell_volume
    return np.array([expectation(step, drift, FlatSpace(), 0.5, start, f, 1.0, n) - truth for n in STEPS])


def test_guided_heun_has_weak_order_two_in_a_moving_field():
    errors = guided_errors(heun)
    assert np.all(np.abs(slopes(errors) - 2) < 0.1), (errors, slopes(errors))
    assert abs(errors[-1]) < 1e-5


def test_the_measurement_tells_an_euler_step_from_a_heun_step():
    assert np.all(np.abs(slopes(guided_errors(euler)) - 1) < 0.1)


def metric(q):
    return (1 + 0.4 * np.cos(q) + 0.2 * np.sin(2 * q))[None, None]


def contracted(q):
    """½ g'/g."""
    return (0.5 * (0.4 * np.cos(2 * q) - 0.4 * np.sin(q)) / metric(q)[0, 0])[None]


CURVED = CurvedLine(metric)
TEMPERATURE = 0.6


def stationary(power):
    """∝ g^power exp(−U/T), U = .5 cos q + .2 sin q; ½ covariant, 1 plain Itô (THEORY.md 6), densities in dq."""
    p = metric(X)[0, 0]**power * np.exp(-(0.5 * np.cos(X) + 0.2 * np.sin(X)) / TEMPERATURE)
    return p / (p.sum() * 2 * np.pi / 64)


def curved_errors(ito, power, step=heun):
    """How far E[f] moves from its stationary value in a time 1."""
    extra = 0.0 if ito == "covariant" else TEMPERATURE
    drift = StaticDrift(lambda q: (0.5 * np.sin(q) - 0.2 * np.cos(q))[None] + extra * contracted(q))
    p = stationary(power)
    def f(q):
        return np.sin(q) + 0.3 * np.cos(2 * q)
    truth = np.sum(p * f(X)) * 2 * np.pi / 64
    return np.array([expectation(step, drift, CURVED, TEMPERATURE, p, f, 1.0, n) - truth for n in STEPS])


@pytest.mark.parametrize(("ito", "power"), [("covariant", 0.5), ("plain", 1.0)])
def test_on_a_metric_the_law_is_right_and_the_weak_order_stays_two(ito, power):
    errors = curved_errors(ito, power)
    assert np.all(np.abs(slopes(errors)[1:] - 2) < 0.1), (errors, slopes(errors))
    assert abs(errors[-1]) < 1e-4


@pytest.mark.parametrize(("ito", "power"), [("covariant", 1.0), ("plain", 0.5)])
def test_each_ito_convention_rejects_the_other_ones_law(ito, power):
    assert np.all(np.abs(curved_errors(ito, power)) > 1e-2)


def test_a_move_on_a_curved_line_has_the_proper_length_asked_for():
    q = np.linspace(0, 6, 7)[None]
    fine = np.linspace(0, 1, 4001)[:, None]
    errors = []
    for size in (0.2, 0.1, 0.05):
        moved = CURVED.move(q, CURVED.frame(q), np.full_like(q, size))
        root = np.sqrt(metric(q + fine * (moved - q))[0, 0])
        length = np.sum(0.5 * (root[1:] + root[:-1]), axis=0) / 4000 * (moved - q)[0]
        errors.append(np.max(np.abs(length - size)))
    assert errors[0] < 5e-6
    assert np.all(np.abs(np.diff(np.log2(errors)) + 5) < 0.5)         # local error O(displacement⁵)


def test_the_limit_keeps_directions_and_counts():
    b = np.array([[3.0, 0.1], [4.0, 0.0]])
    limited, over = limit_drift(b, 1.0)
    assert np.allclose(limited, [[0.6, 0.1], [0.8, 0.0]]) and over.tolist() == [True, False]
    assert limit_drift(b, 10.0)[1] is None and limit_drift(b, 10.0)[0] is b
    def jump(t, q):
        return np.where(q > 0, 1e6, 0.0)
    moved, count = heun_step(jump, FlatSpace(), 0.5, 0.0, 0.1, np.array([[1.0, -1.0]]), np.zeros((1, 2)), 3.0)
    assert count == 1 and np.allclose(moved, [[1.3, -1.0]])


def node(t, q):
    """ψ = q + i(t − ½), a node that appears at q = 0, t = ½: 2D ∂ψ/ψ with D = ½."""
    return 1 / (q + 1j * (t - 0.5))


def test_substeps_are_those_of_learners_near_a_node_and_use_numbers_of_their_own():
    q = np.linspace(-1, 1, 400)[None]
    calls = []

    def kicks(step, round, shape):
        calls.append((step, round, shape))
        return Kicks(3, 0)(step, round, shape)

    stored, tally = walk(node, FlatSpace(), 0.5, q, np.array([0.4, 0.44]), np.array([1]), kicks)
    near = np.abs(1 / (q[0] - 0.1j))**2 * 0.04 > 1 / 8
    assert calls[0] == (0, 0, (1, 400 - near.sum())) and calls[1] == (0, 1, (1, near.sum())) and near.sum() > 50
    assert [round for _, round, _ in calls] == list(range(len(calls)))
    assert tally.steps == sum(shape[1] for *_, shape in calls) and tally.cut == tally.steps - (400 - near.sum())
    again, _ = walk(node, FlatSpace(), 0.5, q, np.array([0.4, 0.44]), np.array([1]), Kicks(3, 0))
    assert np.array_equal(stored, again)
    whole, plain = walk(node, FlatSpace(), 0.5, q, np.array([0.4, 0.44]), np.array([1]), Kicks(3, 0), halvings=0)
    assert plain.cut == 0 and plain.steps == 400 and plain.limited > tally.limited
    kick = 0.2 * Kicks(3, 0)(0, 0, q.shape)
    assert np.allclose(whole[1], heun_step(node, FlatSpace(), 0.5, 0.4, 0.44, q, kick, 5.0)[0], rtol=1e-12)


def test_the_drift_between_the_ends_of_a_step_is_that_of_the_field():
    wave = ring()
    drift = GuidedDrift(wave.field(np.linspace(0, 1, 401)), 1.0)
    q = np.linspace(0, 6, 50)[None]
    errors = []
    for h in (0.05, 0.5):
        times = 0.3 + h * np.linspace(0, 1, 50)
        wanted = [drift(t, point[None, None])[0, 0] for t, point in zip(times, q[0], strict=True)]
        errors.append(np.max(np.abs(drift.between(0.3, 0.3 + h)(times, q)[0] - wanted)))
    assert errors[0] < 1e-4 and 300 < errors[1] / errors[0] < 3000, errors           # third order
