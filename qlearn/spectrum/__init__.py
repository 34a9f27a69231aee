"""Levels, bands, lines, splittings, resonances, relaxation rates and traces of H, each with its error."""

from qlearn.spectrum.bands.bands import Bands, Gaps, bands
from qlearn.spectrum.bands.wannier import Wannier
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.lines.autocorrelation import autocorrelation, autocorrelation_spectrum
from qlearn.spectrum.lines.harmonic_inversion import harmonic_inversion
from qlearn.spectrum.lines.lines import Lines
from qlearn.spectrum.lines.states import line_states
from qlearn.spectrum.relaxation import Relaxation, relaxation
from qlearn.spectrum.resonances.resonances import Resonances, resonances
from qlearn.spectrum.splittings.parity import parities
from qlearn.spectrum.splittings.splittings import Splitting, splitting
from qlearn.spectrum.traces.density_of_states import density_of_states
from qlearn.spectrum.traces.spectral_function import spectral_function
from qlearn.spectrum.traces.thermal import thermal

__all__ = ["Bands", "Gaps", "Lines", "Relaxation", "Resonances", "Spectrum", "Splitting", "Wannier", "autocorrelation",
           "autocorrelation_spectrum", "bands", "density_of_states", "eigenstates", "harmonic_inversion", "line_states",
           "parities", "relaxation", "resonances", "spectral_function", "splitting", "thermal"]
