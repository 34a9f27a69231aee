"""Approximate inverses of H − E for residuals: T and V apart, or a polynomial of H.

Where T is nearly a function of the wavenumbers:  P = S (T̄ + c)⁻¹ S,  S = (1 + (V − min V)/c)^{-1/2}, with T̄ the kinetic
energies of the mean inverse mass and c of the size of the kinetic energies wanted: 1/(T + c) where V is small, 1/(V + c) where it
is large (Antoine and Duboscq 2014, symmetrised). On a grid with poles no transform diagonalises T, and the Ritz vectors are
filtered: a Chebyshev polynomial of H that is largest below the wanted levels and small from there to ‖H‖ (Zhou and Saad 2007).
"""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import lowest_diagonal
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.spectrum.hermitian.blocks import BlockOperator
from qlearn.spectrum.hermitian.davidson import Preconditioner

__all__ = ["preconditioner"]


def preconditioner(operator: BlockOperator, energy: float) -> Preconditioner:
    """(rows (n, size), their residuals, Ritz values) → corrections (n, size), for levels up to about ``energy``."""
    if "pole" in operator.hamiltonian.grid.boundary:
        return _filter(operator, energy)
    return _apart(operator, energy)


def _apart(operator: BlockOperator, energy: float) -> Preconditioner:
    H = operator.hamiltonian
    kinetic = H.kinetic if isinstance(H.kinetic, FlatKinetic) else _mean_kinetic(H)
    V = lowest_diagonal(H.potential_table(), H.channels, H.grid.ndim)
    c = max(energy - float(V.min()), _unit(kinetic))
    damped = c / (kinetic.table + c)
    root = 1 / np.sqrt(1 + (V - V.min()) / c)

    def corrected(_: np.ndarray, rows: np.ndarray, energies: np.ndarray) -> np.ndarray:
        result = np.empty_like(rows)
        for i in range(0, len(rows), 2 if operator.is_real else 1):
            pair = rows[i:i + 2] if operator.is_real else rows[i:i + 1]
            wave = pair[0] + 1j * pair[1] if len(pair) == 2 else pair[0]
            modes = H.grid.forward(H.grid.to_periodic(root * wave.reshape(operator.shape)))
            modes *= damped
            done = (root * H.grid.from_periodic(H.grid.backward(modes))).ravel()
            result[i:i + len(pair)] = np.stack([done.real, done.imag])[:len(pair)] if operator.is_real else done
        return result
    return corrected


def _mean_kinetic(H: Hamiltonian) -> FlatKinetic:
    """T with the mean inverse mass of each axis and no vector potential."""
    means = [float(np.mean(H.kinetic.inverse[a, a])) for a in range(H.grid.ndim)]
    return FlatKinetic(H.grid, np.diag(means), H.hbar)


def _unit(kinetic: FlatKinetic) -> float:
    """The kinetic energy of one wave round the longest axis, ħ²(2π/L)²/2m, the least."""
    waves = kinetic.hbar * 2 * np.pi / kinetic.grid.lengths
    units = [0.5 * kinetic.inverse[a, a] * wave**2 for a, wave in enumerate(waves)]
    return float(min(units))


def _filter(operator: BlockOperator, energy: float) -> Preconditioner:
    H = operator.hamiltonian
    low, high = H.spectral_bounds

    def filtered(rows: np.ndarray, residuals: np.ndarray, energies: np.ndarray) -> np.ndarray:
        edge = float(energies[-1]) + 0.02 * (high - low)
        degree = int(np.clip(3 * np.sqrt((high - low) / (edge - low)), 6, 60))
        middle, half = (high + edge) / 2, (high - edge) / 2
        before, now = rows, (operator(rows) - middle * rows) / half
        for _ in range(degree - 1):
            before, now = now, (operator(now) - middle * now) * (2 / half) - before
        return now
    return filtered
