"""The compiled twin of qlearn.kernels.trajectories.

table : the terms of V on each axis and in each cell, (1 + R, 8N) on a line, else their splines, (1 + R, …, N + 8).
frame (d, 2 + d) : the origin, the spacing and M⁻¹ in units of the spacing.
state : x in units of the spacing and p times the spacing, of each axis, the actions, and room for one number more, each of them
    for every trajectory; trajectories at rest in the places that are left of the last eight.
factors (n, R) flat : of the terms of V behind the first, at each row of each step.
"""

import math

import numba
import numpy as np

from qlearn.kernels.compiled_trajectory_steps import find_cells, moved_in_space, moved_on_a_line, moved_on_a_plane
from qlearn.kernels.vectors import LANES

__all__ = ["compared", "kick_times", "piecewise", "run"]


@numba.njit(cache=True)
def _state(table, frame, q, p, action):
    n, d = q.shape
    m = -(-n // LANES) * LANES
    state = np.zeros((2 * d + 2) * m)
    for i in range(n):
        for axis in range(d):
            state[axis * m + i] = (q[i, axis] - frame[axis, 0]) / frame[axis, 1]
            state[(d + axis) * m + i] = p[i, axis] * frame[axis, 1]
        state[2 * d * m + i] = action[i]
    if table.ndim == 2:
        find_cells(table, state)
    return state


@numba.njit(cache=True)
def _moved(table, frame, rows, factors, kick, h, count, state):
    """``count`` steps; ``kick`` is where their factors begin."""
    if table.ndim == 2:
        moved_on_a_line(table.reshape(-1), len(table), frame[0, 2], rows, factors, kick, h, count, state)
    elif table.ndim == 3:
        moved_on_a_plane(table, frame, rows, factors, kick, h, count, state)
    else:
        moved_in_space(table, frame, rows, factors, kick, h, count, state)


@numba.njit(cache=True)
def run(table, frame, rows, factors, h, count, q, p, action):
    """q, p and action are overwritten."""
    state, (n, d) = _state(table, frame, q, p, action), q.shape
    m = state.size // (2 * d + 2)
    _moved(table, frame, rows, factors, np.int64(0), h, count, state)
    for i in range(n):
        for axis in range(d):
            q[i, axis] = frame[axis, 0] + state[axis * m + i] * frame[axis, 1]
            p[i, axis] = state[(d + axis) * m + i] / frame[axis, 1]
        action[i] = state[2 * d * m + i]


@numba.njit(cache=True)
def kick_times(rows, enter, leave, time, h, count, times):
    """Of each row of all steps of h, of h/2, and of the rows before and behind them, each for h and for h/2."""
    at = 0
    for parts in (1, 2):
        at = _row_times(rows, time, h / parts, count * parts, times, at)
    for parts in (1, 2):
        at = _row_times(enter, time, h / parts, 1, times, at)
    for parts in (1, 2):
        at = _row_times(leave, time + count * h, h / parts, 1, times, at)


@numba.njit(cache=True)
def _row_times(rows, time, h, count, times, at):
    for step in range(count):
        now = 1.0 * step
        for k in range(rows.shape[0]):
            times[at] = time + now * h
            now += rows[k, 2]
            at += 1
    return at


@numba.njit(cache=True)
def compared(table, frame, rows, enter, leave, factors, h, ends, q, p, action, members, local, total):
    """Steps of h beside steps of h/2; see qlearn.kernels.trajectories. factors: in the order of ``kick_times``. Returns the least
    area."""
    first, d, room = _state(table, frame, q, p, action), frame.shape[0], q.shape[0] // members
    coarse, fine, beside = first.copy(), first.copy(), np.empty_like(first)
    each, count = len(rows), ends[-1]
    one, narrow, entering = np.int64(1), count * each, 3 * count * each  # a number written out would be compiled for itself
    leaving, some = entering + 2 * len(enter), min(len(enter), 1)
    _moved(table, frame, enter, factors, entering, h, some, coarse)
    _moved(table, frame, enter, factors, entering + len(enter), h / 2, some, fine)
    for block in range(local.shape[0]):
        begin, end = ends[block], ends[block + 1]
        for i in range(coarse.size):  # not by an assignment of arrays, which takes seconds to compile
            beside[i] = coarse[i]
        _moved(table, frame, rows, factors, narrow + 2 * begin * each, h / 2, 2 * one, beside)
        _moved(table, frame, rows, factors, begin * each, h, one, coarse)
        local[block] = _difference(coarse, beside, d, room, members)
        _moved(table, frame, rows, factors, (begin + 1) * each, h, end - begin - 1, coarse)
        _moved(table, frame, rows, factors, narrow + 2 * begin * each, h / 2, 2 * (end - begin), fine)
        total[block] = _difference(coarse, fine, d, room, members)
    if some:
        _moved(table, frame, leave, factors, leaving, h, one, coarse)
        _moved(table, frame, leave, factors, leaving + len(leave), h / 2, one, fine)
        total[:] = 0.0
        total[-1] = _difference(coarse, fine, d, room, members)
    return _least_area(first, coarse, d, room, members)


@numba.njit(cache=True)
def _difference(coarse, fine, d, each, members):
    """The root mean square of A = S̃ − S − p·(q̃ − q), of the worst member; no number where one is none."""
    m, worst = coarse.size // (2 * d + 2), 0.0
    for member in range(members):
        total = 0.0
        for i in range(member * each, (member + 1) * each):
            action = coarse[2 * d * m + i] - fine[2 * d * m + i]
            for axis in range(d):
                action -= fine[(d + axis) * m + i] * (coarse[axis * m + i] - fine[axis * m + i])
            total += action**2
        worst = worst if total <= worst else total
        if worst != worst:
            break
    return math.sqrt(worst / each)


@numba.njit(cache=True)
def _least_area(first, last, d, each, members):
    """Variance of q times that of p over first and last points together, of the axis and member where it is least."""
    m, least = first.size // (2 * d + 2), np.inf
    for axis in range(d):
        for start in range(axis * m, axis * m + members * each, each):
            least = min(least, _variance(first, last, start, each) * _variance(first, last, d * m + start, each))
    return least


@numba.njit(cache=True)
def _variance(first, last, start, count):
    mean, square = 0.0, 0.0
    for i in range(start, start + count):
        mean += (first[i] + last[i]) / (2 * count)
    for i in range(start, start + count):
        square += ((first[i] - mean) ** 2 + (last[i] - mean) ** 2) / (2 * count)
    return square


@numba.njit(cache=True)
def piecewise(pieces, x, values):
    """Polynomials (n, k, R) of cells at places x (m,) into values (m, R)."""
    n, k, terms = pieces.shape
    for i in range(x.size):
        cell = min(max(np.int64(x[i]), 0), n - 1)
        u = 2 * (x[i] - cell) - 1
        for r in range(terms):
            value = pieces[cell, k - 1, r]
            for power in range(k - 2, -1, -1):
                value = pieces[cell, power, r] + u * value
            values[i, r] = value
