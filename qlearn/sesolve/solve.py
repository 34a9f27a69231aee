"""sesolve and propagate: checks, the choice of the method, the loop over the save times, the account of the run."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import isclass
from time import perf_counter
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, MissingExtraError, UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.methods import Method, Record, Task, choose
from qlearn.observables import as_observable
from qlearn.results import Result
from qlearn.sesolve.adequacy import GridMonitor

__all__ = ["propagate", "sesolve"]

LOOKS = 64  # save times at most at which the grid is looked at
ROUGHLY = 1e-2  # estimated error above which even a step length given by the user is warned about


def sesolve(H: Hamiltonian, psi0: Any, tlist: Any, *, e_ops: Any = None, method: Method | None = None, tol: float = 1e-8,
            imaginary_time: bool = False, store_states: bool | None = None, progress_bar: bool = False,
            checkpoint: Any = None) -> Result:
    """Solve iħ ∂_t ψ = Hψ and return a Result; nothing is renormalised.

    Parameters
    ----------
    H : Hamiltonian.
    psi0 : ψ at tlist[0], (…, *shape) complex; leading axes are a batch. Need not be normalised: the equation is linear,
        and tol and the drifts are relative to ‖ψ0‖.
    tlist : (n,) strictly increasing, or strictly decreasing to run backwards; each time is hit exactly.
    e_ops : None, one entry, a list or a dict of: Hamiltonian → ⟨H⟩ | array f(q) → Σ f|ψ|²ΔV | callable (t, psi).
    method : ql.Strang(), ql.RKN6(), ql.Chebyshev(), ql.Dense(); None chooses, and result.method says which and why.
    tol : bounds the L2 error √(Σ|ψ − ψ_exact|² ΔV)/‖ψ0‖ of the final state on this grid, global phase included, where the
        method chooses its steps. A given dt is kept as it is; see stats["error_estimate"].
    store_states : None stores them where there are no e_ops.
    progress_bar : True shows one (tqdm).
    imaginary_time, checkpoint : not offered yet.

    Raises
    ------
    ArgumentError or UnsupportedError before any work. Warns with AccuracyWarning where the estimated error exceeds tol, or
    where the grid is too coarse or too small for ψ (see qlearn.sesolve.adequacy).

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi0 = ql.gaussian(grid, center=1, width=2**-0.5)
    >>> result = ql.sesolve(H, psi0, [0, np.pi])
    >>> bool(grid.norm(result.final_state + 1j * ql.gaussian(grid, center=-1, width=2**-0.5)) < 1e-8) # ψ(π) = −iψ0(−x)
    True
    """
    started = perf_counter()
    run = _prepared(H, psi0, tlist, method, tol, imaginary_time=imaginary_time, checkpoint=checkpoint)
    names, observables = _observables(H, e_ops)
    keep = not observables if store_states is None else bool(store_states)
    states = np.empty((len(run.times), *run.psi0.shape), dtype=complex) if keep else None
    expect: list[list[Any]] = [[] for _ in observables]
    psi = run.psi0
    for index, (t, psi) in enumerate(_with_bar(run.states(), len(run.times), progress_bar)):
        if states is not None:
            states[index] = psi
        for values, observable in zip(expect, observables, strict=True):
            values.append(observable(t, psi))
    arrays = [np.array(values) for values in expect]
    stats = run.account(psi)
    stats["wall_time"] = perf_counter() - started
    run.warn()
    for array in (psi, states, *arrays):
        if array is not None:
            array.flags.writeable = False
    return Result(H, run.times, states, psi, arrays, dict(zip(names, arrays, strict=True)) if names else {},
                  run.words, stats)


def propagate(H: Hamiltonian, psi0: Any, tlist: Any, *, method: Method | None = None,
              tol: float = 1e-8) -> Iterator[tuple[float, np.ndarray]]:
    """Yield (t, ψ(t)) for each t of tlist, the first included, without storing anything; arguments as for sesolve.

    Arguments are checked at the call. Warnings of accuracy come when the last state has been taken.
    """
    run = _prepared(H, psi0, tlist, method, tol)

    def stream() -> Iterator[tuple[float, np.ndarray]]:
        yield from run.states()
        run.warn()

    return stream()


@final
@dataclass(eq=False)
class _Run:
    """One solution in progress."""

    H: Hamiltonian
    psi0: np.ndarray
    times: np.ndarray
    method: Method
    reason: str
    tol: float
    record: Record
    monitor: GridMonitor
    norms: np.ndarray
    norm_drift: float = 0.0

    def states(self) -> Iterator[tuple[float, np.ndarray]]:
        every = max(1, -(-len(self.times) // LOOKS))
        self._look(self.psi0)
        yield float(self.times[0]), self.psi0.copy()
        stepper = self.method.start(Task(self.H, self.psi0, self.times, self.tol, self.record))
        for index, time in enumerate(self.times[1:], start=1):
            while (psi := stepper.move(float(time - self.times[0]))) is None:
                pass
            some = self.norms > 0
            drift = np.abs(self.H.grid.norm(psi)[some] / self.norms[some] - 1)
            self.norm_drift = max(self.norm_drift, float(np.max(drift)))
            if index % every == 0 or index == len(self.times) - 1:
                self._look(psi)
            yield float(self.times[index]), psi

    def _look(self, psi: np.ndarray) -> None:
        self.monitor.see(self.H.grid.to_periodic(psi))

    @property
    def error_estimate(self) -> float:
        return self.record.error + self.record.rounding

    @property
    def words(self) -> str:
        note = self.record.note or self.method.name
        return f"{note}; {self.reason}" if self.reason else note

    def account(self, psi: np.ndarray) -> dict[str, Any]:
        energy_drift = self._energy_drift(psi)
        return {"ffts": self.record.ffts + self.monitor.ffts, "steps": self.record.steps,
                "error_estimate": self.error_estimate, "norm_drift": self.norm_drift, "energy_drift": energy_drift,
                "spectral_tail": self.monitor.tail, "edge_density": self.monitor.edge}

    def _energy_drift(self, psi: np.ndarray) -> float | None:
        if self.H.time_dependent:
            return None
        some = self.norms > 0
        before, after = (self.H.expect(state)[some] / self.norms[some] ** 2 for state in (self.psi0, psi))
        self.record.ffts += 2 * self.H.kinetic.ffts * (psi.size // self.H.grid.size)
        drift = np.ravel(after - before)
        return float(drift[np.argmax(np.abs(drift))])

    def _remedy(self, given: bool) -> str:
        if given:
            return "Take a shorter dt, or leave dt out."
        if self.record.rounding > self.record.error:
            return "Rounding sets a limit to what can be asked for; take a larger tol."
        if self.H.time_dependent:
            return "Take a smaller tol, and times where V jumps into tlist."
        return "Take a smaller tol, or method=ql.Chebyshev()."

    def warn(self) -> None:
        given = getattr(self.method, "dt", None) is not None
        if self.error_estimate > (ROUGHLY if given else self.tol):
            warnings.warn(f"the estimated error of the final state, {self.error_estimate:.1e}, exceeds "
                          f"{'1e-2' if given else f'tol = {self.tol:g}'} ({self.words}). {self._remedy(given)}",
                          AccuracyWarning, stacklevel=3)
        self.monitor.warn(self.tol)


def _prepared(H: Hamiltonian, psi0: Any, tlist: Any, method: Method | None, tol: float, *, imaginary_time: bool = False,
              checkpoint: Any = None) -> _Run:
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H, "Use qlearn.from_qutip or Hamiltonian(grid, potential).")
    if imaginary_time:
        raise UnsupportedError("imaginary time is not offered; qlearn.eigenstates(H, k) gives ground and excited states "
                               "with their residuals.")
    if checkpoint is not None:
        raise UnsupportedError("checkpoints are not offered; solve in pieces, each from the final_state of the last.")
    psi = H.checked(psi0, "psi0")
    norms = np.asarray(H.grid.norm(psi))
    if not np.max(norms, initial=0) > 0:
        checks.fail("psi0", "must not vanish everywhere", "the zero state")
    times = _times(tlist)
    tol = checks.real("tol", tol, above=0, most=1)
    record, reason = Record(), ""
    monitor = GridMonitor(H.grid, H.potential_table(float(times[0])))
    record.on_watch = monitor.see
    if method is None:
        method, reason = choose(H, psi, times, tol, record)
    _check_method(method, H)
    return _Run(H, psi, times, method, reason, tol, record, monitor, norms)


def _times(tlist: Any) -> np.ndarray:
    times = np.array(checks.finite_array("tlist", tlist, shape=(None,)))
    if times.size == 0:
        checks.fail("tlist", "must hold at least one time", "an empty list")
    closest = 16 * np.finfo(float).eps * np.max(np.abs(times))
    steps = np.diff(times)
    if not (np.all(steps > closest) or np.all(steps < -closest)):
        where = int(np.argmin(steps if np.sum(steps > 0) >= np.sum(steps < 0) else -steps))
        checks.fail("tlist", "must be strictly increasing, or strictly decreasing",
                    f"{times[where]:g} followed by {times[where + 1]:g} at index {where}", "Sort it, without repetitions.")
    times.flags.writeable = False
    return times


def _check_method(method: Any, H: Hamiltonian) -> None:
    offered = "None, ql.Strang(), ql.RKN6(), ql.Chebyshev() or ql.Dense()"
    if isclass(method) or not callable(getattr(method, "start", None)):
        checks.fail("method", f"must be {offered}", method, "Mind the parentheses." if isclass(method) else "")
    method.check(H)


def _observables(H: Hamiltonian, e_ops: Any) -> tuple[list[Any], list[Callable]]:
    """(keys, observables); no keys where e_ops was not a dict."""
    if e_ops is None:
        return [], []
    if isinstance(e_ops, dict):
        return list(e_ops), [as_observable(H.grid, entry, f"e_ops[{key!r}]") for key, entry in e_ops.items()]
    entries = e_ops if isinstance(e_ops, list | tuple) else [e_ops]
    return [], [as_observable(H.grid, entry, f"e_ops[{i}]") for i, entry in enumerate(entries)]


def _with_bar(states: Iterator[tuple[float, np.ndarray]], count: int, wanted: bool) -> Iterator[tuple[float, np.ndarray]]:
    if not wanted:
        return states
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        raise MissingExtraError("progress_bar needs tqdm: pip install tqdm, or leave progress_bar=False.") from error
    return iter(tqdm(states, total=count, desc="sesolve", unit="time"))
