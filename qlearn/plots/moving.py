"""Waves in motion: |ψ|² with the phase of ψ as colour, one frame a stored time.

    ql.sesolve(H, psi0, times).animate().save("wave.gif")          HTML in a notebook: .to_jshtml()
"""

from typing import Any

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["animation", "phase_colours"]

SHOWN_ABOVE = 0.35  # of the height of the panel: V of the energies that ψ has, so that it does not hide the wave


def phase_colours(psi: np.ndarray, largest: float) -> np.ndarray:
    """ψ (…) → RGB (…, 3): the hue turns once with arg ψ (a cyclic map), white where |ψ| = 0, full where |ψ| = ``largest``."""
    from matplotlib import colormaps

    turns = np.mod(np.angle(psi) / (2 * np.pi), 1.0)
    strength = np.clip(np.abs(psi) / largest, 0.0, 1.0)[..., None]
    return 1 - strength * (1 - colormaps["hsv"](turns)[..., :3])


@styled
def animation(hamiltonian: Any, times: np.ndarray, states: np.ndarray, interval: int = 40) -> Any:
    """States (n, *state_shape) at ``times`` (n,) as a matplotlib FuncAnimation; ``interval`` milliseconds a frame.

    One axis: |ψ|² as a line over V (dashed, in units of its own), filled with the colour of the phase, one line a channel.
    Two axes: brightness |ψ|, colour the phase. Raises UnsupportedError for three axes or more, for channels on two.
    """
    from matplotlib.animation import FuncAnimation
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    grid = hamiltonian.grid
    if grid.ndim > 2 or (grid.ndim == 2 and states.ndim > 3):
        raise UnsupportedError(f"an animation of states of shape {states.shape[1:]} is not offered; draw the density of one "
                               "channel, or a marginal of it.")
    figure, axes = panel("", width=5.6)
    FigureCanvasAgg(figure)
    update = _lines(axes, hamiltonian, times, states) if grid.ndim == 1 else _picture(axes, grid, times, states)
    return FuncAnimation(figure, update, frames=len(times), interval=interval, blit=False)


def _lines(axes: Any, hamiltonian: Any, times: np.ndarray, states: np.ndarray) -> Any:
    from matplotlib.path import Path

    x, top = hamiltonian.grid.axes[0], 1.08 * float(np.max(np.abs(states) ** 2))
    channels = states.reshape(len(states), -1, len(x))
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(0, top)
    axes.set_xlabel("q")
    axes.set_ylabel("|ψ|²")
    if channels.shape[1] == 1:
        _draw_potential(axes, hamiltonian.potential_table(float(times[0])), x, top, channels[0, 0])
    shades = [COLOURS[name] for name in ("exact", "measured", "theory", "control")]
    drawn = [axes.plot(x, np.zeros_like(x), color=shades[i % 4], label=f"channel {i + 1}")[0] for i in range(channels.shape[1])]
    if len(drawn) > 1:
        axes.legend(loc="upper right")
    area = axes.imshow(np.ones((1, len(x), 3)), extent=(x[0], x[-1], 0, top), aspect="auto", zorder=0, alpha=0.6)
    axes.set_ylim(0, top)

    def update(index: int) -> list[Any]:
        for line, psi in zip(drawn, channels[index], strict=True):
            line.set_ydata(np.abs(psi) ** 2)
        psi = channels[index, 0]
        area.set_data(phase_colours(np.exp(1j * np.angle(psi))[None], 1.0))
        outline = np.column_stack([np.r_[x, x[-1], x[0]], np.r_[np.abs(psi) ** 2, 0, 0]])
        area.set_clip_path(Path(outline), axes.transData)
        axes.set_title(f"t = {times[index]:.4g}")
        return [*drawn, area]

    return update


def _draw_potential(axes: Any, table: np.ndarray, x: np.ndarray, top: float, psi: np.ndarray) -> None:
    """V as far as some times the mean potential energy of the first state, so that the part that ψ feels can be seen."""
    if table.shape == x.shape and np.ptp(table) > 0:
        weights = np.abs(psi) ** 2 / np.sum(np.abs(psi) ** 2)
        height = min(float(np.ptp(table)), 4 * float(np.sum(weights * table) - table.min()))
        shown = np.minimum(table - table.min(), 2 * height) / max(height, np.finfo(float).tiny)
        axes.plot(x, SHOWN_ABOVE * top * shown, "--", color=COLOURS["faint"], zorder=1)


def _picture(axes: Any, grid: Any, times: np.ndarray, states: np.ndarray) -> Any:
    (a, b), (c, d) = grid.bounds
    largest = float(np.max(np.abs(states)))
    image = axes.imshow(np.ones((2, 2, 3)), origin="lower", extent=(a, b, c, d))
    axes.grid(False)
    axes.set_xlabel("q1")
    axes.set_ylabel("q2")

    def update(index: int) -> list[Any]:
        image.set_data(np.swapaxes(phase_colours(states[index], largest), 0, 1))
        axes.set_title(f"t = {times[index]:.4g}; colour: the phase of ψ")
        return [image]

    return update
