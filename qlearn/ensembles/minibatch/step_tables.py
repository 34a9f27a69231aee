"""η/B g⁻¹ and v of a learner between the points of a lattice, by cubics, with the error measured in every tile.

A tile is a block of cells with its nodes and one node more on each side: a few cells along each axis, or on a torus all of
them.  Along a line slopes of C are differences between nodes, and what they err shows at the middles of the cells, where it is
measured.  Tiles are filled when a learner first comes there, always whole and from the same points, so that their numbers do not
depend on who came first, nor on the number of workers.
"""

from itertools import product
from typing import final

import numpy as np

from qlearn.errors import RegimeError
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["Lookup", "RingTable", "StepTable", "TooCoarse"]

_ERROR = 1e-5               # allowed at the middles of the cells, relative to η/B g⁻¹ there, and to v and 1e-4 steps in the tile
_CELLS = {1: 64, 2: 16}     # of a tile along an axis, where an axis is a line
_MOST_TILES = {1: 1 << 16, 2: 1 << 12}
_MIDDLES = {True: 4096, False: 64}      # at most so many are looked at, on a torus and elsewhere
_FARTHEST = 2.0**52         # cells: beyond, neighbouring positions are no longer told apart
_REACH = 3                  # nodes on each side of a difference of order 6, (f₃ − 9f₂ + 45f₁ − …)/60h


_POINTS = 1 << 14           # of the table of one ring; linear interpolation is then right to about 2e-8 · g''/g


class TooCoarse(Exception):
    """A tile errs by more than is allowed: take half the spacing."""


@final
class RingTable:
    """η/(Bg) and v on one ring, linear between 16384 points: (n, 1) each at q (n, 1)."""

    def __init__(self, learner: MinibatchLearner):
        self.learner, self.spacing = learner, learner.period / _POINTS
        q = np.arange(_POINTS) * self.spacing
        scale, v = learner.step_functions(q)
        middle, _ = learner.step_functions(q + 0.5 * self.spacing)
        error = np.max(np.abs(0.5 * (scale + np.roll(scale, -1)) / middle - 1))
        if error > _ERROR:
            raise RegimeError(f"the metric must be resolved by {_POINTS} points, for 1/g is read from a table; its relative "
                              f"error is {error:.1g} near q = {q[np.argmax(scale)]:.4g}, where the covariance almost vanishes. "
                              "Add label noise, or take a smaller alpha.")
        self.rows = np.stack([scale, np.roll(scale, -1) - scale, v, np.roll(v, -1) - v], axis=1)

    def __call__(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place = q[:, 0] * (_POINTS / self.learner.period)
        cell = np.floor(place)
        place -= cell
        rows = np.take(self.rows, cell.astype(np.int64) & (_POINTS - 1), axis=0)
        return (rows[:, 0] + place * rows[:, 1])[:, None], (rows[:, 2] + place * rows[:, 3])[:, None]


@final
class StepTable:
    """Functions of q on the lattice q_μ = spacing_μ·n_μ, shared by all blocks of replicas.

    cells : of a tile along each axis.     tiles_round : tiles round a ring, 0 along a line.
    """

    def __init__(self, learner: MinibatchLearner, spacing: np.ndarray):
        d = learner.dimension
        self.learner, self.spacing, self.d = learner, spacing, d
        self.torus = None not in learner.periods
        count = np.array([0 if period is None else round(period / h) for period, h in zip(learner.periods, spacing, strict=True)])
        self.cells = count if self.torus else np.full(d, _CELLS[d])
        self.tiles_round = count // self.cells
        self.nodes = self.cells + 3
        self.strides = np.array([1]) if d == 1 else np.array([self.nodes[1], 1])
        self.pairs = [(i, j) for i in range(d) for j in range(i, d)]
        self.width = len(self.pairs) + (d if learner.ito_correction else 0)
        self.tiles: dict[tuple[int, ...], np.ndarray] = {}

    def tile(self, place: tuple[int, ...]) -> np.ndarray:
        """The numbers of one tile, (nodes of it, width), the entries of η/B g⁻¹ and then those of v."""
        if place not in self.tiles:
            if len(self.tiles) >= _MOST_TILES[self.d]:
                raise RegimeError(f"replicas spread over more than {_MOST_TILES[self.d]} tiles of the table of the metric, near "
                                  f"q = {np.array(place) * self.cells * self.spacing}: they run away. Take a smaller learning "
                                  "rate.")
            self.tiles[place] = self._filled(place)
        return self.tiles[place]

    def _filled(self, place: tuple[int, ...]) -> np.ndarray:
        corner = np.array(place) * self.cells
        nodes = self._nodes(corner)
        strides = np.maximum(1, np.ceil(self.cells / _MIDDLES[self.torus] ** (1 / self.d)).astype(int))
        cells = [np.arange(0, n, stride) for n, stride in zip(self.cells, strides, strict=True)]
        exact = self._values([x + 0.5 + first for x, first in zip(cells, corner, strict=True)])
        grid = np.stack([x.ravel() for x in np.meshgrid(*cells, indexing="ij")], axis=1)
        found = self.interpolate(nodes, grid @ self.strides, np.full(grid.shape, 0.5))
        count = len(self.pairs)
        size = np.max(np.abs(exact[:, :count]), axis=1, keepdims=True)
        wrong = float(np.max(np.abs(found - exact)[:, :count] / size))
        if self.width > count:
            jump = np.max(size) * np.sqrt(self.learner.batch_size * self.learner.reference_covariance)     # about that of a step
            largest = np.max(np.abs(exact[:, count:])) + 1e-4 * jump
            wrong = max(wrong, float(np.max(np.abs(found - exact)[:, count:]) / largest))
        if wrong > _ERROR:
            raise TooCoarse(wrong)
        return nodes

    def _values(self, places: list[np.ndarray]) -> np.ndarray:
        return self._columns(*self.learner.diffusion_limit.step(self._points(places)))

    def _points(self, places: list[np.ndarray]) -> np.ndarray:
        mesh = np.meshgrid(*(h * x for h, x in zip(self.spacing, places, strict=True)), indexing="ij")
        return np.stack([x.ravel() for x in mesh], axis=1)

    def _nodes(self, corner: np.ndarray) -> np.ndarray:
        """At all nodes of a tile."""
        limit, d = self.learner.diffusion_limit, self.d
        inner = [np.arange(-1, n + 2) + first for n, first in zip(self.cells, corner, strict=True)]
        if self.torus or not self.learner.ito_correction:
            return self._values(inner)
        outer = [np.arange(-1 - _REACH, n + 2 + _REACH) + first for n, first in zip(self.cells, corner, strict=True)]
        C = limit.fields.covariance_at(self._points(outer)).reshape(*(len(x) for x in outer), d, d)
        middle = (slice(_REACH, -_REACH),) * d
        slopes = np.empty((*self.nodes, d, d, d))
        for axis in range(d):
            shifted = [C[tuple(slice(_REACH + n, C.shape[a] - _REACH + n) if a == axis else slice(_REACH, -_REACH)
                               for a in range(d))] for n in (-3, -2, -1, 1, 2, 3)]
            slopes[..., axis, :, :] = sum(w * f for w, f in zip((-1, 9, -45, 45, -9, 1), shifted, strict=True)) \
                / (60 * self.spacing[axis])
        return self._columns(*limit.step_of(C[middle].reshape(-1, d, d), slopes.reshape(-1, d, d, d)))

    def _columns(self, matrix: np.ndarray, v: np.ndarray) -> np.ndarray:
        columns = [matrix[:, i, j] for i, j in self.pairs] + [v[:, i] for i in range(self.width - len(self.pairs))]
        return np.stack(columns, axis=1)

    def interpolate(self, values: np.ndarray, base: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Cubics through the four nodes around each point: ``base`` the flat index of the first, x (n, d) the place in a cell."""
        weights = [_weights(x[:, axis]) for axis in range(self.d)]
        result = np.zeros((len(base), self.width))
        for corner in product(range(4), repeat=self.d):
            weight = weights[0][corner[0]] if self.d == 1 else weights[0][corner[0]] * weights[1][corner[1]]
            rows = np.take(values, base + int(np.dot(corner, self.strides)), axis=0)
            rows *= weight[:, None]
            result += rows
        return result


def _weights(x: np.ndarray) -> tuple[np.ndarray, ...]:
    """Lagrange's, for nodes at −1, 0, 1, 2."""
    a, b, c = x + 1, x - 1, x - 2
    return -x * b * c / 6, a * b * c / 2, -a * x * c / 2, a * x * b / 6


@final
class Lookup:
    """One block's view of a table: the tiles that its learners have met, in one array."""

    def __init__(self, table: StepTable):
        self.table = table
        self.values = np.empty((0, table.width))
        self.low = np.zeros(table.d, dtype=np.int64)
        self.rows = np.full((0,) * table.d, -1)

    def __call__(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(entries of η/B g⁻¹ (n, pairs), v (n, d) or (n, 0)) at q (n, d)."""
        table = self.table
        place = q / table.spacing
        if not np.all(np.abs(place) < _FARTHEST):
            raise RegimeError("replicas must stay near the data; some ran away to infinity. Take a smaller learning rate.")
        cell = np.floor(place)
        place -= cell
        index = cell.astype(np.int64)
        tile = index // table.cells
        rings = table.tiles_round > 0
        tile[:, rings] %= table.tiles_round[rings]
        index %= table.cells
        base = index @ table.strides + self._row(tile) * int(np.prod(table.nodes))
        found = table.interpolate(self.values, base, place)
        count = len(table.pairs)
        return found[:, :count], found[:, count:]

    def _row(self, tile: np.ndarray) -> np.ndarray:
        """The number of each tile among those held; new ones are fetched."""
        low, high = tile.min(axis=0), tile.max(axis=0)
        if np.any(low < self.low) or np.any(high >= self.low + self.rows.shape):
            self._enlarge(low, high)
        rows = self.rows[tuple((tile - self.low).T)]
        if np.any(rows < 0):
            for place in np.unique(tile[rows < 0], axis=0):
                self.rows[tuple(place - self.low)] = len(self.values) // int(np.prod(self.table.nodes))
                self.values = np.concatenate([self.values, self.table.tile(tuple(int(n) for n in place))])
            rows = self.rows[tuple((tile - self.low).T)]
        return rows

    def _enlarge(self, low: np.ndarray, high: np.ndarray) -> None:
        if self.rows.size:
            low, high = np.minimum(low, self.low), np.maximum(high, self.low + self.rows.shape - 1)
        if np.prod(high - low + 1.0) > 1 << 24:
            raise RegimeError(f"replicas spread over {high - low + 1} tiles of the table of the metric: they run away. Take a "
                              "smaller learning rate.")
        rows = np.full(high - low + 1, -1)
        if self.rows.size:
            rows[tuple(slice(a, a + n) for a, n in zip(self.low - low, self.rows.shape, strict=True))] = self.rows
        self.low, self.rows = low, rows
