"""Classical trajectories under a scheme: fields of splines, symplecticity, actions, compiled and plain alike."""

import sys

import numpy as np
import pytest

from qlearn.kernels.trajectories import Points, Trajectories

ROWS = np.array([[1 / 6, 0.0, 0.5], [2 / 3, 1 / 72, 0.5], [1 / 6, 0.0, 0.0]])  # Chin's scheme A


def trajectories(d, driven=True):
    shape = (64, 48, 40)[:d]
    axes = np.meshgrid(*(np.arange(n) * 2 * np.pi / n for n in shape), indexing="ij")
    tables = np.stack([static(*axes), np.sin(axes[-1])] if driven else [static(*axes)])
    inverse = np.eye(d) + 0.2
    factors = (lambda t: np.sin(t)[..., None]) if driven else None
    return Trajectories(tables, np.zeros(d), 2 * np.pi / np.array(shape), inverse, factors)


def static(*q):
    return sum(np.cos((i + 1) * x) for i, x in enumerate(q)) * (1 + 0.3 * np.sin(q[0]))


def points(d, count=20):
    rng = np.random.default_rng(d)
    return Points(rng.uniform(-9, 9, (count, d)), rng.normal(size=(count, d)), np.zeros(count))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_fields_are_those_of_the_potential_and_their_derivatives(d):
    made, start = trajectories(d), points(d)
    value, slope, bend = made._field(start.q, np.array([1.0, 0.5]))
    assert np.allclose(value, static(*start.q.T) + 0.5 * np.sin(start.q[:, -1]), atol=2e-6)
    for a in range(d):
        shift = 1e-4 * np.eye(d)[a]
        up, down = (made._field(start.q + s, np.array([1.0, 0.5])) for s in (shift, -shift))
        assert np.allclose(slope[:, a], (up[0] - down[0]) / 2e-4, atol=1e-6)
        assert np.allclose(bend[:, a], (up[1] - down[1]) / 2e-4, atol=1e-4)


@pytest.mark.parametrize("d", [1, 2])
def test_steps_back_undo_steps(d):
    made, start = trajectories(d), points(d)
    there = made.run(start, ROWS, 0.3, 0.1, 30)
    back = made.run(there, ROWS, 3.3, -0.1, 30)
    assert np.max(np.abs(there.q - start.q)) > 0.1
    assert all(np.allclose(a, b, atol=1e-9) for a, b in zip(back, start, strict=True))


def test_a_free_trajectory_gathers_its_kinetic_action():
    made = Trajectories(np.zeros((1, 16)), np.zeros(1), np.array([0.1]), np.eye(1) / 2)
    end = made.run(Points(np.array([[0.3]]), np.array([[4.0]]), np.zeros(1)), ROWS, 0.0, 0.5, 6)
    assert end.q[0, 0] == pytest.approx(0.3 + 2.0 * 3) and end.action[0] == pytest.approx(4.0 * 3)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_compiled_and_plain_agree(d, monkeypatch):
    pytest.importorskip("numba")
    made, start = trajectories(d), points(d)
    compiled = made.run(start, ROWS, 0.3, 0.2, 10)
    monkeypatch.delitem(sys.modules, "numba")
    plain = made.run(start, ROWS, 0.3, 0.2, 10)
    assert all(np.allclose(a, b, atol=1e-11) for a, b in zip(compiled, plain, strict=True))
