"""Levels of H: eigenstates with residuals and certified bounds."""

from qlearn.spectrum.eigenstates import Spectrum, eigenstates

__all__ = ["Spectrum", "eigenstates"]
