"""The lowest levels of any H by block Davidson on the whole grid, from a random block with a fixed seed."""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.blocks import BlockOperator, orthonormal
from qlearn.spectrum.hermitian.davidson import davidson
from qlearn.spectrum.hermitian.found import Found, edges
from qlearn.spectrum.hermitian.preconditioners import preconditioner
from qlearn.spectrum.hermitian.weyl import weyl_energy

__all__ = ["guards", "iterative"]

SEED = 20240229
SMOOTHED = 3    # applications of the preconditioner to the random block


def guards(k: int) -> int:
    """Rows beyond the k wanted."""
    return max(4, k // 5)


def iterative(H: Hamiltonian, k: int, goal: Goal, start: np.ndarray | None = None) -> Found:
    """The k lowest levels; residuals below the goal, or as low as rounding lets them. ``start``: approximate states (m, size)."""
    operator = BlockOperator(H)
    energy = weyl_energy(H, k)
    if start is not None:
        energy = max(energy, float(np.max(np.einsum("ij,ij->i", start[:k].conj(), operator(start[:k])).real)))
    precondition = preconditioner(operator, energy)
    known = np.zeros((0, operator.size), dtype=operator.dtype) if start is None else start[:k + 1].astype(operator.dtype)
    m = min(k + guards(k), operator.size) - len(known)
    rows = np.random.default_rng(SEED).standard_normal((max(m, 0), operator.size)).astype(operator.dtype)
    for _ in range(SMOOTHED):
        rows = orthonormal(precondition(rows, rows, H.spectral_bounds[1] * np.ones(len(rows))))
    ritz = davidson(operator, np.concatenate([known, rows]), k, lambda theta: goal.residual(theta, k), precondition)
    last = edges(ritz.energies, k, None)[2]
    before = "" if start is None else ", from a projection on product functions"
    return Found(ritz.energies[:last], ritz.rows[:last], 0, True,
                 f"block Davidson on {operator.size} points, {ritz.steps} steps{before}", {"applications": operator.applied})
