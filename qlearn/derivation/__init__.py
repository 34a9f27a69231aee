"""System → equation, by exact algebra: ``derive`` and what it returns."""

from qlearn.derivation.action import ActionCoefficients
from qlearn.derivation.cases import derive
from qlearn.derivation.derivation import Derivation
from qlearn.derivation.equation import Equation
from qlearn.derivation.steps import Step

__all__ = ["ActionCoefficients", "Derivation", "Equation", "Step", "derive"]
