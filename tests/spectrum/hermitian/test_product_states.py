"""Product states on half of the points certify as on all of them by transforms, with parities along none, one or both axes."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.certificate import certify, finer, interpolated
from qlearn.spectrum.hermitian.reduced import reduced

GRID = ql.Grid((48, 40), [(-8, 8), (-7, 7)])
WALLS = ql.Grid((47, 39), [(-8, 8), (-7, 7)], "wall")
POTENTIALS = {"both": (lambda x, y: (x**2 + 1.3 * y**2) / 2 + x**2 * y**2 / 20, 1 / 4),
              "one": (lambda x, y: (x**2 + y**2) / 2 + x**2 * y / 10 + y**4 / 50, 1 / 2),
              "none": (lambda x, y: (x**2 + y**2) / 2 + x**3 / 20 + x**4 / 40 + x * y / 9 + y**3 / 30 + y**4 / 40, 1)}


@pytest.mark.parametrize("grid", [GRID, WALLS], ids=["periodic", "walls"])
@pytest.mark.parametrize("name", POTENTIALS)
def test_half_of_the_points_are_enough(grid, name):
    V, share = POTENTIALS[name]
    H = ql.Hamiltonian(grid, V)
    near = reduced(H, 12, Goal(H, 1e-8))
    found = near.found(12)
    fine = finer(H, found.bands)
    pairs, overlaps = found.pairs(fine)
    states, images = pairs(0, len(found.rows))
    assert states.shape == images.shape and states.shape[1] < (share + 0.04) * fine.grid.size + 1
    assert np.allclose(np.linalg.norm(states, axis=1), 1, atol=1e-12)
    whole = interpolated(H, fine, found.rows)
    mine = certify(H, fine, found.energies, found.rows, pairs, lowest=True, overlaps=overlaps)
    theirs = certify(H, fine, found.energies, found.rows, whole, lowest=True)
    np.testing.assert_allclose(mine.residuals, theirs.residuals, rtol=1e-3, atol=1e-12)
    np.testing.assert_allclose(mine.bounds, theirs.bounds, rtol=1e-3, atol=2e-12)
    full = whole(0, len(found.rows))
    np.testing.assert_allclose(overlaps(0, images), full[0] @ full[1].T, atol=1e-11)


def test_channels_have_one_parity_together():
    def matrix(x, y):
        return np.array([[x**2 / 2 + y**2 / 2, 0.3 * np.exp(-x**2) + 0 * y], [0.3 * np.exp(-x**2) + 0 * y, x**2 / 2 + y**2 + 1]])

    H = ql.Hamiltonian(GRID, matrix)
    spectrum = ql.eigenstates(H, 8)
    dense = ql.eigenstates(ql.Hamiltonian(ql.Grid((44, 40), [(-7.5, 7.5), (-7, 7)]), matrix), 8, method="dense")
    np.testing.assert_allclose(spectrum.energies, dense.energies, atol=1e-9)
    assert np.all(np.abs(spectrum.energies - dense.energies) <= spectrum.error_bounds + dense.error_bounds)


def test_a_potential_that_is_even_on_the_coarse_points_only_is_seen():
    """V has an odd part that vanishes on the 48 points and not between them: half of the finer points must not be taken."""
    H = ql.Hamiltonian(ql.Grid((48, 48), [(-8, 8)] * 2), lambda x, y: (x**2 + y**2) / 2 + 0.2 * np.sin(48 * np.pi * x / 16))
    found = reduced(H, 3, Goal(H, 1e-10)).found(3)
    fine = finer(H, found.bands)
    rows, columns = fine.grid.shape
    assert found.pairs(fine)[0](0, 1)[0].shape[1] == rows * (columns // 2 + 1)         # half along y, all along x
    with pytest.warns(ql.errors.AccuracyWarning):
        assert ql.eigenstates(H, 3).error_bounds.max() > 0.01
