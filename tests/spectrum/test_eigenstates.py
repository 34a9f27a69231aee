"""eigenstates: known levels, honest bounds, degenerate and tiny and huge scales, refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError
from qlearn.exact import MathieuRing, MetricRing, TwistedRing


@pytest.mark.parametrize("points", [48, 49])
@pytest.mark.parametrize("strength", [0.0, 3.0, -20.0])
def test_mathieu(points, strength):
    ring = MathieuRing(strength, mass=0.7, hbar=1.2)
    spectrum = ql.eigenstates(ring.hamiltonian(points), 8)
    errors = np.abs(spectrum.energies - ring.levels(8))
    assert np.max(errors) < 2e-12 * max(1, abs(strength)) and np.all(errors <= spectrum.error_bounds + 2e-13)
    assert spectrum.certified_on.shape == (2 * points,)


def test_harmonic_levels_and_states_with_their_phases_fixed():
    grid = ql.Grid(128, (-11, 11))
    spectrum = ql.eigenstates(ql.Hamiltonian(grid, lambda x: x**2 / 2), 20)
    np.testing.assert_allclose(spectrum.energies, np.arange(20) + 0.5, atol=1e-12)
    ground = np.pi**-0.25 * np.exp(-grid.axes[0] ** 2 / 2)
    assert grid.norm(spectrum.states[0] - ground) < 1e-12 and np.isrealobj(spectrum.states)


@pytest.mark.parametrize("twist", [0.0, 0.5, 0.3])
def test_degenerate_states_are_orthonormal(twist):
    ring = TwistedRing(2.0, twist)
    spectrum = ql.eigenstates(ring.hamiltonian(33), 9)
    np.testing.assert_allclose(spectrum.energies, ring.levels(9), atol=1e-9)
    overlaps = spectrum.states.conj() @ spectrum.states.T * spectrum.hamiltonian.grid.cell_volume
    np.testing.assert_allclose(overlaps, np.eye(9), atol=1e-12)


def test_metric_levels_equal_those_in_the_proper_length():
    np.testing.assert_allclose(ql.eigenstates(MetricRing(0.5).hamiltonian(80, 3.0), 6).energies, MathieuRing(3.0).levels(6),
                               atol=1e-11)


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_scales_do_not_matter(scale):
    grid = ql.Grid(96, (-10 * scale, 10 * scale))
    H = ql.Hamiltonian(grid, lambda x: 0.5 * (x / scale) ** 2 - 7, mass=scale**-2, hbar=1.0)
    spectrum = ql.eigenstates(H, 5)
    np.testing.assert_allclose(spectrum.energies, np.arange(5) - 6.5, atol=1e-11)
    assert np.max(spectrum.error_bounds) < 1e-10


def test_small_gaps_are_seen_within_their_bounds():
    """A double well whose lowest pair splits by 5e-4: bound against a fine grid."""
    def levels(n):
        H = ql.Hamiltonian(ql.Grid(n, (0, 2 * np.pi)), lambda x: 4 * (1 + np.cos(2 * x)), hbar=0.6)
        return ql.eigenstates(H, 4)
    coarse, fine = levels(64), levels(128)
    gap = fine.energies[1] - fine.energies[0]
    assert 1e-5 < gap < 1e-2
    assert np.all(np.abs(coarse.energies - fine.energies) <= coarse.error_bounds + fine.error_bounds)
    assert coarse.error_bounds[1] < 1e-7 * gap


def test_the_bound_covers_the_error_of_the_discretisation():
    """On grids too coarse the matrix is solved to rounding and still wrong; the residual on the finer grid says so."""
    exact = MathieuRing(40.0).levels(6)
    for points in (10, 12, 16, 20):
        H = MathieuRing(40.0).hamiltonian(points)
        with pytest.warns(AccuracyWarning, match="more points"):
            spectrum = ql.eigenstates(H, 6)
        errors = np.min(np.abs(spectrum.energies[:, None] - MathieuRing(40.0).levels(40)), axis=1)
        assert np.all(errors <= spectrum.error_bounds)
        assert np.max(np.abs(spectrum.energies - exact)) > 1e-9
    table_only = ql.Hamiltonian(H.grid, H.potential_table())
    assert np.max(ql.eigenstates(table_only, 6).residuals) < 1e-11  # of the matrix: nothing is known between the points


def test_relaxation_rates_of_a_static_loss():
    """ħH_E with U = T cos x, D = T = 1 (γ = 1): the zero mode is exp(−U/2T), and the rates are E/ħ."""
    hbar = 2.0
    grid = ql.Grid(64, (0, 2 * np.pi))
    H = ql.Hamiltonian(grid, lambda x: hbar * (np.sin(x) ** 2 / 4 + np.cos(x) / 2), hbar=hbar)
    spectrum = ql.eigenstates(H, 4)
    root = np.exp(-np.cos(grid.axes[0]) / 2)
    assert abs(spectrum.energies[0]) < 1e-12
    assert grid.norm(spectrum.states[0] - root / grid.norm(root)) < 1e-11
    np.testing.assert_allclose(spectrum.rates(3), spectrum.energies[1:] / 2)
    with pytest.raises(RegimeError, match="no zero mode"):
        ql.eigenstates(ql.Hamiltonian(grid, 0.1), 3).rates(2)


def test_two_dimensions():
    grid = ql.Grid((28, 30), [(-6, 6), (-6, 6)])
    spectrum = ql.eigenstates(ql.Hamiltonian(grid, lambda x, y: (x**2 + 2 * y**2) / 2), 4, tol=1e-4)
    np.testing.assert_allclose(spectrum.energies, np.sort([0.5 + 2**0.5 * 0.5 + e for e in (0, 1, 2**0.5, 2)]), atol=1e-6)
    assert spectrum.states.shape == (4, 28, 30)


def test_refusals():
    H = MathieuRing(1.0).hamiltonian(16)
    for bad in (0, 17, 2.0):
        with pytest.raises(ArgumentError, match="k must be"):
            ql.eigenstates(H, bad)
    with pytest.raises(ArgumentError, match="tol"):
        ql.eigenstates(H, 2, tol=-1)
    with pytest.raises(UnsupportedError, match="4096"):
        ql.eigenstates(ql.Hamiltonian(ql.Grid((128, 64), [(0, 1), (0, 1)]), 0.0), 2, method="dense")
    with pytest.raises(ArgumentError, match=r"H\.at\(t\)"):
        ql.eigenstates(ql.Hamiltonian(H.grid, lambda t, x: t * x, time_dependent=True), 2)


def test_a_box_a_sphere_and_a_field():
    box = ql.eigenstates(ql.Hamiltonian(ql.Grid(20, (0, np.pi), "wall"), 0.0), 6)
    np.testing.assert_allclose(box.energies, np.arange(1, 7) ** 2 / 2, rtol=1e-13)
    assert box.certified_on.shape == (41,) and np.max(box.error_bounds) < 1e-11
    sphere = ql.Grid((10, 20), [(0, np.pi), (0, 2 * np.pi)], ("pole", "periodic"))

    def metric(theta, phi):
        return [[1, 0], [0, np.sin(theta) ** 2]]

    tilted = [ql.eigenstates(ql.Hamiltonian(sphere, V, metric=metric), 4).energies for V in
              (lambda a, b: np.cos(a), lambda a, b: np.sin(a) * np.cos(b))]
    np.testing.assert_allclose(tilted[0], tilted[1], atol=1e-9)  # gravity along another axis
    landau = ql.eigenstates(ql.Hamiltonian(ql.Grid((26, 26), [(-5.5, 5.5)] * 2), lambda x, y: (x**2 + y**2) / 2,
                                           vector_potential=lambda x, y: (-y / 2, x / 2)), 3)
    frequency = np.sqrt(1.25)  # Fock and Darwin
    np.testing.assert_allclose(landau.energies, [frequency, 2 * frequency - 0.5, 3 * frequency - 1], atol=1e-6)


def test_channels_share_an_orthonormal_basis():
    H = ql.Hamiltonian(ql.Grid(48, (-8, 8)), lambda x: np.array([[x**2 / 2, 0.1 + 0 * x], [0.1 + 0 * x, x**2 / 2 + 1]]))
    spectrum = ql.eigenstates(H, 5)
    shift = np.sqrt(0.26)
    np.testing.assert_allclose(spectrum.energies, np.sort([n + s * shift + 1 for n in range(4) for s in (-1, 1)])[:5], atol=1e-11)
    overlaps = np.einsum("icx,jcx->ij", spectrum.states.conj(), spectrum.states) * H.grid.cell_volume
    np.testing.assert_allclose(overlaps, np.eye(5), atol=1e-12)


