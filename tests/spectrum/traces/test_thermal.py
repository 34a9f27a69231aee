"""Thermal averages: closed forms within their bounds, random states against levels, overflow, controls."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError
from qlearn.spectrum.traces.golden_thompson import partition_bound


def line(points=64, half=10.0, **settings):
    return ql.Hamiltonian(ql.Grid(points, (-half, half)), lambda x: x**2 / 2, **settings)


def exact(betas):
    """Rows ln Z, ⟨E⟩, C, S, ⟨x²⟩ of the harmonic oscillator, ω = ħ = m = 1."""
    q = np.exp(-betas)
    log_z, energy = -betas / 2 - np.log1p(-q), 0.5 + q / (1 - q)
    return np.array([log_z, energy, betas**2 * q / (1 - q) ** 2, betas * energy + log_z, energy])


def rows(found):
    return np.array([found.log_partition, found.energy, found.heat_capacity, found.entropy, found.averages["x2"]])


def table(named):
    return np.array([named[name] for name in ("log_partition", "energy", "heat_capacity", "entropy", "x2")])


@pytest.mark.parametrize("levels", [None, 36, 40])
def test_the_oscillator_within_its_bounds(levels):
    betas = np.array([1.0, 2.5, 10.0, 1000.0])
    found = ql.thermal(line(), betas, observables={"x2": lambda x: x**2}, levels=levels)
    error, bound = np.abs(rows(found) - exact(betas)), table(found.bounds)
    assert np.all(error <= bound) and np.all(error < 1e-11 * (1 + betas))
    assert np.all(bound[:2, 1:] < 1e-11 * (1 + betas[1:])) and np.all(table(found.errors) == 0)


def test_the_bound_of_few_levels_holds_and_is_not_absurd():
    """Six levels at β = 5, 6 and three at β = 3: the true error is never above the bound, nor five digits below it."""
    betas = np.array([5.0, 6.0])
    with pytest.warns(AccuracyWarning, match="left out"):
        found = ql.thermal(line(), betas, observables={"x2": lambda x: x**2}, levels=6, tol=1e-15)
    error, bound = np.abs(rows(found) - exact(betas)), table(found.bounds)
    assert np.all(error <= bound) and np.all(error[:4] > 1e-5 * bound[:4])
    with pytest.warns(AccuracyWarning, match="left out"):
        three = ql.thermal(line(), 3.0, observables={"x2": lambda x: x**2}, levels=3)
    error, bound = np.abs(rows(three) - exact(three.betas)), table(three.bounds)
    assert np.all(error <= bound) and np.all(error > 1e-5 * bound) and error[0, 0] > 1e-4
    with pytest.raises(RegimeError, match="left out"):
        ql.thermal(line(), 0.2, levels=6)


def test_golden_and_thompson_bound_the_trace():
    """On every grid it takes, at every β; the least factor above is 1 for free particles. None with a metric."""
    V = lambda x: x**2 / 2 + np.cos(3 * x)  # noqa: E731
    matrix = lambda x: np.array([[V(x), 0.5 + 0 * x], [0.5 + 0 * x, 1 - V(x) / 5]])  # noqa: E731
    cases = [ql.Hamiltonian(ql.Grid(48, (-6, 6), twist=0.2), V), ql.Hamiltonian(ql.Grid(48, (-6, 6), "wall"), V),
             ql.Hamiltonian(ql.Grid(48, (-6, 6)), matrix), ql.Hamiltonian(ql.Grid(48, (-6, 6)), 0.0)]
    for H in cases:
        levels = np.linalg.eigvalsh(H.to_matrix())
        bound = partition_bound(H, levels[0])
        ratios = np.array([bound(beta) / np.sum(np.exp(-beta * (levels - levels[0]))) for beta in (0.0, 0.1, 1.0, 3.0)])
        assert np.all(ratios >= 1 - 1e-12) and ratios[0] < 2.01
    assert np.allclose(ratios, 1)
    assert partition_bound(ql.Hamiltonian(ql.Grid(48, (-6, 6)), V, metric=lambda x: [[1 + 0.1 * np.cos(x)]]), 0.0) is None


def test_a_wrong_beta_is_outside_the_bounds():
    """Control."""
    found = ql.thermal(line(), 2.0, levels=30)
    wrong = exact(np.array([2.0 + 1e-9]))
    assert abs(found.log_partition[0] - wrong[0, 0]) > found.bounds["log_partition"][0]
    assert abs(found.energy[0] - wrong[1, 0]) > found.bounds["energy"][0]


def test_small_beta_is_the_grids_and_is_said_to_be():
    with pytest.warns(AccuracyWarning, match="grid's"):
        found = ql.thermal(line(), [0.0, 0.01])
    assert found.log_partition[0] == pytest.approx(np.log(64), abs=1e-12) and found.grid_share[0] > 0.01
    assert found.heat_capacity[0] == 0
    with pytest.raises(ArgumentError, match="betas"):
        _ = found.free_energy
    assert ql.thermal(line(), 2.0).free_energy[0] == pytest.approx(0.5 + np.log1p(-np.exp(-2.0)) / 2)


def test_no_beta_overflows():
    H = ql.Hamiltonian(ql.Grid(64, (-10, 10)), lambda x: x**2 / 2 - 5000.0)
    found = ql.thermal(H, [1.0, 1e6], levels=30, tol=1e-2)
    assert found.log_partition[1] == pytest.approx(4999.5e6, rel=1e-12) and found.entropy[1] == pytest.approx(0, abs=1e-2)
    with pytest.warns(AccuracyWarning, match="known to inf"):
        frozen = ql.thermal(line(), 1e308, levels=20)
    assert frozen.energy[0] == pytest.approx(0.5) and frozen.heat_capacity[0] == 0 and np.isinf(frozen.bounds["energy"][0])
    with pytest.warns(AccuracyWarning, match="so few levels count"):
        cooled = ql.thermal(H, [1.0, 500.0], method="typicality", vectors=4, tol=1e-6)
    assert abs(cooled.energy[1] + 4999.5) < 1e-8


def test_random_states_against_all_levels():
    """(8, 8) grid of 24²: |difference| < 5 errors for 12 numbers; t with 29 degrees: false alarm 3e-4 in all."""
    H = ql.Hamiltonian(ql.Grid((24, 24), [(-6, 6)] * 2), lambda x, y: (x**2 + 1.3 * y**2) / 2 + 0.1 * x * y)
    betas, observables = np.array([0.1, 0.3, 1.0]), {"x2": lambda x, y: x**2}
    with pytest.warns(AccuracyWarning, match="grid's"):
        known = ql.thermal(H, betas, observables=observables, method="levels")
        found = ql.thermal(H, betas, observables=observables, method="typicality", vectors=30)
    z = (rows(found) - rows(known)) / table(found.errors)
    assert np.all(np.abs(z) < 5) and found.steps < 200
    assert np.all(table(found.bounds)[:4] < 1e-6)
    with pytest.warns(AccuracyWarning):
        wrong = ql.thermal(H, 1.1 * betas, observables=observables, method="levels")
    assert np.all(np.max(np.abs(rows(found) - rows(wrong)) / table(found.errors), axis=1) > 5)         # control: wrong β


def test_levels_summed_one_by_one_take_the_noise_away():
    H = ql.Hamiltonian(ql.Grid((24, 24), [(-6, 6)] * 2), lambda x, y: (x**2 + 1.3 * y**2) / 2)
    betas, observables = np.array([2.0, 30.0]), {"x2": lambda x, y: x**2}
    known = ql.thermal(H, betas, observables=observables, method="levels")
    with pytest.warns(AccuracyWarning, match="so few levels count"):
        alone = ql.thermal(H, betas, observables=observables, method="typicality", vectors=8)
    mixed = ql.thermal(H, betas, observables=observables, method="typicality", vectors=8, levels=15)
    assert np.all(mixed.errors["log_partition"] < 0.05 * alone.errors["log_partition"])
    left = table(mixed.bounds) + 6 * table(mixed.errors)
    assert np.all(np.abs(rows(mixed) - rows(known)) <= left + table(known.bounds))


def test_levels_summed_are_enough_at_large_beta_without_a_warning():
    """What Lanczos leaves open of the states above does not count where the levels below are all of Z."""
    H = ql.Hamiltonian(ql.Grid(96, (-4, 4)), lambda x: 40 * (x**2 - 2) ** 2)
    found = ql.thermal(H, [20.0, 1e4], method="typicality", vectors=4, levels=4)
    assert np.allclose(found.entropy, np.log(2), atol=1e-5) and found.steps < 60


def test_free_rings_and_a_twist():
    """Z = Σ_n e^{−β(n + θ)²/2}."""
    for theta in (0.0, 0.3):
        H = ql.Hamiltonian(ql.Grid(64, (0, 2 * np.pi), twist=theta), 0.0)
        found = ql.thermal(H, [0.2, 3.0])
        n = np.arange(-60, 61)[:, None] + theta
        log_z = np.log(np.sum(np.exp(-found.betas * n**2 / 2), axis=0))
        assert np.all(np.abs(found.log_partition - log_z) <= found.bounds["log_partition"])


def test_channels_a_metric_and_operators():
    """Two uncoupled channels a distance apart: Z adds up, and σ_z has the difference of their weights; ⟨H⟩ is ⟨E⟩."""
    gap = 0.7
    H = ql.Hamiltonian(ql.Grid(48, (-9, 9)), lambda x: np.array([[x**2 / 2, 0 * x], [0 * x, x**2 / 2 + gap]]))
    found = ql.thermal(H, [1.0, 2.0], observables={"z": np.diag([1.0, -1.0]), "H": H})
    one = exact(found.betas)[0]
    assert np.allclose(found.log_partition, one + np.log1p(np.exp(-gap * found.betas)), atol=1e-10)
    assert np.allclose(found.averages["z"], np.tanh(gap * found.betas / 2), atol=1e-9)
    assert np.allclose(found.averages["H"], found.energy, atol=1e-10)
    theta = ql.Grid((16, 16), [(0, np.pi), (0, 2 * np.pi)], boundary=["pole", "periodic"])
    sphere = ql.Hamiltonian(theta, 0.0, metric=lambda th, ph: [[1 + 0 * th, 0 * th], [0 * th, np.sin(th) ** 2]])
    l = np.arange(60)
    z = np.sum((2 * l + 1) * np.exp(-l * (l + 1)))                           # β = 2
    assert abs(ql.thermal(sphere, 2.0).log_partition[0] - np.log(z)) < 1e-10


def test_same_numbers_for_any_executor():
    H = ql.Hamiltonian(ql.Grid((48, 48), [(-6, 6)] * 2), lambda x, y: (x**2 + y**2) / 2)
    settings = dict(vectors=4, observables={"x2": lambda x, y: x**2})
    one = ql.thermal(H, 1.0, **settings)
    with ThreadPoolExecutor(2) as executor:
        two = ql.thermal(H, 1.0, executor=executor, **settings)
    assert one.method == "typicality"
    assert np.array_equal(rows(one), rows(two)) and np.array_equal(table(one.errors), table(two.errors))


def test_refusals():
    H = line()
    with pytest.raises(ArgumentError, match="beta"):
        ql.thermal(H, -1.0)
    with pytest.raises(ArgumentError, match="beta must be real"):
        ql.thermal(H, 1 + 1j)
    with pytest.raises(ArgumentError, match="observables"):
        ql.thermal(H, 1.0, observables={"energy": lambda x: x})
    with pytest.raises(ArgumentError, match="observables"):
        ql.thermal(H, 1.0, observables={"x": np.zeros(5)})
    with pytest.raises(ArgumentError, match="Hermitian and on the grid"):
        ql.thermal(H, 1.0, observables={"T": line(48)})
    with pytest.raises(ArgumentError, match="must be real"):
        ql.thermal(H, 1.0, observables={"x": 1j * np.ones(64)})
    with pytest.raises(UnsupportedError, match="loss"):
        ql.thermal(line(absorber=1.0), 1.0)
    with pytest.raises(UnsupportedError, match="typicality"):
        ql.thermal(ql.Hamiltonian(ql.Grid((80, 80), [(-6, 6)] * 2), 0.0), 1.0, method="levels")
    with pytest.raises(ArgumentError, match="levels"):
        ql.thermal(H, 1.0, levels=64, method="typicality")
    with pytest.raises(ArgumentError, match="Spectrum of H"):
        ql.thermal(H, 1.0, levels=ql.eigenstates(line(48), 4))
