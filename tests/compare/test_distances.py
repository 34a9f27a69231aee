"""Distances by hand, their invariances on a ring, and the tests that draw from the null."""

import time

import numpy as np
import pytest

from qlearn.compare import ks_distance, kuiper_distance, kuiper_p, kuiper_power
from qlearn.compare.distance_tests import TESTS, Sample
from qlearn.compare.distances import two_sample_ks, two_sample_kuiper
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.grids import Grid

RING = Grid(64, (0, 2 * np.pi))
LAW = GridDensity.wrapped_normal(RING, 1.0, 0.7)
SHIFTED = GridDensity.wrapped_normal(RING, 1.1, 0.7)
SHIFTED_FAR = GridDensity.wrapped_normal(RING, 1.5, 0.7)


def ring_sample(law, n, rng):
    return Sample(law.sample(n, rng)[:, None], (2 * np.pi,))


def test_distances_by_hand():
    uniform = GridDensity(Grid(4, (0, 1)), np.ones(4))
    assert np.isclose(ks_distance([0.2, 0.7], uniform), 0.3)
    assert np.isclose(kuiper_distance([0.2, 0.7], uniform), 0.5)
    assert np.isclose(ks_distance([-3.0, 0.5], uniform, ring=False), 0.5)
    a, b = np.array([1.0, 2.0, 2.0, 4.0]), np.array([2.0, 3.0])
    assert np.isclose(two_sample_ks(a, b), 0.25)
    assert np.isclose(two_sample_kuiper(a, b), 0.5)
    assert two_sample_ks(a, a) == two_sample_kuiper(a, a) == 0


@pytest.mark.parametrize("shift", [0.7, 2.9, 5.0])
def test_kuiper_does_not_depend_on_the_cut_of_a_ring_and_ks_does(shift):
    q = LAW.sample(500, np.random.default_rng(0))
    moved = GridDensity.wrapped_normal(RING, 1.0 + shift, 0.7)
    assert np.isclose(kuiper_distance(q + shift, moved), kuiper_distance(q, LAW), atol=1e-8)
    assert np.isclose(two_sample_kuiper(np.mod(q + shift, 2 * np.pi), np.mod(q[::-1] ** 2 + shift, 2 * np.pi)),
                      two_sample_kuiper(q, np.mod(q[::-1] ** 2, 2 * np.pi)), atol=1e-12)
    assert abs(ks_distance(q + shift, moved) - ks_distance(q, LAW)) > 1e-4


def test_every_turn_of_the_ring_counts_the_same():
    q = LAW.sample(500, np.random.default_rng(0))
    turns = np.random.default_rng(1).integers(-3, 4, 500)
    assert np.isclose(kuiper_distance(q + 2 * np.pi * turns, LAW), kuiper_distance(q, LAW), atol=1e-8)


def test_kuiper_of_a_hundred_thousand_learners_is_fast():
    q = LAW.sample(100_000, np.random.default_rng(0))
    kuiper_distance(q, LAW)
    begun = time.process_time()
    for _ in range(5):
        kuiper_distance(q, LAW)
    assert (time.process_time() - begun) / 5 < 0.05


@pytest.mark.parametrize("name", ["ks", "kuiper", "chi2", "wasserstein", "energy"])
@pytest.mark.parametrize("two", [False, True], ids=["law", "sample"])
def test_every_test_is_calibrated_and_rejects_a_shift(name, two):
    """100 nulls: the number of p below ½ and below 0.1 is within 4 binomial standard errors (false alarms below 1e-3 in all
    ten cases together); a shift of 0.1 (20 standard errors of the mean) is rejected."""
    rng, count = np.random.default_rng(11), 100
    size, draws = 400, 99

    def reference(n):
        return ring_sample(LAW, n, rng) if two else LAW

    p = np.array([TESTS[name](ring_sample(LAW, size, rng), reference(size - 50), rng, draws).p_value for _ in range(count)])
    assert abs(np.sum(p < 0.5) - 50) <= 20 and np.sum(p < 0.1) <= 22
    large = 20_000
    assert TESTS[name](ring_sample(SHIFTED, large, rng), reference(large), rng, 999).p_value < 0.002


def test_energy_finds_what_marginals_hide():
    """Two uniform marginals, correlated: power 1 at 1000 learners; independent ones pass (false-alarm rate 1e-3)."""
    grid = Grid((24, 24), [(0, 2 * np.pi), (0, 2 * np.pi)])
    flat = GridDensity(grid, np.full((24, 24), 1 / (2 * np.pi)**2))
    rng = np.random.default_rng(5)
    angle = rng.uniform(0, 2 * np.pi, (1000, 2))
    along = np.stack([angle[:, 0], np.mod(angle[:, 0] + 0.5 * angle[:, 1], 2 * np.pi)], axis=1)
    periods = (2 * np.pi, 2 * np.pi)
    for name in ("energy", "chi2"):
        assert TESTS[name](Sample(angle, periods), flat, rng, 999).p_value > 1e-3
        assert TESTS[name](Sample(along, periods), flat, rng, 999).p_value <= 1e-3
    with pytest.raises(UnsupportedError, match="energy"):
        TESTS["ks"](Sample(angle, periods), flat, rng, 999)


def test_chi2_of_few_learners_has_fewer_cells_and_stays_calibrated():
    """60 learners fill six cells of ten. P(a false alarm of this test) < 1e-4: 300 draws of a rejection at 5 %."""
    p = [TESTS["chi2"](ring_sample(LAW, 60, np.random.default_rng(seed)), LAW, None, 0).p_value for seed in range(300)]
    assert np.count_nonzero(np.array(p) < 0.05) < 33
    wrong = [TESTS["chi2"](ring_sample(SHIFTED_FAR, 60, np.random.default_rng(seed)), LAW, None, 0).p_value
             for seed in range(50)]
    assert np.count_nonzero(np.array(wrong) < 0.05) > 33


def test_too_few_learners_for_chi2_are_an_error():
    few = Sample(np.random.default_rng(0).uniform(0, 2 * np.pi, (9, 2)), (2 * np.pi, 2 * np.pi))
    flat = GridDensity(Grid((8, 8), [(0, 2 * np.pi), (0, 2 * np.pi)]), np.full((8, 8), 1 / (2 * np.pi)**2))
    with pytest.raises(ArgumentError, match="enough learners"):
        TESTS["chi2"](few, flat, np.random.default_rng(0), 99)


def test_wasserstein_on_a_ring_takes_the_short_way():
    rng = np.random.default_rng(0)
    near = Sample(np.mod(LAW.sample(4000, rng) - 1.0, 2 * np.pi)[:, None], (2 * np.pi,))
    law = GridDensity.wrapped_normal(RING, 0.3, 0.7)
    assert abs(TESTS["wasserstein"](near, law, rng, 99).distance - 0.3) < 0.05


def test_the_power_of_kuiper_is_that_of_drawn_samples():
    """Within 4 standard errors of 100 + 400 trials."""
    bent = GridDensity.wrapped_normal(RING, 1.02, 0.7)
    rng = np.random.default_rng(3)
    n = 10_000
    drawn = np.mean([kuiper_p(kuiper_distance(bent.sample(n, rng), LAW), n) < 0.05 for _ in range(100)])
    power = kuiper_power(bent, LAW, n, level=0.05, trials=400, seed=0)
    assert 0.15 < power < 0.9
    assert abs(power - drawn) < 4 * np.sqrt(power * (1 - power) * (1 / 100 + 1 / 400))
    assert abs(kuiper_power(LAW, LAW, n, level=0.05, trials=400, seed=1) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400)


def test_power_wants_one_ring():
    with pytest.raises(ArgumentError, match="bounds"):
        kuiper_power(LAW, GridDensity(Grid(4, (0, 1)), np.ones(4)), 10, level=0.1, trials=3, seed=0)
