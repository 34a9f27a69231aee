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
def _bows(potential, here):
    """b and d, in units of the spacing, and the largest |V|."""
    n, b, d, size = potential.size, 0.0, 0.0, 0.0
    for i in here:
        size = max(size, abs(potential[i]))
        if 0 < i < n - 1:
            b = max(b, 2 * potential[i] - potential[i - 1] - potential[i + 1])
        if 1 < i < n - 2:
            d = max(d, abs(potential[i - 2] - 4 * potential[i - 1] + 6 * potential[i] - 4 * potential[i + 1] + potential[i + 2]))
    return b, d, size


@numba.njit(cache=True, error_model="numpy")
def highest(psi, modes, potential, kinetic, k, spacing, log, rounding, steepest):
    """psi, modes (members, n); V and T, (n,), in the order of the two; k ascends."""
    n, least = potential.size, np.exp(log)
    half = (n + 1) // 2
    places, waves = powers_of(psi, np.int64(0)), powers_of(modes, half)
    here, there = present_in(places, least), present_in(waves, least)
    level, v = level_of(here, there, n, log), np.empty(there.size)
    fastest, bumpiest, peak = np.empty(there.size), np.empty(there.size), k[np.argmax(waves)]
    for i in range(there.size):
        v[i] = np.log(waves[there[i]]) / log
    b, d, size = _bows(potential, here)
    b, d = b / spacing**2 if b > rounding * size else 0.0, d / spacing**4 if d > rounding * size else 0.0
    c = 2 * b * b / d if b > 0 and d > 0 else 0.0
    order = np.argsort(v)
    for i in range(there.size):
        j = there[order[i]]
        at, away = j + half, abs(k[j] - peak)
        speed, y = kinetic[at if at < n else at - n], -np.log(waves[j]) / away if away > 0 else 0.0
        bump = c / 2 * (np.cosh(min(y * np.sqrt(2 * b / c), steepest)) - 1) if c > 0 else b * y * y / 2
        fastest[i] = speed if i == 0 else max(speed, fastest[i - 1])
        bumpiest[i] = speed + bump if i == 0 else max(speed + bump, bumpiest[i - 1])
    v, plain, bumpy = v[order], -np.inf, -np.inf
    for i in here:
        left = np.searchsorted(v, min(level - np.log(places[i]) / log, 1.0)) - 1
        plain, bumpy = max(plain, potential[i] + fastest[left]), max(bumpy, potential[i] + bumpiest[left])
    return plain, bumpy
