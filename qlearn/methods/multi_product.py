"""Multi-product expansion: high order in imaginary time by symmetric products of order 2 that only go forwards.

    ψ(τ + h) = Σ_k c_k S(h/k)^k ψ + O(h^(2n+1)),   c_k = Π_{j≠k} k²/(k² − j²),   k, j = 1 … n
    S(h) = exp(−hT/2ħ) exp(−h(V + f)/ħ) exp(−hT/2ħ)

The error of S(h)^(1/h) has even powers of h alone, as S undoes itself with −h, and the sum takes the first n − 1 of them away. S
keeps the norm that it starts from, and with f(|ψ|²) the density of the middle of its kick. S. A. Chin, Celest. Mech. Dyn.
Astron. 106, 391 (2010).
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import as_complex, like, namespace, squared_sums, to_numpy
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.doubling import Doubling
from qlearn.methods.energies import ShortLanczos
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.plain import restored
from qlearn.methods.task import Task

__all__ = ["MultiProduct6"]

COUNTS = (1, 2, 3)  # k
FEWEST = 8           # steps at least
FRESH = 8            # steps after which the lowest level is looked for again
FAINTEST = 1e-12     # weight of it that is told from none
MIDDLE = SplittingTable(order=2, kicks=(0.0, 1.0, 0.0), drifts=(0.5, 0.5), source="G. Strang, SIAM J. Numer. Anal. 5, 506 (1968)")


@final
@dataclass(frozen=True)
class MultiProduct6:
    """Order 6 in imaginary time, with steps forwards alone: any f(|ψ|²), channels, metrics, A(q), batches; 12 FFT pairs a step.

    dt : step length > 0 (shorter only to hit a save time); None chooses the steps from ``tol`` of sesolve by step doubling.

    The norm of each member of a batch is held. For a linear H Chebyshev() needs fewer transforms. A kick with f(|ψ|²) finds its
    middle density by iteration, which converges where h times what f changes by stays below ħ; longer steps lose order.
    Raises UnsupportedError in real time, where the sum would not be unitary; ArgumentError for dt ≤ 0.

    >>> import numpy as np, qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> condensate = ql.Hamiltonian(grid, lambda x: x**2 / 2, nonlinearity=lambda n: 2 * n)
    >>> start = ql.gaussian(grid, center=0.3, width=0.8)
    >>> ground = ql.sesolve(condensate, start, [0, 12], imaginary_time=True, method=ql.MultiProduct6(), tol=1e-6)
    >>> ground.stats["residual"] < 1e-5, round(ground.stats["chemical_potential"], 3)
    (True, 1.206)
    """

    dt: float | None = None
    name: ClassVar[str] = "MultiProduct6"
    order: ClassVar[int] = 2 * len(COUNTS)

    def __post_init__(self):
        if self.dt is not None:
            checks.real("dt", self.dt, above=0, remedy="None chooses the steps from tol.")

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if not imaginary:
            raise UnsupportedError("MultiProduct6 is a sum of products and conserves no norm in real time. Use RKN6() or BM6().")
        if not hamiltonian.is_hermitian or hamiltonian.time_dependent:
            raise UnsupportedError("imaginary time needs a Hermitian H that does not depend on t. Use H.at(t), or real time.")

    def start(self, task: Task) -> "MultiProductStepper":
        return MultiProductStepper(task, self.dt)


@final
class MultiProductStepper:
    """φ = exp(−iκ·(x − a))ψ and the clock of its steps."""

    def __init__(self, task: Task, dt: float | None):
        self.task, self.phi = task, task.hamiltonian.grid.to_periodic(task.outset.psi)
        self.norms = np.sqrt(squared_sums(self.phi, task.hamiltonian.state_axes))
        self._levels = _Levels(task, self.norms)
        self.steps = Doubling(task, _Step(task), self.norms, dt, self._levels, fewest=FEWEST)

    def move(self, target: float) -> Any | None:
        self.phi, arrived = self.steps.advance(self.phi, target)
        self.task.record.reached = self.steps.now
        if self.steps.count % 8 == 0:
            self.task.record.watch(self.phi)
        self.task.record.note = f"MultiProduct6 with {self.steps.words}"
        return self.task.hamiltonian.grid.from_periodic(self.phi) if arrived else None

    def snapshot(self) -> dict[str, Any]:
        """φ, the clock and what is known of the lowest levels."""
        levels = {"levels": self._levels.found, "fresh": self._levels.fresh}
        return {"phi": to_numpy(self.phi).copy(), **levels, **self.steps.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        self.phi = like(np.array(saved["phi"]), self.task.psi)
        self._levels.found, self._levels.fresh = np.asarray(saved["levels"]), int(saved["fresh"])
        self.steps.restore(saved)


@final
class _Levels:
    """How errors grow, by the lowest levels of H with the present f.

    found (3, ·) : the lowest level from below, a level that is there, and the weight of that in |φ|, behind ``fresh`` steps.
    """

    def __init__(self, task: Task, norms: np.ndarray):
        self.task, self.norms, self.found, self.fresh = task, norms, np.zeros((3, 0)), -FRESH

    def share(self, phi: Any, count: int) -> float:
        """1 over how much errors may still grow: the amplitude of the lowest level in |φ|, which φ has no more of."""
        return float(np.sqrt(np.clip(np.min(self._at(phi, count)[2]), FAINTEST, 1.0)))

    def gain(self, phi: Any, count: int) -> float:
        """How fast errors grow, at most: by ⟨H⟩ less the lowest level of H with the present f, which is not below ⟨H⟩ − ΔH where
        ψ is near it, but not above a level that is seen. For how long f stays what it is nobody knows."""
        hamiltonian, operator = self.task.hamiltonian, _Present(self.task.hamiltonian, phi)
        lowest, seen, _weights = self._at(phi, count)
        xp, axes, applied = namespace(phi), hamiltonian.state_axes, operator(phi)
        self.task.record.ffts += operator.cost(phi)
        mean = to_numpy(xp.sum(xp.real(xp.conj(phi) * applied), axis=axes)).ravel() / self.norms.ravel() ** 2
        spread = np.sqrt(np.maximum(squared_sums(applied, axes).ravel() / self.norms.ravel() ** 2 - mean**2, 0.0))
        return max(0.0, float(np.max(mean - np.minimum(np.maximum(lowest, mean - spread), seen)))) / hamiltonian.hbar

    def _at(self, phi: Any, count: int) -> np.ndarray:
        if count >= self.fresh + FRESH:
            hamiltonian, sizes = self.task.hamiltonian, as_complex(namespace(phi).abs(phi))
            space = ShortLanczos(_Present(hamiltonian, phi), sizes, len(hamiltonian.state_shape), self.task.record)
            values, weights = space.values()
            self.found, self.fresh = np.stack([space.ground(), values[:, 0], weights[:, 0]]), count
        return self.found


@final
class _Step:
    """The sum of products, at the norms of φ."""

    order, inner = MultiProduct6.order, 0.0

    def __init__(self, task: Task):
        self.kernel = SplittingKernel(task.hamiltonian, MIDDLE, task.record, imaginary=True)
        self.axes = task.hamiltonian.state_axes

    def __call__(self, phi: Any, time: float, h: float, allowed: float) -> Any:
        total: Any = 0.0
        for k in COUNTS:
            c = float(np.prod([k**2 / (k**2 - j**2) for j in COUNTS if j != k]))
            total = total + c * self.kernel.steps(as_complex(phi), time, h / k, k)
        return restored(total, squared_sums(phi, self.axes), self.axes)


@final
class _Present:
    """H with f(|φ|²) of one φ, on working arrays."""

    def __init__(self, hamiltonian: Hamiltonian, phi: Any):
        self.frozen, self.grid = FrozenOperator(hamiltonian), hamiltonian.grid
        self.field = 0.0 if hamiltonian.is_linear else hamiltonian.mean_field(phi)
        self.cost = self.frozen.cost

    def __call__(self, phi: Any) -> Any:
        if self.frozen.flat:
            return self.frozen(phi) + self.field * phi
        return self.grid.to_periodic(self.frozen(self.grid.from_periodic(phi))) + self.field * phi
