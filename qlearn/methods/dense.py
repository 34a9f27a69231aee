"""Dense reference: one eigendecomposition, then every time exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
from scipy.linalg import eigh

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.methods.record import EPS, Record

__all__ = ["Dense"]


@final
@dataclass(frozen=True)
class Dense:
    """ψ(t) = Σ_j e^{−iE_j(t − t0)/ħ} v_j ⟨v_j|ψ(t0)⟩ with all eigenvectors of H; at most 4096 points, V independent of t.

    The reference that the other methods are compared with: no step, no series; error of rounding ~ ε‖H‖|t|/ħ. Cost N³.
    """

    name: ClassVar[str] = "Dense"

    def check(self, hamiltonian: Hamiltonian) -> None:
        if hamiltonian.time_dependent:
            raise UnsupportedError("Dense diagonalises one H and needs a V that does not depend on t. Use RKN6() or Strang().")
        if hamiltonian.grid.size > DENSE_LIMIT:
            raise UnsupportedError(f"Dense is not offered for {hamiltonian.grid.size} points (limit {DENSE_LIMIT}). "
                                   "Use Chebyshev() or RKN6().")

    def run(self, hamiltonian: Hamiltonian, psi: np.ndarray, times: np.ndarray, tol: float,
            record: Record) -> Iterator[np.ndarray]:
        energies, vectors = eigh(hamiltonian.to_matrix(), driver="evd")
        shape, hbar = psi.shape, hamiltonian.hbar
        components = psi.reshape(-1, energies.size) @ vectors.conj()
        record.note = f"Dense with {energies.size} eigenvectors"
        scale = float(np.max(np.abs(energies))) / hbar
        for time in times[1:]:
            elapsed = float(time - times[0])
            record.steps += 1
            record.rounding = EPS * (16 + scale * abs(elapsed))
            yield ((components * np.exp(-1j * energies * elapsed / hbar)) @ vectors.T).reshape(shape)
