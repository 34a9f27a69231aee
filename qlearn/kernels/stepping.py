"""Runs of drifts and kicks on states of a periodic grid in one compiled loop with its own transforms.

A line of N = A·B points, index j = B-digit·A + A-digit, is taken as B columns of A rows: a transform along the columns' index,
roots of unity, a transform along the rows (Cooley and Tukey, Math. Comput. 19, 297 (1965)). In more dimensions axis 0 is
the rows and all others the columns. Rows stand in the lanes of vectors, eight at a time: on a line just as they come; else
number (block of eight rows, column, row in the block). Zeros fill up rows and columns to multiples of eight.
Modes stand in the order in which the transforms leave them, and all tables with them.
"""

import math
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any, final

import numpy as np

from qlearn.kernels.fft_plan import factored, plan

__all__ = ["LARGEST", "NONE", "Angles", "Layout", "Stages", "exponentials", "factors", "fits", "layout_of"]

LANES = 8
LARGEST = 1e5  # |θ| up to which the compiled phases are exact
NONE, NO_TABLES, NO_FACTORS, NO_ORDER = np.empty(0), np.empty((0, 0)), np.empty((0, 2, 0)), np.empty(0, dtype=np.int64)


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
        self.shape, self.line = shape, len(shape) == 1
        self.rows, others = _halves(shape[0]) if self.line else (shape[0], shape[1:])
        self.plans = [plan(n) for n in (self.rows, *others)]
        columns = math.prod(others)
        padded, blocks = -(-columns // LANES) * LANES, -(-self.rows // LANES)
        self.stride = padded + LANES * (1 - padded // LANES % 2)  # odd numbers of vectors: blocks on different lines of a cache
        block, gap = (LANES, self.rows) if self.line else (LANES * self.stride, LANES)
        offsets = (1, self.rows) if self.line else (columns, 1)
        pieces, piece, part = (1, 0, shape[0]) if self.line else (blocks, block, columns * LANES)
        self.columns, self.padded, self.blocks = columns, padded, blocks
        self.size = blocks * LANES * (padded if self.line else self.stride)
        self.numbers = np.array([self.rows, columns, *offsets, block, gap, padded, pieces, piece, part], dtype=np.int64)
        self.axes, self.radices, self.twiddles = self._tabulated(others)
        inner = np.zeros(1, dtype=np.int64)
        for p in self.plans[1:]:
            inner = (inner[:, None] * p.n + p.order).ravel()
        self.inner = inner  # (columns,): of all other axes, the index of the mode at each place

    def _tabulated(self, others: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the compiled loop reads: a row an axis, the radices and the roots of all of them."""
        rows, first, root = [], 0, 0
        for k, p in enumerate(self.plans):
            width = self.rows // LANES if self.line else math.prod(others[k:])
            gap = self.rows if self.line else LANES * width
            passes, roots = len(p.radices), len(p.twiddles)
            rows.append([p.n, gap, width, math.prod(others[:max(k - 1, 0)]), p.n * gap, first, passes, root, roots])
            first, root = first + passes, root + roots
        return (np.array(rows, dtype=np.int64), np.concatenate([p.radices for p in self.plans]),
                np.concatenate([p.twiddles for p in self.plans]))

    @property
    def order(self) -> np.ndarray:
        """(rows, columns): the index among the modes of the grid, flat, of the mode at each place."""
        if self.line:
            return self.inner[None, :] + self.columns * self.plans[0].order[:, None]
        return self.plans[0].order[:, None] * self.columns + self.inner

    @cached_property
    def roots(self) -> np.ndarray:
        """(2, size): cos and −sin of 2πk j/N between the transforms of a line; empty in more dimensions."""
        if not self.line:
            return np.empty((2, 0))
        angle = -2 * np.pi / self.shape[0] * np.outer(self.plans[1].order, np.arange(self.rows)).ravel()
        return np.stack([np.cos(angle), np.sin(angle)])

    def points(self, values: np.ndarray) -> np.ndarray:
        """Real values (m, *shape) as the points lie, (m, size), new."""
        if self.line:
            return np.pad(values, ((0, 0), (0, self.size - self.shape[0])))
        padded = np.zeros((len(values), self.blocks * LANES, self.stride))
        padded[:, :self.rows, :self.columns] = values.reshape(-1, self.rows, self.columns)
        return np.ascontiguousarray(padded.reshape(-1, self.blocks, LANES, self.stride).transpose(0, 1, 3, 2)).reshape(
            len(values), -1)

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
        from qlearn.kernels import compiled_stepping

        self.layout, self.loops = layout, compiled_stepping
        drifts = [part if part.size else np.empty((len(which), 2, 0)) for part in (lead, last, full)]
        self.parts = (layout.numbers, layout.axes, layout.radices, layout.twiddles, layout.roots, *drifts, which)

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
        flat, room = phi.reshape(-1, layout.rows * layout.columns), _aligned(2 * (layout.size + LANES**2 * layout.blocks))
        if layout.size != layout.rows * layout.columns:
            room[:2 * layout.size] = 0.0
        seen = np.zeros((len(flat), 2))
        loop: Any = self.loops.run
        loop(flat, room, *self.parts, *masks, seen, *kicks)
        return seen


@final
class Angles:
    """Tables (R, P), P a multiple of 8, that angles Σ_r w_r g_r are made of."""

    def __init__(self, values: np.ndarray):
        self.values, self._largest = values, np.max(np.abs(values), axis=1)

    def turn_exactly(self, weights: np.ndarray) -> bool:
        """True where no angle of the weights (K, R) is too large for the compiled phases."""
        from qlearn.kernels.compiled_weights import are_within

        return bool(are_within(LARGEST, weights, self._largest))


def exponentials(angles: Angles, weights: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """scale·exp(−i Σ_r w_kr g_r) for weights (K, R): real and imaginary parts, (K, 2, P)."""
    from qlearn.kernels import compiled_stepping

    if not angles.turn_exactly(weights):
        theta = weights @ angles.values
        return np.stack([scale * np.cos(theta), -scale * np.sin(theta)], axis=1)
    found = np.empty((len(weights), 2, angles.values.shape[1]))
    compiled_stepping.exponentials(angles.values, weights, scale, found)
    return found


def factors(layout: Layout, tables: Iterable[np.ndarray], count: int) -> np.ndarray:
    """``count`` complex tables (*shape) of the points, as ``Stages.static`` takes them."""
    from qlearn.kernels import compiled_stepping

    found = np.zeros((count, 2, layout.size))
    for (re, im), table in zip(found, tables, strict=True):
        compiled_stepping.enter(np.ascontiguousarray(table).reshape(-1), re, im, layout.numbers)
    return found


def _aligned(size: int) -> np.ndarray:
    """An array that begins where vectors are loaded at once."""
    raw = np.empty(size + LANES)
    offset = -raw.ctypes.data // raw.itemsize % LANES
    return raw[offset:offset + size]


def _halves(n: int) -> tuple[int, tuple[int]]:
    """A·B = n, A a multiple of eight, at most 64 or √n: the transforms along A, of eight columns each, cost about 10 + A."""
    most = max(64, math.isqrt(n))
    found = [a for a in range(LANES, min(most, n) + 1, LANES) if n % a == 0]
    rows = min(found, key=lambda a: -(-n // (a * LANES)) * (10 + a))
    return rows, (n // rows,)
