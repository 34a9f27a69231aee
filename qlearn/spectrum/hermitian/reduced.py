"""Levels from the projection of H on a pruned product basis (see ``separable_model``), as large as the tolerance asks.

The amplitudes of a level in the basis fall exponentially with Σ e_a. From those in a small basis the cut is foretold at which
they fall below the residual wanted, and the residual on the grid decides. The matrix falls into the blocks that its zeros make:
parities and conserved momenta are found and not asked for.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.certificate import EPS
from qlearn.spectrum.hermitian.davidson import davidson
from qlearn.spectrum.hermitian.found import Found, edges
from qlearn.spectrum.hermitian.iterative import SEED, guards
from qlearn.spectrum.hermitian.matrix_elements import projected
from qlearn.spectrum.hermitian.product_states import bands, product_pairs
from qlearn.spectrum.hermitian.separable_model import ProductBasis, SeparableModel
from qlearn.spectrum.hermitian.weyl import weyl_energy

__all__ = ["COVER", "LARGEST", "Reduced", "foretold", "reduced"]

FIRST = 2.5         # the first cut over the energy of the levels
COVER = 1.25        # the first cut over the energy that H₀ has where H has that of the levels
MARGIN = 1.12       # on the first cut that was foretold
GROWTH = 1.05       # on the later ones
LARGEST = 5000      # functions, times channels
LARGE = 1000        # rows of a block of which few levels are iterated
ROUNDS = 9
PATIENCE = 2        # bases that may fail before the rest is left to an iteration
NEGLIGIBLE = 0.01   # elements below this share of the goal join no blocks
CHECKED = 4         # states, with the largest amplitudes at the cut, whose residuals are taken
EXTRA = 3           # neighbours of the levels wanted
SPARE = 4           # levels of a block beyond its share of all


@final
@dataclass(frozen=True)
class Reduced:
    """Ritz pairs (m,) in a product basis: ``coefficients`` (m, channels·n), ``rows`` on the grid, whether converged."""

    model: SeparableModel
    basis: ProductBasis
    energies: np.ndarray
    coefficients: np.ndarray
    rows: np.ndarray
    converged: bool

    def found(self, k: int) -> Found:
        """The k lowest, for the certificate."""
        last = edges(self.energies, k, None)[2]
        size, coefficients, rows = len(self.coefficients[0]), self.coefficients[:last], self.rows[:last]
        return Found(self.energies[:last], rows, 0, True, f"projection on {size} product functions", {"functions": size},
                     lambda fine: product_pairs(self.model, self.basis, coefficients, rows, fine),
                     bands(self.model, self.basis, coefficients))


def reduced(H: Hamiltonian, k: int, goal: Goal, largest: int = LARGEST) -> Reduced | None:
    """The k lowest levels and their next neighbours; None where no basis of ``largest`` functions holds them.

    A basis covers the levels where H₀ lies below its cut wherever H, at any momentum, lies below their energy; the first basis is
    made to, so that no well is left out, and the cut is then raised until the residuals reach the goal.
    """
    model, copies = SeparableModel(H, weyl_energy(H, k)), H.channels or 1
    cut = max(FIRST * (model.energy - model.floor), COVER * model.cover())
    best: Reduced | None = None
    failed, smaller = 0, None
    for _ in range(ROUNDS):
        basis = model.basis(cut)
        whole = len(basis) == H.grid.size
        if len(basis) * copies < 2 * (k + EXTRA) and not whole:
            cut *= 1.4
            continue
        if len(basis) * copies > largest:
            return best if best is not None or smaller is None else _on_grid(model, *smaller, k, 0.0)
        energies, coefficients = lowest_in_blocks(projected(model, basis), len(basis) * copies, k + EXTRA,
                                                  NEGLIGIBLE * goal.strict(model.energy))
        wanted = goal.residual(energies, k)
        needed = MARGIN * foretold(basis, coefficients[:k], wanted / (cut + model.energy - model.floor))
        if smaller is None and best is None and needed > 1.3 * cut and not whole and len(model.basis(needed)) * copies <= largest:
            cut, smaller = needed, (basis, energies, coefficients)
            continue
        best = _on_grid(model, basis, energies, coefficients, k, wanted)
        failed += 1
        if best.converged or whole or failed == PATIENCE:
            return best
        cut = max(needed / MARGIN, cut) * GROWTH
    return best


def lowest_in_blocks(parts: list[tuple[np.ndarray, np.ndarray]], size: int, count: int,
                     negligible: float) -> tuple[np.ndarray, np.ndarray]:
    """The lowest levels (m,) and vectors (m, size) of Hermitian matrices of sets of rows, which may fall into blocks further.

    Of each block its share is computed, and again twice as many while its last one lies below the last of all.
    """
    blocks = [block for rows, matrix in parts for block in _split(rows, matrix, negligible)]
    wanted = [min(count if len(blocks) == 1 else count // len(blocks) + SPARE, len(rows)) for rows, _ in blocks]
    found: list[tuple[np.ndarray, np.ndarray]] = [(np.zeros(0), np.zeros((0, 0)))] * len(blocks)
    short = list(range(len(blocks)))
    while short:
        for b in short:
            found[b] = _lowest(blocks[b][1], wanted[b], negligible)
        total = np.sort(np.concatenate([e for e, _ in found]))
        last = float(total[count - 1]) if len(total) >= count else np.inf
        short = [b for b, (e, _) in enumerate(found) if len(e) < min(count, len(blocks[b][0])) and e[-1] < last]
        for b in short:
            wanted[b] = min(2 * wanted[b], count, len(blocks[b][0]))
    energies, vectors = np.concatenate([e for e, _ in found]), np.zeros((len(total), size), dtype=np.result_type(*[
        v for _, v in found]))
    first = 0
    for (rows, _), (e, v) in zip(blocks, found, strict=True):
        vectors[first:first + len(e), rows] = v
        first += len(e)
    order = np.argsort(energies, kind="stable")[:count]
    return energies[order], vectors[order]


def _split(rows: np.ndarray, matrix: np.ndarray, negligible: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """The blocks of a matrix: (rows, matrix between them)."""
    labels = _components(np.abs(matrix) > negligible)
    if not labels.any():
        return [(rows, matrix)]
    kept = [np.flatnonzero(labels == label) for label in range(int(labels.max()) + 1)]
    return [(rows[chosen], matrix[np.ix_(chosen, chosen)]) for chosen in kept]


def _lowest(matrix: np.ndarray, m: int, negligible: float) -> tuple[np.ndarray, np.ndarray]:
    """The m lowest levels and vectors (m, n) of one block: by eigh, of a large block by Davidson from its low corner."""
    n = len(matrix)
    if n < LARGE or 12 * m > n:
        e, v = eigh(matrix, subset_by_index=[0, m - 1], check_finite=False) if 2 * m < n else \
            eigh(matrix, driver="evd", check_finite=False)
        return e[:m], v[:, :m].T
    diagonal = matrix.diagonal().real
    low = np.argsort(diagonal)[:max(4 * m, 300)]
    corner = eigh(matrix[np.ix_(low, low)], subset_by_index=[0, m - 1])[1]
    spare = guards(m)
    start = np.zeros((m + spare, n), dtype=matrix.dtype)
    start[:m, low] = corner.T
    start[m:] = np.random.default_rng(SEED).standard_normal((spare, n)) / (1 + diagonal - diagonal.min()) ** 2

    def precondition(_: np.ndarray, residuals: np.ndarray, energies: np.ndarray) -> np.ndarray:
        distance = diagonal - energies[:, None]
        least = 0.1 * max(float(energies[-1] - diagonal.min()), 1e-300)
        return residuals / np.where(np.abs(distance) < least, least, distance)

    floor = max(4 * EPS * float(np.max(np.abs(diagonal))), 10 * negligible)
    ritz = davidson(DenseOperator(matrix), start, m, lambda _: floor, precondition, 60)
    return ritz.energies[:m], ritz.rows[:m]


@final
class DenseOperator:
    """v → Mv for rows."""

    def __init__(self, matrix: np.ndarray):
        self.matrix, self.dtype = matrix, matrix.dtype

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return block @ self.matrix.T


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


def foretold(basis: ProductBasis, coefficients: np.ndarray, amplitude: float) -> float:
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
    """States on the grid, converged where the residuals of the poorest are below the goal (0: not asked)."""
    rows = basis.on_points(coefficients.reshape(-1, len(basis))).reshape(len(energies), -1)
    worst = np.inf
    if goal > 0:
        top = np.abs(coefficients[:k].reshape(k, -1, len(basis))[..., basis.energies > 0.9 * basis.energies.max()])
        poorest = np.sort(np.argsort(np.max(top, axis=(1, 2), initial=0.0))[-CHECKED:])
        states, images = product_pairs(model, basis, coefficients[poorest], rows[poorest], model.hamiltonian)[0](0, len(poorest))
        worst = float(np.max(np.linalg.norm(images - energies[poorest, None] * states, axis=1)))
    return Reduced(model, basis, energies, coefficients, rows, worst <= goal)
