"""What every method offers, and the record it keeps of what it did."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from qlearn.hamiltonian import Hamiltonian

__all__ = ["EPS", "Method", "Record", "relative_distance"]

EPS = float(np.finfo(float).eps)


@dataclass(eq=False)
class Record:
    """Counts and estimates of one run; the method writes it, sesolve reads it.

    ffts : transforms of one wave function (a batch of b counts b).   steps : steps or Chebyshev terms taken.
    error : estimated error of the method at the last state, L2, relative to ‖ψ0‖.   rounding : that of the arithmetic.
    note : how the steps came about, in words.
    on_watch : called with the periodic part φ = exp(−iκ·(x − a))ψ at stops of the method's own.
    """

    ffts: int = 0
    steps: int = 0
    error: float = 0.0
    rounding: float = 0.0
    note: str = ""
    on_watch: Callable[[np.ndarray], None] | None = None

    def watch(self, phi: np.ndarray) -> None:
        """Show φ (…, *shape) at a stop of the method's own, for the spectral tail and the edges."""
        if self.on_watch is not None:
            self.on_watch(phi)


class Method(Protocol):
    """One way to solve iħ∂_tψ = Hψ."""

    @property
    def name(self) -> str:
        """The name of the method."""

    def check(self, hamiltonian: Hamiltonian) -> None:
        """Raise UnsupportedError, naming an alternative, where the method does not apply."""

    def run(self, hamiltonian: Hamiltonian, psi: np.ndarray, times: np.ndarray, tol: float,
            record: Record) -> Iterator[np.ndarray]:
        """Yield ψ (…, *shape), a new array each time, at times[1:] from ψ at times[0].

        ``times`` is strictly monotone, up or down. Where the method chooses its steps, the L2 error of the last state is
        meant to stay below tol·‖ψ0‖, for each member of a batch.
        """


def relative_distance(a: np.ndarray, b: np.ndarray, axes: tuple[int, ...], norms: np.ndarray) -> float:
    """The largest ‖a − b‖/norm over a batch, ‖·‖ the plain Euclidean norm over ``axes``; members of norm 0 are left out."""
    difference = np.sqrt(np.sum(np.abs(a - b) ** 2, axis=axes))
    return float(np.max(np.divide(difference, norms, out=np.zeros_like(difference), where=norms > 0)))
