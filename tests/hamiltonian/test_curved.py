"""CovariantKinetic: Hermitian, ≥ 0, its zero modes, gauge covariance, closed forms and independent numbers, refusals."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.special import sph_harm_y

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.kinetic import FlatKinetic, kinetic_for

TAU = 2 * np.pi


def oblique(x, y):
    """A metric without any symmetry."""
    return [[1.5 + 0.2 * np.cos(y), 0.3 * np.sin(x + y)], [0.3 * np.sin(x + y), (2 + np.cos(x)) ** 2]]


def swirl(x, y):
    return np.sin(y) + 0.2 * np.cos(x), np.cos(x) + 0.3


def sphere_metric(theta, phi):
    return [[1, 0], [0, np.sin(theta) ** 2]]


def wavy(x, y, z):
    g = np.zeros((3, 3, *x.shape))
    g[0, 0], g[1, 1], g[2, 2] = 1 + 0.3 * np.cos(y), 2 + np.sin(z) * np.cos(x), 1.5
    g[0, 2] = g[2, 0] = 0.4 * np.cos(x + y)
    return g


def sphere(n, m):
    return ql.Grid((n, m), [(0, np.pi), (0, TAU)], ("pole", "periodic"))


GRIDS = {
    "ring": (ql.Grid(9, (0, TAU)), lambda q: (1 + 0.5 * np.cos(q)) ** 2, None),
    "half-twisted ring": (ql.Grid(9, (0, TAU), twist=0.5), lambda q: (1 + 0.5 * np.cos(q)) ** 2, lambda q: np.sin(q)),
    "tiny": (ql.Grid((2, 3), [(0, TAU)] * 2), oblique, swirl),
    "tiny walls": (ql.Grid((2, 2), [(0, TAU)] * 2, "wall"), oblique, swirl),
    "torus": (ql.Grid((8, 7), [(0, TAU)] * 2), oblique, None),
    "torus with A": (ql.Grid((8, 6), [(0, TAU)] * 2, twist=(0, 0.3)), oblique, swirl),
    "flat with A": (ql.Grid((8, 7), [(0, TAU)] * 2), None, swirl),
    "A along the other axis": (ql.Grid((8, 7), [(0, TAU)] * 2), None, lambda x, y: (np.sin(y), np.cos(x))),
    "walls": (ql.Grid((6, 7), [(0, 3), (0, 2)], "wall"), oblique, swirl),
    "wall and ring": (ql.Grid((6, 8), [(0, 3), (0, TAU)], ("wall", "periodic"), twist=(0, -0.4)), oblique, swirl),
    "ring and wall": (ql.Grid((8, 5), [(0, TAU), (0, 3)], ("periodic", "wall")), oblique, None),
    "sphere": (sphere(6, 8), sphere_metric, None),
    "sphere with A": (sphere(5, 6), sphere_metric, lambda theta, phi: (np.sin(phi) * np.sin(theta), np.sin(theta) ** 2)),
    "sphere and ring": (ql.Grid((4, 4, 4), [(0, np.pi), (0, TAU), (0, 1)], ("pole", "periodic", "periodic")),
                        lambda a, b, z: [[1, 0, 0], [0, np.sin(a) ** 2, 0], [0, 0, 2 + np.cos(TAU * z)]], None),
    "3-D": (ql.Grid((4, 5, 4), [(0, TAU)] * 3, ("periodic", "wall", "periodic"), twist=(0.2, 0, 0)), wavy, None),
    "4-D": (ql.Grid((4, 3, 2, 3), [(0, TAU)] * 4, ("periodic", "wall", "periodic", "wall")),
            lambda a, b, c, d: np.diag([1.0, 2, 1, 3])[..., None, None, None, None] * (2 + np.cos(a)), None),
}


def kinetic(name):
    grid, metric, potential = GRIDS[name]
    return kinetic_for(grid, 1.3, 0.7, metric, potential)


def matrix(T, t=0.0):
    n = T.grid.size
    return T.apply(np.eye(n).reshape(n, *T.grid.shape), t).reshape(n, n).T


def random_state(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


@pytest.mark.parametrize("name", GRIDS)
def test_hermitian_not_negative_and_within_its_bounds(name):
    T = kinetic(name)
    a, b = random_state((2, *T.grid.shape))
    scale = T.bounds[1] * T.grid.norm(a) * T.grid.norm(b)
    assert abs(T.grid.inner(a, T.apply(b)) - T.grid.inner(T.apply(a), b)) < 1e-13 * scale
    levels = np.linalg.eigvalsh(matrix(T))
    assert levels[0] > -1e-13 * levels[-1] and levels[-1] <= T.bounds[1] and T.bounds[0] == 0
    assert T.bounds[1] < 8 * levels[-1]
    assert isinstance(T, CovariantKinetic) and 2 <= T.ffts <= (4 if "pole" not in T.grid.boundary else 7)
    assert T.is_real == (np.max(np.abs(matrix(T).imag)) < 1e-13 * levels[-1])


@pytest.mark.parametrize("name", ["ring", "torus", "sphere", "sphere and ring"])
def test_the_root_of_the_volume_is_the_one_zero_mode(name):
    T = kinetic(name)
    levels = np.linalg.eigvalsh(matrix(T))
    assert np.sum(np.abs(levels) < 1e-12 * levels[-1]) == 1
    assert np.max(np.abs(T.apply(T.root_metric))) < 1e-13 * levels[-1]


@pytest.mark.parametrize("shape", [(2, 2), (2, 4), (4, 2), (3, 3), (5, 4)])
def test_no_spurious_zero_modes_on_small_tori(shape):
    T = kinetic_for(ql.Grid(shape, [(0, TAU)] * 2), 1.0, 1.0, oblique)
    levels = np.linalg.eigvalsh(matrix(T))
    assert levels[1] > 0.05 > 1e-13 > abs(levels[0])


def test_batches_and_channels_are_applied_one_by_one():
    for name in ("torus with A", "wall and ring", "sphere with A", "3-D"):
        T = kinetic(name)
        psi = random_state((2, 3, *T.grid.shape))
        kept = psi.copy()
        together = T.apply(psi)
        assert np.array_equal(psi, kept) and np.allclose(together[1, 2], T.apply(psi[1, 2]), atol=1e-13 * T.bounds[1])


@pytest.mark.parametrize("grid", [ql.Grid((40, 40), [(0, TAU)] * 2), ql.Grid((40, 41), [(0, TAU)] * 2, twist=(0.3, 0.5))],
                         ids=["even", "twisted"])
@pytest.mark.parametrize("metric", [None, oblique], ids=["flat", "metric"])
def test_gauge_covariance(grid, metric):
    """ψ → exp(iχ/ħ)ψ, A → A + ∂χ turns Tψ by the same phase, to the accuracy of the grid; without the phase it fails."""
    x, y = grid.mesh
    hbar = 0.9
    chi = 0.2 * np.sin(x) * np.cos(y)
    gradient = (0.2 * np.cos(x) * np.cos(y), -0.2 * np.sin(x) * np.sin(y))
    a = [np.asarray(c) for c in swirl(x, y)]
    before = kinetic_for(grid, 1.0, hbar, metric, lambda x, y: a)
    after = kinetic_for(grid, 1.0, hbar, metric, lambda x, y: [c + d for c, d in zip(a, gradient, strict=True)])
    psi = grid.from_periodic(np.exp(0.5 * np.cos(x) + 0.5j * np.sin(y)))
    turn = np.exp(1j * chi / hbar)
    expected = turn * before.apply(psi)
    assert grid.norm(after.apply(turn * psi) - expected) < 1e-9 * grid.norm(expected)
    assert grid.norm(after.apply(psi) - expected) > 1e-2 * grid.norm(expected)


def test_a_constant_vector_potential_is_a_twist():
    """A on a ring is the sector θ = −AL/2πħ: exp(iAx/ħ) carries one into the other."""
    length, hbar, a = 3.0, 0.8, 0.5
    theta = -a * length / (TAU * hbar)
    with_a = kinetic_for(ql.Grid(16, (0, length)), 1.0, hbar, None, (a,))
    twisted = kinetic_for(ql.Grid(16, (0, length), twist=theta), 1.0, hbar, None)
    assert isinstance(with_a, FlatKinetic) and not with_a.is_real
    np.testing.assert_allclose(np.sort(with_a.table)[:12], np.sort(twisted.table)[:12], rtol=1e-13)
    x = with_a.grid.axes[0]
    psi = np.exp(2j * TAU * x / length) + 0.3
    turn = np.exp(-1j * a * x / hbar)
    np.testing.assert_allclose(twisted.apply(turn * psi), turn * with_a.apply(psi), atol=1e-12)
    covariant = kinetic_for(ql.Grid(16, (0, length)), 1.0, hbar, None, lambda x: a)
    np.testing.assert_allclose(covariant.apply(psi), with_a.apply(psi), atol=1e-12)
    assert covariant.ffts == 2


def test_a_mass_matrix_may_couple_walls():
    """Against the matrix elements of ∂_x∂_y between the sines of a box, from closed-form integrals."""
    n, mass = 7, np.array([[1.0, 0.3], [0.3, 2.0]])
    grid = ql.Grid((n, n), [(0, np.pi)] * 2, "wall")
    T = kinetic_for(grid, mass, 1.0, None)
    psi = np.sin(grid.mesh[0]) * np.sin(grid.mesh[1])
    inverse = np.linalg.inv(mass)
    expected = 0.5 * (inverse[0, 0] + inverse[1, 1]) * np.sum(psi**2) * grid.cell_volume
    assert T.grid.inner(psi, T.apply(psi)).real == pytest.approx(expected, rel=1e-13)  # ⟨∂_x∂_y⟩ = 0 by parity
    k = np.arange(1, n + 1)
    odd = (k[:, None] + k) % 2
    slope = np.where(odd, 4 / np.pi * k[:, None] * k / np.where(odd, k[:, None] ** 2 - k**2, 1), 0.0)
    exact = 0.5 * (inverse[0, 0] * np.kron(np.diag(k**2), np.eye(n)) + inverse[1, 1] * np.kron(np.eye(n), np.diag(k**2))) \
        - inverse[0, 1] * np.kron(slope, slope)
    levels = np.linalg.eigvalsh(matrix(T))[:4]
    assert np.max(np.abs(levels / np.linalg.eigvalsh(exact)[:4] - 1)) < 5e-3  # both converge, as a power of n
    uncoupled = np.linalg.eigvalsh(matrix(kinetic_for(grid, np.diag(1 / np.diag(inverse)), 1.0, None)))[:4]
    assert np.max(np.abs(levels / uncoupled - 1)) > 2e-2


def test_a_stretched_box_converges_to_its_levels():
    """q = s with g = (1 + ε cos πq)², ∂g = 0 at the walls: s = q + (ε/π) sin πq is a flat box, E = (πn)²/2, spectrally."""
    errors = []
    for n in (4, 8, 12, 16):
        T = kinetic_for(ql.Grid(n, (0, 1), "wall"), 1.0, 1.0, lambda q: (1 + 0.4 * np.cos(np.pi * q)) ** 2)
        errors.append(np.max(np.abs(np.linalg.eigvalsh(matrix(T))[:3] / (np.pi * np.arange(1, 4)) ** 2 * 2 - 1)))
    assert errors[0] > 1e-4 and errors[-1] < 1e-12 and all(b < a / 10 or b < 1e-12 for a, b in pairwise(errors))


@pytest.mark.parametrize("points", [2, 5, 6])
def test_a_sphere_has_no_levels_between_those_of_its_harmonics(points):
    """The mode that alternates from node to node would be at l(l + 1) = N without its own term."""
    levels = 2 * np.linalg.eigvalsh(matrix(kinetic_for(sphere(points, 2 * points), 1.0, 1.0, sphere_metric)))
    known = np.concatenate([[degree * (degree + 1)] * (2 * degree + 1) for degree in range(points)])
    np.testing.assert_allclose(levels[:len(known)], known, atol=1e-11)
    assert levels[len(known)] > points * (points + 1) - 1e-9


def test_on_a_round_sphere_the_bound_is_the_largest_level():
    """l(l + 1) of l = N for the rest, not the N²m² of functions that are rough at the poles."""
    T = kinetic_for(sphere(9, 24), 1.0, 1.0, sphere_metric)
    levels = np.linalg.eigvalsh(matrix(T))
    assert levels[-1] == pytest.approx(45, rel=1e-12) and T.bounds[1] == pytest.approx(45, rel=1e-11)


@pytest.mark.parametrize("points", [4, 7, 12])
def test_spherical_harmonics_are_eigenstates(points):
    grid = sphere(points, 2 * points)
    T = kinetic_for(grid, 1.3, 0.7, sphere_metric)
    for degree in range(points):
        energy = 0.49 / 2.6 * degree * (degree + 1)
        waves = np.array([sph_harm_y(degree, m, *grid.mesh) for m in range(-degree, degree + 1)]) * T.root_metric
        assert np.max(np.abs(T.apply(waves) - energy * waves)) < 1e-14 * T.bounds[1]
        overlaps = np.einsum("axy,bxy->ab", waves.conj(), waves) * grid.cell_volume
        np.testing.assert_allclose(overlaps, np.eye(2 * degree + 1), atol=1e-13)


def test_a_rotated_sphere_has_the_same_levels():
    """Poles elsewhere than 0 and π, and bounds with an offset: θ = π(q − a)/(b − a)."""
    grid = ql.Grid((6, 12), [(2, 5), (-1, 1)], ("pole", "periodic"))

    def metric(q, p):
        return [[(np.pi / 3) ** 2, 0], [0, (np.pi * np.sin(np.pi * (q - 2) / 3)) ** 2]]

    levels = np.linalg.eigvalsh(matrix(kinetic_for(grid, 1.0, 1.0, metric)))
    np.testing.assert_allclose(levels[:16], [0] + [1] * 3 + [3] * 5 + [6] * 7, atol=1e-11)


def radial_levels(order, stretch, degree=40):
    """The levels of ½[−(1/√g) d/dθ (√g g^θθ d/dθ) + m²/a²sin²θ] of a spheroid, by Galerkin in associated Legendre functions."""
    x, w = np.polynomial.legendre.leggauss(120)
    theta = np.arccos(x)
    degrees, h = np.arange(order, order + degree)[:, None], 1e-3
    basis, *sides = (np.sqrt(2 * np.pi) * sph_harm_y(degrees, order, theta + s * h, 0.0).real for s in (0, -3, -2, -1, 1, 2, 3))
    slope = (45 * (sides[3] - sides[2]) - 9 * (sides[4] - sides[1]) + (sides[5] - sides[0])) / (60 * h)
    length = np.sqrt(np.cos(theta) ** 2 + stretch**2 * np.sin(theta) ** 2)
    mass = (basis * w * length) @ basis.T
    stiffness = (slope * w / length) @ slope.T + (basis * w * length * order**2 / np.sin(theta) ** 2) @ basis.T
    return eigh(stiffness / 2, mass, eigvals_only=True)


def test_a_spheroid_against_sturm_liouville_problems():
    """Semi-axes 1, 1, 1.5: x = sin θ, z = 1.5 cos θ, one radial problem for each azimuthal number."""
    grid = sphere(20, 12)
    T = kinetic_for(grid, 1.0, 1.0, lambda a, b: [[np.cos(a) ** 2 + 2.25 * np.sin(a) ** 2, 0], [0, np.sin(a) ** 2]])
    waves = np.exp(1j * np.outer(np.arange(3), grid.axes[1])) / np.sqrt(12)
    whole = matrix(T).reshape(20, 12, 20, 12)
    for order, wave in enumerate(waves):
        levels = np.linalg.eigvalsh(np.einsum("p,apbq,q->ab", wave.conj(), whole, wave))
        np.testing.assert_allclose(levels[:4], radial_levels(order, 1.5)[:4], atol=1e-8)


def test_a_torus_against_sturm_liouville_problems():
    """R = 2, r = 1: for each azimuthal number a periodic problem in u, solved in a Fourier basis of functions, not points."""
    n = 24
    grid = ql.Grid((n, 8), [(0, TAU)] * 2)
    T = kinetic_for(grid, 1.0, 1.0, lambda u, v: [[1, 0], [0, (2 + np.cos(u)) ** 2]])
    whole = matrix(T).reshape(n, 8, n, 8)
    u = np.arange(256) * TAU / 256
    k = np.arange(-30, 31)
    basis = np.exp(1j * np.outer(k, u)) / np.sqrt(256)
    weight = 2 + np.cos(u)
    for order in range(3):
        wave = np.exp(1j * order * grid.axes[1]) / np.sqrt(8)
        levels = np.linalg.eigvalsh(np.einsum("p,apbq,q->ab", wave.conj(), whole, wave))
        slope = 1j * k[:, None] * basis
        stiffness = (slope.conj() * weight) @ slope.T + order**2 * (basis.conj() / weight) @ basis.T
        exact = eigh(stiffness / 2, (basis.conj() * weight) @ basis.T, eigvals_only=True)
        np.testing.assert_allclose(levels[:6], exact[:6], atol=1e-10)
    assert T.ffts == 3  # the azimuth is multiplied in its modes


def test_landau_levels_in_two_gauges():
    """ħω(n + ½) of a field B in a box of walls far away, to 1e-9, in the symmetric and in the Landau gauge."""
    grid = ql.Grid((44, 44), [(-6.5, 6.5)] * 2)
    for gauge in (lambda x, y: (-y, x), lambda x, y: (0, 2 * x)):
        T = kinetic_for(grid, 1.0, 1.0, None, gauge)
        x, y = grid.mesh
        ground = np.exp(-(x**2 + y**2) / 2 + (1j * x * y if gauge(1, 2)[0] == 0 else 0))
        assert T.ffts == 2 and grid.norm(T.apply(ground) - ground) < 1e-7 * grid.norm(ground)


def test_a_time_dependent_vector_potential():
    grid = ql.Grid((8, 7), [(0, TAU)] * 2)
    T = kinetic_for(grid, 1.0, 1.0, None, lambda t, x, y: (np.cos(t), np.sin(x) * t), time_dependent=True)
    static = kinetic_for(grid, 1.0, 1.0, None, lambda x, y: (np.cos(0.7), np.sin(x) * 0.7))
    psi = random_state(grid.shape)
    assert T.depends_on_time and not static.depends_on_time
    np.testing.assert_allclose(T.apply(psi, 0.7), static.apply(psi), atol=1e-13)
    assert np.max(np.abs(T.apply(psi, 0.2) - static.apply(psi))) > 0.1
    assert T.at(0.7).bounds == static.bounds
    with pytest.raises(ArgumentError, match=r"H\.at\(t\)"):
        T.bounds  # noqa: B018


@pytest.mark.parametrize(("metric", "words"), [
    (lambda x, y: 1.0, "2 rows"), (lambda x, y: np.ones((3, 3)), "2 rows"), (lambda x, y: [[1, 0], [0]], "2 rows"),
    (lambda x, y: [[1, 0.1], [0.2, 1]], "symmetric"), (lambda x, y: [[1, 2], [2, 1]], "positive definite"),
    (lambda x, y: [[-1, 0], [0, 1]], "positive definite"), (lambda x, y: [[1, 0], [0, np.sin(x)]], "positive definite"),
    (lambda x: x, r"callable as g\(q1, q2\)"),
    (lambda x, y: [[1, 0], [0, np.full_like(x, np.nan)]], "finite"), (lambda x, y: [[np.ones(3), 0], [0, 1]], "shape"),
])
def test_bad_metrics_are_named(metric, words):
    with pytest.raises(ArgumentError, match=words):
        kinetic_for(ql.Grid((4, 4), [(0, TAU)] * 2), 1.0, 1.0, metric)


@pytest.mark.parametrize(("potential", "words"), [
    (lambda x: x, "callable as A"), (lambda x, y: x[0], "2 components"), (lambda x, y: (x, y, x), "2 components"),
    (lambda x, y: (1j * x, y), "real"), (lambda x, y: (x, np.nan), "finite"), (lambda x, y: (x[:2], y), "shape"),
    ((1j, 0), "real"), ((np.inf, 0), "finite"), ("A", "array"),
])
def test_bad_vector_potentials_are_named(potential, words):
    with pytest.raises(ArgumentError, match=words):
        kinetic_for(ql.Grid((4, 4), [(0, TAU)] * 2), 1.0, 1.0, None, potential)


def test_what_is_not_offered_names_an_alternative():
    torus = ql.Grid((4, 4), [(0, TAU)] * 2)
    with pytest.raises(UnsupportedError, match="callable"):
        kinetic_for(torus, 1.0, 1.0, np.ones((2, 2, 4, 4)))
    with pytest.raises(UnsupportedError, match="callable"):
        kinetic_for(torus, 1.0, 1.0, None, np.zeros((2, 4, 4)))
    with pytest.raises(ArgumentError, match="metric"):
        kinetic_for(sphere(4, 4), 1.0, 1.0, None)
    with pytest.raises(ArgumentError, match="one number"):
        kinetic_for(torus, (1.0, 2.0), 1.0, oblique)
    T = kinetic_for(torus, 1.0, 1.0, oblique)
    with pytest.raises(UnsupportedError, match=r"Chebyshev.*proper length"):
        T.table  # noqa: B018
    with pytest.raises(UnsupportedError, match="NumPy"):
        T.apply([[1.0]])
