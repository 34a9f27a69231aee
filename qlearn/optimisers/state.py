"""What an optimiser remembers between steps."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn.optimisers.layout import Layout

__all__ = ["OptimiserState"]


@final
@dataclass(frozen=True, eq=False)
class OptimiserState:
    """Moments of the gradients so far, P parameters; with bias correction they are stored corrected.

    step : gradients taken in.     layout : how the parameters are kept.
    first : (P,) average of h with β₁.     mean : (P,) average of h with β₂, None unless the statistic is "covariance".
    statistic : (P,) or (P, P), what the metric is made of; None for α = 0.
    """

    step: int
    layout: Layout
    first: np.ndarray
    mean: np.ndarray | None
    statistic: np.ndarray | None

    def content(self) -> dict[str, Any]:
        """As a tree of arrays and numbers."""
        names = None if self.layout.names is None else [str(name) for name in self.layout.names]
        return {"step": self.step, "container": self.layout.kind.__name__, "names": names,
                "shapes": [list(shape) for shape in self.layout.shapes],
                "first": self.first, "mean": self.mean, "statistic": self.statistic}
