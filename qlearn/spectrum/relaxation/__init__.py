"""Relaxation of learners: levels of the Witten operator with detailed balance, of the Fokker–Planck generator without."""

from qlearn.spectrum.relaxation.relaxation import relaxation
from qlearn.spectrum.relaxation.result import Relaxation

__all__ = ["Relaxation", "relaxation"]
