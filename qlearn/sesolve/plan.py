"""How a task is done: by which method, and in a window of the grid or on all of its points."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from qlearn.methods import Method, Stepper, Task, choose, guarded
from qlearn.methods.window import Window
from qlearn.sesolve.reduced import Reduced, takes_windows, windowed

__all__ = ["Plan", "plan_for"]


@final
@dataclass(frozen=True, eq=False)
class Plan:
    """``method`` for the task; ``reason`` why it was chosen, "" where it was given; ``part`` the task in its window, or None."""

    task: Task
    method: Method
    reason: str
    part: tuple[Task, Window] | None

    def start(self, see_edges: Callable[[Any], None]) -> Stepper | Reduced:
        """A run at times[0]; ``see_edges`` is shown φ of windows that are not cut on all axes."""
        if self.part is None:
            return self.method.start(self.task)
        return Reduced(self.method, None if self.reason else self.method, self.task, *self.part, see_edges)

    def words(self, stepper: Stepper | Reduced | None) -> str:
        """What the run did, for result.method."""
        note = self.task.record.note or self.method.name
        if isinstance(stepper, Reduced):
            note += f" on {'×'.join(map(str, stepper.points))} points"
        return f"{note}; {self.reason}" if self.reason else note


def plan_for(task: Task, method: Method | None, window: bool | None) -> Plan:
    """By the given method, or the one that is chosen; the trial of the choice is counted in the record."""
    part = windowed(task) if takes_windows(method, window) else None
    if method is not None:
        return Plan(task, method, "", part)
    chosen, reason = choose(task if part is None else part[0])
    return Plan(task, guarded(chosen, task) if part is None else chosen, reason, part)
