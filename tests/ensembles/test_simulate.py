"""simulate: laws, controls, reproducibility, refusals.  Each statistical test has a false-alarm rate of 1e-3 or less."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from waves import Wave, ring, squeezed

import qlearn as ql
from qlearn.compare import kuiper_distance, kuiper_p
from qlearn.densities import GridDensity
from qlearn.ensembles.langevin.guided import velocities
from qlearn.ensembles.langevin.static import static_plan
from qlearn.errors import AccuracyWarning, ArgumentError, RegimeError, UnsupportedError
from qlearn.fields import DriftScaled, GridField
from qlearn.grids import Grid

LINE = ql.LearningSystem("q", potential="q**2/2", learning_rate=1.0, temperature=0.5)
CIRCLE = ql.LearningSystem("q", potential="0.3*cos(q)", learning_rate=1.0, temperature=0.5, periods="2*pi")
TIMES = np.linspace(0, np.pi, 601)


def p_value(ensemble, density, index=-1, is_ring=False):
    q = ensemble.positions[index, :, 0]
    return float(kuiper_p(kuiper_distance(q, density, ring=is_ring), len(q)))


@pytest.fixture(scope="module")
def packet():
    wave = squeezed()
    return wave, wave.field(TIMES)


def test_guided_learners_follow_a_squeezed_packet(packet):
    wave, field = packet
    run = ql.simulate(LINE, wave.density(0.0), [0.0, TIMES[300], TIMES[-1]], kind="guided", learners=20_000, seed=1,
                      field=field)
    assert p_value(run, wave.density(TIMES[300]), 1) > 5e-4 and p_value(run, wave.density(TIMES[-1]), 2) > 5e-4
    assert run.stats["limited_share"] < 1e-3 and run.stats["field_space_error"] < 1e-6
    assert 100 < run.stats["steps"] < 1000


def test_guided_learners_on_a_ring_follow_a_winding_packet():
    wave = ring()
    run = ql.simulate(CIRCLE, wave.density(0.0), [0.0, 3.0], kind="guided", learners=20_000, seed=2,
                      field=wave.field(np.linspace(0, 3, 401)))
    assert p_value(run, wave.density(3.0), is_ring=True) > 1e-3
    assert np.ptp(run.positions[1]) > 2 * np.pi                       # unwrapped


def test_the_right_drift_with_the_wrong_temperature_is_rejected(packet):
    """Power: the variance is off by 10 % and more, 14 standard errors at 20000 learners."""
    wave, field = packet
    hotter = ql.LearningSystem("q", potential="q**2/2", learning_rate=1.0, temperature=0.625)
    run = ql.simulate(hotter, wave.density(0.0), [0.0, TIMES[-1]], kind="guided", learners=20_000, seed=1,
                      field=DriftScaled(field, 0.8), dt=0.01)
    assert p_value(run, wave.density(TIMES[-1])) < 1e-6


def test_guided_in_two_dimensions_with_a_rotating_packet():
    """A displaced coherent state that circles the origin of an isotropic oscillator keeps its shape."""
    grid = Grid((48, 48), [(-7, 7), (-7, 7)])
    x, y = grid.mesh
    times = np.linspace(0, 1.5, 151)

    def state(t):
        a, b = np.sqrt(2)**-1 * 1.2 * np.exp(-1j * t), np.sqrt(2)**-1 * 1.2j * np.exp(-1j * t)
        def one(q, alpha):
            return np.pi**-0.25 * np.exp(-q**2 / 2 + np.sqrt(2) * alpha * q - alpha**2 / 2 - abs(alpha)**2 / 2)
        return one(x, a) * one(y, b) * np.exp(-1j * t)

    def slope(t):
        return (state(t + 1e-4) - state(t - 1e-4)) / 2e-4

    field = GridField(grid, times, np.array([state(t) for t in times]), np.array([slope(t) for t in times]))
    system = ql.LearningSystem("x y", potential="(x**2 + y**2)/2", learning_rate=1.0, temperature=0.5)
    law = [GridDensity(grid, np.abs(state(t))**2) for t in (0.0, 1.5)]
    run = ql.simulate(system, law[0], [0.0, 1.5], kind="guided", learners=3000, seed=3, field=field, dt=0.02)
    means, stds = run.positions[1].mean(axis=0), run.positions[1].std(axis=0)
    centre = 1.2 * np.array([np.cos(1.5), np.sin(1.5)])
    assert np.all(np.abs(means - centre) < 3.5 * np.sqrt(0.5 / 3000))
    assert np.all(np.abs(stds / np.sqrt(0.5) - 1) < 3.5 / np.sqrt(6000))
    assert ql.compare(law[1], run, times=[1.5], tests=("chi2",)).p_values[0] > 1e-3


@pytest.mark.parametrize(("ito", "power"), [("covariant", 0.5), ("plain", 1.0)])
def test_a_static_loss_on_a_curved_ring_relaxes_to_its_law(ito, power):
    """P_s ∝ √g exp(−U/T) covariant, g exp(−U/T) plain; each rejects the other's law."""
    system = ql.LearningSystem("q", loss="cos(q)/2", metric="1 + cos(q)/2", learning_rate=1.0, temperature=0.5,
                               periods="2*pi")
    grid = Grid(64, (0, 2 * np.pi))
    q = grid.axes[0]

    def law(power):
        p = (1 + np.cos(q) / 2)**power * np.exp(-np.cos(q))
        return GridDensity(grid, p / (p.sum() * grid.cell_volume))

    run = ql.simulate(system, law(power), [0.0, 2.0], kind="static", learners=20_000, seed=4, ito=ito, dt=0.02)
    assert p_value(run, law(power), is_ring=True) > 1e-3
    assert p_value(run, law(1.5 - power), is_ring=True) < 1e-6


def test_guided_on_a_curved_ring_follows_the_scalar_field():
    """The flat ring seen through a coordinate q with s = q + .3 sin q: the law in s is the flat one."""
    wave = ring()
    times = np.linspace(0, 1, 201)
    grid = Grid(96, (0, 2 * np.pi))
    s = grid.axes[0] + 0.3 * np.sin(grid.axes[0])
    def pull(states):
        return np.array([flat_sum(wave, psi, s) for psi in states])
    field = GridField(grid, times, pull(wave.states(times)), pull(wave.slopes(times)))
    system = ql.LearningSystem("q", potential="0", metric="(1 + 3*cos(q)/10)**2", learning_rate=1.0, temperature=0.5,
                               periods="2*pi")
    start = wave.density(0.0).sample(20_000, np.random.default_rng(5))
    q0 = invert(start)
    run = ql.simulate(system, q0, [0.0, 1.0], kind="guided", learners=20_000, seed=5, field=field, dt=0.01)
    q = run.positions[1, :, 0]
    s_end = q + 0.3 * np.sin(q)
    assert kuiper_p(kuiper_distance(s_end, wave.density(1.0)), 20_000) > 1e-3
    assert kuiper_p(kuiper_distance(q, wave.density(1.0)), 20_000) < 1e-6


def flat_sum(wave, psi, s):
    coefficients = np.fft.fft(psi) / len(psi)
    return np.exp(1j * np.multiply.outer(s, wave.grid.wavenumbers[0])) @ coefficients


def invert(s):
    q = s.copy()
    for _ in range(60):
        q = s - 0.3 * np.sin(q)
    return q


def test_the_same_bits_for_any_executor():
    wave = ring()
    run = partial(ql.simulate, CIRCLE, wave.density(0.0), [0.0, 0.05, 0.1], kind="guided", learners=40_000, seed=9,
                  field=wave.field(np.linspace(0, 0.1, 11)), dt=0.02)
    alone = run().positions
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        assert np.array_equal(alone, run(executor=threads).positions)
        assert np.array_equal(alone, run(executor=processes).positions)
    assert not np.array_equal(alone, ql.simulate(CIRCLE, wave.density(0.0), [0.0, 0.05, 0.1], kind="guided", seed=10,
                                                 learners=40_000, field=wave.field(np.linspace(0, 0.1, 11)),
                                                 dt=0.02).positions)


def test_a_real_wave_has_its_steps_cut_near_nodes_as_a_complex_one():
    """cos q as real and as complex numbers: the same learners."""
    one, other = (ql.simulate(CIRCLE, 0.3, [0.0, 0.5], kind="guided", learners=500, seed=3, dt=0.05,
                              field=lambda t, q, c=c: (c * np.cos(q), -c * np.sin(q)[None])) for c in (1.0, 1.0 + 0j))
    assert one.stats["substep_share"] > 0 and np.array_equal(one.positions, other.positions)


@pytest.mark.parametrize(("loss", "start", "low", "high"), [
    ("q**2/2", 5.0, 0.0199, 0.0201), ("q**4/4", 0.0, 1e-3, 1e-2), ("abs(q)", 0.1, 1e-4, 1e-2), ("q - log(q)", 0.5, 1e-4, 5e-3),
    ("cos(q)", np.pi / 2, 0.015, 0.021)], ids=["harmonic", "flat where it starts", "kink", "ends", "wave"])
def test_the_default_step_of_a_static_loss_knows_what_is_around_the_start(loss, start, low, high):
    system = ql.LearningSystem("q", loss=loss, learning_rate=1.0, temperature=0.5)
    plan = static_plan(system, None, start, "covariant")
    assert low < plan.step(np.array([[start]])) < high


def test_learners_from_a_flat_place_reach_the_quartic_law():
    """⟨q²⟩ = √2 Γ(¾)/Γ(¼) within four standard deviations, false alarms 6e-5."""
    system = ql.LearningSystem("q", loss="q**4/4", learning_rate=1.0, temperature=0.5)
    run = ql.simulate(system, 0.0, [0.0, 8.0], kind="static", learners=20_000, seed=12)
    square = run.positions[1, :, 0]**2
    assert abs(square.mean() - 0.477989) < 4 * square.std() / np.sqrt(20_000) and run.stats["limited_share"] == 0


def test_a_callable_that_processes_cannot_have_is_refused_in_words():
    with ProcessPoolExecutor(1) as pool, pytest.raises(ArgumentError, match="executor of processes needs callables"):
        guided(field=lambda t, q: (np.exp(1j * q), 1j * np.exp(1j * q)[None]), dt=0.1, executor=pool)


def test_static_learners_run_in_processes_too():
    system = ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5)
    run = partial(ql.simulate, system, 1.0, [0.0, 0.2], kind="static", learners=20_000, seed=0)
    with ProcessPoolExecutor(2) as processes:
        assert np.array_equal(run().positions, run(executor=processes).positions)


def test_a_step_too_coarse_for_the_nodes_is_limited_and_fails_the_verdict():
    """ψ ∝ φ₀ + φ₁e^{−it} has a node at t = 0 and π that moves through; dt = .75 is too long there, however short the substeps."""
    grid = Grid(96, (-9, 9))
    x = grid.axes[0]
    wave = Wave(grid, x**2 / 2, (1 + np.sqrt(2) * x) * np.exp(-x**2 / 2))
    times = np.linspace(0, 6, 601)
    with pytest.warns(AccuracyWarning, match="drift of learners was limited") as caught:
        run = ql.simulate(LINE, wave.density(0.0), [0.0, 6.0], kind="guided", learners=500, seed=0, field=wave.field(times),
                          dt=0.75)
    assert [one.filename for one in caught] == [__file__]
    assert run.stats["limited_share"] > 1e-3 and run.stats["substep_share"] > 0.01
    assert np.max(np.abs(run.positions)) < 9
    comparison = ql.compare(wave.density(6.0), run, tests=("kuiper",))
    assert not comparison.verdict.passed and comparison.stats["limited_share"] == run.stats["limited_share"]


def test_velocities_of_a_plane_wave_and_of_a_ground_state():
    v, u = velocities(ring().field(np.linspace(0, 0.1, 11)), 1.0, 0.0, np.linspace(0, 6, 13))
    q = np.linspace(0, 6, 13)
    assert np.allclose(v[0], 1.0, atol=1e-5)                                    # phase q: v = ħ/m
    assert np.allclose(u[0], -0.25 * np.sin(q) / (1 + 0.5 * np.cos(q)), atol=1e-5)      # D ∂ln ρ


def test_a_field_stored_too_rarely_is_warned_of():
    wave = squeezed()
    with pytest.warns(AccuracyWarning, match="Store more times"):
        ql.simulate(LINE, wave.density(0.0), [0.0, 0.1], kind="guided", learners=10, seed=0, dt=0.05,
                    field=wave.field(np.linspace(0, np.pi, 6)))


def guided(system=LINE, start=0.0, tlist=(0.0, 0.1), **changes):
    settings = {"kind": "guided", "learners": 5, "seed": 0, "field": squeezed().field(np.linspace(0, 1, 101))} | changes
    return ql.simulate(system, start, tlist, **settings)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda: guided(kind="self-consistent"), ArgumentError, "'guided' only"),
    (lambda: guided(kind="nonsense"), ArgumentError, "'guided', 'static'"),
    (lambda: guided(start=None), ArgumentError, "start must be given"),
    (lambda: guided(start=np.zeros(4)), ArgumentError, "start must be a density"),
    (lambda: guided(tlist=[0.0, 2.0]), ArgumentError, "field's times"),
    (lambda: guided(tlist=[1.0, 0.5]), ArgumentError, "increasing"),
    (lambda: guided(field=lambda t, q: (1 + 0j * q, q[None] + 0j)), ArgumentError, "dt must be given"),
    (lambda: guided(field=3), ArgumentError, "Result or a callable"),
    (lambda: guided(field=lambda t, q: np.exp(1j * q), dt=0.1), ArgumentError, "tuple"),
    (lambda: guided(field=lambda t, q: (1j * q, 1j * q), dt=0.1), ArgumentError, "grad_psi of field must have shape"),
    (lambda: guided(field=lambda t, q: (1.0 + 0j, np.zeros((1, 1))), dt=0.1), ArgumentError, "psi of field must have shape"),
    (lambda: guided(field=lambda t, q: (np.nan * q, q[None]), dt=0.1), ArgumentError, "finite numbers only"),
    (lambda: guided(field=lambda t, q: (0 * q, 0 * q[None]), dt=0.1), ArgumentError, "must not vanish everywhere"),
    (lambda: guided(field=lambda t, q: (np.exp(1j * q) if t < 0.05 else np.nan * q, 1j * np.exp(1j * q)[None]), dt=0.02),
     ArgumentError, "infinite positions at t = 0.1"),
    (lambda: guided(start=GridDensity(Grid((8, 8), [(0, 1)] * 2), np.ones((8, 8)))), ArgumentError, "density of 1 coord"),
    (lambda: guided(system=CIRCLE), ArgumentError, "one period"),
    (lambda: guided(system=ql.LearningSystem("q", loss="q**2", learning_rate=1, temperature=1)), ArgumentError,
     "must have a potential"),
    (lambda: guided(kind="static", field=None), ArgumentError, "must have a static loss"),
    (lambda: guided(kind="static", system=ql.LearningSystem("q", loss="q**2", learning_rate=1, temperature=1)),
     ArgumentError, "kind='guided' only"),
    (lambda: guided(system=ql.LearningSystem("q", potential="q**2/2", learning_rate=1, temperature="1/2",
                                             shift_quantum="pi")), RegimeError, "4πT"),
    (lambda: guided(system=ql.LearningSystem("q", potential="q**2/2", learning_rate=1, temperature="1/(2 + t)")),
     RegimeError, "depends on t"),
    (lambda: guided(system=ql.LearningSystem("q", potential="q**2/2", learning_rate=1, temperature="1/2", alpha=0,
                                             covariance="1 + q**2")), RegimeError, "no one temperature"),
    (lambda: guided(dt=0), ArgumentError, "dt"),
    (lambda: guided(learners=0), ArgumentError, "learners"),
    (lambda: guided(ito="stratonovich"), ArgumentError, "'covariant', 'plain'"),
], ids=["self-consistent", "kind", "no start", "start shape", "beyond the field", "order", "callable without dt",
        "no field", "no tuple", "gradient's shape", "psi's shape", "NaN", "zero", "NaN later", "density's axes",
        "another period", "loss", "potential", "field of static", "shift quantum", "annealed", "alpha",
        "dt", "learners", "ito"])
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_solved_wave_on_a_metric_guides_learners_to_its_half_density():
    """Result.field is the scalar ψ, Result.density is |half-density|² with respect to dq; start=None draws from it."""
    grid = Grid(64, (0, 2 * np.pi))
    h = ql.Hamiltonian(grid, lambda q: 0.3 * np.cos(q), metric=lambda q: (1 + 0.3 * np.cos(q))**2)
    psi0 = np.exp(np.cos(grid.axes[0] - 1) + 1j * grid.axes[0])
    result = ql.sesolve(h, psi0 / grid.norm(psi0), np.linspace(0, 1, 101))
    settings = {"potential": "0.3*cos(q)", "learning_rate": 1.0, "temperature": 0.5, "periods": "2*pi"}
    system = ql.LearningSystem("q", metric="(1 + 3*cos(q)/10)**2", **settings)
    run = ql.simulate(system, None, [0.0, 0.5, 1.0], kind="guided", learners=8000, seed=6, field=result, dt=0.02)
    comparison = ql.compare(result, run, tests=("kuiper",), level=1e-3)
    assert comparison.verdict.passed, comparison
    with pytest.raises(ArgumentError, match="metric of the system"):
        ql.simulate(ql.LearningSystem("q", **settings), None, [0.0, 1.0], kind="guided", learners=5, seed=0, field=result)


@pytest.mark.parametrize(("options", "message"), [
    ({"vector_potential": 0.5}, "twist"), ({"vector_potential": lambda q: 0.1 * np.sin(q)}, "vector potential"),
    ({"absorber": lambda q: 0.1 * (1 + np.cos(q))}, "loss"), ({"potential": lambda q: np.cos(q) - 0.1j}, "loss"),
    ({"imaginary_time": True}, "imaginary time")], ids=["constant A", "A", "absorber", "complex V", "imaginary time"])
def test_a_wave_that_the_drift_does_not_follow_is_refused(options, message):
    solve = {"imaginary_time": options.pop("imaginary_time", False)}
    grid = Grid(32, (0, 2 * np.pi))
    H = ql.Hamiltonian(grid, options.pop("potential", np.cos), **options)
    result = ql.sesolve(H, ql.gaussian(grid, center=3.0, width=0.8), np.linspace(0, 0.1, 5), tol=1e-4, **solve)
    with pytest.raises(UnsupportedError, match=message):
        ql.simulate(CIRCLE, None, [0, 0.1], kind="guided", learners=10, seed=1, field=result)


def test_a_vector_potential_of_zero_and_a_twist_in_its_place_guide_learners():
    for twist, A in ((0.0, lambda q: 0 * q), (0.3, None)):
        grid = Grid(32, (0, 2 * np.pi), twist=twist)
        result = ql.sesolve(ql.Hamiltonian(grid, np.cos, vector_potential=A), ql.gaussian(grid, center=3.0, width=0.8),
                            np.linspace(0, 0.1, 5), tol=1e-4)
        assert ql.simulate(CIRCLE, None, [0, 0.1], kind="guided", learners=10, seed=1, field=result).learners == 10


def torus_metric(x, y):
    return [[1 + 0.5 * np.cos(x), 0.2 * np.sin(y)], [0.2 * np.sin(y), 1.2 + 0.5 * np.sin(y - x)]]


def score(result, learners):
    """z of E[cos x] at the last time."""
    law, values = result.density(), np.cos(learners.positions[-1, :, 0])
    wanted = np.sum(law.values * np.cos(law.grid.mesh[0])) * law.grid.cell_volume
    return (values.mean() - wanted) / values.std() * np.sqrt(values.size)


def test_a_solved_wave_on_a_curved_torus_guides_learners_and_plain_updates_miss_it():
    """χ² in cells, false alarm 1e-3, and E[cos x], 1e-4; streamed counts are those of the positions."""
    grid = Grid((36, 36), [(0, 2 * np.pi)] * 2)
    x, y = grid.mesh
    H = ql.Hamiltonian(grid, 0.0, metric=torus_metric)
    psi0 = np.exp(0.3 * np.cos(x - 1) + 0.3 * np.cos(y - 2) + 1j * (x - y)) * H.root_metric
    result = ql.sesolve(H, psi0 / grid.norm(psi0), np.linspace(0, 1, 41), tol=2e-6, method=ql.Lanczos())
    system = ql.LearningSystem("x y", potential="0", learning_rate=1.0, temperature=0.5, periods=["2*pi", "2*pi"], metric=[
        ["1 + 0.5*cos(x)", "0.2*sin(y)"], ["0.2*sin(y)", "1.2 + 0.5*sin(y - x)"]])
    run = partial(ql.simulate, system, None, tlist=[0.0, 1.0], kind="guided", field=result, learners=10_000, seed=8,
                  dt=0.04)
    learners = run()
    assert ql.compare(result, learners, tests=("chi2",)).p_values[0] > 1e-3
    assert abs(score(result, learners)) < 3.9 and abs(score(result, run(ito="plain"))) > 5
    cells = Grid((6, 6), grid.bounds)
    streamed, kept = (run(learners=500, tlist=[0.0, 0.06], store=store).histograms(cells) for store in (cells, None))
    assert np.array_equal(streamed, kept)
    assert 0.002 < run(learners=20, dt=None, tlist=[0.0, 0.02]).stats["dt"] < 0.02


def test_a_wave_on_a_metric_of_two_dimensions_that_is_not_the_systems_is_refused():
    grid = Grid((16, 16), [(0, 2 * np.pi)] * 2)
    H = ql.Hamiltonian(grid, 0.0, metric=lambda x, y: [[1.2, 0], [0, 1 + 0.1 * np.cos(x)]])
    result = ql.sesolve(H, ql.plane_wave(grid, 0) * H.root_metric / H.norm(ql.plane_wave(grid, 0) * H.root_metric),
                        np.linspace(0, 0.1, 5))
    flat = ql.LearningSystem("x y", potential="cos(x)", learning_rate=1.0, temperature=0.5, periods=["2*pi", "2*pi"])
    with pytest.raises(ArgumentError, match="metric of the system"):
        ql.simulate(flat, None, [0, 0.1], kind="guided", learners=10, seed=1, field=result)


@pytest.mark.parametrize(("loss", "dt"), [("exp(40*q) + q**2", None), ("cosh(30*q)", None), ("q**2", 1e-30)])
def test_more_steps_than_anyone_can_wait_for_are_refused(loss, dt):
    """The default dt follows the fastest rate at the start, 1e17 and more here: counts beyond 2⁶³ once came out negative."""
    steep = ql.LearningSystem("q", loss=loss, learning_rate=1.0, temperature=0.5)
    with pytest.raises(ArgumentError, match=r"a run of more than an hour; given None|into at most 1e\+09 steps; given"):
        ql.simulate(steep, 1.0, [0.0, 1.0], kind="static", learners=10, seed=0, dt=dt)
