"""∂VᵀM⁻¹∂V by differences: its order, seams and walls, and the judgement whether V is smooth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import qlearn as ql
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian.gradients import derivatives, joins_smoothly


def slope_errors(function, slope, bounds, counts, boundary="periodic"):
    errors = []
    for n in counts:
        grid = ql.Grid(n, bounds, boundary)
        errors.append(np.max(np.abs(derivatives(function(grid.axes[0]), grid)[0] - slope(grid.axes[0]))))
    return np.array(errors)


def slopes_of(errors, steps):
    return np.diff(np.log(errors)) / np.diff(np.log(steps))


@pytest.mark.parametrize(("function", "slope", "bounds", "boundary", "counts"), [
    (lambda x: np.exp(np.cos(x)), lambda x: -np.sin(x) * np.exp(np.cos(x)), (0, 2 * np.pi), "periodic", (96, 128, 160, 200)),
    (lambda x: x**9, lambda x: 9 * x**8, (0, 1), "periodic", (16, 20, 26, 32)),
    (lambda x: x**9, lambda x: 9 * x**8, (0, 1), "wall", (16, 20, 26, 32)),
], ids=["ring", "kink at the seam", "walls"])
def test_the_order_is_8_up_to_the_ends(function, slope, bounds, boundary, counts):
    errors = slope_errors(function, slope, bounds, counts, boundary)
    orders = slopes_of(errors, [ql.Grid(n, bounds, boundary).spacing[0] for n in counts])
    assert np.all(np.abs(orders - 8) < 0.1), orders


def test_polynomials_of_degree_8_are_exact_across_a_kink_at_the_seam():
    grid = ql.Grid(24, (-1, 1))
    x = grid.axes[0]
    assert not joins_smoothly(x**8, grid, 0)
    assert_allclose(derivatives(x**8, grid)[0], 8 * x**7, atol=1e-12)


def test_central_differences_across_a_kink_would_be_wrong():
    """Negative control: what the judgement of the seam avoids."""
    grid = ql.Grid(64, (-8, 8))
    x = grid.axes[0]
    central = ql.Grid(64, (-8, 8)).derivative(x**2 / 2).real
    assert np.max(np.abs(central - x)) > 1 and np.max(np.abs(derivatives(x**2 / 2, grid)[0] - x)) < 1e-12


@pytest.mark.parametrize("mass", [1.5, (1.5, 0.7), [[2.0, 0.4], [0.4, 1.0]]], ids=["number", "axes", "matrix"])
def test_the_inverse_mass_joins_the_slopes(mass):
    grid = ql.Grid((64, 48), [(0, 2 * np.pi), (-1, 1)])
    x, y = grid.mesh
    slope = np.stack([-np.sin(x) * y**3, 3 * np.cos(x) * y**2])
    matrix = np.diag(np.broadcast_to(mass, 2)) if np.ndim(mass) < 2 else np.array(mass)
    H = ql.Hamiltonian(grid, np.cos(x) * y**3, mass=mass)
    assert_allclose(H.gradient_squared(), np.einsum("axy,ab,bxy->xy", slope, np.linalg.inv(matrix), slope), atol=1e-9)
    assert H.gradient_squared() is H.gradient_squared() and not H.gradient_squared().flags.writeable


def test_a_loss_makes_it_complex_without_conjugate():
    grid = ql.Grid(64, (-1, 1))
    x = grid.axes[0]
    H = ql.Hamiltonian(grid, x**3, absorber=x**4)
    assert_allclose(H.gradient_squared(), (3 * x**2 - 4j * x**3) ** 2, atol=1e-10)


def test_a_batch_and_time():
    grid = ql.Grid(64, (-1, 1))
    x = grid.axes[0]
    H = ql.Hamiltonian(grid, np.stack([x**2, x**3]))
    assert_allclose(H.gradient_squared(), [4 * x**2, 9 * x**4], atol=1e-11)
    H = ql.Hamiltonian(grid, lambda t, x: t * x**2, time_dependent=True)
    assert_allclose(H.gradient_squared(3.0), 36 * x**2, atol=1e-11)
    assert_allclose(H.gradient_squared(1.0), 4 * x**2, atol=1e-11)


@pytest.mark.parametrize("points", [2, 3, 5, 8, 9, 10])
def test_few_points_are_enough_for_a_line(points):
    grid = ql.Grid(points, (0, 1))
    assert_allclose(derivatives(3 * grid.axes[0], grid)[0], 3, atol=1e-11)


def test_it_agrees_with_the_commutator():
    """[V, [T, V]] = ħ² |∂V|²/m as matrices, on a wave that the grid resolves."""
    grid, hbar, mass = ql.Grid(96, (0, 2 * np.pi)), 0.7, 1.3
    x = grid.axes[0]
    H = ql.Hamiltonian(grid, np.cos(x), mass=mass, hbar=hbar)
    T, V = ql.Hamiltonian(grid, 0, mass=mass, hbar=hbar).to_matrix(), np.diag(np.cos(x))
    inner = T @ V - V @ T
    psi = np.exp(np.sin(x) + 2j * x)
    assert_allclose((V @ inner - inner @ V) @ psi, hbar**2 * H.gradient_squared() * psi, atol=1e-8)


SMOOTH = {"constant": lambda x: 0 * x + 3, "line": lambda x: x, "harmonic": lambda x: x**2, "quartic": lambda x: x**4,
          "lattice": lambda x: np.cos(np.pi * x / 2), "well": lambda x: -np.exp(-x**2), "ramp": np.tanh,
          "soft Coulomb": lambda x: -1 / np.sqrt(x**2 + 1), "complex": lambda x: x**2 - 1j * np.exp(-(x**2))}
ROUGH = {"wedge": np.abs, "step": lambda x: 1.0 * (x > 1.03), "hat": lambda x: np.maximum(0, 1 - abs(x)),
         "cubic kink": lambda x: np.abs(x) ** 3, "noise": lambda x: np.random.default_rng(0).random(x.size),
         "unresolved": lambda x: -np.exp(-((x / 0.05) ** 2)), "lossy step": lambda x: x**2 - 1j * (x > 1)}


@pytest.mark.parametrize("points", [128, 1024])
def test_smooth_and_rough_potentials_are_told_apart(points):
    grid = ql.Grid(points, (-8, 8))
    for name, V in SMOOTH.items():
        assert ql.Hamiltonian(grid, V).gradient_is_smooth(), name
    for name, V in ROUGH.items():
        assert not ql.Hamiltonian(grid, V).gradient_is_smooth() or (name, points) == ("unresolved", 1024), name


def test_a_clip_counts_where_the_wave_reaches_it():
    H = ql.Hamiltonian(ql.Grid(512, (-40, 40)), lambda x: np.minimum(10 * ((x / 10) ** 2 - 1) ** 2, 800.0))
    assert not H.gradient_is_smooth() and not H.gradient_is_smooth(energy=900) and H.gradient_is_smooth(energy=400)


def test_channels_and_drives_are_judged_too():
    grid = ql.Grid(128, (-8, 8))
    x = grid.axes[0]
    assert ql.Hamiltonian(grid, [[x**2, 1], [1, -x]]).gradient_is_smooth(energy=3.0)
    assert not ql.Hamiltonian(grid, [[x**2, abs(x)], [abs(x), -x]]).gradient_is_smooth()
    driven = ql.Hamiltonian(grid, ql.SeparablePotential(x**2, [(np.sin, abs)]))
    assert not driven.gradient_is_smooth(0.0)
    with pytest.raises(UnsupportedError, match="BM6"):
        ql.Hamiltonian(grid, [[x**2, 1], [1, -x]]).gradient_squared()
