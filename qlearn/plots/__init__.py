"""Figures, each a function of plain arrays or of one of the package's objects; each returns a matplotlib Figure.

matplotlib comes with the extra ``qlearn[verify]`` and is imported only when something is drawn; save with
``figure.savefig("name.svg")``.
"""

from qlearn.plots.bands import bands, wannier
from qlearn.plots.canvas import data_uri, require_matplotlib
from qlearn.plots.density_of_states import density_of_states
from qlearn.plots.flows import densities, dips, metric_power, paths, phases, poles, walk
from qlearn.plots.learners import landscape, law, loss, metric, rate_differences, rates, wrong_law
from qlearn.plots.levels import spectrum
from qlearn.plots.lines import lines
from qlearn.plots.moving import animation
from qlearn.plots.quick import comparison, density, ensemble, result
from qlearn.plots.relaxation import relaxation
from qlearn.plots.resonances import resonances
from qlearn.plots.superposition import regime
from qlearn.plots.timescales import implied_timescales
from qlearn.plots.waves import carpet, circulation, phase

__all__ = ["animation", "bands", "carpet", "circulation", "comparison", "data_uri", "densities", "density", "density_of_states",
           "dips", "ensemble", "implied_timescales", "landscape", "law", "lines", "loss", "metric", "metric_power", "paths",
           "phase", "phases", "poles", "rate_differences", "rates", "regime", "relaxation", "require_matplotlib", "resonances",
           "result", "spectrum", "walk", "wannier", "wrong_law"]
