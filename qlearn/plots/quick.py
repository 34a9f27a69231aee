"""Figures of the package's own objects, for their one-line ``.plot()`` methods; each returns a matplotlib Figure.

``axes`` are matplotlib axes to draw on; without them each figure is its own.
"""

from typing import Any

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.kernels.arrays import to_numpy
from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["comparison", "density", "ensemble", "result"]


@styled
def density(density: Any, axes: Any = None) -> Any:
    """A GridDensity on one axis (a line) or two (a map)."""
    figure, axes = panel("Density", width=5.6, axes=axes)
    _draw_density(figure, axes, density.grid, density.values)
    return figure


@styled
def ensemble(ensemble: Any, axis: int = 0, index: int = -1, bins: int = 80, axes: Any = None) -> Any:
    """Where the learners are along one axis at one stored time: a histogram with 1/√count errors."""
    figure, axes = panel(f"{ensemble.learners} learners at time {ensemble.times[index]:.4g}", width=5.6, axes=axes)
    positions = ensemble.wrapped(index)[:, axis]
    period = ensemble.periods[axis]
    counts, edges = np.histogram(positions, bins, range=None if period is None else (0, period))
    scale = 1 / (len(positions) * np.diff(edges))
    axes.stairs(counts * scale, edges, fill=True, color=COLOURS["measured"], alpha=0.28)
    middle = (edges[1:] + edges[:-1]) / 2
    axes.errorbar(middle, counts * scale, np.sqrt(counts) * scale, fmt="none", color=COLOURS["measured"], linewidth=1)
    axes.set_xlabel(f"q{axis + 1}" if len(ensemble.periods) > 1 else "q")
    axes.set_ylabel("density, with one standard error")
    axes.set_ylim(0, None)
    return figure


@styled
def result(result: Any, axes: Any = None, lines: int = 5) -> Any:
    """|ψ|² of a Result, summed over channels: up to ``lines`` of its stored times in 1-D, the last time in 2-D."""
    grid = result.hamiltonian.grid
    stored = result.final_state[None] if result.states is None else result.states
    times = result.times[-1:] if result.states is None else result.times
    if stored.ndim != 1 + len(result.hamiltonian.state_shape):
        raise UnsupportedError(f"a figure of a batch of shape {stored.shape[1:]} is not offered; solve its members one by one, "
                               "or draw them from result.states.")
    densities = np.abs(to_numpy(stored)) ** 2
    if result.hamiltonian.channels is not None:
        densities = densities.sum(axis=-1 - grid.ndim)
    figure, axes = panel("|ψ|²", width=5.6, axes=axes)
    if grid.ndim != 1:
        _draw_density(figure, axes, grid, densities[-1])
        return figure
    rows = np.unique(np.linspace(0, len(times) - 1, min(lines, len(times))).astype(int))
    for shade, row in zip(np.linspace(0.3, 1, len(rows)), rows, strict=True):
        axes.plot(grid.axes[0], densities[row], color=COLOURS["exact"], alpha=shade, label=f"t = {times[row]:.4g}")
    axes.set_xlabel("q")
    axes.legend()
    return figure


@styled
def comparison(comparison: Any, axes: Any = None) -> Any:
    """A Comparison: distances against the sampling floor, or rates as differences from the reference."""
    if comparison.rates is not None:
        return _rates(comparison, axes)
    figure, axes = panel("Distances and their sampling floor", width=5.6, axes=axes)
    places = np.arange(1, len(comparison.rows) + 1)
    axes.plot(places, comparison.distances, "o", color=COLOURS["measured"], label="distance")
    axes.plot(places, comparison.floors, "_", color=COLOURS["exact"], markersize=22, label="median for a perfect sample")
    axes.set_xticks(places, [row.name for row in comparison.rows], rotation=20 if len(places) > 3 else 0)
    axes.set_ylim(0, None)
    axes.legend()
    return figure


def _rates(comparison: Any, axes: Any) -> Any:
    figure, axes = panel("Rates against the reference", width=5.6, axes=axes)
    rates = comparison.rates
    places = np.arange(1, len(rates.value) + 1)
    difference, error = 100 * (rates.value / rates.reference - 1), 100 * rates.se / rates.reference
    axes.plot(places, difference, "o", color=COLOURS["measured"])
    sampled = np.isfinite(error)
    axes.errorbar(places[sampled], difference[sampled], error[sampled], fmt="none", color=COLOURS["measured"], capsize=3)
    axes.axhline(0, color=COLOURS["exact"])
    axes.set_xticks(places, [f"rate {place}" for place in places])
    axes.set_ylabel("difference in per cent")
    return figure


def _draw_density(figure: Any, axes: Any, grid: Any, values: np.ndarray) -> None:
    if grid.ndim == 1:
        axes.plot(grid.axes[0], values, color=COLOURS["exact"])
        axes.set_xlabel("q")
        axes.set_ylim(min(0.0, float(values.min())), None)
    elif grid.ndim == 2:
        image = axes.pcolormesh(*grid.axes, values.T, cmap="viridis", shading="nearest", rasterized=True)
        axes.set_aspect("equal")
        axes.grid(False)
        axes.set_xlabel("q1")
        axes.set_ylabel("q2")
        figure.colorbar(image, ax=axes)
    else:
        raise UnsupportedError(f"a figure of {grid.ndim} axes is not offered; draw a marginal instead.")
