"""The other sections of a verification file, key by key; the defaults stand here and nowhere else."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.config.keys import flag, key, name_of, number, numbers, read, text, whole
from qlearn.systems.catalogue import LOSSES, MODELS
from qlearn.systems.expressions import Expression, parse

__all__ = ["ControlsConfig", "LearnerConfig", "RatesConfig", "RealTimeConfig", "ReplicasConfig", "TestsConfig",
           "read_learner", "read_rates", "read_real_time", "read_replicas"]

STEP_RULES = ("temperature_over_loss_range", "learning_rate", "temperature")
POTENTIAL_NAMES = ("x", "L", "gamma", "T", "hbar")
_RECORDED = 2 * 10**8               # positions that one run of learners may keep in memory
_FIELD = 3 * 10**7                  # values of ψ that guide the learners
_NARROWEST = 0.1                    # start of the replicas, as an angle: what 161 grid points resolve
_TURN = 0.5                         # radians of phase a step of the guided learners; at 2 they visibly miss |ψ|²
_ANGLE = number(least=-1e6, most=1e6)


@final
@dataclass(frozen=True)
class LearnerConfig:
    """[learner]: a model and loss of the catalogue, or per-sample gradients from code; the step; the regime."""

    model: str | None = key(name_of(MODELS), None, meaning="the model", example="ring_neuron")
    loss: str | None = key(name_of(LOSSES), None, meaning="the loss of one sample", example="squared")
    gradient: str | None = key(text, None, meaning='per-sample gradients from code, "module:function"',
                               example="my_learner:gradient")
    samples: int | None = key(whole(least=10, most=10**7), None, meaning="how many samples the code has", example=500)
    period: float | None = key(number(least=1e-6, most=1e6), None, meaning="the length of the code's ring in q",
                               example=6.283185307179586)
    batch_size: int = key(whole(least=1, most=10_000), 1, meaning="how many samples, drawn with replacement, make one step")
    alpha: float = key(number(least=-4, most=4), 1.0, meaning="the exponent of the metric g = (C/C₀)^α")
    ito_correction: bool = key(flag, True, meaning="whether each step adds the Itô correction")
    temperature_over_loss_range: float | None = key(
        number(above=0, most=1e6), None, meaning="T/(max U − min U), from which the learning rate 2BT/C₀ follows", example=0.25)
    learning_rate: float | None = key(number(above=0, most=1e60), None, meaning="the learning rate η", example=0.01)
    temperature: float | None = key(number(above=0, most=1e60), None, meaning="T = ηC₀/2B, from which the learning rate follows",
                                    example=0.4)


@final
@dataclass(frozen=True)
class ReplicasConfig:
    """[replicas]: independent copies of the learner from a narrow start; times in units of 1/η."""

    count: int = key(whole(least=1000, most=10**8), 100_000, meaning="the number of independent learners")
    start_centre: float = key(_ANGLE, 2.0, meaning="the centre of the start, a wrapped normal in q")
    start_width: float = key(number(least=0.01, most=1e6), 0.3, meaning="the standard deviation of the start")
    density_times: tuple[float, ...] = key(numbers(above=0), (0.3, 1.0, 3.0),
                                           meaning="the times at which p(q, t) is compared")
    burn_in: float = key(number(above=0), 18.0, meaning="the time after which the replicas count as stationary")
    lag: float = key(number(above=0), 0.25, meaning="the time between two records after the burn-in")
    lags: int = key(whole(least=1, most=1000), 40, meaning="the number of lags recorded after the burn-in")


@final
@dataclass(frozen=True)
class RatesConfig:
    """[rates]: the relaxation rates that are compared, declared beforehand."""

    count: int = key(whole(least=1, most=20), 4, meaning="the number of rates")
    basis: int = key(whole(least=1, most=40), 6, meaning="the highest Fourier mode k of the basis e^{ikq}, |k| ≤ basis")
    margin: tuple[float, ...] = key(numbers(above=0), (0.04, 0.04, 0.04, 0.06),
                                    meaning="the equivalence margin of (8) against the operator, one a rate")


@final
@dataclass(frozen=True)
class TestsConfig:
    """[tests]: the level of the statistical tests."""

    level: float = key(number(least=1e-6, most=0.2), 0.01, meaning="the family-wise false-alarm rate")


@final
@dataclass(frozen=True)
class ControlsConfig:
    """[controls]: comparisons made wrong on purpose, which must be rejected."""

    plain_ito: bool = key(flag, True, meaning="whether replicas without the Itô correction are compared")
    alpha: float = key(number(least=-4, most=4), 0.0, meaning="the α of the replicas that must not match, not learner.alpha")
    every_rate: bool = key(flag, False, meaning="whether the α control must have each rate rejected, even one whose power "
                           "is below 90 %; otherwise those that can tell")
    temperature_factor: float = key(number(least=0.1, most=10), 1.25,
                                    meaning="the factor on the noise temperature of the guided learners; not 1")
    half_winding: bool = key(flag, True, meaning="whether a θ = ½ sector must fail the test for an integer winding")


@final
@dataclass(frozen=True)
class RealTimeConfig:
    """[real_time]: the Schrödinger equation on the ring of proper length L; unit of time τ = (L/2π)²/(γT)."""

    potential: str = key(text, "1.2*gamma*T**2*cos(x) + 0.5*gamma*T**2*sin(2*x)",
                         meaning="V in the angle x = 2πs/L, with the names L, gamma, T, hbar, pi")
    start_centre: float = key(_ANGLE, 2.0, meaning="the angle x at which the packet starts")
    start_width: float = key(number(least=0.05, most=1.5), 0.5,
                             meaning="the standard deviation of |ψ|² in the angle x")
    start_momentum: int = key(whole(least=-30, most=30), 1, meaning="the packet's momentum in units of 2πħ/L")
    duration: float = key(number(above=0, most=1000), 3.0, meaning="the time span in units of τ")
    save_times: int = key(whole(least=2, most=1000), 4, meaning="the number of times that are compared")
    tolerance: float = key(number(least=1e-12, most=1e-2), 1e-9, meaning="the L2 error allowed to each solver")
    points: int = key(whole(least=32, most=2048), 128, meaning="the number of grid points")
    learners: int = key(whole(least=1000, most=10**6), 20_000, meaning="the number of guided learners")
    step: float = key(number(above=0), 0.005, meaning="the learners' time step in units of τ")
    winding: int = key(whole(least=-8, most=8), 1, meaning="the winding of the state whose circulation is measured")


# --- what one key alone cannot tell -----------------------------------------------------------------------------------

def read_learner(values: Any) -> LearnerConfig:
    """Check the [learner] table: a catalogue model or code, and exactly one rule for the step."""
    config = LearnerConfig(**read(LearnerConfig, "learner", values))
    given = [name for name in STEP_RULES if getattr(config, name) is not None]
    if len(given) != 1:
        checks.fail("learner", f"must hold exactly one of {', '.join(STEP_RULES)}",
                    " and ".join(given) or "none of them", "Keep the one that you mean.")
    if config.gradient is None:
        _require(config, ("model", "loss"), "a named model")
        _refuse(config, ("samples", "period"), 'gradient = "module:function"')
    else:
        _require(config, ("samples", "period"), "learner.gradient")
        _refuse(config, ("model", "loss"), "a named model, not to learner.gradient")
    return config


def _require(config: LearnerConfig, names: tuple[str, ...], why: str) -> None:
    for name in names:
        if getattr(config, name) is None:
            examples = {"model": ", ".join(MODELS), "loss": ", ".join(LOSSES)}
            checks.fail(f"learner.{name}", f"is needed with {why}", "no such key",
                        f"Valid: {examples[name]}." if name in examples else f"Write {name} = … in [learner].")


def _refuse(config: LearnerConfig, names: tuple[str, ...], owner: str) -> None:
    for name in names:
        if getattr(config, name) is not None:
            checks.fail(f"learner.{name}", f"belongs to {owner}", getattr(config, name), f"Remove {name}.")


def read_replicas(values: Any, period: float) -> ReplicasConfig:
    """Check the [replicas] table: a start that a grid resolves, densities before the burn-in, records that fit in memory."""
    config = ReplicasConfig(**read(ReplicasConfig, "replicas", values))
    narrowest = _NARROWEST * period / (2 * math.pi)
    if config.start_width < narrowest:
        checks.fail("replicas.start_width", f"must be at least {narrowest:.3g} for the grid to resolve the start",
                    config.start_width, f"Write start_width = {narrowest:.3g} or more.")
    if max(config.density_times) >= config.burn_in:
        checks.fail("replicas.density_times", f"must lie before replicas.burn_in = {config.burn_in:g}", max(config.density_times),
                    "Take earlier times, or a longer burn_in.")
    records = config.lags + 1 + len(config.density_times)
    if config.count * records > _RECORDED:
        checks.fail("replicas.count", f"times the {records} recorded times must be at most {_RECORDED:.0e}", config.count,
                    f"Write count = {_RECORDED // records} or less, or fewer lags.")
    return config


def read_rates(values: Any) -> RatesConfig:
    """Check the [rates] table: one margin a rate, and a basis that holds as many rates."""
    config = RatesConfig(**read(RatesConfig, "rates", values))
    if len(config.margin) != config.count:
        checks.fail("rates.margin", f"must be a list of rates.count = {config.count} numbers", list(config.margin),
                    "Give one margin a rate.")
    if 2 * config.basis < config.count:
        checks.fail("rates.basis", f"must be at least rates.count/2, which is {config.count / 2:g}", config.basis,
                    "2·basis modes besides the constant hold that many rates.")
    return config


def read_real_time(values: Any) -> tuple[RealTimeConfig, Expression]:
    """Check the [real_time] table; the potential is parsed, and it must be finite and periodic in x."""
    config = RealTimeConfig(**read(RealTimeConfig, "real_time", values))
    if config.step > config.duration:
        checks.fail("real_time.step", "must not exceed real_time.duration", config.step,
                    f"Write step = {config.duration / 500:g}.")
    _require_resolved(config)
    steps = config.duration / config.step
    if steps * config.points > _FIELD:
        checks.fail("real_time.step", f"must leave duration/step × points at most {_FIELD:.0e}", config.step,
                    f"Write step = {1.01 * config.duration * config.points / _FIELD:.2g} or more, or fewer points.")
    if config.learners * (config.save_times + 1) > _RECORDED:
        checks.fail("real_time.learners", f"times save_times + 1 must be at most {_RECORDED:.0e}", config.learners,
                    f"Write learners = {_RECORDED // (config.save_times + 1)} or less, or fewer save_times.")
    return config, _potential(config.potential)


def _require_resolved(config: RealTimeConfig) -> None:
    """The packet's waves k = n ± 2/width turn by k² a τ, and by less than 1/2 a step; the grid holds n ± 3/width."""
    momentum, winding, spread = abs(config.start_momentum), abs(config.winding), 1 / config.start_width
    fastest = max(momentum + 2 * spread, winding)
    if config.step * fastest**2 > _TURN:
        checks.fail("real_time.step", "must resolve the waves of the packet", config.step,
                    f"Write step = {0.99 * _TURN / fastest**2:.2g} or less, or take a wider packet or a smaller start_momentum.")
    needed = math.ceil(2.2 * max(momentum + 3 * spread, 2 * winding))
    if config.points < needed:
        checks.fail("real_time.points", "must resolve the packet and the winding state", config.points,
                    f"Write points = {needed} or more, or take a wider packet.")


def _potential(words: str) -> Expression:
    name = "real_time.potential"
    expression = parse(words, POTENTIAL_NAMES, argument=name)
    x = np.linspace(0.1, 0.1 + 2 * math.pi, 41)
    others = {"L": 6.0, "gamma": 0.9, "T": 0.7, "hbar": 1.4}
    value, turned = (expression.evaluate(x=x + shift, **others) for shift in (0, 2 * math.pi))
    if np.max(np.abs(turned - value)) > 1e-8 * (1 + np.max(np.abs(value))):
        checks.fail(name, "must have the period 2π in x, the angle on the ring", words,
                    "Build it from sin(n*x) and cos(n*x).")
    return expression
