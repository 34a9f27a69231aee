"""EQUATION + GRID → arrays: the kinetic part, the potential, and the Hamiltonian made of both."""

from qlearn.hamiltonian.absorbers import Absorber, Reflection, reflected_share
from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.hamiltonian.operator import DENSE_LIMIT, Hamiltonian
from qlearn.hamiltonian.separable import Drive, SeparablePotential

__all__ = [
    "DENSE_LIMIT",
    "Absorber",
    "CovariantKinetic",
    "Drive",
    "FlatKinetic",
    "Hamiltonian",
    "Reflection",
    "SeparablePotential",
    "reflected_share",
]
