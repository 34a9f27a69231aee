"""Two and three coordinates: readers, a vortex, an anharmonic plane, three coupled oscillators."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.ensembles.nodes import Accuracy, Rule, poles_run
from qlearn.ensembles.nodes.box import Box, BoxReader
from qlearn.ensembles.nodes.entire import Circle
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError
from qlearn.kernels.complex_splines import field_and_gradient
from qlearn.kernels.phases import phase_backend

BOX = Box((Circle(0.2, 5.0, 48, 0.25), Circle(-1.0, 7.0, 64)))


def wave(x, y):
    a, b = 2 * np.pi / 5 * (x - 0.2), 2 * np.pi / 7 * (y + 1)
    return np.exp(1.25j * a) * (1.5 + np.exp(2j * b)) + 0.3 * np.exp(-0.75j * a - 1j * b)


def density(grid, values):
    return GridDensity(grid, values / (values.sum() * grid.cell_volume))


def test_readers_give_the_gradient_between_points():
    q, h = np.random.default_rng(0).uniform(-10, 10, (2, 500)), 1e-6
    exact = np.stack([(wave(q[0] + h, q[1]) - wave(q[0] - h, q[1])) / 2 / h,
                      (wave(q[0], q[1] + h) - wave(q[0], q[1] - h)) / 2 / h]) / wave(*q)
    np.testing.assert_allclose(BoxReader.of(BOX, wave(*BOX.mesh))(q), exact, atol=1e-6)


@pytest.mark.parametrize("d", [2, 3])
def test_twins_agree(d):
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    rng = np.random.default_rng(d)
    box = Box(tuple(Circle(-1.0, 2.0 + a, 8 + a) for a in range(d)))
    reader, q = BoxReader.of(box, rng.normal(size=box.shape) + 1j * rng.normal(size=box.shape)), rng.uniform(-5, 5, (d, 200))
    compiled = field_and_gradient(reader.axes, reader.coefficients, q)
    with phase_backend("numpy"):
        np.testing.assert_allclose(field_and_gradient(reader.axes, reader.coefficients, q), compiled, rtol=1e-9, atol=1e-10)


@pytest.fixture(scope="module")
def plane():
    """A vortex in a rotating packet: ψ₀ ∝ (x + iy − .5) exp(−(x² + y²)/2), V = (x² + 1.69y²)/2 + x²y²/10."""
    grid = ql.Grid((48, 48), [(-6, 6)] * 2)
    x, y = grid.mesh
    psi = (x + 1j * y - 0.5) * np.exp(-(x**2 + y**2) / 2)
    system = ql.LearningSystem("x y", potential="(x**2 + 1.69*y**2)/2 + x**2*y**2/10", learning_rate=1, temperature=0.5)
    hamiltonian = ql.Hamiltonian(grid, lambda x, y: (x**2 + 1.69 * y**2) / 2 + x**2 * y**2 / 10)
    times = [0.0, 1.0]
    law = density(grid, np.abs(psi)**2)
    return system, (law, np.angle(psi)), times, ql.sesolve(hamiltonian, psi / grid.norm(psi), times, tol=1e-7, store_states=True)


def test_a_plane_with_a_vortex(plane):
    """False alarms one in a thousand; the control has no quantum potential."""
    system, start, times, psi = plane
    run = ql.simulate(system, start, times, kind="self-consistent", learners=2000, seed=3)
    assert run.stats["nodes"] == "poles" and run.positions.shape == (2, 2000, 2)
    for ensemble in (run, run.carriers):
        assert ql.compare(psi, ensemble, tests=("chi2",), level=5e-4).verdict.passed
    assert ql.fidelity(psi, run)[-1] > 0.995


def test_the_plane_without_quantum_potential_is_rejected_or_refused(plane):
    system, start, times, psi = plane
    start = density(start[0].grid, np.exp(-(start[0].grid.mesh[0] - 0.5)**2 - 2 * start[0].grid.mesh[1]**2)), None
    try:
        run = poles_run(system, start, np.array(times), 1, 3, carriers=8000, rule=Rule(quantum=False))
    except RegimeError:
        return
    assert not ql.compare(psi, run.carriers, tests=("chi2",), level=1e-4).verdict.passed


def test_three_coupled_oscillators():
    """32³ points, 2000 carriers; marginals at one in a thousand."""
    grid = ql.Grid((32, 32, 32), [(-6, 6)] * 3)
    x, y, z = grid.mesh
    system = ql.LearningSystem("x y z", potential="(x**2 + 1.3*y**2 + 1.6*z**2)/2 + x*y/4 - y*z/5", learning_rate=1,
                               temperature=0.5)
    law = density(grid, np.exp(-(x - 0.5)**2 - 1.2 * y**2 - (z + 0.4)**2))
    run = ql.simulate(system, law, [0.0, 0.8], kind="self-consistent", learners=500, seed=1)
    hamiltonian = ql.Hamiltonian(grid, lambda x, y, z: (x**2 + 1.3 * y**2 + 1.6 * z**2) / 2 + x * y / 4 - y * z / 5)
    psi = ql.sesolve(hamiltonian, np.sqrt(law.values).astype(complex), [0.0, 0.8], tol=1e-5, store_states=True)
    exact = density(grid, np.abs(psi.states[1])**2)
    estimate = np.sqrt(run.flow.density(0.8, grid)) * np.exp(1j * run.phase(grid))
    assert abs(np.vdot(estimate, psi.states[1]) * grid.cell_volume)**2 > 0.99
    for ensemble in (run, run.carriers):
        for axis in range(3):
            levels = np.sort(exact.marginal(axis).cdf(ensemble.positions[1, :, axis]))
            ranks = (np.arange(len(levels)) + 0.5) / len(levels)
            assert np.max(np.abs(levels - ranks)) * np.sqrt(len(levels)) < 2.3


def test_a_torus_with_winding_and_twist():
    """φ = 1.3x + 2y on a torus with θ = (.3, 0) and no potential: the current stays, and so does the density."""
    system = ql.LearningSystem("x y", potential="0*x", learning_rate=1, temperature=0.5, periods=["2*pi", "2*pi"],
                               theta=["3/10", "0"])
    grid = ql.Grid((16, 16), [(0, 2 * np.pi)] * 2)
    law = density(grid, np.ones(grid.shape))
    run = ql.simulate(system, (law, lambda x, y: 1.3 * x + 2 * y), [0.0, 0.5], kind="self-consistent", learners=500, seed=1)
    moved = (run.carriers.positions[1] - run.carriers.positions[0]).mean(axis=0)
    np.testing.assert_allclose(moved, [0.65, 1.0], atol=0.05)
    assert run.stats["limited_share"] == 0
    with pytest.raises(RegimeError, match="axis 0"):
        ql.simulate(system, (law, lambda x, y: x + 2 * y), [0.0, 0.5], kind="self-consistent", learners=5, seed=1)


@pytest.mark.parametrize(("change", "error", "match"), [
    ({"start": "points", "nodes": "poles"}, UnsupportedError, "known as a function"),
    ({"box": 2.0}, ArgumentError, "fall below"),
    ({"rule": Rule(reach=1.0)}, UnsupportedError, "one ring"),
], ids=["points", "box", "reach"])
def test_what_is_refused(change, error, match):
    system = ql.LearningSystem("x y", potential="(x**2 + y**2)/2", learning_rate=1, temperature=0.5)
    grid = ql.Grid((32, 32), [(-change.get("box", 6.0), change.get("box", 6.0))] * 2)
    start = np.zeros((200, 2)), np.zeros((200, 2))
    if "start" not in change:
        start = density(grid, np.exp(-grid.mesh[0]**2 - grid.mesh[1]**2)), None
    with pytest.raises(error, match=match):
        poles_run(system, start, np.array([0.0, 1.0]), 10, 0, rule=change.get("rule", Rule()))


def test_a_coarser_swarm_converges():
    """Halving the steps moves carriers by less than a tenth of what their number makes uncertain."""
    grid = ql.Grid((32, 32), [(-6, 6)] * 2)
    system = ql.LearningSystem("x y", potential="(x**2 + 2*y**2)/2", learning_rate=1, temperature=0.5)
    start = density(grid, np.exp(-(grid.mesh[0] - 0.5)**2 - grid.mesh[1]**2)), None
    runs = [poles_run(system, start, np.array([0.0, 1.0]), 1, 0, carriers=1000, accuracy=accuracy).carriers.positions[-1]
            for accuracy in (Accuracy(), Accuracy().halved())]
    assert np.median(np.abs(runs[0] - runs[1])) * np.sqrt(1000) < 0.1
