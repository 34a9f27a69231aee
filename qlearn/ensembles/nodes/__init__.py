"""Self-consistent learners through nodes: a zero of ψ is a pole of w = ∂ ln ψ with residue one."""

from qlearn.ensembles.nodes.accuracy import Accuracy
from qlearn.ensembles.nodes.rule import Rule
from qlearn.ensembles.nodes.run import poles_run

__all__ = ["Accuracy", "Rule", "poles_run"]
