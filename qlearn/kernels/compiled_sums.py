"""The compiled twin of qlearn.kernels.sums."""

import numba
import numpy as np

from qlearn.kernels.arrays import TINY

__all__ = ["largest_share", "overlaps", "sums"]


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def _add_up(row, before, behind, marginal):
    """marginal (n,) becomes Σ|a|² at each of the n places of a row, flat."""
    n = marginal.size
    marginal[:] = 0.0
    for a in range(before):
        if behind == 1:
            for j in range(n):
                value = row[a * n + j]
                marginal[j] += value.real * value.real + value.imag * value.imag
            continue
        for j in range(n):
            total, at = 0.0, (a * n + j) * behind
            for b in range(behind):
                value = row[at + b]
                total += value.real * value.real + value.imag * value.imag
            marginal[j] += total


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def largest_share(rows, parts):
    """rows (members, before, n, behind), parts (k, 2): the largest share of Σ|a|² in the parts."""
    members, before, n, behind = rows.shape
    flat, marginal, largest = rows.reshape(members, before * n * behind), np.empty(n), 0.0
    for member in range(members):
        _add_up(flat[member], before, behind, marginal)
        inside = 0.0
        for k in range(parts.shape[0]):
            inside += marginal[parts[k, 0]:parts[k, 1]].sum()
        largest = max(largest, inside / max(marginal.sum(), TINY))
    return largest


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def sums(rows, parts, table, found):
    """rows (members, before, n, behind), parts (k, 2), table flat or empty, found (members, 3 + k)."""
    members, before, n, behind = rows.shape
    flat, marginal = rows.reshape(members, before * n * behind), np.empty(n)
    for member in range(members):
        row = flat[member]
        _add_up(row, before, behind, marginal)
        weighted = 0.0
        if table.size > 0:
            for start in range(0, row.size, table.size):
                for j in range(table.size):
                    value = row[start + j]
                    weighted += table[j] * (value.real * value.real + value.imag * value.imag)
        found[member, 0], found[member, 1], found[member, 2] = marginal.sum(), weighted, marginal.max()
        for k in range(parts.shape[0]):
            found[member, 3 + k] = marginal[parts[k, 0]:parts[k, 1]].sum()


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def overlaps(first, second, found):
    """first, second (members, N), found (members, 3)."""
    for member in range(first.shape[0]):
        one, both, other = 0.0, 0.0, 0.0
        for j in range(first.shape[1]):
            a, b = first[member, j], second[member, j]
            one += a.real * a.real + a.imag * a.imag
            both += a.real * b.real + a.imag * b.imag
            other += b.real * b.real + b.imag * b.imag
        found[member, 0], found[member, 1], found[member, 2] = one, both, other
