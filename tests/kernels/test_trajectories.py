"""Classical trajectories under a scheme: fields of splines, symplecticity, actions, compiled and plain alike."""

import sys

import numpy as np
import pytest

from qlearn.kernels.trajectories import Points, Trajectories, piecewise

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
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    made, start = trajectories(d), points(d)
    compiled = made.run(start, ROWS, 0.3, 0.2, 10)
    monkeypatch.delitem(sys.modules, "numba")
    plain = made.run(start, ROWS, 0.3, 0.2, 10)
    assert all(np.allclose(a, b, atol=1e-11) for a, b in zip(compiled, plain, strict=True))


ENTER = np.array([[0.02, 1e-4, 0.1], [-0.05, 0.0, -0.1]])


@pytest.mark.parametrize("enter", [np.zeros((0, 3)), ENTER], ids=["plain", "processed"])
@pytest.mark.parametrize("driven", [False, True], ids=["static", "driven"])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_steps_are_compared_compiled_and_plain_alike(d, driven, enter, monkeypatch):
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    made, start, ends = trajectories(d, driven), points(d), np.array([0, 1, 4, 7])
    compiled = made.compared(start, 2, ROWS, enter, 0.3, 0.2, ends)
    monkeypatch.delitem(sys.modules, "numba")
    plain = made.compared(start, 2, ROWS, enter, 0.3, 0.2, ends)
    assert compiled.local.shape == compiled.total.shape == (3,) and compiled.area > 0
    assert all(np.allclose(a, b, rtol=1e-8, atol=1e-20) for a, b in zip(compiled, plain, strict=True))
    assert np.all(compiled.local > 0) and np.all((compiled.total[:-1] > 0) == (len(enter) == 0))


def test_the_difference_of_many_steps_is_that_of_runs():
    made, start = trajectories(1), points(1)
    found = made.compared(start, 1, ROWS, np.zeros((0, 3)), 0.3, 0.2, np.array([0, 2, 6]))
    coarse, fine = made.run(start, ROWS, 0.3, 0.2, 6), made.run(start, ROWS, 0.3, 0.1, 12)
    differences = coarse.action - fine.action - np.sum(fine.p * (coarse.q - fine.q), axis=1)
    assert found.total[-1] == pytest.approx(np.sqrt(np.mean(differences**2)), rel=1e-9)
    both = np.concatenate([start.q, coarse.q]), np.concatenate([start.p, coarse.p])
    assert found.area == pytest.approx(np.var(both[0]) * np.var(both[1]), rel=1e-12)


@pytest.mark.parametrize("height", [1e20, 1e300])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_trajectories_may_leave_all_numbers(d, height):
    made = Trajectories(height * static(*np.meshgrid(*[np.arange(16) * np.pi / 8] * d))[None], np.zeros(d), np.full(d, np.pi / 8),
                        np.eye(d))
    with np.errstate(all="ignore"):
        found = made.compared(points(d), 1, ROWS, np.zeros((0, 3)), 0.0, 0.5, np.array([0, 2, 20]))
    assert not np.all(found.total < 1e50)


def test_piecewise_polynomials(monkeypatch):
    pieces, x = np.random.default_rng(0).normal(size=(4, 6, 2)), np.array([[0.0, 0.5, 1.0], [3.999, 4.0, 2.25]])
    wanted = [[[np.polyval(pieces[cell, ::-1, r], 2 * (t - cell) - 1) for r in range(2)] for t in row
               for cell in [min(int(t), 3)]] for row in x]
    assert np.allclose(piecewise(pieces, x), wanted, rtol=1e-14)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert np.allclose(piecewise(pieces, x), wanted, rtol=1e-14)
