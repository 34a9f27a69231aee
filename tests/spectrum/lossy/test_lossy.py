"""Levels with a loss or gain: closed forms, honest bounds, exceptional points, nothing missed, refusals."""

import warnings

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, UnsupportedError
from qlearn.exact import LossyOscillator
from qlearn.spectrum.lossy import levels as lossy
from qlearn.spectrum.lossy.levels import lossy_levels
from qlearn.spectrum.lossy.near_target import near_target, two_sided
from qlearn.spectrum.lossy.non_normal import conditioned, settled

MEETING, WHERE = 2.08869890274970 / 2, 1.46876861378514     # a_0 = a_2 of Mathieu's equation at q = 1.4687…i


@pytest.fixture
def by_inverse(monkeypatch):
    """The way of large matrices on small ones."""
    monkeypatch.setattr(lossy, "FULL", 10)


@pytest.mark.parametrize("loss", [0.4, -0.4, 1.5])
def test_oscillators_with_loss_and_gain(loss):
    case = LossyOscillator(loss)
    spectrum = lossy_levels(case.hamiltonian(ql.Grid(80, (-10, 10))), 6, tol=1e-6)
    errors = np.abs(spectrum.energies - [case.energy(n) for n in range(6)])
    assert np.max(errors) < 1e-11 and np.all(errors <= spectrum.error_bounds)
    assert np.all(np.sign(spectrum.stats["loss"]) == np.sign(loss)) and np.all(spectrum.stats["condition"] >= 1 - 1e-12)


@pytest.mark.usefixtures("by_inverse")
@pytest.mark.parametrize("target", [None, 3 - 0.6j])
def test_degenerate_levels_in_two_dimensions_are_all_found_by_inverses(target):
    case = LossyOscillator(0.4)
    spectrum = lossy_levels(case.hamiltonian(ql.Grid((24, 24), [(-6, 6)] * 2)), 6, target=target, tol=1e-2)
    quanta = [0, 1, 1, 2, 2, 2] if target is None else [1, 1, 2, 2, 2, 3]
    errors = np.abs(spectrum.energies - [case.energy(n, 2) for n in quanta])
    assert np.all(errors <= spectrum.error_bounds) and np.max(errors) < 1e-5 and "inverse" in spectrum.method
    assert spectrum.stats["cluster"][1] == 2 or target is not None


@pytest.mark.parametrize("target", [None, 4.0 - 0.5j])
def test_both_ways_agree_without_a_symmetric_matrix(monkeypatch, target):
    """A twist makes H ≠ Hᵀ: left eigenvectors are not the conjugates of the right ones."""
    H = ql.Hamiltonian(ql.Grid(90, (0, 6), twist=0.3), lambda x: 2 * np.cos(np.pi * x / 3) - 0.3j * (1 + np.sin(np.pi * x / 3)))
    whole = lossy_levels(H, 5, target=target, tol=1e-6)
    monkeypatch.setattr(lossy, "FULL", 10)
    sought = lossy_levels(H, 5, target=target, tol=1e-6)
    np.testing.assert_allclose(sought.energies, whole.energies, atol=1e-10)
    np.testing.assert_allclose(sought.stats["condition"], whole.stats["condition"], rtol=1e-7)


@pytest.fixture
def by_projection(monkeypatch):
    """The way of large grids on small ones."""
    monkeypatch.setattr(lossy, "FULL", 10)
    monkeypatch.setattr(lossy, "DENSE_LIMIT", 10)


@pytest.mark.usefixtures("by_projection")
@pytest.mark.parametrize("twist", [0.0, 0.3])
def test_projection_and_davidson_steps_find_the_levels_of_the_matrix(monkeypatch, twist):
    grid = ql.Grid((28, 24), [(-7, 7), (-5, 5)], twist=(twist, 0))
    x, y = grid.mesh                            # a table: the residual on this grid is the whole error of the matrix
    H = ql.Hamiltonian(grid, 0.5 * x**2 * np.exp(-0.1 * x**2) + y**2 / 2 - 1j * ql.Absorber(3.0, 1.5, 3, axes=0).table(grid))
    for target in (None, 1.3):
        projected = lossy_levels(H, 4, target=target, tol=1e-7)
        assert "Davidson" in projected.method
        with monkeypatch.context() as whole:
            whole.setattr(lossy, "FULL", 10**4)
            known = lossy_levels(H, 4, target=target)
        assert np.all(np.abs(projected.energies - known.energies) <= projected.error_bounds + known.error_bounds)
        np.testing.assert_allclose(projected.stats["condition"], known.stats["condition"], rtol=1e-4)


def test_sums_over_the_axes_of_a_grid_too_large_for_a_matrix():
    layer = ql.Absorber(6.0, 1.5, 3, axes=0)
    line = ql.Hamiltonian(ql.Grid(96, (-14, 14)), lambda x: 0.5 * x**2 * np.exp(-0.1 * x**2), absorber=ql.Absorber(6.0, 1.5, 3))
    plane = ql.Hamiltonian(ql.Grid((96, 44), [(-14, 14), (-7, 7)]), lambda x, y: 0.5 * x**2 * np.exp(-0.1 * x**2) + y**2 / 2,
                           absorber=layer)
    along = lossy_levels(line, 60, tol=1).energies
    sums = np.add.outer(along, np.arange(4) + 0.5).ravel()
    expected = sums[np.argsort(np.abs(sums - 1.7))[:3]]
    found = lossy_levels(plane, 3, target=1.7, tol=1e-2)
    np.testing.assert_allclose(found.energies, expected[np.argsort(expected.real)], atol=1e-6)


def test_first_order_error_of_a_perturbation_is_condition_times_its_size():
    """κ is sharp: a perturbation along left and right eigenvectors moves a level by κ times its norm."""
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((40, 40)) + 1j * rng.standard_normal((40, 40))
    values, right, left = two_sided(matrix, 0.0, 6)
    v, u, size = right[:, 0], left[:, 0], 1e-7
    kappa = 1 / abs(np.vdot(u, v))
    moved = near_target(matrix + size * np.outer(u, v.conj()), values[0], 1)[0][0]
    assert abs(abs(moved - values[0]) / (size * kappa) - 1) < 1e-4


def test_exceptional_point_is_bounded_and_named():
    ring = ql.Hamiltonian(ql.Grid(48, (0, np.pi)), lambda x: 1j * WHERE * np.cos(2 * x))
    with pytest.warns(AccuracyWarning, match="exceptional point"):
        spectrum = lossy_levels(ring, 2, target=MEETING)
    errors = np.abs(spectrum.energies - MEETING)
    assert np.all(spectrum.stats["condition"] > 1e5) and spectrum.stats["cluster"].tolist() == [2, 2]
    assert np.all(errors <= spectrum.error_bounds + 1e-7) and np.max(spectrum.error_bounds) < 1e-3


def test_past_the_exceptional_point_levels_are_pairs_and_before_it_real():
    def levels(q):
        return lossy_levels(ql.Hamiltonian(ql.Grid(48, (0, np.pi)), lambda x: 1j * q * np.cos(2 * x)), 2, target=MEETING).energies
    assert np.max(np.abs(levels(1.3).imag)) < 1e-12
    pair = levels(1.6)
    assert abs(pair[0] - pair[1].conj()) < 1e-11 and abs(pair[0].imag) > 0.1


def test_a_uniform_loss_moves_nothing_else():
    grid = ql.Grid((12, 12), [(0, 1)] * 2)
    spectrum = lossy_levels(ql.Hamiltonian(grid, np.zeros((12, 12)), absorber=0.3), 9)
    plain = ql.eigenstates(ql.Hamiltonian(grid, np.zeros((12, 12))), 9)
    np.testing.assert_allclose(spectrum.energies, plain.energies - 0.3j, atol=1e-10)
    np.testing.assert_allclose(spectrum.stats["condition"], 1, rtol=1e-12)


def test_channels_share_a_loss():
    x = ql.Grid(64, (-8, 8)).axes[0]
    V = np.array([[x**2 / 2, 0.3 + 0 * x], [0.3 + 0 * x, x**2 / 2 + 1.0]]) - 0.05j * np.eye(2)[:, :, None] * x**2
    spectrum = lossy_levels(ql.Hamiltonian(ql.Grid(64, (-8, 8)), V), 2, tol=1e-6)
    split = np.array([0.5 - (0.25 + 0.09) ** 0.5, 0.5 + (0.25 + 0.09) ** 0.5])
    expected = np.sort_complex(np.add.outer((1 - 0.1j) ** 0.5 * np.array([0.5, 1.5]), split).ravel())[:2]
    np.testing.assert_allclose(spectrum.energies, expected, atol=1e-10)


@pytest.mark.parametrize("gain", [0.3, 0.5, 0.7])
def test_channels_with_gain_and_loss_before_at_and_past_their_exceptional_point(gain):
    """H = (oscillator) + [[iγ, κ], [κ, −iγ]]: n + ½ ± √(κ² − γ²)."""
    grid = ql.Grid(48, (-8, 8))
    x = grid.axes[0]
    H = ql.Hamiltonian(grid, [[x**2 / 2 + 1j * gain, 0.5 + 0 * x], [0.5 + 0 * x, x**2 / 2 - 1j * gain]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if gain == 0.5 else "error")
        spectrum = lossy_levels(H, 4, tol=1e-6)
    split = np.sqrt(complex(0.25 - gain**2))
    expected = np.add.outer([0.5, 1.5], [-split, split]).ravel()
    apart = np.abs(spectrum.energies[:, None] - expected)
    assert np.all(np.min(apart, axis=1) <= np.maximum(spectrum.error_bounds, 1e-9))
    assert np.all(np.min(apart, axis=0) < (1e-6 if gain == 0.5 else 1e-9))
    assert spectrum.stats["condition"].max() > 1e5 if gain == 0.5 else spectrum.stats["condition"].max() < 10


def test_the_levels_of_channels_that_decay_differently_decay_so():
    """e^{−Γt/ħ} of a level, by sesolve."""
    grid = ql.Grid(64, (-8, 8))
    x = grid.axes[0]
    V = np.array([[x**2 / 2, 0.3 * x], [0.3 * x, x**2 + 0.4 - 0.2j * np.exp(-(x**2))]])
    H = ql.Hamiltonian(grid, V, hbar=0.9)
    spectrum = lossy_levels(H, 3, tol=1e-8)
    assert np.all(spectrum.stats["loss"] > 5e-4)
    moved = ql.sesolve(H, spectrum.states, [0, 2.0], tol=1e-9).final_state
    np.testing.assert_allclose(moved, np.exp(-2j / 0.9 * spectrum.energies)[:, None, None] * spectrum.states, atol=1e-8)


def test_tiny_widths_have_digits_of_their_own():
    """The loss of a bound state by W reaches Γ ~ 1e-16 E and is the same on three grids to 1e-3."""
    layer = ql.Absorber(12.0, 2.0, 4)
    losses = [lossy_levels(ql.Hamiltonian(ql.Grid(n, (-20, 20)), lambda x: -2 / np.cosh(x) ** 2, absorber=layer), 1,
                           tol=1e-3).stats["loss"][0] for n in (192, 224, 256)]
    assert 1e-18 < losses[0] < 1e-9 and max(losses) / min(losses) - 1 < 1e-3


def test_settled_degenerate_vectors_are_biorthogonal_and_parallel_ones_left():
    waves = np.array([[1, 1j], [1, -1j]]).T / 2**0.5                    # vᵀv = 0: κ = ∞ with left = conj(right)
    _, right, left = settled(np.ones(2), waves, waves.conj(), 1e-12)
    np.testing.assert_allclose(left.conj().T @ right, np.eye(2), atol=1e-12)
    jordan = np.array([[1.0, 1.0], [0.0, 1e-12]])
    np.testing.assert_array_equal(settled(np.ones(2), jordan, jordan, 1e-9)[1], jordan)


def test_cluster_bound_covers_a_jordan_block():
    """[[0, 1], [ε, 0]] has ±√ε: a residual of ε bounds it, ε itself does not."""
    known = conditioned(np.array([1e-9, -1e-9]), np.array([[1, 1], [1e-9, -1e-9]]) + 0j,
                        np.array([[1e-9, -1e-9], [1, 1]]) + 0j, np.full(2, 1e-8),
                        lambda *_: (np.array([[0, 1], [0, 0]]), 1e-8, 1.0))
    assert np.all(known.bounds >= 1e-4) and np.all(known.bounds < 1e-3) and known.cluster.tolist() == [2, 2]


def test_refusals():
    grid = ql.Grid(16, (0, 1))
    with pytest.raises(ArgumentError, match="H must be"):
        lossy_levels(np.eye(3), 1)
    with pytest.raises(ArgumentError, match="k must be"):
        lossy_levels(ql.Hamiltonian(grid, 0.0), 17)
    with pytest.raises(ArgumentError, match="target"):
        lossy_levels(ql.Hamiltonian(grid, 0.0), 1, target=np.nan)
    with pytest.raises(UnsupportedError, match="batch"):
        lossy_levels(ql.Hamiltonian(grid, np.zeros((3, 16)) - 1j), 1)
    with pytest.raises(UnsupportedError, match="smaller box"):
        lossy_levels(ql.Hamiltonian(ql.Grid((80, 80), [(0, 80)] * 2), lambda x, y: 0 * x, absorber=0.1), 1, target=4.0)
