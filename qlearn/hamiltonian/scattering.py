"""What a layer of complex potential on a line sends back and lets through, from the stationary equation.

    −(ħ²/2m) ψ″ − iW(x) ψ = E ψ on 0 ≤ x ≤ L,    E = ħ²k²/2m
    ψ = a e^{ikx} + b e^{−ikx} for x < 0,    ψ = e^{ik(x−L)} for x > L:    R = |b/a|²,    T = 1/|a|²
    with a wall at L:                        ψ(L) = 0:                     R = |b/a|²,    T = 0

Integrated from L to 0, where the wanted solution grows, by the Magnus method of order 6 (Blanes, Casas, Oteo and Ros, Phys. Rep.
470, 151 (2009)), which is exact where W is constant however large k is; steps are halved until R and T stand still.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from qlearn import checks

__all__ = ["layer_scattering", "tabulated_layers"]

NODES = 0.5 + np.sqrt(0.15) * np.array([-1.0, 0.0, 1.0])   # Gauss–Legendre on [0, 1]
MOST_STEPS = 2**17
AT_ONCE = 64                                                # steps whose W is looked up together
FREE = 1e-10                                                # W, of its maximum, that counts as none
GAIN = 30.0              # an error of order 6 falls 64 times with half the step; half of that counts


def layer_scattering(profile: Callable[[np.ndarray], np.ndarray], length: float, energies: np.ndarray, *, mass: float,
                     hbar: float, wall: bool, accuracy: float = 1e-11) -> tuple[np.ndarray, np.ndarray]:
    """(R, T), (n,), of n energies > 0; ``profile(x)`` is W in units of energy, of points x of [0, L], (m,) -> (m,), or (m, n) for
    another W with each energy.

    The amplitudes b/a and 1/a are right to ``accuracy``. Raises ArgumentError where no number of steps reaches it: a profile with
    steps or kinks needs a looser one.
    """
    k = np.sqrt(2 * mass * energies) / hbar
    deepest = 2 * mass / hbar**2 * float(np.max(profile(np.linspace(0, length, 65))))
    count = int(max(32, np.ceil(np.sqrt(k.max() ** 2 + deepest) * length / 2)))
    before = _amplitudes(profile, length, count, k, 2 * mass / hbar**2, wall)
    while count <= MOST_STEPS:
        count *= 2
        now = _amplitudes(profile, length, count, k, 2 * mass / hbar**2, wall)
        if np.max(np.abs(now - before)) < GAIN * accuracy:
            return np.abs(now[0]) ** 2, np.abs(now[1]) ** 2
        before = now
    checks.fail("absorber", f"must be smooth enough for its reflection to be found to {accuracy:g}", "a rougher one")


def tabulated_layers(loss: np.ndarray, step: float, wall: bool) -> list[tuple[Any, float] | None] | None:
    """(profile, length) of the layers of a table W (N,), by cubic splines: on a ring all that lies outside the longest stretch
    without W; between walls what lies on either side of it, None where that is nothing. None where W is nowhere negligible."""
    free = loss <= FREE * loss.max()
    around = free if wall else np.concatenate([free, free])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], around.astype(int), [0]])))
    runs = [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True) if last - first > 1]
    if not runs:
        return None
    first, last = max(runs, key=lambda run: run[1] - run[0])
    if not wall:
        return [_splined(np.roll(loss, 1 - last)[:loss.size - (last - first) + 2], step)]
    sides = loss[first::-1], loss[last - 1:]
    return [None if len(side) == 1 else _splined(np.append(side, side[-1]), step) for side in sides]


def _splined(values: np.ndarray, step: float) -> tuple[Callable, float]:
    x = step * np.arange(len(values))
    return CubicSpline(x, values), float(x[-1])


def _amplitudes(profile: Callable, length: float, count: int, k: np.ndarray, unit: float, wall: bool) -> np.ndarray:
    """(b/a, 1/a) of each k, (2, len(k))."""
    h, growth = length / count, np.zeros_like(k)
    value, slope = (np.zeros_like(k) + 0j, np.ones_like(k) + 0j) if wall else (np.ones_like(k) + 0j, 1j * k)
    for last in range(count, 0, -AT_ONCE):
        first = max(last - AT_ONCE, 0)
        x = h * (np.arange(first, last)[:, None] + NODES)
        losses = unit * np.asarray(profile(x.ravel()), dtype=float).reshape(*x.shape, -1)
        for w in losses[::-1]:
            c, s, d, u, l = _step(-(k**2) - 1j * w[1], -1j * (w[0] - w[2]), -1j * (w[2] - 2 * w[1] + w[0]), -h)
            value, slope = (c + s * d) * value + s * u * slope, s * l * value + (c - s * d) * slope
        size = np.abs(value) + np.abs(slope)
        value, slope, growth = value / size, slope / size, growth + np.log(size)
    a, b = (value + slope / (1j * k)) / 2, (value - slope / (1j * k)) / 2
    through = np.zeros_like(a) if wall else np.exp(np.maximum(-growth, -700)) / a
    return np.array([b / a, through])


def _step(q: np.ndarray, rise: np.ndarray, bend: np.ndarray, h: float) -> tuple[Any, Any, Any, Any, Any]:
    """exp Ω = c + s [[d, u], [l, −d]] of ψ″ = qψ over a step h: q in the middle, its difference and second difference over the
    Gauss points. In the letters of the source α1 = hA, α2 = b N, α3 = c N, N the matrix that takes ψ to ψ″."""
    b, c = np.sqrt(15) / 3 * h * rise, 10 / 3 * h * bend
    left = (h * b, -20 * h, -20 * h * q - c)                           # −20 α1 − α3 + C1
    right = (-h * c / 30, h**2 * b / 30, b - h**2 * q * b / 30)        # α2 + C2
    d = (left[1] * right[2] - left[2] * right[1]) / 240
    u = h + (left[0] * right[1] - left[1] * right[0]) / 120
    l = h * q + c / 12 + (left[2] * right[0] - left[0] * right[2]) / 120
    root = np.sqrt(d * d + u * l)
    growing, falling = np.exp(root), np.exp(-root)
    small = np.abs(root) < 1e-5
    s = np.where(small, 1 + root**2 / 6, (growing - falling) / np.where(small, 1, 2 * root))
    return (growing + falling) / 2, s, d, u, l
