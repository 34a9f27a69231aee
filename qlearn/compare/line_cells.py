"""One coordinate cut into cells, on which whole samples are drawn at once: Wasserstein's and the energy distance in 1-D."""

from dataclasses import dataclass

import numpy as np

from qlearn.densities import GridDensity

__all__ = ["LineCells", "cells_of_law", "cells_of_points"]

_EACH = 256             # cells of equal probability and cells of equal length: both together, at most
_FINE = 8192            # points of the law's distribution function that is inverted, at least


@dataclass(frozen=True, eq=False)
class LineCells:
    """Cells that end at ``nodes`` (c,), each node with its share ``weights`` (c,) of the length, ``places`` (c,) standing
    for the points of a cell on a ring; ``start`` is the lower end, ``period`` None on a line.

    A sample enters as its counts, the same way for data and null: whatever the cells do to a distance, its p-value is exact.
    They move it by about the width of a cell over √n.
    """

    nodes: np.ndarray
    weights: np.ndarray
    places: np.ndarray
    start: float
    period: float | None

    def counts(self, q: np.ndarray) -> np.ndarray:
        """How many points q (n,) each cell holds; on a line what lies outside counts in the first or last."""
        if self.period is not None:
            q = self.start + np.mod(q - self.start, self.period)
        cell = np.minimum(np.searchsorted(self.nodes, q), len(self.nodes) - 1)
        return np.bincount(cell, minlength=len(self.nodes))

    def distance(self, kind: str, excess: np.ndarray) -> np.ndarray:
        """The distance of this name for each row of differences of masses (draws, c)."""
        if kind == "ks":
            return np.max(np.abs(np.cumsum(excess, axis=1)), axis=1)
        if kind == "kuiper":
            running = np.cumsum(excess, axis=1)
            return np.maximum(running.max(axis=1), 0) - np.minimum(running.min(axis=1), 0)
        return self.energy(excess) if kind == "energy" else self.wasserstein(excess)

    def wasserstein(self, excess: np.ndarray) -> np.ndarray:
        """∫|ΔF| dq of differences of masses (draws, c); on a ring min_c ∫|ΔF − c| dq, c the median of ΔF along the ring."""
        running = np.cumsum(excess, axis=1)
        if self.period is not None:
            running = running - _weighted_medians(running, self.weights)[:, None]
        return np.abs(running) @ self.weights

    def energy(self, excess: np.ndarray) -> np.ndarray:
        """√(2E|X − Y| − E|X − X'| − E|Y − Y'|) = √(2∫ΔF² dq); on a ring |X − Y| is the chord of a circle of that length."""
        if self.period is None:
            return np.sqrt(2 * np.square(np.cumsum(excess, axis=1)) @ self.weights)
        chords = self.period / np.pi * np.abs(np.sin(np.pi * (self.places[:, None] - self.places) / self.period))
        return np.sqrt(np.maximum(-np.sum(excess * (excess @ chords), axis=1), 0))


def cells_of_law(density: GridDensity, ring: bool) -> tuple[LineCells, np.ndarray]:
    """Cells between 257 quantiles of the law and 257 equidistant points, and their exact masses, none below 0."""
    (a, b), = density.grid.bounds
    fine = np.linspace(a, b, max(_FINE, 4 * len(density.values)) + 1)
    rising = np.maximum.accumulate(density.cdf(fine[:-1]))
    quantiles = np.interp(np.arange(1, _EACH) / _EACH, rising, fine[:-1])
    edges = np.unique(np.concatenate([np.linspace(a, b, _EACH + 1), quantiles]))
    edges = edges[np.append(True, np.diff(edges) > 1e-9 * (b - a))]
    edges[-1] = b
    masses = np.maximum(np.diff(np.append(density.cdf(edges[:-1]), 1.0)), 0)
    widths = np.diff(edges)
    after = np.append(widths[1:], widths[0] if ring else 0.0)
    cells = LineCells(edges[1:], (widths + after) / 2, edges[1:] - widths / 2, a, float(b - a) if ring else None)
    return cells, masses / masses.sum()


def cells_of_points(both: np.ndarray, period: float | None) -> LineCells:
    """Cells that end at the points of both samples together, or at 512 quantiles of them where there are more."""
    nodes = np.unique(both)
    if len(nodes) > 2 * _EACH:
        nodes = np.unique(np.quantile(both, np.linspace(0, 1, 2 * _EACH + 1)))
    last = 0.0 if period is None else nodes[0] + period - nodes[-1]
    return LineCells(nodes, np.append(np.diff(nodes), last), nodes, float(nodes[0]) if period is None else 0.0, period)


def _weighted_medians(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted median of each row."""
    order = np.argsort(values, axis=1)
    weight = np.cumsum(weights[order], axis=1)
    middle = np.sum(weight < 0.5 * weight[:, -1:], axis=1)
    rows = np.arange(len(values))
    return values[rows, order[rows, middle]]
