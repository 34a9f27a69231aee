"""Levels of H: eigenstates with residuals and certified bounds."""

from qlearn.spectrum.density_of_states import density_of_states
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.harmonic_inversion import harmonic_inversion
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.lines import Lines
from qlearn.spectrum.relaxation import Relaxation, relaxation

__all__ = ["Lines", "Relaxation", "Spectrum", "density_of_states", "eigenstates", "harmonic_inversion", "relaxation"]
