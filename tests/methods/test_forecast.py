"""The error of a run foreseen from trajectories: right to a few per cent where actions are large."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.forecast import Forecast, Rays, applies_to, sample
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.outset import Outset
from qlearn.methods.probe import StepProbe
from qlearn.methods.record import Record

GRID = ql.Grid(256, (-10, 10))
WELL = ql.Hamiltonian(GRID, lambda x: x**2 / 2 + 0.02 * x**4)
PSI = ql.gaussian(GRID, center=4.0, momentum=1.0, width=0.6)


def modes_of(H, psi):
    return H.grid.forward(psi.astype(complex))


@pytest.mark.parametrize("method", [ql.Strang, ql.BM4, ql.RKN6, ql.Gradient6, ql.ProcessedGradient6], ids=lambda m: m.name)
def test_the_error_of_the_last_state_is_foreseen(method):
    count = {2: 800, 4: 100, 6: 60}[method.order]
    record = Record()
    outlook = Forecast(Rays(WELL, PSI, modes_of(WELL, PSI), 0.0, 8.0, record), method.table).outlook(count)
    exact = ql.sesolve(WELL, PSI, [0, 8.0], method=ql.Dense()).final_state
    error = GRID.norm(ql.sesolve(WELL, PSI, [0, 8.0], method=method(dt=8.0 / count * (1 + 1e-9))).final_state - exact)
    assert 0.4 * error < outlook.error < 3 * error  # it is not below half of the largest error on the way
    assert record.ffts == 1


def test_driven_and_in_two_dimensions():
    grid = ql.Grid((80, 80), [(-10, 10), (-10, 10)])
    drive = ql.SeparablePotential(lambda x, y: (x**2 + 2 * y**2) / 2 + 0.02 * x**2 * y**2, [(np.cos, lambda x, y: 0.5 * x)])
    H = ql.Hamiltonian(grid, drive, time_dependent=True)
    psi = ql.gaussian(grid, center=(2.0, -1.5), width=0.7)
    fine, coarse = (ql.sesolve(H, psi, [0, 6.0], method=ql.Gradient6(dt=dt)).final_state for dt in (0.05, 0.2000001))
    rays = Rays(H, psi, modes_of(H, psi), 0.0, 6.0, Record(), DriveFactors(H.drive.factors_at, 0.0, 6.0))
    foreseen = Forecast(rays, ql.Gradient6.table).outlook(30).error
    assert 0.7 < foreseen / grid.norm(fine - coarse) < 3


@pytest.mark.parametrize("strength", [-3.0, 1.0])
def test_errors_of_single_steps_under_a_drive_are_foreseen(strength):
    """As well as without one, down to 1e-10: factors that are interpolated must not add to them."""
    grid, factor = ql.Grid(256, (-12, 12)), lambda t: strength * np.sin(1.3 * t) * np.sin(np.pi * t / 20) ** 2
    H = ql.Hamiltonian(grid, ql.SeparablePotential(lambda x: (x**2 / 16 - 1) ** 2, [(factor, lambda x: np.clip(x, -8, 8))]))
    psi = ql.gaussian(grid, center=-3.0, momentum=2.0, width=0.6).astype(complex)
    rays = Rays(H, psi, modes_of(H, psi), 1.0, 19.0, Record(), DriveFactors(H.drive.factors_at, 1.0, 20.0))
    probe = StepProbe(SplittingKernel(H, ql.Gradient6.table, Record()), np.linalg.norm(psi))
    for h in (0.7, 0.4):
        error = probe.compare(psi, 1.0, h)[1]
        assert Forecast(rays, ql.Gradient6.table, h).outlook(1).local[0] == pytest.approx(error, rel=0.12)


@pytest.mark.parametrize(("factor", "error"), [
    (lambda t: np.sin(1.3 * t) * np.sin(np.pi * t / 20) ** 2, 3e-14), (lambda t: 5 * np.exp(-((t - 7) / 0.3) ** 2), 1e-12),
    (lambda t: np.sin(10 * t), 1e-12), (lambda t: abs(t - 7.003), 0), (lambda t: 1.0 if t > 3 else 0.0, 0)])
def test_factors_between_the_times_that_were_asked_for(factor, error):
    """Right to rounding where polynomials can be, else called."""
    calls = []

    def counted(t):
        calls.extend(np.ravel(t))
        return factor(t)

    factors = DriveFactors(ql.SeparablePotential(0.0, [(counted, 1.0)]).factors_at, 0.0, 20.0)
    times = np.random.default_rng(0).uniform(0, 20, 5000)
    np.testing.assert_allclose(factors(times)[:, 0], [factor(t) for t in times], atol=error, rtol=0)
    before = len(calls)
    factors(times)
    assert (len(calls) > before) == (error == 0)
    n = len(factors.samples) - 1
    assert n & (n - 1) == 0 and factors.samples[n // 4, 0] == pytest.approx(factor(5.0), abs=1e-12)


def test_factors_are_kept_while_they_hold():
    strength = [1.0]
    H = ql.Hamiltonian(GRID, ql.SeparablePotential(0.0, [(lambda t: strength[0] * np.sin(3 * t), lambda x: x)]))

    def factors():
        return Outset(H, PSI.astype(complex), np.array([0.0, 5.0]), Record()).factors

    times = np.linspace(0, 5, 77).reshape(7, 11)
    first = factors()
    np.testing.assert_allclose(first(times)[..., 0], np.sin(3 * times), atol=1e-13)
    assert factors() is first
    strength[0] = 1.1
    second = factors()
    assert second is not first
    np.testing.assert_allclose(second(times)[..., 0], 1.1 * np.sin(3 * times), atol=1e-13)


def test_samples_have_the_moments_of_the_state():
    chirped = ql.gaussian(GRID, center=1.0, momentum=2.0, width=0.8) * np.exp(0.3j * (GRID.axes[0] - 1) ** 2)
    q, p, _ = sample(WELL, chirped, modes_of(WELL, chirped), 4000)
    assert np.mean(q) == pytest.approx(1.0, abs=0.02) and np.std(q) == pytest.approx(0.8, rel=0.02)
    assert np.mean(p) == pytest.approx(2.0, abs=0.02)
    assert np.var(p) == pytest.approx(1 / (4 * 0.64) + (0.6 * 0.8) ** 2, rel=0.03)
    assert np.mean((q - 1) * (p - 2)) == pytest.approx(0.6 * 0.64, rel=0.05)


def test_where_no_forecast_is_made():
    wall = ql.Hamiltonian(ql.Grid(32, (0, 1), boundary="wall"), 0.0)
    moving = ql.Hamiltonian(GRID, lambda t, x: np.cos(t) * x**2, time_dependent=True)
    lossy = ql.Hamiltonian(GRID, 0.0, absorber=lambda x: np.exp(-((x - 8) ** 2)))
    assert applies_to(WELL, False, 1)
    assert not any(applies_to(H, False, 1) for H in (wall, moving, lossy))
    assert not applies_to(WELL, True, 1) and not applies_to(WELL, False, 100)
