"""Lanczos: the exponential in a Krylov space, with steps as long as the bound on its error allows.

    ψ(t + h) ≈ ‖ψ‖ V_m exp(−iH_m h/ħ) e_1,      H_m = V_m† H V_m tridiagonal (Hermitian H) or Hessenberg (Arnoldi)

T. J. Park and J. C. Light, J. Chem. Phys. 85, 5870 (1986); the bound is that of qlearn.methods.krylov.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.tables import point_levels
from qlearn.kernels.arrays import like, squared_sums, to_numpy
from qlearn.methods.alternatives import alternatives
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.growth import Growth, largest_gain, must_stay_finite
from qlearn.methods.krylov import KrylovSpace, looks_apart
from qlearn.methods.record import EPS
from qlearn.methods.task import Task

__all__ = ["Lanczos", "lanczos_pairs"]

SHARE = 0.9      # of tol, planned
DECAY = 12.0     # (⟨H⟩ − ground)τ/ħ of one step in imaginary time
DEEPER = 1e-3    # of that in imaginary time, where early errors grow while ⟨H⟩ falls
FIRST_LOOK = 4  # vectors before it is asked whether they are enough


@final
@dataclass(frozen=True)
class Lanczos:
    """Krylov exponentials of ``dimension`` vectors, fully orthogonalised; each step needs as many applications of H.

    dt : step length > 0, the error of each step estimated; None takes the longest steps whose error bounds add up to less
        than tol. Save times inside a step cost no transforms.

    Absorbers and complex V welcome (Arnoldi), channels, metrics, batches. Memory: dimension + 1 wave functions. Imaginary
    time: exp(−H_m τ/ħ), the norm held. The bound is exact up to its quadrature where H is Hermitian or only absorbs.
    Raises UnsupportedError for an H that depends on t or is nonlinear, ArgumentError for a dimension below 2 or dt ≤ 0.

    >>> import numpy as np, qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi0 = ql.gaussian(grid, center=1, width=2**-0.5)
    >>> final = ql.sesolve(H, psi0, [0, np.pi], method=ql.Lanczos()).final_state     # ψ(π) = −iψ0(−x)
    >>> bool(grid.norm(final + 1j * ql.gaussian(grid, center=-1, width=2**-0.5)) < 1e-8)
    True
    """

    dimension: int = 24
    dt: float | None = None
    name: ClassVar[str] = "Lanczos"

    def __post_init__(self):
        checks.integer("dimension", self.dimension, least=2)
        if self.dt is not None:
            checks.real("dt", self.dt, above=0, remedy="None chooses the steps from tol.")

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if hamiltonian.time_dependent:
            raise UnsupportedError("Lanczos needs an H that does not depend on t. Use Magnus4().")
        if hamiltonian.nonlinearity is not None:
            raise UnsupportedError(f"Lanczos needs a linear H. Use {alternatives(hamiltonian, imaginary)}.")

    def start(self, task: Task) -> "LanczosStepper":
        return LanczosStepper(task, self.dimension, self.dt)


@final
class LanczosStepper:
    """One Krylov space at a time, at the state ``phi`` reached at ``now``; it serves the times up to ``now + reach``."""

    def __init__(self, task: Task, dimension: int, dt: float | None):
        self.task, self.record, self.dt = task, task.record, dt
        self.hamiltonian = task.hamiltonian
        self.dimension = min(dimension, int(np.prod(self.hamiltonian.state_shape)))
        self.operator = FrozenOperator(self.hamiltonian)
        self.phi, self.now, self.spent = self.operator.enter(task.psi), 0.0, 0.0
        self.norms = np.sqrt(squared_sums(self.phi, self.hamiltonian.state_axes))
        self.sign = 1.0 if task.span >= 0 else -1.0
        self.gain = 0.0 if task.imaginary else largest_gain(self.hamiltonian, self.sign)
        self.growth = Growth(self.hamiltonian, task.times)
        self.space: KrylovSpace | None = None
        self.reach, self.shortest, self.longest = 0.0, np.inf, 0.0

    def move(self, target: float) -> Any | None:
        if self.space is None:
            self._build()
        ahead = self.sign * (target - self.now)
        if ahead > self.reach * (1 + 1e-12):
            self.phi, self.spent = self._at(self.reach)
            self.now += self.sign * self.reach
            self.record.rounding *= float(np.exp(self.gain * self.reach))
            self.space, self.record.reached = None, self.now
            self.record.watch(self.operator.periodic_part(self.phi))
            return None
        phi, error = self._at(ahead)
        self.record.error = error
        kind = f"dt = {self.dt:g} as given" if self.dt is not None else \
            f"automatic steps of {self.shortest:.4g} to {self.longest:.4g} from tol = {self.task.tol:g}"
        self.record.note = f"Lanczos with {self.dimension} vectors, {kind}"
        return self.operator.leave(phi)

    @property
    def _factor(self) -> complex:
        return self.task.factor * self.sign

    def _build(self, *, counted: bool = True) -> None:
        """A new space at phi, and how far it reaches. It is grown no further than the end of the run needs."""
        hermitian = self.hamiltonian.is_hermitian
        space = KrylovSpace(self.operator, self.phi, len(self.hamiltonian.state_shape), hermitian=hermitian,
                            units=None if hermitian else self.norms.ravel())
        must_stay_finite(float(np.max(space.norms, initial=0.0)), float(self.task.times[0]) + self.now)
        left = max(abs(self.task.span - self.now), 1e-300)
        most = left if self.dt is None else min(self.dt, left)
        goal = self.task.tol * (DEEPER if self.task.imaginary else 1.0)
        growth = self.growth.to_the_end(self.now, self.task.tol)
        rate = max(SHARE * goal - self.spent * growth, 0.02 * goal) / growth / left
        look = FIRST_LOOK
        while space.dimension < self.dimension:
            space.extend()
            if space.dimension >= look:
                error = self._error(space, most)
                if error <= rate * most or not np.any(space.last > 0):
                    break
                look = space.dimension + looks_apart(error, rate * most)
        self.space = space
        self._settle()
        if self.dt is None:
            most = self._decaying(most)
            floor = EPS * float(np.max(space.sizes)) if self.growth.possible else 0.0  # rounding of ψ, which grows
            self.reach = space.longest(most, rate, self._factor, self.gain, floor)
        else:
            self.reach = most
        self.shortest, self.longest = min(self.shortest, self.reach), max(self.longest, self.reach)
        if counted:
            self.record.ffts += space.dimension * self.operator.cost(self.phi)
            self.record.steps += 1
            self.record.rounding += EPS * space.dimension * float(np.max(space.sizes))

    def _error(self, space: KrylovSpace, dt: float) -> float:
        self._settle(space)
        return space.error(dt, self._factor, self.gain)

    def _settle(self, space: KrylovSpace | None = None) -> None:
        """In imaginary time energies count from a little below the lowest Ritz value, so that nothing overflows and
        e^{−(H − origin)τ/ħ} does not grow."""
        space = space or self.space
        if self.task.imaginary and space is not None:
            space.origin = space.ground()

    def _decaying(self, most: float) -> float:
        """The longest step in imaginary time over which the norm keeps enough digits."""
        if not self.task.imaginary or self.space is None:
            return most
        height = float(np.max(self.space.matrix[:, 0, 0].real - self.space.origin, initial=0.0))
        return min(most, DECAY * self.hamiltonian.hbar / max(height, 1e-300))

    def _at(self, ahead: float) -> tuple[Any, float]:
        """(φ at now + ahead, the error there)."""
        assert self.space is not None
        if ahead == 0:
            return self.phi, self.spent
        phi = self.space.combine(ahead, self._factor)
        error = self.space.error(ahead, self._factor, self.gain)
        growth = float(np.exp(self.gain * ahead))
        if self.task.imaginary:
            after = np.sqrt(squared_sums(phi, self.hamiltonian.state_axes))
            ratio = np.divide(self.norms, after, out=np.zeros_like(after), where=after > 0)
            growth = float(np.max(ratio, initial=0.0))
            phi = phi * like(ratio.reshape(ratio.shape + (1,) * len(self.hamiltonian.state_shape)), phi)
            error *= growth
        return phi, self.spent * growth + error

    def snapshot(self) -> dict[str, Any]:
        """The state where the space stands; the space is built again, to the same bits."""
        return {"phi": to_numpy(self.phi).copy(), "now": self.now, "spent": self.spent, "built": self.space is not None,
                "shortest": self.shortest, "longest": self.longest}

    def restore(self, saved: dict[str, Any]) -> None:
        self.phi, self.now, self.spent = like(np.array(saved["phi"]), self.task.psi), float(saved["now"]), float(saved["spent"])
        self.shortest, self.longest = float(saved["shortest"]), float(saved["longest"])
        self.space = None
        if bool(saved["built"]):
            self._build(counted=False)


def lanczos_pairs(H: Hamiltonian, span: float, tol: float) -> float:
    """FFT pairs at most, for states all over the spectrum: m vectors reach to the phase φ with (eφ/2m)^m = tol."""
    low, high = H.spectral_bounds
    loss = H.loss_table()
    size = 0.0 if loss is None else float(np.max(np.abs(point_levels(loss, H.channels, H.grid.ndim))))
    radius = float(np.hypot((high - low) / 2, size / 2))
    m = min(Lanczos().dimension, int(np.prod(H.state_shape)))
    return float(m * np.ceil(radius * span / H.hbar / (2 * m / np.e * tol ** (1 / m))))
