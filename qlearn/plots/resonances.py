"""Resonances in the complex plane of E − iΓ/2, with the continuum that turns away from them."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["resonances"]

ROOM = 0.3      # of the extent of the resonances, left free around them
MARKS = ".x+1234"   # of the other eigenvalues, one an angle


@styled
def resonances(found: Any, axes: Any = None) -> Any:
    """Resonances as points, their errors as circles; as marks the other eigenvalues of H_θ near the target at each angle that a
    resonance was taken at: rows along e^{−2iθ} from the thresholds, bound states, and resonances that were not asked for."""
    from matplotlib.patches import Ellipse

    figure, axes = panel("", width=6.4, height=3.8, axes=axes)
    E = found.energies
    scale = float(np.max(np.abs(E)))
    for angle, mark in zip(np.unique(found.angles), MARKS, strict=False):
        others = found.continuum[int(np.argmax(found.angles == angle))]
        others = others[np.min(np.abs(others[:, None] - E), axis=1) > 1e-3 * scale]
        axes.plot(others.real, others.imag, mark, markersize=4, color=COLOURS["measured"], alpha=0.7,
                  label=f"other eigenvalues, θ = {angle:g}")
    for energy, error in zip(E, found.errors, strict=True):
        axes.add_patch(Ellipse((energy.real, energy.imag), 2 * error, 2 * error, color=COLOURS["exact"], alpha=0.2, linewidth=0))
    axes.plot(E.real, E.imag, "o", markersize=6, color=COLOURS["exact"], label="resonance")
    axes.axhline(0, color=COLOURS["faint"], linewidth=1)
    deep = max(float(np.max(-E.imag)), 0.05 * scale)
    room = ROOM * max(float(np.ptp(E.real)), deep, 0.3 * scale)
    axes.set_xlim(float(np.min(E.real)) - room, float(np.max(E.real)) + room)
    axes.set_ylim(-(1 + ROOM) * deep, ROOM * deep)
    axes.set_xlabel("E")
    axes.set_ylabel("−Γ/2")
    axes.legend()
    return figure
