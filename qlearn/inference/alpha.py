"""Which regime an optimiser is in: the power α of g ∝ κ^α, from gradients of samples and its metric or its steps."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, RegimeError
from qlearn.inference.alpha_logarithms import Logarithms, along_eigenvectors, along_parameters
from qlearn.inference.alpha_slopes import centred, checkpoint_jackknife, jackknife, slopes, studentised, widening
from qlearn.optimisers.record import GradientRecord

__all__ = ["AlphaEstimate", "estimate_alpha"]

_LEAST = 10             # parameters
_FEWEST = 5             # clusters
_RESOLVED = 4           # standard deviations that the correlation of ln κ₁ and ln κ₂ must stand above none (3e-5 by chance)
_REGIMES = ((0.0, "equilibration"), (0.5, "efficient learning"), (1.0, "quantum"))


@final
@dataclass(frozen=True)
class AlphaEstimate:
    """α with its standard error and interval at ``level``.

    error : jackknife over clusters of parameters, and over checkpoints where there are several (added in squares).
    interval : studentised bootstrap over clusters, widened by the part of the error that comes from the checkpoints and, for
        that part is known from few, by Student's quantile at the degrees of freedom of the sum (Welch and Satterthwaite).
    unsplit : what the slope on one noisy κ would give, attenuated.
    reliability : cov(ln κ₁, ln κ₂)/var(ln κ) over the parameters: 1 without noise in κ; unsplit/slope for the metric.
    parameters, clusters, checkpoints : used.     excluded : dead parameters, or eigenvectors beyond n/12, left out.
    floored : parameters where ε is over a tenth of g, so that g is no power of κ there.
    unresolved : bootstrap resamples without spread in κ, left out of the interval.
    source : "metric" or "updates".      basis : "parameters" or "eigenvectors".
    """

    value: float
    error: float
    interval: tuple[float, float]
    level: float
    unsplit: float
    reliability: float
    parameters: int
    clusters: int
    checkpoints: int
    excluded: int
    floored: int
    unresolved: int
    source: str
    basis: str

    @property
    def regime(self) -> str:
        """The named regime (α = 0, ½, 1) in the interval; "between regimes" where none is, "undecided" where several are."""
        low, high = self.interval
        names = [name for alpha, name in _REGIMES if low <= alpha <= high]
        return names[0] if len(names) == 1 else "undecided" if names else "between regimes"

    def __str__(self) -> str:
        low, high = self.interval
        left_out = f", {self.excluded} left out" if self.excluded else ""
        return (f"α = {self.value:.3f} ± {self.error:.3f} ({self.level:.0%}: {low:.3f} … {high:.3f}), {self.regime}; from the "
                f"{self.source} along {self.parameters} {self.basis}{left_out}, {self.checkpoints} checkpoints, "
                f"reliability of ln κ {self.reliability:.3f}")


def estimate_alpha(records: GradientRecord | Iterable[GradientRecord], *, source: str | None = None, basis: str | None = None,
                   clusters: Any = None, dead: float | None = None, level: float = 0.95, resamples: int = 999,
                   seed: int = 0) -> AlphaEstimate:
    """α of g ∝ κ^α across parameters, with κ₁, κ₂ the gradient variances of two halves of the samples (THEORY.md 6).

        "metric":   α = cov(ln g, ln κ₂)/cov(ln κ₁, ln κ₂), the mean of it and of the same with the halves exchanged
        "updates":  ln Var(Δq) has the slope 1 − 2α on ln κ, by the same formula: needs no access to g

    The plain slope of ln g on one estimated ln κ comes out too small by the noise of κ; here the noises of the two halves are
    independent, so it drops out. Means over the parameters are taken off checkpoint by checkpoint, so that only differences
    between parameters count, not changes in time. A parameter with all its checkpoints is one cluster of jackknife and
    bootstrap. What all parameters share, such as the noise of the metric's own averages, is seen only between checkpoints: take
    four or more, further apart than the optimiser's memory 1/(1 − β₂).

    Parameters
    ----------
    records : GradientRecord of one or more checkpoints, same P; see there how to sample.
    source : "metric" or "updates"; default the metric where every record has it.
    basis : "parameters" for a metric one number a parameter; "eigenvectors" for a full one: κ's eigenvectors u from every third
        sample, then ln uᵀgu against ln uᵀκu of the other two thirds. Default by the shape of the metric.
    clusters : (P,) labels of parameters whose deviations go together, as of one hidden unit; default each its own.
    dead : parameters with κ ≤ dead·median in any checkpoint are left out and counted. None: a zero variance is an error.
    level, resamples, seed : of the interval.

    Raises
    ------
    ArgumentError : fewer than 10 parameters, dead ones without a rule, what is asked for not recorded.
    RegimeError : κ hardly differs between parameters (ln κ₁ and ln κ₂ not correlated by 4 standard deviations of Fisher's z).
        Or ε is over a tenth of g for more than half of the parameters: then g is no power of κ.
    Warns AccuracyWarning where ε is over a tenth of g for some: α comes out too small.

    What it measures is how the metric follows the noise κ *of its checkpoint*. Where κ drifts within the memory 1/(1 − β₂), g
    is a power of an older κ: α of Adam with β₂ = .999 came out as .34 to .53 over ten runs of 2000 steps, as .48 to .50 when
    the moments were gathered anew at the same parameters. A second moment κ + mean² in place of the covariance bends α where
    mean² is not small against κ of a minibatch. Common factors (momentum, learning rate) drop out. A full metric averaged over
    hardly more gradients than it has parameters is another matrix than κ^α: α too large by .01 at 10 P gradients
    for α = ½, by .05 at 2 P, in simulations; not for α = 1.

    Coverage of the 95 % interval in simulations with four checkpoints and unequal, persistent residuals: .94, .93, .93, .95 for
    12, 20, 40, 100 independent parameters (1000 runs each), without the part of the checkpoints. In the network of validation
    43 most of the error is shared by all parameters of a checkpoint and estimated from the differences of four. With the
    normal quantile for that part coverage was .89, with Student's it is .93 (196 of 210 runs, seeds 6000 to 6029 of its seven
    optimisers but SGD; .95 ± .015 expected). What still misses is bias: −.004 at α = 1, where a metric of few gradients is
    a noisy power of κ; labels of units as ``clusters`` change nothing there.

    Source: instrumental variables by split samples, Angrist and Krueger, J. Bus. Econ. Stat. 13 (1995) 225.
    The regimes: Vanchurin, Geometric learning dynamics, arXiv:2504.14728.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> kappa = 10 ** rng.uniform(-2, 2, 100)
    >>> record = GradientRecord(np.sqrt(kappa) * rng.standard_normal((60, 100)), metric=kappa)
    >>> estimate = estimate_alpha(record)
    >>> estimate.regime, abs(estimate.value - 1) < 0.03
    ('quantum', True)
    """
    logs, source, basis, records = _read(records, source, basis, dead)
    level = checks.real("level", level, least=0.5, most=0.999)
    resamples = checks.integer("resamples", resamples, least=199)
    rng = np.random.default_rng(checks.integer("seed", seed, least=0))
    count, groups = logs.y.shape[1], _clusters(clusters, logs, basis, records[0].parameters)
    if count < _LEAST:
        checks.fail("records", f"must leave {_LEAST} or more {basis}", f"{count}, {logs.excluded} left out",
                    "α is a slope across parameters.")
    y, x1, x2 = (centred(z) for z in (logs.y, logs.x1, logs.x2))
    _check_spread(x1, x2)
    _check_floor(logs, count)
    whole = slopes(y, x1, x2, np.ones((1, groups.max() + 1)), groups)
    low, high, unresolved = studentised(y, x1, x2, groups, level=level, resamples=resamples, rng=rng)
    squares = np.array([np.sum(x1 * x1), np.sum(x2 * x2)])
    unsplit = float(np.mean([np.sum(y * x1), np.sum(y * x2)] / squares))
    value, own = float(whole.value[0]), jackknife(y, x1, x2, groups)
    shared = checkpoint_jackknife(y, x1, x2)
    error, wider = float(np.hypot(own, shared)), widening(own, shared, int(groups.max()), len(y) - 1, level)
    low, high = (value + (edge - value) * wider for edge in (low, high))
    if source == "updates":
        value, error, unsplit, low, high = (1 - value) / 2, error / 2, (1 - unsplit) / 2, (1 - high) / 2, (1 - low) / 2
    return AlphaEstimate(value, error, (low, high), level, unsplit, float(np.sum(x1 * x2) / np.mean(squares)), count,
                         int(groups.max()) + 1, len(records), logs.excluded, logs.floored, unresolved, source, basis)


def _read(records: GradientRecord | Iterable[GradientRecord], source: str | None, basis: str | None,
          dead: float | None) -> tuple[Logarithms, str, str, list[GradientRecord]]:
    if not isinstance(records, GradientRecord | Iterable):
        checks.fail("records", "must be one or more GradientRecord", records)
    rows = [records] if isinstance(records, GradientRecord) else list(records)
    if not rows or not all(isinstance(row, GradientRecord) for row in rows):
        checks.fail("records", "must be one or more GradientRecord", rows)
    if len({row.parameters for row in rows}) > 1:
        checks.fail("records", "must have the same parameters at every checkpoint",
                    f"{sorted({row.parameters for row in rows})}")
    if source is None:
        source = "metric" if all(row.metric is not None for row in rows) else "updates"
    checks.choice("source", source, ("metric", "updates"))
    if any((row.metric if source == "metric" else row.updates) is None for row in rows):
        checks.fail("records", f"must all hold {source} for source={source!r}", "one without",
                    "Record the optimiser's metric or its updates.")
    full = any(row.metric is not None and row.metric.ndim == 2 for row in rows)
    basis = basis or ("eigenvectors" if full else "parameters")
    checks.choice("basis", basis, ("parameters", "eigenvectors"))
    if basis == "parameters" and full and source == "metric":
        checks.fail("basis", "must be 'eigenvectors' for a full metric", basis)
    if dead is not None:
        dead = checks.real("dead", dead, above=0, most=0.1)
    logs = along_eigenvectors(rows, source) if basis == "eigenvectors" else along_parameters(rows, source, dead)
    return logs, source, basis, rows


def _clusters(clusters: Any, logs: Logarithms, basis: str, parameters: int) -> np.ndarray:
    """Numbers 0 … C − 1 of the clusters of the parameters kept."""
    if clusters is None:
        return np.arange(logs.kept.size)
    if basis == "eigenvectors":
        checks.fail("clusters", "are of parameters, and must be left out for eigenvectors", "labels")
    labels = np.asarray(clusters)
    if labels.shape != (parameters,):
        checks.fail("clusters", f"must hold one label a parameter, shape ({parameters},)", f"shape {labels.shape}")
    numbers = np.unique(labels[logs.kept], return_inverse=True)[1]
    if numbers.max() + 1 < _FEWEST:
        checks.fail("clusters", f"must be {_FEWEST} or more, for an error to be seen", f"{numbers.max() + 1}")
    return numbers


def _check_spread(x1: np.ndarray, x2: np.ndarray) -> None:
    """Whether ln κ differs between parameters by more than its noise: Fisher's z of the correlation of the halves."""
    correlation = np.sum(x1 * x2) / np.sqrt(np.sum(x1 * x1) * np.sum(x2 * x2)) if np.any(x1) and np.any(x2) else 0.0
    z = np.arctanh(min(float(correlation), 1 - 1e-12)) * np.sqrt(x1.size - 3)
    if z < _RESOLVED:
        raise RegimeError("the gradient noise κ must differ between parameters for a power of it to be seen; the correlation "
                          f"of ln κ₁ and ln κ₂ is {correlation:.3g}. Take more samples or parameters, or inputs of other scales.")


def _check_floor(logs: Logarithms, count: int) -> None:
    if 2 * logs.floored > count:
        raise RegimeError(f"ε is over a tenth of the metric for {logs.floored} of {count} parameters: g is no power of κ there. "
                          "Run the optimiser with a smaller ε.")
    if logs.floored:
        warnings.warn(f"ε is over a tenth of the metric for {logs.floored} of {count} parameters: α comes out too small.",
                      AccuracyWarning, stacklevel=3)
