"""What a method is given, what it offers, and the record it keeps of what it did."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import squared_sums

__all__ = ["EPS", "Method", "Record", "Stepper", "Task", "relative_distance"]

EPS = float(np.finfo(float).eps)


@dataclass(eq=False)
class Record:
    """Counts and estimates of one run; the method writes it, sesolve reads it.

    ffts : transforms of one wave function (a batch of b counts b).   steps : steps or series terms taken.
    error : estimated error of the method at the last state, L2, relative to ‖ψ0‖.   rounding : that of the arithmetic.
    note : how the steps came about, in words.
    witnessed : the step length whose forecast, of a scheme with a processor, another scheme has confirmed at ψ0; 0 for none.
    reached : the time that ψ has reached, counted from times[0]; for the progress bar.
    on_watch : called with the periodic part φ = exp(−iκ·(x − a))ψ at stops of the method's own.
    """

    ffts: int = 0
    steps: int = 0
    error: float = 0.0
    rounding: float = 0.0
    note: str = ""
    witnessed: float = 0.0
    reached: float = 0.0
    on_watch: Callable[[Any], None] | None = None

    def watch(self, phi: Any) -> None:
        """Show φ (…, *state_shape) at a stop of the method's own, for the spectral tail and the edges."""
        if self.on_watch is not None:
            self.on_watch(phi)


@final
@dataclass(frozen=True, eq=False)
class Task:
    """What is to be solved: iħ∂_tψ = Hψ, or ħ∂_τψ = −Hψ with ‖ψ‖ held in imaginary time, from ``psi`` at times[0].

    psi : (…, *state_shape), complex, of any array namespace; not to be overwritten.
    times : (n,) strictly monotone, up or down; up only in imaginary time.
    tol : the L2 error of the last state, relative to ‖ψ0‖, for each member of a batch, where the method chooses its steps.
    """

    hamiltonian: Hamiltonian
    psi: Any
    times: np.ndarray
    tol: float
    record: Record
    imaginary: bool = False

    @property
    def factor(self) -> complex:
        """c of ψ(t + dt) = exp(c H dt) ψ(t): −i/ħ, in imaginary time −1/ħ."""
        return (-1.0 if self.imaginary else -1j) / self.hamiltonian.hbar

    @property
    def span(self) -> float:
        """The last time minus the first, signed."""
        return float(self.times[-1] - self.times[0])


class Stepper(Protocol):
    """A run in progress. Between two calls of ``move`` it can be saved and gone on with later, to the same bits."""

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


def relative_distance(a: Any, b: Any, axes: tuple[int, ...], norms: np.ndarray) -> float:
    """The largest ‖a − b‖/norm over a batch, ‖·‖ the plain Euclidean norm over ``axes``; members of norm 0 are left out."""
    difference = np.sqrt(squared_sums(a - b, axes))
    return float(np.max(np.divide(difference, norms, out=np.zeros_like(difference), where=norms > 0)))
