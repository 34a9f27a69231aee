"""Density of states: the kernel against its closed forms, counts against known levels, errors against the scatter over seeds."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import kstest, t

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError


def oscillator(points=48, half=8.0):
    """2-D, levels n + 1 with multiplicity n + 1."""
    return ql.Hamiltonian(ql.Grid((points, points), [(-half, half)] * 2), lambda x, y: (x**2 + y**2) / 2)


def axis_levels(points=48, half=8.0):
    one = np.linalg.eigvalsh(ql.Hamiltonian(ql.Grid(points, (-half, half)), lambda x: x**2 / 2).to_matrix())
    return np.sort(np.add.outer(one, one).ravel())


def test_exact_trace_counts_the_levels_between_them():
    """Away from the levels by five widths of the peaks the counts are whole to 1e-3, and ρ integrates to them."""
    H = ql.Hamiltonian(ql.Grid(96, (-12, 12)), lambda x: x**2 / 2)
    found = ql.density_of_states(H, energies=np.arange(1.0, 20.0), resolution=0.1)
    assert found.method == "exact trace" and np.all(found.errors == 0) and np.max(found.resolution) <= 0.1
    assert np.allclose(found.counts, np.arange(1, 20), atol=1e-3)
    fine = ql.density_of_states(H, energies=np.linspace(4.0, 9.0, 2001), resolution=0.1)
    assert abs(np.trapezoid(fine.values, fine.energies) - 5) < 1e-3
    assert np.allclose(np.gradient(fine.counts, fine.energies), fine.values, atol=1e-3 * fine.values.max())


def test_the_width_of_a_peak_is_the_stated_one():
    """One level, E = 5 of a free ring: mean and standard deviation of its peak."""
    H = ql.Hamiltonian(ql.Grid(64, (0, 2 * np.pi)), 0.0)
    found = ql.density_of_states(H, energies=np.linspace(1, 511, 20001), resolution=20.0)
    for level in (40.0, 200.0, 480.0):
        peak, _ = found.smoothed([level])
        total = np.trapezoid(peak, found.energies)
        x = found.energies - level
        width = np.sqrt(np.trapezoid(peak * x**2, found.energies) / total)
        assert abs(total - 1) < 2e-2 and np.all(peak > 0)
        assert width == pytest.approx(np.interp(level, found.energies, found.resolution), rel=0.1)


def test_too_coarse_a_resolution_is_seen():
    """Control: with peaks as wide as the spacing of the levels the counts between them are not whole."""
    H = ql.Hamiltonian(ql.Grid(96, (-12, 12)), lambda x: x**2 / 2)
    coarse = ql.density_of_states(H, energies=[1.25, 2.25], resolution=1.0)
    assert np.all(np.abs(coarse.counts - [1, 2]) > 0.01)


def test_z_of_the_stochastic_trace_is_students():
    """150 seeds at one energy: (ρ − exact)/error follows Student's t with 11 degrees; false-alarm rate 1e-3."""
    H, energies = oscillator(24, 6.0), [12.0]
    exact = ql.density_of_states(H, energies=energies, resolution=1.0, method="exact")
    z = []
    for seed in range(150):
        found = ql.density_of_states(H, energies=energies, resolution=1.0, method="stochastic", vectors=12, seed=seed)
        z.append([(found.values - exact.values)[0] / found.errors[0], (found.counts - exact.counts)[0] / found.count_errors[0]])
    for column in np.array(z).T:
        assert kstest(column, t(11).cdf).pvalue > 5e-4
    assert kstest(2 * np.array(z)[:, 0], t(11).cdf).pvalue < 5e-4            # control: errors half as large


def test_same_numbers_for_any_executor():
    H, settings = oscillator(), dict(resolution=1.0, vectors=5, energies=np.linspace(1, 20, 7))
    one = ql.density_of_states(H, **settings)
    with ThreadPoolExecutor(2) as executor:
        two = ql.density_of_states(H, executor=executor, **settings)
    assert np.array_equal(one.values, two.values) and np.array_equal(one.count_errors, two.count_errors)
    other = ql.density_of_states(H, seed=1, **settings)
    assert not np.array_equal(one.values, other.values)


def test_every_hamiltonian():
    """Walls, twist, vector potential, metric and channels: exact and stochastic counts agree within 4.5 errors (t₁₉: 2.5e-4)."""
    theta = ql.Grid((12, 16), [(0, np.pi), (0, 2 * np.pi)], boundary=["pole", "periodic"])
    cases = [
        ql.Hamiltonian(ql.Grid(90, (0, 3), "wall"), lambda x: 5 * x),
        ql.Hamiltonian(ql.Grid(90, (0, 3), twist=0.3), lambda x: np.cos(2 * np.pi * x / 3)),
        ql.Hamiltonian(ql.Grid((20, 20), [(-4, 4)] * 2), lambda x, y: x**2 + y**2, vector_potential=lambda x, y: [-y, x]),
        ql.Hamiltonian(theta, 0.0, metric=lambda th, ph: [[1 + 0 * th, 0 * th], [0 * th, np.sin(th) ** 2]]),
        ql.Hamiltonian(ql.Grid(60, (-5, 5)), lambda x: np.array([[x**2, 0.3 + 0 * x], [0.3 + 0 * x, x**2 + 1]])),
    ]
    for H in cases:
        low, high = H.spectral_bounds
        energies = low + (high - low) * np.array([0.1, 0.3])
        exact = ql.density_of_states(H, energies=energies, method="exact")
        found = ql.density_of_states(H, energies=energies, method="stochastic", vectors=20)
        assert exact.levels_in_all == np.prod(H.state_shape) == pytest.approx(exact.moments[0])
        assert np.all(np.abs(found.counts - exact.counts) < 4.5 * found.count_errors + 1e-9)


def test_smoothed_levels_are_the_exact_trace():
    H = oscillator(24, 6.0)
    found = ql.density_of_states(H, energies=np.linspace(-5, 200, 31), resolution=2.0, method="exact")
    density, counts = found.smoothed(axis_levels(24, 6.0))
    assert np.allclose(density, found.values, atol=1e-9) and np.allclose(counts, found.counts, atol=1e-9)
    low = ql.density_of_states(H, energies=[1.5, 2.5], resolution=0.1)
    assert np.allclose(low.smoothed(ql.eigenstates(H, 12, tol=1e-3))[1], low.counts, atol=1e-3)
    assert found.values[0] == found.counts[0] == 0 and found.counts[-1] == 576 and found.values[-1] == 0


def test_refusals():
    H = ql.Hamiltonian(ql.Grid(32, (-6, 6)), lambda x: x**2)
    with pytest.raises(UnsupportedError, match="loss"):
        ql.density_of_states(ql.Hamiltonian(H.grid, H.potential, absorber=1.0))
    with pytest.raises(UnsupportedError, match="batch"):
        ql.density_of_states(ql.Hamiltonian(H.grid, np.zeros((3, 32))))
    with pytest.raises(ArgumentError, match="static"):
        ql.density_of_states(ql.Hamiltonian(H.grid, lambda t, x: t * x, time_dependent=True))
    with pytest.raises(ArgumentError, match="resolution"):
        ql.density_of_states(H, resolution=1e-9, energies=[20.0])
    with pytest.raises(ArgumentError, match="vectors"):
        ql.density_of_states(H, method="stochastic", vectors=1)
    with pytest.raises(ArgumentError, match="method"):
        ql.density_of_states(H, method="magic")
    with pytest.raises(ArgumentError, match="energies"):
        ql.density_of_states(H, energies=[])
    with pytest.raises(ArgumentError, match="levels"):
        ql.density_of_states(H).smoothed([1e9])


def test_a_figure_is_drawn():
    pytest.importorskip("matplotlib", reason="figures need matplotlib")
    figure = ql.density_of_states(oscillator(), energies=np.linspace(0, 8, 50), resolution=0.5).plot(levels=[1, 2, 2, 3, 3, 3])
    assert len(figure.axes) == 2 and figure.axes[0].lines and figure.axes[1].get_ylabel() == "levels below"
