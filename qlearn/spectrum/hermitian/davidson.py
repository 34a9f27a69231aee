"""Block Davidson: Rayleigh–Ritz in a space that grows by preconditioned residuals, restarted with its previous directions.

    θ_j, x_j from V†HV,    r_j = Hx_j − θ_j x_j,    V ← orthonormal(V, P r_j)

A restart keeps the Ritz vectors and those of the step before (Stathopoulos and Saad 1998, GD+k), which makes the iteration as
fast as one with all vectors kept. The rows wanted are followed by guards that come from a random block: a level that a start
made from a model leaves out by its symmetry appears among them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
from scipy.linalg import eigh

from qlearn.spectrum.hermitian.blocks import orthonormal, orthonormal_against

__all__ = ["Preconditioner", "Ritz", "davidson"]

Preconditioner = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]     # rows, residuals, Ritz values → corrections



class Applied(Protocol):
    """v → Hv for rows."""

    @property
    def dtype(self) -> np.dtype: ...

    def __call__(self, block: np.ndarray) -> np.ndarray: ...


SPACE = 5           # blocks in the space before a restart
PATIENCE = 100      # steps without a halving of the residual
GUARD = 0.1         # residual of the first guard over the distance to the last wanted level, at the end


@final
@dataclass(frozen=True)
class Ritz:
    """Ritz values (m,) ascending, orthonormal rows (m, size), residuals (m,); m counts the guards."""

    energies: np.ndarray
    rows: np.ndarray
    residuals: np.ndarray
    steps: int


def davidson(operator: Applied, start: np.ndarray, wanted: int, goal: Callable[[np.ndarray], float], precondition: Preconditioner,
             most_steps: int = 600, follow: bool = False) -> Ritz:
    """The lowest Ritz pairs from a start block (m, size), m ≥ wanted, until ‖r_j‖ ≤ goal(θ) for all wanted or nothing gains.

    ``follow``: not the lowest but those with the largest overlap with the rows of the step before, from the start on.
    """
    space = orthonormal(start.astype(operator.dtype))
    m, most = len(space), max(SPACE * len(start), 3)
    images = operator(space)
    gram = space.conj() @ images.T
    best, since, before = np.inf, 0, None
    for step in range(most_steps + 1):
        theta, mixed = eigh((gram + gram.conj().T) / 2, driver="evd")
        chosen = np.arange(m) if not follow or before is None else _followed(mixed, before, m)
        theta, mixed = theta[chosen], mixed[:, chosen]
        rows = mixed.T @ space
        r = mixed.T @ images - theta[:, None] * rows
        sizes = np.linalg.norm(r, axis=1)
        worst = float(np.max(sizes[:wanted]))
        bar = goal(theta)
        best, since = (worst, 0) if worst < 0.5 * best else (best, since + 1)
        if (worst <= bar and _guarded(theta, sizes, wanted, bar)) or since > PATIENCE or step == most_steps:
            break
        if len(space) + m > most:
            mixed = _kept(mixed, before)
            space, images = mixed.T @ space, mixed.T @ images
            gram = mixed.conj().T @ gram @ mixed
            mixed = np.eye(len(space), m, dtype=space.dtype)
        before = mixed
        active = _active(sizes, theta, wanted, bar)
        added = orthonormal_against(precondition(rows[active], r[active], theta[active]), space)
        if not len(added):
            break
        more = operator(added)
        corner = space.conj() @ more.T
        gram = np.block([[gram, corner], [corner.conj().T, added.conj() @ more.T]])
        space, images = np.concatenate([space, added]), np.concatenate([images, more])
    return Ritz(theta, rows, sizes, step)


def _followed(mixed: np.ndarray, before: np.ndarray, m: int) -> np.ndarray:
    """The m columns with the largest part in the span of those before, ascending."""
    shares = np.sum(np.abs(before.conj().T @ mixed[:len(before)]) ** 2, axis=0)
    return np.sort(np.argsort(shares)[-m:])


def _kept(mixed: np.ndarray, before: np.ndarray | None) -> np.ndarray:
    """Orthonormal columns that span the Ritz vectors, first, and those of the step before."""
    if before is None:
        return mixed
    old = np.zeros((len(mixed), before.shape[1]), dtype=mixed.dtype)
    old[:len(before)] = before
    return np.concatenate([mixed, orthonormal_against(old.T, mixed.T).T], axis=1)


def _active(sizes: np.ndarray, theta: np.ndarray, wanted: int, goal: float) -> np.ndarray:
    """Rows that still gain: the wanted ones above the goal, and the guards up to their own bar."""
    active = sizes > 0.3 * goal
    gap = np.maximum(theta[wanted:] - theta[wanted - 1], 0)
    active[wanted:] &= sizes[wanted:] > np.maximum(GUARD * GUARD * gap, goal)
    if not active.any():
        active[int(np.argmax(sizes[:wanted]))] = True
    return active


def _guarded(theta: np.ndarray, sizes: np.ndarray, wanted: int, goal: float) -> bool:
    """True where the first guard has come near a level of its own above the wanted ones, or has joined the last of them."""
    if len(theta) == wanted:
        return True
    gap = float(theta[wanted] - theta[wanted - 1])
    return bool(sizes[wanted] <= max(GUARD * gap, 10 * goal))
