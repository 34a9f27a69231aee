"""The compiled loops of qlearn.kernels.learner_steps: a tile of 256 learners at a time, all its steps, in the first cache."""

import sys

import numba
import numpy as np

from qlearn.kernels import compiled_programs, elementary
from qlearn.kernels.compiled_normals import digest_of, tile
from qlearn.kernels.compiled_programs import run_tile
from qlearn.kernels.normals import HALF, TILE

__all__ = ["program_steps", "table_steps"]

_loop = numba.njit(error_model="numpy", nogil=True)
_kept = numba.njit(error_model="numpy", nogil=True, cache=True)
_DIGEST = digest_of(elementary, compiled_programs, sys.modules[__name__])


def _program_steps(digest):
    @_kept
    def program_steps(code, constants, registers, outputs, q, steps, h, half, amplitude, limit, first_step, pair, k0, k1):
        d, n = q.shape
        work, kicks, moved = np.empty((registers, TILE)), np.empty((d, TILE)), np.empty((d, TILE))
        limited = digest & 0
        for start in range(0, n, TILE):
            size = min(TILE, n - start)
            for axis in range(d):
                _load(moved, axis, q, start, size)
            for step in range(steps + 1):
                scale = half if step == 0 or step == steps else amplitude
                for axis in range(d):
                    tile(kicks[axis, :HALF], kicks[axis, HALF:], pair + np.uint64(start // 2), np.uint64(axis),
                         first_step + np.uint64(step), k0, k1)
                    _kick(work, moved, axis, kicks, scale)
                if step < steps:
                    run_tile(code, constants, work)
                    limited += _move(moved, work, outputs, d, size, h, limit)
            for axis in range(d):
                for j in range(size):
                    q[axis, start + j] = work[axis, j]
        return limited
    return program_steps


def _table_steps(digest):
    @_kept
    def table_steps(rows, origin, scale, periodic, q, steps, h, half, amplitude, limit, first_step, pair, k0, k1):
        work, kicks, moved, outputs = np.empty((2, TILE)), np.empty((1, TILE)), np.empty((1, TILE)), np.ones(1, dtype=np.int64)
        q = q.reshape(1, -1)
        limited = digest & 0
        for start in range(0, q.shape[1], TILE):
            size = min(TILE, q.shape[1] - start)
            _load(moved, 0, q, start, size)
            for step in range(steps + 1):
                tile(kicks[0, :HALF], kicks[0, HALF:], pair + np.uint64(start // 2), np.uint64(0), first_step + np.uint64(step),
                     k0, k1)
                _kick(work, moved, 0, kicks, half if step == 0 or step == steps else amplitude)
                if step < steps:
                    if periodic:
                        _ring_table(work, rows, origin, scale)
                    else:
                        _line_table(work, rows, origin, scale)
                    limited += _move(moved, work, outputs, 1, size, h, limit)
            for j in range(size):
                q[0, start + j] = work[0, j]
        return limited
    return table_steps


@_loop
def _load(moved, axis, q, start, size):
    """A tile of q; what is missing in the last one is filled with its last learner."""
    for j in range(TILE):
        moved[axis, j] = q[axis, start + min(j, size - 1)]


@_loop
def _kick(work, moved, axis, kicks, scale):
    for j in range(TILE):
        work[axis, j] = moved[axis, j] + scale * kicks[axis, j]


@_loop
def _move(moved, work, outputs, d, size, h, limit):
    """q + h c with |c| limited; how many of the first ``size`` were."""
    if d == 1 and _add(moved, work, 0, outputs[0], h, limit) == 0:
        return 0
    limited = _limit(work, outputs, d, size, limit)
    for axis in range(d):
        _add(moved, work, axis, outputs[axis], h, limit)
    return limited


@_loop
def _add(moved, work, axis, output, h, limit):
    over, square = 0, limit * limit
    for j in range(TILE):
        over += 1 if work[output, j] * work[output, j] > square else 0
        moved[axis, j] = work[axis, j] + work[output, j] * h
    return over


@_loop
def _limit(work, outputs, d, size, limit):
    over = 0
    for j in range(TILE):
        square = work[outputs[0], j] * work[outputs[0], j]
        for axis in range(1, d):
            square = square + work[outputs[axis], j] * work[outputs[axis], j]
        if square > limit * limit:
            for axis in range(d):
                work[outputs[axis], j] *= limit / np.sqrt(square)
            over += 1 if j < size else 0
    return over


@_loop
def _ring_table(work, rows, origin, scale):
    m = float(len(rows))
    inverse = 1.0 / m
    for j in range(TILE):
        place = (work[0, j] - origin) * scale
        place = place - m * np.floor(place * inverse)
        cell = np.floor(place)
        cell = 0.0 if cell < 0.0 else (m - 1.0 if cell > m - 1.0 else cell)
        i = np.uint64(np.int64(cell))
        work[1, j] = rows[i, 0] + (place - cell) * rows[i, 1]


@_loop
def _line_table(work, rows, origin, scale):
    m = float(len(rows))
    for j in range(TILE):
        place = (work[0, j] - origin) * scale
        cell = np.floor(place)
        cell = 0.0 if cell < 0.0 else (m - 1.0 if cell > m - 1.0 else cell)
        i = np.uint64(np.int64(cell))
        work[1, j] = rows[i, 0] + (place - cell) * rows[i, 1]


program_steps = _program_steps(_DIGEST)
table_steps = _table_steps(_DIGEST)
