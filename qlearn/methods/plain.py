"""Runs of a splitting as a loop over transforms and products, on arrays of any kind, for all kinds of kicks and boundaries."""

from collections.abc import Iterator
from itertools import repeat
from operator import imul
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import like, squared_sums
from qlearn.kernels.phases import Phases, Product
from qlearn.methods.kicks import DrivenKicks
from qlearn.methods.last_few import last_few
from qlearn.methods.lookout import Lookout
from qlearn.methods.sequence import Plan, Sequence, plan_of

__all__ = ["PlainSteps", "restored", "turns_of"]

FEW = 2**13  # points up to which the factors of kicks under a drive are made together


@final
class PlainSteps:
    """Steps of one sequence, in place where φ is NumPy's; what the last few step lengths need is kept, ``most`` of them."""

    def __init__(self, hamiltonian: Hamiltonian, sequence: Sequence, kicks: Any, phases: Phases, imaginary: bool, most: int):
        self.hamiltonian, self.plan, self.kicks, self.phases = hamiltonian, plan_of(sequence), kicks, phases
        self.imaginary, self.most, self.axes = imaginary, most, hamiltonian.state_axes
        self._kept: dict[tuple[float, float], tuple[list[Product], list[Product]]] = {}

    def steps(self, phi: Any, time: float, h: float, count: int, lookout: Lookout | None) -> Any:
        """``count`` steps of length h from ``time``."""
        forward, backward, scale = self.hamiltonian.grid.passes(phi)
        drifts, kicks = self._step(h, scale, phi)
        norms = squared_sums(phi, self.axes) if self.imaginary else None
        turns = turns_of(self.kicks, kicks, self.plan, phi, self.hamiltonian.grid.size, time, h, count, self.phases)
        kick, given = next(turns)
        phi = kick(phi, given)
        for _ in range(count):
            watch = lookout
            for (drift, table), (kick, given) in zip(drifts, turns, strict=False):
                modes = forward(phi)
                if watch is not None:
                    watch.see_modes(modes)
                    watch = None
                phi = backward(drift(modes, table))
                if norms is not None:  # f(|ψ|²) is taken at the norm that is held
                    phi = restored(phi, norms, self.axes)
                phi = kick(phi, given)
            if lookout is not None:
                lookout.see(phi)
        return phi if norms is None else restored(phi, norms, self.axes)

    def once(self, phi: Any, sequence: Sequence, time: float, h: float) -> Any:
        """Another sequence, whose tables are not kept."""
        forward, backward, scale = self.hamiltonian.grid.passes(phi)
        for (b, c), a, fraction in zip(sequence.kicks, (0.0, *sequence.drifts), (0.0, *sequence.fractions), strict=True):
            if a != 0:
                (drift, table), = self._drifts(np.array([a * h]), scale, phi)
                phi = backward(drift(forward(phi), table))
            if b != 0 or c != 0:
                (kick, given), = self.kicks.prepare(np.array([(b, c)]), h, phi)
                phi = kick(phi, time + fraction * h if given is None else given)
        return phi

    def _step(self, h: float, scale: float, phi: Any) -> tuple[list[Product], list[Product]]:
        made: tuple[list[Product], list[Product]] = last_few(self._kept, (h, scale), self.most, lambda: self._made(h, scale, phi))
        return made

    def _made(self, h: float, scale: float, phi: Any) -> tuple[list[Product], list[Product]]:
        """The drifts of the stages, times ``scale``, and the kicks in the order of the plan."""
        drifts, kicks = self._drifts(self.plan.drifts * h, scale, phi), self.kicks.prepare(self.plan.kicks, h, phi)
        return [drifts[a] for a in self.plan.which], [kicks[row] for row in self.plan.order]

    def _drifts(self, lengths: np.ndarray, scale: float, phi: Any) -> list[Product]:
        """modes ← scale·exp(−ihT/ħ) modes, in imaginary time exp(−hT/ħ), for arrays of the kind of φ."""
        kinetic, rates = self.hamiltonian.kinetic, lengths / self.hamiltonian.hbar
        if self.imaginary:
            return [(imul, like(scale * np.exp(-rate * (kinetic.table - kinetic.bounds[0])), phi)) for rate in rates]
        if kinetic.table.ndim > 1 and np.count_nonzero(kinetic.inverse) <= len(kinetic.inverse):
            return [self.phases.outer([rate * part for part in _along_axes(kinetic.table)], phi, scale) for rate in rates]
        tables = self.phases.exponentials(kinetic.table[None], rates[:, None])
        tables *= scale
        return [(imul, like(table, phi)) for table in tables]


def turns_of(kicks: Any, prepared: list[Product], plan: Plan, phi: Any, size: int, time: float, h: float, count: int,
             phases: Phases) -> Iterator[Product]:
    """The kick before ``count`` steps and those behind their stages, each with its table or, where they have none, its time.
    prepared : by the kicks, in the order of the plan.   size : points of the grid."""
    if isinstance(kicks, DrivenKicks) and isinstance(phi, np.ndarray) and size <= FEW:
        return zip(repeat(imul), kicks.factors_in_turn(plan, h, time, count), strict=False)
    turns = [prepared[0], *prepared[1:-1] * count]
    turns[-1] = prepared[-1]
    if prepared[0][1] is not None:
        return iter(turns)
    times = plan.times(time, h, count, compiled=phases.name == "numba").tolist()
    return zip((kick for kick, _ in turns), times, strict=True)


def restored(phi: Any, norms: np.ndarray, axes: tuple[int, ...]) -> Any:
    """φ with the Σ|φ|² that it had, in place where it is NumPy's."""
    now = squared_sums(phi, axes)
    if np.any((now == 0) & (norms > 0)):
        checks.fail("dt", "must be short enough for exp(−H dt/ħ)ψ not to underflow where ψ is", "a step that leaves nothing")
    scale = np.sqrt(np.divide(norms, now, out=np.zeros_like(now), where=now > 0))
    phi *= like(scale.reshape(scale.shape + (1,) * len(axes)), phi)
    return phi


def _along_axes(table: np.ndarray) -> list[np.ndarray]:
    """T(k) = Σ_a T_a(k_a), as it is for a diagonal mass, apart: one (N_a,) an axis."""
    origin = (0,) * table.ndim
    lines = [table[tuple(slice(None) if a == axis else 0 for a in range(table.ndim))] for axis in range(table.ndim)]
    return [lines[0], *(line - table[origin] for line in lines[1:])]
