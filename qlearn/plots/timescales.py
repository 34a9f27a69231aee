"""Figure of implied timescales: 1/rate against the lag."""

from typing import Any

import numpy as np

from qlearn.plots.canvas import COLOURS, panel, styled

__all__ = ["implied_timescales"]


@styled
def implied_timescales(found: Any, lag: float | None = None, reference: Any = None, axes: Any = None) -> Any:
    """1/rate with one standard error against the lag; rates that drown in noise are left open.

    lag : the declared one, marked.     reference : known rates, drawn as lines.
    The grey region is where a timescale is shorter than the lag: little of it is left there.
    """
    figure, axes = panel("Implied timescales", width=5.6, height=3.9, axes=axes)
    values, seen = found.timescales, found.seen
    shift = np.exp(0.012 * (np.arange(values.shape[1]) - (values.shape[1] - 1) / 2))      # error bars beside each other
    known = np.array([]) if reference is None else 1 / np.asarray(reference, float)
    for number, value in enumerate(known):
        axes.axhline(value, color=COLOURS["exact"], linewidth=1.1, label="known" if number == 0 else None)
    for j, column in enumerate(values.T):
        shade, rows = 1 - 0.55 * j / max(1, values.shape[1] - 1), seen[:, j]
        axes.errorbar(found.lags[rows] * shift[j], column[rows], found.timescale_errors[rows, j], fmt="o-", markersize=4,
                      capsize=2, linewidth=1, color=COLOURS["measured"], alpha=shade,
                      label="measured" if j == 0 else None)
        lost = ~rows & np.isfinite(column)
        axes.plot(found.lags[lost] * shift[j], column[lost], "o", markersize=4, markerfacecolor="none", linestyle="none",
                  color=COLOURS["measured"], alpha=shade)
    shown = np.concatenate([values[seen], known])
    low, high = (shown.min() / 2, 2 * shown.max()) if shown.size else (found.lags[0] / 2, 2 * found.lags[-1])
    ends = np.array([found.lags[0] / 1.15, found.lags[-1] * 1.15])
    axes.fill_between(ends, low, np.clip(ends, low, high), color=COLOURS["faint"], alpha=0.5, linewidth=0,
                      label="shorter than the lag")
    if lag is not None:
        axes.axvline(lag, color=COLOURS["ink"], linestyle="--", linewidth=1.1, label="declared lag")
    for axis, scale in ((axes.xaxis, axes.set_xscale), (axes.yaxis, axes.set_yscale)):
        scale("log", subs=[2, 5])
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("{x:g}")
    axes.set_xlim(*ends)
    axes.set_ylim(low, high)
    axes.set_xlabel("lag")
    axes.set_ylabel("1/rate")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
