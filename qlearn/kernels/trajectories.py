"""Classical trajectories under a splitting scheme: where the phases of a wave go, without a transform.

One kick of weight b and gradient weight c, then a drift of weight a, each row (b, c, a) of a scheme in turn:

    p ← p − ∂(b h V − c h³ ∂VᵀM⁻¹∂V),   S ← S − (b h V − c h³ ∂VᵀM⁻¹∂V),   q ← q + a h M⁻¹p,   S ← S + a h ½ pᵀM⁻¹p

S is the action ∫(p dq − H dt). V and its derivatives come from the quintic spline through its table, periodic on each axis.
Compiled with numba where it is installed (see qlearn.kernels.phases), else with NumPy over all trajectories at once.
"""

from collections.abc import Callable
from copy import copy
from typing import Any, NamedTuple, final

import numpy as np
from scipy import ndimage

from qlearn.kernels.phases import may_compile
from qlearn.kernels.quintics import BEND, NODES, SLOPE, VALUE

__all__ = ["Comparison", "Points", "Trajectories", "piecewise"]

WRAPPED = 8  # coefficients of the last axis that stand behind it once more, for loads of eight
CELL = 8  # numbers of a cell of a line, 64 bytes
_UNDRIVEN = np.empty(0)  # factors that nobody reads


class Points(NamedTuple):
    """Positions (n, d), momenta (n, d) and actions (n,)."""

    q: np.ndarray
    p: np.ndarray
    action: np.ndarray


class Comparison(NamedTuple):
    """What steps of h differ in from steps of h/2, by A = S̃ − S − p·(q̃ − q): its root mean squares, of the worst member.

    local (blocks,) : of the first step of each block, from the same point.
    total (blocks,) : of all steps from the start, at the end of each block; with rows to be undone at the last end, and 0 before.
    area : the least variance of q times that of p, over first and last points together, of the axes and members.
    """

    local: np.ndarray
    total: np.ndarray
    area: float


def _cells(coefficients: np.ndarray) -> np.ndarray:
    """(1 + R, N, 8): the polynomial in u of each cell of a line, and two zeros; each in one piece of 64 bytes of the memory."""
    terms, n = coefficients.shape
    room = np.zeros((terms * n + 1) * CELL)
    first = -room.ctypes.data % (8 * CELL) // 8
    cells = room[first:first + terms * n * CELL].reshape(terms, n, CELL)
    cells[..., :NODES] = coefficients[:, (np.arange(n)[:, None] + np.arange(-2, 4)) % n] @ VALUE
    return cells


@final
class Trajectories:
    """Trajectories in V = Σ_r f_r(t) g_r(q), f_0 = 1, on a periodic grid.

    tables : (1 + R, *shape): V0, g_1 … g_R.   factors : t (…) -> (…, R), or None where R = 0.
    origin, spacing : (d,) of the grid.   inverse : M⁻¹ (d, d).
    """

    def __init__(self, tables: np.ndarray, origin: np.ndarray, spacing: np.ndarray, inverse: np.ndarray,
                 factors: Callable[[np.ndarray], np.ndarray] | None = None):
        self.shape = tables.shape[1:]
        self.origin, self.spacing, self.inverse, self.factors = origin, spacing, inverse, factors
        padded = np.empty((*tables.shape[:-1], tables.shape[-1] + WRAPPED))
        self._coefficients = padded[..., :tables.shape[-1]]
        for table, coefficients in zip(tables, self._coefficients, strict=True):
            ndimage.spline_filter(table, order=5, mode="grid-wrap", output=coefficients)
        padded[..., -WRAPPED:] = padded[..., np.arange(WRAPPED) % tables.shape[-1]]
        self._cells = _cells(self._coefficients) if len(self.shape) == 1 else None
        self._table = padded if self._cells is None else self._cells.reshape(len(tables), -1)
        self._frame = np.column_stack([origin, spacing, inverse / np.outer(spacing, spacing)])

    def driven_by(self, factors: Callable[[np.ndarray], np.ndarray]) -> "Trajectories":
        """The same tables with other factors."""
        other = copy(self)
        other.factors = factors
        return other

    def run(self, points: Points, rows: np.ndarray, time: float, h: float, count: int) -> Points:
        """``count`` steps h of the scheme ``rows`` (k, 3) from ``time``; new arrays."""
        moved = Points(*(np.array(values) for values in points))
        self._move(moved, rows, self._weights(rows, time, h, count), h)
        return moved

    def compared(self, points: Points, members: int, rows: np.ndarray, enter: np.ndarray, time: float, h: float,
                 ends: np.ndarray) -> Comparison:
        """Steps of h beside steps of h/2 from the points, so many for each of ``members``; ends (blocks + 1,) the numbers of
        steps of h at which blocks of them begin and end. ``enter`` (k, 3) are rows of h before all steps, undone behind them."""
        leave, blocks = _undone(enter), len(ends) - 1
        if may_compile():
            return self._compared(points, members, (rows, enter, leave), time, h, ends)
        ways = [(rows, time, int(ends[-1])), (enter, time, min(len(enter), 1)), (leave, time + ends[-1] * h, min(len(leave), 1))]
        weights = [self._weights(way, start, step, count * twice if way is rows else count)
                   for way, start, count in ways for step, twice in ((h, 1), (h / 2, 2))]
        wide, narrow, wide_in, narrow_in, wide_out, narrow_out = weights
        coarse, fine = (Points(*(np.array(values) for values in points)) for _ in range(2))
        self._move(coarse, enter, wide_in, h)
        self._move(fine, enter, narrow_in, h / 2)
        local, total = np.zeros((2, blocks, len(points.action)))
        for block, (first, last) in enumerate(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)):
            beside = Points(*(np.array(values) for values in coarse))
            self._move(beside, rows, narrow[2 * first:2 * first + 2], h / 2)
            self._move(coarse, rows, wide[first:first + 1], h)
            local[block] = _difference(coarse, beside)
            self._move(coarse, rows, wide[first + 1:last], h)
            self._move(fine, rows, narrow[2 * first:2 * last], h / 2)
            total[block] = _difference(coarse, fine)
        if len(leave):
            self._move(coarse, leave, wide_out, h)
            self._move(fine, leave, narrow_out, h / 2)
            total[:] = 0.0
            total[-1] = _difference(coarse, fine)
        squares = np.mean(np.stack([local, total]).reshape(2, blocks, members, -1) ** 2, axis=3)
        one, all_so_far = np.sqrt(squares.max(axis=2))
        return Comparison(one, all_so_far, float(_areas(points, coarse, members).min()))

    def _compared(self, points: Points, members: int, schemes: tuple[np.ndarray, np.ndarray, np.ndarray], time: float, h: float,
                  ends: np.ndarray) -> Comparison:
        """The same in compiled code."""
        from qlearn.kernels import compiled_trajectories

        count, factors = int(ends[-1]), _UNDRIVEN
        if self.factors is not None:
            rows, enter, leave = map(len, schemes)
            times = np.empty(3 * count * rows + 2 * (enter + leave))
            compiled_trajectories.kick_times(*schemes, time, h, count, times)
            factors = self.factors(times).reshape(-1)
        local, total = np.empty((2, len(ends) - 1))
        compare: Any = compiled_trajectories.compared
        area = compare(self._table, self._frame, *schemes, factors, h, ends, *points, members, local, total)
        return Comparison(local, total, area)

    def _move(self, points: Points, rows: np.ndarray, weights: np.ndarray, h: float) -> None:
        """A step for each of ``weights`` (count, k, 1 + R); the points are overwritten."""
        if may_compile():
            from qlearn.kernels.compiled_trajectories import run

            run(self._table, self._frame, rows, np.ascontiguousarray(weights[..., 1:]).reshape(-1), h, len(weights), *points)
            return
        q, p, action = points
        for step in weights:
            for (b, c, a), factors in zip(rows, step, strict=True):
                if b != 0 or c != 0:
                    value, slope, bend = self._field(q, factors)
                    steep = slope @ self.inverse
                    action -= b * h * value - c * h**3 * np.sum(steep * slope, axis=1)
                    p -= b * h * slope - 2 * c * h**3 * np.einsum("nab,nb->na", bend, steep)
                speed = p @ self.inverse
                q += a * h * speed
                action += 0.5 * a * h * np.sum(speed * p, axis=1)

    def _weights(self, rows: np.ndarray, time: float, h: float, count: int) -> np.ndarray:
        """f_r at each kick, (count, k, 1 + R)."""
        weights = np.ones((count, len(rows), len(self._coefficients)))
        if self.factors is not None and len(rows):
            fractions = np.concatenate([[0.0], np.cumsum(rows[:-1, 2])])
            weights[..., 1:] = self.factors(time + (np.arange(count)[:, None] + fractions) * h)
        return weights

    def _field(self, q: np.ndarray, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """V (n,), ∂V (n, d) and ∂∂V (n, d, d)."""
        if self._cells is not None:
            return self._field_on_a_line(self._cells, q[:, 0], factors)
        d = len(self.shape)
        x = (q - self.origin) / self.spacing
        cell = np.floor(x)
        powers = (x - cell)[..., None] ** np.arange(NODES)
        basis = [powers @ VALUE.T, powers[..., :5] @ SLOPE.T, powers[..., :4] @ BEND.T]  # (n, d, 6) each
        nodes = [(cell[:, a, None].astype(np.int64) + np.arange(-2, 4)) % self.shape[a] for a in range(d)]
        index = tuple(nodes[a].reshape(len(q), *(NODES if b == a else 1 for b in range(d))) for a in range(d))
        local = sum(f * table[index] for f, table in zip(factors, self._coefficients, strict=True))

        def contracted(orders: list[int]) -> np.ndarray:
            rest = local
            for a in reversed(range(d)):
                rest = np.einsum("n...j,nj->n...", rest, basis[orders[a]][:, a]) / self.spacing[a] ** orders[a]
            return np.asarray(rest)

        unit = np.eye(d, dtype=int)
        value = contracted([0] * d)
        slope = np.stack([contracted(list(unit[a])) for a in range(d)], axis=1)
        bend = np.stack([np.stack([contracted(list(unit[a] + unit[b])) for b in range(d)], axis=1) for a in range(d)], axis=1)
        return value, slope, bend

    def _field_on_a_line(self, polynomials: np.ndarray, q: np.ndarray,
                         factors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The same in one dimension, from the polynomial of each cell."""
        x, dx = (q - self.origin[0]) / self.spacing[0], self.spacing[0]
        cell = np.floor(x)
        u = x - cell
        index = cell.astype(np.int64) % self.shape[0]
        c = polynomials[0][index].T
        for f, cells in zip(factors[1:], polynomials[1:], strict=True):
            c = c + f * cells[index].T
        value = c[0] + u * (c[1] + u * (c[2] + u * (c[3] + u * (c[4] + u * c[5]))))
        slope = c[1] + u * (2 * c[2] + u * (3 * c[3] + u * (4 * c[4] + u * (5 * c[5]))))
        bend = 2 * c[2] + u * (6 * c[3] + u * (12 * c[4] + u * (20 * c[5])))
        return value, (slope / dx)[:, None], (bend / dx**2)[:, None, None]


def _undone(rows: np.ndarray) -> np.ndarray:
    """The inverse of rows: drifts and kicks backwards, each drift before its kick."""
    if not len(rows):
        return rows
    back = np.zeros((len(rows) + 1, 3))
    back[1:, :2], back[:-1, 2] = -rows[::-1, :2], -rows[::-1, 2]
    return back


def _areas(first: Points, last: Points, members: int) -> np.ndarray:
    areas = np.ones(())
    for start, end in zip(first[:2], last[:2], strict=True):
        both = np.stack([start, end]).reshape(2, members, -1, start.shape[1])
        areas = areas * np.var(both, axis=(0, 2))
    return areas.T


def piecewise(pieces: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Polynomials of cells [i, i + 1), pieces (n, k, R) the coefficients of the powers of 2(x − i) − 1, at places x (…), (…, R);
    beyond the ends those of the last cells."""
    if may_compile():
        from qlearn.kernels.compiled_trajectories import piecewise as compiled

        values = np.empty((*x.shape, pieces.shape[2]))
        compiled(pieces, np.ascontiguousarray(x).reshape(-1), values.reshape(-1, pieces.shape[2]))
        return values
    cell = np.minimum(np.maximum(x.astype(np.int64), 0), len(pieces) - 1)
    c, u = pieces[cell], (2 * (x - cell) - 1)[..., None]
    value = c[..., -1, :]
    for power in range(pieces.shape[1] - 2, -1, -1):
        value = c[..., power, :] + u * value
    return value


def _difference(coarse: Points, fine: Points) -> np.ndarray:
    return coarse.action - fine.action - np.sum(fine.p * (coarse.q - fine.q), axis=1)
