"""Rates against the lag they are measured at: where they stop depending on it, and what error bars say of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.inference.correlations import GROUPS, correlations, recorded, whole_lags
from qlearn.inference.koopman import NOISY, estimates
from qlearn.inference.stationarity import Stationarity, hotelling, stationarity

__all__ = ["Consistency", "ImpliedTimescales", "implied_timescales"]


@final
@dataclass(frozen=True)
class Consistency:
    """λ_j(lag) = λ_j(declared lag)^(lag/declared lag) for all rates at once, by the differences of the rates.

    defect : largest |r_j(lag)/r_j(declared) − 1|.     statistic, p_value : Hotelling's F over the rates, and its tail; the
    differences come from the same groups of replicas, so their common noise cancels.
    """

    declared: float
    lag: float
    defect: float
    statistic: float
    p_value: float


@final
@dataclass(frozen=True, eq=False)
class ImpliedTimescales:
    """lags (n,); rates, errors, biases (n, k), ascending at each lag, NaN where nothing is left to see (λ ≤ 0);
    noise (n, k), the relative errors of the eigenvalues, infinite where they are below 3 √(functions/pairs);
    pseudovalues (n, GROUPS, k) of the jackknife, whose means are the rates without their bias; stationarity."""

    lags: np.ndarray
    rates: np.ndarray
    errors: np.ndarray
    biases: np.ndarray
    noise: np.ndarray
    pseudovalues: np.ndarray
    stationarity: Stationarity

    @property
    def timescales(self) -> np.ndarray:
        """1/rate, (n, k)."""
        return 1 / self.rates

    @property
    def timescale_errors(self) -> np.ndarray:
        """Standard errors of 1/rate to first order, (n, k)."""
        return self.errors / self.rates**2

    @property
    def seen(self) -> np.ndarray:
        """(n, k) True where ``noise`` is at most 0.3: elsewhere the rate means nothing."""
        return self.noise <= NOISY

    def consistency(self, declared: float, lag: float, k: int | None = None) -> Consistency:
        """The Chapman–Kolmogorov relation of the first k rates (default: those seen at both lags) between two of the lags.

        A small p says that the declared lag is too short for this basis, or that the coordinates are not Markovian.
        """
        first, second = (self._row(name, value) for name, value in (("declared", declared), ("lag", lag)))
        if first == second:
            checks.fail("lag", "must differ from the declared one", lag)
        able = self.seen[first] & self.seen[second]
        most = int(np.argmin(able)) if not able.all() else len(able)
        if most == 0:
            checks.fail("lag", "must leave rates that can be seen", lag, "Take a shorter lag.")
        k = most if k is None else checks.integer("k", k, least=1, most=most, remedy="The other rates drown in noise.")
        a, b = self.rates[first, :k], self.rates[second, :k]
        statistic, p_value, _ = hotelling((self.pseudovalues[second] - self.pseudovalues[first])[:, :k])
        return Consistency(declared, lag, float(np.max(np.abs(b / a - 1))), statistic, p_value)

    def plot(self, **settings: Any) -> Any:
        """Draw 1/rate against the lag: see qlearn.plots."""
        from qlearn.plots import implied_timescales

        return implied_timescales(self, **settings)

    def _row(self, name: str, lag: float) -> int:
        row = int(np.argmin(np.abs(self.lags - checks.real(name, lag, above=0))))
        if abs(self.lags[row] - lag) > 1e-6 * lag:
            checks.fail(name, "must be one of the lags", lag, f"They are {np.array2string(self.lags, threshold=12)}.")
        return row


def implied_timescales(ensemble: Ensemble, lags: Sequence[float], *, basis: Any, k: int, since: float = -np.inf,
                       reversible: bool = False, cutoff: float = 1e-6) -> ImpliedTimescales:
    """The first k relaxation rates at each of the lags, all other arguments those of ``relaxation_rates``.

    Rates that fall with the lag tell of a basis that is too small (for reversible dynamics they fall to the true ones), and a
    declared lag is long enough where they no longer do. Beyond a lag of a few 1/rate only noise is left, see ``seen``. What was
    not stationary is in ``stationarity``; nothing warns here.

    >>> rng = np.random.default_rng(0)
    >>> q = np.cumsum(np.sqrt(0.2) * rng.standard_normal((5, 4000)), axis=0) + rng.uniform(0, 2 * np.pi, 4000)
    >>> found = implied_timescales(Ensemble(0.1 * np.arange(5), q[..., None], (2 * np.pi,)), [0.1, 0.2, 0.4], basis=2, k=2)
    >>> bool(np.all(np.abs(found.rates - 1) < 4 * found.errors)), found.consistency(0.1, 0.2).p_value > 1e-3
    (True, True)
    """
    times, positions, spacing = recorded(ensemble, since)
    steps = whole_lags("lags", list(lags), spacing, len(times))
    if not steps or any(b <= a for a, b in pairwise(steps)):
        checks.fail("lags", "must be increasing and not empty", lags)
    k = checks.integer("k", k, least=1)
    cutoff = checks.real("cutoff", cutoff, above=0, most=0.1)
    sums = correlations(positions, ensemble.periods, basis, steps)
    found = estimates(sums, k, [step * spacing for step in steps], bool(reversible), cutoff)
    rates = np.array([one.rates for one in found])
    biases = np.array([one.bias for one in found])
    pseudovalues = np.array([one.rates - one.bias - (GROUPS - 1) * one.deviations for one in found])
    return ImpliedTimescales(spacing * np.array(steps), rates, np.array([one.errors for one in found]), biases,
                             np.array([one.noise for one in found]), pseudovalues, stationarity(sums.early, sums.late))
