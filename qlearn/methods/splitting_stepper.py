"""A run of a splitting: steps from one save time to the next, whose states wait until the steps that led there are judged.

Steps are looked at now and then. Where they turn out to have been too long they are taken back and done again, and the states at
save times that they had led to with them. So those wait for the next look, as far as there is memory for them.
"""

import math
from bisect import bisect_left
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import like, to_numpy
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.probed import ProbedSteps
from qlearn.methods.ready import Ready
from qlearn.methods.steps import AutomaticSteps, FixedSteps
from qlearn.methods.task import Task

__all__ = ["SplittingStepper"]

WAITING_BYTES = 2**24  # of states that wait: 1024 of 1024 points, 16 of 256², above 2**20 points none


@final
class SplittingStepper:
    """A run of one scheme with given or automatic steps; φ = exp(−iκ·(x − a))ψ, with the batch axes of V broadcast in."""

    def __init__(self, task: Task, name: str, table: SplittingTable, dt: float | None):
        self.task, self.name, self.ready = task, name, Ready()
        self.phi = task.hamiltonian.grid.to_periodic(task.outset.psi)
        self._most = WAITING_BYTES // (16 * math.prod(self.phi.shape))
        self._times: list[float] = (task.times - task.times[0]).tolist()
        self._early = 0.0  # the last save time whose state was handed out before it was judged
        planned = task.outset.planned.pop(table, None) if dt is None else None
        if planned is not None:
            self.steps: FixedSteps | AutomaticSteps = planned
            return
        kernel = SplittingKernel(task.hamiltonian, table, task.record, task.imaginary)
        self.steps = FixedSteps(kernel, task.outset, dt) if dt is not None else AutomaticSteps(kernel, task.outset, task.tol)

    def move(self, target: float) -> Any | None:
        judged = self.has_judged
        if not judged and len(self.ready) <= self._most:
            self._go_on(target)
            judged = self.has_judged
        if not judged:
            if len(self.ready) <= self._most:
                return None
            self._early = target
        return self.ready.take()

    @property
    def has_judged(self) -> bool:
        """Whether the state at the next save time is there, by steps that are not taken back any more."""
        return len(self.ready) > 0 and self.steps.stands(self.ready.times[0])

    def _go_on(self, target: float) -> None:
        """A stretch towards the first save time from ``target`` on whose state is not there yet."""
        clock, record, times = self.steps.clock, self.task.record, self._times
        goal, before = times[bisect_left(times, abs(target), key=abs) + len(self.ready)], clock.now
        self.phi, arrived = self.steps.advance(self.phi, goal)
        record.reached = clock.now
        if clock.left(before) > 0:  # steps were taken back
            self.ready.keep(sum(clock.left(time) == 0 for time in self.ready.times))
            if clock.left(self._early) > 0:
                record.revised = max(record.revised, self.steps.undone)
        if arrived:
            record.note = f"{self.name} with {self.steps.words}"
            self.ready.put(goal, self.task.hamiltonian.grid.from_periodic(self.steps.state(self.phi)))

    @property
    def judged(self) -> tuple[Any, float, float] | None:
        """(ψ, its time, the error until then) at the last state that steps chosen by local errors have looked at; else None."""
        way = self.steps.way if isinstance(self.steps, AutomaticSteps) else None
        if not isinstance(way, ProbedSteps):
            return None
        phi, now, error = way.judged
        return self.task.hamiltonian.grid.from_periodic(phi), now, error

    def snapshot(self) -> dict[str, Any]:
        """φ, how its phases are computed, the states that wait, and what the steps keep under "steps."."""
        return {"phi": np.array(to_numpy(self.phi)), "phases": self.steps.kernel.phases.name, "early": self._early,
                **self.ready.snapshot(), **{f"steps.{key}": value for key, value in self.steps.snapshot().items()}}

    def restore(self, saved: dict[str, Any]) -> None:
        """To the same bits; where "numba" made the phases and is not installed now MissingExtraError says so."""
        self.phi, self._early = like(to_numpy(saved["phi"]), self.phi), float(saved["early"])
        self.ready.restore(saved, self.phi)
        self.steps.kernel.compute_with(str(saved["phases"]))
        self.steps.restore({key.removeprefix("steps."): value for key, value in saved.items() if key.startswith("steps.")},
                           self.phi)
