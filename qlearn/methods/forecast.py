"""How large the error of a whole run will be, foreseen from classical trajectories, which cost no transform.

The errors of single steps largely cancel over a run: their norms add up to 3 to 100 times the error of the last state, which
is what a step has to be chosen by. To first order the error of a symplectic scheme is a phase on phase space: with S̃ and S the
actions of a trajectory under steps h and h/2, from the same point z to (q̃, p̃) and (q, p),

    A(z) = S̃ − S − p·(q̃ − q),      ‖ψ̃ − ψ‖² ≈ ∫ W(z) (A(z)/ħ)² dz,      W the Wigner function of the first state

W is replaced with points z of the right density, current and kinetic energy: q drawn from |ψ|², p = Re(p̂ψ/ψ) + normal noise of
the covariance of Im(p̂ψ/ψ), which is exact for Gaussian packets. The forecast is a semiclassical estimate, right to a few per
cent where actions are large and off by factors where they are not; ``qlearn.methods.planned`` checks it against ψ.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import to_numpy
from qlearn.kernels.phase_space import drawn
from qlearn.kernels.phases import may_compile
from qlearn.kernels.trajectories import Points, Trajectories
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.drive_factors import DriveFactors
from qlearn.methods.record import Record

__all__ = ["Forecast", "Outlook", "Rays", "applies_to", "sample"]

SAMPLES = {1: 64}  # trajectories of each member of a batch on a line; 32 elsewhere: the root mean square to 10 or 15 per cent
FEWER = 4        # times fewer of them in a rough forecast
BLOCKS, DRIVEN_BLOCKS = 8, 16  # parts of the run at whose ends the errors are looked at
MEMBERS = 8      # of a batch, at most
LARGE = 2**17    # points from which a forecast by NumPy costs less than it saves
ENERGIES = 6.0   # standard deviations of the energy up to which V has to be smooth


@final
@dataclass(frozen=True, eq=False)
class Outlook:
    """What n equal steps would do, root mean squares of the worst member of a batch, relative to ‖ψ0‖.

    error : of the last state, at least half of the largest one on the way.   local : of one step at the start of each block.
    starts : times of the blocks from now on, signed.   step : h, signed.   total : the sum of the local errors,
    and no less than ``error``: they are looked at in few places.
    quanta : σ_q σ_p/ħ of first and last points together, of the axis and member where it is least: how classical they are.
    """

    step: float
    error: float
    local: list[float]
    starts: list[float]
    total: float
    quanta: float


def applies_to(hamiltonian: Hamiltonian, imaginary: bool, members: int) -> bool:
    """True for one linear, lossless, scalar V, static or driven by given factors, and a flat T, on periodic axes, where
    trajectories cost little beside the transforms: they are compiled (numba is installed), or the grid is large."""
    plain = hamiltonian.is_linear and hamiltonian.is_hermitian and hamiltonian.channels is None and not imaginary \
        and hamiltonian.is_diagonal_in_k
    moving = hamiltonian.time_dependent and hamiltonian.drive is None
    return plain and hamiltonian.grid.is_ring and not moving and not hamiltonian.batch_shape and members <= MEMBERS \
        and (hamiltonian.grid.size >= LARGE or may_compile())


@final
class Rays:
    """The trajectories that stand for φ at ``time``, with V over ``span``, signed: the same for all schemes.

    modes : of φ.   factors : those of a drive over that time.   few : some of the points, spread evenly too."""

    def __init__(self, hamiltonian: Hamiltonian, phi: np.ndarray, modes: np.ndarray, time: float, span: float, record: Record,
                 factors: DriveFactors | None = None):
        self.hbar, self.time, self.span, self.driven = hamiltonian.hbar, time, span, factors is not None
        self.trajectories = _trajectories(hamiltonian, factors)
        states, waves = (values.reshape(-1, *hamiltonian.grid.shape) for values in (to_numpy(phi), modes))
        drawn = [sample(hamiltonian, state, wave, SAMPLES.get(hamiltonian.grid.ndim, 32))
                 for state, wave in zip(states, waves, strict=True) if state.any()]
        self.members = len(drawn)
        self.points = drawn[0] if len(drawn) == 1 else Points(*(np.concatenate(values) for values in zip(*drawn, strict=True)))
        self.few = Points(*(values[FEWER // 2::FEWER].copy() for values in self.points))
        record.ffts += len(states) * hamiltonian.grid.ndim


@final
class Forecast:
    """Outlooks for runs of equal steps of a scheme over the span of the rays, or over another one."""

    def __init__(self, rays: Rays, table: SplittingTable, span: float | None = None):
        self.rays, self.span, self._rows = rays, rays.span if span is None else span, _rows(table)
        self._scale = 1 / (rays.hbar * (1 - 2.0**-table.order))  # from the difference of h and h/2 to the error of h
        self._outlooks = dict[tuple[int, bool], Outlook]()

    def outlook(self, count: int, rough: bool = False) -> Outlook:
        """Of ``count`` steps; kept, for the search comes back to some numbers. ``rough``: by a few of the trajectories."""
        if (count, rough) not in self._outlooks:
            self._outlooks[count, rough] = self._foreseen(count, self.rays.few if rough else self.rays.points)
        return self._outlooks[count, rough]

    def _foreseen(self, count: int, points: Points) -> Outlook:
        h, rays = self.span / count, self.rays
        ends = _ends(count, DRIVEN_BLOCKS if rays.driven else BLOCKS)
        found = rays.trajectories.compared(points, rays.members, *self._rows, rays.time, h, ends)
        local, total = (found.local * self._scale).tolist(), found.total.tolist()
        error = self._scale * max(total[-1], max(total) / 2)
        return Outlook(h, error, local, (ends[:-1] * h).tolist(), max(sum(local) / len(local) * count, error),
                       math.sqrt(found.area) / rays.hbar)


@lru_cache(maxsize=1024)
def _ends(count: int, blocks: int) -> np.ndarray:
    """The numbers of steps behind which the blocks of so many steps end, 0 before them."""
    blocks = min(blocks, count)
    return np.array([round(count * block / blocks) for block in range(blocks + 1)])


@cache
def _rows(table: SplittingTable) -> tuple[np.ndarray, np.ndarray]:
    """(k, 3) each: kicks, gradients and drifts of a step; of the processor."""
    step = np.column_stack([table.kicks, table.gradients or np.zeros(len(table.kicks)), [*table.drifts, 0.0]])
    processor = table.processor
    return step, np.zeros((0, 3)) if processor is None else \
        np.column_stack([processor.kicks, processor.gradients, processor.drifts])


def _trajectories(hamiltonian: Hamiltonian, factors: DriveFactors | None) -> Trajectories:
    made: Trajectories = hamiltonian.kept("trajectories", lambda: _in(hamiltonian))
    driven: Trajectories = made if factors is None else \
        hamiltonian.kept_last("driven trajectories", factors, lambda: made.driven_by(factors))
    return driven


def _in(hamiltonian: Hamiltonian) -> Trajectories:
    """Trajectories in V, or in the terms of a drive."""
    grid, drive = hamiltonian.grid, hamiltonian.drive if hamiltonian.time_dependent else None
    origin, spacing = np.array([a for a, _ in grid.bounds]), np.asarray(grid.spacing, dtype=float)
    if drive is None:
        return Trajectories(hamiltonian.potential_table()[None], origin, spacing, hamiltonian.kinetic.inverse)
    tables = [np.broadcast_to(table, grid.shape) for table in (drive.static.real, *drive.tables)]
    return Trajectories(np.stack(tables), origin, spacing, hamiltonian.kinetic.inverse)


def sample(hamiltonian: Hamiltonian, state: np.ndarray, modes: np.ndarray, count: int) -> Points:
    """``count`` points of phase space for φ (*shape) and its modes, spread evenly rather than at random; d transforms."""
    grid, hbar, moved = hamiltonian.grid, hamiltonian.hbar, []
    state = np.asarray(state, dtype=complex)
    for axis, (k, a) in enumerate(zip(grid.wavenumbers, hamiltonian.kinetic.vector_potential(), strict=True)):
        moved.append(grid.backward(modes * (hbar * k - a).reshape((-1,) + (1,) * (grid.ndim - 1 - axis))))
    return Points(*drawn(state, moved, grid.axes, count), np.zeros(count))
