"""Figures of learners: what they learn against, how fast they relax, where they are found."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, angle_axis, panel, step_density, styled

__all__ = ["law", "loss", "metric", "rate_differences", "rates", "wrong_law"]


@styled
def loss(q: np.ndarray, loss: np.ndarray, *, period: float, name: str = "q") -> Any:
    """The mean loss U(q) around the ring, q and loss (n,)."""
    figure, axes = panel("Loss")
    axes.plot(*_closed(q, loss, period), color=COLOURS["exact"])
    axes.set_ylabel("U(q), mean over the data")
    angle_axis(axes, period, name)
    return figure


@styled
def metric(q: np.ndarray, covariance: np.ndarray, metric: np.ndarray, *, period: float, name: str = "q") -> Any:
    """The covariance C(q) of the per-sample gradient, over its mean, and the metric g(q)."""
    figure, axes = panel("Gradient noise and metric")
    axes.plot(*_closed(q, covariance / np.mean(covariance), period), color=COLOURS["measured"], linewidth=4, alpha=0.45,
              label="C(q) / C₀, scatter of the gradients")
    axes.plot(*_closed(q, metric, period), color=COLOURS["exact"], label="g(q), metric of the steps")
    axes.set_ylim(0, None)
    axes.legend(loc="lower right")
    angle_axis(axes, period, name)
    return figure


@styled
def landscape(q: np.ndarray, potential: np.ndarray, levels: np.ndarray, *, period: float, name: str = "q") -> Any:
    """W(q) of the Schrödinger-like operator around the ring with its levels (k,), the lowest at zero; units of η."""
    figure, axes = panel("Levels in the Schrödinger-like potential")
    axes.plot(*_closed(q, potential, period), color=COLOURS["exact"], label="W(q)")
    axes.hlines(levels, 0, period, color=COLOURS["theory"], linewidth=1.4, label="levels: the relaxation rates")
    axes.set_ylabel("rate / η")
    axes.set_ylim(top=1.35 * max(np.max(levels), np.max(potential)))
    axes.legend(loc="upper left")
    angle_axis(axes, period, name)
    return figure


@styled
def rates(names: Sequence[str], operator: np.ndarray, replicas: np.ndarray, errors: np.ndarray, levels: np.ndarray,
          controls: Mapping[str, np.ndarray] | None = None) -> Any:
    """Relaxation rates, in units of the learning rate, on three levels; controls as crosses."""
    figure, axes = panel("Relaxation rates", height=3.5)
    places = np.arange(len(names))
    axes.bar(places, operator, width=0.62, color=COLOURS["exact"], alpha=0.16, label="exact one-step operator")
    axes.hlines(operator, places - 0.31, places + 0.31, color=COLOURS["exact"], linewidth=2)
    axes.errorbar(places - 0.12, replicas, errors, fmt="o", color=COLOURS["measured"], markersize=5, capsize=3,
                  label="measured from replicas")
    axes.plot(places + 0.12, levels, "D", color=COLOURS["theory"], markersize=5, label="Schrödinger-like levels")
    for number, (label, values) in enumerate((controls or {}).items()):
        axes.plot(places[:len(values)], values, "x+1"[number % 3], color=COLOURS["control"], markersize=7,
                  label=f"control: {label}")
    axes.set_xticks(places, names)
    axes.set_ylabel("rate / η")
    axes.set_ylim(0, None)
    axes.legend(loc="upper left")
    return figure


@styled
def rate_differences(names: Sequence[str], operator: np.ndarray, replicas: np.ndarray, errors: np.ndarray,
                     levels: np.ndarray, margin: Sequence[float]) -> Any:
    """The same rates as differences from the exact operator in per cent, with the declared margins of the levels."""
    figure, axes = panel("Difference from the exact operator", height=3.5)
    places, width = np.arange(len(names)), 100 * np.asarray(margin)
    axes.bar(places + 0.12, 2 * width, 0.3, bottom=-width, color=COLOURS["theory"], alpha=0.13,
             label="margin declared for the levels")
    axes.axhline(0, color=COLOURS["exact"], linewidth=1.5)
    axes.errorbar(places - 0.12, 100 * (replicas / operator - 1), 100 * errors / operator, fmt="o", capsize=3, markersize=5,
                  color=COLOURS["measured"], label="replicas, with one standard error")
    axes.plot(places + 0.12, 100 * (levels / operator - 1), "D", color=COLOURS["theory"], markersize=5,
              label="Schrödinger-like levels")
    axes.set_xticks(places, names)
    axes.set_ylabel("per cent")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.45 * (high - low))
    axes.legend(loc="upper left")
    return figure


@styled
def law(q: np.ndarray, exact: np.ndarray, edges: np.ndarray, histogram: np.ndarray, *, title: str, exact_label: str,
        sample_label: str, name: str = "q", extra: tuple[str, np.ndarray] | None = None) -> Any:
    """A sampled density (bins) against the exact one (line), and perhaps a second exact one (dots)."""
    figure, axes = panel(title)
    period = float(edges[-1] - edges[0])
    step_density(axes, edges, histogram, label=sample_label)
    axes.plot(*_closed(q, exact, period), color=COLOURS["exact"], label=exact_label)
    if extra is not None:
        axes.plot(*_closed(q, extra[1], period), ":", color=COLOURS["theory"], linewidth=2.4, label=extra[0])
    axes.set_ylabel("density")
    axes.set_ylim(0, 1.42 * max(np.max(exact), np.max(histogram)))
    axes.legend(loc="upper left")
    angle_axis(axes, period, name)
    return figure


@styled
def wrong_law(q: np.ndarray, exact: np.ndarray, edges: np.ndarray, histogram: np.ndarray, *, label: str,
              exact_label: str = "this learner's exact law", name: str = "q") -> Any:
    """A control: its sampled density against a law that it must not match."""
    figure, axes = panel(f"Control: {label}")
    period = float(edges[-1] - edges[0])
    step_density(axes, edges, histogram, label="replicas of the control", colour="control")
    axes.plot(*_closed(q, exact, period), color=COLOURS["exact"], label=exact_label)
    axes.set_ylabel("density")
    axes.set_ylim(0, 1.42 * max(np.max(exact), np.max(histogram)))
    axes.legend(loc="upper left")
    angle_axis(axes, period, name)
    return figure


def _closed(q: np.ndarray, values: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    """The curve with its first point repeated one turn on."""
    q, values = np.asarray(q), np.asarray(values)
    return np.append(q, q[0] + period), np.append(values, values[0])
