"""What the first state tells before a step is taken: found once, for the choice of the method and for its steps."""

import math
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import namespace, squared_sums, to_numpy
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.forecast import Forecast, Rays, applies_to
from qlearn.methods.reach import Reach
from qlearn.methods.record import Record

__all__ = ["Outset"]

FEW = 2**13     # points whose modes are kept
LONGEST = 1500  # steps that a bound of their length makes necessary, beyond which no forecast is made


@final
class Outset:
    """Energies, speeds and forecasts at times[0]; psi (…, *state_shape) is looked at only and must not change."""

    def __init__(self, hamiltonian: Hamiltonian, psi: Any, times: np.ndarray, record: Record, imaginary: bool = False,
                 factors: DriveFactors | None = None):
        self.hamiltonian, self.times, self.record, self.imaginary = hamiltonian, times, record, imaginary
        self.time, self.span = float(times[0]), float(times[-1] - times[0])
        self.psi = _broadcast(hamiltonian, psi)
        self.reach = Reach(hamiltonian, record)
        self._factors = factors
        self.known_modes: np.ndarray | None = None
        self._forecasts: dict[SplittingTable, Forecast] = {}
        self.planned: dict[SplittingTable, Any] = {}  # steps from the choice of the method, for the run to take

    @property
    def phi(self) -> Any:
        """exp(−iκ·(x − a))ψ, to be looked at only."""
        return self.hamiltonian.grid.periodic_part(self.psi)

    @cached_property
    def norms(self) -> np.ndarray:
        """√Σ|φ|² of each member of a batch, infinite where it is 0."""
        norms = np.sqrt(squared_sums(self.phi, self.hamiltonian.state_axes))
        return np.where(norms > 0, norms, np.inf)

    def modes(self) -> np.ndarray:
        """The modes of φ, NumPy, without factors; counted when they are made, and kept on small grids where φ has neither
        channels nor a batch of V. Not to be overwritten."""
        if self.known_modes is not None:
            return self.known_modes
        H = self.hamiltonian
        self.record.ffts += math.prod(self.psi.shape) // H.grid.size
        found = np.asarray(H.grid.forward(to_numpy(self.phi).astype(complex)))
        if H.grid.size <= FEW and not H.batch_shape and not H.channels:
            self.known_modes = found
        return found

    @cached_property
    def limits(self) -> tuple[float, float]:
        """(ħ/ΔH, the longest step), see Reach."""
        return self.reach.limits(self.phi, self.time, self.modes() if self.hamiltonian.is_diagonal_in_k else None)

    @cached_property
    def energy(self) -> float:
        """What the state reaches, ⟨H⟩ + 6ΔH."""
        assert self.limits
        return self.reach.energy

    @cached_property
    def applies(self) -> bool:
        """True where trajectories can stand for the state."""
        return applies_to(self.hamiltonian, self.imaginary, math.prod(self.psi.shape) // self.hamiltonian.grid.size)

    @cached_property
    def foreseeable(self) -> bool:
        """True where a forecast is worth its price: V is smooth, and the run takes time, but not thousands of steps however
        large tol is."""
        return self.applies and 0 < abs(self.span) < LONGEST * self.limits[1] \
            and self.hamiltonian.gradient_is_smooth(self.time, self.energy)

    @cached_property
    def factors(self) -> DriveFactors | None:
        """Those of the drive over the whole time; None without one."""
        drive = self.hamiltonian.drive if self.hamiltonian.time_dependent else None
        if self._factors is not None or drive is None:
            return self._factors
        kept: list[DriveFactors] = self.hamiltonian.kept("factors", list)
        factors = kept[0] if kept else None
        if factors is None or not factors.holds(self.time, self.time + self.span):
            factors = DriveFactors(drive.factors_at, self.time, self.time + self.span)
            kept[:] = [factors]
        return factors

    @cached_property
    def rays(self) -> Rays:
        return Rays(self.hamiltonian, self.phi, self.modes(), self.time, self.span, self.record, self.factors)

    def forecast(self, table: SplittingTable) -> Forecast:
        """Of the whole run under a scheme."""
        if table not in self._forecasts:
            self._forecasts[table] = Forecast(self.rays, table)
        return self._forecasts[table]


def _broadcast(hamiltonian: Hamiltonian, psi: Any) -> Any:
    """ψ with the batch axes of V."""
    if not hamiltonian.batch_shape:
        return psi
    batch = np.broadcast_shapes(hamiltonian.batch_shape, tuple(psi.shape[:psi.ndim - len(hamiltonian.state_shape)]))
    shape = (*batch, *hamiltonian.state_shape)
    return psi if tuple(psi.shape) == shape else namespace(psi).broadcast_to(psi, shape)
