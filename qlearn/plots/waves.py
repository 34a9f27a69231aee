"""Figures of waves: |ψ|² in time, its phase, the circulation that learners show."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, angle_axis, panel, styled

__all__ = ["carpet", "circulation", "phase"]


@styled
def carpet(x: np.ndarray, times: np.ndarray, density: np.ndarray) -> Any:
    """|ψ|² over the ring (across) and time (up); x (m,), times (n,), density (n, m)."""
    figure, axes = panel("|ψ|², the solved wave")
    spacing = x[1] - x[0]
    extent = (x[0] - spacing / 2, x[-1] + spacing / 2, times[0], times[-1])
    image = axes.imshow(density, origin="lower", aspect="auto", extent=extent, cmap="viridis", interpolation="bilinear",
                        vmin=0)
    axes.grid(False)
    axes.set_ylabel("time / τ")
    angle_axis(axes, float(len(x) * spacing), "x, angle on the ring")
    bar = figure.colorbar(image, ax=axes)
    bar.set_label("|ψ|²")
    bar.outline.set_visible(False)
    return figure


@styled
def phase(x: np.ndarray, phase: np.ndarray, times: np.ndarray) -> Any:
    """The phase of ψ around the ring in turns, unwound; one line a time.  x (m,), phase (n, m), times (n,)."""
    figure, axes = panel("Phase of the winding state")
    turns = np.asarray(phase) / (2 * np.pi)
    turns = turns - turns[:, :1]
    for shade, row, time in zip(np.linspace(0.3, 1, len(times)), turns, times, strict=True):
        axes.plot(x, row, color=COLOURS["exact"], alpha=shade, label=f"time {time:.3g} τ")
    axes.set_ylabel("phase, in turns")
    axes.legend(loc="upper left")
    angle_axis(axes, float(len(x) * (x[1] - x[0])), "x, angle on the ring")
    return figure


@styled
def circulation(value: float, error: float, *, target: float) -> Any:
    """The measured circulation in quanta 2πħ, with three standard errors as a bar, on the line of numbers."""
    figure, axes = panel("Circulation measured from learners", height=2.2)
    centre = round(target)
    axes.axvline(target, ymax=0.62, color=COLOURS["exact"], linewidth=2, label=f"winding {target:g}")
    axes.errorbar([value], [0], xerr=3 * error, fmt="o", color=COLOURS["measured"], capsize=4,
                  label=f"measured {value:.4f} ± {error:.4f}")
    axes.set_xlim(centre - 1.2, centre + 1.2)
    axes.set_xticks(np.arange(centre - 1, centre + 1.01, 0.5))
    axes.set_ylim(-1, 1.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("circulation in quanta 2πħ")
    axes.legend(loc="upper left", ncols=2)
    return figure
