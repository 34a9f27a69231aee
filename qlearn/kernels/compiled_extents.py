"""How far a state on a line gets at its energy: the compiled twin of qlearn.methods.extents.by_energy."""

import numba
import numpy as np

__all__ = ["on_a_line"]


@numba.njit(cache=True)
def _highest(states, table, faint):
    """The largest of the table where |a|² of some member is above ``faint`` of its largest value."""
    highest = -np.inf
    for member in range(states.shape[0]):
        row, peak = states[member], 0.0
        for value in row:
            peak = max(peak, value.real * value.real + value.imag * value.imag)
        for j in range(row.size):
            if row[j].real * row[j].real + row[j].imag * row[j].imag > faint * peak:
                highest = max(highest, table[j])
    return highest


@numba.njit(cache=True)
def _rate(excess, factor, bow):
    if bow < 0:
        return factor
    if bow == 0:
        return factor * np.sqrt(excess)
    return factor * np.arcsinh(np.sqrt(2 * excess / bow))


@numba.njit(cache=True)
def _fallen(heights, level, factor, bow, decay):
    """first, end: from the places not above the level outwards until a sum of rates reaches ``decay``, or the array ends. A rate
    is factor·√(height − level), for bow > 0 factor·arcsinh √(2(height − level)/bow), for bow < 0 factor."""
    a, b = 0, heights.size
    while a < b and heights[a] > level:
        a += 1
    if a == b:
        return 0, heights.size
    while heights[b - 1] > level:
        b -= 1
    total = 0.0
    while a > 0:
        total += _rate(max(heights[a - 1] - level, 0.0), factor, bow)
        if total >= decay:
            break
        a -= 1
    total = 0.0
    while b < heights.size:
        total += _rate(max(heights[b] - level, 0.0), factor, bow)
        if total >= decay:
            break
        b += 1
    return a, b


@numba.njit(cache=True)
def on_a_line(psi, modes, potential, kinetic, lowest, bends, slowest, least, change, faint, decay, scale, spacing, near, flat):
    """(first, end, low, high, E): the points, and of the wavenumbers as they ascend, that are reached; psi, modes
    (members, N)."""
    n = lowest.size
    energy = _highest(psi, potential, faint) + _highest(modes, kinetic, faint)
    height, length, bend = energy - least, spacing * n, 0.0
    for j in range(n):
        if lowest[j] - least <= near * height:
            bend = max(bend, bends[j])
    first, end = _fallen(lowest, energy, scale, 0.0, decay)
    bend, some, turn = bend / spacing**2, min(change, height), 2 * np.pi / length
    if bend <= flat * height / length**2:  # V is flat
        low, high = _fallen(slowest, height, turn * length, -1.0, decay)
    else:
        low, high = _fallen(slowest, height, turn * np.sqrt(some / bend), some, decay)
    return first, end, low, high, energy
