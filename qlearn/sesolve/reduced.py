"""A run in a window of the grid, see qlearn.methods.window: on fewer points while the state stays there, else on all of them.

What the window leaves out is looked at: the share of |φ|² in the outermost wavenumbers, and on a cut axis in the outermost
points at either end. Where the root of either exceeds LEAK·tol the window is given up, and the run starts again from ψ0 on
all points. Both are looked at all the way, behind every step of a splitting and in the terms of a Chebyshev expansion: what
gets out comes in from the other end.
stats["grid"] says on which points the state was moved, stats["windows_left"] whether a window was given up.
"""

import math
from collections.abc import Callable
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import to_numpy
from qlearn.kernels.sums import largest_share
from qlearn.methods import Chebyshev, Method, Stepper, Task, choose, guarded
from qlearn.methods.lookout import Lookout
from qlearn.methods.splitting import Splitting
from qlearn.methods.window import Window, window_for

__all__ = ["Reduced", "takes_windows", "windowed"]

LEAK = 0.1  # of tol


def takes_windows(method: Any, wanted: bool | None) -> bool:
    """Whether a window is looked for: where steps are chosen from tol, ``wanted`` None, or where one is wanted, for the methods
    that can be stopped when ψ leaves it."""
    if method is None or wanted is False:
        return wanted is not False
    return isinstance(method, Chebyshev | Splitting) and (wanted is True or getattr(method, "dt", None) is None)


def windowed(task: Task) -> tuple[Task, Window] | None:
    """The task in its window; None where there is none."""
    window = None if task.imaginary or task.span == 0 else window_for(task)
    if window is None:
        return None
    H = task.hamiltonian.at_points(window.grid, window.index)
    return Task(H, window.inside(task.psi), task.times, task.tol, task.record,
                factors=task.outset.factors if H.time_dependent else None,
                cut=tuple(axis for axis, cut in enumerate(window.cut) if cut)), window


@final
class Reduced:
    """The stepper of the method ``first`` in a window; of ``method``, None to choose, on all points once that is given up."""

    def __init__(self, first: Method, method: Method | None, task: Task, part: Task, window: Window,
                 see_edges: Callable[[Any], None]):
        self.method, self.task, self.window, self.see_edges = method, task, window, see_edges
        self.watched, task.record.on_watch = task.record.on_watch, None
        self.given_up, self.most = False, (LEAK * task.tol) ** 2
        task.record.lookout = Lookout(window.watched, part.outset.phi, window.grid.size)
        self.inner: Stepper = first.start(part)

    def move(self, target: float) -> Any | None:
        psi, modes, record, window = self.inner.move(target), None, self.task.record, self.window
        if self.given_up:
            return psi
        leaks, modes = self._leaks(psi)
        if leaks:
            self._give_up()
            return None
        if psi is None:
            return None
        record.ffts += math.prod(psi.shape) // window.grid.size * (window.ffts if modes is None else window.ffts - 1)
        return window.extended(psi, modes)

    @property
    def phi(self) -> Any:
        return self.inner.phi

    @property
    def points(self) -> tuple[int, ...]:
        """The shape of the grid on which the state is moved."""
        return self.task.hamiltonian.grid.shape if self.given_up else self.window.grid.shape

    def snapshot(self) -> dict[str, Any]:
        inner = {f"inner.{key}": value for key, value in self.inner.snapshot().items()}
        return {"given_up": self.given_up, **inner}

    def restore(self, saved: dict[str, Any]) -> None:
        if saved["given_up"]:
            self._give_up()
        self.inner.restore({key.removeprefix("inner."): value for key, value in saved.items() if key.startswith("inner.")})

    def _leaks(self, psi: Any | None) -> tuple[bool, np.ndarray | None]:
        """(True where the state came too near to the ends of the window on its way, or ψ (…, *shape) where it has arrived is;
        the modes of its periodic part where they were looked at)."""
        window, record = self.window, self.task.record
        assert record.lookout is not None
        if not all(window.cut):
            self.see_edges(self.inner.phi if psi is None else window.grid.periodic_part(psi))
        if record.lookout.seen.max() > self.most:
            return True, None
        if psi is None or not window.watched.modes.size:
            return False, None
        record.ffts += math.prod(psi.shape) // window.grid.size
        modes = window.grid.forward(window.grid.to_periodic(to_numpy(psi)))
        return largest_share(modes, window.rims[0]) > self.most, modes

    def _give_up(self) -> None:
        record, self.given_up = self.task.record, True
        record.error, record.rounding, record.steps, record.witnessed, record.on_watch = 0.0, 0.0, 0, 0.0, self.watched
        record.lookout = None
        method = guarded(choose(self.task)[0], self.task) if self.method is None else self.method
        self.inner = method.start(self.task)
