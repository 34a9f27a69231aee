"""circulation: calibrated on simulated learners with uneven density, ½ rejected, curved rings, and what it refuses."""

import numpy as np
import pytest
from waves import Wave, ring

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError
from qlearn.grids import Grid
from qlearn.inference import circulation

SYSTEM = ql.LearningSystem("q", potential="0.3*cos(q)", learning_rate=1.0, temperature=0.5, periods="2*pi")
TIMES = np.linspace(0, 0.4, 5)


def learners(wave, n, seed=0):
    field = wave.field(np.linspace(0, 0.4, 41))
    return ql.simulate(SYSTEM, wave.density(0.0), TIMES, kind="guided", learners=n, seed=seed, field=field, dt=0.02)


@pytest.fixture(scope="module")
def winding_one():
    """ρ ∝ 1 + .5 cos q, winding 1, ħ = m = 1."""
    return learners(ring(), 120_000)


@pytest.mark.parametrize("at", [None, 2])
def test_z_is_standard_normal_under_the_null(winding_one, at):
    """200 ensembles of 600 learners: mean and variance of z within 4 standard errors (false-alarm rate 1e-4)."""
    z = []
    for part in np.split(winding_one.positions, 200, axis=1):
        measured = circulation(ql.Ensemble(TIMES, part, (2 * np.pi,)), hbar=1.0, mass=1.0, basis=3, at=at)
        z.append((measured.value - 1) / measured.error)
    z = np.array(z)
    assert abs(z.mean()) < 4 / np.sqrt(200) and abs(z.var() - 1) < 4 * np.sqrt(2 / 200)


def test_an_integer_is_accepted_with_power(winding_one):
    measured = circulation(winding_one, hbar=1.0, mass=1.0)
    assert measured.integer and measured.nearest == 1 and measured.power > 0.999
    assert measured.error < 0.02 and abs(measured.value - 1) < 4 * measured.error
    assert measured.bias_bound < 2 * measured.error
    assert "not rejected" in str(measured)


@pytest.mark.parametrize(("twist", "winding"), [(0.5, 0.5), (0.3, 0.3), (0.4, 1.4)])
def test_a_fractional_sector_is_rejected(twist, winding):
    measured = circulation(learners(ring(twist, winding), 60_000), hbar=1.0, mass=1.0)
    assert not measured.integer and measured.p_value < 1e-6
    assert abs(measured.value - winding) < 4 * measured.error
    assert "not a whole number" in str(measured)


@pytest.fixture(scope="module")
def uneven():
    """v = 1 + .6 cos q where ρ ∝ 1 + .5 cos q at the start: the learners' mean velocity is not ∮v dq/2π."""
    grid = Grid(48, (0, 2 * np.pi))
    q = grid.axes[0]
    return Wave(grid, 0.3 * np.cos(q), np.sqrt(1 + 0.5 * np.cos(q)) * np.exp(1j * (q + 0.6 * np.sin(q))))


def test_an_uneven_velocity_needs_the_regression(uneven):
    """The control, basis 0, takes the mean velocity for the circulation and is off by more than ten standard errors."""
    run = learners(uneven, 60_000)
    assert abs(circulation(run, hbar=1.0, mass=1.0).z) < 4
    mean_only = circulation(run, hbar=1.0, mass=1.0, basis=0)
    assert abs(mean_only.value - 1) > 10 * mean_only.error


def test_the_extrapolation_takes_the_bias_of_long_lags_away(uneven):
    """At a lag of .32 (2δ = .64) the plain estimate is off by .0066 and the one at 2δ by .023; false-alarm rate 1e-4."""
    times = np.array([0.36, 0.68, 1.0, 1.32, 1.64])
    run = ql.simulate(SYSTEM, uneven.density(0.0), [0.0, *times], kind="guided", learners=150_000, seed=3, dt=0.04,
                      field=uneven.field(np.linspace(0, 2, 201)))
    five = ql.Ensemble(times, run.positions[1:], (2 * np.pi,))
    ends = ql.Ensemble(times[::2], run.positions[1::2], (2 * np.pi,))
    assert not circulation(ends, hbar=1.0, mass=1.0).integer
    assert np.isnan(circulation(ends, hbar=1.0, mass=1.0).bias_bound)
    measured = circulation(five, hbar=1.0, mass=1.0)
    assert abs(measured.z) < 3.9 and 0 < -measured.lag_shift < 0.02


def test_on_a_curved_ring_the_metric_gives_the_same_circulation(winding_one):
    """q with s = q + .3 sin q, √g = 1 + .3 cos q: the same learners, the same ν."""
    s = winding_one.positions
    q = s.copy()
    for _ in range(60):
        q = s - 0.3 * np.sin(q)
    curved = circulation(ql.Ensemble(TIMES, q, (2 * np.pi,)), hbar=1.0, mass=1.0, metric=lambda q: (1 + 0.3 * np.cos(q))**2)
    flat = circulation(winding_one, hbar=1.0, mass=1.0)
    assert abs(curved.value - flat.value) < 1e-6 and np.isclose(curved.error, flat.error, rtol=1e-5)


def test_a_short_measurement_says_that_it_has_no_power():
    few = circulation(learners(ring(0.5, 0.5), 60), hbar=1.0, mass=1.0, basis=2, at=1)
    assert few.power < 0.5


def test_refusals():
    run = learners(ring(), 100)
    with pytest.raises(ArgumentError, match="equally spaced"):
        circulation(ql.Ensemble(TIMES[:2], run.positions[:2], (2 * np.pi,)), hbar=1.0, mass=1.0)
    with pytest.raises(ArgumentError, match="equally spaced"):
        circulation(ql.Ensemble([0, 1, 3], run.positions[:3], (2 * np.pi,)), hbar=1.0, mass=1.0)
    with pytest.raises(ArgumentError, match="one ring"):
        circulation(ql.Ensemble(TIMES, run.positions, (None,)), hbar=1.0, mass=1.0)
    with pytest.raises(ArgumentError, match="positive everywhere"):
        circulation(run, hbar=1.0, mass=1.0, metric=lambda q: np.cos(q))
    with pytest.raises(ArgumentError, match="hbar"):
        circulation(run, hbar=0.0, mass=1.0)
    with pytest.raises(RegimeError, match="too few"):
        circulation(ql.Ensemble(TIMES, 0.01 * run.positions, (2 * np.pi,)), hbar=1.0, mass=1.0)


def test_power_against_is_the_level_at_whole_numbers_and_power_at_a_half(winding_one):
    measured = circulation(winding_one, hbar=1.0, mass=1.0)
    assert measured.power_against(3) == pytest.approx(measured.level) and measured.power_against(2.5) == measured.power
    assert measured.level < measured.power_against(1.02) < measured.power_against(1.04) < 1
    with pytest.raises(ArgumentError, match="value must be"):
        measured.power_against(np.nan)
