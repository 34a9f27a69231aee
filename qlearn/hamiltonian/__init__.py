"""EQUATION + GRID → arrays: the kinetic part, the potential, and the Hamiltonian made of both."""

from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.hamiltonian.operator import DENSE_LIMIT, Hamiltonian
from qlearn.hamiltonian.separable import Drive, SeparablePotential

__all__ = ["DENSE_LIMIT", "CovariantKinetic", "Drive", "FlatKinetic", "Hamiltonian", "SeparablePotential"]
