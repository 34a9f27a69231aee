"""The commutator-free Magnus integrator of order 4 for any linear H(t).

    ψ(t + h) = exp(−(i h/ħ)(a_2 H_1 + a_1 H_2)) exp(−(i h/ħ)(a_1 H_1 + a_2 H_2)) ψ(t) + O(h⁵)
    H_{1,2} = H(t + (1/2 ∓ √3/6) h),     a_{1,2} = 1/4 ± √3/6

S. Blanes and P. C. Moan, Appl. Numer. Math. 56, 1519 (2006); A. Alvermann and H. Fehske, J. Comput. Phys. 230, 5930 (2011),
scheme CF4:2. The exponentials are those of Krylov spaces, see qlearn.methods.krylov.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import like, squared_sums, to_numpy
from qlearn.methods.alternatives import alternatives
from qlearn.methods.doubling import Doubling
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.krylov import krylov_exponential
from qlearn.methods.record import EPS
from qlearn.methods.task import Task

__all__ = ["Magnus4", "moments"]

NODE = 3**0.5 / 6
WEIGHTS = (0.25 + NODE, 0.25 - NODE)


@final
@dataclass(frozen=True)
class Magnus4:
    """Order 4 for iħ∂_tψ = H(t)ψ with any linear H: driven V, A(t, q), channels, metrics, absorbers.

    dt : step length > 0 (shorter only to hit a save time); None chooses the steps from ``tol`` of sesolve by step doubling.

    Two exponentials a step, of the mean of H at two Gauss points, by Krylov spaces of up to 32 vectors whose error bound is
    kept at 1/50 of what the step may err. Unitary where H is Hermitian. For a V(t) without A(t, q) or channels splittings are
    cheaper. Fails to be of order 4 where H jumps in time: with dt given, put
    such times into tlist.
    Raises UnsupportedError for a nonlinear H and in imaginary time; ArgumentError for dt ≤ 0.

    >>> import numpy as np, qlearn as ql
    >>> grid = ql.Grid(32, (0, 2 * np.pi))
    >>> H = ql.Hamiltonian(grid, lambda t, x: 0 * x, vector_potential=lambda t, x: np.sin(t) + 0 * x, time_dependent=True)
    >>> psi0 = ql.plane_wave(grid, 1)              # p = ħ: the phase is −½∫(1 − sin t)² dt = −½(3T/2 + 2 cos T − sin 2T/4 − 2)
    >>> final = ql.sesolve(H, psi0, [0, np.pi], method=ql.Magnus4(), tol=1e-8).final_state
    >>> bool(grid.norm(final - np.exp(-0.5j * (1.5 * np.pi - 4)) * psi0) < 1e-8)
    True
    """

    dt: float | None = None
    name: ClassVar[str] = "Magnus4"
    order: ClassVar[int] = 4

    def __post_init__(self):
        if self.dt is not None:
            checks.real("dt", self.dt, above=0, remedy="None chooses the steps from tol.")

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if hamiltonian.nonlinearity is not None:
            raise UnsupportedError(f"Magnus4 needs a linear H. Use {alternatives(hamiltonian, imaginary)}.")
        if imaginary and hamiltonian.time_dependent:
            raise UnsupportedError("Magnus4 is not offered in imaginary time, where H(t) has no meaning. Use H.at(t).")
        if imaginary:
            raise UnsupportedError("Magnus4 is not offered in imaginary time. Use Chebyshev(), Lanczos() or Chin4().")

    def start(self, task: Task) -> "MagnusStepper":
        return MagnusStepper(task, self.dt)


@final
class MagnusStepper:
    """φ and the clock of its steps."""

    def __init__(self, task: Task, dt: float | None):
        hamiltonian = task.hamiltonian
        self.task, self.frame = task, FrozenOperator(hamiltonian, ((float(task.times[0]), 1.0),))
        self.phi = self.frame.enter(task.psi)
        norms = np.sqrt(squared_sums(self.phi, hamiltonian.state_axes))
        self.steps = Doubling(task, _Step(task, norms), norms, dt)

    def move(self, target: float) -> Any | None:
        self.phi, arrived = self.steps.advance(self.phi, target)
        self.task.record.reached = self.steps.now
        if self.steps.count % 8 == 0:
            self.task.record.watch(self.frame.periodic_part(self.phi))
        self.task.record.note = f"Magnus4 with {self.steps.words}"
        return self.frame.leave(self.phi) if arrived else None

    def snapshot(self) -> dict[str, Any]:
        """φ and the clock."""
        return {"phi": to_numpy(self.phi).copy(), **self.steps.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        self.phi = like(np.array(saved["phi"]), self.task.psi)
        self.steps.restore(saved)


@final
class _Step:
    """The two exponentials."""

    order = Magnus4.order

    def __init__(self, task: Task, norms: np.ndarray):
        self.task, self.inner = task, 0.0
        self.units = None if task.hamiltonian.is_hermitian else norms.ravel()

    def __call__(self, phi: Any, time: float, h: float, allowed: float) -> Any:
        self.inner = 0.0
        for part in moments(time, h):
            operator = FrozenOperator(self.task.hamiltonian, part)
            phi = self._exponential(operator, phi, h, max(allowed / 2, 4 * EPS))
        return phi

    def _exponential(self, operator: FrozenOperator, phi: Any, h: float, allowed: float) -> Any:
        """exp(−i·operator·h/ħ)φ to an error of ``allowed``."""
        hamiltonian, sign = self.task.hamiltonian, float(np.sign(h))
        phi, bound, applications = krylov_exponential(
            operator, phi, len(hamiltonian.state_shape), abs(h), self.task.factor * sign, allowed,
            hermitian=hamiltonian.is_hermitian, growth=operator.gain(sign) / hamiltonian.hbar,
            units=self.units)
        self.inner += bound
        self.task.record.ffts += applications * operator.cost(phi)
        return phi


def moments(time: float, h: float) -> tuple[tuple[tuple[float, float], ...], ...]:
    """The two exponents of a step from ``time``, in turn, as pairs (t_i, w_i) of Σ_i w_i H(t_i)."""
    early, late = time + (0.5 - NODE) * h, time + (0.5 + NODE) * h
    return tuple(((early, first), (late, second)) for first, second in (WEIGHTS, WEIGHTS[::-1]))
