"""A run whose H(t) jumps or has kinks, see qlearn.methods.breaks: one after the other, the parts in between, where it is smooth.

Each part is a task of its own, with a window, a method and steps of its own, and with an H that is asked for at its own times
alone, or stands still. Half of tol is shared out by the time that parts last, the other half evenly; what a part does not need
the next ones get. Where H amplifies, errors count as what they may have grown to by the end.
"""

from collections.abc import Callable
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import TINY, like, to_numpy
from qlearn.methods import Method, Record, Stepper, Task
from qlearn.methods.breaks import breaks_in, is_still
from qlearn.methods.growth import Growth, must_stay_finite
from qlearn.methods.record import EPS
from qlearn.sesolve.plan import Plan, plan_for
from qlearn.sesolve.reduced import Reduced

__all__ = ["Parts", "Stretch", "stretches"]

Stretch = tuple[float, float]  # from … to, in the direction of the run, where H(t) is smooth

NEAR = 64 * EPS  # of the times: a part that is shorter is passed over, and a save time that is nearer to a break is one with it
SAID = 6         # breaks, at most, whose times are said
LEAST = 0.1      # of the share of tol of a part, which it is left whatever was spent before
COUNTS = ("ffts", "steps")
ERRORS = ("error", "rounding", "revised")


def stretches(hamiltonian: Hamiltonian, times: np.ndarray) -> list[Stretch]:
    """The parts of a run; none where H(t) is smooth all the way."""
    start, end = float(times[0]), float(times[-1])
    breaks = breaks_in(hamiltonian, start, end) if hamiltonian.time_dependent and start != end else []
    low, high = min(start, end), max(start, end)
    smooth = zip([low, *(behind for _, behind in breaks)], [*(before for before, _ in breaks), high], strict=True)
    kept = [(a, b) for a, b in smooth if b - a > NEAR * max(abs(low), abs(high))] if breaks else []
    return kept if start < end else [(b, a) for a, b in reversed(kept)]


@final
class Parts:
    """The stepper; ``inner`` is that of the present part, ``plan`` how that is done."""

    index: int
    plan: Plan
    inner: Stepper | Reduced
    _stops: list[float]         # of the part, counted from the first of all times
    _reached: Any | None        # ψ at its end
    _before: dict[str, float]   # what the record said at its beginning
    _scale: float               # ‖ψ‖/‖ψ0‖ there

    def __init__(self, task: Task, method: Method | None, window: bool | None, smooth: list[Stretch],
                 see_edges: Callable[[Any], None]):
        self.task, self.method, self.window, self.smooth, self.see_edges = task, method, window, smooth, see_edges
        self._norms, self._growth = task.hamiltonian.norm(task.psi), Growth(task.hamiltonian, task.times)
        self._ahead: list[float] = (task.times - task.times[0]).tolist()
        self._edges = [0.0, *(self._edge(a) for a, _ in smooth[1:]), self._ahead[-1]]
        self._left = 0  # windows, in the parts before
        self._begin(0, task.psi, dict.fromkeys(COUNTS + ERRORS, 0.0))

    @property
    def phi(self) -> Any:
        return self.inner.phi

    @property
    def windows_left(self) -> int:
        """How many windows were given up in all parts so far."""
        return self._left + (self.inner.left if isinstance(self.inner, Reduced) else 0)

    def move(self, target: float) -> Any | None:
        if self._reached is not None and abs(target) > abs(self._edges[self.index + 1]):
            psi, before, self._left = self._reached, self._numbers(), self.windows_left
            del self.inner, self.plan  # their memory is for the next
            self._begin(self.index + 1, psi, before)
            return None
        end = self._edges[self.index + 1]
        goal = target if abs(target) <= abs(end) else end
        own = self.plan.task.times
        psi = self.inner.move(float(own[self._stops.index(goal)] - own[0]))
        self._report()
        if psi is not None and goal == end:
            self._reached = psi
        return psi if goal == target else None

    def snapshot(self) -> dict[str, Any]:
        own, first = self.plan.task.record, self.plan.task.psi
        return {"index": self.index, "left": self._left, "first": np.array(to_numpy(first)),
                "before": np.array(list(self._before.values())),
                "reached": np.zeros(0) if self._reached is None else np.array(to_numpy(self._reached)),
                **own.snapshot("own."),
                **{f"inner.{key}": value for key, value in self.inner.snapshot().items()}}

    def restore(self, saved: dict[str, Any]) -> None:
        before = dict(zip(COUNTS + ERRORS, np.asarray(saved["before"]).tolist(), strict=True))
        del self.inner, self.plan
        self._left = int(saved["left"])
        self._begin(int(saved["index"]), like(np.array(saved["first"]), self.task.psi), before)
        self.inner.restore({key.removeprefix("inner."): value for key, value in saved.items() if key.startswith("inner.")})
        self.plan.task.record.restore(saved, "own.")
        reached = np.array(saved["reached"])
        self._reached = like(reached, self.task.psi) if reached.size else None

    def _edge(self, time: float) -> float:
        """A break, counted from times[0]: the save time that it is one with, if any."""
        first = float(self.task.times[0])
        near = NEAR * float(np.abs(self.task.times).max())
        return min((t for t in self._ahead if abs(first + t - time) <= near), key=lambda t: abs(first + t - time),
                   default=time - first)

    def _begin(self, index: int, psi: Any, before: dict[str, float]) -> None:
        """The part ``index`` from ψ; ``before`` is what the record says until there."""
        self.index, self._before, self._reached = index, before, None
        begin, end = self._edges[index:index + 2]
        self._stops = [begin, *(t for t in self._ahead if abs(begin) < abs(t) < abs(end)), end]
        first = float(self.task.times[0])
        low, high = sorted(self.smooth[index])
        H, times = self.task.hamiltonian.between(low, high), first + np.array(self._stops)
        H = H.at(0.5 * (low + high)) if is_still(H, low, high) else H
        self._scale = max(self._swollen(psi), TINY)
        must_stay_finite(self._scale, float(times[0]))
        record = Record(on_watch=self.task.record.on_watch)
        self.plan = plan_for(Task(H, psi, times, self._share(index), record), self.method, self.window)
        self.inner = self.plan.start(self.see_edges)

    def _share(self, index: int) -> float:
        """Of tol, for the part ``index``, relative to its own first state and to its end."""
        begin, end = self._edges[index:index + 2]
        shares = [0.5 * abs((b - a) / self.task.span) + 0.5 / len(self.smooth)
                  for a, b in zip(self._edges[:-1], self._edges[1:], strict=True)]
        tol, error = self.task.tol, self._before["error"] * self._growth.to_the_end(begin, self.task.tol)
        left = max((tol - error) * shares[index] / sum(shares[index:]), LEAST * tol * shares[index])
        return min(left / (self._scale * self._growth.to_the_end(end, tol)), 1.0)

    def _swollen(self, psi: Any) -> float:
        """The largest ‖ψ‖/‖ψ0‖ of the members of a batch."""
        norms = self.task.hamiltonian.norm(psi)
        return float(np.max(np.divide(norms, self._norms, out=np.zeros_like(norms), where=self._norms > 0)))

    def _numbers(self) -> dict[str, float]:
        """What the record says now: errors of the parts before as they have grown, relative to ψ0."""
        own, begin = self.plan.task.record, self._edges[self.index]
        now = self._edges[self.index + 1] if self._reached is not None else begin + own.reached
        grown = self._growth.between(begin, now)
        return {name: self._before[name] + getattr(own, name) for name in COUNTS} \
            | {name: self._before[name] * grown + getattr(own, name) * self._scale for name in ERRORS}

    def _report(self) -> None:
        record, own = self.task.record, self.plan.task.record
        for name, value in self._numbers().items():
            setattr(record, name, type(getattr(record, name))(value))
        record.reached = self._edges[self.index] + own.reached
        breaks = ", ".join(f"{edge + float(self.task.times[0]):.6g}" for edge in self._edges[1:-1][:SAID])
        breaks += ", …" if len(self._edges) > SAID + 2 else ""
        where = f"between jumps or kinks of H(t) at t = {breaks}" if breaks else "behind a jump of H(t) at the first or last time"
        record.note = f"{self.plan.words(self.inner)}; in {len(self.smooth)} part{'s' * (len(self.smooth) > 1)}, {where}"
