"""sesolve and propagate: from a problem to a Result, or to a stream of states."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import as_complex, to_numpy
from qlearn.methods import Method
from qlearn.results import Result
from qlearn.sesolve.checkpoint import Keeper
from qlearn.sesolve.problem import prepared
from qlearn.sesolve.progress import ProgressBar
from qlearn.sesolve.run import Run
from qlearn.sesolve.saved import Log

__all__ = ["propagate", "sesolve"]

Stop = Callable[[float, Any], bool]


def sesolve(H: Hamiltonian, psi0: Any, tlist: Any, *, e_ops: Any = None, method: Method | None = None, tol: float = 1e-8,
            imaginary_time: bool = False, store_states: bool | None = None, progress_bar: bool = False,
            checkpoint: Any = None, stop: Stop | None = None, window: bool | None = None) -> Result:
    """Solve iħ ∂_t ψ = Hψ and return a Result; in real time nothing is renormalised.

    Parameters
    ----------
    H : Hamiltonian.
    psi0 : ψ at tlist[0], (…, *shape) or (…, channels, *shape), complex; leading axes are a batch and broadcast against
        those of V. An array of another namespace (CuPy, JAX, PyTorch) is solved in that namespace and gives states of it;
        the numbers of e_ops and stats are NumPy's. Need not be normalised: where the equation is linear, tol and the drifts
        are relative to ‖ψ0‖.
    tlist : (n,) strictly increasing, or strictly decreasing to run backwards; each time is hit exactly. Where steps are chosen
        from tol and H(t) jumps or has a kink, at up to 64 times, the run is done in parts that end there.
    e_ops : None, one entry, a list or a dict of: Hamiltonian → ⟨H⟩ | array f(q) → Σ f|ψ|²ΔV, summed over channels | with
        channels a matrix (c, c) or (c, c, *shape) → Σ ψ†Mψ ΔV | callable (t, psi).
    method : a method such as ql.RKN6() or ql.Chebyshev(); None chooses, and result.method says which and why.
    tol : the L2 error √(Σ|ψ − ψ_exact|² ΔV)/‖ψ0‖ of the final state on this grid, global phase included, that the method aims
        to stay below where it chooses its steps, by estimates: no proof. A given dt is kept; see stats["error_estimate"].
    imaginary_time : True solves ħ ∂_τ ψ = −(H − E(τ))ψ with E(τ) so that ‖ψ‖ = ‖ψ0‖ stays, which is to say that exp(−Hτ/ħ)ψ0 is
        scaled to ‖ψ0‖. tlist holds τ, increasing (t = −iτ). ψ tends to the lowest state that ψ0 has a part in, as
        exp(−(E1 − E0)τ/ħ). stats["energy"] and stats["residual"] = ‖(H − E)ψ‖/‖ψ‖ come with it: some eigenvalue lies within
        the residual of the energy. For excited states, and for a gap that is small, take ql.eigenstates.
    store_states : None stores them where there are no e_ops.
    progress_bar : True shows one (tqdm), of the time that ψ has reached.
    checkpoint : path or ql.Checkpoint(path, every=seconds). While the file exists, the same call goes on where the file stops,
        to the same bits as a run that never stopped. It is written every 60 s between two stretches of the method, on Ctrl-C
        and on any exception of an e_op or of ``stop``; it is kept, complete, at the end, so that the same call gives the
        same result at once. An exception inside of a stretch, of a callable V say, leaves the last file. Another problem is
        refused: H, psi0, tlist, tol, method and e_ops must be the same, callables by their values.
    window : None moves ψ on fewer points where it stays in a part of the grid, or needs no such fine one, and steps are chosen
        from tol, for smooth V on periodic axes, static or a SeparablePotential: see qlearn.sesolve.reduced. True does so with
        a given dt too: what is left out is below tol, whatever the error of the steps. False takes all points, always.
        stats["grid"] says which were taken, stats["windows_left"] whether others were given up.
    stop : callable (t, psi) -> bool, asked at each time of tlist; where it says True the run ends: result.times ends there
        and stats["stopped"] says so.

    Raises
    ------
    ArgumentError or UnsupportedError before any work; StorageError for a checkpoint that cannot be used. Warns with
    AccuracyWarning where the estimated error exceeds tol, or where the grid is too coarse or too small for ψ (see
    qlearn.sesolve.adequacy).

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> psi0 = ql.gaussian(grid, center=1, width=2**-0.5)
    >>> result = ql.sesolve(H, psi0, [0, np.pi])
    >>> bool(grid.norm(result.final_state + 1j * ql.gaussian(grid, center=-1, width=2**-0.5)) < 1e-8) # ψ(π) = −iψ0(−x)
    True
    """
    _check_stop(stop)
    handed = e_ops is not None or stop is not None  # ψ0, to somebody who may change what it was made of
    problem = prepared(H, psi0, tlist, method, tol, imaginary_time, window, own=handed)
    log = Log(H, e_ops, store_states, problem.psi0, len(problem.times))
    run = Run(problem)
    keeper = Keeper(checkpoint, run, log)
    keeper.resume()  # outside of the block that saves: a file of another problem is left alone
    with ProgressBar(progress_bar, float(problem.times[-1] - problem.times[0])) as bar, keeper:
        _solve(run, log, keeper, bar, stop)
        keeper.save()
    return _result(run, log, keeper)


def propagate(H: Hamiltonian, psi0: Any, tlist: Any, *, method: Method | None = None, tol: float = 1e-8,
              imaginary_time: bool = False, window: bool | None = None) -> Iterator[tuple[float, Any]]:
    """Yield (t, ψ(t)) for each t of tlist, the first included, without storing anything; arguments as for sesolve.

    States come once the steps that led to them have been judged: some at once where save times are close, as far as 16 MiB hold.
    Arguments are checked at the call. Leave the loop with ``break`` whenever enough is known; nothing further is computed.
    Warnings of accuracy come when the last state has been taken; in runs of many seconds those of the grid come earlier. There
    are no checkpoints here: store what is yielded, or take sesolve with ``checkpoint`` and ``stop``.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-8, 8))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> for t, psi in ql.propagate(H, ql.gaussian(grid, center=1, width=2**-0.5), np.linspace(0, 10, 101)):
    ...     if ql.observables.mean(grid, grid.axes[0], psi) < 0:
    ...         break
    >>> round(t, 6)
    1.6
    """
    run = Run(prepared(H, psi0, tlist, method, tol, imaginary_time, window))

    def stream() -> Iterator[tuple[float, Any]]:
        yield run.time, as_complex(run.psi)
        while not run.finished:
            while not run.move():
                run.warn_early(depth=2)
            yield run.time, run.psi
        run.account()
        run.warn(depth=2)

    return stream()


def _solve(run: Run, log: Log, keeper: Keeper, bar: ProgressBar, stop: Stop | None) -> None:
    """From wherever run and log are to the end."""
    while True:
        if log.length <= run.index:
            log.take(run.time, run.psi)
        if stop is not None and _says_stop(stop, run):
            keeper.stopped = f"stop(t, psi) at t = {run.time:g}"
            return
        keeper.stopped = None
        if run.finished:
            return
        while not run.move():
            bar.show(run.record.reached)
            keeper.check()
            run.warn_early(depth=3)
        bar.show(run.record.reached)
        keeper.check()


def _result(run: Run, log: Log, keeper: Keeper) -> Result:
    stats = run.account()
    stats |= {"stopped": keeper.stopped, "resumed": keeper.resumed, "wall_time": keeper.wall_time}
    run.warn(depth=3)
    times = run.problem.times[:run.index + 1]
    states, expect, e_data = log.result()
    return Result(run.problem.H, times, states, run.psi, expect, e_data, run.words, stats)


def _check_stop(stop: Any) -> None:
    if stop is not None and not callable(stop):
        checks.fail("stop", "must be None or a callable (t, psi) -> bool", stop)


def _says_stop(stop: Stop, run: Run) -> bool:
    said: Any = stop(run.time, run.psi)
    answer = to_numpy(said) if hasattr(said, "shape") else np.asarray(said)
    if answer.size != 1:
        checks.fail("stop", "must give one truth value", f"an array of shape {answer.shape}",
                    "Join those of a batch with np.any or np.all.")
    return bool(answer)
