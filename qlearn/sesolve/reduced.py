"""A run in a window of the grid, see qlearn.methods.window: on fewer points while the state stays there, else on all of them.

What the window leaves out is looked at: the share of |φ|² in the outermost wavenumbers, and on a cut axis in the outermost
points at either end. Where the root of either exceeds LEAK·tol, LEAK_DRIVEN·tol under a drive, the window is given up, and the
run starts again from ψ0 on all points. Under a static V what gets out keeps its energy, and is met sooner or later: it is
looked at at save times and behind stretches of the method, every SELDOM steps. A drive may push ψ out and catch what comes in
from the other end: its rims are looked at behind every step.
stats["grid"] says on which points the state was moved, stats["windows_left"] whether a window was given up.
"""

import math
from collections.abc import Callable
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import to_numpy
from qlearn.kernels.sums import largest_share
from qlearn.methods import Chebyshev, Method, Stepper, Task, choose
from qlearn.methods.lookout import Lookout
from qlearn.methods.splitting import Splitting
from qlearn.methods.window import Window, window_for

__all__ = ["Reduced", "takes_windows", "windowed"]

LEAK, LEAK_DRIVEN = 0.03, 0.1  # of tol
SELDOM = 8  # steps after which a window is looked at, besides at save times


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
                factors=task.outset.factors if H.time_dependent else None), window


@final
class Reduced:
    """The stepper of the method ``first`` in a window; of ``method``, None to choose, on all points once that is given up."""

    def __init__(self, first: Method, method: Method | None, task: Task, part: Task, window: Window,
                 see_edges: Callable[[Any], None]):
        self.method, self.task, self.window, self.see_edges = method, task, window, see_edges
        self.watched, task.record.on_watch = task.record.on_watch, None
        self.given_up, self.looked = False, 0  # steps when the ends of the window were looked at last
        if part.hamiltonian.time_dependent:
            task.record.lookout = Lookout(window.rim_points, window.rim_modes, part.outset.phi, window.grid.size)
        self.inner: Stepper = first.start(part)

    def move(self, target: float) -> Any | None:
        psi, modes, record, window = self.inner.move(target), None, self.task.record, self.window
        if self.given_up:
            return psi
        if record.steps - self.looked >= (1 if psi is not None else SELDOM):
            self.looked = record.steps
            phi = self.inner.phi if psi is None else window.grid.periodic_part(psi)
            leaks, modes = self._leaks(to_numpy(phi), psi is not None)
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
        return {"given_up": self.given_up, "looked": self.looked, **inner}

    def restore(self, saved: dict[str, Any]) -> None:
        self.looked = int(saved["looked"])
        if saved["given_up"]:
            self._give_up()
        self.inner.restore({key.removeprefix("inner."): value for key, value in saved.items() if key.startswith("inner.")})

    def _leaks(self, phi: np.ndarray, arrived: bool) -> tuple[bool, np.ndarray | None]:
        """(True where φ, the periodic part of a state in the window, comes or came too near to its ends, the modes of φ where
        they were looked at)."""
        window, record = self.window, self.task.record
        most = ((LEAK if record.lookout is None else LEAK_DRIVEN) * self.task.tol) ** 2
        if not all(window.cut):
            self.see_edges(phi)
        if record.lookout is not None:
            seen = bool(record.lookout.seen.max() > most)
            if seen or not arrived:
                return seen, None
        outer, ends = window.rims
        if largest_share(phi, ends) > most:
            return True, None
        if not any(len(places) for places in outer):
            return False, None
        record.ffts += phi.size // window.grid.size
        modes = window.grid.forward(np.array(phi, dtype=complex))
        return largest_share(modes, outer) > most, modes

    def _give_up(self) -> None:
        record, self.given_up = self.task.record, True
        record.error, record.rounding, record.steps, record.witnessed, record.on_watch = 0.0, 0.0, 0, 0.0, self.watched
        record.lookout = None
        method = choose(self.task)[0] if self.method is None else self.method
        self.inner = method.start(self.task)
