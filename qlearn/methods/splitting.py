"""Splitting methods: ψ is multiplied by exp(−ibhV/ħ) on the points and by exp(−iahT/ħ) on the wavenumbers, in turn."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.coefficients import RKN6_TABLE, STRANG_TABLE, SplittingTable
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.record import Record
from qlearn.methods.steps import AutomaticSteps, FixedSteps

__all__ = ["RKN6", "Strang"]


def _run(name: str, table: SplittingTable, dt: float | None, hamiltonian: Hamiltonian, psi: np.ndarray,
         times: np.ndarray, tol: float, record: Record) -> Iterator[np.ndarray]:
    """The loop over the times of every splitting method."""
    grid, kernel = hamiltonian.grid, SplittingKernel(hamiltonian, table, record)
    phi = grid.to_periodic(psi)
    stepper = FixedSteps(kernel, phi, times, dt) if dt is not None else AutomaticSteps(kernel, phi, times, tol)
    for time in times[1:]:
        phi = stepper.advance(phi, float(time - times[0]))
        record.note = f"{name} with {stepper.words}"
        yield grid.from_periodic(phi)


def _check(name: str, hamiltonian: Hamiltonian) -> None:
    if not hamiltonian.is_diagonal_in_k:
        remedy = "Change" if hamiltonian.time_dependent else "Use Chebyshev() or Dense(), or change"
        raise UnsupportedError(f"{name} splits T, diagonal in the wavenumbers, from V; with a metric T is not diagonal. "
                               f"{remedy} the coordinate to the proper length ds = √g dq.")


@final
@dataclass(frozen=True)
class Strang:
    """Order 2: exp(−ihV/2ħ) exp(−ihT/ħ) exp(−ihV/2ħ); one FFT pair a step. V may depend on t.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Needs T diagonal in the wavenumbers (no metric). The steps number ∝ tol^(−1/2): below 1e-6 take RKN6. Source: Strang (1968).
    """

    dt: float | None = None
    name: ClassVar[str] = "Strang"
    order: ClassVar[int] = 2
    table: ClassVar[SplittingTable] = STRANG_TABLE

    def __post_init__(self):
        _checked_dt(self.dt)

    def check(self, hamiltonian: Hamiltonian) -> None:
        _check(self.name, hamiltonian)

    def run(self, hamiltonian: Hamiltonian, psi: np.ndarray, times: np.ndarray, tol: float,
            record: Record) -> Iterator[np.ndarray]:
        return _run(self.name, self.table, self.dt, hamiltonian, psi, times, tol, record)


@final
@dataclass(frozen=True)
class RKN6:
    """Order 6, the Blanes–Moan SRKN scheme of 11 stages; 11 FFT pairs a step. V may depend on t.

    dt : step length > 0 (the last one before a save time is shorter); None chooses the steps from ``tol`` of sesolve.
    Needs T quadratic in the momenta and diagonal in the wavenumbers (no metric), and a smooth V: at kinks and steps of V that
    the wave reaches the order is lost, Chebyshev() is then better. Source: Blanes and Moan (2002).
    """

    dt: float | None = None
    name: ClassVar[str] = "RKN6"
    order: ClassVar[int] = 6
    table: ClassVar[SplittingTable] = RKN6_TABLE

    def __post_init__(self):
        _checked_dt(self.dt)

    def check(self, hamiltonian: Hamiltonian) -> None:
        _check(self.name, hamiltonian)

    def run(self, hamiltonian: Hamiltonian, psi: np.ndarray, times: np.ndarray, tol: float,
            record: Record) -> Iterator[np.ndarray]:
        return _run(self.name, self.table, self.dt, hamiltonian, psi, times, tol, record)


def _checked_dt(dt: float | None) -> None:
    if dt is not None:
        checks.real("dt", dt, above=0, remedy="Leave it out to have the steps chosen from tol.")
