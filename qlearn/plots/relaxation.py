"""Figure of a Relaxation: its eigenvalues with their error bounds, in the complex plane where some are complex."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["relaxation"]


@styled
def relaxation(found: Any, axes: Any = None) -> Any:
    """Rates in order on a logarithmic axis with detailed balance; else −Re λ across and Im λ up."""
    figure, axes = panel("Relaxation rates" if found.kind == "witten" else "Eigenvalues of the generator", width=5.6, axes=axes)
    values, bounds = found.eigenvalues[1:], found.error_bounds[1:]
    if found.kind == "witten":
        places = np.arange(1, len(values) + 1)
        axes.errorbar(places, -values.real, bounds, fmt="o", color=COLOURS["exact"], capsize=4)
        axes.set_yscale("log")
        axes.set_xticks(places)
        axes.set_xlabel("level")
        axes.set_ylabel(f"rate / {_inverse(found.time_unit)}")
        return figure
    axes.errorbar(-values.real, values.imag, bounds, bounds, fmt="o", color=COLOURS["exact"], capsize=4)
    axes.plot([0], [0], "o", color=COLOURS["ink"], label="stationary density")
    axes.set_xlabel("−Re λ")
    axes.set_ylabel("Im λ")
    axes.legend()
    return figure


def _inverse(unit: str) -> str:
    return "(1/step)" if unit == "steps" else "(1/time)"
