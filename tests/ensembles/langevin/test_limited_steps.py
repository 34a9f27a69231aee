"""Limited steps are told of, those of carriers too, and from the share on from which compare does not pass."""

import warnings

import numpy as np
import pytest

import qlearn as ql
from qlearn.ensembles.langevin.limited_steps import LIMITED_SHARE, warn_of_limits
from qlearn.errors import AccuracyWarning


def ensemble(share, carriers=None):
    return ql.Ensemble([0.0], np.zeros((1, 5, 1)), (None,), {"dt": 0.1, "limited_share": share}, carriers=carriers)


def test_what_is_trusted_is_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_limits(ensemble(LIMITED_SHARE, ensemble(0.0)), stacklevel=1)
        warn_of_limits(ql.Ensemble([0.0], np.zeros((1, 5, 1)), (None,)), stacklevel=1)


@pytest.mark.parametrize("one, who", [(ensemble(2e-3), "learners"), (ensemble(0.0, ensemble(0.5)), "carriers")])
def test_what_is_not_trusted_is_told(one, who):
    with pytest.warns(AccuracyWarning, match=f"drift of {who} was limited") as caught:
        warn_of_limits(one, stacklevel=1)
    assert caught[0].filename == __file__


def test_a_static_run_with_too_long_steps_warns():
    system = ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5)
    with pytest.warns(AccuracyWarning, match="Take a smaller dt"):
        run = ql.simulate(system, 30.0, [0.0, 0.2], kind="static", learners=100, seed=0, dt=0.01)
    assert run.stats["limited_share"] > LIMITED_SHARE


def cloud():
    grid = ql.Grid(256, (-60, 60))
    values = np.exp(-(grid.axes[0] - 20)**2 / 50)
    return ql.densities.GridDensity(grid, values / (values.sum() * grid.cell_volume))


@pytest.mark.parametrize("start", [30.0, cloud()], ids=["point", "cloud"])
def test_the_default_step_limits_nobody_at_a_steep_start(start):
    system = ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5)
    run = ql.simulate(system, start, [0.0, 1.0], kind="static", learners=2000, seed=0)
    assert run.stats["limited_share"] < LIMITED_SHARE
    mean, std = (30.0, 0.0) if isinstance(start, float) else (20.0, 5.0)
    spread = np.sqrt(std**2 * np.exp(-2) + 0.5 * (1 - np.exp(-2)))
    assert abs(run.positions[1].mean() - mean * np.exp(-1)) < 4.9 * spread / np.sqrt(2000)          # one in 10⁶
