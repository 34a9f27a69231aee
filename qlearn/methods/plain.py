"""Runs of a splitting as a loop over transforms and products, on arrays of any kind, for all kinds of kicks and boundaries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import like, squared_sums
from qlearn.kernels.phases import Phases, multiplication
from qlearn.methods.kicks import DrivenKicks, Kick
from qlearn.methods.lookout import Lookout
from qlearn.methods.sequence import Sequence

__all__ = ["PlainSteps"]

FEW = 2**13  # points up to which the factors of kicks under a drive are made together


@final
@dataclass(frozen=True, eq=False)
class _Step:
    """What one step length needs: drift tables, kicks 0 … s, and the last kick and the first of the next step in one."""

    drifts: list[Callable[[Any], Any]]
    kicks: list[Kick]
    merged: Kick


@final
class PlainSteps:
    """Steps of one sequence, in place where φ is NumPy's; what the last few step lengths need is kept, ``most`` of them."""

    def __init__(self, hamiltonian: Hamiltonian, sequence: Sequence, kicks: Any, phases: Phases, imaginary: bool, most: int):
        self.hamiltonian, self.sequence, self.kicks, self.phases = hamiltonian, sequence, kicks, phases
        self.imaginary, self.most, self.axes = imaginary, most, hamiltonian.state_axes
        self._kept: dict[float, _Step] = {}

    def steps(self, phi: Any, time: float, h: float, count: int, lookout: Lookout | None) -> Any:
        """``count`` steps of length h from ``time``."""
        step = self._step(h, phi)
        forward, backward = self.hamiltonian.grid.passes(phi)
        kicks, merged = step.kicks, step.merged
        if self._knows_factors(phi):
            merged = self._ahead(time, h, count)
            kicks = [merged] * len(kicks)
        stages = list(zip(step.drifts, [*kicks[1:-1], merged], self.sequence.fractions, strict=True))
        norms = squared_sums(phi, self.axes) if self.imaginary else None
        phi = kicks[0](phi, time)
        for n in range(count):
            if n == count - 1:
                stages[-1] = (step.drifts[-1], kicks[-1], 1.0)
            for stage, (drift, kick, fraction) in enumerate(stages):
                modes = forward(phi)
                if lookout is not None and stage == 0:
                    lookout.see_modes(modes)
                phi = backward(drift(modes))
                if norms is not None:  # f(|ψ|²) is taken at the norm that is held
                    phi = self._restored(phi, norms)
                phi = kick(phi, time + (n + fraction) * h)
            if lookout is not None:
                lookout.see(phi)
        return phi if norms is None else self._restored(phi, norms)

    def _knows_factors(self, phi: Any) -> bool:
        """True where the factors of kicks under a drive are made together."""
        return isinstance(self.kicks, DrivenKicks) and isinstance(phi, np.ndarray) and self.hamiltonian.grid.size <= FEW

    def _ahead(self, time: float, h: float, count: int) -> Kick:
        """The kick before all steps and those behind the stages, each at its call."""
        fractions, kicks = np.array(self.sequence.fractions), self.sequence.kicks
        times = np.append(time, time + h * (np.arange(count)[:, None] + fractions))
        rows = [kicks[0], *[*kicks[1:-1], self.sequence.merged] * count]
        rows[-1] = kicks[-1]
        factors = self.kicks.factors_in_turn(np.array(rows), times, h)

        def kick(phi: Any, time: float) -> Any:
            phi *= next(factors)
            return phi
        return kick

    def once(self, phi: Any, sequence: Sequence, time: float, h: float) -> Any:
        """Another sequence, whose tables are not kept."""
        grid = self.hamiltonian.grid
        for (b, c), a, fraction in zip(sequence.kicks, (0.0, *sequence.drifts), (0.0, *sequence.fractions), strict=True):
            if a != 0:
                phi = grid.backward(self._drift(a * h, phi)(grid.forward(phi)))
            if b != 0 or c != 0:
                phi = self.kicks.prepare(b, c, h, phi)(phi, time + fraction * h)
        return phi

    def _step(self, h: float, phi: Any) -> _Step:
        if h not in self._kept:
            while len(self._kept) >= self.most:
                self._kept.pop(next(iter(self._kept)))
            self._kept[h] = self._made(h, phi)
        self._kept[h] = self._kept.pop(h)  # the last used stand last
        return self._kept[h]

    def _made(self, h: float, phi: Any) -> _Step:
        """Equal coefficients share their tables."""
        rows, merged = self.sequence.kicks, self.sequence.merged
        kicks = {row: self.kicks.prepare(*row, h, phi) for row in dict.fromkeys([*rows, merged])}
        drifts = {a: self._drift(a * h, phi) for a in dict.fromkeys(self.sequence.drifts)}
        return _Step([drifts[a] for a in self.sequence.drifts], [kicks[row] for row in rows], kicks[merged])

    def _drift(self, h: float, phi: Any) -> Callable[[Any], Any]:
        """modes ← exp(−ihT/ħ) modes, in imaginary time exp(−hT/ħ), for arrays of the kind of φ."""
        kinetic, rate = self.hamiltonian.kinetic, h / self.hamiltonian.hbar
        if self.imaginary:
            return multiplication(like(np.exp(-rate * (kinetic.table - kinetic.bounds[0])), phi))
        if np.count_nonzero(kinetic.inverse) > len(kinetic.inverse):
            return multiplication(like(self.phases.table(rate * kinetic.table), phi))
        return self.phases.outer([rate * part for part in _along_axes(kinetic.table)], phi)

    def _restored(self, phi: Any, norms: np.ndarray) -> Any:
        """φ with the norms it had."""
        now = squared_sums(phi, self.axes)
        if np.any((now == 0) & (norms > 0)):
            checks.fail("dt", "must be short enough for exp(−H dt/ħ)ψ not to underflow where ψ is", "a step that leaves nothing")
        scale = np.sqrt(np.divide(norms, now, out=np.zeros_like(now), where=now > 0))
        phi *= like(scale.reshape(scale.shape + (1,) * len(self.axes)), phi)
        return phi


def _along_axes(table: np.ndarray) -> list[np.ndarray]:
    """T(k) = Σ_a T_a(k_a), as it is for a diagonal mass, apart: one (N_a,) an axis."""
    origin = (0,) * table.ndim
    lines = [table[tuple(slice(None) if a == axis else 0 for a in range(table.ndim))] for axis in range(table.ndim)]
    return [lines[0], *(line - table[origin] for line in lines[1:])]
