"""How far a step may carry the wave: no further than V is nearly linear, or a step could leap over what it should meet.

Step doubling compares a step with two halves; both are right, and blind, where a packet in free flight passes a narrow well
between two kicks. So a step is also bounded by ℓ/v on each axis: v the root mean square velocity of the state, and
ℓ = max|∂V|/max|∂²V| the shortest length over which V changes its slope, where V lies below the energies that the state
reaches, ⟨H⟩ + 6ΔH. The seam of a ring is left out: on a line it is a kink that no wave should meet.

A narrow feature on a wide slope hides from that ℓ. Where V is smooth, planned steps keep to LEAP·λ/c as well:
λ = (max ∂²V − min ∂²V)/max|∂³V|, and c = √(2(⟨H⟩ − min V)/m), the speed where V is least.
"""

import math
from typing import Any, NamedTuple, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import to_numpy
from qlearn.kernels.sums import around, overlaps, ranges, sums
from qlearn.methods.record import EPS, Record

__all__ = ["Reach", "feature_lengths"]

SPREADS = 6.0  # standard deviations of the energy
LEAP = 0.7     # of a feature of V'' that planned steps may cross
NOWHERE = ranges()


@final
class Reach:
    """Energies, velocities and the lengths of V for φ = exp(−iκ·(x − a))ψ, the periodic part of ψ."""

    def __init__(self, hamiltonian: Hamiltonian, record: Record):
        self.hamiltonian, self.record = hamiltonian, record
        self.energy = np.inf  # ⟨H⟩ + 6ΔH at the last look
        self.leap = np.inf  # the time in which the wave crosses most of a feature of V'', at the last look
        self._lengths: list[float] | None = None
        self._changes: list[float] = []

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
        if self._lengths is None or H.time_dependent:
            self._lengths = self._features(self.energy, time)
        longest = min((length / speed for length, speed in zip(self._lengths, self._speeds(modes), strict=True)
                       if length < np.inf and speed > 0), default=np.inf)
        if self._changes:  # at its fastest, where V is least
            kinetic = 2 * max(highest - float(H.potential_table(time).min()), 0.0)
            fastest = np.sqrt(kinetic * H.kinetic.inverse.diagonal()).tolist()
            self.leap = min((LEAP * change / speed for change, speed in zip(self._changes, fastest, strict=True) if speed > 0),
                            default=np.inf)
        return H.hbar / widest if widest > 0 else np.inf, longest

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

    def _applied(self, phi: np.ndarray, time: float, modes: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """(the modes of φ, Hφ), counted."""
        H, copies = self.hamiltonian, phi.size // self.hamiltonian.grid.size
        self.record.ffts += copies if modes is not None else 2 * copies
        modes = H.grid.forward(phi.astype(complex)) if modes is None else modes
        if H.channels is None and H.is_linear:
            return modes, H.grid.backward(modes * H.kinetic.table) + H.potential_table(time) * phi
        self.record.ffts += copies
        return modes, H.grid.to_periodic(H.apply(H.grid.from_periodic(phi), time))

    def _features(self, energy: float, time: float) -> list[float]:
        H, table = self.hamiltonian, self.hamiltonian.potential_table(time)
        if H.channels is None and (not H.time_dependent or H.drive is not None):
            factors = None if H.drive is None else H.drive.factors(time).tolist()  # V is the same where these are
            features: list[_Features] = H.kept_last("features", factors, lambda: _features(table, H.grid.spacing, None))
            lengths, self._changes = map(list, zip(*(feature.lengths(energy) for feature in features), strict=True))
            return lengths
        if H.channels is None:
            return feature_lengths(table, energy, H.grid.spacing)
        d = H.grid.ndim
        lowest = np.min(np.diagonal(table, axis1=-d - 2, axis2=-d - 1).real, axis=-1)
        entries = np.moveaxis(table, (-d - 2, -d - 1), (0, 1))
        parts = np.stack([entries.real, entries.imag]).reshape(-1, *lowest.shape)
        return feature_lengths(parts, energy, H.grid.spacing, lowest)

    def snapshot(self) -> dict[str, Any]:
        return {"lengths": np.array([] if self._lengths is None else self._lengths)}

    def restore(self, saved: dict[str, Any]) -> None:
        lengths = np.asarray(saved["lengths"]).tolist()
        self._lengths = lengths or None


def feature_lengths(potential: np.ndarray, energy: float, spacing: np.ndarray, level: np.ndarray | None = None) -> list[float]:
    """max|∂V|/max|∂²V| of each axis where V < energy, by differences that do not cross the seam; infinite where V is linear.

    potential : (…, *shape), leading axes are looked at together.   level : compared with the energy instead of V.
    Not shorter than the spacing; curvature of the size of the rounding of V counts as none.
    """
    return [feature.lengths(energy)[0] for feature in _features(potential, spacing, level)]


class _Features(NamedTuple):
    """Of one axis: heights, and |δV|/2 and δ²V there, |δ³V| between them; what of δ²V is noise, and the spacing."""

    heights: np.ndarray
    slopes: np.ndarray
    bends: np.ndarray
    changes: np.ndarray
    noise: float
    spacing: float

    def lengths(self, energy: float) -> tuple[float, float]:
        """Where V < energy: max|∂V|/max|∂²V|, infinite where V is linear, and how much V'' changes in all, over the most that it
        changes in one place, infinite where it does not."""
        reached = self.heights < energy
        bends = self.bends[reached]
        if not bends.size:
            return np.inf, np.inf
        highest, lowest = float(bends.max()), float(bends.min())
        bend, most = max(highest, -lowest), float(self.changes[reached[1:] & reached[:-1]].max(initial=0.0))
        length = float(self.slopes[reached].max()) / bend if bend > self.noise else np.inf
        return self.spacing * max(length, 1.0), self.spacing * (highest - lowest) / most if most > 2 * self.noise else np.inf


def _features(potential: np.ndarray, spacing: np.ndarray, level: np.ndarray | None) -> list[_Features]:
    noise = 64 * EPS * float(np.max(np.abs(potential)))
    level, features = potential if level is None else np.broadcast_to(level, potential.shape), []
    for axis, step in enumerate(spacing, start=-len(spacing)):
        values = np.moveaxis(potential, axis, 0)
        bends = values[2:] - 2 * values[1:-1] + values[:-2]
        features.append(_Features(np.moveaxis(level, axis, 0)[1:-1], np.abs(values[2:] - values[:-2]) / 2, bends,
                                  np.abs(bends[1:] - bends[:-1]), noise, float(step)))
    return features
