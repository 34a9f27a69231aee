"""QuTiP as a second opinion on levels and states."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any, final

import numpy as np
from scipy.optimize import linear_sum_assignment

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.interop.kets import require_qutip, to_qutip
from qlearn.spectrum import Spectrum

__all__ = ["ONE_LEVEL", "QutipLevels", "check_size", "compare_levels"]

LARGEST = 2048          # points: all eigenvectors of a Hermitian matrix
LARGEST_LOSSY = 1024    # of a general one, whose solution takes some ten times as long
ONE_LEVEL = 1e-11       # × ‖H‖: levels nearer than that count as one, rounding may mix them
ONE_LOSSY_LEVEL = 1e-8  # × ‖H‖: those of a matrix that is not normal are less well conditioned


@final
@dataclass(frozen=True, eq=False)
class QutipLevels:
    """The levels of the same matrix by QuTiP.

    energies : (k,) QuTiP's, ħ times the eigenvalues of H/ħ.     differences : (k,) |E − E_QuTiP|.
    overlaps : (k,) ‖P v‖ ≤ 1, P the projection on QuTiP's states of this level; degenerate ones count together.
    below : how many of QuTiP's levels lie below the first; 0 where the lowest were asked for and none was missed. None with a
        loss, where each level is compared with the nearest one that is left.
    scale : ‖H‖, what the rounding of both is relative to.     points : rows of the matrix.     seconds : QuTiP's time.
    """

    energies: np.ndarray
    differences: np.ndarray
    overlaps: np.ndarray
    below: int | None
    scale: float
    method: str
    version: str
    points: int
    seconds: float

    @property
    def largest(self) -> float:
        return float(np.max(self.differences))


def compare_levels(spectrum: Spectrum) -> QutipLevels:
    """The levels of ``spectrum`` against those of Qobj.eigenstates; see ``compare_qutip``."""
    H = spectrum.hamiltonian
    size = check_size(H)
    qutip = require_qutip()
    scale = float(max(abs(bound) for bound in H.spectral_bounds))
    started = perf_counter()
    energies, states = _solved(H, spectrum.energies, ONE_LEVEL * scale)
    seconds = perf_counter() - started
    if H.is_hermitian:
        below = _aligned(energies, spectrum.energies)
        theirs = energies[below:below + len(spectrum.energies)]
    else:
        below = None
        theirs = energies[_nearest(energies, spectrum.energies)]
    overlaps = _overlaps(spectrum, energies, states, scale * (ONE_LEVEL if H.is_hermitian else ONE_LOSSY_LEVEL))
    return QutipLevels(theirs, np.abs(theirs - spectrum.energies), overlaps, below, scale, "Qobj.eigenstates, dense",
                       qutip.__version__, size, seconds)


def check_size(H: Hamiltonian) -> int:
    """The rows of the matrix; UnsupportedError where they are too many for QuTiP to diagonalise."""
    size, limit = int(np.prod(H.state_shape)), LARGEST if H.is_hermitian else LARGEST_LOSSY
    if size > limit:
        raise UnsupportedError(f"compare_qutip is not offered for the levels of {size} points (limit {limit}); take a coarser "
                               "grid, or compare with eigenstates on another grid.")
    return size


def _solved(H: Hamiltonian, wanted: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Energies ascending (complex ones by their real part) and the states as columns: the lowest ones where these do."""
    count, size = 2 * len(wanted) + 4, int(np.prod(H.state_shape))
    if H.is_hermitian and count < size:
        energies, states = _asked(H, count)
        if np.max(np.abs(energies[:len(wanted)] - wanted)) <= width and energies[-1] > wanted[-1] + width:
            return energies, states
    return _asked(H, 0)


def _asked(H: Hamiltonian, count: int) -> tuple[np.ndarray, np.ndarray]:
    energies, states = to_qutip(H).eigenstates(eigvals=count)
    return H.hbar * np.asarray(energies), np.column_stack([state.full() for state in states])


def _aligned(theirs: np.ndarray, ours: np.ndarray) -> int:
    """The place of the k neighbouring levels that come nearest in all; both ascend, so that a missed level shows."""
    windows = np.lib.stride_tricks.sliding_window_view(theirs, len(ours))
    return int(np.argmin(np.sum(np.abs(windows - ours), axis=1)))


def _nearest(theirs: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """One of theirs for each of ours, none twice, so that the distances are least in all."""
    return linear_sum_assignment(np.abs(ours[:, None] - theirs))[1]


def _overlaps(spectrum: Spectrum, energies: np.ndarray, states: np.ndarray, width: float) -> np.ndarray:
    volume = np.sqrt(spectrum.hamiltonian.grid.cell_volume)
    found: list[Any] = []
    for energy, state in zip(spectrum.energies, spectrum.states, strict=True):
        v = state.ravel() * volume
        basis = np.linalg.qr(states[:, np.abs(energies - energy) <= width])[0]
        found.append(np.linalg.norm(basis.conj().T @ v) / np.linalg.norm(v))
    return np.array(found)
