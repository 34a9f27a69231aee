"""How far a step may carry the wave: no further than V is nearly linear, or a step could leap over what it should meet.

Step doubling compares a step with two halves; both are right, and blind, where a packet in free flight passes a narrow well
between two kicks. So a step is also bounded by ℓ/v on each axis: v the root mean square velocity of the state, and
ℓ = max|∂V|/max|∂²V| the shortest length over which V changes its slope, where V lies below the energies that the state
reaches, ⟨H⟩ + 6ΔH. The seam of a ring is left out: on a line it is a kink that no wave should meet.
"""

from typing import final

import numpy as np
from scipy import fft

from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.record import Record

__all__ = ["Reach"]

SPREADS = 6.0  # standard deviations of the energy


@final
class Reach:
    """Energies, velocities and the lengths of V for φ = exp(−iκ·(x − a))ψ, the periodic part of ψ."""

    def __init__(self, hamiltonian: Hamiltonian, record: Record):
        self.hamiltonian, self.record = hamiltonian, record
        self._lengths: list[float] | None = None

    def limits(self, phi: np.ndarray, time: float) -> tuple[float, float]:
        """(ħ/ΔH, the longest step), infinite where nothing limits it; for a batch the shortest of all members."""
        axes, copies = self.hamiltonian.grid.fourier_axes, phi.size // self.hamiltonian.grid.size
        potential = self.hamiltonian.potential_table(time)
        modes = fft.fftn(phi, axes=axes)
        applied = fft.ifftn(modes * self.hamiltonian.kinetic.table, axes=axes) + potential * phi
        self.record.ffts += 2 * copies
        weight, norm = _sums(phi, axes), _sums(modes, axes)
        some = weight > 0
        mean = np.sum(np.real(np.conj(phi) * applied), axis=axes)[some] / weight[some]
        spread = np.sqrt(np.maximum(_sums(applied, axes)[some] / weight[some] - mean**2, 0.0))
        if self._lengths is None or self.hamiltonian.time_dependent:
            self._lengths = feature_lengths(potential, float(np.max(mean + SPREADS * spread)), self.hamiltonian.grid.spacing)
        steps = [np.inf]
        for length, velocity in zip(self._lengths, self.hamiltonian.kinetic.velocities, strict=True):
            speed = np.sqrt(np.max(np.sum(velocity**2 * np.abs(modes) ** 2, axis=axes)[some] / norm[some]))
            if length < np.inf and speed > 0:
                steps.append(length / float(speed))
        widest = float(np.max(spread))
        return self.hamiltonian.hbar / widest if widest > 0 else np.inf, min(steps)


def feature_lengths(potential: np.ndarray, energy: float, spacing: np.ndarray) -> list[float]:
    """max|∂V|/max|∂²V| of each axis where V < energy, by differences that do not cross the seam; infinite where V is linear.

    Not shorter than the spacing; curvature of the size of the rounding of V counts as none.
    """
    lengths = []
    noise = 64 * np.finfo(float).eps * float(np.max(np.abs(potential)))
    for axis, step in enumerate(spacing):
        values = np.moveaxis(potential, axis, 0)
        reached = values[1:-1] < energy
        slopes = np.abs(values[2:] - values[:-2])[reached] / 2
        bends = np.abs(values[2:] - 2 * values[1:-1] + values[:-2])[reached]
        bend = float(np.max(bends, initial=0.0))
        length = float(np.max(slopes, initial=0.0)) / bend if bend > noise else np.inf
        lengths.append(float(step) * max(length, 1.0))
    return lengths


def _sums(values: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    return np.sum(np.abs(values) ** 2, axis=axes)
