"""Steps of many learners, fused: dq = b(q) dt + √(2D) dW in flat space, with a drift that does not change in time.

    q ← q + √(Dh) ξ,   then ``steps`` times   q ← q + h c(q),   q ← q + √(2Dh) ξ   (after the last: √(Dh) ξ)

The splitting of Strang: noise of half a step, drift, noise of half a step, neighbouring halves drawn as one.  With
c = b + (h/2)(b·∂)b the drift moves to second order in h, and so does the law of q (weak order 2), for one evaluation and one
normal a step; with c = b it is order 1.  |c| is limited to √(2D/h), and learner-steps where that happened are counted.

A drift is a :class:`Program` (a formula) or a :class:`LineTable` (values on a uniform grid, linear in between).  The loop is
compiled where numba is installed, else NumPy's; both give the same bits, whatever the block or thread.

Source: Leimkuhler and Matthews, Molecular Dynamics (2015), sec. 7.3, for splittings of noise and drift.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn.kernels.normals import TILE, key_of, normals
from qlearn.kernels.phases import may_compile
from qlearn.kernels.programs import Program, run_plain

__all__ = ["LineTable", "kicked_steps"]


@final
@dataclass(frozen=True, eq=False)
class LineTable:
    """c at equidistant points origin + j · spacing, linear in between; periodic, or continued along the first and last cell.

    values : (m,), of a ring without the repeated end.  rows : (m or m − 1, 2), value and increment of each cell.
    """

    values: np.ndarray
    origin: float
    spacing: float
    periodic: bool

    @property
    def rows(self) -> np.ndarray:
        following = np.append(self.values[1:], self.values[0])
        rows = np.stack([self.values, following - self.values], axis=1)
        return rows if self.periodic else rows[:-1].copy()

    def at(self, q: np.ndarray) -> np.ndarray:
        """c(q), same shape."""
        return table_plain(self.rows, q, self.origin, 1.0 / self.spacing, self.periodic)


def kicked_steps(drift: Program | LineTable, q: np.ndarray, steps: int, h: float, diffusion: float, *, seed: int,
                 first_step: int, first: int = 0, stream: int = 0) -> tuple[np.ndarray, int]:
    """Positions (d, n) after ``steps`` steps of length h, and how many learner-steps had their drift limited.

    It uses steps + 1 normals an axis, numbered first_step … first_step + steps; ``first`` is the number of the first learner, a
    multiple of 256.  Positions that are NaN or infinite are returned as they are: the caller refuses them.

    >>> drift = LineTable(np.array([1.0, -1.0]), -1.0, 2.0, periodic=False)         # c = −q
    >>> q, limited = kicked_steps(drift, np.zeros((1, 4000)), 500, 0.01, 0.5, seed=1, first_step=0)
    >>> bool(abs(q.var() - 0.5) < 0.05), limited
    (True, 0)
    """
    assert first % TILE == 0 and steps >= 1
    amplitude, limit = float(np.sqrt(2 * diffusion * h)), float(np.sqrt(2 * diffusion / h))
    half = float(np.sqrt(diffusion * h))
    q = np.array(q, dtype=float, order="C")
    if may_compile():
        limited = _compiled(drift, q, steps, h, half, amplitude, limit, key_of(seed, stream), first_step, first)
    else:
        limited = _plain(drift, q, steps, h, half, amplitude, limit, seed, stream, first_step, first)
    return q, limited


def _compiled(drift: Any, q: np.ndarray, steps: int, h: float, half: float, amplitude: float, limit: float, key: tuple[int, int],
              first_step: int, first: int) -> int:
    from qlearn.kernels import compiled_learner_steps as loops

    words = (np.uint64(key[0]), np.uint64(key[1]))
    numbers = (steps, h, half, amplitude, limit, np.uint64(first_step), np.uint64(first // 2), *words)
    if isinstance(drift, LineTable):
        return loops.table_steps(drift.rows, drift.origin, 1.0 / drift.spacing, drift.periodic, q[0], *numbers)
    return loops.program_steps(drift.code, drift.constants, drift.registers, np.array(drift.outputs), q, *numbers)


def _plain(drift: Any, q: np.ndarray, steps: int, h: float, half: float, amplitude: float, limit: float, seed: int, stream: int,
           first_step: int, first: int) -> int:
    d, n = q.shape
    limited = 0
    for step in range(steps + 1):
        kick = normals(seed, first_step + step, first, n, d, stream=stream)
        kick *= half if step in (0, steps) else amplitude
        q += kick
        if step < steps:
            c = drift.at(q) if isinstance(drift, LineTable) else run_plain(drift, q)
            limited += limit_plain(c, limit)
            c *= h
            q += c
    return limited


def limit_plain(c: np.ndarray, limit: float) -> int:
    """Shorten the columns of c (d, n) that are longer than limit, in place; how many."""
    with np.errstate(all="ignore"):
        square = c[0] * c[0]
        for row in c[1:]:
            square = square + row * row
        over = square > limit * limit
        count = int(np.count_nonzero(over))
        if count:
            c *= np.where(over, limit / np.sqrt(np.where(over, square, 1.0)), 1.0)
    return count


def table_plain(rows: np.ndarray, q: np.ndarray, origin: float, scale: float, periodic: bool) -> np.ndarray:
    """Linear interpolation by NumPy, the operations of the compiled loop."""
    m = float(len(rows))
    place = (q - origin) * scale
    if periodic:
        place = place - m * np.floor(place * (1.0 / m))
    cell = np.minimum(np.maximum(np.floor(place), 0.0), m - 1.0)
    with np.errstate(invalid="ignore"):
        found = rows[np.where(np.isnan(cell), 0.0, cell).astype(np.int64)]
    return found[..., 0] + (place - cell) * found[..., 1]
