"""The inner loop of the splitting methods: equal steps of one scheme, in place, with kept phase tables."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import like, squared_sums
from qlearn.kernels.fft import backend_name
from qlearn.kernels.phases import Phases, choose_phases, multiplication
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.fused import Sequence, fused_steps
from qlearn.methods.kicks import Kick, kicks_for
from qlearn.methods.record import Record

__all__ = ["SplittingKernel"]


@final
@dataclass(frozen=True, eq=False)
class _Step:
    """What one step length needs: drift tables, kicks 0 … s, and the last kick and the first of the next step in one."""

    drifts: list[Callable[[Any], Any]]
    kicks: list[Kick]
    merged: Kick


@final
class SplittingKernel:
    """Runs of equal steps of one scheme on φ = exp(−iκ·(x − a))ψ, the periodic part of ψ, in place where φ is NumPy's.

    What a step length needs is made once and kept for the last few lengths. One kernel serves arrays of one kind.
    In imaginary time φ keeps the norms that it comes with.
    """

    KEPT, MANY = 4, 2**22  # lengths, two only for grids of so many points
    _kept: dict[float, _Step]

    def __init__(self, hamiltonian: Hamiltonian, table: SplittingTable, record: Record, imaginary: bool = False):
        self.hamiltonian, self.table, self.record, self.imaginary = hamiltonian, table, record, imaginary
        self.axes = hamiltonian.state_axes
        self.compute_with(choose_phases().name)
        self._fractions, self._sequence = np.cumsum(table.drifts).tolist(), Sequence(tuple(table.rows), table.drifts)

    def compute_with(self, name: str) -> None:
        """Phases by "numba" or "numpy", from here on: for a run that is resumed."""
        self.phases, self._kept = Phases(name), {}  # other tables of the same lengths would have other bits
        gradient = any(self.table.gradients)
        self._kicks = kicks_for(self.hamiltonian, self.phases, self.imaginary, gradient)
        self._fused = fused_steps(self.hamiltonian, self._kicks, self.phases, self.imaginary, gradient)

    @property
    def pairs(self) -> int:
        """FFT pairs of a step."""
        return self.table.pairs

    def ready(self, h: float) -> bool:
        """True where the tables for steps of h and of h/2 are at hand."""
        if self._fused is not None and backend_name() == "auto":
            return self._fused.ready(self._sequence, h) and self._fused.ready(self._sequence, h / 2)
        return h in self._kept and h / 2 in self._kept

    def steps(self, phi: Any, time: float, h: float, count: int) -> Any:
        """``count`` steps of length h from ``time``; a NumPy phi is overwritten; use what is returned."""
        last = self.table.pairs
        if self._run_fused(phi, self._sequence, h, time, count, self.record.lookout):
            self._count(count * last, phi)
            return phi
        step = self._step(h, phi)
        forward, backward = self.hamiltonian.grid.passes(phi)
        stages = list(zip(step.drifts, [*step.kicks[1:-1], step.merged], self._fractions, strict=True))
        norms = squared_sums(phi, self.axes) if self.imaginary else None
        phi, lookout = step.kicks[0](phi, time), self.record.lookout
        for n in range(count):
            if n == count - 1:
                stages[-1] = (step.drifts[-1], step.kicks[-1], 1.0)
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
        self._count(count * last, phi)
        return phi if norms is None else self._restored(phi, norms)

    def enter(self, phi: Any, time: float, h: float) -> Any:
        """Before a run of equal steps h: the processor; nothing for schemes without one."""
        processor = self.table.processor
        if processor is None:
            return phi
        rows = list(zip(processor.kicks, processor.gradients, processor.drifts, strict=True))
        there = Sequence((*((b, c) for b, c, _ in rows), (0.0, 0.0)), processor.drifts)
        if self._run_fused(phi, there, h, time, 1):
            self._count(len(rows), phi)
            return phi
        for b, c, a in rows:
            phi = self._kicks.prepare(b, c, h, phi)(phi, time)
            phi = self._drifted(phi, a * h)
            time += a * h
        return phi

    def leave(self, phi: Any, time: float, h: float) -> Any:
        """Behind a run of equal steps h that ends at ``time``: the inverse of the processor."""
        processor = self.table.processor
        if processor is None:
            return phi
        rows = list(zip(processor.kicks, processor.gradients, processor.drifts, strict=True))
        back = Sequence(((0.0, 0.0), *((-b, -c) for b, c, _ in reversed(rows))), tuple(-a for a in reversed(processor.drifts)))
        if self._run_fused(phi, back, h, time, 1):
            self._count(len(rows), phi)
            return phi
        for b, c, a in reversed(rows):
            phi = self._drifted(phi, -a * h)
            time -= a * h
            phi = self._kicks.prepare(-b, -c, h, phi)(phi, time)
        return phi

    @property
    def _most(self) -> int:
        """Step lengths whose tables are kept."""
        return self.KEPT if self.hamiltonian.grid.size < self.MANY else 2

    def _run_fused(self, phi: Any, sequence: Sequence, h: float, time: float, count: int, lookout: Any = None) -> bool:
        """In the compiled loop, where it applies."""
        return self._fused is not None and self._fused.takes(phi) \
            and self._fused.run(phi, sequence, h, time, count, self._most, lookout)

    def _step(self, h: float, phi: Any) -> _Step:
        if h not in self._kept:
            while len(self._kept) >= self._most:
                self._kept.pop(next(iter(self._kept)))
            self._kept[h] = self._made(h, phi)
        self._kept[h] = self._kept.pop(h)  # the last used stand last
        return self._kept[h]

    def _made(self, h: float, phi: Any) -> _Step:
        """Equal coefficients share their tables."""
        rows = self.table.rows
        merged = (rows[-1][0] + rows[0][0], rows[-1][1] + rows[0][1])
        kicks = {row: self._kicks.prepare(*row, h, phi) for row in dict.fromkeys([*rows, merged])}
        drifts = {a: self._drift(a * h, phi) for a in dict.fromkeys(self.table.drifts)}
        return _Step([drifts[a] for a in self.table.drifts], [kicks[row] for row in rows], kicks[merged])

    def _drift(self, h: float, phi: Any) -> Callable[[Any], Any]:
        """modes ← exp(−ihT/ħ) modes, in imaginary time exp(−hT/ħ), for arrays of the kind of φ."""
        kinetic, rate = self.hamiltonian.kinetic, h / self.hamiltonian.hbar
        if self.imaginary:
            return multiplication(like(np.exp(-rate * (kinetic.table - kinetic.bounds[0])), phi))
        if np.count_nonzero(kinetic.inverse) > len(kinetic.inverse):
            return multiplication(like(self.phases.table(rate * kinetic.table), phi))
        return self.phases.outer([rate * part for part in _along_axes(kinetic.table)], phi)

    def _drifted(self, phi: Any, h: float) -> Any:
        grid = self.hamiltonian.grid
        self._count(1, phi)
        return grid.backward(self._drift(h, phi)(grid.forward(phi)))

    def _count(self, pairs: int, phi: Any) -> None:
        self.record.ffts += 2 * pairs * (math.prod(phi.shape) // self.hamiltonian.grid.size)

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
