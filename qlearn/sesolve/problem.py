"""What is to be solved, checked in full before any work."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import as_complex, like, namespace, to_numpy
from qlearn.methods import Method, Record, Stepper, Task
from qlearn.methods.record import EPS
from qlearn.sesolve.parts import Parts, Stretch, stretches
from qlearn.sesolve.plan import Plan, plan_for
from qlearn.sesolve.reduced import Reduced

__all__ = ["Problem", "prepared"]


@final
@dataclass(frozen=True, eq=False)
class Problem:
    """One solution to be found. psi0 (…batch of ψ0 and V, *state_shape); norms (…batch) NumPy. ``method`` as it was given;
    ``smooth`` the parts in which the run is done where H(t) is not smooth all the way, else ``plan`` how."""

    H: Hamiltonian
    psi0: Any
    times: np.ndarray
    method: Method | None
    window: bool | None
    tol: float
    imaginary: bool
    task: Task
    plan: Plan | None
    smooth: list[Stretch]
    norms: np.ndarray

    @property
    def record(self) -> Record:
        return self.task.record

    @property
    def takes_steps_as_given(self) -> bool:
        return getattr(self.method, "dt", None) is not None

    def start(self, see_edges: Callable[[Any], None]) -> Stepper | Reduced | Parts:
        """A run at times[0]."""
        if self.plan is not None:
            return self.plan.start(see_edges)
        return Parts(self.task, self.method, self.window, self.smooth, see_edges)


def prepared(H: Any, psi0: Any, tlist: Any, method: Any, tol: Any, imaginary: bool, window: bool | None, *,
             own: bool = True) -> Problem:
    """The problem, or ArgumentError or UnsupportedError. The trial of the choice of a method is counted in the record.

    own : False where ψ0 need not be copied, because nobody is handed it, or can change it, on the way.
    """
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H, "Use qlearn.from_qutip or Hamiltonian(grid, potential).")
    times = _times(tlist)
    psi = _state(H, psi0, own or len(times) == 1)  # one state alone is handed back as it is
    if isinstance(psi, np.ndarray):
        psi.flags.writeable = False
    norms = _norms(H, psi)
    tol = checks.real("tol", tol, above=0, most=1)
    if window is not None and not isinstance(window, bool | np.bool_):
        checks.fail("window", "must be None, True or False", window)
    if imaginary:
        _check_imaginary(H, times, norms)
    if method is not None:
        if isclass(method) or not callable(getattr(method, "start", None)):
            checks.fail("method", "must be None or a method such as ql.Gradient6(), ql.RKN6() or ql.Chebyshev()", method,
                        "Mind the parentheses." if isclass(method) else "")
        method.check(H, imaginary)
    task, window = Task(H, psi, times, tol, Record(), bool(imaginary)), None if window is None else bool(window)
    smooth = stretches(H, times) if getattr(method, "dt", None) is None else []
    plan = None if smooth else plan_for(task, method, window)
    return Problem(H, psi, times, method, window, tol, bool(imaginary), task, plan, smooth, norms)


def _state(H: Hamiltonian, psi0: Any, own: bool) -> Any:
    """ψ0 as a complex array of its own kind, with the batch axes of V; not ``own``: NumPy's in the same memory."""
    native = not isinstance(psi0, np.ndarray | list | tuple | int | float | complex) and hasattr(psi0, "shape")
    values = H.checked(to_numpy(psi0) if native else psi0, "psi0")
    batch = values.shape[:values.ndim - len(H.state_shape)]
    shape = (*(np.broadcast_shapes(batch, H.batch_shape) if H.batch_shape else batch), *H.state_shape)
    if not native:
        values = values if values.shape == shape else np.broadcast_to(values, shape)
        return np.array(values, dtype=complex, order="C") if own else np.ascontiguousarray(values, dtype=complex).view()
    return as_complex(namespace(psi0).broadcast_to(psi0, shape)) if not np.iscomplexobj(values) or values.shape != shape \
        else like(np.array(values, dtype=complex), psi0)


def _norms(H: Hamiltonian, psi: Any) -> np.ndarray:
    """‖ψ0‖ of each member, (…batch), none of them beyond the range of numbers and not all 0."""
    with np.errstate(over="ignore", under="ignore"):
        norms = np.asarray(H.norm(psi))
    if norms.size == 0:
        checks.fail("psi0", "must hold at least one wave function", f"shape {tuple(psi.shape)}")
    largest = norms.max()
    if not math.isfinite(largest) or (not largest > 0 and np.any(to_numpy(psi) != 0)):
        checks.fail("psi0", "must have a norm whose square is within the range of numbers",
                    f"values up to {np.max(np.abs(to_numpy(psi))):.1e}", "Scale it: psi0 / abs(psi0).max().")
    if not largest > 0:
        checks.fail("psi0", "must not vanish everywhere", "the zero state")
    return norms


def _check_imaginary(H: Hamiltonian, times: np.ndarray, norms: np.ndarray) -> None:
    if len(times) > 1 and times[1] < times[0]:
        checks.fail("tlist", "must increase in imaginary time, where the way back multiplies every error",
                    f"{times[0]:g} followed by {times[1]:g}", "Sort it.")
    if not H.is_hermitian:
        raise UnsupportedError("imaginary time leads to the lowest eigenstate of a Hermitian H; with an absorber, a complex V or "
                               "a complex f there is none. Leave the absorber and the imaginary parts of V and f out.")
    if H.time_dependent:
        raise UnsupportedError("imaginary time needs an H that does not depend on t; take H.at(t), the operator at time t.")
    if not np.all(norms > 0):
        checks.fail("psi0", "must not vanish in any member of the batch in imaginary time", "a zero state",
                    "Its norm could not be held.")


def _times(tlist: Any) -> np.ndarray:
    times = np.array(checks.finite_array("tlist", tlist, shape=(None,)))
    if times.size == 0:
        checks.fail("tlist", "must hold at least one time", "an empty list")
    first, last, steps = float(times[0]), float(times[-1]), times[1:] - times[:-1]
    closest = 16 * EPS * max(abs(first), abs(last))
    if not ((steps if first < last else -steps) > closest).all():
        where = int(np.argmin(steps if np.sum(steps > 0) >= np.sum(steps < 0) else -steps))
        checks.fail("tlist", "must be strictly increasing, or strictly decreasing",
                    f"{times[where]:g} followed by {times[where + 1]:g} at index {where}", "Sort it, without repetitions.")
    times.flags.writeable = False
    return times
