"""Steps of a run: equal, at most dt, and a default that would take hours is refused at once."""

import time

import numpy as np
import pytest

import qlearn as ql
from qlearn.ensembles.langevin.step_counts import step_counts
from qlearn.errors import ArgumentError

TIMES = np.array([0.0, 1.0, 1.5])


def test_each_interval_is_cut_into_equal_steps():
    assert step_counts(TIMES, 0.3, None, 100, True).tolist() == [4, 2]
    assert step_counts(TIMES, None, lambda: 0.25, 100, True).tolist() == [4, 2]
    assert step_counts(TIMES, None, lambda: np.inf, 100, True).tolist() == [1, 1]
    with pytest.raises(ArgumentError, match=r"into at most 1e\+09 steps"):
        step_counts(TIMES, 1e-10, None, 100, True)


def test_hours_are_refused_where_nobody_asked_for_them():
    assert step_counts(TIMES, None, lambda: 1e-6, 100_000, True).sum() == 1_500_000
    for learners, fused in ((10**6, True), (10**5, False)):
        with pytest.raises(ArgumentError, match=r"more than an hour; given None: 1.5e\+06 steps .*dt=1e-06 runs this one"):
            step_counts(TIMES, None, lambda: 1e-6, learners, fused)
        assert step_counts(TIMES, 1e-6, None, learners, fused).sum() == 1_500_000


def test_the_way_out_of_a_steep_place_that_the_message_tells():
    """exp(q²) from 3: runs of about 500 default steps, each with a default of its own."""
    system = ql.LearningSystem("q", loss="exp(q**2)", learning_rate=1.0, temperature=0.5)
    begun = time.perf_counter()
    with pytest.raises(ArgumentError, match="go on from its positions") as refused:
        ql.simulate(system, 3.0, [0.0, 5.0], kind="static", learners=10_000, seed=0)
    assert time.perf_counter() - begun < 5
    q, t, stop, runs = np.full(300, 3.0), 0.0, float(str(refused.value).split("run to t = ")[1].split(" ")[0]), 0
    while t < 1.0 and runs < 100:
        run = ql.simulate(system, q, [t, min(stop, 1.0)], kind="static", learners=300, seed=runs)
        q, t, runs = run.positions[-1, :, 0], float(run.times[-1]), runs + 1
        stop = t + 500 * run.stats["dt"]
    assert t == 1.0 and np.all(np.abs(q) < 2.0)
