"""Runs of a splitting in one compiled loop, where it applies: see qlearn.kernels.stepping.

That is: phases by numba, no FFT backend asked for by name, arrays of NumPy, periodic axes, one static V or a separable drive,
real time, and numbers of points that the loop can transform. The numbers are those of the other way to rounding.
"""

import math
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.fft import backend_name
from qlearn.kernels.phases import Phases
from qlearn.kernels.stepping import NONE, Angles, Stages, exponentials, factors, fits, layout_of
from qlearn.methods.kicks import DrivenKicks, Kicks, StaticKicks
from qlearn.methods.lookout import Lookout

__all__ = ["FusedSteps", "Sequence", "fused_steps"]


class Sequence(NamedTuple):
    """Kicks (b_j, c_j), j = 0 … s, and drifts a_j, j = 0 … s − 1, between them: kick 0, drift 0, …, kick s."""

    kicks: tuple[tuple[float, float], ...]
    drifts: tuple[float, ...]


class _Plan(NamedTuple):
    """What a sequence needs whatever its step: its distinct (b, c), the order they come in, its distinct a and which of them each
    stage has; (b, c) of the first kick and of the kicks behind the stages, and when these are, in parts of the step."""

    kicks: np.ndarray
    order: np.ndarray
    drifts: np.ndarray
    which: np.ndarray
    first: np.ndarray
    behind: np.ndarray
    fractions: np.ndarray


@lru_cache(maxsize=32)
def _plan(sequence: Sequence) -> _Plan:
    rows, (first, last) = list(sequence.kicks), (sequence.kicks[0], sequence.kicks[-1])
    merged = (last[0] + first[0], last[1] + first[1])
    order = [*rows[:-1], merged, rows[-1]]
    distinct, drifts = list(dict.fromkeys(order)), list(dict.fromkeys(sequence.drifts))
    fractions = np.cumsum(sequence.drifts)
    fractions[-1] = round(fractions[-1])  # 1, of a processor 0
    which = [drifts.index(a) for a in sequence.drifts]
    return _Plan(np.array(distinct), np.array([distinct.index(row) for row in order], dtype=np.int64), np.array(drifts),
                 np.array(which, dtype=np.int64), np.array(first), np.array(rows[1:]), fractions)


class _Ready(NamedTuple):
    """For one step length: the stages and, for a static V, the factors of the kicks."""

    stages: Stages
    kicks: np.ndarray | None


def fused_steps(hamiltonian: Hamiltonian, kicks: Kicks, phases: Phases, imaginary: bool, gradient: bool) -> "FusedSteps | None":
    """The compiled loop for this H, None where it does not apply; ``gradient`` where some c ≠ 0."""
    grid = hamiltonian.grid
    applies = not imaginary and phases.name == "numba" and hamiltonian.channels is None and fits(grid.shape) \
        and all(kind == "periodic" for kind in grid.boundary) and isinstance(kicks, StaticKicks | DrivenKicks) \
        and not hamiltonian.batch_shape
    return FusedSteps(hamiltonian, kicks, gradient) if applies else None


@final
class FusedSteps:
    """Keeps what the last few step lengths need."""

    def __init__(self, hamiltonian: Hamiltonian, kicks: Any, gradient: bool):
        self.hamiltonian, self.kicks, self.gradient = hamiltonian, kicks, gradient
        self.layout = layout_of(hamiltonian.grid.shape)
        self._kept: dict[tuple[Sequence, float], _Ready] = {}
        self._masks: Any = None

    def takes(self, phi: Any) -> bool:
        return isinstance(phi, np.ndarray) and phi.dtype == complex and phi.flags.c_contiguous and phi.flags.writeable \
            and backend_name() == "auto"

    def ready(self, sequence: Sequence, h: float) -> bool:
        return (sequence, h) in self._kept

    def run(self, phi: np.ndarray, sequence: Sequence, h: float, time: float, count: int, kept: int,
            lookout: Lookout | None) -> bool:
        """``count`` steps of h on φ (…, *shape) in place; False, and nothing done, where phases are too large for the loop."""
        ready = self._ready(sequence, h, kept)
        masks = (NONE, NONE) if lookout is None else self._watched(lookout)
        if ready.kicks is not None:
            seen = ready.stages.static(phi, ready.kicks, _plan(sequence).order, count, masks)
        else:
            weights = self._weights(sequence, h, time, count)
            if not self._tables.turn_exactly(weights):
                return False
            seen = ready.stages.driven(phi, self._tables.values, weights, masks)
        if lookout is not None:
            lookout.note(seen)
        return True

    def _ready(self, sequence: Sequence, h: float, kept: int) -> _Ready:
        key = (sequence, h)
        if key not in self._kept:
            while len(self._kept) >= kept:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = self._made(sequence, h)
        self._kept[key] = self._kept.pop(key)  # the last used stand last
        return self._kept[key]

    def _made(self, sequence: Sequence, h: float) -> _Ready:
        plan = _plan(sequence)
        kicks = self._static(plan.kicks, h) if isinstance(self.kicks, StaticKicks) else None
        return _Ready(Stages(self.layout, plan.which, *self._drifts(plan.drifts * h)), kicks)

    def _static(self, rows: np.ndarray, h: float) -> np.ndarray:
        """The factors of kicks (b, c)."""
        if not self.hamiltonian.is_hermitian:
            return factors(self.layout, (self.kicks.factor(b, c, h) for b, c in rows.tolist()), len(rows))
        weights = rows * (h / self.hamiltonian.hbar, -h**3 / self.hamiltonian.hbar)
        return exponentials(self._tables, weights[:, :len(self._tables.values)])

    @cached_property
    def _tables(self) -> Angles:
        """What the phases of the kicks are sums of, as the points lie: V and ∂VᵀM⁻¹∂V, or the tables of a drive."""
        H, kicks = self.hamiltonian, self.kicks

        def found() -> Angles:
            if isinstance(kicks, DrivenKicks):
                return Angles(self.layout.points(kicks.tables))
            tables = [H.potential_table(), H.gradient_squared()] if self.gradient else [H.potential_table()]
            return Angles(self.layout.points(np.stack(tables)))
        return H.kept(f"angles of kicks{' with ∂V' if self.gradient else ''}", found)

    @cached_property
    def _kinetic(self) -> list[Angles]:
        """T as the modes lie; where it is a sum, its part of axis 0 and that of all others."""
        kinetic = self.hamiltonian.kinetic

        def found() -> list[Angles]:
            table = kinetic.table
            if table.ndim == 1 or np.count_nonzero(kinetic.inverse) > len(kinetic.inverse):
                return [Angles(self.layout.modes(table[None]))]
            first = table.reshape(len(table), -1)[:, 0]
            return [Angles(self.layout.lead(first[None])), Angles(self.layout.last(table[:1] - first[0]))]
        return self.hamiltonian.kept("angles of drifts", found)

    def _drifts(self, lengths: np.ndarray) -> list[np.ndarray]:
        """exp(−i h_d T/ħ)/N for each of the lengths, in the parts of T."""
        rates, scale = (lengths / self.hamiltonian.hbar)[:, None], 1 / self.hamiltonian.grid.size
        if len(self._kinetic) == 1:
            return [exponentials(self._kinetic[0], rates, scale)]
        lead, last = self._kinetic
        return [NONE, exponentials(lead, rates, scale), exponentials(last, rates)]

    def _weights(self, sequence: Sequence, h: float, time: float, count: int) -> np.ndarray:
        """(1 + count·stages, R) of each kick in turn; the last of a step and the first of the next are one."""
        plan = _plan(sequence)
        stages = len(plan.fractions)
        times, kicks = np.empty(1 + count * stages), np.empty((1 + count * stages, 2))
        times[0], kicks[0] = time, plan.first
        times[1:].reshape(count, stages)[:] = time + h * (np.arange(count)[:, None] + plan.fractions)
        behind = kicks[1:].reshape(count, stages, 2)
        behind[:] = plan.behind
        behind[:-1, -1] += plan.first
        return self.kicks.weights(times, kicks[:, 0], kicks[:, 1], h)

    def _watched(self, lookout: Lookout) -> tuple[np.ndarray, np.ndarray]:
        """The places that are looked at, as 1 among zeros."""
        if self._masks is None or self._masks[0] is not lookout:
            shape, masks = self.hamiltonian.grid.shape, []
            for index, arranged in ((lookout.points, self.layout.points), (lookout.modes, self.layout.modes)):
                mask = np.zeros((1, math.prod(shape)))
                mask[0, index] = 1.0
                masks.append(arranged(mask.reshape(1, *shape))[0])
            self._masks = (lookout, tuple(masks))
        return self._masks[1]
