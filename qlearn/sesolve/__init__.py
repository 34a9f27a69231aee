"""The save loop: iħ∂_tψ = Hψ from a list of times to a Result."""

from qlearn.sesolve.checkpoint import Checkpoint
from qlearn.sesolve.solve import propagate, sesolve

__all__ = ["Checkpoint", "propagate", "sesolve"]
