"""The carriers' scheme: its order, its conserved energy, markers against carriers one by one, dips, the choice of a basis."""

from dataclasses import replace

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.ensembles.self_consistent.basis import basis_of
from qlearn.ensembles.self_consistent.markers import place_markers
from qlearn.ensembles.self_consistent.nodes_ahead import depth
from qlearn.ensembles.self_consistent.run import RULE, self_consistent_run
from qlearn.ensembles.self_consistent.score import choose, smoothest

FIXED = replace(RULE, cells=((4,), (2,), (1,)), penalties=(1e-4,), every=10**9, accuracy=1e9, stability=1.0)


def carried(dt, rule=FIXED, until=0.8):
    """Carriers on a ring: no ends of the box of knots, where the third derivative of the basis jumps."""
    grid = ql.Grid(64, [(0, 2 * np.pi)])
    density = GridDensity(grid, (1 + 0.5 * np.cos(grid.axes[0])) / (2 * np.pi))
    system = ql.LearningSystem("q", potential="3*cos(q)/10", learning_rate=1, temperature=0.5, periods="2*pi")
    run = self_consistent_run(system, (density, lambda q: 2 * q + 0.3 * np.sin(q)), np.array([0.0, until]), 1, 0, dt=dt,
                              carriers=20_000, rule=rule)
    return run.carriers.positions[-1, :, 0], run.stats


def test_the_order_is_four():
    exact, _ = carried(0.8 / 128)
    steps = 0.8 / np.array([6, 8, 12, 16])
    errors = [np.sqrt(np.mean((carried(h)[0] - exact) ** 2)) for h in steps]
    assert 3.6 < np.polyfit(np.log(steps), np.log(errors), 1)[0] < 4.3


def test_the_energy_is_kept_and_not_without_the_quantum_force():
    assert carried(0.02)[1]["energy_imbalance"] < 8e-4
    assert carried(0.02, replace(FIXED, quantum=0.0))[1]["energy_imbalance"] > 1.6e-3


@pytest.mark.parametrize("d", [1, 2])
def test_markers_carry_as_carriers_would_one_by_one(d):
    q = np.random.default_rng(d).normal(size=(d, 3000))
    flow = lambda q: q + 0.2 * np.sin(q.sum(axis=0))           # noqa: E731
    fine, coarse = (place_markers(q, nodes) for nodes in (48, 24))
    errors = [np.max(np.abs(m.carry(flow(m.nodes)) - flow(q))) for m in (fine, coarse)]
    assert errors[0] < 2e-5 / d
    assert errors[1] > 20 * errors[0]
    moments = [m.deposit()[0] @ np.cos(m.nodes).prod(axis=0) for m in (fine, coarse)]
    np.testing.assert_allclose(moments[0], np.cos(q).prod(axis=0).mean(), atol=1e-6)


def test_deposits_of_groups_add_up():
    q = np.random.default_rng(0).normal(size=(1, 500))
    markers = place_markers(q)
    parts = markers.deposit(group=np.arange(500) % 5, groups=5)
    np.testing.assert_allclose(parts.sum(axis=0), markers.deposit()[0], atol=1e-15)
    np.testing.assert_allclose(parts.sum(axis=1), 0.2, atol=1e-12)


@pytest.mark.parametrize(("ring", "rho", "expected"), [
    (False, lambda x: np.exp(-(x**2)), 1.0),
    (False, lambda x: np.exp(-((x - 2) ** 2)) + 0.5 * np.exp(-((x + 2) ** 2)) + 0.005, 0.032 / 0.505),
    (False, lambda x: np.exp(-(x**2)) + 0.02 * np.exp(-((x - 3.5) ** 2) * 8) + 1e-4, 0.042),
    (False, lambda x: np.exp(-(x**2)) + 0.002 * np.exp(-((x - 3.5) ** 2) * 8), 1.0),
    (True, lambda x: 1 + 0.5 * np.cos(np.pi * x / 4), 1 / 3),
], ids=["one hump", "two humps", "a small lobe", "a lobe that too few learners see", "ring"])
def test_depth_of_dips(ring, rho, expected):
    x = np.linspace(-4, 4, 201)
    assert abs(depth(np.log(rho(x)), (ring,), 0.005) - expected) < 0.05 * expected


def test_the_penalty_vanishes_for_gaussians_only():
    basis = basis_of((False,), ((-3.0, 3.0),), (6,))
    y = basis.lattice[0]
    fit = lambda f: np.linalg.lstsq(basis.tables[0], f, rcond=None)[0]        # noqa: E731
    square, cube = fit(y**2), fit(y**3)
    assert abs(square @ basis.penalty @ square) < 1e-8
    np.testing.assert_allclose(cube @ basis.penalty @ cube, 36 * 6, rtol=1e-6)
    np.testing.assert_allclose(cube @ basis.penalised_with(basis, cube), 36 * 6, rtol=1e-6)


def test_held_out_learners_reject_a_basis_that_is_too_small():
    rng = np.random.default_rng(1)
    q = np.where(rng.random(20_000) < 0.5, -1.0, 1.0) + 0.25 * rng.normal(size=20_000)
    markers = place_markers(q[None] / q.std())
    folds = markers.deposit(group=np.arange(q.size) % 5, groups=5)
    rule = replace(RULE, cells=((1, 8), (1,), (1,)), penalties=(1e-5,))
    found = choose(rule, (False,), ((-2.0, 2.0),), markers.nodes, folds, np.eye(1))
    assert smoothest(found, None).basis.cells == (8,)
