"""Self-consistent learners through nodes: zeros of ψ are poles of w = ∂ ln ψ with residue one, and are held where they are seen."""

from qlearn.ensembles.nodes.rule import Rule
from qlearn.ensembles.nodes.run import poles_run

__all__ = ["Rule", "poles_run"]
