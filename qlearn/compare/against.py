"""compare: does an ensemble follow its reference, as far as its size can tell?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.compare.comparison import Comparison, Row, Verdict
from qlearn.compare.distance_tests import TESTS, Outcome, Reference, Sample
from qlearn.compare.monte_carlo import draws_for
from qlearn.compare.p_values import holm
from qlearn.compare.rates import compare_rates
from qlearn.densities import GridDensity
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.fokker_planck import FokkerPlanck
from qlearn.ensembles.transfer_operator import TransferOperator
from qlearn.results import Result

__all__ = ["LIMITED_SHARE", "compare"]

LIMITED_SHARE = 1e-3        # of the learner-steps with a limited drift, above which no ensemble passes


def compare(reference: Any, ensemble: Any, *, times: Any = None, tests: Sequence[str] = ("ks",), level: float = 0.01,
            tolerance: Any = None, seed: int = 0, basis: Any = None, k: int | None = None) -> Comparison:
    """Distances between an ensemble and its reference, with calibrated p-values and Holm's correction over all of them.

    ===============  ====================================================================================================
    "ks"             max|F_n − F|; 1-D.  On a ring it depends on the cut, which is the lower bound of the reference's grid
    "kuiper"         max(F_n − F) + max(F − F_n); 1-D; the same for every origin of a ring: the one to use there
    "chi2"           √(χ²/n) on about 2n^0.4 cells fixed by the reference (equally likely in 1-D, boxes in n-D)
    "wasserstein"    ∫|F_n − F| dq, on a ring less the cheapest shift; 1-D; p by drawing perfect samples
    "energy"         √(2E|X−Y| − E|X−X'| − E|Y−Y'|), any d; at most 1000 learners; p by permutation
    "rates"          relaxation rates: of an Ensemble (z-scores), or of another operator (within ``tolerance``)
    ===============  ====================================================================================================

    The p-values assume independent learners.  A large p says that this ensemble could not tell, not that the laws are equal.

    Parameters
    ----------
    reference : Result (|ψ|² at its times), GridDensity, a list of GridDensity (one a time), an operator (its stationary
        density; its rates), an array of rates, or an Ensemble (two-sample tests)
    ensemble : Ensemble; for "rates" also an operator or an array of rates
    times : stored times to compare at.  Default: all times that both have but the first (there learners are drawn); with
        one density the last; for "rates" all of them, else all from the first of these on
    level : family-wise error of the verdict
    tolerance : for "rates" of two operators: the margin of |reference/value − 1|, one number or one a rate
    seed : of the tests that draw
    basis, k : for "rates": what ``relaxation_rates`` takes, declared beforehand (on a ring the Fourier modes |n| ≤ basis), and
        how many rates

    Returns
    -------
    Comparison: .distances .p_values .p_adjusted .floors (arrays, one a test and time) .floor .rates .verdict .table()

    Raises
    ------
    ArgumentError, UnsupportedError ("ks", "kuiper", "wasserstein" in more than one dimension).

    Examples
    --------
    >>> import qlearn as ql
    >>> ring = ql.Grid(64, [(0, 2 * np.pi)])
    >>> law = GridDensity.wrapped_normal(ring, centre=1.0, width=0.7)
    >>> q = law.sample(2000, np.random.default_rng(0))
    >>> run = ql.Ensemble([0.0], q[None, :, None], periods=(2 * np.pi,))
    >>> ql.compare(law, run, tests=("kuiper", "chi2")).verdict.passed
    True
    >>> shifted = GridDensity.wrapped_normal(ring, centre=1.2, width=0.7)
    >>> ql.compare(shifted, run, tests=("kuiper", "chi2")).verdict.passed
    False
    """
    names = (tests,) if isinstance(tests, str) else tuple(tests)
    if not names:
        checks.fail("tests", "must name at least one test", "none", f"Choose from {', '.join([*TESTS, 'rates'])}.")
    for name in names:
        checks.choice("tests", name, (*TESTS, "rates"))
    level = checks.real("level", level, above=0, most=0.5)
    if "rates" in names:
        if len(names) > 1:
            checks.fail("tests", "must hold 'rates' alone", names, "Compare densities in a call of their own.")
        since = -np.inf if times is None else float(np.min(_given(times)))
        return compare_rates(reference, ensemble, since=since, level=level, tolerance=tolerance, basis=basis, k=k)
    if tolerance is not None or basis is not None or k is not None:
        checks.fail("tolerance, basis and k", "are for tests=('rates',) only", f"tests={names}", "Leave them out.")
    if not isinstance(ensemble, Ensemble):
        checks.fail("ensemble", "must be an Ensemble", type(ensemble).__name__)
    pairs = _pairs(reference, ensemble, times)
    rng = np.random.default_rng(checks.integer("seed", seed, least=0))
    draws = draws_for(len(pairs) * len(names), level)
    outcomes = [(name, time, len(sample.points), TESTS[name](sample, law, rng, draws))
                for time, sample, law in pairs for name in names]
    return _conclude(outcomes, level, float(ensemble.stats.get("limited_share", 0.0)))


def _conclude(outcomes: list[tuple[str, float, int, Outcome]], level: float, limited: float) -> Comparison:
    adjusted = holm([outcome.p_value for *_, outcome in outcomes])
    rows = tuple(Row(f"{name} at t = {time:.6g}", name, time, n, outcome.distance, outcome.floor, outcome.p_value,
                     float(p), bool(p >= level), outcome.note)
                 for (name, time, n, outcome), p in zip(outcomes, adjusted, strict=True))
    return Comparison(rows, level, _verdict(rows, level, limited), stats={"limited_share": limited})


def _verdict(rows: tuple[Row, ...], level: float, limited: float) -> Verdict:
    worst = min(rows, key=lambda row: (row.p_adjusted, row.p_value))
    wrong = [row for row in rows if not row.passed]
    if wrong:
        return Verdict(False, f"{len(wrong)} of {len(rows)} tests reject: {worst.name} has the distance {worst.distance:.3g}, "
                              f"where a perfect sample has {worst.floor:.3g} (adjusted p = {worst.p_adjusted:.2g} < {level:g}).")
    if limited > LIMITED_SHARE:
        return Verdict(False, f"no test rejects, but the drift was limited in {limited:.2%} of the steps, more than "
                              f"{LIMITED_SHARE:.1%}: the step is too long near a node of ψ. Take a smaller dt.")
    return Verdict(True, f"{len(rows)} test{'s' if len(rows) > 1 else ''} of {worst.n} learners cannot tell them from the "
                         f"reference: smallest adjusted p = {worst.p_adjusted:.2g} ≥ {level:g} ({worst.name}: distance "
                         f"{worst.distance:.3g}, a perfect sample has {worst.floor:.3g}).")


def _pairs(reference: Any, ensemble: Ensemble, times: Any) -> list[tuple[float, Sample, Reference]]:
    """(time, positions, law) for every time to compare at."""
    if isinstance(reference, TransferOperator | FokkerPlanck):
        reference = reference.stationary
    if isinstance(reference, Result | Ensemble):
        chosen = _shared(reference.times, ensemble.times) if times is None else _given(times)
        there = _indices("times", chosen, reference.times, "the reference")
    else:
        laws = [reference] if isinstance(reference, GridDensity) else list(_densities(reference))
        chosen = ensemble.times[-len(laws):] if times is None else _given(times)
        if isinstance(reference, GridDensity):
            laws = laws * len(chosen)
        if len(laws) != len(chosen):
            checks.fail("times", "must be as many as the densities", f"{len(chosen)} times, {len(laws)} densities")
    here = _indices("times", chosen, ensemble.times, "the ensemble")
    samples = [_sample(ensemble, index) for index in here]
    if isinstance(reference, Result):
        laws = [reference.density(index) for index in there]
    elif isinstance(reference, Ensemble):
        return [(float(t), mine, _other(reference, index, ensemble))
                for t, mine, index in zip(chosen, samples, there, strict=True)]
    for law in laws:
        _check_fit(law, ensemble)
    return list(zip((float(t) for t in chosen), samples, laws, strict=True))


def _sample(ensemble: Ensemble, index: int) -> Sample:
    return Sample(ensemble.wrapped(index), ensemble.periods)


def _other(reference: Ensemble, index: int, ensemble: Ensemble) -> Sample:
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


def _given(times: Any) -> np.ndarray:
    given = np.atleast_1d(checks.finite_array("times", times))
    if given.ndim != 1 or given.size == 0:
        checks.fail("times", "must be a time or a list of times", f"shape {given.shape}", "Leave it out for all times in common.")
    return given


def _shared(there: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Times that both have, but the first of the ensemble where there are others: there the learners were drawn."""
    tolerance = 1e-9 * max(np.ptp(here), np.max(np.abs(here)))
    both = here[np.min(np.abs(here[:, None] - there), axis=1) <= tolerance]
    if len(both) == 0:
        checks.fail("reference", "must have a time in common with the ensemble", f"{there[0]:g} … {there[-1]:g}")
    return both[1:] if len(both) > 1 and both[0] == here[0] else both


def _indices(argument: str, wanted: np.ndarray, stored: np.ndarray, whose: str) -> list[int]:
    tolerance = 1e-9 * max(np.ptp(stored), np.max(np.abs(stored)))
    indices = [int(np.argmin(np.abs(stored - t))) for t in wanted]
    for t, index in zip(wanted, indices, strict=True):
        if abs(stored[index] - t) > tolerance:
            checks.fail(argument, f"must be stored times of {whose}", f"{t:g}",
                        f"They are {np.array2string(stored, threshold=8, precision=6)}.")
    return indices
