"""The lowest levels of any H by block Davidson on the whole grid, from a random block with a fixed seed."""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.blocks import BlockOperator, orthonormal
from qlearn.spectrum.davidson import davidson
from qlearn.spectrum.found import Found, edges
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.preconditioners import preconditioner
from qlearn.spectrum.weyl import weyl_energy

__all__ = ["guards", "iterative"]

SEED = 20240229
SMOOTHED = 3    # applications of the preconditioner to the random block


def guards(k: int) -> int:
    """Rows beyond the k wanted."""
    return max(4, k // 5)


def iterative(H: Hamiltonian, k: int, goal: Goal) -> Found:
    """The k lowest levels; each residual below the goal, or as low as rounding lets it."""
    operator = BlockOperator(H)
    m = min(k + guards(k), operator.size)
    rows = np.random.default_rng(SEED).standard_normal((m, operator.size))
    precondition = preconditioner(operator, weyl_energy(H, k))
    for _ in range(SMOOTHED):
        rows = orthonormal(precondition(rows.astype(operator.dtype), rows, H.spectral_bounds[1] * np.ones(m)))
    ritz = davidson(operator, rows, k, goal, precondition)
    first, wanted, last = edges(ritz.energies, k, None)
    return Found(ritz.energies[first:last], ritz.rows[first:last], 0, True,
                 f"block Davidson on {operator.size} points, {ritz.steps} steps", {"applications": operator.applied})
