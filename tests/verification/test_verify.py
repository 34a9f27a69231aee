"""The whole line on small ensembles: what holds holds, and what does not is named with its cause."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qlearn.config import load
from qlearn.errors import ConfigError
from qlearn.systems.expressions import parse
from qlearn.verification import verify
from qlearn.verification.subject import build

EXAMPLES = Path(__file__).parents[2] / "examples"


def small(name, **sections):
    """An example with fewer replicas and learners, too few for rate 3 to tell α = 0; any section's keys can be changed."""
    config = load(EXAMPLES / name, allow_code=True)
    changes = {"replicas": {"count": 20_000}, "real_time": {"learners": 5000, "duration": 0.75, "save_times": 2},
               "controls": {"every_rate": False}} | sections
    return replace(config, **{section: replace(getattr(config, section), **keys) for section, keys in changes.items()})


@pytest.fixture(scope="module")
def diabetes():
    with np.errstate(all="raise", under="ignore"):
        return verify(small("diabetes.toml"))


def failures(verification):
    return {claim.name: claim.reason for claim in verification.claims if not claim.passed}


def test_the_diabetes_learner_passes_every_claim_and_rejects_every_control(diabetes):
    assert failures(diabetes) == {} and diabetes.passed
    assert {claim.group for claim in diabetes.claims} == {"derivation", "rates", "density", "real time"}
    assert {claim.evidence for claim in diabetes.claims} == {"data", "derivation", "numerical", "guided"}


def test_controls_state_their_power_and_are_rejected(diabetes):
    controls = [claim for claim in diabetes.claims if claim.role == "control"]
    assert len(controls) == 6
    assert all(claim.power >= 0.9 for claim in controls)


def test_a_rate_that_cannot_tell_is_named(diabetes):
    """With 20000 replicas the power of rate 3 against α = 0 is small: it is named."""
    reason = next(claim.reason for claim in diabetes.claims if claim.name == "Rates, α = 0")
    assert "not able to tell, by the exact operators: rate 3 (power" in reason


def test_rates_are_those_of_the_independent_prototype(diabetes):
    np.testing.assert_allclose(diabetes.figures["rates"]["operator"], [0.4363, 0.9187, 1.865, 2.034], rtol=3e-4)
    ratio = diabetes.figures["rates"]["levels"] / diabetes.figures["rates"]["operator"]
    np.testing.assert_allclose(ratio, [1.0015, 1.0048, 1.0133, 1.031], atol=1.5e-4)


def test_numbers_of_the_first_screen(diabetes):
    summary = diabetes.summary
    assert summary["hbar"] == 2 * summary["temperature"] == pytest.approx(
        summary["learning_rate"] * summary["reference_covariance"], rel=1e-12)
    assert summary["eps3"] == pytest.approx(0.0856, abs=1e-4)
    assert summary["samples"] == 884


def test_the_same_seed_gives_the_same_numbers():
    tiny = small("diabetes.toml", replicas={"count": 2000, "lags": 4},
                 real_time={"learners": 1000, "duration": 0.1, "save_times": 2})
    one, two = verify(tiny), verify(tiny)
    assert [claim.distance for claim in one.claims] == [claim.distance for claim in two.claims]


def test_raw_labels_fail_and_the_verdict_names_the_diffusion_approximation():
    found = failures(verify(small("diabetes_raw.toml")))
    assert "diffusion approximation does not hold" in found["The rates are energy levels"]
    assert "ε₃ = max|U'κ₃|/C² = 1.14" in found["The rates are energy levels"]
    assert "complex" in found["The rates are energy levels"]


def test_alpha_zero_fails_and_the_verdict_names_the_regime():
    found = failures(verify(small("diabetes_alpha0.toml")))
    assert "α = 0 is not the quantum regime" in found["The rates are energy levels"]
    assert "steady current" in found["A Schrödinger equation exists"]
    assert "Measured rates match the exact calculation" not in found         # the exact operator holds for any α


@pytest.mark.parametrize("name", ["generated.toml", "own_data.toml", "code.toml"])
def test_other_learners_run_through(name):
    verification = verify(small(name))
    data = {claim.name: claim.reason for claim in verification.claims
            if claim.evidence == "data" and claim.role == "claim" and not claim.passed}
    assert data == {}


def test_a_burn_in_that_is_too_short_is_refused_before_any_replica():
    with pytest.raises(ConfigError, match=r"replicas\.burn_in.*Set it to \d+ or more"):
        build(small("diabetes.toml", replicas={"count": 20_000, "burn_in": 5.0}))


@pytest.mark.parametrize(("changes", "words"), [
    ({"replicas": {"lag": 10.0}}, r"replicas\.lag must be short enough for rate 4 .* Set replicas\.lag to 2\.\d+ or less"),
    ({"replicas": {"burn_in": 1e300}}, r"replicas\.count .* at most 2e\+10 steps"),
    ({"learner": {"temperature_over_loss_range": None, "learning_rate": 30.0}}, r"η = 30 is too large for replicas\.burn_in"),
])
def test_settings_that_cannot_serve_are_refused_before_any_replica(changes, words):
    with pytest.raises(ConfigError, match=words):
        build(small("diabetes.toml", **changes))


def test_a_potential_that_the_learners_cannot_follow_is_refused_before_any_replica():
    config = small("diabetes.toml")
    config = replace(config, potential=parse("1e5*gamma*T**2*cos(x)", ("x", "L", "gamma", "T", "hbar")))
    with pytest.raises(ConfigError, match=r"real_time\.potential must range over at most 200 γT².* given a range of 2e\+05 γT²"):
        verify(config)


def test_a_basis_that_is_too_small_is_the_named_cause():
    verification = verify(small("diabetes_alpha0.toml", replicas={"count": 20_000, "lags": 10}, rates={"basis": 2}))
    assert "basis |k| ≤ 2 is too small" in failures(verification)["Measured rates match the exact calculation"]


def test_progress_is_told():
    seen = []
    verify(small("diabetes_alpha0.toml", replicas={"count": 2000}), progress=lambda *told: seen.append(told))
    stages = {stage for stage, *_ in seen}
    assert "replicas: the learner" in stages
    for stage in stages:
        last = [(done, total) for name, done, total in seen if name == stage][-1]
        assert last[0] == last[1]
