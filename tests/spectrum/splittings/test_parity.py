"""parities: lines, rings, walls, twists, several axes; None where there is none."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.exact import MathieuRing, Sphere
from qlearn.spectrum.splittings.parity import reflection


@pytest.mark.parametrize("boundary", ["periodic", "wall"])
@pytest.mark.parametrize("points", [63, 64])
def test_an_oscillator_alternates(points, boundary):
    H = ql.Hamiltonian(ql.Grid(points, (-9, 9), boundary), lambda x: x**2 / 2)
    assert ql.parities(ql.eigenstates(H, 6)) == (1, -1) * 3


def test_the_center_is_a_choice_on_a_ring():
    spectrum = ql.eigenstates(MathieuRing(2.0).hamiltonian(48), 4)     # wells at π/2 and 3π/2
    assert ql.parities(spectrum) == (1, -1, 1, -1)                     # ce_0, se_1, ce_1, se_2
    assert ql.parities(spectrum, center=np.pi / 2) == (1, 1, -1, -1)
    assert ql.parities(spectrum, center=np.pi / 4) == (None,) * 4      # no symmetry of V
    with pytest.raises(ArgumentError, match="halfway between two"):
        ql.parities(spectrum, center=1.0)


def test_degenerate_and_asymmetric_states_have_none():
    ring = ql.Hamiltonian(ql.Grid(32, (0, 1)), 0.0)
    spectrum = ql.eigenstates(ring, 3)
    mixed = np.array([[1, 0, 0], [0, 0.8, 0.6], [0, -0.6, 0.8]]) @ spectrum.states
    rotated = ql.Spectrum(ring, spectrum.energies, mixed, spectrum.residuals, spectrum.error_bounds, ring.grid)
    assert ql.parities(rotated)[0] == 1 and None in ql.parities(rotated)
    tilted = ql.Hamiltonian(ql.Grid(64, (-9, 9)), lambda x: x**2 / 2 + 1e-5 * x)
    assert ql.parities(ql.eigenstates(tilted, 2)) == (None, None)
    twisted = ql.Hamiltonian(ql.Grid(32, (0, 1), twist=0.2), 0.0)
    assert ql.parities(ql.eigenstates(twisted, 2)) == (None, None)


def test_half_a_twist_turns_the_sign_beyond_the_seam():
    H = ql.Hamiltonian(ql.Grid(48, (0, 2 * np.pi), twist=0.5), lambda x: 3 * np.cos(x))
    spectrum = ql.eigenstates(H, 4)
    # even about π is odd about 0: the states ψ(x + 2π) = −ψ(x)
    at_pi, at_zero = ql.parities(spectrum), ql.parities(spectrum, center=0.0)
    assert at_pi == (1, -1, 1, -1) and at_zero == (-1, 1, -1, 1)


def test_inversion_holds_where_reflections_do_not():
    H = ql.Hamiltonian(ql.Grid((32, 34), [(-8, 8), (-8, 8)]), lambda x, y: (x**2 + y**2 + x * y) / 2)
    spectrum = ql.eigenstates(H, 3, tol=1e-3)
    assert ql.parities(spectrum, axis=(0, 1)) == (1, -1, -1)
    assert ql.parities(spectrum, axis=0) == (None,) * 3


def test_a_field_and_poles():
    landau = ql.Hamiltonian(ql.Grid((32, 32), [(-7, 7)] * 2), lambda x, y: (x**2 + y**2) / 2,
                            vector_potential=lambda x, y: (-y / 2, x / 2))
    spectrum = ql.eigenstates(landau, 3, tol=1e-3)
    assert ql.parities(spectrum, axis=(0, 1)) == (1, -1, 1)
    assert ql.parities(spectrum, axis=0) == (1, None, None)      # the image of l is −l; the ground state has l = 0
    sphere = ql.eigenstates(Sphere().hamiltonian((8, 16), lambda a, b: 0.1 * np.cos(a) ** 2), 1)
    assert ql.parities(sphere, axis=0) == (1,)


def test_a_reflection_applied_twice_is_nothing():
    grid = ql.Grid((9, 8), [(0, 1), (0, 2)], ("wall", "periodic"), twist=(0, 0.5))
    psi = np.random.default_rng(0).standard_normal((3, 9, 8))
    mirror = reflection(grid, (1, 0), (0.5, 0.5))
    np.testing.assert_array_equal(mirror.on_grid(grid, mirror.on_grid(grid, psi)), psi)


@pytest.mark.parametrize(("settings", "words"), [({"axis": 2}, "axis"), ({"axis": (0, 0)}, "different"), ({"axis": ()}, "axis"),
                                                 ({"center": (0.0, 1.0)}, "each"), ({"center": 9.0}, "within")])
def test_refusals(settings, words):
    spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid((4, 4), [(0, 1), (0, 1)]), 0.0), 1)
    with pytest.raises(ArgumentError, match=words):
        ql.parities(spectrum, **settings)
    with pytest.raises(ArgumentError, match="Spectrum"):
        ql.parities(3)
    walls = ql.Grid(5, (0, 1), "wall")
    with pytest.raises(ArgumentError, match="middle"):
        reflection(walls, 0, 0.4)
