"""How far a step may carry the wave: no further than V is nearly linear, or a step could leap over what it should meet.

Step doubling compares a step with two halves; both are right, and blind, where a packet in free flight passes a narrow well
between two kicks. So a step is also bounded by ℓ/v on each axis: v the root mean square velocity of the state, and ℓ the length
over which V changes its slope (qlearn.methods.features), where V lies below the energies that the state reaches, ⟨H⟩ + 6ΔH. The
seam of a ring is left out: on a line it is a kink that no wave should meet.

A narrow feature on a wide slope hides from that ℓ. So steps keep to LEAP·λ/c as well: λ the length over which V changes its
curvature, and c = √(2(⟨H⟩ − min V)/m), the speed where V is least; c in place of v too where T is not a function of the
wavenumbers, with the mean of g⁻¹/m over |ψ|².

Kicks h apart give by mistake what a drive of the frequency 2π/h would: from a momentum p they lead to p + ħq = √(p² + 4πmħ/h),
where V has waves of that length. Up to the step ``resolved`` it has none: qλ > RESOLVED for the shortest λ of all orders, and the
largest p at the energy ⟨H⟩ + 6ΔH, for a small part of the state may be much faster than the rest.
"""

import math
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import squares, to_numpy
from qlearn.kernels.sums import around, overlaps, ranges, sums
from qlearn.methods.features import Lengths, features_of, finest_lengths, lengths_below
from qlearn.methods.record import Record

__all__ = ["Reach"]

SPREADS = 6.0   # standard deviations of the energy
LEAP = 0.7      # of λ that a step may cross
RESOLVED = 4.5  # λ times the wavenumber that steps give by mistake, at least
ROUNDED = 4      # parts of an octave to which energies are rounded up where the finest lengths are kept for the next run
NOWHERE = ranges()


@final
class Reach:
    """Energies, velocities and the lengths of V for φ = exp(−iκ·(x − a))ψ, the periodic part of ψ."""

    def __init__(self, hamiltonian: Hamiltonian, record: Record):
        self.hamiltonian, self.record = hamiltonian, record
        self.energy = np.inf  # ⟨H⟩ + 6ΔH at the last look
        self._momenta: list[float] = []  # the largest along each axis at that energy, at the last look
        self._lengths: Lengths | None = None
        self._resolved: dict[tuple[float, float], float] = {}  # by time and what is faint, since the last look

    def limits(self, phi: Any, time: float, modes: np.ndarray | None = None) -> tuple[float, float]:
        """(ħ/ΔH, the longest step), infinite where nothing limits it; for a batch the shortest of all members. ``modes`` of φ
        where they are known."""
        H, phi = self.hamiltonian, to_numpy(phi)
        members = math.prod(phi.shape[:phi.ndim - len(H.state_shape)])
        modes, applied = self._applied(phi, time, modes)
        energies, highest, widest = -np.inf, -np.inf, 0.0
        for weight, product, square in overlaps(phi, applied, members).tolist():
            if weight > 0:
                mean = product / weight
                spread = math.sqrt(max(square / weight - mean**2, 0.0))
                energies, highest, widest = max(energies, mean + SPREADS * spread), max(highest, mean), max(widest, spread)
        self.energy = energies
        self._resolved.clear()
        if self._lengths is None or H.time_dependent:
            self._lengths = self._below(self.energy, time)
        lowest, inverse = float(self._heights(time).min()), self._inverse_masses(phi)
        kinetic = max(highest - lowest, 0.0)
        self._momenta = np.sqrt(2 * max(self.energy - lowest, 0.0) / inverse).tolist()
        fastest = np.sqrt(2 * kinetic * inverse).tolist()
        ways = [*zip(self._lengths.of_slope, fastest if modes is None else self._speeds(modes), strict=True),
                *((LEAP * length, speed) for length, speed in zip(self._lengths.of_curvature, fastest, strict=True))]
        longest = min((length / speed for length, speed in ways if length < np.inf and speed > 0), default=np.inf)
        return H.hbar / widest if widest > 0 else np.inf, longest

    def resolved(self, time: float, faint: float) -> float:
        """The longest step that leaps over no feature of V, scalar, that ψ may meet, as it was at the last look; features no
        higher than ``faint`` do not count. With u = ħ·RESOLVED/λ it is 4πmħ/(u(u + 2p)), the shortest of all axes."""
        if (time, faint) not in self._resolved:
            self._resolved[time, faint] = self._resolve(time, faint)
        return self._resolved[time, faint]

    def _resolve(self, time: float, faint: float) -> float:
        H, heights = self.hamiltonian, self._heights(time)
        lowest = float(heights.min())
        energy, faint = lowest + _rounded_up(self.energy - lowest, ROUNDED), 1 / _rounded_up(1 / faint, 1 / 2)
        lengths: list[float] = H.kept_last("finest lengths", (time, energy, faint), lambda: self._finest(heights, energy, faint))
        ways = zip(self._momenta, lengths, H.kinetic.inverse.diagonal().tolist(), strict=True)
        return min(4 * math.pi * length**2 / (inverse * RESOLVED * (H.hbar * RESOLVED + 2 * p * length))
                   if length < np.inf else np.inf for p, length, inverse in ways)

    def _finest(self, heights: np.ndarray, energy: float, faint: float) -> list[float]:
        """The shortest λ of all orders where V < energy; of a drive, that of all its terms."""
        H = self.hamiltonian
        parts = heights[None] if H.drive is None else np.stack(np.broadcast_arrays(H.drive.static.real, *H.drive.tables))
        return finest_lengths(parts, H.grid.spacing, heights < energy, faint)

    def _heights(self, time: float) -> np.ndarray:
        """V; of channels the lowest diagonal element."""
        H, table = self.hamiltonian, self.hamiltonian.potential_table(time)
        d = H.grid.ndim
        return table if H.channels is None else np.min(np.diagonal(table, axis1=-d - 2, axis2=-d - 1).real, axis=-1)

    def _below(self, energy: float, time: float) -> Lengths:
        """The lengths of V where it lies below the energy."""
        H, table = self.hamiltonian, self.hamiltonian.potential_table(time)
        if H.channels is not None:
            heights, d = self._heights(time), H.grid.ndim
            entries = np.moveaxis(table, (-d - 2, -d - 1), (0, 1))
            parts = np.stack([entries.real, entries.imag]).reshape(-1, *heights.shape)
            return lengths_below(energy, features_of(parts, H.grid.spacing, heights))
        if H.time_dependent and H.drive is None:
            return lengths_below(energy, features_of(table, H.grid.spacing))
        factors = None if H.drive is None else H.drive.factors(time).tolist()  # V is the same where these are
        return lengths_below(energy, H.kept_last("features", factors, lambda: features_of(table, H.grid.spacing)))

    def _inverse_masses(self, phi: np.ndarray) -> np.ndarray:
        """The diagonal of M⁻¹; where it varies, its mean over |φ|², the largest of a batch and its channels."""
        H, inverse = self.hamiltonian, self.hamiltonian.kinetic.inverse
        if H.is_diagonal_in_k:
            return inverse.diagonal()
        density = squares(phi).reshape(-1, *H.grid.shape)
        density = density[density.any(axis=tuple(range(1, density.ndim)))]
        axes = tuple(range(1, density.ndim))
        return np.array([np.max(np.sum(density * inverse[a, a], axis=axes) / np.sum(density, axis=axes))
                         for a in range(H.grid.ndim)])

    def _speeds(self, modes: np.ndarray) -> list[float]:
        """The root mean square velocity along each axis, the largest of a batch."""
        H, speeds = self.hamiltonian, []
        before, n, behind = around(H.grid.shape)[0]
        for velocity in H.kinetic.velocities:
            table = velocity**2
            table = table if table.shape == H.grid.shape else np.broadcast_to(table, H.grid.shape)
            found = sums(modes, (before * (H.channels or 1), n, behind), NOWHERE, table)
            speeds.append(math.sqrt(max(square / weight for weight, square, _ in found.tolist() if weight > 0)))
        return speeds

    def _applied(self, phi: np.ndarray, time: float, modes: np.ndarray | None) -> tuple[np.ndarray | None, np.ndarray]:
        """(the modes of φ, None where they tell no velocities, Hφ), counted."""
        H, copies = self.hamiltonian, phi.size // self.hamiltonian.grid.size
        if not H.is_diagonal_in_k:
            applied = H.grid.to_periodic(H.apply(H.grid.from_periodic(phi), time))
            self.record.ffts += H.kinetic.ffts * copies
            return None, applied
        self.record.ffts += copies if modes is not None else 2 * copies
        modes = H.grid.forward(phi.astype(complex)) if modes is None else modes
        if H.channels is None and H.is_linear:
            return modes, H.grid.backward(modes * H.kinetic.table) + H.potential_table(time) * phi
        self.record.ffts += copies
        return modes, H.grid.to_periodic(H.apply(H.grid.from_periodic(phi), time))

    def snapshot(self) -> dict[str, Any]:
        return {} if self._lengths is None else {name: np.array(lengths) for name, lengths in self._lengths._asdict().items()}

    def restore(self, saved: dict[str, Any]) -> None:
        self._lengths = Lengths(*(np.asarray(saved[name]).tolist() for name in Lengths._fields)) if saved else None


def _rounded_up(value: float, parts: float) -> float:
    """To a whole number of such parts of an octave; 0 and what is infinite as they are."""
    return 2.0 ** (math.ceil(parts * math.log2(value)) / parts) if 0 < value < math.inf else value
