"""Bands over the angle θ, and Wannier functions in their potential."""

from typing import Any

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["bands", "wannier"]

VISIBLE = 2e-3      # the share of the energies shown above which an error bar can be seen


@styled
def bands(bands: Any, axes: Any = None, *, labels: Any = None) -> Any:
    """The branches of a Bands over θ, full gaps shaded, error bars where they can be seen.

    With several twisted axes the horizontal axis is the length of the way through θ in the order given; labels: {index: name}
    of points on that way, such as {0: "Γ", 20: "X"}.
    """
    figure, axes = panel("Bands", width=5.6, height=4.2, axes=axes)
    way, name, order = _way(np.asarray(bands.thetas))
    energies, errors = np.asarray(bands.energies)[order], np.asarray(bands.error_bounds)[order]
    reach = max(float(np.ptp(energies)), 1e-300)
    for j in range(energies.shape[1]):
        axes.plot(way[order], energies[:, j], color=COLOURS["exact"], marker="." if len(way) < 3 else None)
        seen = errors[:, j] > VISIBLE * reach
        axes.errorbar(way[order][seen], energies[seen, j], errors[seen, j], fmt="none", color=COLOURS["measured"], capsize=2)
    gaps = bands.gaps
    for j in np.nonzero(gaps.indirect > gaps.indirect_errors)[0].tolist():
        low = float(np.max(bands.sorted[:, j]))
        axes.axhspan(low, low + float(gaps.indirect[j]), color=COLOURS["faint"], alpha=0.5, linewidth=0)
    axes.set_xlabel(name)
    axes.set_ylabel("energy")
    if labels:
        axes.set_xticks([way[i] for i in labels], list(labels.values()))
    return figure


def _way(thetas: np.ndarray) -> tuple[np.ndarray, str, np.ndarray]:
    """Horizontal places, what they are, and the order in which to join them."""
    if thetas.ndim == 1:
        return thetas, "θ", np.argsort(thetas, kind="stable")
    steps = np.linalg.norm(np.diff(thetas, axis=0), axis=1)
    return np.concatenate([[0.0], np.cumsum(steps)]), "way through θ", np.arange(len(thetas))


@styled
def wannier(wannier: Any, axes: Any = None) -> Any:
    """|w|² of the functions of a Wannier on one axis, on a logarithmic scale: exponential decay is a straight line."""
    if wannier.grid.ndim != 1:
        raise UnsupportedError("a figure of Wannier functions is offered on one axis; draw a cut of wannier.functions instead.")
    figure, axes = panel("Wannier functions", width=5.6, axes=axes)
    densities = np.abs(wannier.functions) ** 2
    if densities.ndim == 3:
        densities = densities.sum(axis=1)
    for shade, density in zip(np.linspace(1, 0.35, len(densities)), densities, strict=True):
        axes.semilogy(wannier.grid.axes[0], np.maximum(density, 1e-300), color=COLOURS["exact"], alpha=shade)
    axes.set_ylim(1e-3 * max(float(densities.min()), 1e-28), 3 * float(densities.max()))
    axes.set_xlabel("q")
    axes.set_ylabel("|w|²")
    return figure
