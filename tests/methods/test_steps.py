"""The clock of the splitting methods: it arrives at every save time, and leaves no sliver of a step before it."""

import numpy as np

import qlearn as ql
from qlearn.methods import Record
from qlearn.methods.growth import Growth
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.outset import Outset
from qlearn.methods.probed import ProbedSteps
from qlearn.methods.steps import Clock


def walk(times, rng):
    """Steps taken (signed) and the largest miss of a save time, with step lengths and stops as a run has them."""
    clock, longest = Clock(times), abs(times[-1] - times[0]) / rng.uniform(3, 200)
    taken, missed = [], 0.0
    for target in times[1:] - times[0]:
        while clock.left(target) > 0:
            longest *= rng.uniform(0.8, 1.2) if rng.random() < 0.2 else 1.0
            h, n = clock.division(target, longest)
            count = int(rng.integers(1, n + 1))
            clock.advance(h, count)
            taken.append(abs(h) / min(longest, np.min(np.abs(np.diff(times)))))
        missed = max(missed, abs(clock.now - target))
    return np.array(taken), missed


def test_no_step_is_a_sliver_and_each_save_time_is_hit():
    rng = np.random.default_rng(0)
    for _ in range(4000):
        span, start = 10 ** rng.uniform(-3, 4), rng.choice([0, 1, -1]) * 10 ** rng.uniform(-2, 4)
        times = np.linspace(start, start + rng.choice([-1, 1]) * span, rng.integers(2, 12))
        taken, missed = walk(times, rng)
        assert taken.min() > 0.1
        assert missed <= 8 * np.finfo(float).eps * abs(times[-1] - times[0])


def test_who_comes_back_to_the_same_state_takes_shorter_steps_each_time():
    """Else a run in which every return ends at the same place would not end."""
    grid, times, record = ql.Grid(64, (-8, 8)), np.array([0.0, 5.0]), Record()
    H, psi = ql.Hamiltonian(grid, lambda x: x**2 / 2), ql.gaussian(grid, center=1, width=0.7)
    steps = ProbedSteps(SplittingKernel(H, ql.RKN6.table, record), Outset(H, psi, times, record), Clock(times), 1e-8,
                        Growth(H, times))
    caps = []
    for _ in range(3):
        steps._gone_back(0.1)
        caps.append(steps._cap)
    np.testing.assert_allclose(caps, [0.09, 0.045, 0.0225])
    steps._drop_anchor(psi)
    steps._gone_back(0.1)
    assert steps._cap == 0.1 * 0.9
