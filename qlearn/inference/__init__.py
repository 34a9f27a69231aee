"""What regime a run is in: relaxation rates, ħ, circulation."""

from qlearn.inference.relaxation_rates import relaxation_rates

__all__ = ["relaxation_rates"]
