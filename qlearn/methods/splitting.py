"""Splitting methods: ψ is multiplied by exp(−ibhV/ħ) on the points and by exp(−iahT/ħ) on the wavenumbers, in turn.

Each method is a coefficient table and what is to be said about it; the loop is one for all (qlearn.methods.kernel), the
potential factors are another's (qlearn.methods.kicks), the choice of the steps a third's (qlearn.methods.steps).
"""

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar, final

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.alternatives import alternatives
from qlearn.methods.coefficients import (
    BM4_TABLE,
    BM6_TABLE,
    CHIN4_TABLE,
    RKN6_TABLE,
    STRANG_TABLE,
    YOSHIDA4_TABLE,
    SplittingTable,
)
from qlearn.methods.gradient_coefficients import GRADIENT6_TABLE, PROCESSED_GRADIENT6_TABLE
from qlearn.methods.splitting_stepper import SplittingStepper
from qlearn.methods.task import Task

__all__ = ["BM4", "BM6", "RKN6", "Chin4", "Gradient6", "ProcessedGradient6", "Splitting", "Strang", "Yoshida4"]


@dataclass(frozen=True)
class Splitting(ABC):
    """What the splitting methods share; the final classes below add a table.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    V may depend on t. A loss (absorber, Im V < 0) is multiplied with exp(−bhW/ħ); where b < 0 that grows, which is harmless
    while |b|hW/ħ stays below 1: Strang() and Chin4() have no b < 0. With a metric or A(q) a drift is the exponential of a T that
    is not diagonal in the wavenumbers (qlearn.methods.covariant): meant for f(|ψ|²), which no other method takes in real time.
    Schemes with gradients are not offered there but for an A(t) that is the same everywhere, and with an A(t, q) that varies in
    place those of order 4 at most.
    """

    dt: float | None = None
    name: ClassVar[str]
    order: ClassVar[int]
    table: ClassVar[SplittingTable]

    def __post_init__(self):
        if self.dt is not None:
            checks.real("dt", self.dt, above=0, remedy="Leave it out to have the steps chosen from tol.")

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if not hamiltonian.is_diagonal_in_k:
            self._check_covariant(hamiltonian, alternatives(hamiltonian, imaginary))
        if imaginary:
            self._check_imaginary(hamiltonian)
        if hamiltonian.channels is not None:
            self._check_channels(hamiltonian)
        if hamiltonian.nonlinearity is not None and any(self.table.gradients):
            raise UnsupportedError(f"{self.name} needs ∂V of a V(q, t), which f(|ψ|²) is not. "
                                   f"Use {alternatives(hamiltonian, imaginary)}.")
        if hamiltonian.has_complex_mean_field and self.table.nystrom:
            raise UnsupportedError(f"{self.name} needs kicks whose commutators with T end, which those of a complex f(|ψ|²) do "
                                   f"not. Use {alternatives(hamiltonian)}.")

    def _check_covariant(self, hamiltonian: Hamiltonian, others: str) -> None:
        if any(self.table.gradients) and (not hamiltonian.kinetic_moves_uniformly or self.table.processor is not None):
            raise UnsupportedError(f"{self.name} is not offered with a metric, an A(q) or "
                                   f"{'an A(t)' if self.table.processor else 'an A(t, q) that varies in place'}. Use {others}.")
        if hamiltonian.kinetic_depends_on_time and not hamiltonian.kinetic_moves_uniformly and self.order > 4:
            raise UnsupportedError(f"{self.name} is not offered for A(t, q), whose drifts are of order 4. Use {others}.")

    def _check_imaginary(self, hamiltonian: Hamiltonian) -> None:
        if not self.table.is_positive:
            raise UnsupportedError(f"{self.name} has steps back in time, which exp(−Hτ/ħ) does not allow. Use "
                                   f"{'Chin4(), ' if _takes_gradients(hamiltonian) else ''}MultiProduct6() or Strang().")
        if not hamiltonian.is_hermitian:
            raise UnsupportedError("imaginary time needs a Hermitian H; leave the absorber, Im V and Im f out, or use real time.")

    def _check_channels(self, hamiltonian: Hamiltonian) -> None:
        if self.table.nystrom:
            raise UnsupportedError(f"{self.name} needs [V,[V,[V,T]]] = 0, which matrices V(q) do not obey. Use BM6() or BM4().")

    def start(self, task: Task) -> SplittingStepper:
        return SplittingStepper(task, self.name, self.table, self.dt)


def _takes_gradients(hamiltonian: Hamiltonian) -> bool:
    return hamiltonian.channels is None and hamiltonian.nonlinearity is None and hamiltonian.is_diagonal_in_k


@final
@dataclass(frozen=True)
class Strang(Splitting):
    """Order 2: exp(−ihV/2ħ) exp(−ihT/ħ) exp(−ihV/2ħ); one FFT pair a step. Takes any V: channels, f(|ψ|²), kinks, imaginary time.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    The number of steps ∝ tol^(−1/2): below 1e-6 take a scheme of order 6. Source: G. Strang, SIAM J. Numer. Anal. 5, 506 (1968).

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.Strang(dt=0.01)).final_state
    >>> bool(grid.norm(final + psi) < 1e-3)
    True
    """

    name: ClassVar[str] = "Strang"
    order: ClassVar[int] = 2
    table: ClassVar[SplittingTable] = STRANG_TABLE


@final
@dataclass(frozen=True)
class Yoshida4(Splitting):
    """Order 4: three Strang steps of h/(2 − 2^{1/3}), −2^{1/3} times that, and again; 3 FFT pairs a step.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    For comparison: BM4 needs a third of its transforms. Source: H. Yoshida, Phys. Lett. A 150, 262 (1990).

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.Yoshida4(dt=0.02)).final_state
    >>> bool(grid.norm(final + psi) < 1e-4)
    True
    """

    name: ClassVar[str] = "Yoshida4"
    order: ClassVar[int] = 4
    table: ClassVar[SplittingTable] = YOSHIDA4_TABLE


@final
@dataclass(frozen=True)
class BM4(Splitting):
    """Order 4, the Blanes–Moan scheme S6; 6 FFT pairs a step. For any V, channels and f(|ψ|²) among them.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Source: S. Blanes and P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), table 2.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.BM4(dt=0.1)).final_state
    >>> bool(grid.norm(final + psi) < 1e-5)
    True
    """

    name: ClassVar[str] = "BM4"
    order: ClassVar[int] = 4
    table: ClassVar[SplittingTable] = BM4_TABLE


@final
@dataclass(frozen=True)
class BM6(Splitting):
    """Order 6, the Blanes–Moan scheme S10; 10 FFT pairs a step. For coupled channels, where RKN6 and the gradient schemes fail.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Loses its order at kinks and steps of V that the wave reaches. Source: S. Blanes and P. C. Moan, J. Comput. Appl. Math. 142,
    313 (2002), table 2.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.BM6(dt=0.2)).final_state
    >>> bool(grid.norm(final + psi) < 1e-7)
    True
    """

    name: ClassVar[str] = "BM6"
    order: ClassVar[int] = 6
    table: ClassVar[SplittingTable] = BM6_TABLE


@final
@dataclass(frozen=True)
class RKN6(Splitting):
    """Order 6, the Blanes–Moan SRKN scheme of 11 stages; 11 FFT pairs a step. For smooth V(q, t) and f(|ψ|²).

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Its order conditions use [V,[V,[V,T]]] = 0: T quadratic in the momenta, V one number at each point (channels are refused).
    At kinks and steps of V that the wave reaches the order is lost; Chebyshev() is then better. Source: S. Blanes and
    P. C. Moan, J. Comput. Appl. Math. 142, 313 (2002), table 3.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.RKN6(dt=0.2)).final_state
    >>> bool(grid.norm(final + psi) < 1e-7)
    True
    """

    name: ClassVar[str] = "RKN6"
    order: ClassVar[int] = 6
    table: ClassVar[SplittingTable] = RKN6_TABLE


@final
@dataclass(frozen=True)
class Gradient6(Splitting):
    """Order 6 with ∂VᵀM⁻¹∂V in the kicks; 6 FFT pairs a step, at equal error half the transforms of RKN6. For smooth V(q, t).

    K_j = exp(−(i/ħ)(b_j h V − c_j h³ ∂VᵀM⁻¹∂V)), ∂V by differences of order 8 of the table of V.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Refused for channels and f(|ψ|²). At kinks and steps of V that the wave reaches the order is lost, as with every splitting.
    Found for this package; its conditions are solved again in validation/10_order_conditions.py.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.Gradient6(dt=0.2)).final_state
    >>> bool(grid.norm(final + psi) < 1e-6)
    True
    """

    name: ClassVar[str] = "Gradient6"
    order: ClassVar[int] = 6
    table: ClassVar[SplittingTable] = GRADIENT6_TABLE


@final
@dataclass(frozen=True)
class ProcessedGradient6(Splitting):
    """Order 6 with ∂VᵀM⁻¹∂V in the kicks and a processor; 5 FFT pairs a step and 22 a run of equal steps. For smooth V(q, t).

    ψ(t) = P⁻¹ K^n P ψ(0): P is done once before and undone behind n equal steps. Kicks as in Gradient6.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Pays off in long stretches between save times. Its errors fall like h⁷ to h⁸ at usable errors. Refused for channels and
    f(|ψ|²). Found for this package; its conditions are solved again in validation/10_order_conditions.py.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.ProcessedGradient6(dt=0.2)).final_state
    >>> bool(grid.norm(final + psi) < 1e-6)
    True
    """

    name: ClassVar[str] = "ProcessedGradient6"
    order: ClassVar[int] = 6
    table: ClassVar[SplittingTable] = PROCESSED_GRADIENT6_TABLE


@final
@dataclass(frozen=True)
class Chin4(Splitting):
    """Order 4 with positive coefficients, Chin's scheme A: the middle kick takes V − (h²/48) ∂VᵀM⁻¹∂V; 2 FFT pairs a step.

    Goes forward in imaginary time, where the middle kick takes V + (τ²/48) ∂VᵀM⁻¹∂V, and takes strong absorbers.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Refused for channels and f(|ψ|²). Source: S. A. Chin, Phys. Lett. A 226, 344 (1997), scheme A.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.5**0.5)
    >>> final = ql.sesolve(H, psi, [0, 2 * np.pi], method=ql.Chin4(dt=0.05)).final_state
    >>> bool(grid.norm(final + psi) < 1e-5)
    True
    """

    name: ClassVar[str] = "Chin4"
    order: ClassVar[int] = 4
    table: ClassVar[SplittingTable] = CHIN4_TABLE
