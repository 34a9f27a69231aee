"""The inner loop of the splitting methods: equal steps of one scheme, in place, with kept phase tables."""

from typing import final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.record import Record

__all__ = ["SplittingKernel"]


@final
class SplittingKernel:
    """Runs of equal steps of one scheme on φ = exp(−iκ·(x − a))ψ, the periodic part of ψ, in place.

    The phases of a step length are computed once and kept for the last few lengths; V that depends on time is phased anew.
    """

    KEPT = 4

    def __init__(self, hamiltonian: Hamiltonian, table: SplittingTable, record: Record):
        self.hamiltonian, self.table, self.record = hamiltonian, table, record
        self.axes = hamiltonian.grid.fourier_axes
        self._fractions = np.concatenate([[0.0], np.cumsum(table.drifts)])
        self._phases: dict[float, tuple[list[np.ndarray], list[np.ndarray]]] = {}

    def steps(self, phi: np.ndarray, time: float, h: float, count: int) -> np.ndarray:
        """``count`` steps of length h from ``time``; phi is overwritten and returned."""
        drifts, kicks = self._tables(h)
        stages, b = len(drifts), self.table.kicks
        phi *= self._kick(kicks, 0, b[0] * h, time)
        for step in range(count):
            for j, drift in enumerate(drifts):
                phi = self.hamiltonian.grid.forward(phi)
                phi *= drift
                phi = self.hamiltonian.grid.backward(phi)
                now = time + (step + self._fractions[j + 1]) * h
                merged = j + 1 == stages and step + 1 < count  # the last kick and the first of the next step in one
                phi *= self._kick(kicks, stages + 1, (b[0] + b[-1]) * h, now) if merged \
                    else self._kick(kicks, j + 1, b[j + 1] * h, now)
        self.record.ffts += 2 * stages * count * (phi.size // self.hamiltonian.grid.size)
        return phi

    def _kick(self, kicks: list[np.ndarray], index: int, weight: float, time: float) -> np.ndarray:
        if kicks:
            return kicks[index]
        return _phase(weight / self.hamiltonian.hbar, self.hamiltonian.potential_table(time))

    def _tables(self, h: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
        if h not in self._phases:
            while len(self._phases) >= self.KEPT:
                self._phases.pop(next(iter(self._phases)))
            self._phases[h] = self._compute(h)
        return self._phases[h]

    def _compute(self, h: float) -> tuple[list[np.ndarray], list[np.ndarray]]:
        drifts = _phases(self.table.drifts, h / self.hamiltonian.hbar, self.hamiltonian.kinetic.table)
        if self.hamiltonian.time_dependent:
            return drifts, []
        b = self.table.kicks
        return drifts, _phases((*b, b[0] + b[-1]), h / self.hamiltonian.hbar, self.hamiltonian.potential_table())


def _phases(weights: tuple[float, ...], factor: float, values: np.ndarray) -> list[np.ndarray]:
    """One table a weight; equal weights share theirs."""
    made = {weight: _phase(weight * factor, values) for weight in dict.fromkeys(weights)}
    return [made[weight] for weight in weights]


def _phase(factor: float, values: np.ndarray) -> np.ndarray:
    """exp(−i·factor·values)."""
    return np.exp(-1j * factor * values)
