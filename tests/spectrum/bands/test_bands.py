"""bands: branches through crossings, bounds, currents and masses against closed forms, hostile θ, every kind of H."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError
from qlearn.exact import LameBands, MathieuBands, MetricRing, TwistedRing
from qlearn.spectrum.bands.continuation import way

UNIT = (2 * np.pi / 2) ** 2 / 2


def mesh(n):
    return np.stack(np.meshgrid(*[np.arange(n) / n] * 2, indexing="ij"), -1).reshape(-1, 2)


def square(strength, points=14):
    return ql.Hamiltonian(ql.Grid((points, points), [(0, np.pi)] * 2), lambda x, y: strength * (np.cos(2 * x) + np.cos(2 * y)))


@pytest.mark.parametrize("thetas", [np.linspace(0, 1, 9), [0.3, 0.1, 0.9, 0.1, 2.3, -0.6], [0.5], [0, 0.5], [-0.5, 0.5, 1.5],
                                    [4.0, 4.0]], ids=str)
def test_free_branches_are_parabolas_through_all_crossings(thetas):
    found = ql.bands(TwistedRing(2.0).hamiltonian(32), thetas, 3)
    thetas = np.asarray(thetas)
    just_after = thetas.min() + 1e-9
    n = np.array(sorted(range(-12, 12), key=lambda n: (n + just_after) ** 2)[:3])
    momenta = thetas[:, None] + n
    assert np.all(np.abs(found.energies - UNIT * momenta**2) <= found.error_bounds)
    assert np.all(np.abs(found.currents - 2 * UNIT * momenta) <= found.current_errors)
    assert np.all(np.abs(found.effective_masses - 1) < 1e-12)
    np.testing.assert_array_equal(np.asarray(found), found.energies)


def test_joining_by_rank_is_not_smooth():
    found = ql.bands(TwistedRing(2.0).hamiltonian(32), np.linspace(0, 1, 33), 3)
    bend = np.max(np.abs(np.diff(found.energies, 2, axis=0)))
    assert bend < 2.001 * UNIT / 32**2 < np.max(np.abs(np.diff(found.sorted, 2, axis=0)))


def test_closed_gaps_are_crossed_and_the_open_one_is_not():
    lame = LameBands(0.8)
    found = ql.bands(lame.hamiltonian(48), np.linspace(0, 1, 21), 4)
    np.testing.assert_allclose([found.sorted[0, 0], *found.sorted[10, :2]], lame.edges, atol=1e-12)
    np.testing.assert_array_equal(found.energies[:, 0], found.sorted[:, 0])
    assert np.max(np.abs(np.diff(found.energies, 3, axis=0))) < 0.02 < np.max(np.abs(np.diff(found.sorted, 3, axis=0)))
    assert abs(found.effective_masses[0, 0] - lame.bottom_mass) < 1e-12


@pytest.mark.parametrize("strength", [1e-3, 1e-6, 1e-10])
@pytest.mark.parametrize("thetas", [np.arange(13) / 12, (np.arange(12) + 0.4) / 12], ids=["on the gap", "beside it"])
def test_an_avoided_crossing_is_told_however_narrow(strength, thetas):
    """The gap at θ = ½ is ``strength``: far above the widths, far below a step."""
    found = ql.bands(MathieuBands(strength).hamiltonian(24, 0.0), thetas, 1)
    np.testing.assert_array_equal(found.energies, found.sorted)


def test_below_the_bounds_it_counts_as_a_crossing():
    found = ql.bands(MathieuBands(1e-15).hamiltonian(24, 0.0), np.arange(13) / 12, 1)
    np.testing.assert_allclose(found.energies[:, 0], 2 * (np.arange(13) / 12) ** 2, atol=1e-12)


def test_levels_currents_and_masses_without_a_path():
    """One θ gives what it gives among others, and what differences of fine θ give."""
    H = MathieuBands(1.5, 0.8, 1.1).hamiltonian(40, 0.0)
    one, many = ql.bands(H, 0.3, 4), ql.bands(H, [0.1, 0.3, 0.2], 4)
    np.testing.assert_allclose(one.energies[0], many.energies[1], atol=1e-12)
    np.testing.assert_allclose(one.currents[0], many.currents[1], atol=1e-12)
    np.testing.assert_allclose(one.curvatures[0], many.curvatures[1], atol=1e-11)
    h = 1e-3
    low, mid, high = ql.bands(H, [0.3 - h, 0.3, 0.3 + h], 4).energies
    assert np.max(np.abs((high - low) / (2 * h) - one.currents[0])) < 1e-4
    assert np.max(np.abs((high - 2 * mid + low) / (2 * h) ** 2 - one.curvatures[0])) < 1e-3


def test_the_twist_of_the_grid_is_replaced():
    here, there = (ql.bands(MathieuBands(1.0).hamiltonian(24, twist), [0.1], 2) for twist in (0.0, 0.4))
    np.testing.assert_array_equal(here.energies, there.energies)


def test_gaps_direct_and_indirect():
    found = ql.bands(MathieuBands(1.5).hamiltonian(40, 0.0), np.linspace(0, 0.5, 11), 3)
    exact = MathieuBands(1.5)
    expected = [np.diff(exact.levels(0.5, 2))[0], np.diff(exact.levels(0.0, 3))[1]]
    np.testing.assert_allclose(found.gaps.direct, expected, atol=1e-11)
    np.testing.assert_array_equal(found.gaps.at, [10, 0])
    np.testing.assert_allclose(found.gaps.indirect, found.gaps.direct, atol=1e-11)
    assert ql.bands(square(0.3, 10), mesh(2), 2, tol=1e-6).gaps.indirect[0] < 0       # overlapping bands


def test_the_least_gap_is_enclosed_where_the_given_thetas_miss_it():
    """Seven θ beside 0 and ½ miss six sevenths of the third gap; the enclosure does not, and closed gaps are 0."""
    exact = MathieuBands(1.5)
    found = ql.bands(exact.hamiltonian(40, 0.0), (np.arange(7) + 0.3) / 7, 4)
    edges = exact.levels(0.5, 4), exact.levels(0.0, 4), exact.levels(0.5, 4)
    for j, value in enumerate(levels[j + 1] - levels[j] for j, levels in enumerate(edges)):
        least = found.least_gap(j)
        assert abs(least.value - value) <= least.error + 1e-13 and 0.85 * value < least.at_least <= value < found.gaps.direct[j]
        assert least.searched < 100 and min(least.theta % 0.5, 0.5 - least.theta % 0.5) < 1e-6
    lame = ql.bands(LameBands(0.8).hamiltonian(48), [0.1, 0.3], 3)
    assert lame.least_gap(1).at_least == 0 and lame.least_gap(1).value <= lame.least_gap(1).error and lame.gaps.direct[1] > 0.9
    narrow = ql.bands(MathieuBands(1e-6).hamiltonian(24, 0.0), [0.1], 2).least_gap(0)
    assert narrow.at_least <= 1e-6 <= narrow.value + narrow.error < 1.001e-6
    with pytest.raises(UnsupportedError, match="finer mesh"):
        ql.bands(square(0.3, 10), mesh(2), 2, tol=1e-6).least_gap(0)
    with pytest.raises(ArgumentError, match="band"):
        found.least_gap(3)


@pytest.mark.parametrize("seed", range(4))
def test_no_theta_falls_below_the_enclosure(seed):
    """Two channels that couple, A and a mass: the least of 300 θ lies within [at_least, value] but for their spacing."""
    c = 3 * np.random.default_rng(seed).standard_normal(4)

    def V(x):
        w = c[2] * np.exp(1j * x) + 0.5
        return np.array([[c[0] * np.cos(x), w], [w.conj(), c[3] * np.cos(2 * x + 1) + c[1]]])

    H = ql.Hamiltonian(ql.Grid(36, (0, 2 * np.pi)), V, mass=1.3, vector_potential=lambda x: 0.3 + 0.2 * np.sin(x))
    given, dense = ql.bands(H, [0.1], 4), ql.bands(H, np.arange(300) / 300, 4).gaps.direct
    for j in range(3):
        least = given.least_gap(j)
        assert 0.85 * least.value < least.at_least <= least.value <= dense[j] + least.error
        assert dense[j] - least.value < 3 / 300       # what both can move over half a spacing


def test_scattered_thetas_are_reached_from_their_neighbours():
    """Not in the order given: 64 points at random are about one apart then, and an eighth of that along the tree."""
    points = np.random.default_rng(0).uniform(0, 1, (64, 2))
    lengths = [np.linalg.norm(points[parent] - points[child]) for parent, child in way(points) if parent >= 0]
    assert sum(lengths) < 10 < 25 < np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    path = np.concatenate([np.linspace([0, 0], [0.5, 0], 5), np.linspace([0.5, 0.125], [0.5, 0.5], 4),
                           np.linspace([0.4, 0.4], [0, 0], 5)])
    assert way(path) == list(zip(range(-1, len(path) - 1), range(len(path)), strict=True))      # a closed way keeps its order


def test_flat_bands_keep_their_order():
    found = ql.bands(MathieuBands(300.0).hamiltonian(64, 0.0), np.arange(8) / 8, 3)
    assert np.all(np.ptp(found.energies, axis=0) <= 2 * found.error_bounds.max(axis=0))
    np.testing.assert_array_equal(found.energies, found.sorted)
    assert np.all(np.abs(found.currents) <= found.current_errors)


def test_a_square_lattice_keeps_products_apart_through_degenerate_corners():
    """E = E_i(θ_x) + E_j(θ_y): each branch is one (i, j), along Γ–X–M–Γ beside the symmetry lines and on a mesh."""
    exact = MathieuBands(1.5)
    path = np.concatenate([np.linspace([0, 0], [0.5, 0], 5)[:-1], np.linspace([0.5, 0], [0.5, 0.5], 5)[:-1],
                           np.linspace([0.5, 0.5], [0, 0], 5)])
    for thetas in (path, path + np.array([0.013, 0.004]), mesh(4)):
        found = ql.bands(square(1.5), thetas, 4, tol=1e-6)
        levels = np.array([[exact.levels(t % 1, 4) for t in row] for row in thetas])
        labels = [[(i, j) for i in range(4) for j in range(4)
                   if np.max(np.abs(levels[:, 0, i] + levels[:, 1, j] - branch)) < 1e-6] for branch in found.energies.T]
        assert all(len(label) == 1 for label in labels) and labels[0][0] == (0, 0)
        assert len({label[0] for label in labels}) == 4


def test_currents_and_masses_in_two_dimensions():
    H, thetas = square(1.5), np.array([[0.1, 0.3], [0.25, 0.1]])
    found, exact = ql.bands(H, thetas, 2, tol=1e-6), ql.bands(MathieuBands(1.5).hamiltonian(32, 0.0), [0.1, 0.25, 0.3], 1)
    np.testing.assert_allclose(found.currents[:, 0], [[exact.currents[0, 0], exact.currents[2, 0]],
                                                      [exact.currents[1, 0], exact.currents[0, 0]]], atol=1e-6)
    masses = exact.effective_masses[:, 0]
    expected = np.array([np.diag([masses[0], masses[2]]), np.diag([masses[1], masses[0]])])
    np.testing.assert_allclose(found.effective_masses[:, 0], expected, atol=1e-5)
    touching = ql.bands(H, [[0.0, 0.0]], 3, tol=1e-6).effective_masses
    assert np.isfinite(touching[0, 0]).all() and np.isnan(touching[0, 1]).all()      # levels 1 and 2 touch with other curvatures


def test_free_square_lattice_fourfold_at_the_corner():
    H = ql.Hamiltonian(ql.Grid((10, 10), [(0, 1)] * 2), 0.0)
    thetas = np.linspace([0.5, 0.5], [0.8, 0.7], 4)
    found = ql.bands(H, thetas, 4)
    unit = (2 * np.pi) ** 2 / 2
    expected = sorted([unit * np.sum((thetas + n) ** 2, axis=1) for n in np.array([[0, 0], [-1, 0], [0, -1], [-1, -1]])],
                      key=lambda e: e[1])
    np.testing.assert_allclose(found.energies.T, expected, atol=1e-10)


def test_a_dirac_point_is_crossed_and_beside_it_avoided():
    """A honeycomb in oblique coordinates, its mass matrix the metric of the lattice: the cones touch at θ = (1/3, 2/3)."""
    def honeycomb(u, v):
        return 15 * (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v) + np.cos(2 * np.pi * (u + v)))

    H = ql.Hamiltonian(ql.Grid((12, 12), [(0, 1)] * 2), honeycomb, mass=[[1, 0.5], [0.5, 1]])
    line = np.linspace(0.5, 1.5, 9)[:, None] * [1 / 3, 2 / 3]
    through = ql.bands(H, line, 2, tol=1e-3)
    assert through.sorted[4, 1] - through.sorted[4, 0] < 1e-8
    assert np.all(through.energies[5:, 0] > through.energies[5:, 1])
    slopes = through.currents @ [1 / 3, 2 / 3]
    assert slopes[4, 0] > 5 and slopes[4, 1] < -5
    for beside in (1e-6, 1e-2):
        past = ql.bands(H, line + np.array([beside, 0.0]), 2, tol=1e-3)
        np.testing.assert_array_equal(past.energies, past.sorted)
    with pytest.raises(RegimeError, match="touch"):
        ql.bands(H, mesh(6), 2, tol=1e-3).wannier(0)
    both = ql.bands(H, mesh(6), 2, tol=1e-3).wannier([0, 1])
    np.testing.assert_allclose(np.sort(both.centres[:, 0]), [1 / 3, 2 / 3], atol=1e-3)        # the sites of the honeycomb


def test_spin_degenerate_everywhere_and_a_helical_field():
    def twice(x):
        return np.array([[1.2 * np.cos(2 * x), 0 * x], [0 * x, 1.2 * np.cos(2 * x)]])

    thetas, grid = np.linspace(0, 1, 7), ql.Grid(24, (0, np.pi))
    found, single = ql.bands(ql.Hamiltonian(grid, twice), thetas, 4), ql.bands(MathieuBands(1.2).hamiltonian(24, 0.0), thetas, 2)
    np.testing.assert_allclose(found.energies, np.repeat(single.energies, 2, axis=1), atol=1e-12)
    np.testing.assert_allclose(found.effective_masses, np.repeat(single.effective_masses, 2, axis=1), rtol=1e-9)
    helix = ql.Hamiltonian(grid, lambda x: np.array([[0 * x, 0.7 * np.exp(2j * x)], [0.7 * np.exp(-2j * x), 0 * x]]))
    shifted = 2 * (thetas - 0.5)                        # in the turning frame: k ∓ 1 coupled by 0.7
    lowest = np.min([(k**2 + 1) / 2 - np.hypot(k, 0.7) for k in (shifted[None] + 2 * np.arange(-2, 3)[:, None])], axis=0)
    np.testing.assert_allclose(ql.bands(helix, thetas, 1).sorted[:, 0], lowest, atol=1e-11)


def test_a_potential_A_is_a_twist():
    def V(x):
        return np.cos(np.pi * x)

    grid, thetas = ql.Grid(24, (0.0, 2.0)), np.linspace(-0.5, 0.5, 5)
    plain = ql.bands(ql.Hamiltonian(grid, V), thetas, 3)
    constant = ql.bands(ql.Hamiltonian(grid, V, vector_potential=0.3 * np.pi), thetas + 0.3, 3)
    varying = ql.bands(ql.Hamiltonian(grid, V, vector_potential=lambda x: 0.3 * np.pi * (1 + np.sin(np.pi * x))), thetas + 0.3, 3)
    for other in (constant, varying):
        np.testing.assert_allclose(other.energies, plain.energies, atol=1e-10)
        np.testing.assert_allclose(other.currents, plain.currents, atol=1e-9)
        np.testing.assert_allclose(other.curvatures, plain.curvatures, atol=1e-8)


def test_metric_mass_matrix_walls_and_poles():
    ring = ql.bands(MetricRing(0.5).hamiltonian(72, 2.0), [0, 0.1, 0.5], 3)
    flat = ql.bands(ql.Hamiltonian(ql.Grid(48, (0, 2 * np.pi)), lambda s: 2 * np.cos(2 * s)), [0, 0.1, 0.5], 3)
    np.testing.assert_allclose(ring.energies, flat.energies, atol=1e-10)
    np.testing.assert_allclose(ring.currents, flat.currents, atol=1e-9)
    sheared = ql.Hamiltonian(ql.Grid((10, 10), [(0, 1)] * 2), 0.0, mass=[[1.0, 0.3], [0.3, 0.8]])
    momentum = 2 * np.pi * np.array([0.2, 0.1])
    found = ql.bands(sheared, [[0.2, 0.1]], 1)
    assert abs(found.energies[0, 0] - momentum @ np.linalg.inv([[1, 0.3], [0.3, 0.8]]) @ momentum / 2) < 1e-11
    np.testing.assert_allclose(found.effective_masses[0, 0], [[1, 0.3], [0.3, 0.8]], atol=1e-11)
    strip = ql.Hamiltonian(ql.Grid((16, 8), [(0, np.pi), (0, 1)], ("periodic", "wall")), lambda x, y: 1.5 * np.cos(2 * x) + 0 * y)
    for thetas in ([0.2, 0.3], [[0.2, 0.0], [0.3, 0.0]]):
        np.testing.assert_allclose(ql.bands(strip, thetas, 1, tol=1e-6).energies[:, 0],
                                   [MathieuBands(1.5).levels(t, 1)[0] + np.pi**2 / 2 for t in (0.2, 0.3)], atol=1e-8)
    with pytest.raises(ArgumentError, match="0 on the axes"):
        ql.bands(strip, [[0.2, 0.1]], 1)
    sphere = ql.Hamiltonian(ql.Grid((6, 8, 8), [(0, np.pi), (0, 2 * np.pi), (0, 1)], ("pole", "periodic", "periodic")), 0.0,
                            metric=lambda a, b, z: [[1, 0, 0], [0, np.sin(a) ** 2, 0], [0, 0, 1]])
    np.testing.assert_allclose(ql.bands(sphere, [0.1, 0.2], 2).energies[:, 0], [(0.2 * np.pi) ** 2 / 2, (0.4 * np.pi) ** 2 / 2],
                               atol=1e-9)


def test_the_bounds_cover_a_grid_too_coarse():
    exact = MathieuBands(40.0)
    with pytest.warns(AccuracyWarning, match="more points"):
        found = ql.bands(exact.hamiltonian(14, 0.0), [0.0, 0.2, 0.5], 3)
    errors = np.abs(found.sorted - [exact.levels(t, 3) for t in (0.0, 0.2, 0.5)])
    assert np.max(errors) > 1e-9 and np.all(errors <= found.sorted_bounds)


def test_states_solve_the_twisted_equation():
    found = ql.bands(MathieuBands(1.5).hamiltonian(32, 0.0), [0.1, 0.8], 2)
    for theta, states, energies in zip(found.thetas, found.states, found.energies, strict=True):
        H = MathieuBands(1.5).hamiltonian(32, theta)
        np.testing.assert_allclose(H @ states, energies[:, None] * states, atol=1e-10)
        np.testing.assert_allclose(H.norm(states), 1, atol=1e-12)


def test_the_smallest_grids():
    found = ql.bands(ql.Hamiltonian(ql.Grid(2, (0, 1)), 0.0), [0.1], 2)
    np.testing.assert_allclose(found.sorted[0], np.sort((2 * np.pi * np.array([0.1, -0.9])) ** 2 / 2), atol=1e-12)
    with pytest.raises(UnsupportedError, match="rises above"):
        ql.bands(TwistedRing(2.0).hamiltonian(8), [0.0, 20.0], 1)


def test_refusals():
    H = MathieuBands(1.0).hamiltonian(16, 0.0)
    for thetas, words in (([], "shape"), ([[0.1, 0.2]], "shape"), ([np.nan], "finite"), ("x", "array")):
        with pytest.raises(ArgumentError, match=words):
            ql.bands(H, thetas, 1)
    with pytest.raises(ArgumentError, match="k must"):
        ql.bands(H, [0.1], 17)
    with pytest.raises(ArgumentError, match="periodic axis"):
        ql.bands(ql.Hamiltonian(ql.Grid(8, (0, 1), "wall"), 0.0), [0.1], 1)
    with pytest.raises(ArgumentError, match=r"H\.at"):
        ql.bands(ql.Hamiltonian(H.grid, lambda t, x: t * x, time_dependent=True), [0.1], 1)
    for more in (dict(absorber=0.1), dict(nonlinearity=lambda n: n)):
        with pytest.raises(UnsupportedError, match="bands of"):
            ql.bands(ql.Hamiltonian(H.grid, 0.0, **more), [0.1], 1)
    with pytest.raises(UnsupportedError, match="bands of"):
        ql.bands(ql.Hamiltonian(H.grid, np.zeros((2, 16))), [0.1], 1)


def test_figures():
    pytest.importorskip("matplotlib")
    found = ql.bands(MathieuBands(1.5).hamiltonian(24, 0.0), np.arange(8) / 8, 3)
    axes = found.plot().axes[0]
    assert len(axes.lines) == 3 and len(axes.patches) == 2
    plane = ql.bands(square(1.0, 8), mesh(2), 2, tol=1.0)
    assert [tick.get_text() for tick in plane.plot(labels={0: "Γ", 3: "M"}).axes[0].get_xticklabels()] == ["Γ", "M"]
    assert len(found.wannier([0, 1]).plot().axes[0].lines) == 2
