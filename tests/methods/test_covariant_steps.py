"""Splittings where T is not diagonal in the wavenumbers: orders, closed forms of condensates, steps from tol, refusals."""

from functools import cache

import numpy as np
import pytest
from runs import run
from scipy.integrate import solve_ivp

import qlearn as ql
from qlearn.errors import UnsupportedError
from qlearn.exact import BrightSoliton

RING = ql.Grid(24, (0, 2 * np.pi), twist=0.3)
START = (1 + 0.3 * np.exp(1j * RING.axes[0]) + 0.2 * np.cos(RING.axes[0])) * np.exp(0.3j * RING.axes[0]) / 3


def pull(n):
    return 15 * n


def metric(x):
    return (1 + 0.2 * np.cos(x)) ** 2


def matrices(x):
    return np.array([[0.5 * np.cos(x), 0.4 * np.exp(1j * x)], [0.4 * np.exp(-1j * x), 0 * x]])


def pulls(n):
    return np.stack([15 * n[..., 0, :] + n[..., 1, :], 15 * n[..., 0, :]], axis=-2)


HAMILTONIANS = {
    "curved": ql.Hamiltonian(RING, np.cos, metric=metric, nonlinearity=pull),
    "magnetic": ql.Hamiltonian(RING, np.cos, vector_potential=lambda x: 0.4 * np.sin(x), nonlinearity=pull),
    "moving": ql.Hamiltonian(RING, lambda t, x: np.cos(x - t), vector_potential=lambda t, x: 0.4 * np.sin(x + 2 * t),
                             nonlinearity=pull, time_dependent=True),
    "shaken": ql.Hamiltonian(RING, lambda t, x: np.cos(x - t), vector_potential=lambda t, x: 0.4 * np.sin(2 * t),
                             nonlinearity=pull, time_dependent=True),
    "coupled": ql.Hamiltonian(RING, matrices, metric=metric, nonlinearity=pulls),
    "lossy": ql.Hamiltonian(RING, np.cos, metric=metric, nonlinearity=pull, absorber=lambda x: 0.1 * (1 - np.cos(x)))}
ORDERS = {"curved": "Strang Yoshida4 BM4 BM6 RKN6", "magnetic": "Strang BM4 RKN6", "moving": "Strang BM4",
          "shaken": "Strang BM4 BM6 RKN6",
          "coupled": "Strang BM4 BM6", "lossy": "Strang BM6"}


FINER = ql.Grid(48, (0, 2 * np.pi), twist=0.3)
LIGHT = {"vector_potential": lambda t, x: 3 * np.sin(4 * t), "time_dependent": True}
LIT = {"light": ql.Hamiltonian(FINER, 20 * np.cos(FINER.axes[0]), **LIGHT),
       "lossy": ql.Hamiltonian(FINER, lambda t, x: 20 * np.cos(x - t), absorber=lambda x: 1 - np.cos(x), **LIGHT),
       "coupled": ql.Hamiltonian(FINER, 20 * matrices(FINER.axes[0]), **LIGHT)}
BY_LIGHT = {"light": "Strang Chin4 BM6 RKN6 Gradient6", "lossy": "Strang Chin4 Gradient6", "coupled": "BM4 BM6"}


def integrated(H, psi, end):
    """By a Runge–Kutta method of order 8 for iħ dψ/dt = H(t, ψ)ψ."""
    def slope(t, values):
        return -1j / H.hbar * H.apply(values.reshape(psi.shape), t).ravel()

    return solve_ivp(slope, (0, end), psi.ravel(), method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1].reshape(psi.shape)


def start_of(H):
    return START if H.channels is None else np.stack([START, 0.6j * START[::-1].conj()])


def end_of(kind):
    return 0.5 if kind == "moving" else 1.0


@cache
def exact(kind):
    """The state at the end by another integrator, refined by finer steps, which it has to confirm, where those are cheap."""
    H = HAMILTONIANS[kind]
    state = integrated(H, start_of(H), end_of(kind))
    if kind != "moving":
        (finer,), _ = run(ql.BM6(dt=1 / 250), H, start_of(H), [0, 1.0])
        assert np.max(H.norm(state - finer)) < 1e-9
        return finer
    return state


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in ORDERS.items() for name in names.split()])
def test_the_measured_slope_is_the_order(kind, name):
    """In steps below the resonance h max T = 2πħ of split steps, of lengths at which the leading term is seen alone: RKN6 loses
    order below 1e-12, where the tail of ψ that 24 points cut off makes [V,[V,[V,T]]] differ from 0, "shaken" below 1e-10."""
    method, H = getattr(ql, name), HAMILTONIANS[kind]
    counts = {"Strang": (34, 39, 45, 52), "RKN6": (34, 39, 45, 52), "BM6": (52, 60, 68, 78)}.get(name, (68, 78, 90, 104))
    end = end_of(kind)
    counts = [int(n * end) for n in ((29, 33, 38, 44) if kind == "shaken" and name == "RKN6" else counts)]
    errors = [np.max(H.norm(run(method(dt=end / n), H, start_of(H), [0, end])[0][-1] - exact(kind))) for n in counts]
    assert abs(-np.polyfit(np.log(counts), np.log(errors), 1)[0] - method.order) < 0.1, errors


@pytest.mark.parametrize(("kind", "name"), [("curved", "RKN6"), ("magnetic", "RKN6"), ("moving", "BM4"), ("coupled", "BM6"),
                                            ("lossy", "RKN6"), ("shaken", "RKN6")])
@pytest.mark.parametrize("tol", [1e-3, 1e-7])
@pytest.mark.filterwarnings("ignore:the grid is too coarse")
def test_the_true_error_of_the_default_is_below_tol(kind, name, tol):
    """On the points of the grid, which another integrator takes too: it is a coarse one."""
    H = HAMILTONIANS[kind]
    result = ql.sesolve(H, start_of(H), [0, 0.4, end_of(kind)], tol=tol)
    assert result.method.startswith(name)
    assert np.max(H.norm(result.final_state - exact(kind))) < result.stats["error_estimate"] < tol
    if H.is_hermitian:
        assert result.stats["norm_drift"] < 1e-11


def test_a_soliton_on_a_curved_line():
    """x(q) = q + ½ sin q/2 makes the flat line one with g = x'²; the half-density is √x' ψ(x(q))."""
    soliton = BrightSoliton(attraction=3.0, center=-0.5, momentum=1.0)
    grid = ql.Grid(288, (-4 * np.pi, 4 * np.pi))
    q = grid.axes[0]
    x, slope = q + 0.5 * np.sin(q / 2), 1 + 0.25 * np.cos(q / 2)
    H = ql.Hamiltonian(grid, 0.0, metric=lambda q: (1 + 0.25 * np.cos(q / 2)) ** 2, nonlinearity=soliton.nonlinearity)
    result = ql.sesolve(H, np.sqrt(slope) * soliton.state(x, 0.0), [0, 1.0], tol=1e-5)
    assert grid.norm(result.final_state - np.sqrt(slope) * soliton.state(x, 1.0)) < 1e-5
    assert abs(H.energy(result.final_state) - soliton.energy) < 1e-5
    wrong = ql.Hamiltonian(grid, 0.0, metric=H.metric, nonlinearity=lambda n: soliton.nonlinearity(n) * slope)  # f(|Φ|²)
    assert grid.norm(ql.sesolve(wrong, result.states[0], [0, 1.0], tol=1e-4).final_state - result.final_state) > 1e-2


def test_the_gauge_of_a_condensate():
    """A = ∂χ with V − ∂_tχ turns ψ into exp(iχ/ħ)ψ, f(|ψ|²) or not."""
    grid, hbar = ql.Grid(64, (0, 2 * np.pi)), 0.8
    x = grid.axes[0]

    def chi(t):
        return 0.5 * np.sin(x - t)

    plain = ql.Hamiltonian(grid, lambda x: np.cos(x), hbar=hbar, nonlinearity=pull)
    gauged = ql.Hamiltonian(grid, lambda t, x: np.cos(x) + 0.5 * np.cos(x - t), vector_potential=lambda t, x: 0.5 * np.cos(x - t),
                            hbar=hbar, nonlinearity=pull, time_dependent=True)
    psi = np.exp(np.cos(x) + 1j * x) / 3
    found = ql.sesolve(gauged, np.exp(1j * chi(0) / hbar) * psi, [0, 0.5], tol=1e-5).final_state
    assert grid.norm(found - np.exp(1j * chi(0.5) / hbar) * ql.sesolve(plain, psi, [0, 0.5], tol=1e-6).final_state) < 1e-5


def test_the_mean_of_a_condensate_in_a_trap_and_a_field_moves_like_one_particle():
    """Kohn's theorem: z'' = −z − iBz' for z = x + iy, whatever f."""
    field, plane = 1.0, ql.Grid((56, 56), [(-9, 9)] * 2)
    H = ql.Hamiltonian(plane, lambda x, y: (x**2 + y**2) / 2, vector_potential=lambda x, y: (-field * y / 2, field * x / 2),
                       nonlinearity=lambda n: 5 * n)
    result = ql.sesolve(H, ql.gaussian(plane, center=(1, 0), width=(0.7, 0.7)), [0, 2.0], tol=1e-6)
    density = np.abs(result.final_state) ** 2 * plane.cell_volume
    fast, slow = -1j * (field / 2 + np.hypot(field / 2, 1)), -1j * (field / 2 - np.hypot(field / 2, 1))
    start, speed = 1.0, -0.5j * field  # p = 0: v = −A
    a = (speed - slow * start) / (fast - slow)
    wanted = a * np.exp(fast * 2.0) + (start - a) * np.exp(slow * 2.0)
    assert abs(np.sum(density * (plane.mesh[0] + 1j * plane.mesh[1])) - wanted) < 1e-6
    assert result.stats["energy_drift"] < 1e-6


def test_a_condensate_on_a_sphere_knows_no_direction():
    """The start turned by a quarter about the axis of x: its mean positions turn with it, though the grid has poles at z."""
    grid = ql.Grid((24, 36), [(0, np.pi), (0, 2 * np.pi)], ["pole", "periodic"])
    theta, phi = grid.mesh
    x, y, z = np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)
    H = ql.Hamiltonian(grid, 0.0, metric=lambda t, p: np.array([[1 + 0 * t, 0 * t], [0 * t, np.sin(t) ** 2]]),
                       nonlinearity=lambda n: 4 * n)
    means = []
    for place in ((x, y, z), (x, z, -y)):
        psi = H.root_metric * np.exp(0.6 * place[0] + 0.5j * place[1] + (0.3 - 0.4j) * place[2])
        psi = psi / grid.norm(psi)
        final = ql.sesolve(H, psi, [0, 1.0], tol=1e-6).final_state
        means.append([np.sum(np.abs(final) ** 2 * one) * grid.cell_volume for one in place])
        assert abs(means[-1][1] - np.sum(np.abs(psi) ** 2 * place[1]) * grid.cell_volume) > 0.1  # it has moved
    assert np.allclose(means[0], means[1], atol=1e-6)


@pytest.mark.parametrize("kind", ["curved", "magnetic", "coupled"])
@pytest.mark.parametrize("imaginary", [False, True], ids=["real time", "imaginary time"])
def test_drifts_by_eigenvectors_and_by_krylov_spaces_are_the_same(kind, imaginary, monkeypatch):
    H, method = HAMILTONIANS[kind], ql.MultiProduct6(dt=0.1) if imaginary else ql.BM6(dt=0.1)
    batch = np.stack([start_of(H), 0.5j * start_of(H).conj()])
    (few,), _ = run(method, H, batch, [0, 0.4], imaginary=imaginary)
    monkeypatch.setattr("qlearn.methods.covariant.FEW", 0)
    (many,), _ = run(method, H, batch, [0, 0.4], imaginary=imaginary)
    assert np.allclose(few, many, atol=1e-12)


@pytest.mark.parametrize("kind", ["curved", "coupled"])
def test_backwards_and_in_batches(kind):
    H = HAMILTONIANS[kind]
    batch = np.stack([start_of(H), 0.5 * start_of(H).conj()])
    (there,), _ = run(ql.BM4(), H, batch, [0, 0.5], 1e-4)
    (back,), _ = run(ql.BM4(), H, there, [0.5, 0], 1e-4)
    assert np.max(H.norm(back - batch)) < 2e-4
    (alone,), _ = run(ql.BM4(), H, start_of(H), [0, 0.5], 1e-4)
    assert np.max(H.norm(alone - there[0])) < 2e-4


@pytest.mark.parametrize("name", ["Strang", "BM4", "RKN6"])
def test_a_linear_one_with_a_metric_and_a_moving_potential(name):
    """Where Magnus4 is the default; against that."""
    H = ql.Hamiltonian(RING, lambda t, x: np.cos(x - t), metric=metric, time_dependent=True)
    found, other = (ql.sesolve(H, START, [0, 0.5], method=method, tol=1e-6).final_state
                    for method in (getattr(ql, name)(), ql.Magnus4()))
    assert H.grid.norm(found - other) < 2e-6


@pytest.mark.parametrize(("name", "H", "words"), [
    ("Gradient6", HAMILTONIANS["curved"], r"RKN6\(\) or BM6\(\)"), ("ProcessedGradient6", HAMILTONIANS["magnetic"], r"RKN6\(\)"),
    ("RKN6", HAMILTONIANS["moving"], r"BM4\(\)"), ("Chin4", HAMILTONIANS["moving"], r"BM4\(\)"),
    ("RKN6", HAMILTONIANS["coupled"], r"BM6\(\)"), ("Gradient6", HAMILTONIANS["moving"], r"BM4\(\)"),
    ("ProcessedGradient6", LIT["light"], r"Magnus4\(\)"), ("RKN6", LIT["coupled"], r"BM6\(\)"),
    ("Gradient6", ql.Hamiltonian(RING, 0.0, metric=metric), r"Chebyshev\(\)")])
def test_refusals_name_what_to_take(name, H, words):
    with pytest.raises(UnsupportedError, match=words):
        getattr(ql, name)().check(H)


@cache
def lit(kind):
    """The state at 1 of a linear H with an A(t) that is the same everywhere, by a Runge–Kutta method; the one at 0."""
    H, x = LIT[kind], FINER.axes[0]
    psi = np.exp(np.cos(x) + 1j * np.sin(x) + 0.3j * x) / 3
    psi = psi if H.channels is None else np.stack([psi, 0.6j * psi.conj() * np.exp(0.6j * x)])
    return psi, integrated(H, psi, 1.0)


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in BY_LIGHT.items() for name in names.split()])
def test_slopes_under_a_uniform_vector_potential(kind, name):
    """Those of all schemes, with gradients too: drifts are exact, and [V, [T, V]] knows no A."""
    H, method, (psi, exact) = LIT[kind], getattr(ql, name), lit(kind)
    counts = [16, 20, 24, 28]
    errors = [np.max(H.norm(run(method(dt=1 / n), H, psi, [0, 1.0])[0][-1] - exact)) for n in counts]
    assert abs(-np.polyfit(np.log(counts), np.log(errors), 1)[0] - method.order) < 0.1, errors


@pytest.mark.parametrize(("kind", "name"), [("light", "Gradient6"), ("lossy", "Gradient6"), ("coupled", "BM6")])
@pytest.mark.parametrize("tol", [1e-5, 1e-9])
def test_the_default_under_a_uniform_vector_potential(kind, name, tol):
    H, (psi, exact) = LIT[kind], lit(kind)
    method = "Chin4" if kind == "lossy" and tol == 1e-5 else name
    result = ql.sesolve(H, psi, [0, 0.3, 1.0], tol=tol)
    assert result.method.startswith(method)
    assert np.max(H.norm(result.final_state - exact)) / np.max(H.norm(psi)) < result.stats["error_estimate"] < tol


@pytest.mark.parametrize("shape", [(48,), (28, 20)], ids=["line", "plane"])
def test_a_uniform_vector_potential_that_moves(shape):
    """Against a Runge–Kutta method; drifts are of order 8, so that without V long steps will do."""
    grid = ql.Grid(shape, [(0, 2 * np.pi)] * len(shape), twist=[0.3, 0.0][:len(shape)])
    psi = grid.from_periodic(np.exp(np.cos(grid.mesh[0]) + 0.5j * np.sin(grid.mesh[-1])))
    psi = psi / grid.norm(psi)

    def shaken(t, *q):
        return [0.5 * np.cos(3 * t), 0.3 * t + 0 * q[0]][:len(q)]

    def wave(t, *q):
        return np.cos(q[0] - t) + np.cos(q[-1])

    H = ql.Hamiltonian(grid, wave, mass=1.3, hbar=0.8, vector_potential=shaken, time_dependent=True)
    result = ql.sesolve(H, psi, [0.2, 1.4], tol=1e-8)
    late = ql.Hamiltonian(grid, lambda t, *q: wave(t + 0.2, *q), mass=1.3, hbar=0.8, time_dependent=True,
                          vector_potential=lambda t, *q: shaken(t + 0.2, *q))
    assert result.method.startswith("Gradient6") and grid.norm(result.final_state - integrated(late, psi, 1.2)) < 1e-8
    free = ql.Hamiltonian(grid, lambda t, *q: 0 * q[0], vector_potential=shaken, time_dependent=True)
    once, many = (ql.sesolve(free, psi, [0, 0.5], method=ql.Strang(dt=dt)).final_state for dt in (0.25, 0.01))
    assert grid.norm(once - many) < 1e-10


def test_a_vector_potential_that_looks_uniform_and_is_not():
    """Drifts are those of a varying A where they meet one."""
    def moving(t, x):
        return 0.5 * t * (t - 1) * (t - 0.3819660) * (t - 7.9442719) * np.sin(x)

    H = ql.Hamiltonian(RING, lambda t, x: np.cos(x), vector_potential=moving, time_dependent=True)
    result = ql.sesolve(H, START, [0, 0.9], tol=1e-6)
    assert result.method.startswith("Gradient6")
    assert RING.norm(result.final_state - integrated(H, START, 0.9)) < 1e-6 * RING.norm(START)
