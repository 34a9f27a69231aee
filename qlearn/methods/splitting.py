"""Splitting methods: ψ is multiplied by exp(−ibhV/ħ) on the points and by exp(−iahT/ħ) on the wavenumbers, in turn.

Each method is a coefficient table and what is to be said about it; the loop is one for all (qlearn.methods.kernel), the
choice of the steps another (qlearn.methods.steps).
"""

from abc import ABC
from dataclasses import dataclass
from typing import Any, ClassVar, final

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.coefficients import RKN6_TABLE, STRANG_TABLE, SplittingTable
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.record import Task
from qlearn.methods.steps import AutomaticSteps, FixedSteps

__all__ = ["RKN6", "Splitting", "Strang"]


@dataclass(frozen=True)
class Splitting(ABC):
    """What the splitting methods share; the final classes below add a table."""

    dt: float | None = None
    name: ClassVar[str]
    order: ClassVar[int]
    table: ClassVar[SplittingTable]

    def __post_init__(self):
        if self.dt is not None:
            checks.real("dt", self.dt, above=0, remedy="Leave it out to have the steps chosen from tol.")

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        if imaginary:
            raise UnsupportedError(f"{self.name} is not offered in imaginary time.")
        if not hamiltonian.is_diagonal_in_k:
            remedy = "Change" if hamiltonian.time_dependent else "Use Chebyshev() or Dense(), or change"
            raise UnsupportedError(f"{self.name} splits T, diagonal in the wavenumbers, from V; with a metric T is not "
                                   f"diagonal. {remedy} the coordinate to the proper length ds = √g dq.")

    def start(self, task: Task) -> "SplittingStepper":
        return SplittingStepper(task, self.name, self.table, self.dt)


@final
class SplittingStepper:
    """A run of one scheme with given or automatic steps."""

    def __init__(self, task: Task, name: str, table: SplittingTable, dt: float | None):
        self.task, self.name = task, name
        kernel = SplittingKernel(task.hamiltonian, table, task.record)
        self.phi = task.hamiltonian.grid.to_periodic(task.psi)
        self.steps = FixedSteps(kernel, self.phi, task.times, dt) if dt is not None \
            else AutomaticSteps(kernel, self.phi, task.times, task.tol)

    def move(self, target: float) -> Any | None:
        self.phi, arrived = self.steps.advance(self.phi, target)
        self.task.record.note = f"{self.name} with {self.steps.words}"
        return self.task.hamiltonian.grid.from_periodic(self.phi) if arrived else None

    def snapshot(self) -> dict[str, Any]:
        raise UnsupportedError("checkpoints are not offered yet.")

    def restore(self, saved: dict[str, Any]) -> None:
        raise UnsupportedError("checkpoints are not offered yet.")


@final
@dataclass(frozen=True)
class Strang(Splitting):
    """Order 2: exp(−ihV/2ħ) exp(−ihT/ħ) exp(−ihV/2ħ); one FFT pair a step. V may depend on t.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Needs T diagonal in the wavenumbers (no metric). The steps number ∝ tol^(−1/2): below 1e-6 take RKN6. Source: Strang (1968).
    """

    name: ClassVar[str] = "Strang"
    order: ClassVar[int] = 2
    table: ClassVar[SplittingTable] = STRANG_TABLE


@final
@dataclass(frozen=True)
class RKN6(Splitting):
    """Order 6, the Blanes–Moan SRKN scheme of 11 stages; 11 FFT pairs a step. V may depend on t.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Needs T quadratic in the momenta and diagonal in the wavenumbers (no metric), and a smooth V: at kinks and steps of V that
    the wave reaches the order is lost, Chebyshev() is then better. Source: Blanes and Moan (2002).
    """

    name: ClassVar[str] = "RKN6"
    order: ClassVar[int] = 6
    table: ClassVar[SplittingTable] = RKN6_TABLE
