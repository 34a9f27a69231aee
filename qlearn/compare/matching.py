"""What is compared with what: the times that reference and ensemble share, the law and the learners at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.compare.distance_tests import Counts, Learners, Reference, Sample
from qlearn.densities import GridDensity
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.minibatch.fokker_planck import FokkerPlanck
from qlearn.ensembles.minibatch.transfer_operator import TransferOperator
from qlearn.results import Result

__all__ = ["Pair", "given_times", "indices_of", "pairs_of", "shared_times"]


@dataclass(frozen=True, eq=False)
class Pair:
    """Learners at a time and what they should follow; ``outside`` counts learners beyond the grid of the law."""

    time: float
    sample: Learners
    law: Reference
    coordinate: str = ""            # " of q2" where one coordinate is compared
    outside: int = 0


def pairs_of(reference: Any, ensemble: Ensemble, times: Any, axis: Any) -> list[Pair]:
    """A Pair for every time, and for every coordinate asked for."""
    axes = _axes(axis, ensemble.ndim)
    pairs = [Pair(time, sample, law, outside=_outside(sample, law)) for time, sample, law in _pairs(reference, ensemble, times)]
    if axes is None:
        return pairs
    return [Pair(pair.time, pair.sample.along(one), _marginal(pair.law, one), f" of q{one + 1}", pair.outside)
            for pair in pairs for one in axes]


def given_times(times: Any) -> np.ndarray:
    """Times (n,) as given, one or several."""
    given = np.atleast_1d(checks.finite_array("times", times))
    if given.ndim != 1 or given.size == 0:
        checks.fail("times", "must be a time or a list of times", f"shape {given.shape}", "Leave it out for all times in common.")
    return given


def _axes(axis: Any, ndim: int) -> list[int] | None:
    if axis is None:
        return None
    axes = [axis] if isinstance(axis, int | np.integer) else list(axis)
    if not axes:
        checks.fail("axis", "must be an axis or several", "none", "Leave it out to compare all coordinates together.")
    return [checks.integer("axis", one, least=0, most=ndim - 1) for one in axes]


def _marginal(law: Reference, axis: int) -> Reference:
    if isinstance(law, Sample | Counts):
        return law.along(axis)
    return law if law.grid.ndim == 1 else law.marginal(axis)


def _outside(sample: Learners, law: Reference) -> int:
    """Learners beyond the grid along a line; a ring has no outside."""
    if isinstance(sample, Counts):
        return sample.outside
    if not isinstance(law, GridDensity):
        return 0
    beyond = np.zeros(len(sample.points), dtype=bool)
    for q, ring, (a, b) in zip(sample.points.T, sample.rings, law.grid.bounds, strict=True):
        if not ring:
            beyond |= (q < a) | (q > b)
    return int(np.count_nonzero(beyond))


def _pairs(reference: Any, ensemble: Ensemble, times: Any) -> list[tuple[float, Learners, Reference]]:
    """(time, positions, law) for every time to compare at."""
    if isinstance(reference, TransferOperator | FokkerPlanck):
        reference = reference.stationary
    if isinstance(reference, Result | Ensemble):
        chosen = shared_times(reference.times, ensemble.times) if times is None else given_times(times)
        there = indices_of("times", chosen, reference.times, "the reference")
    else:
        laws = [reference] if isinstance(reference, GridDensity) else list(_densities(reference))
        chosen = ensemble.times[-len(laws):] if times is None else given_times(times)
        if isinstance(reference, GridDensity):
            laws = laws * len(chosen)
        if len(laws) != len(chosen):
            checks.fail("times", "must be as many as the densities", f"{len(chosen)} times, {len(laws)} densities")
    here = indices_of("times", chosen, ensemble.times, "the ensemble")
    samples = [_sample(ensemble, index) for index in here]
    if isinstance(reference, Result):
        laws = [reference.density(index) for index in there]
    elif isinstance(reference, Ensemble):
        return [(float(t), mine, _other(reference, index, ensemble))
                for t, mine, index in zip(chosen, samples, there, strict=True)]
    for law in laws:
        _check_fit(law, ensemble)
    return list(zip((float(t) for t in chosen), samples, laws, strict=True))


def _sample(ensemble: Ensemble, index: int) -> Learners:
    if ensemble.streamed is not None:
        return Counts.of(ensemble.streamed, index, ensemble.periods)
    return Sample(ensemble.wrapped(index), ensemble.periods)


def _other(reference: Ensemble, index: int, ensemble: Ensemble) -> Learners:
    if reference.periods != ensemble.periods:
        checks.fail("reference", f"must have the periods {ensemble.periods} of the ensemble", f"{reference.periods}")
    return _sample(reference, index)


def _densities(reference: Any) -> Sequence[GridDensity]:
    laws = reference if isinstance(reference, list | tuple) else [reference]
    for law in laws:
        if not isinstance(law, GridDensity):
            checks.fail("reference", "must be a Result, GridDensity, list of GridDensity, operator or Ensemble",
                        type(law).__name__)
    return laws


def _check_fit(law: GridDensity, ensemble: Ensemble) -> None:
    if law.grid.ndim != ensemble.ndim:
        checks.fail("reference", f"must have {ensemble.ndim} coordinates, as the ensemble", f"{law.grid.ndim}")
    for period, length in zip(ensemble.periods, law.grid.lengths, strict=True):
        if period is not None and not np.isclose(period, length, rtol=1e-9, atol=0):
            checks.fail("reference", f"must live on a ring of length {period:g}, as the ensemble", f"{length:g}")


def shared_times(there: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Times that both have, but the first of the ensemble where there are others: there the learners were drawn."""
    tolerance = 1e-9 * max(np.ptp(here), np.max(np.abs(here)))
    both = here[np.min(np.abs(here[:, None] - there), axis=1) <= tolerance]
    if len(both) == 0:
        checks.fail("reference", "must have a time in common with the ensemble", f"{there[0]:g} … {there[-1]:g}")
    return both[1:] if len(both) > 1 and both[0] == here[0] else both


def indices_of(argument: str, wanted: np.ndarray, stored: np.ndarray, whose: str) -> list[int]:
    tolerance = 1e-9 * max(np.ptp(stored), np.max(np.abs(stored)))
    indices = [int(np.argmin(np.abs(stored - t))) for t in wanted]
    for t, index in zip(wanted, indices, strict=True):
        if abs(stored[index] - t) > tolerance:
            checks.fail(argument, f"must be stored times of {whose}", f"{t:g}",
                        f"They are {np.array2string(stored, threshold=8, precision=6)}.")
    return indices
