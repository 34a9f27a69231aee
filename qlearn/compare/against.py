"""compare: does an ensemble follow its reference, as far as its size can tell?"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.compare.comparison import Comparison, Row, Verdict
from qlearn.compare.distance_tests import DRAWN, TESTS, Outcome
from qlearn.compare.matching import Pair, given_times, pairs_of
from qlearn.compare.monte_carlo import draws_for
from qlearn.compare.p_values import holm
from qlearn.compare.rates import compare_rates
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.langevin.limited_steps import LIMITED_SHARE
from qlearn.errors import UnsupportedError

__all__ = ["LIMITED_SHARE", "compare"]


def compare(reference: Any, ensemble: Any, *, times: Any = None, tests: Sequence[str] = ("ks",), level: float = 0.01,
            tolerance: Any = None, seed: int = 0, axis: Any = None, basis: Any = None, k: int | None = None) -> Comparison:
    """Distances between an ensemble and its reference, with calibrated p-values and Holm's correction over all of them.

    Of a self-consistent run the noisy learners are compared; ``compare(reference, ensemble.carriers)`` compares the carriers.

    ===============  ====================================================================================================
    "ks"             max|F_n − F|; 1-D.  On a ring it depends on the cut, which is the lower bound of the reference's grid
    "kuiper"         max(F_n − F) + max(F − F_n); 1-D; the same for every origin of a ring: the one to use there
    "chi2"           √(χ²/n) on about 2n^0.4 cells fixed by the reference (equally likely in 1-D, boxes in n-D)
    "wasserstein"    ∫|F_n − F| dq, on a ring less the cheapest shift; in n-D its mean over directions
    "energy"         √(2E|X−Y| − E|X−X'| − E|Y−Y'|), any d; on a ring |X − Y| is the chord
    "rates"          relaxation rates: of an Ensemble (z-scores), or of another operator (within ``tolerance``)
    ===============  ====================================================================================================

    "wasserstein" and "energy" use all learners and draw their null: perfect samples in 1-D, permutations between two ensembles
    and in n-D, where a law is replaced by four times as many points drawn from it (so that n learners have the power of
    0.8 n).  Their smallest p is 1/(1 + draws).  On a line learners beyond the grid of the reference count as at its end; how many
    there are stands in ``stats["outside"]``.

    The p-values assume independent learners (carriers of a self-consistent run feel each other).  A large p says that this
    ensemble could not tell, not that the laws are equal: ``qlearn.compare.power`` says what it could.

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
    axis : compare these coordinates one by one (an axis, or several), the others integrated out; default: all together
    basis, k : for "rates": what ``relaxation_rates`` takes, declared beforehand (on a ring the Fourier modes |n| ≤ basis), and
        how many rates

    Returns
    -------
    Comparison: .distances .p_values .p_adjusted .floors (arrays, one a test and time) .floor .rates .verdict .table()

    Raises
    ------
    ArgumentError; UnsupportedError for "ks" and "kuiper" in more than one dimension without ``axis``, and for what needs
        positions where only counts were kept.

    Examples
    --------
    >>> import qlearn as ql
    >>> from qlearn.densities import GridDensity
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
        since = -np.inf if times is None else float(np.min(given_times(times)))
        return compare_rates(reference, ensemble, since=since, level=level, tolerance=tolerance, basis=basis, k=k)
    if tolerance is not None or basis is not None or k is not None:
        checks.fail("tolerance, basis and k", "are for tests=('rates',) only", f"tests={names}", "Leave them out.")
    if not isinstance(ensemble, Ensemble):
        checks.fail("ensemble", "must be an Ensemble", type(ensemble).__name__)
    for one, argument in ((ensemble, "ensemble"), (reference, "reference")):
        if isinstance(one, Ensemble) and one.streamed is not None and set(names) != {"chi2"}:
            raise UnsupportedError(f"tests={names} need positions, and the {argument} kept counts only (store=grid). Use "
                                   "tests=('chi2',), which needs no more, or run it with store=None.")
    pairs = pairs_of(reference, ensemble, times, axis)
    rng = np.random.default_rng(checks.integer("seed", seed, least=0))
    draws = draws_for(len(pairs) * len(names), level, needed=bool(set(names) & set(DRAWN)))
    outcomes = [(name, pair, TESTS[name](pair.sample, pair.law, rng, draws)) for pair in pairs for name in names]
    return _conclude(outcomes, level, float(ensemble.stats.get("limited_share", 0.0)), ensemble.stats.get("stopped"))


def _conclude(outcomes: list[tuple[str, Pair, Outcome]], level: float, limited: float, stopped: float | None) -> Comparison:
    adjusted = holm([outcome.p_value for *_, outcome in outcomes])
    rows = tuple(Row(f"{name}{pair.coordinate} at t = {pair.time:.6g}", name, pair.time, pair.sample.learners,
                     outcome.distance, outcome.floor, outcome.p_value, float(p), bool(p >= level), _note(outcome, pair))
                 for (name, pair, outcome), p in zip(outcomes, adjusted, strict=True))
    outside = max(pair.outside for _, pair, _ in outcomes)
    verdict = _verdict(rows, level, limited)
    if stopped is not None:
        verdict = Verdict(verdict.passed, f"{verdict.reason} The run stopped at t = {stopped:g}; later times are not compared.")
    return Comparison(rows, level, verdict, stats={"limited_share": limited, "outside": outside, "stopped": stopped})


def _note(outcome: Outcome, pair: Pair) -> str:
    outside = f"{pair.outside} learners outside the grid" if pair.outside else ""
    return ", ".join(words for words in (outcome.note, outside) if words)


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
