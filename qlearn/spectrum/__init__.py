"""Levels of H: eigenstates with residuals and certified bounds."""

from qlearn.spectrum.bands import Bands, Gaps, bands
from qlearn.spectrum.density_of_states import density_of_states
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.harmonic_inversion import harmonic_inversion
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.lines import Lines
from qlearn.spectrum.relaxation import Relaxation, relaxation
from qlearn.spectrum.wannier import Wannier

__all__ = ["Bands", "Gaps", "Lines", "Relaxation", "Spectrum", "Wannier", "bands", "density_of_states", "eigenstates",
           "harmonic_inversion", "relaxation"]
