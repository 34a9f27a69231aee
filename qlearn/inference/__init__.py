"""What regime a run is in: relaxation rates, circulation."""

from qlearn.inference.bases import ProductBasis
from qlearn.inference.circulation import Circulation, circulation
from qlearn.inference.implied_timescales import implied_timescales
from qlearn.inference.relaxation_rates import relaxation_rates

__all__ = ["Circulation", "ProductBasis", "circulation", "implied_timescales", "relaxation_rates"]
