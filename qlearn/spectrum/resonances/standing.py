"""Which eigenvalues of H_θ are resonances: those that stand still, each at the angle where it stands best."""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.hamiltonian import DENSE_LIMIT
from qlearn.hamiltonian.action import lowest_diagonal
from qlearn.spectrum.lossy.near_target import closest, near_target
from qlearn.spectrum.resonances.complex_scaling import ScaledHamiltonian

__all__ = ["Candidate", "candidates", "distinct", "error_estimate"]

EPS = float(np.finfo(float).eps)
STANDING = 0.1      # |dE/dθ| relative to a free wave's, below which an eigenvalue may be a resonance
TURNED, STRETCHED, REFINED = 0.8, 1.5, 1.5      # θ, box and spacing are changed by these factors
ALIKE = 1.5         # κ may change by this factor with the spacing: where it grows, the state along the path is not resolved
SHRUNK, COARSENED = 1 / 1.2, 0.8    # the same where larger grids would have more than DENSE_LIMIT points
BEYOND = 2.0        # an error of order 2 or more in the spacing is below twice its change by either factor
LOOKED_AT = 40      # eigenvalues near the target at each angle, and 4 for each resonance wanted


@final
@dataclass(frozen=True, eq=False)
class Candidate:
    """An eigenvalue of H_θ with its right eigenvector, κ, turning, |⟨T⟩|, the residual with rounding times κ, and all other
    eigenvalues found with it."""

    scaled: ScaledHamiltonian
    energy: complex
    column: np.ndarray
    condition: float
    turning: float
    kinetic: float
    rough: float
    others: np.ndarray

    @property
    def expected(self) -> float:
        """What θ ± 5 % would change E by, and rounding: the error as far as one angle shows it."""
        return 0.05 * self.scaled.angle * 2 * self.turning * self.kinetic + self.rough


def candidates(scaled: list[ScaledHamiltonian], k: int, target: complex) -> list[Candidate]:
    """All that stand still among the eigenvalues near the target, over all angles."""
    return [one for each in scaled for one in _standing(each, LOOKED_AT + 4 * k, target)]


def _standing(scaled: ScaledHamiltonian, m: int, target: complex) -> list[Candidate]:
    matrix = scaled.matrix
    values, columns = near_target(matrix, target, min(m, len(matrix)))
    norms = np.sum(columns * columns, axis=0)
    turning = scaled.turning(columns)
    images = matrix @ columns
    kinetic = np.abs(np.sum(columns * images, axis=0) - _potential_part(scaled, columns)) / np.abs(norms)
    residuals = np.linalg.norm(images - values * columns, axis=0)
    noise = 4 * EPS * float(np.max(np.abs(np.diag(matrix)))) * np.sqrt(np.log2(len(matrix)))
    least = edge(scaled)
    return [Candidate(scaled, complex(values[j]), columns[:, j].copy(), 1 / abs(norms[j]), float(turning[j]), float(kinetic[j]),
                      float((residuals[j] + noise) / abs(norms[j])), np.delete(values, j))
            for j in range(len(values)) if turning[j] < STANDING and values[j].real > least]


def _potential_part(scaled: ScaledHamiltonian, columns: np.ndarray) -> np.ndarray:
    V, c = scaled.potential, scaled.hamiltonian.channels
    if c is None:
        return V.ravel() @ columns**2
    split = columns.reshape(c, -1, columns.shape[1])
    return np.einsum("inm,ijn,jnm->m", split, V.reshape(c, c, -1), split, optimize=True)


def edge(scaled: ScaledHamiltonian) -> float:
    """The lowest V at the open ends of the box, real coordinates: bound states lie below. A wall at the centre is no open end."""
    H = scaled.hamiltonian
    V = lowest_diagonal(H.potential_table(), H.channels, H.grid.ndim)
    ends = [(axis, place) for axis, (bounds, c) in enumerate(zip(H.grid.bounds, scaled.center, strict=True))
            for place in ((0, -1) if bounds[0] < c else (-1,))]
    return min(float(np.min(np.take(V, place, axis))) for axis, place in ends)


def distinct(found: list[Candidate], target: complex) -> list[list[Candidate]]:
    """The candidates of each resonance, that of the least expected error first; resonances nearest to the target first.

    Two are copies where they come from different angles and differ by no more than 20 times what is expected of both.
    """
    kept: list[list[Candidate]] = []
    for one in sorted(found, key=lambda c: c.expected):
        for group in kept:
            if abs(one.energy - group[0].energy) <= 20 * (one.expected + group[0].expected) \
                    and all(one.scaled is not other.scaled for other in group):
                group.append(one)
                break
        else:
            kept.append([one])
    return sorted(kept, key=lambda group: abs(group[0].energy - target))


def error_estimate(one: Candidate) -> np.ndarray:
    """Twice the changes of E with θ, box and spacing, and κ(residual + rounding): (4,); ∞ where κ is not converged."""
    scaled, d = one.scaled, one.scaled.hamiltonian.grid.ndim
    fits = len(one.column) * REFINED**d <= DENSE_LIMIT
    varied = (scaled.at(scaled.angle * TURNED), scaled.on(STRETCHED if fits else SHRUNK, 1.0),
              scaled.on(1.0, REFINED if fits else COARSENED))
    energies, kappas = zip(*(closest(each.matrix, one.energy) for each in varied), strict=True)
    parts = np.array([*(BEYOND * np.abs(np.array(energies) - one.energy)), one.rough])
    if max(kappas[2], one.condition) > ALIKE * min(kappas[2], one.condition):
        parts[2] = np.inf
    return parts
