"""What is recorded of an optimiser at one checkpoint, to infer its regime from."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["GradientRecord"]


@final
@dataclass(frozen=True, eq=False)
class GradientRecord:
    """Gradient noise and metric at one frozen state of a training run; P parameters.

    Parameters
    ----------
    gradients : (n, P), n ≥ 4: gradients of single samples, or of minibatches of one size, drawn independently at these
        parameters, in random order: even and odd rows are the two halves whose covariances κ₁, κ₂ are the instruments of
        each other. Draw as the learner draws, with replacement: the errors of two halves of one whole data set are
        opposite, and α then comes out too large, by the factor 1 + (1 − reliability).
    metric : (P,) the optimiser's g, in q ← q − η g⁻¹ m, or (P, P) a matrix; None if it cannot be seen.
    updates : (r, P), r ≥ 4: steps Δq that r independent minibatches would make from this same state; None if not recorded.
    floor : what g would be without gradients (ε, and δ^α): where it is a large part of g the metric is no power of κ.

    Raises ArgumentError for wrong shapes, values that are not finite, a metric that is not positive (definite).

    >>> rng = np.random.default_rng(0)
    >>> spread = np.array([0.1, 1.0, 10.0])
    >>> record = GradientRecord(spread * rng.standard_normal((400, 3)), metric=spread)
    >>> record.parameters, record.halves().shape
    (3, (2, 3))
    """

    gradients: np.ndarray
    metric: np.ndarray | None = None
    updates: np.ndarray | None = None
    floor: float = 0.0

    def __post_init__(self) -> None:
        gradients = checks.finite_array("gradients", self.gradients, shape=(None, None))
        if len(gradients) < 4:
            checks.fail("gradients", "must be four or more, for two halves", f"{len(gradients)}")
        size = gradients.shape[1]
        metric = None if self.metric is None else _metric(self.metric, size)
        updates = None if self.updates is None else checks.finite_array("updates", self.updates, shape=(None, size))
        if updates is not None and len(updates) < 4:
            checks.fail("updates", "must be four or more, to have a variance", f"{len(updates)}")
        for name, value in (("gradients", gradients), ("metric", metric), ("updates", updates),
                            ("floor", checks.real("floor", self.floor, least=0))):
            object.__setattr__(self, name, value)

    @property
    def parameters(self) -> int:
        """P."""
        return self.gradients.shape[1]

    def halves(self) -> np.ndarray:
        """(2, P): variances of the gradients of even and of odd rows."""
        return np.stack([self.gradients[k::2].var(axis=0, ddof=1) for k in (0, 1)])


def _metric(metric: Any, size: int) -> np.ndarray:
    metric = checks.finite_array("metric", metric)
    if metric.shape not in ((size,), (size, size)):
        checks.fail("metric", f"must have shape ({size},) or ({size}, {size})", f"shape {metric.shape}")
    if metric.ndim == 2 and np.max(np.abs(metric - metric.T)) > 1e-9 * np.max(np.abs(metric)):
        checks.fail("metric", "must be symmetric", f"an asymmetry of {np.max(np.abs(metric - metric.T)):.3g}")
    least = metric.min() if metric.ndim == 1 else np.linalg.eigvalsh(metric)[0]
    if not least > 0:
        checks.fail("metric", "must be positive" if metric.ndim == 1 else "must be positive definite", f"a value {least:.3g}")
    return metric
