"""Geodesics, frames and weak order on curved surfaces: bias without sampling noise, by quadrature over the kicks."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.ensembles.langevin.langevin import heun_step
from qlearn.ensembles.langevin.plan import space_of
from qlearn.ensembles.langevin.spaces import CurvedSpace, Sphere
from qlearn.ensembles.langevin.static import static_plan
from qlearn.errors import ArgumentError

X = 2 * np.pi * np.arange(21) / 21              # odd: every mode of the operators below has a sign
MODES = np.fft.fftfreq(21, 1 / 21)
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(8)
KICKS = np.stack([axis.ravel() for axis in np.meshgrid(NODES, NODES, indexing="ij")])
WEIGHTS = np.multiply.outer(WEIGHTS, WEIGHTS).ravel() / WEIGHTS.sum()**2
MESH = np.stack([axis.ravel() for axis in np.meshgrid(X, X, indexing="ij")])

SURFACE = ql.LearningSystem("x y", loss="0.4*cos(x) + 0.3*sin(y) + 0.2*cos(x - y)", learning_rate=1, temperature=0.3,
                            metric=[["1 + 0.4*cos(y)", "0.25*sin(x)"], ["0.25*sin(x)", "1.2 + 0.5*sin(x)*cos(y)"]],
                            periods=["2*pi", "2*pi"])
UNEVEN = ql.LearningSystem("x y", loss="0.4*cos(x) + 0.3*sin(y) + 0.2*cos(x - y)", learning_rate=1, temperature=0.3,
                           covariance=["1 + 0.4*cos(x + y)", "1.2 + 0.5*sin(y)"], alpha=0, periods=["2*pi", "2*pi"])


class Unbent:
    """A space without the Ricci factor: a control."""

    def __init__(self, space):
        self.frame, self.along, self.components, self.predict, self.move = (
            space.frame, space.along, space.components, space.predict, space.move)

    def bend(self, q, frame, spread, u):
        return u


def bias(system, ito, steps, law, *, bend=True):
    """How far E[f] moves from its value in the law (with respect to dq) in a time 1, for three harmonics together."""
    plan = static_plan(system, None, np.zeros((2, 1)), ito)
    f = np.sin(MESH[0]) + 0.5 * np.cos(MESH[1]) + 0.3 * np.cos(MESH[0] + 2 * MESH[1])
    u, h = f.copy(), 1 / steps
    q = np.repeat(MESH, KICKS.shape[1], axis=1)
    kick = np.sqrt(2 * plan.diffusion * h) * np.tile(KICKS, (1, MESH.shape[1]))
    landed = heun_step(plan.drift, plan.space if bend else Unbent(plan.space), plan.diffusion, 0.0, h, q, kick, np.inf)[0]
    waves = [np.exp(1j * np.multiply.outer(axis, MODES)) for axis in landed]
    for _ in range(steps):
        modes = np.fft.fft2(u.reshape(X.size, X.size)) / X.size**2
        u = np.einsum("nk,nk->n", waves[0] @ modes, waves[1]).real.reshape(MESH.shape[1], -1) @ WEIGHTS
    return law @ (u - f)


def equilibrium():
    """√g exp(−U/T)."""
    g = np.moveaxis(SURFACE.metric_function()(*MESH), -1, 0)
    p = np.sqrt(np.linalg.det(g)) * np.exp(-SURFACE.loss_function()(*MESH) / 0.3)
    return p / p.sum()


def test_on_a_curved_surface_the_law_is_right_and_the_weak_order_is_two():
    errors = np.array([bias(SURFACE, "covariant", steps, equilibrium()) for steps in (8, 16, 32, 64)])
    slopes = -np.diff(np.log2(np.abs(errors)))
    assert np.all(np.abs(slopes - 2) < 0.12), (errors, slopes)
    assert abs(errors[-1]) < 1e-6


def test_without_the_ricci_factor_the_order_is_one():
    errors = np.array([bias(SURFACE, "covariant", steps, equilibrium(), bend=False) for steps in (16, 32, 64)])
    assert np.all(-np.diff(np.log2(np.abs(errors))) < 1.1) and abs(errors[-1]) > 3e-6


def test_plain_updates_leave_the_covariant_equilibrium():
    assert abs(bias(SURFACE, "plain", 32, equilibrium())) > 1e-2


def stationary(system, ito):
    """The stationary law of ∂_tP = −∂_μ(b^μP) + ∂_μ∂_ν(D^{μν}P) by a Fourier operator, with D = T κ and b for α = 0."""
    x, y = MESH
    n = X.size
    line = np.fft.ifft(1j * MODES[:, None] * np.fft.fft(np.eye(n), axis=0), axis=0).real
    along = (np.kron(line, np.eye(n)), np.kron(np.eye(n), line))
    diffusion = (0.3 * (1 + 0.4 * np.cos(x + y)), 0.3 * (1.2 + 0.5 * np.sin(y)))
    slope = system.loss_gradient_function()(*MESH)
    operator = np.zeros((n * n, n * n))
    for a in range(2):
        operator += along[a] * slope[a]
        if ito == "covariant":
            operator += along[a] @ (diffusion[a][:, None] * along[a])
        else:
            operator += along[a] @ (along[a] * diffusion[a])
    values, vectors = np.linalg.eig(operator)
    p = vectors[:, np.argmin(np.abs(values))].real
    return p / p.sum()


@pytest.mark.parametrize("ito", ["covariant", "plain"])
def test_noise_that_is_not_covariant_has_the_stationary_law_of_its_fokker_planck_equation(ito):
    """α = 0: flat metric, D ∝ κ(q).  Each convention's law is right to order 2 and rejects the other's."""
    other = {"covariant": "plain", "plain": "covariant"}[ito]
    errors = np.array([bias(UNEVEN, ito, steps, stationary(UNEVEN, ito)) for steps in (16, 32)])
    assert np.all(np.abs(errors) < 2e-4) and np.log2(abs(errors[0] / errors[1])) > 1.5, errors
    assert abs(bias(UNEVEN, ito, 16, stationary(UNEVEN, other))) > 2e-3


SPHERE = ql.LearningSystem("theta phi", loss="0", learning_rate=1, temperature=0.5, metric=["4", "4*sin(theta)**2"],
                           periods=[None, "2*pi"])
RANDOM = np.random.default_rng(0)


def great_circles():
    geometry = SPHERE.noise_geometry()
    exact, general = space_of(geometry), CurvedSpace(geometry.metric, geometry.christoffel, geometry.ricci)
    assert isinstance(exact, Sphere) and exact.radius == 2
    q = np.stack([RANDOM.uniform(0.8, 2.3, 200), RANDOM.uniform(0, 6, 200)])
    return exact, general, q, RANDOM.standard_normal((2, 200))


def test_geodesics_and_frames_of_the_general_space_are_great_circles_to_their_order():
    exact, general, q, u = great_circles()
    frame = exact.frame(q)
    assert np.allclose(frame, general.frame(q)) and np.allclose(exact.bend(q, frame, 0.3, u), general.bend(q, frame, 0.3, u))
    moves, turns = [], []
    for size in (0.4, 0.2, 0.1):
        moves.append(np.max(np.abs(exact.move(q, frame, size * u) - general.move(q, frame, size * u))))
        turns.append(np.max(np.abs(exact.predict(q, frame, size * u)[1] - general.predict(q, frame, size * u)[1])))
    assert np.log2(moves[1] / moves[2]) > 4.3 and np.log2(turns[1] / turns[2]) > 2.5, (moves, turns)


def test_frames_stay_orthonormal_and_great_circles_pass_the_poles():
    exact, _, q, u = great_circles()
    moved, frame = exact.predict(q, exact.frame(q), 2 * u)
    g = np.moveaxis(SPHERE.noise_geometry().metric(*moved), -1, 0)
    inner = np.einsum("man,nmk,kbn->nab", frame, g, frame)
    assert np.allclose(inner, np.eye(2), atol=1e-10)
    over = exact.move(np.array([[0.1], [0.3]]), exact.frame(np.array([[0.1], [0.3]])), np.array([[-0.4], [0.0]]))
    assert np.allclose(over[:, 0], [0.1, 0.3 + np.pi])


def test_brownian_motion_on_a_sphere_loses_its_first_harmonic_at_the_right_rate():
    """E[cos θ] = exp(−2Dt/R²) from the pole's neighbourhood; false alarm 1e-4."""
    run = ql.simulate(SPHERE, [0.05, 0.0], [0.0, 2.0], kind="static", learners=20_000, seed=3, dt=0.1)
    z = np.cos(run.positions[1, :, 0])
    wanted = np.cos(0.05) * np.exp(-2 * 0.5 * 2.0 / 4)
    assert abs(z.mean() - wanted) < 3.9 * z.std() / np.sqrt(z.size)


def test_learners_may_start_on_a_pole():
    """Brownian motion from θ = 0 and π on a unit sphere: E cos θ = ± e^{−2Dt}; false alarms one in 1e5 runs."""
    system = ql.LearningSystem("theta phi", loss="0*theta", learning_rate=1, temperature=0.5, metric=["1", "sin(theta)**2"],
                               periods=[None, "2*pi"])
    for theta, sign in ((0.0, 1), (np.pi, -1)):
        run = ql.simulate(system, [theta, 0.0], [0.0, 0.5], kind="static", learners=5000, seed=2, dt=0.1)
        height = sign * np.cos(run.positions[1, :, 0])
        assert abs(height.mean() - np.exp(-0.5)) < 4.5 * height.std() / np.sqrt(5000)


def test_coordinates_that_degenerate_are_refused_where_a_learner_gets_there():
    polar = ql.LearningSystem("r phi", loss="0", learning_rate=1, temperature=0.5, metric=["1", "r**2"], periods=[None, "2*pi"])
    with pytest.raises(ArgumentError, match="coordinates degenerate"):
        ql.simulate(polar, [0.3, 0.0], [0.0, 1.0], kind="static", learners=500, seed=0, dt=0.05)


def test_a_metric_that_is_not_positive_where_a_learner_goes_is_refused():
    space = CurvedSpace(lambda x, y: np.array([[x, 0 * x], [0 * x, 1 + 0 * x]]), lambda q: [], lambda q: [])
    with pytest.raises(ArgumentError, match="positive definite wherever learners go"):
        space.frame(np.array([[0.1, -0.1], [0.0, 0.0]]))


UNIT = ql.LearningSystem("theta phi", potential="0", learning_rate=1, temperature=0.5, metric=["1", "sin(theta)**2"],
                         periods=[None, "2*pi"])


def test_guided_by_a_callable_on_a_sphere():
    """ψ = 1 + ½ cos θ e^{−it} (ħ = m = R = 1): E[cos θ] = (cos t/3)/(1 + 1/12); false alarm 1e-4."""
    def wave(t, theta, phi):
        turn = 0.5 * np.exp(-1j * t)
        return 1 + turn * np.cos(theta), np.stack([-turn * np.sin(theta), 0j * phi])

    rng = np.random.default_rng(11)
    theta = np.arccos(rng.uniform(-1, 1, 40_000))
    theta = theta[rng.uniform(0, 2.25, theta.size) < (1 + 0.5 * np.cos(theta))**2][:10_000]
    q = np.stack([theta, rng.uniform(0, 2 * np.pi, theta.size)], axis=1)
    run = ql.simulate(UNIT, q, [0.0, 1.5], kind="guided", learners=len(q), seed=2, field=wave, dt=0.05)
    z, first = np.cos(run.positions[1, :, 0]), np.cos(theta)
    assert abs(first.mean() - 4 / 13) < 3.9 * first.std() / np.sqrt(len(q))
    assert abs(z.mean() - np.cos(1.5) * 4 / 13) < 3.9 * z.std() / np.sqrt(len(q))
