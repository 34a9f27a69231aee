"""The effective Planck constant of a run: ħ = 2T, T measured by a virial of the loss over the learners' positions."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.special import stdtrit

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import AccuracyWarning, RegimeError
from qlearn.inference.planck_fields import VirialFields, array_fields, learner_fields
from qlearn.inference.stationarity import Stationarity, stationarity
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["HbarEstimate", "estimate_hbar"]

_GROUPS = 100       # of replicas, for the jackknife
_LEAST = 20         # replicas
_ALARM = 1e-3       # level of the test of stationarity
_RESOLVED = 4       # standard errors that the mean curvature must stand above zero


@final
@dataclass(frozen=True)
class HbarEstimate:
    """ħ = 2T with its standard error (jackknife over groups of replicas) and the interval at ``level`` by Student's t.

    squared_gradient, curvature : the two means, T = squared_gradient/curvature.     noise : "covariant" or "plain", the pairing.
    step_bias : relative to T, what finite steps add to the estimate, by the cumulants of the learner's own steps up to the fourth
        (it is not subtracted); right to a tenth while it is below .05; known for learners on one ring, else NaN.
    stationarity : test of loss, squared gradient and curvature, first against last half of the times; None with one time.
    replicas, times : used.
    """

    value: float
    error: float
    interval: tuple[float, float]
    level: float
    squared_gradient: float
    curvature: float
    noise: str
    step_bias: float
    stationarity: Stationarity | None
    replicas: int
    times: int

    @property
    def temperature(self) -> float:
        """T = ħ/2."""
        return self.value / 2

    def __str__(self) -> str:
        rest = "not tested for stationarity (one time)" if self.stationarity is None else str(self.stationarity)
        return (f"ħ = {self.value:.5g} ± {self.error:.2g} ({self.level:.0%}: {self.interval[0]:.5g} … {self.interval[1]:.5g}), "
                f"{self.noise} noise, {self.replicas} replicas, {self.times} times; {rest}")


def estimate_hbar(ensemble: Ensemble | None = None, learner: Any = None, *, noise: str | None = None, since: float = -np.inf,
                  parameters: Mapping[str, float] | None = None, gradient: Any = None, metric: Any = None,
                  laplacian: Any = None, level: float = 0.95) -> HbarEstimate:
    """ħ = 2T of learners with α = 1 at rest in a static loss, ψ and the noise never being looked at.

        "covariant":  T = E|∇U|²_g / E[Δ_gU]                Δ_gU = (1/√g) ∂_μ(√g g^{μν}∂_νU)
        "plain":      T = E|∇U|²_g / E[g^{μν}∂_μ∂_νU]       discrete updates without the Itô correction

    each what dE[U]/dt = 0 says of the learner's generator. Only E[U] must be at rest, not the learners between wells.

    Parameters
    ----------
    ensemble, learner : positions of independent replicas, and the LearningSystem with a loss or the MinibatchLearner that they
        are of, any number of coordinates. Or instead of both, arrays at the positions:
    gradient, metric, laplacian : ∇U (times, replicas, d), g (times, replicas, d, d) or None if flat, and Δ_gU or
        g^{μν}∂_μ∂_νU (times, replicas); without the first axis for one time.
    noise : which pairing; default what learner or ensemble says of itself, "covariant" for arrays. The wrong one is off by 2 %
        to 25 % on curved metrics.
    since : times before it are left out.
    parameters : numbers of the system's symbols; T itself is not used.

    Returns
    -------
    HbarEstimate; errors by jackknife over up to 100 groups of replicas, so correlations in time do not matter.

    Raises
    ------
    ArgumentError : fewer than 20 replicas, shapes, a streamed ensemble.
    RegimeError : α ≠ 1, a system without static loss, a guided or self-consistent ensemble, a mean curvature that is not 4
        standard errors above 0 (no confinement to be seen: more replicas, or a deeper loss).
    Warns AccuracyWarning where loss, gradient or curvature still change (Hotelling's T², false-alarm rate 1e-3).

    Where it fails: far from rest; long steps: to second order they add a relative B U'²/C, and the third and fourth
    cumulants of the gradients add as much or more (``step_bias``); temperatures so high that E[Δ_gU] almost vanishes
    on a ring; metrics that are averages along the path and no function of q (THEORY.md 6).

    Source: the virial theorem of Langevin dynamics, ⟨L U⟩ = 0; THEORY.md 6. ħ = 2T: Nelson, Phys. Rev. 150 (1966) 1079, ħ = 2mD.

    Examples
    --------
    >>> import qlearn as ql
    >>> system = ql.LearningSystem("q", loss="q**2/2 + q**4/4", learning_rate=1.0, temperature=0.5)
    >>> run = ql.simulate(system, 0.0, [0.0, 3.0, 4.0, 5.0], kind="static", learners=4000, seed=1)
    >>> found = estimate_hbar(run, system, since=3.0)
    >>> bool(abs(found.value - 1) < 4 * found.error), found.error < 0.05
    (True, True)
    """
    level = checks.real("level", level, least=0.5, most=0.9999)
    if gradient is not None:
        noise, values = _from_arrays(ensemble, learner, noise, gradient, metric, laplacian)
    else:
        noise, values = _from_positions(ensemble, learner, noise, since, parameters)
    times, replicas = values.shape[1:]
    if replicas < _LEAST:
        checks.fail("ensemble", f"must hold {_LEAST} or more replicas, for an error to be seen", f"{replicas}")
    groups = _group_means(values)                                               # (4, times, groups)
    at_rest = None
    if times > 1:
        half = times // 2
        moving = groups[:3] if np.any(values[0]) else groups[1:3]
        at_rest = stationarity(moving[:, :half].mean(axis=1).T, moving[:, -half:].mean(axis=1).T)
        if at_rest.p_value < _ALARM:
            warnings.warn(f"the ensemble is not at rest: {at_rest}. Take since later, or ħ is biased.", AccuracyWarning,
                          stacklevel=2)
    return _estimate(groups.mean(axis=1), noise, level, at_rest, replicas, times, known_step=bool(np.any(values[3])))


def _estimate(groups: np.ndarray, noise: str, level: float, at_rest: Stationarity | None, replicas: int, times: int,
              known_step: bool) -> HbarEstimate:
    """Jackknife of the ratio; groups (4, G)."""
    count = groups.shape[1]
    _, squared, curvature, step = groups.mean(axis=1)
    spread = float(groups[2].std(ddof=1) / np.sqrt(count))
    if not curvature > _RESOLVED * spread:
        raise RegimeError(f"the mean curvature of the loss must be seen to be positive for a virial; it is {curvature:.3g} ± "
                          f"{spread:.2g}. Take more replicas, or check that they are confined and the loss is theirs.")
    left_out = (count * groups.mean(axis=1)[:, None] - groups) / (count - 1)
    ratios = 2 * left_out[1] / left_out[2]
    error = float(np.sqrt((count - 1) / count * np.sum((ratios - ratios.mean()) ** 2)))
    value, reach = float(2 * squared / curvature), float(stdtrit(count - 1, (1 + level) / 2)) * error
    return HbarEstimate(value, error, (value - reach, value + reach), level, float(squared), float(curvature), noise,
                        float(step / curvature) if known_step else float("nan"), at_rest, replicas, times)


def _group_means(values: np.ndarray) -> np.ndarray:
    """Means over groups of replicas, of equal size up to one."""
    count = min(_GROUPS, values.shape[2])
    return np.stack([part.mean(axis=2) for part in np.array_split(values, count, axis=2)], axis=2)


def _from_positions(ensemble: Any, learner: Any, noise: str | None, since: float,
                    parameters: Mapping[str, float] | None) -> tuple[str, np.ndarray]:
    """The pairing, and loss, squared gradient, curvature, step (4, times, replicas)."""
    if not isinstance(ensemble, Ensemble) or learner is None:
        checks.fail("ensemble and learner", "must be an Ensemble and the system or learner it is of",
                    f"{type(ensemble).__name__} and {type(learner).__name__}", "Or give gradient= and laplacian=.")
    if ensemble.positions is None:
        checks.fail("ensemble", "must hold positions", "a streamed ensemble", "Run it without store=.")
    if ensemble.stats.get("kind") in ("guided", "self-consistent"):
        raise RegimeError(f"ensemble must be of learners in a static loss; these are {ensemble.stats['kind']}, "
                          "their law is |ψ|² and no equilibrium of the loss. Use circulation, or the known ħ.")
    fields, noise = _fields(ensemble, learner, noise, parameters)
    if len(fields.periods) != ensemble.ndim:
        checks.fail("ensemble", f"must have {len(fields.periods)} coordinates, as its learner", f"{ensemble.ndim}")
    if isinstance(since, bool) or not isinstance(since, int | float) or np.isnan(since):
        checks.fail("since", "must be a time", since)
    late = ensemble.times >= since
    if not late.any():
        checks.fail("since", f"must be at most the last time, {ensemble.times[-1]:g}", since)
    return noise, fields.at(*np.moveaxis(ensemble.positions[late], -1, 0))


def _fields(ensemble: Ensemble, learner: Any, noise: str | None,
            parameters: Mapping[str, float] | None) -> tuple[VirialFields, str]:
    """The fields, and the pairing that learner or ensemble says of itself unless another is given."""
    if isinstance(learner, MinibatchLearner):
        noise = noise or ("covariant" if learner.ito_correction else "plain")
        return learner_fields(learner, checks.choice("noise", noise, ("covariant", "plain"))), noise
    from qlearn.inference.planck_formulas import system_fields
    from qlearn.systems.base import LearningSystem

    if not isinstance(learner, LearningSystem):
        checks.fail("learner", "must be a LearningSystem or a MinibatchLearner", learner)
    noise = checks.choice("noise", noise or str(ensemble.stats.get("ito", "covariant")), ("covariant", "plain"))
    return system_fields(learner, noise, parameters), noise


def _from_arrays(ensemble: Any, learner: Any, noise: str | None, gradient: Any, metric: Any,
                 laplacian: Any) -> tuple[str, np.ndarray]:
    if ensemble is not None or learner is not None or laplacian is None:
        checks.fail("gradient and laplacian", "must come together, and instead of ensemble and learner",
                    "others", "Give either an ensemble with its learner, or the arrays.")
    noise = checks.choice("noise", noise or "covariant", ("covariant", "plain"))
    pair = array_fields(gradient, metric, laplacian)
    return noise, np.stack([np.zeros_like(pair[0]), *pair, np.zeros_like(pair[0])])
