"""Relaxation rates measured from an ensemble by the variational approach, with jackknife errors over the replicas."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble

__all__ = ["MeasuredRates", "relaxation_rates"]

_GROUPS = 100


@dataclass(frozen=True, eq=False)
class MeasuredRates:
    """``values`` (k,) per unit of the ensemble's time, ascending; ``errors`` (k,) standard errors; ``covariance`` (k, k);
    ``lag``; ``basis``; ``degrees_of_freedom`` of the errors (jackknife groups − 1)."""

    values: np.ndarray
    errors: np.ndarray
    covariance: np.ndarray
    lag: float
    basis: int
    degrees_of_freedom: int


def relaxation_rates(ensemble: Ensemble, *, basis: int, k: int, since: float = -np.inf) -> MeasuredRates:
    """Rates r_j = −ln|λ_j|/τ, λ the eigenvalues of C(0)⁻¹C(τ), in the Fourier basis e^{inx}, |n| ≤ basis, x = 2πq/L.

        C(0)_ab = ⟨conj(e_a(q_t)) e_b(q_t)⟩,   C(τ)_ab = ⟨conj(e_a(q_t)) e_b(q_{t+τ})⟩

    averaged over the replicas and over all pairs of consecutive records (whose spacing τ must be one) from time ``since``
    on.  The basis is declared, not fitted.  The ensemble must be stationary from ``since`` on; the standard errors come
    from a jackknife over 100 groups of replicas, so correlations in time along a replica are accounted for.

    Where it fails: rates faster than about 1/τ·ln√(pairs) drown in noise; a basis too small for the eigenfunctions makes
    the rates too large (variational for reversible dynamics).

    Raises ArgumentError where the ensemble is not on one ring, too small, or recorded at unequal lags.

    Source: Noé and Nüske, Multiscale Model. Simul. 11 (2013) 635; Williams et al., J. Nonlinear Sci. 25 (2015) 1307.
    """
    basis = checks.integer("basis", basis, least=1)
    k = checks.integer("k", k, least=1, most=2 * basis, remedy="Use a larger basis.")
    times, x = _recorded(ensemble, since)
    lag = _one_lag(times)
    groups = np.arange(x.shape[1]) * _GROUPS // x.shape[1]
    now, later = _correlations(x, basis, groups)
    total_now, total_later = now.sum(axis=0), later.sum(axis=0)
    values = _rates(total_now, total_later, k, lag)
    left_out = np.array([_rates(total_now - a, total_later - b, k, lag) for a, b in zip(now, later, strict=True)])
    deviation = left_out - left_out.mean(axis=0)
    covariance = (_GROUPS - 1) / _GROUPS * deviation.T @ deviation
    return MeasuredRates(values, np.sqrt(np.diag(covariance)), covariance, lag, basis, _GROUPS - 1)


def _recorded(ensemble: Ensemble, since: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and angles x = 2πq/L (times, replicas) from since on."""
    if ensemble.positions is None or ensemble.positions.shape[2] != 1 or ensemble.periods[0] is None:
        checks.fail("ensemble", "must hold positions on one ring", f"periods {ensemble.periods}")
    chosen = ensemble.times >= since
    if ensemble.positions.shape[1] < 10 * _GROUPS or chosen.sum() < 2:
        checks.fail("ensemble", f"must hold at least {10 * _GROUPS} replicas and two records from since={since:g} on",
                    f"{ensemble.positions.shape[1]} replicas, {int(chosen.sum())} records")
    return ensemble.times[chosen], 2 * np.pi / ensemble.periods[0] * ensemble.positions[chosen, :, 0]


def _one_lag(times: np.ndarray) -> float:
    lags = np.diff(times)
    if np.ptp(lags) > 1e-9 * lags[0]:
        checks.fail("ensemble.times", "must be equally spaced from since on", np.array2string(times, threshold=8),
                    "Record at equal lags, or choose since later.")
    return float(lags[0])


def _correlations(x: np.ndarray, basis: int, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of conj(e_a) e_b now and one lag later, by group: two arrays (groups, size, size)."""
    bounds = np.searchsorted(groups, np.arange(_GROUPS + 1))
    size = 2 * basis + 1
    now, later = (np.zeros((_GROUPS, size, size), complex) for _ in range(2))
    for group, (a, b) in enumerate(pairwise(bounds)):
        e = _waves(x[:, a:b], basis)
        now[group] = np.conj(e[:, :-1].reshape(size, -1)) @ e[:, :-1].reshape(size, -1).T
        later[group] = np.conj(e[:, :-1].reshape(size, -1)) @ e[:, 1:].reshape(size, -1).T
    return now, later


def _waves(x: np.ndarray, basis: int) -> np.ndarray:
    """e^{inx} for n = −basis … basis, (2·basis + 1, *x.shape), by powers of e^{ix}."""
    e = np.empty((2 * basis + 1, *x.shape), complex)
    e[basis] = 1
    np.exp(1j * x, out=e[basis + 1])
    for n in range(2, basis + 1):
        np.multiply(e[basis + n - 1], e[basis + 1], out=e[basis + n])
    np.conj(e[:basis:-1], out=e[:basis])
    return e


def _rates(now: np.ndarray, later: np.ndarray, k: int, lag: float) -> np.ndarray:
    """−ln|λ|/τ ascending, without the constant's λ = 1."""
    values = np.sort(np.abs(np.linalg.eigvals(np.linalg.solve(now, later))))[::-1]
    return -np.log(values[1:k + 1]) / lag
