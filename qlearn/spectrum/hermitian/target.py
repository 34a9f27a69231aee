"""Levels near an energy in the middle of the spectrum: projection on product functions, then Davidson that follows the states.

The basis holds all products below a cut well above the target, so that the levels of its matrix in a window round the target are
those of H there. Where their residuals are not small enough on the grid they are polished: each step keeps the Ritz vectors with
the largest overlap with the states at hand, for Ritz values alone mean nothing inside of a spectrum.
"""

import numpy as np
from scipy.linalg import eigh

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.blocks import BlockOperator
from qlearn.spectrum.hermitian.davidson import davidson
from qlearn.spectrum.hermitian.found import Found, edges, nearest
from qlearn.spectrum.hermitian.matrix_elements import projected
from qlearn.spectrum.hermitian.preconditioners import preconditioner
from qlearn.spectrum.hermitian.reduced import COVER, foretold
from qlearn.spectrum.hermitian.separable_model import ProductBasis, SeparableModel
from qlearn.spectrum.hermitian.weyl import weyl_density

__all__ = ["near_target"]

LARGEST = 4000      # functions, times channels
NEIGHBOURS = 2      # levels on either side of those wanted
WIDE = 1.5          # the first window over the one that Weyl's law gives
STEPS = 200


def near_target(H: Hamiltonian, k: int, target: float, goal: Goal) -> Found | None:
    """The k levels nearest to the target and neighbours; None where no basis of LARGEST functions covers them."""
    model, copies = SeparableModel(H, target), H.channels or 1
    if target <= model.floor:
        model = SeparableModel(H, model.floor + goal.unit)
    width = WIDE * (k + 2 * NEIGHBOURS) / max(weyl_density(H, target), 1e-300)
    cut = 1.5 * max(COVER * model.cover(), target - model.floor + width)
    energies, coefficients, basis = np.zeros(0), np.zeros((0, 0)), None
    for _ in range(4):
        larger = model.basis(cut)
        if len(larger) * copies > LARGEST and basis is not None:
            break
        if len(larger) * copies > LARGEST:
            return None
        basis = larger
        energies, coefficients = _window(projected(model, basis), len(basis) * copies, k, target, width)
        bar = goal.strict(float(energies[-1]))
        needed = foretold(basis, coefficients, bar / (cut + target - model.floor))
        if needed <= 1.02 * cut or len(basis) == H.grid.size:
            break
        cut = min(1.1 * needed, 2 * cut)
    assert isinstance(basis, ProductBasis)
    return _polished(H, k, target, goal, energies, basis.on_points(coefficients.reshape(-1, len(basis))), len(basis) * copies)


def _window(parts: list[tuple[np.ndarray, np.ndarray]], size: int, k: int, target: float,
            width: float) -> tuple[np.ndarray, np.ndarray]:
    """Levels and vectors near the target: the k nearest with NEIGHBOURS on either side."""
    for _ in range(30):
        low, high = target - width, target + width
        solved = [(rows, *eigh(matrix, subset_by_value=[low, high], check_finite=False)) for rows, matrix in parts]
        if sum(len(e) for _, e, _ in solved) >= min(size, k + 2 * NEIGHBOURS):
            break
        width *= 2
    energies = np.concatenate([e for _, e, _ in solved])
    vectors = np.zeros((len(energies), size), dtype=np.result_type(*[v for _, _, v in solved]))
    at = 0
    for rows, e, v in solved:
        vectors[at:at + len(e), rows] = v.T
        at += len(e)
    order = np.argsort(energies, kind="stable")
    energies, vectors = energies[order], vectors[order]
    wanted = nearest(energies, k, target)
    first, last = max(wanted - NEIGHBOURS, 0), wanted + k + NEIGHBOURS
    return energies[first:last], vectors[first:last]


def _polished(H: Hamiltonian, k: int, target: float, goal: Goal, energies: np.ndarray, waves: np.ndarray,
              functions: int) -> Found:
    operator = BlockOperator(H)
    rows = waves.reshape(len(energies), -1).astype(operator.dtype)
    bar = goal.strict(float(energies[-1]))
    ritz = davidson(operator, rows, len(rows), lambda _: bar, preconditioner(operator, float(energies[-1])), STEPS, follow=True)
    i, first, j = edges(ritz.energies, k, target)
    words = f"projection on {functions} product functions near {target:g}, {ritz.steps} steps of block Davidson"
    return Found(ritz.energies[i:j], ritz.rows[i:j], first - i, False, words,
                 {"functions": functions, "applications": operator.applied})
