"""Levels of H: eigenstates with residuals and certified bounds."""

from qlearn.spectrum.autocorrelation import autocorrelation, autocorrelation_spectrum
from qlearn.spectrum.bands import Bands, Gaps, bands
from qlearn.spectrum.density_of_states import density_of_states
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.harmonic_inversion import harmonic_inversion
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.line_states import line_states
from qlearn.spectrum.lines import Lines
from qlearn.spectrum.parity import parities
from qlearn.spectrum.relaxation import Relaxation, relaxation
from qlearn.spectrum.resonances import Resonances, resonances
from qlearn.spectrum.spectral_function import spectral_function
from qlearn.spectrum.splittings import Splitting, splitting
from qlearn.spectrum.thermal import thermal
from qlearn.spectrum.wannier import Wannier

__all__ = ["Bands", "Gaps", "Lines", "Relaxation", "Resonances", "Spectrum", "Splitting", "Wannier", "autocorrelation",
           "autocorrelation_spectrum", "bands", "density_of_states", "eigenstates", "harmonic_inversion", "line_states",
           "parities", "relaxation", "resonances", "spectral_function", "splitting", "thermal"]
