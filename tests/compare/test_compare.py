"""compare: which times and references it takes, what the verdict says, and what it refuses."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.compare import compare
from qlearn.densities import GridDensity
from qlearn.errors import ArgumentError
from qlearn.grids import Grid

RING = Grid(64, (0, 2 * np.pi))
LAWS = [GridDensity.wrapped_normal(RING, centre, 0.7) for centre in (1.0, 2.0, 3.0)]


def run_of(laws, n=4000, seed=0, stats=None):
    """Perfect samples of the laws at t = 0, 1, 2, …"""
    rng = np.random.default_rng(seed)
    positions = np.stack([law.sample(n, rng) for law in laws])[:, :, None]
    return ql.Ensemble(np.arange(len(laws), dtype=float), positions, (2 * np.pi,), stats or {})


def test_perfect_samples_pass_at_every_time():
    """Family-wise false-alarm rate 1 %, one fixed seed."""
    comparison = compare(LAWS, run_of(LAWS), times=[0, 1, 2], tests=("kuiper", "chi2"))
    assert comparison.verdict.passed and len(comparison.rows) == 6
    assert comparison.distances.shape == comparison.p_values.shape == comparison.p_adjusted.shape == (6,)
    assert np.all(comparison.p_adjusted >= comparison.p_values)
    assert "cannot tell" in comparison.verdict.reason
    assert [row["name"] for row in comparison.table()][:2] == ["kuiper at t = 0", "chi2 at t = 0"]
    assert "passed" in str(comparison)


def test_one_wrong_law_among_three_is_named():
    comparison = compare([LAWS[0], LAWS[2], LAWS[2]], run_of(LAWS), times=[0, 1, 2], tests=("kuiper",))
    assert not comparison.verdict.passed
    assert [row.passed for row in comparison.rows] == [True, False, True]
    assert "1 of 3 tests reject: kuiper at t = 1" in comparison.verdict.reason
    assert "REJECTED" in str(comparison)
    assert np.isclose(comparison.floor, comparison.floors[1])


def test_default_times():
    run = run_of(LAWS)
    assert [row.time for row in compare(LAWS[2], run).rows] == [2.0]                      # one law: the last time
    assert [row.time for row in compare(LAWS[1:], run).rows] == [1.0, 2.0]                # as many as there are laws
    assert [row.time for row in compare(run_of(LAWS, seed=1), run).rows] == [1.0, 2.0]    # shared, but for the start


def test_two_ensembles():
    run, same, other = run_of(LAWS), run_of(LAWS, seed=1), run_of(LAWS[::-1], seed=2)
    assert compare(same, run, tests=("kuiper", "wasserstein", "chi2", "energy", "ks"), seed=3).verdict.passed
    assert not compare(other, run, times=[2.0], tests=("kuiper",)).verdict.passed


def test_too_many_limited_steps_fail_a_perfect_sample():
    assert compare(LAWS[2], run_of(LAWS, stats={"limited_share": 9e-4})).verdict.passed
    verdict = compare(LAWS[2], run_of(LAWS, stats={"limited_share": 2e-3})).verdict
    assert not verdict.passed and "limited in 0.20% of the steps" in verdict.reason


def test_a_family_of_monte_carlo_tests_can_reject():
    """With 999 draws and 12 tests the smallest adjusted p would be 0.012: more are drawn."""
    many = run_of([LAWS[0]] * 12, n=200)
    comparison = compare([LAWS[2]] * 12, many, times=range(12), tests=("wasserstein",))
    assert not any(row.passed for row in comparison.rows) and "2399 draws" in comparison.rows[0].note


def test_the_seed_decides():
    run = run_of(LAWS)
    a, b, c = (compare(LAWS[2], run, tests=("wasserstein",), seed=seed).p_values for seed in (0, 0, 1))
    assert a == b != c


def test_a_result_is_compared_at_the_times_it_shares():
    h = ql.Hamiltonian(Grid(64, (-8, 8)), lambda x: x**2 / 2)
    psi0 = ql.gaussian(h.grid, center=1.0, momentum=0.0, width=np.sqrt(0.5))
    result = ql.sesolve(h, psi0, np.linspace(0, 1, 41))
    system = ql.LearningSystem("q", potential="q**2/2", learning_rate=1.0, temperature=0.5)
    run = ql.simulate(system, None, [0.0, 0.5, 1.0], kind="guided", learners=8000, seed=1, field=result)
    comparison = compare(result, run, tests=("ks", "kuiper"))
    assert [row.time for row in comparison.rows] == [0.5, 0.5, 1.0, 1.0]
    assert comparison.verdict.passed
    wrong = ql.sesolve(h, ql.gaussian(h.grid, center=1.2, momentum=0.0, width=np.sqrt(0.5)), np.linspace(0, 1, 41))
    assert not compare(wrong, run).verdict.passed


def test_a_result_of_another_hbar_or_mass_cannot_guide():
    h = ql.Hamiltonian(Grid(64, (-8, 8)), lambda x: x**2 / 2, hbar=1.1)
    result = ql.sesolve(h, ql.gaussian(h.grid, center=1.0, momentum=0.0, width=0.7, hbar=1.1), [0.0, 0.1, 0.2])
    for system, message in (("1/2", "ħ = 2T"), ("11/20", "mass 1/γ")):
        learner = ql.LearningSystem("q", potential="q**2/2", learning_rate="1/2" if message[0] == "m" else 1,
                                    temperature=system)
        with pytest.raises(ArgumentError, match=message):
            ql.simulate(learner, None, [0.0, 0.2], kind="guided", learners=5, seed=0, field=result)


class Levels:
    def rates(self, k):
        return np.array([0.5, 1.0, 2.0])[:k]


def test_operators_are_compared_within_a_margin():
    comparison = compare([0.51, 1.0, 1.9], Levels(), tests=("rates",), k=3, tolerance=[0.04, 0.04, 0.06])
    assert comparison.verdict.passed and np.allclose(comparison.rates.ratio, [1.02, 1.0, 0.95])
    assert np.all(np.isnan(comparison.p_values)) and "rate 3" in comparison.verdict.reason
    strict = compare([0.51, 1.0, 1.9], Levels(), tests=("rates",), k=3, tolerance=0.04)
    assert [row.passed for row in strict.rows] == [True, True, False] and not strict.verdict.passed


def ornstein(rate=1.0, n=20_000):
    """A ring walk with rates D k², D = rate: stationary, uniform, at equal lags."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, np.sqrt(2 * rate * 0.2), (6, n))
    q = rng.uniform(0, 2 * np.pi, n) + np.cumsum(steps, axis=0)
    return ql.Ensemble(np.arange(6) * 0.2, q[:, :, None], (2 * np.pi,))


def test_measured_rates_have_z_scores():
    """False-alarm rate 1 %, one fixed seed; rates 5 % off are rejected."""
    run = ornstein()
    good = compare([1.0, 1.0], run, tests=("rates",), basis=2)
    assert good.verdict.passed and np.all(np.abs(good.rates.z) < 3) and np.all(good.rates.se > 0)
    bad = compare([1.05, 1.05], run, tests=("rates",), basis=2, k=2)
    assert not bad.verdict.passed and "differ" in bad.verdict.reason


@pytest.mark.parametrize(("call", "message"), [
    (lambda: compare(LAWS[0], run_of(LAWS), tests=("kolmogorov",)), "'ks', 'kuiper'"),
    (lambda: compare(LAWS[0], run_of(LAWS), tests=()), "at least one test"),
    (lambda: compare(LAWS[0], run_of(LAWS), tests=("ks", "rates")), "'rates' alone"),
    (lambda: compare(LAWS[0], run_of(LAWS), tolerance=0.1), "for tests="),
    (lambda: compare(LAWS[0], run_of(LAWS), times=[0.5]), "stored times of the ensemble"),
    (lambda: compare(LAWS, run_of(LAWS), times=[0.0]), "as many as the densities"),
    (lambda: compare(LAWS[0], run_of(LAWS), times=[]), "a list of times"),
    (lambda: compare([1.0], ornstein(), tests=("rates",), times=[], basis=2), "a list of times"),
    (lambda: compare(LAWS[0], LAWS[0]), "must be an Ensemble"),
    (lambda: compare("psi", run_of(LAWS)), "must be a Result"),
    (lambda: compare(GridDensity(Grid(4, (0, 1)), np.ones(4)), run_of(LAWS)), "ring of length"),
    (lambda: compare([1.0], Levels(), tests=("rates",)), "equivalence margin"),
    (lambda: compare([1.0], ornstein(), tests=("rates",)), "basis"),
    (lambda: compare([1.0], ornstein(), tests=("rates",), basis=2, tolerance=0.1), "not for an ensemble"),
    (lambda: compare([-1.0], Levels(), tests=("rates",), tolerance=0.1), "rates > 0"),
], ids=["name", "none", "mixed", "tolerance", "time", "count", "no time", "no since", "no ensemble", "reference", "ring",
        "margin", "basis", "margin of sample", "negative"])
def test_refusals(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
