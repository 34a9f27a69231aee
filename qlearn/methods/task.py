"""What a method is given, and what it offers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.outset import Outset
from qlearn.methods.record import Record

__all__ = ["Method", "Stepper", "Task"]


@final
@dataclass(frozen=True, eq=False)
class Task:
    """What is to be solved: iħ∂_tψ = Hψ, or ħ∂_τψ = −Hψ with ‖ψ‖ held in imaginary time, from ``psi`` at times[0].

    psi : (…, *state_shape), complex, of any array namespace; not to be overwritten.
    times : (n,) strictly monotone, up or down; up only in imaginary time.
    tol : the L2 error of the last state, relative to ‖ψ0‖, for each member of a batch, where the method chooses its steps.
    factors : those of the drive over the whole time, where they are known.
    cut : the axes that are parts of others, in a window off whose ends the state keeps.
    """

    hamiltonian: Hamiltonian
    psi: Any
    times: np.ndarray
    tol: float
    record: Record
    imaginary: bool = False
    factors: DriveFactors | None = None
    cut: tuple[int, ...] = ()

    @property
    def factor(self) -> complex:
        """c of ψ(t + dt) = exp(c H dt) ψ(t): −i/ħ, in imaginary time −1/ħ."""
        return (-1.0 if self.imaginary else -1j) / self.hamiltonian.hbar

    @cached_property
    def outset(self) -> Outset:
        """What the first state tells, found once."""
        return Outset(self.hamiltonian, self.psi, self.times, self.record, self.imaginary, self.factors)

    @property
    def span(self) -> float:
        """The last time minus the first, signed."""
        return float(self.times[-1] - self.times[0])


class Stepper(Protocol):
    """A run in progress. Between two calls of ``move`` it can be saved and gone on with later, to the same bits."""

    @property
    def phi(self) -> Any:
        """The periodic part of a state near the present one, to be looked at only."""

    def move(self, target: float) -> Any | None:
        """Go on towards the time ``target``, counted from times[0], by a stretch of the stepper's own choice.

        Returns ψ there, a new array, once it is reached (scaled to ‖ψ0‖ in imaginary time), else None. Targets come in the
        order of the times, each until it is reached.
        """

    def snapshot(self) -> dict[str, Any]:
        """Numbers, strings and arrays by name that, with the task and the record, determine all that follows."""

    def restore(self, saved: dict[str, Any]) -> None:
        """Take the state of a snapshot of the same task."""


class Method(Protocol):
    """One way to solve a task."""

    @property
    def name(self) -> str:
        """The name of the method."""

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        """Raise UnsupportedError, naming an alternative, where the method does not apply."""

    def start(self, task: Task) -> Stepper:
        """A stepper at times[0]."""
