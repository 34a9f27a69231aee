"""The power that is stated is the one that is found; of a true law it is the level."""

import numpy as np
import pytest

from qlearn.compare import kuiper_power, power
from qlearn.compare.distance_tests import TESTS, Sample
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.grids import Grid

LINE, PLANE = Grid(256, (-8, 8)), Grid((32, 32), [(-6, 6)] * 2)


def normal(centre=0.0, width=1.0):
    values = np.exp(-((LINE.axes[0] - centre) / width)**2 / 2)
    return GridDensity(LINE, values / values.sum() / LINE.cell_volume)


def tilted(correlation):
    x, y = np.meshgrid(*PLANE.axes, indexing="ij")
    values = np.exp(-(x**2 - 2 * correlation * x * y + y**2) / (2 * (1 - correlation**2)))
    return GridDensity(PLANE, values / values.sum() / PLANE.cell_volume)


@pytest.mark.parametrize("test", ["ks", "kuiper", "chi2", "wasserstein", "energy"])
def test_stated_and_found(test):
    """Within 4 binomial standard errors of 60 samples."""
    truth, law, rng = normal(0.1), normal(), np.random.default_rng(1)
    stated = power(truth, law, 1000, test=test, level=0.05, ring=False)
    p = [TESTS[test](Sample(truth.sample(1000, rng)[:, None], (None,)), law, rng, 199).p_value for _ in range(60)]
    assert 0.2 < stated < 0.95
    assert abs(np.mean(np.array(p) <= 0.05) - stated) < 4 * np.sqrt(stated * (1 - stated) / 60)


@pytest.mark.parametrize("test", ["ks", "kuiper", "chi2", "wasserstein", "energy"])
def test_of_the_law_itself_it_is_the_level(test):
    assert abs(power(normal(), normal(), 10_000, test=test, level=0.05, ring=False, trials=2000) - 0.05) < 0.02


def test_in_the_plane():
    assert power(tilted(0.4), tilted(0.0), 2000, test="chi2", ring=False) > 0.99
    assert power(tilted(0.4), tilted(0.0), 2000, test="energy", ring=False, trials=200) > 0.9
    assert power(tilted(0.0), tilted(0.0), 2000, test="energy", level=0.05, ring=False, trials=400) < 0.1
    with pytest.raises(UnsupportedError, match="marginal"):
        power(tilted(0.4), tilted(0.0), 2000, test="ks")


def test_kuiper_in_two_ways():
    ring = Grid(64, (0, 2 * np.pi))
    truth, law = (GridDensity.wrapped_normal(ring, centre, 0.7) for centre in (1.0, 1.02))
    counted = kuiper_power(truth, law, 10_000, level=0.05, trials=1000, seed=0)
    assert abs(power(truth, law, 10_000, test="kuiper", level=0.05) - counted) < 4 * np.sqrt(0.5 / 1000)


@pytest.mark.parametrize(("change", "message"), [
    (dict(test="z"), "'ks', 'kuiper'"), (dict(n=0), "n must"), (dict(level=0), "level"), (dict(trials=0), "trials"),
    (dict(truth=GridDensity(Grid(4, (0, 1)), np.ones(4))), "grid of reference"),
], ids=["test", "n", "level", "trials", "grid"])
def test_refusals(change, message):
    with pytest.raises(ArgumentError, match=message):
        power(**(dict(truth=normal(), reference=normal(), n=10) | change))
