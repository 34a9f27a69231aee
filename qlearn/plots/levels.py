"""Figures of a Spectrum: levels with what their states look like.

    one axis         V, and at each level the density |ψ|² or ψ itself
    two axes         a ladder of levels, and the densities of the first ones as tiles
    more             a ladder, and the densities along each axis, integrated over the others

Of degenerate levels the mean density is drawn, which is the same for every basis of theirs, and marked with how many they are.
Error bounds are bars where they can be seen; the width Γ of a complex level E − iΓ/2 is a band.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.plots.canvas import COLOURS, panel, styled
from qlearn.spectrum.multiplets import multiplets

__all__ = ["spectrum"]

VISIBLE = 0.004         # of the height of the panel: shorter bars hide behind the line
TILES = 6
SMOOTH = 240            # points of a curve
SHADES = ("exact", "measured", "theory", "control")


@styled
def spectrum(spectrum: Any, hamiltonian: Any = None, axes: Any = None, show: str = "density") -> Any:
    """Draw a Spectrum; ``show`` is "density" or, on one axis, "state": ψ, its real part dark and its imaginary part light.

    ``axes`` are matplotlib axes for the levels alone (on one axis with the states); else the figure is a new one.
    """
    checks.choice("show", show, ("density", "state"))
    H = spectrum.hamiltonian if hamiltonian is None else hamiltonian
    groups = multiplets(spectrum.energies, spectrum.error_bounds)
    if H.grid.ndim == 1:
        figure, axes = panel("Levels and states", width=5.6, height=4.6, axes=axes)
        _well(axes, spectrum, H, groups, show)
    elif axes is not None:
        figure, axes = panel("Levels", axes=axes)
        _ladder(axes, spectrum, groups)
    elif H.grid.ndim == 2:
        figure = _ladder_and_tiles(spectrum, H, groups)
    else:
        figure = _ladder_and_marginals(spectrum, H, groups)
    return figure


# --- one axis ---------------------------------------------------------------------------------------------------------

def _well(axes: Any, spectrum: Any, H: Any, groups: Sequence[np.ndarray], show: str) -> None:
    levels = [float(np.mean(spectrum.energies[group].real)) for group in groups]
    curves = _potentials(H)
    bottom, top, step = _range(levels, min(float(np.min(curve)) for curve in curves))
    fine, stored = _smooth(spectrum, H)
    q = _closed_axis(fine)
    for number, curve in enumerate(curves):
        label = f"V, channel {number + 1}" if len(curves) > 1 else None
        shade = COLOURS[SHADES[number % 4] if len(curves) > 1 else "ink"]
        shown = np.where(_closed(curve, H.grid) > top, np.nan, _closed(curve, H.grid))
        axes.plot(_closed_axis(H.grid), shown, color=shade, label=label, zorder=3)
    highest = float(np.max(np.abs(stored))) ** (2 if show == "density" else 1)
    unit = 0.85 * step / max(highest, 1e-300)
    first = 0
    for number, (group, level) in enumerate(zip(groups, levels, strict=True)):
        near = number > 0 and level - levels[number - 1] < 0.5 * step
        first = 2 - first if near else 0            # another colour than the neighbour's that it overlaps
        axes.plot(H.grid.bounds[0], [level, level], color=COLOURS[SHADES[first]], linewidth=0.9 if len(group) == 1 else 2.0)
        _shapes(axes, q, stored[group], fine, level, unit, show, first)
    axes.set_xlim(*H.grid.bounds[0])
    axes.set_ylim(bottom, top)
    _bounds_and_names(axes, spectrum, groups, levels)
    axes.set_xlabel("q" if not H.grid.sectors[0] else f"q, twist θ = {H.grid.sectors[0]:g}")
    axes.set_ylabel("energy")
    if len(curves) > 1:
        axes.legend(loc="upper right")


def _range(levels: Sequence[float], floor: float) -> tuple[float, float, float]:
    """Bottom and top of the panel, and the room for a state: V is cut off where it would press the levels together."""
    spread = levels[-1] - levels[0]
    above = levels[0] - floor
    height = max(spread + max(min(above, spread if spread > 0 else above), 0.0), 1e-300)
    step = min(height / max(len(levels), 3), 0.3 * height)
    return levels[-1] - height - 0.06 * height, levels[-1] + 1.4 * step, step


def _potentials(H: Any) -> list[np.ndarray]:
    """V, or for channels the diagonal of V."""
    table = H.potential_table(0.0)
    return [table] if H.channels is None else [table[c, c].real for c in range(H.channels)]


def _shapes(axes: Any, q: np.ndarray, states: np.ndarray, grid: Any, level: float, unit: float, show: str,
            first: int) -> None:
    """The mean density of a multiplet, one area a channel; or each ψ."""
    if show == "density":
        density = np.mean(np.abs(states) ** 2, axis=0).reshape(-1, grid.size)
        for channel, values in enumerate(density):
            shade = COLOURS[SHADES[(first + channel) % 4]]
            curve = level + unit * _closed(values, grid, at_walls=0.0)
            axes.fill_between(q, level, curve, color=shade, alpha=0.28, linewidth=0)
            axes.plot(q, curve, color=shade, linewidth=1.0)
        return
    for number, state in enumerate(states.reshape(-1, grid.size)):
        shade = COLOURS[SHADES[(first + number) % 4]]
        values = _closed(state, grid, np.exp(2j * np.pi * grid.sectors[0]), at_walls=0.0)
        axes.plot(q, level + unit * values.real, color=shade, linewidth=1.2)
        if np.iscomplexobj(state):
            axes.plot(q, level + unit * values.imag, color=shade, linewidth=1.0, alpha=0.4)


def _smooth(spectrum: Any, H: Any) -> tuple[Any, np.ndarray]:
    """Grid and states as drawn: few points are filled up with the interpolant, which is what the states are between them."""
    factor = -(-SMOOTH // H.grid.size)
    if factor == 1 or H.metric is not None:
        return H.grid, spectrum.states
    fine = H.grid.refined(factor)
    states = H.grid.interpolate(spectrum.states, fine)
    return fine, states if np.iscomplexobj(spectrum.states) else states.real


def _closed_axis(grid: Any) -> np.ndarray:
    """The points and the ends: the first point again on a ring, the walls."""
    (a, b), x = grid.bounds[0], grid.axes[0]
    return np.append(x, b) if grid.boundary[0] == "periodic" else np.concatenate([[a], x, [b]])


def _closed(values: np.ndarray, grid: Any, factor: complex = 1.0, at_walls: float | None = None) -> np.ndarray:
    """Values at ``_closed_axis``: ψ with the factor of the twist; at walls what is given, or what is next to them."""
    if grid.boundary[0] == "periodic":
        end = factor * values[0]
        return np.append(values, end if np.iscomplexobj(values) else end.real)
    ends = values[[0, -1]] if at_walls is None else np.full(2, at_walls)
    return np.concatenate([ends[:1], values, ends[1:]])


# --- more axes --------------------------------------------------------------------------------------------------------

def _ladder_and_tiles(spectrum: Any, H: Any, groups: Sequence[np.ndarray]) -> Any:
    shown = groups[:TILES]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure, ladder, places = _beside_a_ladder(rows, columns, 2.05)
    _ladder(ladder, spectrum, groups)
    V = H.potential_table(0.0) if H.channels is None else None
    window = _window(H.grid, np.sum([_density(spectrum, H, group) for group in shown], axis=0))
    aspect = np.ptp(window[1]) / np.ptp(window[0])
    for place, group in zip(places, shown, strict=False):
        axes = figure.add_subplot(place)
        density = _density(spectrum, H, group)
        _tile(axes, H.grid, density)
        axes.set_aspect("equal" if 0.4 < aspect < 2.5 else "auto")
        if V is not None and np.ptp(V) > 0:
            heights = np.real(spectrum.energies[group]).mean()
            if V.min() < heights < V.max():
                axes.contour(*H.grid.axes, V.T, levels=[heights], colors=COLOURS["measured"], linewidths=0.8)
        axes.set_title(_name(spectrum, group), fontsize=8.5)
        axes.set_xlim(*window[0])
        axes.set_ylim(*window[1])
        axes.grid(False)
        axes.tick_params(labelsize=7)
    return figure


def _tile(axes: Any, grid: Any, density: np.ndarray) -> None:
    """The density as a picture; between poles the points are not equally far apart."""
    if "pole" in grid.boundary:
        axes.pcolormesh(*grid.axes, density.T, cmap="Blues", vmin=0, shading="gouraud", rasterized=True)
        return
    (a, b), (c, d) = ((x[0] - step / 2, x[-1] + step / 2) for x, step in zip(grid.axes, grid.spacing, strict=True))
    axes.imshow(density.T, origin="lower", extent=(a, b, c, d), cmap="Blues", vmin=0, interpolation="bilinear")


def _window(grid: Any, density: np.ndarray) -> list[tuple[float, float]]:
    """Where the density along each axis is above a ten-thousandth of its peak; the whole axis where that is nearly all."""
    found = []
    for axis, x in enumerate(grid.axes):
        along = density.sum(axis=1 - axis)
        inside = x[along > 1e-4 * along.max()]
        margin = 0.04 * grid.lengths[axis]
        (a, b), ends = grid.bounds[axis], (float(inside[0]) - margin, float(inside[-1]) + margin)
        found.append(ends if ends[1] - ends[0] < 0.85 * (b - a) else (a, b))
    return found


def _ladder_and_marginals(spectrum: Any, H: Any, groups: Sequence[np.ndarray]) -> Any:
    ndim, shown = H.grid.ndim, groups[:4]
    figure, ladder, places = _beside_a_ladder(ndim, 1, 1.55, wide=4.4)
    _ladder(ladder, spectrum, groups)
    for axis, place in enumerate(places):
        axes = figure.add_subplot(place)
        others = tuple(a for a in range(ndim) if a != axis)
        for number, group in enumerate(shown):
            marginal = _density(spectrum, H, group).sum(axis=others) * np.prod([H.grid.spacing[a] for a in others])
            axes.plot(H.grid.axes[axis], marginal, color=COLOURS[SHADES[number]], label=_name(spectrum, group))
        axes.set_ylim(0, None)
        axes.set_xlabel(f"q{axis + 1}")
        axes.set_ylabel("density")
        if axis == 0:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=7)
    return figure


def _beside_a_ladder(rows: int, columns: int, size: float, wide: float | None = None) -> tuple[Any, Any, list[Any]]:
    """A figure with a ladder on the left and rows × columns places on the right."""
    from matplotlib.figure import Figure

    right = size * columns if wide is None else wide
    figure = Figure(figsize=(2.6 + right, max(3.4, 1.1 * size * rows)), layout="constrained")
    outer = figure.add_gridspec(1, 2, width_ratios=(2.2, right))
    inner = outer[1].subgridspec(rows, columns)
    ladder = figure.add_subplot(outer[0])
    ladder.set_title("Levels")
    return figure, ladder, [inner[row, column] for row in range(rows) for column in range(columns)]


def _density(spectrum: Any, H: Any, group: np.ndarray) -> np.ndarray:
    """Σ over channels of |ψ|², its mean over a multiplet, (*shape)."""
    density = np.mean(np.abs(spectrum.states[group]) ** 2, axis=0)
    return density if H.channels is None else density.sum(axis=0)


def _ladder(axes: Any, spectrum: Any, groups: Sequence[np.ndarray]) -> None:
    """Each level a line; degenerate ones side by side at one height."""
    levels = [float(np.mean(spectrum.energies[group].real)) for group in groups]
    for group, level in zip(groups, levels, strict=True):
        edges = np.linspace(0.0, 1.0, len(group) + 1)
        gap = 0.0 if len(group) == 1 else 0.12 / len(group)
        axes.hlines([level] * len(group), edges[:-1] + gap, edges[1:] - gap, color=COLOURS["exact"], linewidth=1.4)
    margin = 0.06 * max(levels[-1] - levels[0], 1e-9 + 0.1 * abs(levels[0]))
    axes.set_ylim(levels[0] - margin, levels[-1] + margin)
    axes.set_xlim(0, 1.02)
    axes.set_xticks([])
    axes.set_ylabel("energy")
    _bounds_and_names(axes, spectrum, groups, levels)


def _bounds_and_names(axes: Any, spectrum: Any, groups: Sequence[np.ndarray], levels: Sequence[float]) -> None:
    """Bars of the error bounds, bands of the widths, and how many levels lie together; names do not cover each other."""
    (low, high), (left, right) = axes.get_ylim(), axes.get_xlim()
    at, free = left + 0.97 * (right - left), low
    for group, level in zip(groups, levels, strict=True):
        bound = float(np.max(spectrum.error_bounds[group]))
        if bound > VISIBLE * (high - low):
            axes.errorbar([at], [level], [[bound], [bound]], fmt="none", color=COLOURS["control"], capsize=3, zorder=4)
        width = float(np.max(-2 * np.imag(spectrum.energies[group])))
        if width > VISIBLE * (high - low):
            axes.axhspan(level - width / 2, level + width / 2, color=COLOURS["theory"], alpha=0.12, linewidth=0)
        if len(group) > 1 and level >= free:
            axes.annotate(f"{len(group)}×", (right, level), xytext=(3, 0), textcoords="offset points", fontsize=7.5, va="center",
                          color=COLOURS["ink"], annotation_clip=False)
            free = level + 0.035 * (high - low)


def _name(spectrum: Any, group: np.ndarray) -> str:
    first, last = int(group[0]), int(group[-1])
    energy = f"{float(np.mean(spectrum.energies[group].real)):.5g}"
    return f"{first}: E = {energy}" if len(group) == 1 else f"{first}–{last}, mean: E = {energy}"
