"""Crank–Nicolson on finite differences: independent of every spectral part of the package.

    (1 + iHh/2ħ) ψ(t + h) = (1 − iHh/2ħ) ψ(t) + O(h³),      H = −½ħ² Σ_ab (M⁻¹)_ab D_a D_b + V(t + h/2)

J. Crank and P. Nicolson, Proc. Camb. Phil. Soc. 43, 50 (1947); Goldberg, Schey and Schwartz, Am. J. Phys. 35, 177 (1967).
The differences D are of order 8, see qlearn.methods.differences.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import FlatKinetic, Hamiltonian
from qlearn.methods.alternatives import alternatives
from qlearn.methods.differences import FIRST, SECOND, axis_matrix, on_axis
from qlearn.methods.doubling import Doubling
from qlearn.methods.task import Task

__all__ = ["CrankNicolson", "difference_kinetic"]

MOST_FILL = 2**31  # bytes of the factors of a banded matrix
KEPT = 3           # factorisations, for as many step lengths
LOOK_EVERY = 16    # steps between two looks at the error in space


@final
@dataclass(frozen=True)
class CrankNicolson:
    """Order 2 in time, 8 in space: finite differences and a sparse LU factorisation, a check on the spectral methods.

    dt : step length > 0 (shorter only to hit a save time); None chooses the steps from ``tol`` of sesolve by step doubling,
        which makes the error in time small, not the one in space.

    The error in space, (1/ħ)∫‖(T_differences − T)ψ‖dt along the run, is part of the error estimate, and result.method names
    it: where it is above tol only more points help. V(t) is taken at the middle of the step, and factorised anew for each.
    Unitary for real V. Masses of any kind, twists, walls, channels and complex V; memory grows fast beyond one dimension.
    Raises UnsupportedError for a metric, a vector potential that is not constant, pole axes, a mass matrix that couples a
    walled axis, a nonlinear H, imaginary time, a batch over V, grids too large to factorise; ArgumentError for dt ≤ 0 or a
    ψ that is not a NumPy array.

    >>> import numpy as np, qlearn as ql
    >>> grid = ql.Grid(128, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi0 = ql.gaussian(grid, center=1, width=2**-0.5)
    >>> final = ql.sesolve(H, psi0, [0, np.pi], method=ql.CrankNicolson(dt=0.01)).final_state     # ψ(π) = −iψ0(−x)
    >>> bool(grid.norm(final + 1j * ql.gaussian(grid, center=-1, width=2**-0.5)) < 1e-3)
    True
    """

    dt: float | None = None
    name: ClassVar[str] = "CrankNicolson"
    order: ClassVar[int] = 2

    def __post_init__(self):
        if self.dt is not None:
            checks.real("dt", self.dt, above=0, remedy="None chooses the steps from tol.")

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if imaginary:
            raise UnsupportedError("CrankNicolson is not offered in imaginary time. Use Chebyshev(), Lanczos() or Chin4().")
        if hamiltonian.nonlinearity is not None:
            raise UnsupportedError(f"CrankNicolson needs a linear H. Use {alternatives(hamiltonian, imaginary)}.")
        if not hamiltonian.is_diagonal_in_k:
            raise UnsupportedError("CrankNicolson has no differences for metrics, pole axes and a vector potential A(t, q). "
                                   "Use Chebyshev() or Lanczos(), Magnus4() where H depends on t.")
        grid, inverse = hamiltonian.grid, hamiltonian.kinetic.inverse
        coupled = [a for a in range(grid.ndim) if np.any(np.delete(inverse[a], a)) and grid.boundary[a] == "wall"]
        if coupled:
            raise UnsupportedError(f"CrankNicolson does not offer a mass matrix that couples axis {coupled[0]}, which has "
                                   "walls. Use Lanczos().")
        inner = grid.size // max(grid.shape) * (hamiltonian.channels or 1)
        if 32 * inner * grid.size * (hamiltonian.channels or 1) * 4 > MOST_FILL:
            raise UnsupportedError(f"CrankNicolson would factorise a matrix of {grid.size} points with bands of {4 * inner}, "
                                   "beyond 2 GiB. Use Chebyshev() or RKN6().")
        if hamiltonian.batch_shape:
            raise UnsupportedError("CrankNicolson does not offer a batch over V. Solve its members one by one, "
                                   "or use Chebyshev(), with losses Lanczos().")

    def start(self, task: Task) -> "CrankNicolsonStepper":
        if not isinstance(task.psi, np.ndarray):
            checks.fail("psi0", "must be a NumPy array for CrankNicolson", type(task.psi).__name__,
                        "Convert it, or use Chebyshev().")
        return CrankNicolsonStepper(task, self.dt)


@final
class CrankNicolsonStepper:
    """ψ, the clock of its steps and the error in space."""

    def __init__(self, task: Task, dt: float | None):
        hamiltonian = task.hamiltonian
        self.task, self.psi = task, np.array(task.psi, dtype=complex)
        self.norms = np.sqrt(np.sum(np.abs(self.psi) ** 2, axis=hamiltonian.state_axes))
        self.map = _Step(hamiltonian)
        self.steps = Doubling(task, self.map, self.norms, dt)
        self.rate, self.seen, self.space = self._mismatch(), 0.0, 0.0

    def move(self, target: float) -> np.ndarray | None:
        before = self.steps.count
        self.psi, arrived = self.steps.advance(self.psi, target)
        self.task.record.reached = self.steps.now
        if self.steps.count > before and (arrived or self.steps.count % LOOK_EVERY == 0):
            rate = self._mismatch()
            self.space += 0.5 * (self.rate + rate) * abs(self.steps.now - self.seen) / self.task.hamiltonian.hbar
            self.rate, self.seen = rate, self.steps.now
            self.task.record.watch(self.task.hamiltonian.grid.to_periodic(self.psi))
        self.task.record.error = self.steps.spent + self.space
        self.task.record.note = f"CrankNicolson with {self.steps.words}, error in space about {self.space:.1e}"
        return self.psi.copy() if arrived else None

    def _mismatch(self) -> float:
        """‖(T_differences − T)ψ‖/‖ψ0‖, the largest of a batch."""
        hamiltonian, record = self.task.hamiltonian, self.task.record
        record.ffts += hamiltonian.kinetic.ffts * (self.psi.size // hamiltonian.grid.size)
        flat = self.psi.reshape(-1, hamiltonian.grid.size)
        difference = (self.map.kinetic @ flat.T).T.reshape(self.psi.shape) - hamiltonian.kinetic.apply(self.psi)
        sizes = np.sqrt(np.sum(np.abs(difference) ** 2, axis=hamiltonian.state_axes))
        some = self.norms > 0
        return float(np.max(sizes[some] / self.norms[some], initial=0.0))

    def snapshot(self) -> dict[str, Any]:
        """ψ, the clock and the error in space."""
        return {"psi": self.psi.copy(), "rate": self.rate, "seen": self.seen, "space": self.space, **self.steps.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        self.psi = np.array(saved["psi"])
        self.rate, self.seen, self.space = float(saved["rate"]), float(saved["seen"]), float(saved["space"])
        self.steps.restore(saved)


@final
class _Step:
    """(1 + iHh/2ħ)⁻¹(1 − iHh/2ħ), with the factors of the last few step lengths where H does not depend on t."""

    order = CrankNicolson.order
    inner = 0.0

    def __init__(self, hamiltonian: Hamiltonian):
        self.hamiltonian = hamiltonian
        self.kinetic = difference_kinetic(hamiltonian)
        self.size = hamiltonian.grid.size * (hamiltonian.channels or 1)
        self._factors: dict[float, tuple[SuperLU, sparse.csr_array]] = {}

    def __call__(self, phi: np.ndarray, time: float, h: float, allowed: float) -> np.ndarray:
        factors, right = self._factored(time + h / 2, h)
        columns = np.ascontiguousarray(phi.reshape(-1, self.size).T)
        return factors.solve(right @ columns).T.reshape(phi.shape)

    def _factored(self, middle: float, h: float) -> tuple[SuperLU, sparse.csr_array]:
        if h in self._factors:
            return self._factors[h]
        turned = (0.5j * h / self.hamiltonian.hbar) * self._matrix(middle)
        unit = sparse.eye_array(self.size, format="csr")
        made = splu((unit + turned).tocsc()), sparse.csr_array(unit - turned)
        if not self.hamiltonian.time_dependent:
            if len(self._factors) >= KEPT:
                self._factors.pop(next(iter(self._factors)))
            self._factors[h] = made
        return made

    def _matrix(self, time: float) -> sparse.csr_array:
        """T + V − iW, C order over the state."""
        hamiltonian = self.hamiltonian
        table = hamiltonian.optical_potential(time)
        if hamiltonian.channels is None:
            return sparse.csr_array(self.kinetic + sparse.diags_array(table.ravel()))
        c = hamiltonian.channels
        blocks = [[sparse.diags_array(table[i, j].ravel()) + (i == j) * self.kinetic for j in range(c)] for i in range(c)]
        return sparse.csr_array(sparse.block_array(blocks))


def difference_kinetic(hamiltonian: Hamiltonian) -> sparse.csr_array:
    """−½ħ² Σ_ab (M⁻¹)_ab (D_a − iA_a/ħ)(D_b − iA_b/ħ) on the grid, C order; A constant."""
    kinetic = hamiltonian.kinetic
    assert isinstance(kinetic, FlatKinetic)  # check() refuses others
    grid, inverse = hamiltonian.grid, kinetic.inverse
    total = sparse.csr_array((grid.size, grid.size))
    for a in range(grid.ndim):
        total = total + inverse[a, a] * on_axis(grid, a, axis_matrix(grid, a, SECOND, odd=False))
        for b in range(a + 1, grid.ndim):
            if inverse[a, b] != 0:
                total = total + 2 * inverse[a, b] * (_slope(grid, a) @ _slope(grid, b))
    field = kinetic.constant / hamiltonian.hbar
    for axis in np.flatnonzero(inverse @ field).tolist():
        total = total - 2j * (inverse @ field)[axis] * _slope(grid, axis)
    if np.any(field):
        total = total - (field @ inverse @ field) * sparse.eye_array(grid.size)
    return sparse.csr_array(-0.5 * hamiltonian.hbar**2 * total)


def _slope(grid: Grid, axis: int) -> sparse.csr_array:
    return on_axis(grid, axis, axis_matrix(grid, axis, FIRST, odd=True))
