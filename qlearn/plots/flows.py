"""Figures of learners that make their own flow: densities, phases, paths, poles, how near a node came; of an optimiser's α."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["densities", "dips", "metric_power", "paths", "phases", "poles", "walk"]

_KINDS = ("measured", "theory", "control")
_SEEN = 1e-3            # of the largest density: below it a phase means nothing


@styled
def densities(edges: np.ndarray, exact: np.ndarray, counts: Mapping[str, np.ndarray], times: Sequence[float], *,
              name: str = "q") -> Any:
    """Histograms of learners over |ψ|², one panel a time, with the band in which 95 % of the bins of a perfect sample lie.

    edges (m + 1,) of the bins; exact (n, m): the density in them; counts: label → (n, m) learners a bin; times (n,).  The band
    is that of the first label.  The first counts are steps, others points.
    """
    from matplotlib.figure import Figure

    columns = min(len(times), 3)
    rows = -(-len(times) // columns)
    figure = Figure(figsize=(3.1 * columns, 2.5 * rows), layout="constrained")
    middle, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    top = 1.25 * float(np.max(exact))
    for number, t in enumerate(times):
        axes = figure.add_subplot(rows, columns, number + 1)
        axes.set_title(f"t = {t:.4g}")
        for shade, (label, held) in zip(_KINDS, counts.items(), strict=False):
            density = held[number] / (held[number].sum() * width)
            if shade == _KINDS[0]:
                spread = 1.96 * np.sqrt(np.maximum(exact[number], 0) / (held[number].sum() * width))
                axes.fill_between(middle, exact[number] - spread, exact[number] + spread, color=COLOURS["exact"], alpha=0.18,
                                  linewidth=0, label="95 % of a perfect sample")
                axes.stairs(density, edges, color=COLOURS[shade], linewidth=1.1, label=label)
            else:
                axes.plot(middle, density, ".", color=COLOURS[shade], markersize=3, label=label)
        axes.plot(middle, exact[number], color=COLOURS["exact"], linewidth=1.2, label="|ψ|²")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(0, top)
        if number >= len(times) - columns:
            axes.set_xlabel(name)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure


@styled
def phases(q: np.ndarray, exact: np.ndarray, measured: np.ndarray, density: np.ndarray, times: Sequence[float], *,
           name: str = "q") -> Any:
    """φ/ħ of the learners' flow (dashes) over arg ψ (lines), one colour a time, where the density is above 1e-3 of its largest.

    q (m,); exact, measured, density (n, m), the phases unwrapped along q; times (n,).  A constant phase is free: it is
    taken off as the mean difference, weighted by the density.
    """
    from matplotlib import colormaps

    figure, axes = panel("Phase, in units of ħ", width=5.6)
    for number, t in enumerate(times):
        colour = colormaps["viridis"](0.85 * number / max(len(times) - 1, 1))
        seen = density[number] > _SEEN * density[number].max()
        free = np.average((measured - exact)[number][seen], weights=density[number][seen])
        base = exact[number][seen][len(exact[number][seen]) // 2]
        axes.plot(q[seen], exact[number][seen] - base, color=colour, linewidth=3.2, alpha=0.45, label=f"t = {t:.4g}")
        axes.plot(q[seen], measured[number][seen] - base - free, "--", color=COLOURS["ink"], linewidth=1.1,
                  label="learners' flow" if number == len(times) - 1 else None)
    axes.set_xlabel(name)
    axes.set_ylabel("φ/ħ, from the middle of each")
    axes.legend()
    return figure


@styled
def paths(q: np.ndarray, times: np.ndarray, density: np.ndarray, trajectories: np.ndarray, *,
          title: str = "|ψ|² and paths of carriers", period: float | None = None, name: str = "q") -> Any:
    """A density over q (across) and time (up) with paths of learners; q (m,), times (n,), density (n, m), trajectories
    (n, learners), unwrapped; with a ``period`` they are taken into the first turn of q."""
    figure, axes = panel(title, width=5.6, height=4.2)
    image = axes.pcolormesh(q, times, density, cmap="Blues", shading="nearest", rasterized=True, vmin=0)
    for path in np.asarray(trajectories).T:
        place, t = path, np.asarray(times, dtype=float)
        if period is not None:
            place = q[0] + np.mod(path - q[0], period)
            jumps = np.flatnonzero(np.abs(np.diff(place)) > period / 2) + 1
            place, t = np.insert(place, jumps, np.nan), np.insert(t, jumps, np.nan)
        axes.plot(place, t, color=COLOURS["measured"], linewidth=0.6, alpha=0.8)
    axes.grid(False)
    axes.set_xlim(q[0], q[-1])
    axes.set_ylim(times[0], times[-1])
    axes.set_xlabel(name)
    axes.set_ylabel("time")
    bar = figure.colorbar(image, ax=axes)
    bar.set_label("density")
    bar.outline.set_visible(False)
    return figure


@styled
def poles(times: np.ndarray, found: Sequence[np.ndarray], crossings: Sequence[tuple[float, int, float]] = (), *,
          height: float | None = None, name: str = "q") -> Any:
    """Zeros of ψ in the complex plane as time goes (colour), and where they pass the real axis, where the learners are.

    times (n,); found: complex zeros at each; crossings (t, ±1, q), +1 upwards; ``height``: the |Im z| that is shown.
    """
    figure, axes = panel("Zeros of ψ, poles of ∂ ln ψ", width=5.6, height=3.8)
    at = np.concatenate([np.full(len(one), t) for t, one in zip(times, found, strict=True)])
    z = np.concatenate([np.asarray(one, dtype=complex) for one in found])
    points = axes.scatter(z.real, z.imag, c=at, s=7, cmap="viridis", vmin=float(times[0]), vmax=float(times[-1]))
    axes.axhline(0, color=COLOURS["ink"], linewidth=1)
    for t, sign, q in crossings:
        axes.plot(q, 0, "^" if sign > 0 else "v", color=COLOURS["control"], markersize=9)
        axes.annotate(f"t = {t:.2f}", (q, 0), xytext=(8, 7 if sign > 0 else -14), textcoords="offset points",
                      color=COLOURS["control"])
    if height is not None:
        axes.set_ylim(-height, height)
    axes.set_xlabel(f"Re {name}: the real axis is where the learners are")
    axes.set_ylabel(f"Im {name}")
    bar = figure.colorbar(points, ax=axes)
    bar.set_label("time")
    bar.outline.set_visible(False)
    return figure


@styled
def dips(times: np.ndarray, dip: np.ndarray, *, warn: float, stop: float) -> Any:
    """How near to a node the density came: its deepest dip over the density beside it (n,), and where a run warns and stops."""
    figure, axes = panel("Deepest dip of the density", width=5.6, height=2.8)
    axes.semilogy(times, dip, color=COLOURS["exact"])
    axes.axhline(warn, color=COLOURS["measured"], linewidth=1.2, label=f"warns below {warn:g}")
    axes.axhline(stop, color=COLOURS["control"], linewidth=1.2, label=f"stops below {stop:g}")
    axes.set_ylim(min(0.3 * stop, 0.5 * float(np.min(dip))), 2)
    axes.set_xlabel("time")
    axes.set_ylabel("dip / density beside it")
    axes.legend(loc="center left")
    return figure


@styled
def metric_power(noise: np.ndarray, metric: np.ndarray, *, alpha: float, error: float) -> Any:
    """ln g against ln κ, one point a parameter, (P,) each, and the line of slope α ± error through their middle."""
    figure, axes = panel(f"α = {alpha:.3f} ± {error:.3f}", width=4.8)
    x, y = (np.log(values) - np.mean(np.log(values)) for values in (noise, metric))
    axes.plot(x, y, ".", color=COLOURS["measured"], markersize=5, label="one parameter")
    ends = np.array([x.min(), x.max()])
    axes.plot(ends, alpha * ends, color=COLOURS["exact"], label="slope α")
    axes.fill_between(ends, *(np.sort([(alpha - 2 * error) * ends, (alpha + 2 * error) * ends], axis=0)), color=COLOURS["exact"],
                      alpha=0.15, linewidth=0, label="two standard errors")
    axes.set_xlabel("ln κ, gradient variance, from its mean")
    axes.set_ylabel("ln g, from its mean")
    axes.legend(loc="upper left")
    return figure


@styled
def walk(edges: np.ndarray, exact: np.ndarray, counts: np.ndarray, times: np.ndarray, *, interval: int = 60,
         name: str = "q") -> Any:
    """Learners in motion beside |ψ|²: a matplotlib FuncAnimation, one frame a time; as ``densities``, but counts (n, m)."""
    from matplotlib.animation import FuncAnimation
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure, axes = panel("", width=5.6)
    FigureCanvasAgg(figure)
    middle, scale = (edges[1:] + edges[:-1]) / 2, counts.sum(axis=1, keepdims=True) * np.diff(edges)
    steps = axes.stairs(counts[0] / scale[0], edges, fill=True, color=COLOURS["measured"], alpha=0.45, label="learners")
    line, = axes.plot(middle, exact[0], color=COLOURS["exact"], label="|ψ|²")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.2 * float(np.max(exact)))
    axes.set_xlabel(name)
    axes.legend(loc="upper right")

    def update(index: int) -> list[Any]:
        steps.set_data(counts[index] / scale[index])
        line.set_ydata(exact[index])
        axes.set_title(f"t = {times[index]:.4g}")
        return [steps, line]

    return FuncAnimation(figure, update, frames=len(times), interval=interval, blit=False)
