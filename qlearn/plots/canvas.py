"""One look for every figure; matplotlib is imported here and only when something is drawn."""

import base64
import functools
import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from qlearn.errors import MissingExtraError

__all__ = ["COLOURS", "angle_axis", "data_uri", "panel", "require_matplotlib", "step_density",
           "styled"]

# Told apart with every common colour blindness, and in grey.
COLOURS = {
    "exact": "#14487a",         # what was calculated: a line
    "measured": "#e07b1f",      # what was sampled: points and bars
    "theory": "#2b8a6b",        # levels of the Schrödinger-like operator, √g e^{−U/T}
    "control": "#a8324a",       # wrong on purpose
    "ink": "#2a2f36",
    "faint": "#c9ced6",
}
_STYLE = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.labelsize": 10, "axes.titlesize": 10, "legend.fontsize": 8.5,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#7a828d", "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"], "axes.titlelocation": "left", "axes.titleweight": "bold",
    "xtick.color": "#555c66", "ytick.color": "#555c66", "axes.grid": True, "grid.color": "#e8ebef", "grid.linewidth": 0.8,
    "axes.axisbelow": True, "legend.frameon": False, "lines.linewidth": 1.8, "figure.facecolor": "white",
    "axes.facecolor": "white", "svg.fonttype": "path", "svg.hashsalt": "qlearn",
}
_TURN_PARTS = (0, 0.25, 0.5, 0.75, 1)


def require_matplotlib() -> Any:
    """Return matplotlib, or say which extra installs it."""
    try:
        import matplotlib
    except ImportError:
        raise MissingExtraError('figures need matplotlib; install it with: pip install "qlearn[verify]"') from None
    return matplotlib


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draw in the common style, whatever the user's matplotlib settings are, and leave those alone."""
    @functools.wraps(draw)
    def drawn(*arguments: Any, **settings: Any) -> Any:
        with require_matplotlib().rc_context(_STYLE):
            return draw(*arguments, **settings)
    return drawn


def panel(title: str = "", *, width: float = 4.8, height: float = 3.3, axes: Any = None) -> tuple[Any, Any]:
    """A figure with one panel, without pyplot: no global state, no window; or given axes. Returns (Figure, Axes)."""
    from matplotlib.figure import Figure

    if axes is not None:
        axes.set_title(title)
        return axes.figure, axes
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    return figure, axes


def data_uri(figure: Any) -> str:
    """The figure as an SVG image inside a data: address; the same figure gives the same bytes."""
    matplotlib = require_matplotlib()
    out = io.BytesIO()
    with matplotlib.rc_context(_STYLE), np.errstate(all="ignore"):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(_numbered(out.getvalue().decode()).encode()).decode("ascii")


def _numbered(svg: str) -> str:
    """The SVG with its clip paths numbered: matplotlib names them by the last digits of a layout that differ from run to run."""
    for number, name in enumerate(re.findall(r'<clipPath id="(p[0-9a-f]{10})">', svg)):
        svg = svg.replace(name, f"clip{number}")
    return svg


def angle_axis(axes: Any, period: float, name: str = "q") -> None:
    """Label one turn of a ring; in parts of π where the turn is 2π."""
    ticks = [part * period for part in _TURN_PARTS]
    axes.set_xlim(0, period)
    axes.set_xlabel(name)
    if abs(period - 2 * np.pi) < 1e-9:
        axes.set_xticks(ticks, ["0", "π/2", "π", "3π/2", "2π"])
    else:
        axes.set_xticks(ticks)


def step_density(axes: Any, edges: np.ndarray, values: np.ndarray, *, label: str, colour: str = "measured") -> None:
    """A histogram as filled steps."""
    axes.stairs(values, edges, fill=True, color=COLOURS[colour], alpha=0.28, linewidth=0)
    axes.stairs(values, edges, color=COLOURS[colour], linewidth=1.0, label=label)
