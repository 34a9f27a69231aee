"""Dense reference: one eigendecomposition, then every time exactly."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy.linalg import eigh

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.methods.record import EPS, Task

__all__ = ["Dense"]


@final
@dataclass(frozen=True)
class Dense:
    """ψ(t) = Σ_j e^{−iE_j(t − t0)/ħ} v_j ⟨v_j|ψ(t0)⟩ with all eigenvectors of H; at most 4096 points, V independent of t.

    The reference that the other methods are compared with: no step, no series; error of rounding ~ ε‖H‖|t|/ħ. Cost N³.
    """

    name: ClassVar[str] = "Dense"

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if imaginary:
            raise UnsupportedError("Dense is not offered in imaginary time.")
        if hamiltonian.time_dependent:
            raise UnsupportedError("Dense diagonalises one H and needs a V that does not depend on t. Use RKN6() or Strang().")
        if hamiltonian.grid.size > DENSE_LIMIT:
            raise UnsupportedError(f"Dense is not offered for {hamiltonian.grid.size} points (limit {DENSE_LIMIT}). "
                                   "Use Chebyshev() or RKN6().")

    def start(self, task: Task) -> "DenseStepper":
        return DenseStepper(task)


@final
class DenseStepper:
    """ψ at any time from its components; nothing carries over from one time to the next."""

    def __init__(self, task: Task):
        self.task = task
        self.energies, self.vectors = eigh(task.hamiltonian.to_matrix(), driver="evd")
        self.components = task.psi.reshape(-1, self.energies.size) @ self.vectors.conj()
        self.scale = float(np.max(np.abs(self.energies))) / task.hamiltonian.hbar
        task.record.note = f"Dense with {self.energies.size} eigenvectors"

    def move(self, target: float) -> np.ndarray:
        self.task.record.steps += 1
        self.task.record.rounding = EPS * (16 + self.scale * abs(target))
        turned = self.components * np.exp(self.task.factor * self.energies * target)
        return (turned @ self.vectors.T).reshape(self.task.psi.shape)

    def snapshot(self) -> dict[str, Any]:
        return {}

    def restore(self, saved: dict[str, Any]) -> None:
        pass
