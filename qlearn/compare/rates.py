"""Relaxation rates: measured ones against an operator's (z-scores), or one operator's against another's (a margin)."""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from qlearn import checks
from qlearn.compare.comparison import Comparison, Rates, Row, Verdict
from qlearn.compare.p_values import holm, t_p
from qlearn.ensembles.ensemble import Ensemble
from qlearn.inference.bases import ProductBasis
from qlearn.inference.relaxation_rates import relaxation_rates

__all__ = ["compare_rates"]

_MEDIAN_Z = 0.6744897501960817      # median of |z| under the null


@runtime_checkable
class HasRates(Protocol):
    def rates(self, k: int) -> np.ndarray: ...


def compare_rates(reference: Any, other: Any, *, since: float, level: float, tolerance: Any, basis: Any,
                  k: int | None) -> Comparison:
    """An Ensemble is tested (z, Holm); anything else with rates must agree within the margin, and there is no p-value."""
    if k is None:
        k = len(reference) if isinstance(reference, np.ndarray | list | tuple) else None
    k = checks.integer("k", k, least=1, remedy="Say how many rates to compare.")
    expected = _rates("reference", reference, k)
    if isinstance(other, Ensemble):
        if tolerance is not None:
            checks.fail("tolerance", "is a margin between two operators, not for an ensemble", tolerance, "Leave it out.")
        if not (isinstance(basis, ProductBasis) or callable(basis)):
            basis = checks.integer("basis", basis, least=1, remedy="Declare the Fourier modes |n| ≤ basis beforehand, or a "
                                   "ProductBasis for lines.")
        return _measured(expected, other, since, level, basis)
    if tolerance is None:
        checks.fail("tolerance", "must be given to compare two operators (an equivalence margin)", "None",
                    "For example tolerance=0.04, or one number a rate.")
    return _equivalent(expected, _rates("ensemble", other, k), level, tolerance)


def _measured(expected: np.ndarray, ensemble: Ensemble, since: float, level: float, basis: Any) -> Comparison:
    measured = relaxation_rates(ensemble, basis=basis, k=len(expected), since=since)
    z = (measured.values - expected) / measured.errors
    p = t_p(z, measured.degrees_of_freedom)
    adjusted = holm(p)
    rows = tuple(Row(f"rate {i + 1}", "rates", None, ensemble.learners, abs(float(z[i])), _MEDIAN_Z, float(p[i]),
                     float(adjusted[i]), bool(adjusted[i] >= level), f"{measured.values[i]:.5g} ± {measured.errors[i]:.2g}"
                     f" against {expected[i]:.5g}") for i in range(len(expected)))
    wrong = [row.name for row in rows if not row.passed]
    worst = int(np.argmin(adjusted))
    if wrong:
        reason = (f"{', '.join(wrong)} differ{'s' if len(wrong) == 1 else ''} from the reference: z = {z[worst]:+.1f}, "
                  f"adjusted p = {adjusted[worst]:.2g} < {level:g}.")
    else:
        reason = (f"No rate can be told from the reference: largest |z| = {np.max(np.abs(z)):.2f}, smallest adjusted "
                  f"p = {adjusted[worst]:.2g} ≥ {level:g}.")
    rates = Rates(expected, measured.values, measured.errors, z, expected / measured.values)
    return Comparison(rows, level, Verdict(not wrong, reason), rates)


def _equivalent(expected: np.ndarray, value: np.ndarray, level: float, tolerance: Any) -> Comparison:
    margin = checks.finite_array("tolerance", tolerance)
    if margin.ndim > 1 or margin.size not in (1, len(expected)) or np.any(margin <= 0):
        checks.fail("tolerance", f"must be one number > 0, or {len(expected)} of them", tolerance)
    margin = np.broadcast_to(margin, expected.shape)
    ratio = expected / value
    defect = np.abs(ratio - 1)
    rows = tuple(Row(f"rate {i + 1}", "rates", None, None, float(defect[i]), None, None, None, bool(defect[i] <= margin[i]),
                     f"{expected[i]:.5g} / {value[i]:.5g} = {ratio[i]:.4f}, margin {margin[i]:g}")
                 for i in range(len(expected)))
    wrong = [row for row in rows if not row.passed]
    worst = int(np.argmax(defect / margin))
    reason = (f"rate {worst + 1} has the ratio {ratio[worst]:.4f}, {'outside' if wrong else 'and all are within'} the margin "
              f"of ± {margin[worst]:g}.")
    nothing = np.full(len(expected), np.nan)
    return Comparison(rows, level, Verdict(not wrong, reason), Rates(expected, value, nothing, nothing.copy(), ratio))


def _rates(argument: str, source: Any, k: int) -> np.ndarray:
    if isinstance(source, HasRates):
        source = source.rates(k)
    elif not isinstance(source, np.ndarray | list | tuple):
        checks.fail(argument, "must have .rates(k), or be an array of rates", type(source).__name__)
    rates = checks.finite_array(argument, source, shape=(None,))
    if len(rates) < k or np.any(rates[:k] <= 0):
        checks.fail(argument, f"must give {k} rates > 0", np.array2string(rates, threshold=8))
    return rates[:k]
