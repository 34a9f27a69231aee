"""Where trajectories start on a line: the compiled twin of the clouds of qlearn.methods.driven_extents."""

import numba
import numpy as np

from qlearn.kernels.compiled_presence import level_of, powers_of, present_in

__all__ = ["starts_on_a_line"]


@numba.njit(cache=True, error_model="numpy")
def _chosen(powers, present, level, log, left):
    """Some of the places; what is left of the level there goes to ``left``."""
    count = left.size
    places = np.empty(count, dtype=np.int64)
    for j in range(count):
        places[j] = present[j * (present.size - 1) // (count - 1)]
        left[j] = level - np.log(powers[places[j]]) / log
    return places


@numba.njit(cache=True, error_model="numpy")
def _rim(powers, present, left, log, rim):
    """The first and the last place of each of these levels, in turn."""
    highest = np.empty(present.size)
    for side in range(2):
        for i in range(present.size):
            power = powers[present[i] if side == 0 else present[present.size - 1 - i]]
            highest[i] = max(power, highest[i - 1]) if i else power
        for j in range(left.size):
            i = np.searchsorted(highest, np.exp(log * min(left[j], 1.0)))
            rim[2 * j + side] = present[i] if side == 0 else present[present.size - 1 - i]


@numba.njit(cache=True, error_model="numpy")
def _steepest(places, waves, slowest, low, high, bends, least):
    """The largest |∂²V| where V gets below the energies that are present."""
    potential, kinetic, steepest = -np.inf, 0.0, 0.0
    for j in range(places.size):
        if places[j] > least:
            potential = max(potential, high[j])
        if waves[j] > least:
            kinetic = max(kinetic, slowest[j])
    for j in range(places.size):
        if low[j] < potential + kinetic:
            steepest = max(steepest, bends[j])
    return steepest


@numba.njit(cache=True, error_model="numpy")
def starts_on_a_line(psi, modes, k, slowest, low, high, bends, log, q, p):
    """q, in spacings, and p, values of k, (4·count,) are made, and the largest |∂²V| is returned where V gets below the energies
    that are present. psi, modes (members, n); k and T, ``slowest``, ascend."""
    n, count, least = k.size, q.size // 4, np.exp(log)
    places, waves = powers_of(psi, 0), powers_of(modes, (n + 1) // 2)
    here, there = present_in(places, least), present_in(waves, least)
    level = level_of(here, there, n, log)
    spare_k, spare_q, rim = np.empty(count), np.empty(count), np.empty(2 * count, dtype=np.int64)
    at = _chosen(places, here, level, log, spare_k)
    _rim(waves, there, spare_k, log, rim)
    for j in range(2 * count):
        q[j], p[j] = at[j // 2], k[rim[j]]
    at = _chosen(waves, there, level, log, spare_q)
    _rim(places, here, spare_q, log, rim)
    for j in range(2 * count):
        q[2 * count + j], p[2 * count + j] = rim[j], k[at[j // 2]]
    return _steepest(places, waves, slowest, low, high, bends, least)
