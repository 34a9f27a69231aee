"""Wannier functions: orthonormal under shifts, localised as known, refused where none exist; gauges that are worse."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError
from qlearn.exact import LameBands, MathieuBands, TwistedRing


def mesh(n):
    return np.stack(np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij"), -1).reshape(-1, 2)


def overlaps(w, points, cells):
    """⟨w_i|w_j shifted by n cells⟩ round a ring, twist included, (cells, g, g)."""
    found = []
    for n in range(cells):
        moved = np.roll(w.functions, n * points, axis=-1)
        moved[..., :n * points] *= np.exp(-2j * np.pi * w.grid.sectors[0])
        flat, other = (f.reshape(len(f), -1) for f in (w.functions, moved))
        found.append(flat.conj() @ other.T * w.grid.cell_volume)
    return np.array(found)


@pytest.mark.parametrize("band", [0, 1, [0, 1], [1, 2, 3]], ids=str)
@pytest.mark.parametrize("offset", [0.0, 0.3, -2.45])
def test_orthonormal_under_lattice_shifts(band, offset):
    H = MathieuBands(4.0).hamiltonian(32, 0.0)
    w = ql.bands(H, (np.arange(20) + offset) / 20, 4).wannier(band)
    found, g = overlaps(w, 32, 20), np.size(band)
    found[0] -= np.eye(g)
    assert np.max(np.abs(found)) < 1e-12 and w.orthonormality < 1e-12
    assert w.functions.shape == (g, 20 * 32) and np.all((w.centres >= -1e-8) & (w.centres < np.pi))


def test_centre_spread_and_decay_of_a_deep_well():
    """An oscillator in each well, ω² = 8v: spread ħ/2mω; decay between those of the barrier's top and of the Lamé formula."""
    w = ql.bands(MathieuBands(40.0).hamiltonian(48, 0.0), np.arange(12) / 12, 1).wannier(0)
    assert abs(w.centres[0, 0] - np.pi / 2) < 1e-12
    assert abs(w.spreads[0] * 2 * np.sqrt(160) - 1) < 0.05
    lame = LameBands(0.9)
    found = ql.bands(lame.hamiltonian(32), np.arange(40) / 40, 1).wannier(0)
    assert abs(found.decay[0, 0] / lame.decay - 1) < 0.02
    assert abs(found.centres[0, 0]) < 1e-9


def test_hoppings_are_the_fourier_coefficients_of_the_band():
    found = ql.bands(MathieuBands(2.0).hamiltonian(32, 0.0), np.arange(16) / 16, 2)
    w = found.wannier(0)
    np.testing.assert_allclose(w.hoppings[:, 0, 0], np.fft.fft(found.sorted[:, 0]) / 16, atol=1e-12)
    both = found.wannier([0, 1])
    blocks = np.tensordot(np.exp(2j * np.pi * np.outer(np.arange(16), np.arange(16)) / 16), both.hoppings, (1, 0))
    np.testing.assert_allclose(np.linalg.eigvalsh(blocks), found.sorted, atol=1e-11)


def test_no_gauge_is_more_localised():
    found = ql.bands(MathieuBands(2.0).hamiltonian(24, 0.0), np.arange(16) / 16, 1)
    w = found.wannier(0)
    cells = np.fft.fft(w.functions[0].reshape(16, 24), axis=0)
    x = w.grid.axes[0]
    generator = np.random.default_rng(3)
    for size in (0.02, 0.3, 3.0):
        other = np.fft.ifft(np.exp(1j * size * generator.standard_normal(16))[:, None] * cells, axis=0).ravel()
        density = np.abs(other) ** 2 * w.grid.cell_volume
        assert density @ x**2 - (density @ x) ** 2 > w.spreads[0] * (1 + 0.1 * size**2)


def test_together_two_bands_are_more_localised_than_apart():
    found = ql.bands(MathieuBands(1.5).hamiltonian(32, 0.0), np.arange(24) / 24, 3)
    apart = found.wannier(0).spreads[0] + found.wannier(1).spreads[0]
    assert found.wannier([0, 1]).spreads.sum() < apart


def test_a_product_in_two_dimensions():
    H = ql.Hamiltonian(ql.Grid((12, 12), [(0, np.pi)] * 2), lambda x, y: 2.5 * (np.cos(2 * x) + np.cos(2 * y)))
    found = ql.bands(H, mesh(6), 3, tol=1e-5)
    w, one = found.wannier(0), ql.bands(MathieuBands(2.5).hamiltonian(12, 0.0), np.arange(6) / 6, 1, tol=1e-5).wannier(0)
    np.testing.assert_allclose(w.functions[0], np.multiply.outer(one.functions[0], one.functions[0]), rtol=0,
                               atol=1e-9)
    assert w.chern == 0 and abs(w.spreads[0] - 2 * one.spreads[0]) < 1e-11
    pair = found.wannier([1, 2])
    assert pair.orthonormality < 1e-12 and np.all(pair.spreads < 4 * w.spreads[0])
    with pytest.raises(RegimeError, match="bands 1 and 2 touch"):
        found.wannier(1)


def test_a_staggered_field_leaves_the_minimum_of_the_spread():
    """Zero flux in all: phases added at random make the spread larger, so the gauge is a minimum."""
    H = ql.Hamiltonian(ql.Grid((10, 10), [(0, 1)] * 2), lambda x, y: -20 * (np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)),
                       vector_potential=lambda x, y: (2 * np.sin(2 * np.pi * y), 1.5 * np.sin(2 * np.pi * x)))
    w = ql.bands(H, mesh(6), 1, tol=1e-3).wannier(0)
    cells = np.fft.fftn(w.functions[0].reshape(6, 10, 6, 10), axes=(0, 2))
    x, y = w.grid.mesh
    for seed in range(3):
        phase = np.exp(0.3j * np.random.default_rng(seed).standard_normal((6, 1, 6, 1)))
        density = np.abs(np.fft.ifftn(phase * cells, axes=(0, 2)).reshape(60, 60)) ** 2 * w.grid.cell_volume
        spread = sum(np.sum(density * q**2) - np.sum(density * q) ** 2 for q in (x, y))
        assert spread > w.spreads[0] * 1.01


def test_a_chern_number_forbids_them():
    """A spin that follows a skyrmion in each cell meets one quantum of flux there."""
    def texture(x, y):
        n = np.array([np.sin(x), np.sin(y), 1 + np.cos(x) + np.cos(y)])
        n = 8 * n / np.sqrt((n**2).sum(axis=0) + 0.05)
        return np.array([[n[2], n[0] - 1j * n[1]], [n[0] + 1j * n[1], -n[2]]])

    H = ql.Hamiltonian(ql.Grid((12, 12), [(0, 2 * np.pi)] * 2), texture)
    found = ql.bands(H, mesh(8), 2, tol=0.1)
    assert found.wannier(0).chern == 0
    with pytest.raises(RegimeError, match="Chern number 2"):
        found.wannier(1)
    mirrored = ql.Hamiltonian(H.grid, lambda x, y: texture(-x, y))
    with pytest.raises(RegimeError, match="Chern number -2"):
        ql.bands(mirrored, mesh(8), 2, tol=0.1).wannier(1)


def test_spin_and_a_wall_beside_the_ring():
    def twice(x):
        return np.array([[2.5 * np.cos(2 * x), 0 * x], [0 * x, 2.5 * np.cos(2 * x)]])

    one = ql.bands(MathieuBands(2.5).hamiltonian(16, 0.0), np.arange(8) / 8, 1, tol=1e-6).wannier(0)
    pair = ql.bands(ql.Hamiltonian(ql.Grid(16, (0, np.pi)), twice), np.arange(8) / 8, 2, tol=1e-6).wannier([0, 1])
    np.testing.assert_allclose(pair.spreads, one.spreads[0], atol=1e-12)
    assert pair.functions.shape == (2, 2, 128)
    strip = ql.Hamiltonian(ql.Grid((16, 6), [(0, np.pi), (0, 1)], ("periodic", "wall")), lambda x, y: 2.5 * np.cos(2 * x) + 0 * y)
    beside = ql.bands(strip, np.arange(8) / 8, 1, tol=1e-6).wannier(0)
    assert beside.functions.shape == (1, 128, 6) and abs(beside.spreads[0] - one.spreads[0]) < 1e-11


def test_refusals():
    H = MathieuBands(1.5).hamiltonian(24, 0.0)
    found = ql.bands(H, np.arange(12) / 12, 3)
    for band, words in ((3, "band number"), (-1, "band number"), ([0, 2], "consecutive"), ([0, 0], "consecutive"),
                        (0.5, "band number")):
        with pytest.raises(ArgumentError, match=words):
            found.wannier(band)
    for thetas in (np.linspace(0, 1, 13), [0.0, 0.1, 0.5], [0.0, 0.5, 0.5], np.arange(6) / 12):
        with pytest.raises(ArgumentError, match="uniform mesh"):
            ql.bands(H, thetas, 1).wannier(0)
    with pytest.raises(RegimeError, match="touch"):
        ql.bands(TwistedRing(2.0).hamiltonian(16), np.arange(8) / 8, 2).wannier(0)
    with pytest.raises(RegimeError, match="too coarse"):
        ql.bands(MathieuBands(0.01).hamiltonian(24, 0.0), np.arange(5) / 5, 2).wannier(1)
    solid = ql.Hamiltonian(ql.Grid((4, 4, 4), [(0, 1)] * 3), lambda x, y, z: 9 * np.cos(2 * np.pi * x) * np.cos(2 * np.pi * y))
    corners = np.stack(np.meshgrid(*[[0.0, 0.5]] * 3, indexing="ij"), -1).reshape(-1, 3)
    with pytest.raises(UnsupportedError, match="three"):
        ql.bands(solid, corners, 1, tol=10.0).wannier(0)
