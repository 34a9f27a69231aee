"""The density of stored fields: zero where no carrier comes, the carriers' share beyond the knots."""

import numpy as np

import qlearn as ql
from qlearn.ensembles.self_consistent.basis import basis_of
from qlearn.ensembles.self_consistent.companion import bound, difference
from qlearn.ensembles.self_consistent.path import FlowPath, Knot, Reach


def path(coefficients, basis, carriers):
    weights = np.full(carriers.shape[1], 1 / carriers.shape[1])
    d = len(carriers)
    knots = tuple(Knot(t, basis, 0 * coefficients, coefficients, np.zeros(d), np.eye(d), Reach.of(carriers, weights, basis))
                  for t in (0.0, 1.0))
    return FlowPath(knots, (0.0, 1.0), np.zeros(d), 1.0)


def test_a_density_that_grows_beyond_the_knots_holds_the_share_of_the_carriers_there():
    basis = basis_of((False,), ((-3.0, 3.0),), (4,))
    fit = np.linalg.lstsq(basis.tables[0], -(basis.lattice[0] ** 2) / 2, rcond=None)[0]
    fit[-1] += 1e4          # the last function: next to nothing within, with a large curvature at the end
    carriers = np.concatenate([np.linspace(-2.9, 2.9, 998), [-4.0, 5.0]])[None]
    grid = ql.Grid(512, [(-8, 8)])
    rho = path(fit, basis, carriers).density(0.5, grid) * grid.cell_volume
    q = grid.axes[0]
    np.testing.assert_allclose([rho.sum(), rho[q > 3].sum(), rho[q < -3].sum()], [1, 1e-3, 1e-3], rtol=1e-12)
    assert not rho[(q < -4) | (q > 5)].any()


def test_the_corners_of_a_plane_that_no_carrier_reaches_are_empty():
    basis = basis_of((False, False), ((-3.0, 3.0), (-3.0, 3.0)), (2, 2))
    angle = np.linspace(0, 2 * np.pi, 200)
    carriers = 2.47 * np.stack([np.cos(angle), np.sin(angle)])
    grid = ql.Grid((64, 64), [(-4, 4)] * 2)
    rho = path(np.zeros(basis.axes.size), basis, carriers).density(0.0, grid)
    np.testing.assert_array_equal(rho > 0, grid.mesh[0] ** 2 + grid.mesh[1] ** 2 <= 2.47**2)
    np.testing.assert_allclose(rho.sum() * grid.cell_volume, 1)


def test_differences_of_carriers_moved_by_two_fields():
    rng = np.random.default_rng(0)
    q = rng.normal(size=(10_000, 2))
    assert difference(q, q[::-1], (None, None)) == 0
    moved = q + np.array([0.0, 0.03])
    assert 0.9 < difference(q, moved, (None, None)) < 1.8          # √N · 0.03 · the density at its top, 1.2, and its noise
    assert difference(q, q + 2 * np.pi, (2 * np.pi, 2 * np.pi)) < 0.05 < difference(q, q + 2 * np.pi, (None, None))
    assert bound(1e-4, 2) > bound(1e-4, 1) > bound(1e-2, 1)
