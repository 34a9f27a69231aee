"""What there is of a state on a line: the compiled twin of qlearn.methods.presence."""

import numba
import numpy as np

__all__ = ["highest", "level_of", "powers_of", "present_in"]


@numba.njit(cache=True, error_model="numpy")
def powers_of(states, first):
    """|a|² over its largest value, the largest of the members (members, n), in turn from place ``first`` on."""
    n = states.shape[1]
    powers = np.zeros(n)
    for state in states:
        peak = 0.0
        for a in state:
            peak = max(peak, a.real * a.real + a.imag * a.imag)
        for j in range(n):
            a = state[j + first if j + first < n else j + first - n]
            powers[j] = max(powers[j], (a.real * a.real + a.imag * a.imag) / peak if peak > 0 else 0.0)
    return powers


@numba.njit(cache=True, error_model="numpy")
def present_in(powers, least):
    """Where powers are above that."""
    found, count = np.empty(powers.size, dtype=np.int64), 0
    for i in range(powers.size):
        if powers[i] > least:
            found[count] = i
            count += 1
    return found[:count]


@numba.njit(cache=True, error_model="numpy")
def level_of(here, there, n, log):
    """s, for present points and wavenumbers of n, as they ascend."""
    area = float(here[-1] - here[0]) * float(there[-1] - there[0]) * 2 * np.pi / n / (-4 * log)
    return 1 + np.sqrt(1 - 1 / area**2) if area > 1 else 1.0


@numba.njit(cache=True, error_model="numpy")
def highest(psi, modes, potential, kinetic, log):
    """psi, modes (members, n); V and T, (n,), in the order of the two."""
    n, least = potential.size, np.exp(log)
    half = (n + 1) // 2
    places, waves = powers_of(psi, 0), powers_of(modes, half)
    here, there = present_in(places, least), present_in(waves, least)
    level, v, fastest = level_of(here, there, n, log), np.empty(there.size), np.empty(there.size)
    for i in range(there.size):
        v[i] = np.log(waves[there[i]]) / log
    order = np.argsort(v)
    for i in range(there.size):
        j = there[order[i]] + half
        speed = kinetic[j if j < n else j - n]
        fastest[i] = speed if i == 0 else max(speed, fastest[i - 1])
    v, found = v[order], -np.inf
    for i in here:
        left = np.searchsorted(v, min(level - np.log(places[i]) / log, 1.0)) - 1
        found = max(found, potential[i] + fastest[left])
    return found
