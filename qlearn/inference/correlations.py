"""Correlations of declared functions along replicas, by groups of replicas, without a copy of the positions.

    C(0)_ab = ⟨e_a*(q_t) e_b(q_t)⟩,    C(τ)_ab = ⟨e_a*(q_t) e_b(q_{t+τ})⟩
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.inference.bases import evaluator

__all__ = ["GROUPS", "Correlations", "correlations", "recorded", "whole_lags"]

GROUPS = 100            # of replicas, for the jackknife: fixed, because results depend on it
LARGEST = 1e100         # value of a function
_BYTES = 1 << 27        # of function values held at once


@final
@dataclass(frozen=True, eq=False)
class Correlations:
    """Sums over replicas and pairs of records, one matrix a group.

    now, end, later : (lags, GROUPS, m, m): the first records of the pairs, the last ones, and the pairs.
    pairs : (lags,) how many pairs of records.
    early, late : (GROUPS, m') real means of the functions over the first and the last half of the records.
    order : the functions without the constant, those of low degree first.
    """

    now: np.ndarray
    end: np.ndarray
    later: np.ndarray
    pairs: tuple[int, ...]
    early: np.ndarray
    late: np.ndarray
    order: np.ndarray

    def odd(self, row: int) -> np.ndarray:
        """C(τ) − C(τ)†, zero on average with detailed balance; of the lag in this row, (GROUPS, entries)."""
        later = self.later[row][:, self.order[:, None], self.order]
        a, b = np.tril_indices(len(self.order))
        odd = (later - np.conj(np.swapaxes(later, 1, 2)))[:, a, b]
        return np.stack([odd.real, odd.imag], axis=-1).reshape(GROUPS, -1) if np.iscomplexobj(odd) else odd

    @property
    def size(self) -> int:
        """m, the number of functions."""
        return self.now.shape[-1]


def recorded(ensemble: Any, since: float) -> tuple[np.ndarray, np.ndarray, float]:
    """Times (n,), positions (n, replicas, d) from since on, a view, and the spacing of the times."""
    if not isinstance(ensemble, Ensemble) or ensemble.positions is None:
        checks.fail("ensemble", "must be a qlearn.Ensemble with positions", type(ensemble).__name__)
    first = int(np.searchsorted(ensemble.times, since))
    times, positions = ensemble.times[first:], ensemble.positions[first:]
    if positions.shape[1] < 10 * GROUPS or len(times) < 2:
        checks.fail("ensemble", f"must hold at least {10 * GROUPS} replicas and two records from since={since:g} on",
                    f"{positions.shape[1]} replicas, {len(times)} records",
                    f"The standard errors come from {GROUPS} groups of replicas.")
    if np.all(positions[-1] == positions[-1, :1]):
        checks.fail("ensemble", "must hold independent replicas", "copies of one", "Their spread gives the standard errors.")
    if np.all(positions[0] == positions[-1]):
        checks.fail("ensemble", "must move", f"the same positions at times {times[0]:g} and {times[-1]:g}")
    lags = np.diff(times)
    if np.ptp(lags) > 1e-9 * lags[0]:
        checks.fail("ensemble.times", "must be equally spaced from since on", np.array2string(times, threshold=8),
                    "Record at equal lags, or choose since later.")
    return times, positions, float(lags[0])


def whole_lags(argument: str, lags: Sequence[float], spacing: float, records: int) -> list[int]:
    """Lags as whole numbers of record spacings, 1 … records − 1."""
    steps = []
    for lag in lags:
        number = checks.real(argument, lag, above=0) / spacing
        if abs(number - round(number)) > 1e-6 * number or not 1 <= round(number) <= records - 1:
            checks.fail(argument, f"must be a multiple of the spacing {spacing:g} of the records, at most "
                        f"{(records - 1) * spacing:g}", lag)
        steps.append(round(number))
    return steps


def correlations(positions: np.ndarray, periods: tuple[float | None, ...], basis: Any, steps: Sequence[int]) -> Correlations:
    """Correlations at lags of so many records; positions (records, replicas, d) are read group by group."""
    evaluate = evaluator(basis, periods)
    waves = len(periods) == 1 and isinstance(basis, int | np.integer)
    records, replicas, _ = positions.shape
    size = len(evaluate(positions[:, :1]))
    kind = evaluate(positions[:1, :1]).dtype
    now, end, later = (np.zeros((len(steps), GROUPS, size, size), kind) for _ in range(3))
    early, late = [], []
    bounds = np.searchsorted(np.arange(replicas) * GROUPS // replicas, np.arange(GROUPS + 1))
    chunk = max(1, _BYTES // (size * records * kind.itemsize))
    for group, (first, last) in enumerate(pairwise(bounds)):
        means = np.zeros((2, size), kind)
        for a in range(first, last, chunk):
            with np.errstate(over="ignore"):
                e = evaluate(positions[:, a:min(a + chunk, last)])
            _check_finite(e, positions[:, a:min(a + chunk, last)])
            for row, lag in enumerate(steps):
                _add(now[row, group], end[row, group], later[row, group], e, lag)
            half = records // 2
            means += np.stack([e[:, :half].sum(axis=(1, 2)), e[:, records - half:].sum(axis=(1, 2))])
        means = _real(means[:, size // 2 + 1:] if waves else means[:, 1:]) / ((last - first) * (records // 2))
        early.append(means[0])
        late.append(means[1])
    pairs = tuple(replicas * (records - lag) for lag in steps)
    order = np.argsort(np.abs(np.arange(size) - size // 2), kind="stable")[1:] if waves else np.arange(1, size)
    return Correlations(now, end, later, pairs, np.array(early), np.array(late), order)


def _check_finite(e: np.ndarray, positions: np.ndarray) -> None:
    """Squares of the functions must be numbers."""
    largest = float(np.max(np.abs(e)))
    if not largest < LARGEST:
        checks.fail("basis", f"must stay below {LARGEST:g} over the ensemble", f"{largest:.3g} for positions up to "
                    f"{np.max(np.abs(positions)):.3g}", "Look for learners that ran away, or take bounded functions.")


def _add(now: np.ndarray, end: np.ndarray, later: np.ndarray, e: np.ndarray, lag: int) -> None:
    size = len(e)
    first, last = e[:, :-lag].reshape(size, -1), e[:, lag:].reshape(size, -1)
    left = np.conj(first)
    now += left @ first.T
    later += left @ last.T
    end += np.conj(last) @ last.T


def _real(means: np.ndarray) -> np.ndarray:
    return np.concatenate([means.real, means.imag], axis=-1) if np.iscomplexobj(means) else means
