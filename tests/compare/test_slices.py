"""Energy and Wasserstein distances: against direct sums, along axes, few points, outliers, ties, extreme levels, speed."""

import time

import numpy as np
import pytest

import qlearn as ql
from qlearn.compare.distance_tests import TESTS, Sample
from qlearn.compare.slices import sliced_test
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.grids import Grid

GRID = Grid((48, 48), [(-6, 6)] * 2)
X, Y = np.meshgrid(*GRID.axes, indexing="ij")
LINE = Grid(256, (-8, 8))
NORMAL = GridDensity(LINE, np.exp(-LINE.axes[0]**2 / 2) / np.sqrt(2 * np.pi))


def plane(correlation):
    values = np.exp(-(X**2 - 2 * correlation * X * Y + Y**2) / (2 * (1 - correlation**2)))
    return GridDensity(GRID, values / values.sum() / GRID.cell_volume)


def direct_energy(a, b):
    def mean(u, v):
        return np.mean(np.linalg.norm(u[:, None] - v[None], axis=-1))
    return np.sqrt(2 * mean(a, b) - mean(a, a) - mean(b, b))


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_energy_distance_is_that_of_all_pairs(d):
    rng = np.random.default_rng(d)
    a, b = rng.normal(size=(300, d)), rng.normal(0.4, 1.3, size=(200, d))
    outcome = TESTS["energy"](Sample(a, (None,) * d), Sample(b, (None,) * d), rng, 99)
    np.testing.assert_allclose(outcome.distance, direct_energy(a, b), rtol={1: 1e-9, 2: 0.01, 3: 0.1}[d])


def test_on_a_ring_the_distance_is_the_chord():
    rng = np.random.default_rng(0)
    a, b = np.mod(rng.normal(0, 0.6, 400), 2 * np.pi), np.mod(rng.normal(0.5, 0.6, 100), 2 * np.pi)
    circle = [np.stack([np.cos(q), np.sin(q)], axis=1) for q in (a, b)]
    outcome = TESTS["energy"](Sample(a[:, None], (2 * np.pi,)), Sample(b[:, None], (2 * np.pi,)), rng, 99)
    np.testing.assert_allclose(outcome.distance, direct_energy(*circle), rtol=1e-9)
    law = GridDensity.wrapped_normal(Grid(64, (0, 2 * np.pi)), 0.0, 0.6)
    large = Sample(np.mod(rng.normal(0.5, 0.6, 100_000), 2 * np.pi)[:, None], (2 * np.pi,))
    np.testing.assert_allclose(TESTS["energy"](large, law, rng, 99).distance,
                               TESTS["energy"](large, Sample(law.sample(10**6, rng)[:, None], (2 * np.pi,)), rng, 99).distance,
                               rtol=0.02)


def test_wasserstein_by_hand_and_sliced():
    rng = np.random.default_rng(1)
    shift = TESTS["wasserstein"](Sample(np.zeros((50, 1)), (None,)), Sample(np.ones((70, 1)), (None,)), rng, 99)
    assert np.isclose(shift.distance, 1) and shift.p_value == 0.01
    a = rng.normal(size=(4000, 2))
    moved = sliced_test(a, a + np.array([1.0, 0.0]), (None, None), rng, 19, "wasserstein")[0]
    assert np.isclose(moved, 2 / np.pi, rtol=0.03)                          # the mean of |cos|


@pytest.mark.parametrize("name", ["energy", "wasserstein"])
@pytest.mark.parametrize("two", [False, True], ids=["law", "sample"])
def test_in_the_plane_they_are_calibrated_and_reject(name, two):
    """40 nulls: the number of p below ½ within 4 binomial standard errors.  Of 8000 learners a correlation of ½ is rejected."""
    rng, law = np.random.default_rng(8), plane(0.0)

    def other(n):
        return Sample(law.sample(n, rng), (None, None)) if two else law

    p = [TESTS[name](Sample(law.sample(300, rng), (None, None)), other(200), rng, 19).p_value for _ in range(40)]
    assert abs(np.sum(np.array(p) <= 0.5) - 20) <= 12
    assert TESTS[name](Sample(plane(0.5).sample(8000, rng), (None, None)), other(8000), rng, 199).p_value == 1 / 200


def test_coordinates_one_by_one():
    """The marginals of a correlated law are those of an uncorrelated one (false-alarm rate 1 %), and χ² sees the difference."""
    run = ql.Ensemble([0.0], plane(0.5).sample(20_000, np.random.default_rng(3))[None], (None, None))
    one_by_one = ql.compare(plane(0.0), run, axis=(0, 1))
    assert one_by_one.verdict.passed and [row.name for row in one_by_one.rows] == ["ks of q1 at t = 0", "ks of q2 at t = 0"]
    assert not ql.compare(plane(0.0), run, tests="chi2").verdict.passed
    other = ql.Ensemble([0.0], run.positions + np.array([0.0, 0.1]), (None, None))
    assert [row.passed for row in ql.compare(other, run, axis=(0, 1), tests=("ks",)).rows] == [True, False]
    with pytest.raises(UnsupportedError, match="axis="):
        ql.compare(plane(0.0), run)
    for wrong in (2, [], 0.5):
        with pytest.raises((ArgumentError, TypeError)):
            ql.compare(plane(0.0), run, axis=wrong)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_few_learners_are_not_rejected_for_being_few(n):
    """100 nulls each: P(p ≤ 0.05) at most 0.05 + 4 binomial standard errors."""
    rng = np.random.default_rng(n)
    for name in ("ks", "kuiper", "energy", "wasserstein"):
        for two in (False, True):
            samples = [Sample(rng.normal(size=(n, 1)), (None,)) for _ in range(100)]
            p = [TESTS[name](one, samples[i - 1] if two else NORMAL, rng, 99).p_value for i, one in enumerate(samples)]
            assert np.mean(np.array(p) <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 100), (name, two)


@pytest.mark.parametrize("far", [1e3, 1e9])
def test_learners_thrown_far_out_are_seen_and_blind_no_test(far):
    """A few learners at |q| = 10³ … 10⁹: they are counted, and a shift of the others is still rejected."""
    rng = np.random.default_rng(0)
    q = rng.normal(0.1, 1, (20_000, 2))
    q[:2] = far
    run, reference = (ql.Ensemble([0.0], points[None], (None, None)) for points in (q, rng.normal(size=(20_000, 2))))
    assert not ql.compare(reference, run, tests="wasserstein" if far < 1e6 else "chi2").verdict.passed
    line = ql.compare(NORMAL, ql.Ensemble([0.0], q[None, :, :1], (None,)), tests=("ks", "energy", "wasserstein", "chi2"))
    assert not any(row.passed for row in line.rows) and line.stats["outside"] == 2


def test_ties_are_no_error():
    rng = np.random.default_rng(0)
    ties = ql.Ensemble([0.0], np.repeat(rng.integers(0, 5, 400).astype(float), 2)[None, :, None], (None,))
    again = ql.Ensemble([0.0], rng.integers(0, 5, 800).astype(float)[None, :, None], (None,))
    assert np.all(ql.compare(again, ties, tests=("ks", "kuiper", "energy", "wasserstein")).p_values > 1e-3)
    point = ql.Ensemble([0.0], np.zeros((1, 50, 2)), (None, None))
    assert np.all(ql.compare(point, point, tests=("energy", "wasserstein")).p_values == 1)


def test_a_law_with_empty_regions():
    """Two separate bumps (false-alarm rate 1 %): passed by their own sample, rejected with a learner in forty in between."""
    values = np.exp(-(np.abs(LINE.axes[0]) - 4)**2 / 0.18)
    law = GridDensity(LINE, values / values.sum() / LINE.cell_volume)
    q = law.sample(4000, np.random.default_rng(1))
    tests = ("ks", "chi2", "energy", "wasserstein")
    assert ql.compare(law, ql.Ensemble([0.0], q[None, :, None], (None,)), tests=tests).verdict.passed
    q[:100] = 0
    assert not ql.compare(law, ql.Ensemble([0.0], q[None, :, None], (None,)), tests=tests).verdict.passed


def test_extreme_levels():
    run = ql.Ensemble([0.0], NORMAL.sample(500, np.random.default_rng(0))[None, :, None], (None,))
    assert ql.compare(NORMAL, run, level=1e-12).verdict.passed
    with pytest.raises(ArgumentError, match="level must be at least"):
        ql.compare(NORMAL, run, tests="energy", level=1e-12)
    for level in (0, 0.6, np.nan):
        with pytest.raises(ArgumentError, match="level"):
            ql.compare(NORMAL, run, level=level)


def test_a_million_learners_are_compared_in_seconds():
    rng = np.random.default_rng(0)
    line = ql.Ensemble([0.0], rng.normal(size=(1, 10**6, 1)), (None,))
    flat = ql.Ensemble([0.0], rng.normal(size=(1, 2 * 10**5, 2)), (None, None))
    begun = time.process_time()
    ql.compare(NORMAL, line, tests=("ks", "chi2", "energy", "wasserstein"))
    ql.compare(plane(0.0), flat, tests=("energy",))
    assert time.process_time() - begun < 6
