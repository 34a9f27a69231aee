"""Autocorrelations and their lines: closed forms, doubled time, folding refused, errors that cover, refusals by name."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.spectrum.lines.energy_distribution import energy_distribution

GRID = ql.Grid(96, (-10, 10))
OSCILLATOR = ql.Hamiltonian(GRID, lambda x: x**2 / 2)


def coherent(center=1.0, momentum=0.0):
    return ql.gaussian(GRID, center=center, momentum=momentum, width=2**-0.5)


def run(psi=None, T=40.0, n=201, H=OSCILLATOR, **settings):
    return ql.sesolve(H, coherent() if psi is None else psi, np.linspace(0, T, n), tol=1e-10, **settings)


@pytest.fixture(scope="module")
def real_run():
    return run()


@pytest.fixture(scope="module")
def moving_run():
    return run(coherent(momentum=0.7))


def poisson(k, mean):
    return np.exp(-mean) * mean ** np.arange(k) / np.cumprod(np.r_[1, np.arange(1, k)])


def test_the_doubled_time_continues_the_plain_one(real_run):
    t, c = ql.autocorrelation(real_run)
    plain_t, plain = ql.autocorrelation(real_run, doubled=False)
    assert len(t) == 401 and len(plain_t) == 201
    np.testing.assert_allclose(c[:201], plain, atol=1e-9)
    np.testing.assert_allclose(c, np.exp(-0.5j * t - 0.5 * (1 - np.exp(-1j * t))), atol=1e-9)


def test_a_phase_of_the_real_state_does_not_matter():
    turned = run(coherent() * np.exp(0.4j), T=2, n=11)
    np.testing.assert_allclose(ql.autocorrelation(turned)[1], ql.autocorrelation(run(T=2, n=11))[1], atol=1e-9)


def test_doubling_is_refused_where_it_does_not_hold(moving_run):
    assert len(ql.autocorrelation(moving_run)[0]) == 201
    with pytest.raises(ArgumentError, match="imaginary part"):
        ql.autocorrelation(moving_run, doubled=True)
    ring = ql.Grid(32, (0, 2 * np.pi))
    spun = ql.sesolve(ql.Hamiltonian(ring, 0.0, vector_potential=(0.3,)), np.ones(32), np.arange(9.0))
    with pytest.raises(ArgumentError, match="complex H"):
        ql.autocorrelation(spun, doubled=True)


@pytest.mark.parametrize("window", ["hann", "blackman", "blackmanharris", "nuttall", "gaussian", "kaiser"])
def test_levels_and_weights_of_an_oscillator(moving_run, window):
    lines = ql.autocorrelation_spectrum(moving_run, window=window)
    strong = lines.weights > 1e-4
    k = int(np.sum(strong))
    assert k >= 5 and np.max(lines.errors[strong]) < 1e-2
    assert np.all(np.abs(lines.energies[strong] - np.arange(k) - 0.5) <= lines.errors[strong])
    expected = poisson(k, (1 + 0.49) / 2)
    assert np.all(np.abs(lines.weights[strong] - expected) <= lines.weight_errors[strong])
    energies, curve = lines.curve
    assert curve[np.argmin(np.abs(energies - 0.5))] == pytest.approx(expected[0], rel=0.05)


def test_the_inversion_needs_a_tenth_of_the_time():
    short = run(coherent(momentum=0.7), T=8.0, n=41)
    lines = ql.autocorrelation_spectrum(short, method="inversion")
    strong = lines.weights > 1e-3
    np.testing.assert_allclose(lines.energies[strong], np.arange(np.sum(strong)) + 0.5, atol=1e-6)
    assert np.all(np.abs(lines.energies[strong] - np.arange(np.sum(strong)) - 0.5) <= lines.errors[strong])
    peaks = ql.autocorrelation_spectrum(short)
    assert np.sum(np.min(np.abs(peaks.energies[:, None] - np.arange(9) - 0.5), axis=0, initial=np.inf)[:5] < 1e-6) < 5


def test_lines_of_a_part_of_the_energies(real_run):
    lines = ql.autocorrelation_spectrum(real_run, energies=(1, 3))
    np.testing.assert_allclose(lines.energies, [1.5, 2.5], atol=1e-6)
    with pytest.raises(ArgumentError, match="meets the band"):
        ql.autocorrelation_spectrum(real_run, energies=(200, 300))


def test_a_constant_added_to_the_potential_moves_the_lines_beyond_the_band_round_zero():
    H = ql.Hamiltonian(GRID, lambda x: x**2 / 2 + 100)
    lines = ql.autocorrelation_spectrum(run(H=H))
    np.testing.assert_allclose(lines.energies[:3], [100.5, 101.5, 102.5], atol=1e-5)


def test_sampling_that_folds_energies_is_refused_with_the_step_that_is_needed():
    with pytest.raises(ArgumentError, match=r"folded.*Store states every") as raised:
        ql.autocorrelation_spectrum(run(coherent(3.0), T=40, n=41))
    needed = float(str(raised.value).split("every ")[1].split(" ")[0])
    lines = ql.autocorrelation_spectrum(run(coherent(3.0), T=40, n=int(40 / needed) + 2))
    assert np.max(lines.stats["folded"]) < 1e-9


def test_lines_as_weak_as_what_is_folded_are_rejected():
    lines = ql.autocorrelation_spectrum(run(coherent(1.5), T=60, n=101), threshold=1e-8)
    folded = lines.stats["folded"]
    assert 1e-9 < folded < 1e-3 and np.all(lines.weights > 4 * folded)
    assert "may be folded from beyond ±πħ/dt" in lines.rejected.reasons


def test_the_error_of_a_coarse_propagation_is_in_the_errors():
    rough = ql.sesolve(OSCILLATOR, coherent(), np.linspace(0, 40, 201), method=ql.Strang(dt=0.04))
    lines = ql.autocorrelation_spectrum(rough)
    errors = np.abs(lines.energies[:4] - np.arange(4) - 0.5)
    assert np.max(errors) > 1e-5 and np.all(errors <= lines.errors[:4])


def test_channels_and_a_loss():
    H = ql.Hamiltonian(GRID, lambda x: np.array([[x**2 / 2, 0.1 + 0 * x], [0.1 + 0 * x, x**2 / 2]]))
    psi = np.stack([coherent(0.0), 0 * GRID.axes[0]])
    lines = ql.autocorrelation_spectrum(run(psi, H=H, T=200, n=801))
    np.testing.assert_allclose(lines.energies, [0.4, 0.6], atol=1e-7)
    np.testing.assert_allclose(lines.weights, [0.5, 0.5], atol=1e-7)
    lossy = run(H=ql.Hamiltonian(GRID, lambda x: x**2 / 2 - 0.05j), T=20, n=101)
    with pytest.raises(UnsupportedError, match="harmonic_inversion"):
        ql.autocorrelation_spectrum(lossy)
    t, c = ql.autocorrelation(lossy)
    damped = ql.harmonic_inversion(c, t[1])
    first = np.argmin(np.abs(damped.energies - 0.5))
    assert abs(damped.frequencies[first] - (0.5 - 0.05j)) < 1e-7


def test_refusals(real_run):
    with pytest.raises(ArgumentError, match="Result"):
        ql.autocorrelation_spectrum(np.ones(9))
    with pytest.raises(ArgumentError, match="store_states"):
        ql.autocorrelation(run(T=1, n=9, store_states=False))
    with pytest.raises(ArgumentError, match="uniform"):
        ql.autocorrelation(ql.sesolve(OSCILLATOR, coherent(), np.linspace(0, 1, 12) ** 2))
    with pytest.raises(ArgumentError, match="uniform"):
        ql.autocorrelation(run(T=1, n=4))
    with pytest.raises(UnsupportedError, match="batch"):
        ql.autocorrelation(ql.sesolve(OSCILLATOR, np.stack([coherent(), coherent(0.0)]), np.linspace(0, 1, 9)))
    with pytest.raises(UnsupportedError, match="imaginary time"):
        ql.autocorrelation(ql.sesolve(OSCILLATOR, coherent(), np.linspace(0, 1, 9), imaginary_time=True))
    with pytest.raises(UnsupportedError, match="backward"):
        ql.autocorrelation(ql.sesolve(OSCILLATOR, coherent(), -np.linspace(0, 1, 9)))
    moving = ql.Hamiltonian(GRID, lambda t, x: x**2 / 2 + t * x / 9, time_dependent=True)
    with pytest.raises(UnsupportedError, match=r"H\.at"):
        ql.autocorrelation(ql.sesolve(moving, coherent(), np.linspace(0, 1, 9)))
    for bad, words in (({"window": "boxcar"}, "hann"), ({"method": "fit"}, "inversion"), ({"threshold": 0}, "threshold")):
        with pytest.raises(ArgumentError, match=words):
            ql.autocorrelation_spectrum(real_run, **bad)


def test_energy_distribution_of_a_coherent_state():
    spread = energy_distribution(OSCILLATOR, coherent(2.0))
    assert spread.mean == pytest.approx(2.5, rel=1e-12)
    assert np.sum(spread.shares) == pytest.approx(1)
    assert spread.beyond(6.1) == pytest.approx(1 - np.sum(poisson(9, 2.0)), rel=1e-3)
    assert 6 < spread.reach(1e-3) < 9


def test_an_eigenstate_ends_the_lanczos_run_at_once():
    spread = energy_distribution(OSCILLATOR, coherent(0.0))
    assert spread.mean == pytest.approx(0.5) and spread.beyond(1.0) < 1e-20
