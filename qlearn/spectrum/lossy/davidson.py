"""Complex levels on large grids: H − iW projected on low levels of its Hermitian part, polished by Davidson steps.

    θ_j, x_j from B†HB,    r_j = Hx_j − θ_j x_j,    B ← orthonormal(B, P r_j)

B begins with the levels of T + V up to well above the energies wanted, so that the rest of the space matters little, and
P is the preconditioner of the Hermitian part. All that is found lies near what the first projection shows; a level that this
basis does not hold at all is not looked for, unlike on grids whose matrix can be factorised.
"""

from collections.abc import Callable

import numpy as np
from scipy.linalg import eig
from scipy.optimize import linear_sum_assignment

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.blocks import BlockOperator, orthonormal, orthonormal_against
from qlearn.spectrum.hermitian.iterative import iterative
from qlearn.spectrum.hermitian.preconditioners import preconditioner
from qlearn.spectrum.hermitian.reduced import reduced
from qlearn.spectrum.hermitian.weyl import weyl_energy
from qlearn.spectrum.lossy.matrix import BESIDE, Levels

__all__ = ["large_levels"]

ABOVE = 1.6         # the first basis reaches this many times the energy wanted over the lowest level
LEAST = 60          # levels of the Hermitian part in the first basis, and FOR_EACH for each wanted
FOR_EACH = 4
MOST = 700
NUMBERS = 2**25     # in the first basis: 512 MiB
ROUGH = 1e-3        # tolerance of the first basis
STEPS = 60
ROOM = 5            # blocks of new directions before a restart
GUARD = 0.02        # residual of a neighbour, relative to its distance to the levels wanted, whose bounds must not touch it
PATIENCE = 12       # steps without a halving of the largest residual
SLACK = 0.1         # by which residuals go below the tolerance: κ multiplies them

Choice = Callable[[np.ndarray, int], np.ndarray]    # values, how many → the places of those wanted, best first


def large_levels(H: Hamiltonian, k: int, target: complex | None, choice: Choice, tol: float) -> Levels:
    """The k levels wanted and some more, right and left columns of length 1."""
    plain = H._rebuilt(absorber=None, potential=H.potential_table())
    basis, energy = _first_basis(plain, k, target)
    goal = max(SLACK * tol * abs(Goal(plain, tol).scale(energy)), 4 * np.finfo(float).eps * H.spectral_bounds[1])
    m = min(k + BESIDE, len(basis))
    values, right, steps = _polished(H, plain, basis, choice, m, k, goal, energy)
    if H.kinetic.is_real and (H.channels is None or not np.any(H.potential_table().imag)):
        left = right.conj()
    else:
        adjoint = H._rebuilt(absorber=None, potential=_conjugate(H))
        others, left, _ = _polished(adjoint, plain, basis, lambda v, n: choice(v.conj(), n), m, k, goal, energy)
        left = left[:, linear_sum_assignment(np.abs(values[:, None] - others.conj()))[1]]
    return values, right, left, f"projection on {len(basis)} levels of the Hermitian part, {steps} Davidson steps"


def _first_basis(plain: Hamiltonian, k: int, target: complex | None) -> tuple[np.ndarray, float]:
    """Levels of T + V up to ABOVE the energy wanted, rows of length 1, and that energy."""
    size = int(np.prod(plain.state_shape))
    most = int(min(MOST, NUMBERS // size, size // 3))
    wanted = weyl_energy(plain, k) if target is None else target.real
    low = weyl_energy(plain, 0)
    count = min(LEAST + FOR_EACH * k, most)
    while weyl_energy(plain, count) < low + ABOVE * (wanted - low):
        if count == most:
            raise UnsupportedError(f"levels of an H with a loss near {wanted:.3g} need more than the {most} levels of its "
                                   f"Hermitian part that are offered on {size} points; take a smaller box or fewer points.")
        count = min(2 * count, most)
    rough = Goal(plain, ROUGH)
    near = None if plain.metric is not None or plain.grid.ndim == 1 else reduced(plain, count, rough)
    rows = iterative(plain, count, rough).rows if near is None else near.rows
    return orthonormal(rows.astype(complex)), wanted


def _conjugate(H: Hamiltonian) -> np.ndarray:
    """The table of V + iW, of H†."""
    table = H._tables(0.0)[2]
    return table.conj() if H.channels is None else np.conj(np.swapaxes(table, -H.grid.ndim - 2, -H.grid.ndim - 1))


def _polished(H: Hamiltonian, plain: Hamiltonian, basis: np.ndarray, choice: Choice, m: int, k: int, goal: float,
              energy: float) -> tuple[np.ndarray, np.ndarray, int]:
    """(values, columns, steps) of the Ritz pairs chosen, the first k with residuals below the goal or as small as they get."""
    operator = BlockOperator(plain)
    precondition = preconditioner(operator, energy)
    space = basis
    images = _applied(H, space)
    small = space.conj() @ images.T
    best, since = np.inf, 0
    for step in range(STEPS + 1):
        values, vectors = eig(small)
        places = choice(values, m)
        theta, mixed = values[places], vectors[:, places]
        rows = mixed.T @ space
        residuals = mixed.T @ images - theta[:, None] * rows
        sizes = np.linalg.norm(residuals, axis=1)
        worst = float(np.max(sizes[:k]))
        best, since = (worst, 0) if worst < 0.5 * best else (best, since + 1)
        active = sizes > goal
        active[k:] &= sizes[k:] > GUARD * np.min(np.abs(theta[k:, None] - theta[:k]), axis=1)
        if not active.any() or since > PATIENCE or step == STEPS:
            break
        parts = residuals[active]
        if operator.is_real:
            moved = precondition(rows[active].real, parts.real.copy(), theta[active].real) \
                + 1j * precondition(rows[active].imag, parts.imag.copy(), theta[active].real)
        else:
            moved = precondition(rows[active], parts, theta[active].real)
        added = orthonormal_against(moved, space)
        if not len(added):
            break
        if len(space) + len(added) > len(basis) + ROOM * len(places):
            kept = np.linalg.qr(vectors[:, choice(values, len(basis))])[0]
            space, images, small = kept.T @ space, kept.T @ images, kept.conj().T @ small @ kept
            added = orthonormal_against(moved, space)
        more = _applied(H, added)
        small = np.block([[small, space.conj() @ more.T], [added.conj() @ images.T, added.conj() @ more.T]])
        space, images = np.concatenate([space, added]), np.concatenate([images, more])
    return theta, rows.T / np.linalg.norm(rows, axis=1), step


def _applied(H: Hamiltonian, rows: np.ndarray) -> np.ndarray:
    step = max(1, 2**21 // rows.shape[1])
    return np.concatenate([np.asarray(H.apply(rows[i:i + step].reshape(-1, *H.state_shape))).reshape(-1, rows.shape[1])
                           for i in range(0, len(rows), step)])
