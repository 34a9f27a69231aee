"""Relaxation rates measured from an ensemble by the variational approach, with jackknife errors over the replicas."""

import warnings
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import AccuracyWarning, RegimeError
from qlearn.inference.correlations import GROUPS, correlations, recorded, whole_lags
from qlearn.inference.koopman import NOISY, Estimate, estimates
from qlearn.inference.stationarity import Stationarity, stationarity, time_reversal

__all__ = ["MeasuredRates", "relaxation_rates"]

_ALARM = 1e-3       # level of the test of stationarity


@final
@dataclass(frozen=True, eq=False)
class MeasuredRates:
    """Rates with standard errors; lag and basis are what they were measured with.

    values : (k,) per unit of the ensemble's time, ascending.     errors, covariance : (k,), (k, k) standard errors by jackknife.
    degrees_of_freedom : of the errors, jackknife groups − 1.
    frequencies, frequency_errors : (k,) Im ln λ/τ, positive member of a pair first, only defined modulo 2π/τ; 0 if reversible.
    bias : (k,) jackknife estimate of what noise adds to the values on average; not subtracted.
    functions, dropped : how many the basis has, and how many directions fell below the cutoff.
    cutoff : on the singular values of the functions at unit variance, relative to the largest.
    reversible : whether detailed balance was declared.     time_reversal : p-value of C(τ) = C(τ)†, which it implies.
    stationarity : its test.
    """

    values: np.ndarray
    errors: np.ndarray
    covariance: np.ndarray
    lag: float
    basis: Any
    degrees_of_freedom: int
    frequencies: np.ndarray
    frequency_errors: np.ndarray
    bias: np.ndarray
    functions: int
    dropped: int
    cutoff: float
    reversible: bool
    time_reversal: float
    stationarity: Stationarity

    def __str__(self) -> str:
        rows = [f"rate {n}: {value:.5g} ± {error:.2g}" + (f", frequency {f:.5g} ± {df:.2g}" if f else "")
                for n, (value, error, f, df) in enumerate(zip(self.values, self.errors, self.frequencies, self.frequency_errors,
                                                              strict=True), 1)]
        kept = f"{self.functions} functions" + (f", {self.dropped} directions dropped" if self.dropped else "")
        return "\n".join([*rows, f"lag {self.lag:g}, {kept}, {'reversible' if self.reversible else 'not symmetrised'}; "
                          f"{self.stationarity}"])


def relaxation_rates(ensemble: Ensemble, *, basis: Any, k: int, since: float = -np.inf, lag: float | None = None,
                     reversible: bool = False, cutoff: float | None = None) -> MeasuredRates:
    """Rates r_j = −Re ln λ_j/τ, λ the eigenvalues of C(0)⁻¹C(τ) in the space of declared functions e_a.

        C(0)_ab = ⟨e_a*(q_t) e_b(q_t)⟩,   C(τ)_ab = ⟨e_a*(q_t) e_b(q_{t+τ})⟩

    averaged over the replicas and over all pairs of records τ apart. The basis is declared, not fitted. The standard errors come
    from a jackknife over 100 groups of replicas, so correlations in time along a replica are accounted for.

    Parameters
    ----------
    ensemble : at least 1000 independent replicas, stationary from ``since`` on, recorded at equal lags.
    basis : on one ring a whole number, the Fourier modes e^{inx}, |n| ≤ basis, x = 2πq/L; on several rings their products up to
        that total degree; with a line among the axes a ``ProductBasis`` with its centre and scale; or a callable
        f(q (n, d)) -> (n, m), real or complex, to which the constant is added (q is unwrapped: f must be periodic on rings).
    k : how many rates, the stationary λ = 1 left out.
    lag : τ, a multiple of the spacing of the records; default that spacing.
    reversible : True declares detailed balance: C(0) of both ends of the pairs and C(τ) are symmetrised, and every λ is real.
        Where a current runs that is wrong, and what comes out are no rates: ``time_reversal`` tests it. False: nothing is
        assumed, and complex pairs are told by ``frequencies``.
    cutoff : directions in which the singular value of the functions, each at unit variance, is below this share of the largest
        are dropped, for they are linear dependences. Default 1e-6, with a warning where it drops any.

    Raises
    ------
    ArgumentError for a bad argument, too few replicas, unequal lags. RegimeError where a reversible λ is not positive: noise.
    Warns AccuracyWarning: not stationary (Hotelling's T² of first against last half, false-alarm rate 1e-3); declared reversible
    and C(τ) not symmetric (the same test of the first 40 entries of C(τ) − C(τ)†, the same rate); a λ whose relative
    error exceeds 0.3, or which is below 3 √(functions/pairs), drowned in noise.

    Where it fails. *Basis*: one that is too small makes the rates too large, never too small, for reversible dynamics
    (variational), and more so at short lags; look at ``implied_timescales``. *Noise*: a rate r is seen while e^{−rτ} exceeds
    about 1/√(replicas); the noise of many functions shifts rates, see ``bias``, and two rates closer
    than a few errors push each other apart: the errors are right where both are small. *Lag*: short ones show the
    basis, long ones the noise; decide on it before looking at the rates. *Frequencies* above π/τ are aliased. Functions with
    heavy tails have noisy averages.

    Source: Noé and Nüske, Multiscale Model. Simul. 11 (2013) 635; Williams et al., J. Nonlinear Sci. 25 (2015) 1307.

    Examples
    --------
    >>> import qlearn as ql
    >>> system = ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5)
    >>> start = np.random.default_rng(0).normal(0, 0.5**0.5, 4000)
    >>> run = ql.simulate(system, start, [0.0, 0.5, 1.0, 1.5], kind="static", learners=4000, seed=1)
    >>> rates = relaxation_rates(run, basis=ql.ProductBasis(3, center=0.0, scale=0.5**0.5), k=1, reversible=True)
    >>> bool(abs(rates.values[0] - 1) < 4 * rates.errors[0])
    True
    """
    times, positions, spacing = recorded(ensemble, since)
    steps = whole_lags("lag", [spacing if lag is None else lag], spacing, len(times))
    k = checks.integer("k", k, least=1)
    share = 1e-6 if cutoff is None else checks.real("cutoff", cutoff, above=0, most=0.1)
    sums = correlations(positions, ensemble.periods, basis, steps)
    found = estimates(sums, k, [steps[0] * spacing], bool(reversible), share)[0]
    at_rest = stationarity(sums.early, sums.late)
    turned = time_reversal(sums.odd(0))
    _complain(found, at_rest, basis, cutoff, turned if reversible else 1.0)
    return MeasuredRates(found.rates, found.errors, found.covariance, found.lag, basis, GROUPS - 1, found.frequencies,
                         found.frequency_errors, found.bias, sums.size, found.dropped, share, bool(reversible), turned, at_rest)


def _complain(found: Estimate, at_rest: Stationarity, basis: Any, cutoff: float | None, turned: float) -> None:
    lost = np.flatnonzero(~np.isfinite(found.rates) | ~np.isfinite(found.errors))
    if lost.size:
        raise RegimeError(f"rate {lost[0] + 1} is lost in noise: its eigenvalue at lag {found.lag:g} cannot be told from 0. Ask "
                          f"for k={lost[0]} rates, or take a shorter lag or more replicas.")
    if at_rest.p_value < _ALARM:
        warnings.warn(f"the ensemble is not stationary: {at_rest}. Take since later, or the rates are those of no equilibrium.",
                      AccuracyWarning, stacklevel=3)
    if turned < _ALARM:
        warnings.warn(f"reversible=True is contradicted by the ensemble: C(τ) is not symmetric, p = {turned:.2g}. A current "
                      "runs, or it is not at rest: take reversible=False.", AccuracyWarning, stacklevel=3)
    noisy = np.flatnonzero(found.noise > NOISY)
    if noisy.size:
        warnings.warn(f"rate {noisy[0] + 1} drowns in noise: its eigenvalue at lag {found.lag:g} is below {found.floor:.1g} or "
                      "known to no better than 30 %. Take fewer rates, a shorter lag or more replicas.", AccuracyWarning,
                      stacklevel=3)
    if cutoff is None and found.dropped:
        warnings.warn(f"{found.dropped} directions of the basis {basis!r} were dropped as linear dependences (singular values "
                      "below 1e-6 of the largest). Declare cutoff=, or take independent functions.", AccuracyWarning,
                      stacklevel=3)
