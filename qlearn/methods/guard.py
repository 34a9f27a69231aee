"""A splitting that was chosen, with a way out for when its steps turn out to cost far more than another method would.

What the first state tells of a splitting holds as far as ψ has met V. Where ψ gets to places or wavenumbers that the grid does
not resolve, steps may shrink a thousandfold, while a series in H costs what its spectrum and the time ask for. So a splitting
is given up once it has cost ENOUGH times as much as the other method would, which goes on from the last state that was judged,
with what is left of tol: the whole costs a few times what the better choice would have cost, however wrong the first was.
"""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.tables import point_levels
from qlearn.kernels.arrays import like, to_numpy
from qlearn.methods.chebyshev import Chebyshev, expansion_length
from qlearn.methods.growth import Growth
from qlearn.methods.lanczos import Lanczos, lanczos_pairs
from qlearn.methods.magnus import Magnus4
from qlearn.methods.record import Record
from qlearn.methods.splitting import Splitting
from qlearn.methods.splitting_stepper import SplittingStepper
from qlearn.methods.task import Method, Stepper, Task

__all__ = ["guarded"]

ENOUGH = 2.0
ENOUGH_DRIVEN = 100.0  # of a series for an H that stands still: Magnus4 took 20 to 150 times as much for five driven lines
LEAST = 0.1            # of tol, which is left at least
LOOKS = 5              # times at which an H(t) is looked at
COUNTS = ("ffts", "steps", "error", "rounding")


def guarded(method: Method, task: Task) -> Method:
    """The method, or one that starts with it and may give it up; the same where nothing else would do the task."""
    H = task.hamiltonian
    if not isinstance(method, Splitting) or method.dt is not None or task.imaginary or not H.is_linear or not H.is_diagonal_in_k \
            or task.span == 0 or Growth(H, task.times).possible:
        return method
    if H.time_dependent:
        return _Guarded(method, Magnus4(), ENOUGH_DRIVEN * expansion_length(_widest(task) / 2 * abs(task.span) / H.hbar))
    if not H.is_hermitian:
        return _Guarded(method, Lanczos(), ENOUGH * lanczos_pairs(H, abs(task.span), task.tol))
    low, high = H.spectral_bounds
    return _Guarded(method, Chebyshev(), ENOUGH * expansion_length((high - low) / 2 * abs(task.span) / H.hbar))


def _widest(task: Task) -> float:
    """The largest width of the spectrum of H(t), as T and V enclose it."""
    H = task.hamiltonian
    times = (float(task.times[0] + part * task.span) for part in np.linspace(0, 1, LOOKS))
    levels = (point_levels(H.potential_table(t), H.channels, H.grid.ndim) for t in times)
    low, high = H.kinetic.bounds
    return high - low + max(most - least for least, most in levels)


@final
@dataclass(frozen=True)
class _Guarded:
    """``method`` until it has taken so many FFT pairs, then ``other``."""

    method: Splitting
    other: Method
    most: float

    @property
    def name(self) -> str:
        return self.method.name

    def __repr__(self) -> str:
        return repr(self.method)

    def check(self, hamiltonian: Hamiltonian, imaginary: bool = False) -> None:
        self.method.check(hamiltonian, imaginary)

    def start(self, task: Task) -> "_GuardedStepper":
        return _GuardedStepper(task, self)


@final
class _GuardedStepper:
    """A run of the one, then of the other method."""

    def __init__(self, task: Task, plan: _Guarded):
        self.task, self.plan, self.record, self.begun = task, plan, task.record, task.record.ffts
        self.first: SplittingStepper | None = plan.method.start(task)
        self.rest: _Rest | None = None

    @property
    def phi(self) -> Any:
        stepper: Stepper | None = self.first if self.rest is None else self.rest.stepper
        assert stepper is not None
        return stepper.phi

    def move(self, target: float) -> Any | None:
        if self.first is not None and self._is_dear() and not self.first.has_judged:
            self._give_up(self.first.judged, target)
        if self.rest is not None:
            return self.rest.move(target, self.record)
        assert self.first is not None
        return self.first.move(target)

    def snapshot(self) -> dict[str, Any]:
        if self.rest is not None:
            return self.rest.snapshot()
        assert self.first is not None
        return {"begun": self.begun, **self.first.snapshot()}

    def restore(self, saved: dict[str, Any]) -> None:
        if "rest.psi" in saved:
            before = dict(zip(COUNTS, np.asarray(saved["rest.before"]).tolist(), strict=True))
            self._go_on(like(np.array(saved["rest.psi"]), self.task.psi), np.asarray(saved["rest.times"]), before)
            assert self.rest is not None
            self.rest.restore(saved)
            return
        assert self.first is not None
        self.begun = int(saved["begun"])
        self.first.restore(saved)

    def _is_dear(self) -> bool:
        copies = math.prod(self.task.psi.shape) // self.task.hamiltonian.grid.size
        return self.record.ffts - self.begun > 2 * self.plan.most * copies

    def _give_up(self, judged: tuple[Any, float, float] | None, target: float) -> None:
        """Where the steps were foreseen they cost what was foreseen, and are gone on with."""
        if judged is None:
            return
        psi, now, error = judged
        ahead = self.task.times - self.task.times[0]
        times = float(self.task.times[0]) + np.array([now, *ahead[np.abs(ahead) >= abs(target)]])
        self._go_on(psi, times, {name: getattr(self.record, name) for name in COUNTS} | {"error": error})

    def _go_on(self, psi: Any, times: np.ndarray, before: dict[str, float]) -> None:
        self.first = None
        self.rest = _Rest(self.plan, self.task, psi, times, before)


@final
class _Rest:
    """What the other method does from ``psi`` at times[0] on; ``before`` is what the record said until then."""

    def __init__(self, plan: _Guarded, task: Task, psi: Any, times: np.ndarray, before: dict[str, float]):
        self.name, self.before, self.start = plan.name, before, float(times[0] - task.times[0])
        left = max(task.tol - before["error"], LEAST * task.tol)
        self.task = Task(task.hamiltonian, psi, times, left, Record(on_watch=task.record.on_watch))
        self.stepper = plan.other.start(self.task)

    def move(self, target: float, record: Record) -> Any | None:
        """As a stepper of the whole run does; its record is brought up to date."""
        psi, own = self.stepper.move(target - self.start), self.task.record
        for name in COUNTS:
            setattr(record, name, type(getattr(own, name))(self.before[name]) + getattr(own, name))
        record.reached = self.start + own.reached
        tried = f"{self.name}, given up at t = {self.task.times[0]:.4g} after {self.before['steps']:.0f} steps"
        record.note = f"{tried}, for {own.note}"
        return psi

    def snapshot(self) -> dict[str, Any]:
        return {"rest.psi": np.array(to_numpy(self.task.psi)), "rest.times": self.task.times,
                "rest.before": np.array([self.before[name] for name in COUNTS], dtype=float),
                **self.task.record.snapshot("rest.own."),
                **{f"rest.stepper.{key}": value for key, value in self.stepper.snapshot().items()}}

    def restore(self, saved: dict[str, Any]) -> None:
        self.stepper.restore({key.removeprefix("rest.stepper."): value for key, value in saved.items()
                              if key.startswith("rest.stepper.")})
        self.task.record.restore(saved, "rest.own.")
