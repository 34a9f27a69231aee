"""From Σ w e^{−βE} to ln Z, ⟨E⟩, heat capacity, entropy and averages, without overflow, with errors over random states."""

from dataclasses import dataclass
from typing import final

import numpy as np

__all__ = ["NAMES", "Sums", "boltzmann_sums", "jackknife", "quantities"]

NAMES = ("log_partition", "energy", "heat_capacity", "entropy")


@final
@dataclass(frozen=True, eq=False)
class Sums:
    """Σ w (E − E₀)^k e^{−β(E − E₀)}, k = 0, 1, 2, as ``moments`` (3, states, β); ``above`` (states, β): the part of k = 0 that
    comes from energies above a given one; ``averages`` (observables, states, β): Tr O e^{−β(H − E₀)}."""

    origin: float
    moments: np.ndarray
    above: np.ndarray
    averages: np.ndarray

    def __add__(self, other: "Sums") -> "Sums":
        """Of the same origin."""
        return Sums(self.origin, self.moments + other.moments, self.above + other.above, self.averages + other.averages)


def boltzmann_sums(energies: np.ndarray, weights: np.ndarray, betas: np.ndarray, origin: float, above: float) -> Sums:
    """Of one measure Σ w δ(E − E_i), both (m,); origin ≤ the least energy, or little above it."""
    distance = energies - origin
    with np.errstate(over="ignore"):                # β × energy beyond 1e308: its exponential is 0
        factors = weights * np.exp(-betas[:, None] * distance)
    moments = np.array([np.sum(factors * distance**power, axis=1) for power in range(3)])
    return Sums(origin, moments[:, None], np.sum(factors[:, energies > above], axis=1)[None], np.zeros((0, 1, len(betas))))


def quantities(betas: np.ndarray, sums: Sums) -> np.ndarray:
    """Rows NAMES, then the averages, then the share above, of the mean over the states: (4 + observables + 1, β).

        ln Z,   ⟨E⟩,   C = β²(⟨E²⟩ − ⟨E⟩²),   S = β⟨E⟩ + ln Z   (k_B = 1)
    """
    zeroth, first, second = sums.moments.mean(axis=1)
    mean = first / zeroth
    log_z = np.log(zeroth) - betas * sums.origin
    energy = mean + sums.origin
    variance = second / zeroth - mean**2
    capacity = np.sign(variance) * (betas * np.sqrt(np.abs(variance))) ** 2            # β² alone may overflow
    return np.vstack([log_z, energy, capacity, np.log(zeroth) + betas * mean, sums.averages.mean(axis=1) / zeroth,
                      sums.above.mean(axis=0) / zeroth])


def jackknife(betas: np.ndarray, sums: Sums) -> np.ndarray:
    """Standard errors of ``quantities`` by leaving out each of the random states once."""
    states = sums.moments.shape[1]
    rows = []
    for left in range(states):
        kept = np.arange(states) != left
        rows.append(quantities(betas, Sums(sums.origin, sums.moments[:, kept], sums.above[kept], sums.averages[:, kept])))
    return np.sqrt((states - 1) * np.var(rows, axis=0))
