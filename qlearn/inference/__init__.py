"""What regime a run is in: the power α of its metric, its ħ, relaxation rates, circulation."""

from qlearn.inference.alpha import AlphaEstimate, estimate_alpha
from qlearn.inference.bases import ProductBasis
from qlearn.inference.circulation import Circulation, circulation
from qlearn.inference.implied_timescales import implied_timescales
from qlearn.inference.planck import HbarEstimate, estimate_hbar
from qlearn.inference.regime_diagnostics import RegimeDiagnostics, regime_diagnostics
from qlearn.inference.relaxation_rates import relaxation_rates

__all__ = ["AlphaEstimate", "Circulation", "HbarEstimate", "ProductBasis", "RegimeDiagnostics", "circulation",
           "estimate_alpha", "estimate_hbar", "implied_timescales", "regime_diagnostics", "relaxation_rates"]
