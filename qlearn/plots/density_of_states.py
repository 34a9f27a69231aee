"""Figure of a density of states: ρ(E) and the levels below E."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["density_of_states"]


@styled
def density_of_states(found: Any, levels: Any = None, axes: Any = None) -> Any:
    """ρ(E) with a band of two standard errors, and N(E) on an axis of its own.

    levels : known ones, smoothed with the same kernel.
    """
    figure, axes = panel(f"Density of states, peaks of width ≤ {np.max(found.resolution):.2g}", width=5.8, height=3.9, axes=axes)
    order = np.argsort(found.energies)
    energies, counted = found.energies[order], axes.twinx()
    for one, values, errors, colour in ((axes, found.values, found.errors, "exact"),
                                        (counted, found.counts, found.count_errors, "theory")):
        one.plot(energies, values[order], color=COLOURS[colour])
        if found.vectors:
            one.fill_between(energies, (values - 2 * errors)[order], (values + 2 * errors)[order], color=COLOURS[colour],
                             alpha=0.25, linewidth=0)
    if levels is not None:
        for one, values in zip((axes, counted), found.smoothed(levels), strict=True):
            one.plot(energies, values[order], "--", color=COLOURS["measured"], linewidth=1.1)
        axes.plot([], [], "--", color=COLOURS["measured"], linewidth=1.1, label="known levels, same kernel")
        axes.legend(loc="upper left")
    axes.set_ylim(0, 1.15 * max(axes.get_ylim()[1], np.finfo(float).tiny))
    counted.set_ylim(0, None)
    axes.set_xlabel("energy")
    axes.set_ylabel("levels per energy", color=COLOURS["exact"])
    counted.set_ylabel("levels below", color=COLOURS["theory"])
    counted.grid(False)
    counted.spines["right"].set_visible(True)
    return figure
