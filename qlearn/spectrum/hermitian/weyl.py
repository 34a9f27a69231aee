"""How many levels lie below an energy, from the volume of phase space: where to look before anything is solved."""

from math import gamma

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import lowest_diagonal

__all__ = ["half_width", "levels_below", "weyl_density", "weyl_energy"]

STEPS = 30      # of bisection
SAMPLES = 2**20
SEED = 20240302
FEWEST = 4      # samples that make a count


def weyl_energy(H: Hamiltonian, k: int) -> float:
    """About the energy of level k, at least half a quantum above min V: ω_d ∫ (2(E − V))^{d/2} √det M dq = (2πħ)^d (k + 1).

    An estimate for choosing sizes and never a bound. Leading term of Weyl's law; ω_d the volume of the unit ball.
    """
    V, cell = _phase_space(H)
    low, high = float(V[0]), float(V[-1] + H.kinetic.bounds[1])
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _levels(V, cell, H.grid.ndim, middle) < k + 1 else (low, middle)
    return high


def weyl_density(H: Hamiltonian, energy: float) -> float:
    """About the number of levels in a unit of energy."""
    V, cell = _phase_space(H)
    d, step = H.grid.ndim, 0.05 * max(energy - float(V[0]), 1e-12 * max(abs(energy), 1e-300))
    return float((_levels(V, cell, d, energy + step) - _levels(V, cell, d, energy - step)) / (2 * step))


def levels_below(H: Hamiltonian, energy: float) -> float:
    """About the number of levels below an energy on this grid, up to the top of its spectrum."""
    return float(np.mean(_classical(H) < energy)) * int(np.prod(H.state_shape))


def half_width(H: Hamiltonian, energy: float, levels: int) -> float:
    """About the distance within which there are so many levels round an energy, inside of the spectrum or not."""
    distances = np.abs(_classical(H) - energy)
    place = int(np.clip(levels / int(np.prod(H.state_shape)) * SAMPLES, FEWEST, SAMPLES - 1))
    return float(np.partition(distances, place)[place])


def _classical(H: Hamiltonian) -> np.ndarray:
    """½pM⁻¹p + V at random points with random modes of the grid: levels and these have the same density (A left out)."""
    rng, d, grid = np.random.default_rng(SEED), H.grid.ndim, H.grid
    points = rng.integers(0, grid.size, SAMPLES)
    p = [H.hbar * np.asarray(k)[rng.integers(0, len(k), SAMPLES)] for k in grid.wavenumbers]
    inverse, V = H.kinetic.inverse, H.potential_table()
    T = np.zeros(SAMPLES)
    for a in range(d):
        for b in range(d):
            T += 0.5 * p[a] * p[b] * np.broadcast_to(inverse[a, b], grid.shape).ravel()[points]
    if H.channels is None:
        return T + V.ravel()[points]
    c = rng.integers(0, H.channels, SAMPLES)
    table = np.broadcast_to(V, (H.channels, H.channels, *grid.shape)).reshape(H.channels, H.channels, -1)
    return T + table[c, c, points].real


def _levels(V: np.ndarray, cell: float, d: int, energy: float) -> float:
    return float(cell * np.sum((energy - V[:np.searchsorted(V, energy)]) ** (d / 2)))


def _phase_space(H: Hamiltonian) -> tuple[np.ndarray, float]:
    """V ascending, and the volume of a point of the grid over (2πħ)^d times that of {T < 1}."""
    d = H.grid.ndim
    V = np.sort(lowest_diagonal(H.potential_table(), H.channels, d).ravel())
    inverse = np.moveaxis(np.asarray(H.kinetic.inverse).reshape(d, d, -1), -1, 0)
    mass = float(np.mean(1 / np.sqrt(np.linalg.det(inverse))))
    ball = np.pi ** (d / 2) / gamma(d / 2 + 1)
    return V, float(ball * H.grid.cell_volume * (2**0.5 / (2 * np.pi * H.hbar)) ** d * mass)
