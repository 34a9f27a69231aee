"""Figure of regimes: the spread η of the directions' ħ_i and the superposition defect against α."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["regime"]


@styled
def regime(found: Any, axes: Any = None) -> Any:
    """η (line) and, where states were declared, Δ at the last time (points) against α; the equation is linear at α = 1."""
    figure, axes = panel("One ħ or many", width=5.6, height=3.6, axes=axes)
    order = np.argsort(found.alphas)
    alphas = found.alphas[order]
    axes.plot(alphas, found.eta[order], color=COLOURS["exact"], linewidth=1.2, label="η, spread of ln ħ_i")
    if found.defects is not None:
        axes.plot(alphas, found.defect[order, -1], "o-", color=COLOURS["measured"], markersize=4, linewidth=1,
                  label=f"Δ at t = {found.defects[0].times[-1]:g}")
    axes.axvline(1.0, color=COLOURS["ink"], linestyle="--", linewidth=1.0, label="α = 1")
    axes.set_xlabel("α")
    axes.set_ylim(bottom=0)
    axes.legend()
    return figure
