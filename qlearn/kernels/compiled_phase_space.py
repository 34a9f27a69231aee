"""The compiled twin of qlearn.kernels.phase_space."""

import math

import numba
import numpy as np

__all__ = ["drawn"]


@numba.njit(cache=True)
def drawn(state, moved, axes, normal, q, p):
    """Into q and p (count, d); state and each of the tuple ``moved`` flat."""
    density, total, most, stride, (count, d) = np.empty(state.size), 0.0, 0.0, state.size, q.shape
    for j in range(state.size):
        density[j] = state[j].real ** 2 + state[j].imag ** 2
        total, most = total + density[j], max(most, density[j])
    root = _root(_spread(state, moved, density, 1e-12 * most, total))
    places = _places(density, total, count)
    for axis in range(d):
        x, values = axes[axis], moved[axis]
        stride //= x.size
        for i in range(count):
            place = places[i]
            local = state[place].real * values[place].real + state[place].imag * values[place].imag
            q[i, axis] = x[place // stride % x.size]
            p[i, axis] = local / density[place] if density[place] > 1e-12 * most else 0.0
            for other in range(axis + 1):
                p[i, axis] += root[axis, other] * normal[i, other]


@numba.njit(cache=True)
def _spread(state, moved, density, least, total):
    """The covariance of Im(p̂φ/φ) under |φ|², lower triangle."""
    d = len(moved)
    spread = np.zeros((d, d))
    for a in range(d):
        for b in range(a + 1):
            one, other, found = moved[a], moved[b], 0.0
            for j in range(state.size):
                if density[j] > least:
                    found += (state[j].real * one[j].imag - state[j].imag * one[j].real) \
                        * (state[j].real * other[j].imag - state[j].imag * other[j].real) / density[j]
            spread[a, b] = found / total
    return spread


@numba.njit(cache=True)
def _root(spread):
    """L with L Lᵀ the covariance; in its place."""
    d, trace = len(spread), 0.0
    for a in range(d):
        trace += spread[a, a]
    for a in range(d):
        for b in range(a + 1):
            left = spread[a, b] + (1e-14 * trace if a == b and d > 1 else 0.0)
            for c in range(b):
                left -= spread[a, c] * spread[b, c]
            if a == b:
                spread[a, a] = math.sqrt(max(left, 0.0))
            else:
                spread[a, b] = left / spread[b, b] if spread[b, b] > 0 else 0.0
    return spread


@numba.njit(cache=True)
def _places(density, total, count):
    """Of ``count`` points that divide the density evenly."""
    places, place, below = np.empty(count, dtype=np.int64), 0, density[0]
    for i in range(count):
        while below < (i + 0.5) / count * total and place < density.size - 1:
            place += 1
            below += density[place]
        places[i] = place
    return places
