"""Methods that choose their own steps: the true error stays below tol, whatever the units, save times and twists."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError
from qlearn.exact import DrivenOscillator
from qlearn.methods import called, fused, plain, probed


def double_well(n=256, twist=0.0):
    grid = ql.Grid(n, (-8, 8), twist=twist)
    H = ql.Hamiltonian(grid, lambda x: 6 * np.cos(np.pi * x / 4) + 2 * np.sin(np.pi * x / 8) ** 3)
    return H, ql.gaussian(grid, center=-2.0, width=0.5, momentum=2.0)


@pytest.mark.parametrize("twist", [0.0, 0.3])
@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-9, 1e-11])
def test_the_true_error_of_rkn6_is_below_tol_and_not_far_below(tol, twist):
    H, psi0 = double_well(128, twist)
    exact = ql.sesolve(H, psi0, [0, 6.0], method=ql.Dense()).final_state
    result = ql.sesolve(H, psi0, [0, 6.0], method=ql.RKN6(), tol=tol)
    error = H.grid.norm(result.final_state - exact)
    assert 1e-3 * tol < error < tol
    assert 0.3 * error < result.stats["error_estimate"] < tol


@pytest.mark.parametrize("tol", [1e-2, 1e-4])
def test_the_true_error_of_strang_is_below_tol(tol):
    H, psi0 = double_well(128)
    exact = ql.sesolve(H, psi0, [0, 3.0], method=ql.Dense()).final_state
    result = ql.sesolve(H, psi0, [0, 3.0], method=ql.Strang(), tol=tol)
    assert 1e-3 * tol < H.grid.norm(result.final_state - exact) < tol


@given(seed=st.integers(0, 2**32 - 1), tol=st.sampled_from([1e-4, 1e-7, 1e-10]), backwards=st.booleans(),
       twist=st.floats(-0.5, 0.5))
@settings(max_examples=12, deadline=None)
def test_default_runs_of_random_smooth_problems_keep_their_tolerance(seed, tol, backwards, twist):
    rng = np.random.default_rng(seed)
    hbar, mass, scale = rng.uniform(0.3, 2), 10 ** rng.uniform(-2, 2), 10 ** rng.uniform(-3, 3)
    unit = hbar**2 / mass / scale**2  # the energy of a wave of length ~scale
    grid = ql.Grid(72, (0, 2 * np.pi * scale), twist=twist)
    a, b = rng.uniform(-8, 8, 4) * unit, rng.uniform(0, 2 * np.pi, 4)
    H = ql.Hamiltonian(grid, lambda x: sum(a[j] * np.cos(j * x / scale + b[j]) for j in range(4)), mass=mass, hbar=hbar)
    psi0 = ql.gaussian(grid, center=rng.uniform(0, 6) * scale, width=0.5 * scale, momentum=rng.uniform(-3, 3) * hbar / scale,
                       hbar=hbar)
    end = rng.uniform(0.5, 8) * hbar / unit * (-1 if backwards else 1)
    exact = ql.sesolve(H, psi0, [0, end], method=ql.Dense(), tol=1e-9).final_state
    for method in (None, ql.RKN6(), ql.Chebyshev()):
        result = ql.sesolve(H, psi0, np.linspace(0, end, rng.integers(2, 9)), method=method, tol=tol)
        assert grid.norm(result.final_state - exact) < tol, result.method


RING = ql.Grid(64, (0, 2 * np.pi))
TURNS = np.exp(2 * np.cos(RING.axes[0] - 2) + 1j * RING.axes[0])
TURNS /= RING.norm(TURNS)


@pytest.mark.parametrize("end", [0.9, 1.1, 1.7, 2.7])
@pytest.mark.parametrize("tol", [1e-13, 1e-14])
def test_a_tolerance_near_rounding_comes_to_an_end(tol, end, monkeypatch):
    """The last step cannot be measured with a longer one, and its error not be seen."""
    H = ql.Hamiltonian(RING, lambda x: 2 * np.cos(x - 1))
    looks, look = [], probed.ProbedSteps._measured
    monkeypatch.setattr(probed.ProbedSteps, "_measured", lambda *given: looks.append(1) or _not_forever(looks) or look(*given))
    for method in (ql.BM6(), ql.RKN6()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AccuracyWarning)
            result = ql.sesolve(H, TURNS, [0, end], method=method, tol=tol)
        assert RING.norm(result.final_state - ql.sesolve(H, TURNS, [0, end], method=ql.Dense()).final_state) < 1e-12


def _not_forever(looks):
    if len(looks) > 2000:
        raise RuntimeError("no end")


GAIN = {"gain": lambda x: 2 * np.cos(x) + 1j * (1 + np.cos(x - 1)) - 0.1j,
        "large gain": lambda x: 2 * np.cos(x) + 2.5j * (1 + np.cos(x - 1)) - 0.1j,
        "channels": lambda x: [[2 * np.cos(x) - 0.4j, 0.6 * np.cos(x)], [0.6 * np.cos(x), np.sin(x) + 0.8j]]}
METHODS = [None, ql.Lanczos(), ql.Magnus4(), ql.BM6(), ql.Chin4(), ql.RKN6(), ql.Gradient6(), ql.ProcessedGradient6()]
GROWING = [(name, method) for name in GAIN for method in (METHODS[:4] if name == "channels" else METHODS)]


@pytest.mark.parametrize(("name", "method"), GROWING,
                         ids=[f"{name}, {method.name if method else 'default'}" for name, method in GROWING])
@pytest.mark.parametrize("tol", [1e-4, 1e-7])
def test_what_grows_keeps_its_tolerance(name, method, tol):
    """What was erred before grows too, here up to 18 000 times, and ψ with it."""
    H = ql.Hamiltonian(RING, GAIN[name])
    psi0 = TURNS if H.channels is None else np.stack([TURNS, 0.5j * TURNS]) / 1.25**0.5
    exact = ql.sesolve(H, psi0, [0, 2.0], method=ql.Dense()).final_state
    result = ql.sesolve(H, psi0, [0, 2.0], method=method, tol=tol)
    assert float(H.norm(result.final_state - exact)) < min(tol, 1.2 * result.stats["error_estimate"])


def test_what_grows_backwards_and_in_a_driven_gain_keeps_its_tolerance():
    loss = ql.Hamiltonian(RING, lambda x: 2 * np.cos(x) - 1j * (1 + np.cos(x - 1)))
    exact = ql.sesolve(loss, TURNS, [0, -2.0], method=ql.Dense()).final_state
    assert RING.norm(exact) > 10
    for method in (None, ql.Lanczos(), ql.BM6()):
        assert RING.norm(ql.sesolve(loss, TURNS, [0, -2.0], method=method, tol=1e-7).final_state - exact) < 1e-7
    pulse = ql.Hamiltonian(RING, lambda t, x: np.cos(x) + 2j * np.exp(-((t - 1) ** 2)) * (1 + np.cos(x)), time_dependent=True)
    fine = ql.sesolve(pulse, TURNS, [0, 2.5], tol=1e-9, method=ql.Magnus4()).final_state
    assert RING.norm(fine) > 20
    for method in (None, ql.Magnus4(), ql.BM6()):
        assert RING.norm(ql.sesolve(pulse, TURNS, [0, 2.5], method=method, tol=1e-6).final_state - fine) < 1e-6


def test_a_gain_by_the_density_that_never_ends_is_stopped_with_words():
    """iħ∂ψ = iKn²ψ at one point: n = n0/√(1 − 4Kn0²t), up to t = 1/4Kn0²."""
    H = ql.Hamiltonian(RING, 0.0, nonlinearity=lambda n: 0.4j * n**2)
    flat = np.ones(64, complex)
    found = ql.sesolve(H, flat, [0, 0.62], tol=1e-9).final_state
    assert np.allclose(np.abs(found) ** 2, (1 - 1.6 * 0.62) ** -0.5, rtol=1e-8)
    with pytest.raises(ArgumentError, match=r"tlist must end before ψ grows without bound.* t = 0\.62"):
        ql.sesolve(H, flat, [0, 1.0], tol=1e-6)


def test_units_of_a_learner_ring():
    """m = 1/γ ~ 100, thousands of time units: nothing assumes O(1)."""
    temperature, gamma = 0.002, 0.01
    length = 6.9
    grid = ql.Grid(96, (0, length))
    H = ql.Hamiltonian(grid, lambda s: 0.5 * gamma * temperature * np.cos(2 * np.pi * s / length), mass=1 / gamma,
                       hbar=2 * temperature)
    psi0 = ql.gaussian(grid, center=2.0, width=0.5, hbar=2 * temperature)
    times = np.linspace(0, 60000.0, 5)
    exact = ql.sesolve(H, psi0, times, method=ql.Dense()).final_state
    for method in (None, ql.RKN6(), ql.Chebyshev()):
        result = ql.sesolve(H, psi0, times, method=method, tol=1e-9)
        assert grid.norm(result.final_state - exact) < 1e-9


def test_driven_potential_keeps_its_tolerance():
    problem = DrivenOscillator(center=0.5, width=0.6, omega=1.1, force=0.8, drive=2.3, momentum=-0.4)
    grid = ql.Grid(96, (-9, 9))
    H, x = problem.hamiltonian(grid), grid.axes[0]
    for tol in (1e-5, 1e-9):
        result = ql.sesolve(H, problem.state(x, 0), [0, 1.0, 4.0], tol=tol)
        assert grid.norm(result.final_state - problem.state(x, 4.0)) < tol
        assert "V depends on t" in result.method


def test_many_save_times_are_hit_and_share_their_phase_tables(monkeypatch):
    H, psi0 = double_well(128)
    made = []

    def counted(compute):
        return lambda *given: made.append(given[-1]) or compute(*given)

    for loop, name in ((fused.FusedSteps, "_made"), (called.CalledSteps, "_made"), (plain.PlainSteps, "_made")):
        monkeypatch.setattr(loop, name, counted(getattr(loop, name)))
    times = np.linspace(0, 3, 301)
    result = ql.sesolve(H, psi0, times, method=ql.RKN6(), tol=1e-6)
    exact = ql.sesolve(H, psi0, times, method=ql.Dense())
    assert np.max(H.grid.norm(result.states - exact.states)) < 1e-6
    assert 0 < len(made) < 20 and result.stats["steps"] <= 400


def test_many_save_times_cost_chebyshev_no_transforms():
    H, psi0 = double_well(128)
    few = ql.sesolve(H, psi0, [0, 3.0], method=ql.Chebyshev(), tol=1e-9)
    many = ql.sesolve(H, psi0, np.linspace(0, 3, 60), method=ql.Chebyshev(), tol=1e-9)
    assert many.stats["steps"] < 2.5 * few.stats["steps"]
    assert H.grid.norm(few.final_state - many.final_state) < 1e-10


def test_steps_too_small_to_be_measured_are_measured_with_longer_ones():
    """The error allowed to a step drowns in rounding: the probe stretches, and the run neither stalls nor misses tol."""
    grid = ql.Grid(64, (0, 2 * np.pi))
    H = ql.Hamiltonian(grid, lambda x: np.cos(x))
    psi0 = ql.gaussian(grid, center=2, width=0.5)
    result = ql.sesolve(H, psi0, [0, 100.0], method=ql.RKN6(), tol=1e-11)
    exact = ql.sesolve(H, psi0, [0, 100.0], method=ql.Dense(), tol=1e-9).final_state
    assert grid.norm(result.final_state - exact) < 1e-11
    assert result.stats["steps"] < 4000


def test_a_batch_keeps_the_tolerance_of_each_member():
    H, slow = double_well(128)
    fast = ql.gaussian(H.grid, center=1, width=0.4, momentum=-6.0)
    batch = np.stack([slow, 1e-3 * fast, 1e3 * slow, 0 * slow])
    exact = ql.sesolve(H, batch, [0, 2.0], method=ql.Dense()).final_state
    result = ql.sesolve(H, batch, [0, 2.0], method=ql.RKN6(), tol=1e-7)
    errors = H.grid.norm(result.final_state - exact)
    assert np.all(errors <= 1e-7 * np.array([1, 1e-3, 1e3, 0]))


@pytest.mark.parametrize("tol", [1e-5, 1e-9])
def test_a_packet_that_falls_into_a_well_after_a_free_flight_keeps_its_tolerance(tol):
    """The steps grow during the flight and are far too long at the well: the run has to notice, go back and shorten them."""
    grid = ql.Grid(512, (-16, 16))
    H = ql.Hamiltonian(grid, lambda x: -100 * np.exp(-x**2 / 2))
    psi0 = ql.gaussian(grid, center=-9, width=0.8, momentum=6.0)
    exact = ql.sesolve(H, psi0, [0, 1.8], method=ql.Dense(), tol=1e-9).final_state
    result = ql.sesolve(H, psi0, [0, 1.8], method=ql.RKN6(), tol=tol)
    assert grid.norm(result.final_state - exact) < tol


@pytest.mark.parametrize("tol", [1e-4, 1e-6, 1e-8])
def test_a_fast_packet_does_not_leap_over_a_narrow_well(tol):
    """A step from before the well to behind it agrees with its two halves; only the bound on the way of a step forbids it."""
    grid = ql.Grid(768, (-20, 20))
    H = ql.Hamiltonian(grid, lambda x: -200 * np.exp(-2 * x**2))
    psi0 = ql.gaussian(grid, center=-8, width=0.5, momentum=12.0)
    exact = ql.sesolve(H, psi0, [0, 1.3], method=ql.Chebyshev(), tol=1e-9).final_state
    result = ql.sesolve(H, psi0, [0, 1.3], method=ql.RKN6(), tol=tol)
    assert grid.norm(result.final_state - exact) < tol


@pytest.mark.parametrize("width", [0.05, 0.3])
def test_a_pulse_of_the_potential_is_not_missed(width):
    grid = ql.Grid(96, (-8, 8))
    H = ql.Hamiltonian(grid, lambda t, x: 8 * np.cos(np.pi * x / 8) * np.exp(-(t - 5.37)**2 / (2 * width**2)),
                       time_dependent=True)
    psi0 = ql.gaussian(grid, center=-2, width=1.0, momentum=1.0)
    exact = ql.sesolve(H, psi0, [0, 10.0], method=ql.RKN6(dt=0.01)).final_state
    result = ql.sesolve(H, psi0, [0, 10.0], tol=1e-6)
    assert grid.norm(result.final_state - exact) < 1e-6


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-8])
def test_a_potential_that_jumps_in_time_is_passed(tol):
    """Steps shrink below what rounding can judge at the jump, and must find their way up again behind it."""
    grid = ql.Grid(32, (0, 2 * np.pi), twist=0.3)
    well, units = lambda x: 0.05 * np.cos(x), {"mass": 100.0, "hbar": 0.8}
    H = ql.Hamiltonian(grid, lambda t, x: well(x) * (t > 300.7), time_dependent=True, **units)
    psi0 = ql.gaussian(grid, center=3, width=0.5, momentum=0.5, hbar=0.8)
    middle = ql.sesolve(ql.Hamiltonian(grid, 0, **units), psi0, [0, 300.7], method=ql.Dense()).final_state
    exact = ql.sesolve(ql.Hamiltonian(grid, well, **units), middle, [300.7, 700], method=ql.Dense()).final_state
    result = ql.sesolve(H, psi0, np.linspace(0, 700, 5), method=ql.RKN6(), tol=tol)
    assert grid.norm(result.final_state - exact) < tol
    assert grid.norm(result.final_state - exact) < 2 * result.stats["error_estimate"] + 1e-11
    assert result.stats["steps"] < 300


@pytest.mark.parametrize("method", [ql.RKN6(), ql.Strang(dt=0.003), ql.Chebyshev(), ql.Dense()])
def test_a_late_start_costs_no_digits(method):
    """The phase turns by 1e3 a unit of time: a time known to ε|t| only would be an error of 1e-7 at t = 1e6."""
    grid = ql.Grid(64, (0, 2 * np.pi))
    H = ql.Hamiltonian(grid, 50 * np.cos(grid.axes[0]) + 1000)
    psi0, times = ql.gaussian(grid, center=3, width=0.3), np.array([0, 0.3, 0.7, 1.1, 2.0])
    early, late = (ql.sesolve(H, psi0, start + times, method=method, tol=1e-9).final_state for start in (0.0, 1e6))
    assert grid.norm(late - early) < 1e-11


def random_problem(seed):
    """(H, ψ0, save times, tol): rings and wells, few quanta and many, twisted, driven, in one and two dimensions."""
    rng = np.random.default_rng(seed)
    hbar, mass, scale = rng.uniform(0.3, 2), 10 ** rng.uniform(-2, 2), 10 ** rng.uniform(-3, 3)
    unit, sign, d = hbar**2 / mass / scale**2, rng.choice([-1, 1]), 2 if rng.random() < 0.15 else 1
    many, driven = rng.random() < 0.4, rng.random() < 0.3
    size, rise = (64 if d == 2 else 128 if many else 72), (100 if many and d == 1 else 6) * unit
    grid = ql.Grid((size,) * d, [(0, 2 * np.pi * scale)] * d, twist=rng.uniform(-0.5, 0.5))
    a, b, omega = rng.uniform(-rise, rise, (d, 4)), rng.uniform(0, 6, (d, 4)), rng.uniform(0.3, 6) * unit / hbar
    coupling = rng.uniform(-1, 1) * rise * (d - 1)

    def static(*q):
        return sum(a[i, j] * np.cos(j * x / scale + b[i, j]) for i, x in enumerate(q) for j in range(4)) \
            + coupling * np.cos((q[0] - q[-1]) / scale)

    drive = ql.SeparablePotential(static, [(lambda t: np.sin(omega * t + 0.3), lambda *q: rise / 3 * np.cos(q[0] / scale))])
    H = ql.Hamiltonian(grid, drive if driven else static, mass=mass, hbar=hbar, time_dependent=driven)
    psi0 = ql.gaussian(grid, center=rng.uniform(0, 6, d) * scale, width=rng.uniform(0.25, 0.5) * scale, hbar=hbar,
                       momentum=rng.uniform(-3, 3, d) * hbar / scale)
    span = rng.uniform(0.5, 8) * hbar / unit * (0.2 if many else 1.0) / d
    between = np.sort(rng.uniform(0.02, 0.98, rng.integers(0, 12)))
    return H, psi0, sign * span * np.concatenate([[0.0], between, [1.0]]), 10 ** rng.uniform(-10, -4)


def resolved(H, psi0, times, tol):
    """The last state to a fiftieth of tol, by Chebyshev or by ever shorter steps of an older scheme."""
    ends = times[[0, -1]]
    if not H.time_dependent:
        return ql.sesolve(H, psi0, ends, method=ql.Chebyshev(), tol=min(tol / 50, 1e-9)).final_state
    last, count = psi0, 64
    while True:
        state = ql.sesolve(H, psi0, ends, method=ql.RKN6(dt=abs(ends[1]) / count * (1 + 1e-9))).final_state
        if H.grid.norm(state - last) < tol:
            return state
        last, count = state, 2 * count


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None, derandomize=True)
@pytest.mark.filterwarnings("ignore::qlearn.errors.AccuracyWarning")  # some of the waves are not resolved by their grid
def test_gradient6_keeps_its_tolerance_on_random_smooth_problems(seed):
    """Of 3000 other seeds, not used to fix any rule, the error was above tol in one (1.45 tol: a wave of few quanta in 52 steps)
    and above the estimate in 1.5 per cent; the estimate was 15 times the error in the median, 140 times at most in 99 of 100."""
    H, psi0, times, tol = random_problem(seed)
    exact = resolved(H, psi0, times, tol)
    result = ql.sesolve(H, psi0, times, method=ql.Gradient6(), tol=tol)
    error = H.grid.norm(result.final_state - exact)
    assert error < tol
    assert error < 4 * result.stats["error_estimate"] + 0.1 * tol
