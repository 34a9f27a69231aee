"""The compiled twin of qlearn.kernels.phase_space."""

import math

import numba
import numpy as np

__all__ = ["drawn_on_a_line"]


@numba.njit(cache=True)
def drawn_on_a_line(state, moved, x, normal, q, p):
    """Into q and p, as many as there are normal numbers; all arrays flat."""
    density, total, most, spread = np.empty(state.size), 0.0, 0.0, 0.0
    for j in range(state.size):
        density[j] = state[j].real ** 2 + state[j].imag ** 2
        total, most = total + density[j], max(most, density[j])
    least = 1e-12 * most
    for j in range(state.size):
        if density[j] > least:
            spread += (state[j].real * moved[j].imag - state[j].imag * moved[j].real) ** 2 / density[j]
    width, place, below = math.sqrt(spread / total), 0, density[0]
    for i in range(normal.size):
        while below < (i + 0.5) / normal.size * total and place < density.size - 1:
            place += 1
            below += density[place]
        local = state[place].real * moved[place].real + state[place].imag * moved[place].imag
        q[i] = x[place]
        p[i] = (local / density[place] if density[place] > least else 0.0) + width * normal[i]
