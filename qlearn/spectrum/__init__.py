"""Levels of H: eigenstates with residuals and certified bounds."""

from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.levels import Spectrum

__all__ = ["Spectrum", "eigenstates"]
