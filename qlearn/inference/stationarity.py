"""Is an ensemble at rest? The means of declared functions early against late, tested with Hotelling's T²."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.stats import f as fisher

__all__ = ["Stationarity", "hotelling", "stationarity", "time_reversal"]

_FUNCTIONS = 40     # tested at most, those declared first; 100 groups leave 60 degrees of freedom


@final
@dataclass(frozen=True)
class Stationarity:
    """statistic : T²(G − p)/((G − 1)p), which is F(p, G − p) distributed at rest.    p_value : its tail.    functions : p."""

    statistic: float
    p_value: float
    functions: int

    def __str__(self) -> str:
        return (f"first against last half of the records: F = {self.statistic:.3g} over {self.functions} functions, "
                f"p = {self.p_value:.2g}")


def stationarity(early: np.ndarray, late: np.ndarray) -> Stationarity:
    """T² of the differences late − early, (groups, functions): each replica counts on both sides, so that only change is seen."""
    statistic, p_value, functions = hotelling((late - early)[:, :_FUNCTIONS])
    return Stationarity(statistic, p_value, functions)


def time_reversal(odd: np.ndarray) -> float:
    """p-value of the odd parts of the correlations, (groups, entries), being 0 on average."""
    return hotelling(odd[:, :_FUNCTIONS])[1]


def hotelling(differences: np.ndarray) -> tuple[float, float, int]:
    """F statistic, p-value and rank for the mean of independent rows (groups, p) being 0; linear dependences left out."""
    groups = len(differences)
    mean = differences.mean(axis=0)
    spread = differences - mean
    size = np.sqrt(np.mean(spread**2, axis=0))
    used = size > 0
    _, values, turned = np.linalg.svd(spread[:, used] / size[used], full_matrices=False)
    kept = values > 1e-6 * np.max(values, initial=0.0)
    rank = int(np.count_nonzero(kept))
    if rank == 0:
        return 0.0, 1.0, 0
    t_squared = groups * (groups - 1) * float(np.sum((turned[kept] @ (mean[used] / size[used]) / values[kept]) ** 2))
    statistic = t_squared * (groups - rank) / ((groups - 1) * rank)
    return statistic, float(fisher.sf(statistic, rank, groups - rank)), rank
