"""eigenstates beyond dense matrices: every method against a dense one or a closed form; bounds against errors; hard cases."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, UnsupportedError

RING = 2 * np.pi


def bounded(spectrum, exact, slack=0.0):
    """Every level lies within its own bound of the exact one, in its place."""
    assert np.all(np.abs(spectrum.energies - exact) <= spectrum.error_bounds + slack)


def orthonormal(spectrum, atol=1e-11):
    rows = spectrum.states.reshape(len(spectrum.energies), -1)
    overlaps = rows.conj() @ rows.T * spectrum.hamiltonian.grid.cell_volume
    np.testing.assert_allclose(overlaps, np.eye(len(rows)), atol=atol)


def oscillators(frequencies, count):
    """The lowest levels of uncoupled oscillators, ħ = m = 1."""
    grids = np.meshgrid(*[np.arange(25)] * len(frequencies))
    return np.sort(sum(w * (n + 0.5) for w, n in zip(frequencies, grids, strict=True)).ravel())[:count]


def henon_heiles(points, method=None, k=8, **settings):
    c = 0.0125**0.5
    grid = ql.Grid((points, points), [(-9, 9)] * 2)
    H = ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 2 + c * (x**2 * y - y**3 / 3) + c**2 * (x**2 + y**2) ** 2 / 16)
    return ql.eigenstates(H, k, method=method, **settings)


@pytest.mark.parametrize("method", [None, "iterative"])
def test_degeneracies_of_three_oscillators(method):
    """1, 3, 6, 10: no copy is missed, and the copies are orthonormal."""
    grid = ql.Grid((20, 20, 20), [(-6.5, 6.5)] * 3)
    V = sum(x**2 for x in grid.mesh) / 2
    spectrum = ql.eigenstates(ql.Hamiltonian(grid, V), 20, tol=1e-8, method=method)
    np.testing.assert_allclose(spectrum.energies, np.repeat([1.5, 2.5, 3.5, 4.5], [1, 3, 6, 10]), atol=2e-4)
    clusters = np.split(spectrum.energies, [1, 4, 10])
    assert max(np.ptp(levels) for levels in clusters[:2]) < 1e-10     # equal on the grid too, cubic symmetry
    orthonormal(spectrum)


def test_methods_agree_with_the_dense_one():
    dense = henon_heiles(44, "dense")
    for method in ("reduced", "iterative"):
        other = henon_heiles(44, method)
        assert np.all(np.abs(other.energies - dense.energies) <= other.error_bounds + dense.error_bounds)
        rows, found = (s.states.reshape(8, -1) * s.hamiltonian.grid.cell_volume**0.5 for s in (dense, other))
        assert np.min(np.linalg.svd(rows[:6] @ found[:6].T)[1]) > 1 - 1e-12    # the same invariant subspace
        orthonormal(other)
    assert "product" in henon_heiles(64).method and "dense" in dense.method


def test_the_same_levels_as_on_a_larger_grid_within_the_bounds():
    coarse, fine = henon_heiles(44, "reduced"), henon_heiles(64)
    assert np.all(np.abs(coarse.energies - fine.energies) <= coarse.error_bounds + fine.error_bounds)
    assert set(fine.stats["bounds"]) == {"quadratic"} and np.max(fine.error_bounds) < 1e-11 < np.max(fine.residuals)


def test_two_distant_wells_and_a_narrow_one():
    """Sections through the minimum see one of the wells only."""
    grid = ql.Grid((56, 56), [(-8, 8)] * 2)

    def wells(x, y):
        return -6 * np.exp(-((x + 4) ** 2 + (y + 3) ** 2) / 2) - 6 * np.exp(-((x - 4) ** 2 + (y - 3) ** 2) / 2.2)
    both = ql.eigenstates(ql.Hamiltonian(grid, wells), 6, tol=1e-3)
    boxes = [ql.Grid((56, 56), [(-8 + s, 8 + s), (-8 + t, 8 + t)]) for s, t in ((-4, -3), (4, 3))]
    single = [ql.eigenstates(ql.Hamiltonian(box, wells), 1, tol=1e-2).energies[0] for box in boxes]
    assert np.all(np.abs(both.energies[:2] - np.sort(single)) < 1e-2) and both.energies[1] < both.energies[2] - 1
    H = ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 8 - 40 * np.exp(-((x - 5) ** 2 + (y - 5) ** 2) / 0.3))
    with pytest.warns(AccuracyWarning):
        found, dense = (ql.eigenstates(H, 6, tol=1e-9, method=m) for m in (None, "dense"))
    np.testing.assert_allclose(found.energies, dense.energies, atol=1e-8)
    assert found.energies[0] < -15 < -8 < found.energies[1]


def test_a_rotated_well_with_strong_coupling_and_a_mass_matrix():
    grid = ql.Grid((72, 72), [(-9, 9)] * 2)
    rotated = ql.eigenstates(ql.Hamiltonian(grid, lambda x, y: (x + y) ** 2 * 1.5 + (x - y) ** 2 / 8), 8)
    bounded(rotated, oscillators([6**0.5, 0.5**0.5], 8), slack=1e-9)    # the box cuts V off
    M = np.array([[1, 0.4], [0.4, 2.0]])
    heavy = ql.eigenstates(ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 2, mass=M), 8)
    bounded(heavy, oscillators(1 / np.sqrt(np.linalg.eigvalsh(M)), 8))


def test_a_lattice_has_its_bands():
    """Four cells each way: levels of the four twists of one cell, as sums."""
    H = ql.Hamiltonian(ql.Grid((72, 72), [(0, 4 * RING)] * 2), lambda x, y: np.cos(x) + np.cos(y))
    spectrum = ql.eigenstates(H, 18)
    line = np.concatenate([ql.eigenstates(ql.Hamiltonian(ql.Grid(18, (0, RING), twist=j / 4), np.cos), 4, tol=1e-6).energies
                           for j in range(4)])
    np.testing.assert_allclose(spectrum.energies, np.sort(np.add.outer(line, line).ravel())[:18], atol=1e-9)
    orthonormal(spectrum)


def test_a_sphere_beyond_dense_matrices():
    grid = ql.Grid((48, 92), [(0, np.pi), (0, RING)], ("pole", "periodic"))
    H = ql.Hamiltonian(grid, 0.0, metric=lambda theta, phi: [[1, 0], [0, np.sin(theta) ** 2]])
    spectrum = ql.eigenstates(H, 9, tol=1e-8)
    bounded(spectrum, [0, 1, 1, 1, 3, 3, 3, 3, 3])
    orthonormal(spectrum)


def test_fock_darwin_and_two_channels():
    grid = ql.Grid((66, 66), [(-8, 8)] * 2)
    dot = ql.eigenstates(ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 2, vector_potential=lambda x, y: (-y / 2, x / 2)), 8)
    n, m = np.meshgrid(np.arange(6), np.arange(-12, 13))
    bounded(dot, np.sort(((2 * n + abs(m) + 1) * np.sqrt(1.25) - m / 2).ravel())[:8])
    assert np.iscomplexobj(dot.states)
    orthonormal(dot)
    coupled = ql.eigenstates(ql.Hamiltonian(grid, lambda x, y: np.array(
        [[(x**2 + y**2) / 2, 0.1 + 0 * x], [0.1 + 0 * x, (x**2 + y**2) / 2 + 1]])), 10)
    exact = np.sort(np.add.outer(oscillators([1, 1], 15), 0.5 + np.array([-1, 1]) * 0.26**0.5).ravel())[:10]
    bounded(coupled, exact)
    orthonormal(coupled)


@pytest.mark.parametrize("energy", [4.02, 6.5])
def test_levels_near_a_target(energy):
    near = henon_heiles(66, k=5, target=energy)
    all_of_them = henon_heiles(66, k=40, tol=1e-6).energies
    expected = np.sort(all_of_them[np.argsort(np.abs(all_of_them - energy), kind="stable")[:5]])
    assert np.all(np.abs(near.energies - expected) < 1e-9) and np.max(near.error_bounds) < 1e-9
    dense = henon_heiles(36, "dense", k=5, target=energy, tol=1e-2)
    np.testing.assert_allclose(dense.energies, near.energies, atol=2e-3)
    orthonormal(near)


def test_a_target_on_one_axis():
    H = ql.Hamiltonian(ql.Grid(128, (-11, 11)), lambda x: x**2 / 2)
    np.testing.assert_allclose(ql.eigenstates(H, 4, target=7.4).energies, [5.5, 6.5, 7.5, 8.5], atol=1e-11)
    np.testing.assert_allclose(ql.eigenstates(H, 2, target=-100.0).energies, [0.5, 1.5], atol=1e-11)


@pytest.mark.parametrize("points", [1024, 1000, 1009])
def test_a_long_axis_is_contracted(points):
    """The double well of P1, also where N has no convenient divisors."""
    H = ql.Hamiltonian(ql.Grid(points, (-40, 40)), lambda x: np.minimum(10 * ((x / 10) ** 2 - 1) ** 2, 800.0))
    spectrum, dense = ql.eigenstates(H, 20), ql.eigenstates(H, 20, method="dense")
    assert "of " + str(points) in spectrum.method and np.max(spectrum.error_bounds) < 4e-12
    assert np.all(np.abs(spectrum.energies - dense.energies) <= spectrum.error_bounds + dense.error_bounds)
    orthonormal(spectrum)


@pytest.mark.parametrize("boundary,twist", [("wall", 0.0), ("periodic", 0.3)])
def test_long_axes_with_walls_and_twists(boundary, twist):
    H = ql.Hamiltonian(ql.Grid(511, (-20, 20), boundary, twist), lambda x: x**2 / 2)
    bounded(ql.eigenstates(H, 12), np.arange(12) + 0.5)


def test_more_points_than_a_matrix_may_have():
    H = ql.Hamiltonian(ql.Grid(16384, (-60, 60)), lambda x: x**2 / 2)
    bounded(ql.eigenstates(H, 6, tol=1e-7), np.arange(6) + 0.5)
    step = ql.Hamiltonian(ql.Grid(400, (-4, 4)), lambda x: np.where(np.abs(x) < 1, 0.0, 20.0))
    with pytest.warns(AccuracyWarning, match="more points"):
        rough, dense = (ql.eigenstates(step, 3, method=m) for m in (None, "dense"))
    np.testing.assert_allclose(rough.energies, dense.energies, atol=1e-11)


@pytest.mark.parametrize("shape", [2, (2, 2), (2, 3, 2)])
def test_all_levels_of_tiny_grids(shape):
    grid = ql.Grid(shape, [(0, 1)] * np.size(shape) if np.size(shape) > 1 else (0, 1))
    H = ql.Hamiltonian(grid, np.arange(grid.size, dtype=float).reshape(grid.shape))
    spectrum = ql.eigenstates(H, grid.size)
    np.testing.assert_allclose(spectrum.energies, np.linalg.eigvalsh(H.to_matrix()), atol=1e-11)
    assert spectrum.states.shape == (grid.size, *grid.shape)


def test_constants_and_zero_levels():
    """V = −3: levels of both signs and exactly −3, degenerate by symmetry, on a grid beyond dense matrices."""
    H = ql.Hamiltonian(ql.Grid((70, 70), [(0, RING)] * 2), -3.0)
    spectrum = ql.eigenstates(H, 21)
    k = np.arange(-8, 9)
    bounded(spectrum, np.sort((np.add.outer(k**2, k**2) / 2 - 3).ravel())[:21])
    orthonormal(spectrum)


def test_walls_of_a_hundred_million():
    """A box cut out of a grid by V = 1e8: bounds scale with V where the states are, not with 1e8."""
    grid = ql.Grid((70, 70), [(-2, 2)] * 2)
    V = np.where((np.abs(grid.mesh[0]) < 1) & (np.abs(grid.mesh[1]) < 1.2), 0.0, 1e8)
    spectrum = ql.eigenstates(ql.Hamiltonian(grid, V), 4)
    lines = [ql.eigenstates(ql.Hamiltonian(ql.Grid(70, (-2, 2)), np.where(np.abs(x) < w, 0.0, 1e8)), 4, tol=1e-3).energies
             for x, w in ((grid.axes[0], 1), (grid.axes[1], 1.2))]
    np.testing.assert_allclose(spectrum.energies, np.sort(np.add.outer(*lines).ravel())[:4], atol=1e-5)


@pytest.mark.parametrize("seed", range(12))
def test_bounds_are_never_below_the_error(seed):
    """Random smooth rings and tori, on grids from hardly to well resolved, against grids on which all digits stand."""
    rng = np.random.default_rng(seed)
    d = 1 + seed % 2
    terms = [(rng.normal(0, 3), rng.integers(-3, 4, d), rng.uniform(0, RING)) for _ in range(4)]
    twist = tuple(rng.uniform(0, 1, d)) if seed % 3 else 0.0

    def V(*q):
        return sum(a * np.cos(sum(n * x for n, x in zip(m, q, strict=True)) + phase) for a, m, phase in terms)

    def levels(n, method=None):
        H = ql.Hamiltonian(ql.Grid((n,) * d, [(0, RING)] * d if d > 1 else (0, RING), twist=twist), V)
        return ql.eigenstates(H, 6, method=method, tol=1.0)
    fine = levels(96 if d == 1 else 36)
    for n in (10, 14, 20, 28):
        for method in (None, "reduced", "iterative") if d > 1 else (None,):
            try:
                coarse = levels(n, method)
            except UnsupportedError:
                continue
            nearest = np.min(np.abs(coarse.energies[:, None] - levels(96 if d == 1 else 36).energies), axis=1)
            assert np.all(nearest <= coarse.error_bounds + fine.error_bounds[0])


def test_a_loss_goes_to_complex_levels_and_methods_are_named():
    H = ql.Hamiltonian(ql.Grid(32, (-6, 6)), lambda x: x**2 / 2, absorber=lambda x: 0.05 + 0 * x)
    np.testing.assert_allclose(ql.eigenstates(H, 2, tol=1e-2).energies, np.array([0.5, 1.5]) - 0.05j, atol=1e-4)
    with pytest.raises(ArgumentError, match="loss"):
        ql.eigenstates(H, 2, method="dense")
    with pytest.raises(ArgumentError, match="'reduced'"):
        ql.eigenstates(H, 2, method="magic")
    with pytest.raises(ArgumentError, match="target"):
        ql.eigenstates(H, 2, target="low")


@pytest.mark.parametrize("method", ["iterative", "reduced"])
@pytest.mark.parametrize("seed", range(6))
def test_rough_and_deep_potentials_miss_no_level(method, seed):
    """Tables of random numbers, random wells far below zero, and walls with holes, level by level against dense matrices."""
    rng = np.random.default_rng(seed)
    grid = ql.Grid((17, 20), [(-3, 3), (-4, 4)], ("periodic", "wall"), (0.3 * (seed % 2), 0.0))
    V = [rng.normal(0, 30, grid.shape), np.where(rng.uniform(size=grid.shape) < 0.2, 1e4, -5.0),
         sum(-rng.uniform(5, 50) * np.exp(-sum((x - c) ** 2 for x, c in zip(grid.mesh, rng.uniform(-3, 3, 2), strict=True)) / 0.5)
             for _ in range(3))][seed % 3]
    H = ql.Hamiltonian(grid, V)
    found, dense = ql.eigenstates(H, 9, method=method), ql.eigenstates(H, 9, method="dense")
    assert np.all(np.abs(found.energies - dense.energies) <= found.error_bounds + dense.error_bounds)
    orthonormal(found)
