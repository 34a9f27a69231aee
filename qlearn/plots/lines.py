"""Lines of a signal: weights over energies with their errors, and the spectrum that they were read from."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["lines"]


@styled
def lines(lines: Any, axes: Any = None, rejected: bool = True) -> Any:
    """|weight| of each line on a logarithmic axis, its error as a bar along E, a width above its error as a band; rejected
    lines as crosses; the spectrum, where there is one, behind them."""
    figure, axes = panel(f"{len(lines)} lines", width=6.4, height=3.8, axes=axes)
    if lines.curve is not None:
        energies, values = lines.curve
        positive = np.where(values > 0, values, np.nan)
        axes.plot(energies, positive, color=COLOURS["faint"], linewidth=1, label="spectrum")
    sizes = np.abs(lines.weights)
    low = 0.5 * float(np.min(sizes[sizes > 0], initial=1.0))
    axes.vlines(lines.energies, low, sizes, color=COLOURS["exact"])
    axes.errorbar(lines.energies, sizes, xerr=lines.errors, fmt="o", markersize=4, color=COLOURS["exact"], label="line")
    for energy, width, error in zip(lines.energies, lines.widths, lines.errors, strict=True):
        if width > 2 * error:
            axes.axvspan(energy - width / 2, energy + width / 2, color=COLOURS["theory"], alpha=0.15, linewidth=0)
    if rejected and len(lines.rejected):
        axes.plot(lines.rejected.energies, np.abs(lines.rejected.weights), "x", color=COLOURS["control"], alpha=0.5,
                  label="rejected")
    axes.set_yscale("log")
    axes.set_xlabel("energy")
    axes.set_ylabel("|weight|")
    axes.legend()
    return figure
