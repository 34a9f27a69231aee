"""Static learners in flat space by fused steps: the law is that of the equation, whichever way is taken and whoever runs it."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from qlearn.ensembles import simulate
from qlearn.ensembles.blocks import BLOCK_SIZE
from qlearn.errors import ArgumentError
from qlearn.kernels.phases import phase_backend
from qlearn.systems.base import LearningSystem

TIMES = [0.0, 0.7, 2.0]


def system(loss, **more):
    return LearningSystem("q", loss=loss, learning_rate=0.8, temperature=0.5, **more)


def run(loss, learners=3000, seed=4, **more):
    return simulate(system(loss), 0.4, TIMES, kind="static", learners=learners, seed=seed, **({"dt": 0.05} | more))


def test_any_executor_and_no_numba_give_the_same_bits():
    n = BLOCK_SIZE + 300
    alone = run("q**4/8 - q**2/2", learners=n)
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        for executor in (threads, processes):
            np.testing.assert_array_equal(run("q**4/8 - q**2/2", learners=n, executor=executor).positions, alone.positions)
    with phase_backend("numpy"):
        np.testing.assert_array_equal(run("q**4/8 - q**2/2", learners=n).positions, alone.positions)
    assert "splitting" in alone.stats["method"] and alone.stats["steps"] == 40


def test_the_oscillator_has_its_law():
    """Mean and variance of the Ornstein–Uhlenbeck process, each within 4.9 standard errors: one in 10⁶ each."""
    n = 100_000
    ensemble = run("q**2/2", learners=n, dt=0.01)
    for index, t in enumerate(TIMES[1:], start=1):
        mean, variance = 0.4 * np.exp(-0.8 * t), 0.5 * (1 - np.exp(-1.6 * t))
        q = ensemble.positions[index, :, 0]
        assert abs(q.mean() - mean) < 4.9 * np.sqrt(variance / n)
        assert abs(q.var() - variance) < 4.9 * variance * np.sqrt(2 / n)
        assert abs(q.var() - 0.9 * variance) > 4.9 * variance * np.sqrt(2 / n)


def test_formulas_that_programs_do_not_know_take_heun_steps_to_the_same_law():
    """The slope of |sin q| holds a sign, which programs do not know. Two samples, KS (one in 10⁶); another loss is told apart."""
    from scipy.stats import ks_2samp

    known, unknown = (run(loss, learners=20_000, dt=0.02, seed=seed).positions[-1, :, 0]
                      for loss, seed in (("cos(q)", 4), ("cos(q) + abs(sin(q))/1e9", 5)))
    assert "Heun" in run("cos(q) + abs(sin(q))").stats["method"]
    assert ks_2samp(known, unknown).pvalue > 1e-6
    assert ks_2samp(known, run("0.7*cos(q)", learners=20_000, dt=0.02, seed=6).positions[-1, :, 0]).pvalue < 1e-6


def test_learners_that_leave_the_domain_of_the_loss_are_an_error():
    with pytest.raises(ArgumentError, match="finite"):
        run("-sqrt(q)")


def test_two_coordinates_and_parameters():
    plane = LearningSystem("x y", loss="k*(x**2 + y**2 + x*y)/2", learning_rate=1.0, temperature=0.5)
    ensemble = simulate(plane, [0.0, 0.0], [0.0, 8.0], kind="static", learners=40_000, seed=6, dt=0.02, parameters={"k": 2.0})
    exact = 0.5 * np.linalg.inv(np.array([[2.0, 1.0], [1.0, 2.0]]))
    assert "splitting" in ensemble.stats["method"]
    np.testing.assert_allclose(ensemble.covariance[1], exact, atol=4.9 * exact[0, 0] * np.sqrt(2 / 4e4))   # one in 10⁶ an entry
