"""What regime a run is in: relaxation rates, circulation."""

from qlearn.inference.circulation import Circulation, circulation
from qlearn.inference.relaxation_rates import relaxation_rates

__all__ = ["Circulation", "circulation", "relaxation_rates"]
