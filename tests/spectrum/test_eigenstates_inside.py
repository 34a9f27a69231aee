"""Levels near a target for every kind of H: filters, ways from below, ties, gaps, ends of the spectrum, refusals."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.filtered import filtered
from qlearn.spectrum.hermitian.found import nearest
from qlearn.spectrum.hermitian.interior import from_below
from qlearn.spectrum.hermitian.weyl import levels_below, weyl_energy

RING = 2 * np.pi


def sphere(points):
    grid = ql.Grid((points, 2 * points), [(0, np.pi), (0, RING)], ("pole", "periodic"))
    return ql.Hamiltonian(grid, 0.0, metric=lambda theta, phi: [[1, 0], [0, np.sin(theta) ** 2]])


def kinds():
    plane = [(-4, 4)] * 2
    return {
        "line": ql.Hamiltonian(ql.Grid(128, (-12, 12)), lambda x: x**2 / 2),
        "wall, twist": ql.Hamiltonian(ql.Grid((13, 12), [(0, RING)] * 2, ("wall", "periodic"), (0, 0.5)),
                                      lambda a, b: np.cos(a) + np.cos(b), mass=[1.0, 2.0]),
        "mass matrix": ql.Hamiltonian(ql.Grid((13, 12), [(0, RING)] * 2), lambda a, b: np.cos(a + b), mass=[[1, 0.4], [0.4, 2]]),
        "metric": ql.Hamiltonian(ql.Grid((12, 12), [(0, RING)] * 2), lambda a, b: np.cos(a) + np.cos(2 * b),
                                 metric=lambda a, b: [[1, 0], [0, (2 + np.cos(a)) ** 2]]),
        "poles": sphere(8),
        "field": ql.Hamiltonian(ql.Grid((12, 12), plane), lambda x, y: (x**2 + y**2) / 2,
                                vector_potential=lambda x, y: (-y / 2, x / 2)),
        "channels": ql.Hamiltonian(ql.Grid((9, 10), plane), lambda x, y: np.array(
            [[(x**2 + y**2) / 2, 0.1 + 0 * x], [0.1 + 0 * x, (x**2 + y**2) / 2 + 1]])),
        "gaps": ql.Hamiltonian(ql.Grid(100, (0, 20)), lambda x: 8 * np.cos(np.pi * x)),
    }


@pytest.mark.parametrize("kind", list(kinds()))
def test_a_filter_finds_the_levels_of_the_matrix(kind):
    """In the widest gap and above the top of the spectrum of the grid."""
    H = kinds()[kind]
    levels = np.linalg.eigvalsh(H.to_matrix())
    half = levels[:len(levels) // 2]
    wide = int(np.argmax(np.diff(half)))
    for target, k in ((half[wide] + 0.51 * (half[wide + 1] - half[wide]), 4), (levels[-1] + 1, 3)):
        found = filtered(H, k, float(target), Goal(H, 1e-6))
        given = np.sort(np.abs(found.energies[found.first:found.first + k] - target))
        np.testing.assert_allclose(given, np.sort(np.abs(levels - target))[:k], atol=1e-7 * np.ptp(levels))
        np.testing.assert_allclose(found.rows.conj() @ found.rows.T, np.eye(len(found.rows)), atol=1e-11)


def test_a_filter_that_is_too_wide_would_not_find_them(monkeypatch):
    """Negative control: more levels under the filter than rows, and no narrower one, is refused and not answered."""
    from qlearn.spectrum.hermitian import filtered as module

    H = kinds()["line"]
    monkeypatch.setattr(module, "PASSES", 3)
    wide = module.Gauss(module._widened(H.spectral_bounds), 1.5, 0.5)
    monkeypatch.setattr(module, "_sized", lambda *given: wide)
    with pytest.raises(UnsupportedError, match="more levels"):
        filtered(H, 3, 60.3, Goal(H, 1e-8))


def test_way_from_below_and_its_count():
    H = sphere(12)
    for target, expected in ((6.0, [6.0] * 7), (4.4, [3.0] * 5 + [6.0] * 2)):
        found = from_below(H, 7, target, Goal(H, 1e-9))
        levels = found.energies[found.first:found.first + 7]
        np.testing.assert_allclose(np.sort(np.abs(levels - target)), np.sort(np.abs(np.array(expected) - target)), atol=1e-8)
    assert abs(levels_below(H, 18.0) - 36) < 6      # (l + 1)² = 36 up to l = 5


def test_weyl_counts_with_a_metric():
    """N(E) = area·E/2π on a unit sphere: 2E, with m = ħ = 1."""
    assert abs(weyl_energy(sphere(24), 49) - 25) < 2


def test_nearest_of_ties():
    """With equal levels below, the nearest one above is not left out."""
    assert nearest(np.array([1.0, 1.0, 1.5]), 2, 2.0) == 1
    assert nearest(np.array([1.0, 3.0]), 1, 2.0) == 0 and nearest(np.array([1.0, 3.0, 3.0]), 2, 2.0) == 0
    assert nearest(np.array([0.0, 1.0, 2.0]), 3, 9.0) == 0


def test_a_target_on_a_long_axis():
    H = ql.Hamiltonian(ql.Grid(4800, (-40, 40)), lambda x: x**2 / 2)
    spectrum = ql.eigenstates(H, 4, target=50.1, tol=1e-8)
    assert np.all(np.abs(spectrum.energies - [48.5, 49.5, 50.5, 51.5]) <= spectrum.error_bounds)


def test_a_target_with_a_metric_beyond_dense_matrices():
    H = sphere(46)      # 4232 points
    spectrum = ql.eigenstates(H, 5, target=3.0, tol=1e-8)
    assert np.all(np.abs(spectrum.energies - 3) <= spectrum.error_bounds) and np.max(spectrum.error_bounds) < 1e-6


def test_complex_targets():
    grid = ql.Grid(64, (-9, 9))
    lossy = ql.Hamiltonian(grid, lambda x: 0.5 * (1 - 0.4j) * x**2)
    np.testing.assert_allclose(ql.eigenstates(lossy, 1, target=2.5 - 0.5j).energies, 2.5 * (1 - 0.4j) ** 0.5)
    H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    with pytest.raises(ArgumentError, match="real for a Hermitian"):
        ql.eigenstates(H, 1, target=2.5 - 0.5j)
    assert ql.eigenstates(H, 1, target=2.5 + 0j).energies[0] == pytest.approx(2.5)
    for bad in ("5", np.nan, [1.0], True):
        with pytest.raises(ArgumentError, match="target"):
            ql.eigenstates(H, 1, target=bad)
