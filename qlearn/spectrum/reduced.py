"""Levels from the projection of H on a pruned product basis (see ``separable_model``), as large as the tolerance asks.

The amplitudes of a level in the basis fall exponentially with Σ e_a. From those in a small basis the cut is foretold at which they
fall below the residual wanted, and the residual on the grid decides. The matrix falls into the blocks that its zeros make: parities
and conserved momenta are found and not asked for.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.certificate import EPS
from qlearn.spectrum.found import Found, edges
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.matrix_elements import projected
from qlearn.spectrum.product_states import product_pairs
from qlearn.spectrum.separable_model import ProductBasis, SeparableModel
from qlearn.spectrum.weyl import weyl_energy

__all__ = ["Reduced", "reduced"]

FIRST = 2.0         # the first cut over the energy of the levels
COVER = 1.25        # the first cut over the energy that H₀ has where H has that of the levels
MARGIN = 1.08       # on a cut that was foretold
LARGEST = 3000      # functions, times channels
ROUNDS = 7
NEGLIGIBLE = 0.01   # elements below this share of the goal join no blocks
EXTRA = 3           # neighbours of the levels wanted


@final
@dataclass(frozen=True)
class Reduced:
    """Ritz pairs (m,) in a product basis: ``coefficients`` (m, channels·n), ``rows`` on the grid, and whether they are converged."""

    model: SeparableModel
    basis: ProductBasis
    energies: np.ndarray
    coefficients: np.ndarray
    rows: np.ndarray
    converged: bool

    def found(self, k: int) -> Found:
        """The k lowest, for the certificate."""
        first, wanted, last = edges(self.energies, k, None)
        size = len(self.coefficients[0])
        return Found(self.energies[:last], self.rows[:last], 0, True, f"projection on {size} product functions",
                     {"functions": size}, lambda fine: product_pairs(self.model, self.basis, self.coefficients[:last],
                                                                     self.rows[:last], fine))


def reduced(H: Hamiltonian, k: int, goal: Goal, largest: int = LARGEST) -> Reduced | None:
    """The k lowest levels and their next neighbours; None where no basis of ``largest`` functions holds them.

    A basis covers the levels where H₀ lies below its cut wherever H, at any momentum, lies below their energy; the first basis is
    made to, so that no well is left out, and the cut is then raised until the residuals reach the goal.
    """
    model, copies = SeparableModel(H, weyl_energy(H, k)), H.channels or 1
    cut = max(FIRST * (model.energy - model.floor), COVER * model.cover())
    best: Reduced | None = None
    for _ in range(ROUNDS):
        basis = model.basis(cut)
        whole = len(basis) == H.grid.size
        if len(basis) * copies < 2 * (k + EXTRA) and not whole:
            cut *= 1.4
            continue
        if len(basis) * copies > largest:
            return best
        energies, coefficients = lowest_in_blocks(projected(model, basis), k + EXTRA, NEGLIGIBLE * goal(model.energy))
        wanted = goal(float(energies[k - 1]))
        needed = MARGIN * _foretold(basis, coefficients[:k], wanted / (cut + model.energy))
        if best is None and needed > 1.3 * cut and not whole and len(model.basis(needed)) * copies <= largest:
            cut = needed
            best = _on_grid(model, basis, energies, coefficients, k, 0.0)
            continue
        best = _on_grid(model, basis, energies, coefficients, k, wanted)
        if best.converged or whole:
            return best
        cut = max(needed, cut * MARGIN)
    return best


def lowest_in_blocks(matrix: np.ndarray, count: int, negligible: float) -> tuple[np.ndarray, np.ndarray]:
    """The lowest levels (m,) and vectors (m, n) of a Hermitian matrix that may fall into blocks."""
    n = len(matrix)
    labels = _components(np.abs(matrix) > negligible)
    blocks = int(labels.max()) + 1
    energies, vectors = [], []
    for label in range(blocks):
        kept = np.flatnonzero(labels == label)
        part = matrix if blocks == 1 else matrix[np.ix_(kept, kept)]
        m = min(count, len(kept))
        e, v = eigh(part, subset_by_index=[0, m - 1], check_finite=False) if 2 * m < len(kept) else \
            eigh(part, driver="evd", check_finite=False)
        wide = np.zeros((m, n), dtype=matrix.dtype)
        wide[:, kept] = v[:, :m].T
        energies.append(e[:m])
        vectors.append(wide)
    total = np.concatenate(energies)
    order = np.argsort(total, kind="stable")[:count]
    return total[order], np.concatenate(vectors)[order]


def _components(joined: np.ndarray) -> np.ndarray:
    """The number of the block of each row: rows that a chain of True joins."""
    labels = np.full(len(joined), -1)
    for block in range(len(joined)):
        free = np.flatnonzero(labels < 0)
        if not len(free):
            break
        new = free[:1]
        while len(new):
            labels[new] = block
            new = np.flatnonzero(np.any(joined[new], axis=0) & (labels < 0))
    return labels


def _foretold(basis: ProductBasis, coefficients: np.ndarray, amplitude: float) -> float:
    """The cut at which the amplitudes, continued exponentially from the upper half of those found, fall below ``amplitude``."""
    sizes = np.max(np.abs(coefficients.reshape(len(coefficients), -1, len(basis))), axis=(0, 1))
    order = np.argsort(basis.energies)
    tail = np.maximum.accumulate(sizes[order][::-1])[::-1]
    ladder = basis.energies[order]
    top = float(ladder[-1])
    upper = (ladder >= 0.5 * top) & (ladder <= 0.97 * top)
    if np.count_nonzero(upper) < 8 or tail[upper][-1] <= max(amplitude, 1e-14):
        return top
    slope, offset = np.polyfit(ladder[upper], np.log(tail[upper]), 1)
    if slope >= 0:
        return 2 * top
    return float(np.clip((np.log(amplitude) - offset) / slope, 1.02 * top, 8 * top))


def _on_grid(model: SeparableModel, basis: ProductBasis, energies: np.ndarray, coefficients: np.ndarray, k: int,
             goal: float) -> Reduced:
    """States on the grid, converged where the residuals of the k wanted are below the goal (0: not asked)."""
    rows = basis.on_points(coefficients.reshape(-1, len(basis))).reshape(len(energies), -1)
    worst = np.inf
    if goal > 0:
        states, images = product_pairs(model, basis, coefficients, rows, model.hamiltonian)(0, k)
        worst = float(np.max(np.linalg.norm(images - energies[:k, None] * states, axis=1)))
    return Reduced(model, basis, energies, coefficients, rows, worst <= goal)
