"""Dense reference: one eigendecomposition, then every time exactly."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy.linalg import eigh, expm

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.kernels.arrays import as_complex, like, namespace, squared_sums
from qlearn.methods.alternatives import alternatives
from qlearn.methods.record import EPS
from qlearn.methods.task import Task

__all__ = ["Dense"]

SAFETY = 3.0  # errors of the eigenvalues over ε‖H‖


@final
@dataclass(frozen=True)
class Dense:
    """ψ(t) = exp(−iH(t − t0)/ħ)ψ(t0) with the whole matrix of H; at most 4096 points times channels, H independent of t.

    Hermitian H: Σ_j e^{−iE_j(t − t0)/ħ} v_j ⟨v_j|ψ(t0)⟩, one eigendecomposition for all times; rounding: 3ε‖H‖|t|/ħ.
    Else (absorbers, complex V) the matrix exponential of each time. A batch over V is solved member by member. Imaginary
    time: the same with −τ/ħ, scaled to ‖ψ0‖. The reference that the other methods are compared with: no step, no series.
    Cost N³. Raises UnsupportedError for an H that depends on t or is nonlinear, and for more points.

    >>> import numpy as np, qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi0 = ql.gaussian(grid, center=1, width=2**-0.5)
    >>> final = ql.sesolve(H, psi0, [0, np.pi], method=ql.Dense()).final_state     # ψ(π) = −iψ0(−x)
    >>> bool(grid.norm(final + 1j * ql.gaussian(grid, center=-1, width=2**-0.5)) < 1e-11)
    True
    """

    name: ClassVar[str] = "Dense"

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if hamiltonian.time_dependent:
            raise UnsupportedError("Dense diagonalises one H and needs an H that does not depend on t. "
                                   "Use RKN6(), Strang() or Magnus4().")
        if hamiltonian.nonlinearity is not None:
            raise UnsupportedError(f"Dense needs a linear H. Use {alternatives(hamiltonian, imaginary)}.")
        size = hamiltonian.grid.size * (hamiltonian.channels or 1)
        if size > DENSE_LIMIT:
            raise UnsupportedError(f"Dense is not offered for {size} points (limit {DENSE_LIMIT}). "
                                   "Use Chebyshev() or RKN6().")

    def start(self, task: Task) -> "DenseStepper":
        return DenseStepper(task)


@final
class DenseStepper:
    """ψ at any time from ψ0; nothing carries over from one time to the next."""

    def __init__(self, task: Task):
        self.task, hamiltonian = task, task.hamiltonian
        self.dims = len(hamiltonian.state_shape)
        self.batch = np.broadcast_shapes(hamiltonian.batch_shape, tuple(task.psi.shape[:-self.dims]))
        self.flows = [_Flow(one.to_matrix(), hermitian=hamiltonian.is_hermitian) for one in _members(hamiltonian)]
        self.start = np.prod(hamiltonian.state_shape, dtype=int)
        psi = namespace(task.psi).broadcast_to(task.psi, (*self.batch, *hamiltonian.state_shape))
        self.psi = namespace(psi).reshape(as_complex(psi), (-1, int(self.start)))
        self.member = np.broadcast_to(np.arange(len(self.flows)).reshape(hamiltonian.batch_shape), self.batch).ravel()
        self.norms = np.sqrt(squared_sums(self.psi, (-1,)))
        task.record.note = f"Dense with {'eigenvectors of' if hamiltonian.is_hermitian else 'exponentials of'} " \
                           f"{self.start}×{self.start}"

    def move(self, target: float) -> Any:
        record, xp = self.task.record, namespace(self.psi)
        record.steps += 1
        rows, growth = [], 1.0
        for row, member in enumerate(self.member):
            moved = self.flows[member].apply(self.psi[row, :], self.task.factor, target)
            if self.task.imaginary:
                after = float(np.sqrt(squared_sums(moved, (-1,))))
                ratio = float(self.norms[row]) / after if after > 0 else 0.0
                moved, growth = moved * ratio, max(growth, ratio)
            rows.append(moved)
        largest = max(flow.scale for flow in self.flows)
        record.rounding = EPS * growth * (16 + SAFETY * largest * abs(target) / self.task.hamiltonian.hbar)
        states = xp.stack(rows) if rows else self.psi
        return xp.reshape(states, (*self.batch, *self.task.hamiltonian.state_shape))

    def snapshot(self) -> dict[str, Any]:
        """Nothing: the task says it all."""
        return {}

    def restore(self, saved: dict[str, Any]) -> None:
        """Take nothing from a snapshot."""


@final
class _Flow:
    """exp(cHt) of one matrix."""

    def __init__(self, matrix: np.ndarray, *, hermitian: bool):
        self.matrix, self.hermitian = matrix, hermitian
        self.energies, self.vectors = np.zeros(0), matrix
        if hermitian:
            self.energies, self.vectors = eigh(matrix, driver="evd")
        self.scale = float(np.max(np.abs(self.energies))) if hermitian else float(np.max(np.sum(np.abs(matrix), axis=0)))
        self.floor = float(self.energies[0]) if hermitian else 0.0
        self._last: tuple[complex, np.ndarray] = (0j, np.eye(len(matrix)))

    def apply(self, psi: Any, factor: complex, time: float) -> Any:
        """exp(cHt)ψ; in imaginary time exp(c(H − E_0)t)ψ, which cannot overflow."""
        if not self.hermitian:
            return like(self._exponential(factor, time), psi) @ psi
        floor = self.floor if factor.imag == 0 else 0.0
        vectors = like(self.vectors.astype(complex), psi)
        components = namespace(psi).conj(namespace(psi).conj(psi) @ vectors)
        return vectors @ (components * like(np.exp(factor * (self.energies - floor) * time), psi))

    def _exponential(self, factor: complex, time: float) -> np.ndarray:
        if self._last[0] != factor * time:
            shift = float(np.min(np.linalg.eigvals(self.matrix).real)) if complex(factor).imag == 0 else 0.0
            self._last = (factor * time, expm(factor * time * (self.matrix - shift * np.eye(len(self.matrix)))))
        return self._last[1]


def _members(hamiltonian: Hamiltonian) -> list[Hamiltonian]:
    """The Hamiltonian of each member of a batch over V, in C order."""
    batch = hamiltonian.batch_shape
    if not batch:
        return [hamiltonian]
    table = hamiltonian.optical_potential()
    tail = table.shape[-hamiltonian.grid.ndim - (2 if hamiltonian.channels else 0):]
    return [Hamiltonian(hamiltonian.grid, one, mass=hamiltonian.mass, hbar=hamiltonian.hbar, metric=hamiltonian.metric,
                        vector_potential=hamiltonian.vector_potential)
            for one in np.broadcast_to(table, (*batch, *tail)).reshape(-1, *tail)]
