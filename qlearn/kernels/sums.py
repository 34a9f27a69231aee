"""Sums of |a|² over parts of an axis, and what else is asked of states at a look: one pass over each state."""

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from qlearn.kernels.arrays import TINY, squared_sums
from qlearn.kernels.phases import may_compile

__all__ = ["NO_TABLE", "around", "largest_share", "overlaps", "ranges", "sums"]

NO_TABLE = np.empty(0)


def ranges(*parts: tuple[int, int]) -> np.ndarray:
    """(k, 2): first and end of each part of an axis."""
    return np.array(parts, dtype=np.int64).reshape(-1, 2)


@lru_cache(maxsize=64)
def around(shape: tuple[int, ...]) -> tuple[tuple[int, int, int], ...]:
    """Of each axis the numbers of places before, on and behind it in an array of the shape."""
    return tuple((math.prod(shape[:axis]), n, math.prod(shape[axis + 1:])) for axis, n in enumerate(shape))


def sums(values: np.ndarray, shape: tuple[int, int, int], parts: np.ndarray, table: np.ndarray = NO_TABLE) -> np.ndarray:
    """(members, 3 + k): Σ|a|², Σ g|a|² (0 without a table), the largest and the parts of m, of each member.

    values : complex, (members, *shape) with shape = (before, n, behind), flat or not; m_j = Σ|a|² at place j of the n.
    parts : (k, 2), see ``ranges``: Σ_j m_j from the first to before the end.
    table : g, real, for the last places of a member, and again for those before.
    """
    rows = _rows(values, shape)
    found = np.empty((len(rows), 3 + len(parts)))
    if may_compile():
        flat = table.reshape(-1)
        flat.flags.writeable = False
        _compiled().sums(rows, parts, flat, found)
        return found
    squares = rows.real**2 + rows.imag**2
    marginal = squares.sum(axis=(1, 3))
    found[:, 0], found[:, 2] = marginal.sum(axis=1), marginal.max(axis=1)
    found[:, 1] = (squares.reshape(len(rows), -1, table.size) @ table.reshape(-1)).sum(axis=1) if table.size else 0.0
    for column, (first, end) in enumerate(parts, start=3):
        found[:, column] = marginal[:, first:end].sum(axis=1)
    return found


def _rows(values: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """(members, before, n, behind), a read-only view: one kind of arrays, compiled once."""
    rows = np.ascontiguousarray(values, dtype=complex).reshape(-1, *shape)
    rows.flags.writeable = False
    return rows


def overlaps(a: np.ndarray, b: np.ndarray, members: int) -> np.ndarray:
    """(members, 3): Σ|a|², Re Σ a*b, Σ|b|² of each member of two complex arrays of one size."""
    first, second = (np.ascontiguousarray(values, dtype=complex).reshape(members, -1) for values in (a, b))
    found = np.empty((members, 3))
    if may_compile():
        _compiled().overlaps(first, second, found)
        return found
    found[:, 0], found[:, 2] = squared_sums(first, (-1,)), squared_sums(second, (-1,))
    found[:, 1] = [np.vdot(one, other).real for one, other in zip(first, second, strict=True)]
    return found


def largest_share(values: np.ndarray, parts: Sequence[np.ndarray]) -> float:
    """The largest share of Σ|a|² of a member in the parts of an axis; 0 where no axis has any. values (…, *shape), complex;
    parts: of each axis."""
    largest = 0.0
    for axis, places in zip(around(values.shape[values.ndim - len(parts):]), parts, strict=True):
        if len(places):
            largest = max(largest, _share(values, axis, places))
    return largest


def _share(values: np.ndarray, axis: tuple[int, int, int], places: np.ndarray) -> float:
    if may_compile():
        return float(_compiled().largest_share(_rows(values, axis), places))
    return max(sum(row[3:]) / max(row[0], TINY) for row in sums(values, axis, places).tolist())


@cache
def _compiled() -> Any:
    from qlearn.kernels import compiled_sums

    return compiled_sums
