"""A run in a window of the grid, see qlearn.methods.window: on fewer points while the state stays there, else on more of them.

What the window leaves out is looked at: the share of |φ|² in the outermost wavenumbers, and on a cut axis in the outermost
points at either end. Where the root of either exceeds LEAK·tol the window is given up, and the run starts again from ψ0: in a
window that is larger or finer, or both, by where ψ was seen, at last on all points. Both are looked at all the way, behind every
step of a splitting and in the terms of a Chebyshev expansion: what gets out comes in from the other end.
stats["grid"] says on which points the state was moved, stats["windows_left"] how many windows were given up.
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
from qlearn.methods.window import Window
from qlearn.methods.window_search import window_for

__all__ = ["Reduced", "takes_windows", "windowed"]

LEAK = 0.1  # of tol
LARGER, FINER = 1.4, 1.5  # times that the next window is
WINDOWS = 3  # at most, before all points


def takes_windows(method: Any, wanted: bool | None) -> bool:
    """Whether a window is looked for: where steps are chosen from tol, ``wanted`` None, or where one is wanted, for the methods
    that can be stopped when ψ leaves it."""
    if method is None or wanted is False:
        return wanted is not False
    return isinstance(method, Chebyshev | Splitting) and (wanted is True or getattr(method, "dt", None) is None)


def windowed(task: Task, last: Window | None = None, larger: float = 1.0, finer: float = 1.0) -> tuple[Task, Window] | None:
    """The task in its window, or in one that is larger or finer by these than the ``last``; None where there is none."""
    found = None if task.imaginary or task.span == 0 else window_for(task, last, larger, finer)
    if found is None:
        return None
    window, H = found
    return Task(H, window.inside(task.psi), task.times, task.tol, task.record,
                factors=task.outset.factors if H.time_dependent else None,
                cut=tuple(axis for axis, cut in enumerate(window.cut) if cut)), window


@final
class Reduced:
    """The stepper of the method ``first`` in a window; of ``method``, None to choose, on all points once those are given up."""

    window: Window | None
    inner: Stepper

    def __init__(self, first: Method, method: Method | None, task: Task, part: Task, window: Window,
                 see_edges: Callable[[Any], None]):
        self.first, self.method, self.task, self.see_edges = first, method, task, see_edges
        self.watched, task.record.on_watch = task.record.on_watch, None
        self.outs, self.most = list[tuple[bool, bool]](), (LEAK * task.tol) ** 2  # where ψ left each window that was given up
        self._enter(part, window)

    def move(self, target: float) -> Any | None:
        psi, record, window = self.inner.move(target), self.task.record, self.window
        if window is None:
            return psi
        out, modes = self._leaks(window, psi)
        if out.any():
            self._give_up(bool(out[0]), bool(out[1]))
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
        return self.task.hamiltonian.grid.shape if self.window is None else self.window.grid.shape

    @property
    def left(self) -> int:
        """How many windows were given up."""
        return len(self.outs)

    def snapshot(self) -> dict[str, Any]:
        inner = {f"inner.{key}": value for key, value in self.inner.snapshot().items()}
        return {"outs": np.array(self.outs, dtype=float).reshape(-1, 2), **inner}

    def restore(self, saved: dict[str, Any]) -> None:
        for at_ends, in_waves in np.asarray(saved["outs"]).tolist():
            self._give_up(bool(at_ends), bool(in_waves))
        self.inner.restore({key.removeprefix("inner."): value for key, value in saved.items() if key.startswith("inner.")})

    def _leaks(self, window: Window, psi: Any | None) -> tuple[np.ndarray, np.ndarray | None]:
        """(whether the state came too near to the ends of the window on its way, or ψ (…, *shape) where it has arrived, and
        whether to the last of its wavenumbers; the modes of the periodic part of ψ where they were looked at)."""
        record = self.task.record
        assert record.lookout is not None
        if not all(window.cut):
            self.see_edges(self.inner.phi if psi is None else window.grid.periodic_part(psi))
        out = record.lookout.seen > self.most
        if out.any() or psi is None or not window.watched.modes.size:
            return out, None
        record.ffts += math.prod(psi.shape) // window.grid.size
        modes = window.grid.forward(window.grid.to_periodic(to_numpy(psi)))
        return np.array([False, largest_share(modes, window.rims[0]) > self.most]), modes

    def _give_up(self, at_ends: bool, in_waves: bool) -> None:
        """From ψ0 again, in the next window or on all points."""
        self.outs.append((at_ends, in_waves))
        record, more = self.task.record, (LARGER if at_ends else 1.0, FINER if in_waves else 1.0)
        record.error, record.rounding, record.steps, record.witnessed = 0.0, 0.0, 0, 0.0
        found = windowed(self.task, self.window, *more) if self.left < WINDOWS else None
        if found is not None:
            self._enter(*found)
            return
        self.window, record.lookout, record.on_watch = None, None, self.watched
        method = guarded(choose(self.task)[0], self.task) if self.method is None else self.method
        self.inner = method.start(self.task)

    def _enter(self, part: Task, window: Window) -> None:
        self.window = window
        self.task.record.lookout = Lookout(window.watched, part.outset.phi, window.grid.size)
        self.inner = self.first.start(part)
