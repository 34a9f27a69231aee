"""The learner under test, built from a file's settings, with its exact operator and the rule for its learning rate."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qlearn.config import VerifyConfig
from qlearn.config.learner import minibatch_learner
from qlearn.densities import GridDensity
from qlearn.ensembles.minibatch.transfer_operator import TransferOperator
from qlearn.errors import ConfigError
from qlearn.grids import Grid
from qlearn.systems.minibatch import LearnerStatistics, MinibatchLearner

__all__ = ["SMALL_EPS3", "Subject", "build", "why_not_quantum"]

_POINTS = (161, 321, 641)    # odd: no Nyquist mode; the first that resolves the operator is taken
_TRUNCATION = 1e-5       # largest error of the operator's distribution function
_WORK = 2e10             # steps of all replicas of one run
_SIGNAL = 10             # how many times its noise the fastest mode must have left after one lag
_TRANSIENT = 0.25        # largest share of the sampling floor that the start may still contribute after the burn-in
SMALL_EPS3 = 0.15        # below it the lowest rates are right to about a percent (theory 6)


@dataclass(frozen=True, eq=False)
class Subject:
    """The learner, its step counts and what is known of it exactly."""

    learner: MinibatchLearner
    grid: Grid
    burn_in: int                    # steps
    lag: int                        # steps
    density_steps: tuple[int, ...]  # steps
    start: GridDensity

    @cached_property
    def statistics(self) -> LearnerStatistics:
        return self.learner.statistics(self.grid)

    @cached_property
    def operator(self) -> TransferOperator:
        return self.learner.transfer_operator(self.grid)

    @property
    def quantum(self) -> bool:
        """Whether the diffusion limit has one T and one ħ: α = 1 with the Itô correction."""
        return self.learner.alpha == 1 and self.learner.ito_correction

    @cached_property
    def quantum_learner(self) -> MinibatchLearner:
        """The same learner with α = 1 and the Itô correction: the one that (8) describes."""
        return self.learner if self.quantum else self.learner.with_(alpha=1.0, ito_correction=True)

    def record_steps(self, lags: int) -> np.ndarray:
        """Every step at which positions are recorded: the early densities, then burn-in and a record a lag."""
        return np.unique([*self.density_steps, *(self.burn_in + self.lag * np.arange(lags + 1))])


def build(config: VerifyConfig) -> Subject:
    """Build the learner of a file; raise ConfigError where its times cannot serve their purpose."""
    learner = minibatch_learner(config.model, config.learner)
    grid = _resolving_grid(learner)
    steps = [max(1, round(min(time / learner.learning_rate, 1e12))) for time in (
        config.replicas.burn_in, config.replicas.lag, *config.replicas.density_times)]
    start = GridDensity.wrapped_normal(grid, config.replicas.start_centre, config.replicas.start_width)
    subject = Subject(learner, grid, steps[0], steps[1], tuple(sorted(set(steps[2:]))), start)
    _check_times(subject, config)
    _check_rates(subject, config)
    _check_burn_in(subject, config)
    return subject


def _resolving_grid(learner: MinibatchLearner) -> Grid:
    for points in _POINTS:
        grid = Grid(points, [(0.0, learner.period)])
        error = learner.transfer_operator(grid).tail
        if error <= _TRUNCATION:
            return grid
    raise ConfigError(f"learner: the stationary density is too sharp for {points} points (truncation error {error:.1e} of the "
                      f"distribution function, {_TRUNCATION:.0e} allowed). Raise learner.temperature_over_loss_range, or "
                      "whichever key sets the step.")


def _check_times(subject: Subject, config: VerifyConfig) -> None:
    """Times in units of 1/η must be many steps apart, and few enough to be run."""
    eta = subject.learner.learning_rate
    if subject.density_steps and subject.density_steps[-1] >= subject.burn_in:
        raise ConfigError(f"learner: the learning rate η = {eta:.3g} is too large for replicas.burn_in = "
                          f"{config.replicas.burn_in:g}/η, which is {subject.burn_in} steps. Lower the learning rate or the "
                          "temperature, or raise replicas.burn_in.")
    work = float(config.replicas.count) * (config.replicas.burn_in + config.replicas.lag * config.replicas.lags) / eta
    if not work <= _WORK:
        raise ConfigError(f"replicas.count × (burn_in + lag·lags)/η must be at most {_WORK:.0e} steps in all; given {work:.1e} "
                          f"with η = {eta:.3g}. Lower replicas.count, burn_in or lags, or raise the learning rate "
                          "(standardise the data if their scale is large).")


def _check_rates(subject: Subject, config: VerifyConfig) -> None:
    """After one lag the fastest rate must still stand out of the noise."""
    k, pairs = config.rates.count, config.replicas.count * config.replicas.lags
    if 2 * k >= len(subject.operator.matrix):
        raise ConfigError(f"rates.count must be at most {len(subject.operator.matrix) // 2 - 1}; given {k}.")
    rates = subject.operator.rates(k)
    decay = rates[-1] * subject.lag
    if decay > np.log(np.sqrt(pairs) / _SIGNAL):
        lag = np.log(np.sqrt(pairs) / _SIGNAL) / rates[-1] * subject.learner.learning_rate
        raise ConfigError(f"replicas.lag must be short enough for rate {k} to stand out of the noise of {pairs} pairs; given "
                          f"{subject.lag} steps, which leave e^−{decay:.1f} of it. Set replicas.lag to {lag:.2g} or less, or "
                          "lower rates.count.")


def _check_burn_in(subject: Subject, config: VerifyConfig) -> None:
    """After the burn-in the narrow start may contribute no more than a share of the sampling floor."""
    slowest = float(subject.operator.rates(1)[0])
    allowed = _TRANSIENT / np.sqrt(config.replicas.count)
    if np.exp(-slowest * subject.burn_in) > allowed:
        needed = -np.log(allowed) / slowest * subject.learner.learning_rate
        raise ConfigError(f"replicas.burn_in must let the start relax below the sampling floor of {config.replicas.count} "
                          f"replicas; given {config.replicas.burn_in:g} with the slowest rate "
                          f"{slowest / subject.learner.learning_rate:.4g}. Set it to {np.ceil(needed):g} or more.")


def why_not_quantum(subject: Subject) -> str:
    """The cause, in one sentence, why the learner has no (8) and no ħ."""
    learner, s = subject.learner, subject.statistics
    if learner.alpha == 1:
        return "Without the Itô correction the learner follows U − (T/2) ln g, not U, in the proper length."
    hbar = (s.covariance / learner.reference_covariance) ** (1 - learner.alpha)
    return (f"α = {learner.alpha:g} is not the quantum regime: ħ ∝ κ^(1−α) varies by a factor {hbar.max() / hbar.min():.2f} "
            f"around the ring, and a steady current runs (cycle affinity {learner.cycle_affinity:+.2g}, not 0).")
