"""Complex tables exp(−iθ) of many θ = Σ_r w_r g_r in one compiled call; imported by qlearn.kernels.phases."""

import numba
import numpy as np

from qlearn.kernels.compiled_weights import are_exact
from qlearn.kernels.vector_phases import put_exponentials
from qlearn.kernels.vectors import LANES, floats, load, repeated

__all__ = ["exponentials", "put_row"]


@numba.njit(cache=True)
def put_row(tables, weights, row, out):
    """Into out, 2P numbers from its address on, real and imaginary parts in turn: exp(−i Σ_r w_r g_r) for a row of weights;
    P ≥ LANES."""
    terms, size = tables.shape
    numbers = floats(weights, row * terms)
    for i in range(0, size, LANES):
        at = min(i, size - LANES)
        angle = repeated(numbers, 0) * load(tables, at)
        for r in range(1, terms):
            angle = angle + repeated(numbers, r) * load(tables, r * size + at)
        put_exponentials(angle, out, 2 * at)


@numba.njit(cache=True, nogil=True)
def exponentials(tables, weights, found):
    """found (K, 2P), real and imaginary parts in turn: exp(−i Σ_r w_kr g_r); tables (R, P), weights (K, R). False, and nothing
    done, where angles are too large, and for fewer numbers than a vector has."""
    terms, size = tables.shape
    largest = np.zeros(terms)
    for r in range(terms):
        for i in range(size):
            largest[r] = max(largest[r], abs(tables[r, i]))
    if size < LANES or not are_exact(weights, largest):
        return False
    for k in range(weights.shape[0]):
        put_row(tables, weights, k, floats(found, 2 * k * size))
    return True
