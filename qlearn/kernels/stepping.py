"""Runs of drifts and kicks on states of a periodic grid in one compiled loop with its own transforms.

Axis 0 is the rows, all others the columns. A line of 8A points is taken as eight columns of A rows, point j A + i in row i of
column j: transforms across the columns, roots of unity, transforms along the rows (Cooley and Tukey, Math. Comput. 19, 297
(1965)). Rows stand in the lanes of vectors, eight at a time: (block of eight rows, column, row in the block). Zeros fill up rows
and columns to multiples of eight.
Modes stand in the order in which the transforms leave them, and all tables with them.
"""

import math
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any, final

import numpy as np

from qlearn.kernels.fft_plan import factored, plan

__all__ = ["NONE", "Angles", "Layout", "Stages", "exponentials", "factors", "fits", "layout_of"]

LANES = 8
NONE, NO_TABLES, NO_ROOTS = np.empty(0), np.empty((0, 0)), np.empty((2, 0))
NO_FACTORS, NO_ORDER = np.empty((0, 2, 0)), np.empty(0, dtype=np.int64)


def fits(shape: tuple[int, ...]) -> bool:
    """True for lines of a multiple of 8 points, at least 64, and grids of at least 8 rows and 8 columns, with factors 2, 3 and 5
    alone."""
    if len(shape) == 1:
        return shape[0] >= LANES**2 and shape[0] % LANES == 0 and factored(shape[0]) is not None
    return all(factored(n) is not None for n in shape) and shape[0] >= LANES and math.prod(shape[1:]) >= LANES


@lru_cache(maxsize=16)
def layout_of(shape: tuple[int, ...]) -> "Layout":
    return Layout(shape)


@final
class Layout:
    """Where the points and the modes of a grid stand. size: numbers that real and imaginary parts take each."""

    def __init__(self, shape: tuple[int, ...]):
        from qlearn.kernels import compiled_stepping
        from qlearn.kernels.vectors import LARGEST_RADIX

        self.shape, self.line = shape, len(shape) == 1
        self.loop: Any = compiled_stepping.run_line if self.line else compiled_stepping.run
        self.rows, others = (shape[0] // LANES, (LANES,)) if self.line else (shape[0], shape[1:])
        self.plans = [plan(n, LARGEST_RADIX) for n in ((self.rows,) if self.line else shape)]
        columns = math.prod(others)
        padded, blocks = -(-columns // LANES) * LANES, -(-self.rows // LANES)
        self.stride = padded + LANES * (1 - padded // LANES % 2)  # odd numbers of vectors: blocks on different lines of a cache
        offsets = (1, self.rows) if self.line else (columns, 1)
        self.columns, self.padded, self.blocks, self.size = columns, padded, blocks, blocks * LANES * self.stride
        self.numbers = np.array([self.rows, columns, *offsets, LANES * self.stride, LANES, padded, self.size], dtype=np.int64)
        self.axes = self._tabulated(others)
        self.passes, self.twiddles = (np.concatenate([getattr(p, part) for p in self.plans]) for part in ("passes", "roots"))
        inner = np.arange(LANES) if self.line else np.zeros(1, dtype=np.int64)
        for p in self.plans[1:]:
            inner = (inner[:, None] * p.n + p.order).ravel()
        self.inner = inner  # (columns,): of all other axes, the index of the mode at each place
        self.roots = self._rooted() if self.line else NO_ROOTS

    def _tabulated(self, others: tuple[int, ...]) -> np.ndarray:
        """A row an axis of what the compiled loop reads: (gap, width, repeats, apart, first pass, passes, first root)."""
        rows, first, root = [], 0, 0
        for k, p in enumerate(self.plans):
            width = math.prod(others[k:])
            repeats, apart = math.prod(others[:max(k - 1, 0)]), p.n * LANES * width
            rows.append([LANES * width, width, repeats, apart, first, len(p.passes), root])
            first, root = first + len(p.passes), root + len(p.roots)
        return np.array(rows, dtype=np.int64)

    def _rooted(self) -> np.ndarray:
        """(2, size): cos and −sin of 2πk i/N between the transforms of a line, as the points lie."""
        angle = -2 * np.pi / self.shape[0] * np.outer(np.arange(self.rows), self.inner)
        return np.concatenate([self._arranged(part(angle)[None]) for part in (np.cos, np.sin)])

    @property
    def order(self) -> np.ndarray:
        """(rows, columns): the index among the modes of the grid, flat, of the mode at each place."""
        return self.plans[0].order[:, None] * self.columns + self.inner

    def points(self, values: np.ndarray) -> np.ndarray:
        """Real values (m, *shape) as the points lie, (m, size), new."""
        if self.line:
            return self._arranged(values.reshape(-1, LANES, self.rows).swapaxes(1, 2))
        return self._arranged(values.reshape(-1, self.rows, self.columns))

    def _arranged(self, values: np.ndarray) -> np.ndarray:
        """(m, rows, columns) as they lie, (m, size)."""
        padded = np.zeros((len(values), self.blocks * LANES, self.stride))
        padded[:, :self.rows, :self.columns] = values
        return np.ascontiguousarray(padded.reshape(-1, self.blocks, LANES, self.stride).transpose(0, 1, 3, 2)).reshape(
            len(values), -1)

    def masks(self, points: np.ndarray, modes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """1 at some points and at some modes, given by their flat indices, among zeros: (size,) and (modes,)."""
        from qlearn.kernels import compiled_stepping

        masks = np.zeros(self.size), np.zeros(self.rows * self.padded)
        compiled_stepping.mark(points, modes, self.numbers, *self._places, *masks)
        return masks

    def places_of_points(self, index: np.ndarray) -> np.ndarray:
        """Where the points of these flat indices stand."""
        rows, columns, a, b, block, gap = self.numbers[:6].tolist()
        i, j = index // a % rows, index // b % columns
        return np.asarray(i // LANES * block + i % LANES + j * gap)

    def places_of_modes(self, index: np.ndarray) -> np.ndarray:
        """Where the modes of these flat indices stand."""
        i, j = (places[k] for places, k in zip(self._places, (index // self.columns, index % self.columns), strict=True))
        return np.asarray((j // LANES * self.rows + i) * LANES + j % LANES)

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """The place of each mode of axis 0, and of all other axes."""
        return np.argsort(self.plans[0].order), np.argsort(self.inner)

    def modes(self, values: np.ndarray) -> np.ndarray:
        """Real values (m, *shape) of the modes in FFT order, as the loop meets them, (m, padded columns/8 · rows · 8)."""
        found = values.reshape(len(values), -1)[:, self.order]
        if self.padded > self.columns:
            found = np.concatenate([found, np.zeros((len(values), self.rows, self.padded - self.columns))], axis=2)
        return np.ascontiguousarray(found.reshape(len(values), self.rows, -1, LANES).transpose(0, 2, 1, 3)).reshape(
            len(values), -1)

    def lead(self, values: np.ndarray) -> np.ndarray:
        """The same of functions of the modes of axis 0 alone, (m, rows) -> (m, blocks · 8)."""
        return np.pad(np.ascontiguousarray(values[:, self.plans[0].order]), ((0, 0), (0, self.blocks * LANES - self.rows)))

    def last(self, values: np.ndarray) -> np.ndarray:
        """The same of functions of the modes of all other axes, (m, *shape[1:]) -> (m, padded columns)."""
        found = values.reshape(len(values), -1)[:, self.inner]
        return np.pad(np.ascontiguousarray(found), ((0, 0), (0, self.padded - self.columns)))


@final
class Stages:
    """A sequence kick, drift, kick, …, drift, kick of one step length on a layout, to be run in place.

    which (stages,) : the drift of each stage.   drifts : factors of the modes, 1/N included, as ``exponentials`` gives them:
    ``full`` (D, 2, modes), or ``lead`` of axis 0 and ``last`` of the others, whose product they are; the others are empty.
    """

    def __init__(self, layout: Layout, which: np.ndarray, full: np.ndarray, lead: np.ndarray = NONE, last: np.ndarray = NONE):
        self.layout: Layout = layout
        drifts = [part if part.size else NO_FACTORS for part in (lead, last, full)]
        self.parts = (layout.numbers, layout.axes, layout.passes, layout.twiddles, layout.roots, *drifts, which)

    def static(self, phi: np.ndarray, kicks: np.ndarray, order: np.ndarray, count: int, masks: Any = (NONE, NONE)) -> np.ndarray:
        """``count`` steps; kicks (K, 2, size) of factors, order as for compiled_stepping.run. See ``driven``."""
        return self._run(phi, masks, kicks, order, NO_TABLES, NO_TABLES, count)

    def driven(self, phi: np.ndarray, tables: np.ndarray, weights: np.ndarray, masks: Any = (NONE, NONE)) -> np.ndarray:
        """Steps with kicks exp(−i Σ_r w_r g_r): tables (R, size), weights (1 + stages, R).

        φ (…, *shape) is overwritten. masks: (points (size,), modes (modes,)). Returns (members, 2), the largest
        Σ mask |φ|² behind a step, and of the modes in a first stage; 0 where masks are empty.
        """
        return self._run(phi, masks, NO_FACTORS, NO_ORDER, tables, weights, (len(weights) - 1) // len(self.parts[-1]))

    def _run(self, phi: np.ndarray, masks: tuple[np.ndarray, np.ndarray], *kicks: Any) -> np.ndarray:
        layout = self.layout
        flat = phi.reshape(-1, layout.rows * layout.columns)
        seen = np.zeros((len(flat), 2))
        room = np.empty(2 * layout.size + 4 * LANES**2 * layout.blocks + LANES)
        layout.loop(flat, room, *self.parts, *masks, seen, *kicks)
        return seen


@final
class Angles:
    """Tables (R, P), P a multiple of 8, that angles Σ_r w_r g_r are made of, and the largest |g_r| of each."""

    def __init__(self, values: np.ndarray):
        self.values, self.largest = values, np.max(np.abs(values), axis=1)


def exponentials(angles: Angles, weights: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """scale·exp(−i Σ_r w_kr g_r) for weights (K, R): real and imaginary parts, (K, 2, P)."""
    from qlearn.kernels import compiled_stepping

    found = np.empty((len(weights), 2, angles.values.shape[1]))
    if not compiled_stepping.exponentials(angles.values, angles.largest, np.ascontiguousarray(weights), scale, found):
        theta = weights @ angles.values
        found[:, 0], found[:, 1] = scale * np.cos(theta), -scale * np.sin(theta)
    return found


def factors(layout: Layout, tables: Iterable[np.ndarray], count: int) -> np.ndarray:
    """``count`` complex tables (*shape) of the points, as ``Stages.static`` takes them."""
    from qlearn.kernels import compiled_stepping

    found = np.zeros((count, 2, layout.size))
    for (re, im), table in zip(found, tables, strict=True):
        compiled_stepping.enter(np.ascontiguousarray(table).reshape(-1), re, im, layout.numbers)
    return found
