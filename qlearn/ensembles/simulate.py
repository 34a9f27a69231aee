"""simulate: an ensemble of noisy learners of one learning system."""

import copy
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.blocks import run_blocks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.langevin.formula_walk import formula_walk
from qlearn.ensembles.langevin.guided import GuidedDrift, guided_plan
from qlearn.ensembles.langevin.langevin import Kicks, Tally, walk
from qlearn.ensembles.langevin.limited_steps import warn_of_limits
from qlearn.ensembles.langevin.plan import Plan
from qlearn.ensembles.langevin.static import static_plan
from qlearn.ensembles.langevin.step_counts import step_counts
from qlearn.ensembles.streams import Streamed, check_cells, merged, record_for
from qlearn.errors import UnsupportedError
from qlearn.fields.sphere_law import SphereLaw
from qlearn.grids import Grid
from qlearn.kernels.programs import Program

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["simulate"]

_HEUN, _SPLITTING = "stochastic Heun, weak order 2", "splitting of noise and drift, weak order 2"
KINDS = ("guided", "static", "self-consistent")


def simulate(system: "LearningSystem", start: Any, tlist: Any, *, kind: str, learners: int, seed: int,
             parameters: Mapping[str, float] | None = None, field: Any = None, dt: float | None = None,
             ito: str = "covariant", nodes: str | None = None, carriers: int | None = None, store: Grid | None = None,
             executor: Executor | None = None,
             progress: Callable[[int], None] | None = None) -> Ensemble:
    """Run independent noisy learners dq = γ∇F dt + √(2D) dW, D = γT (covariant noise), and record them at tlist.

    kind "guided"   F = φ + T ln ρ is read from a solved ψ = √ρ exp(iφ/ħ), ħ = 2T, m = 1/γ: the drift is
                    (ħ/m)(Im + Re)(∂ψ/ψ) and the law is |ψ|² if it was at the start.  It checks that the learner's law
                    follows (7); it is not independent of ψ.  Potential and twist are those of ``field``: learners feel
                    nothing of the system but γ, T, the metric and the periods.
    kind "static"   F = −U, the system's loss: the law relaxes to exp(−U/T)√g.  With covariance= and α ≠ 1 the noise is what
                    it is, D^{μν} = γT(g⁻¹(κ/κ₀)g⁻¹)^{μν}, and the law follows ∂_tρ = −γ∇_μ(ρ∇^μF) + ∇_μ(D^{μν}∂_νρ); in general
                    it has no closed form, and no ħ.
    kind "self-consistent"   learners and a loss field, nothing reads a solved ψ; flat space.  Carriers (no noise) make the
                    fields, the score s = ∇ln ρ and the current potential φ, v = ∇φ/m, and move with v.  Noisy learners start on
                    their own from the same density and read v + Ds one way: they act back on nothing.  Assumed: A1, for ħ enters
                    the force; A2, for φ is an angle, so that circulation is 2πħ(n + θ).  Two methods (``nodes``):
                    "poles", the default where the start is a density and a phase: the field is p = exp(ln √ρ + iφ/ħ), which A1
                    and A2 make obey a linear equation between two refits of |p| to the carriers.  It goes through nodes.
                    Learners' own are only the means of a few smooth functions, four on a line; the rest of |p| and all of
                    arg p obey that equation by assumption (qlearn/ensembles/nodes).
                    "stop", the default where the start is positions and velocities: all of s is the carriers' own, by
                    Hyvärinen matching in a spline basis chosen by held-out loss, and φ follows
                    m Dv/Dt = −∇V + (ħ²/4m)∇(|s|²/2 + ∇·s) (qlearn/ensembles/self_consistent); no linear equation goes in, the
                    circulation on a ring is held.  It fails at nodes of the wave, be they in a tail: a run warns when a dip of
                    the density gets deep, and stops with StoppedRunError, whose ``.ensemble`` holds what was reached.

    Scheme of a static loss in flat space made of + - * / **, sin, cos, tan, exp, log, sinh, cosh, tanh and abs: a splitting of
    noise and drift in one compiled loop, weak order 2 (qlearn/kernels/learner_steps.py); ``stats["method"]`` says so.

    Scheme of all else ("guided", "static"): stochastic Heun along geodesics, weak order 2, on any metric in one to three
    coordinates (qlearn/ensembles/langevin); a sphere R²(dθ² + sin²θ dφ²) by great circles, so that learners may pass its
    poles; other coordinates that degenerate somewhere (r = 0) are refused when a learner comes as near as a kick is long.
    Near nodes of ψ, where 2D dt |∂ψ/ψ|² > 1/8, a learner takes substeps of its own, down to dt/64 (``stats["substep_share"]``).

    Whatever the scheme, |drift| is limited to √(2D/dt) in the metric norm; ``stats["limited_share"]`` is the share of
    learner-steps where that happened; above 1e-3 simulate warns, and ``compare`` does not pass the ensemble.

    Parameters
    ----------
    start : GridDensity (positions are drawn from it), an array (learners, d) or (learners,), one point, or, guided by a
        Result only, None: positions are drawn from |ψ(tlist[0])|².  "self-consistent": (density, phase), density a GridDensity,
        phase a callable φ(*q) ("poles" takes more, see there), or a density alone for φ = 0; or (q0 (n, d), v0 (n, d))
    tlist : increasing times (n,), the first is the start; positions are stored exactly there
    parameters : numbers for the system's symbols
    field : "guided" only: a Result, whose ħ must be 2T and whose mass 1/γ; or any callable (t, *q) -> (psi, grad_psi), psi
        the scalar, not the half-density.  A callable has no ħ that could be checked: (ħ/m) = 2D is then the system's.
        That is the way to wrong-temperature controls, see ``qlearn.fields.DriftScaled``.
    dt : largest step; each interval of tlist is cut into equal steps.  Default: guided by a Result or GridField, with K
        the largest mean kinetic energy, ħ/(200 K); static: 0.02/(fastest relaxation rate at the learners' start and within
        three spreads √(2D/rate) of it) and at most D/|b|², b the drift at the start; both at most 0.01/D|Γ|², Γ the Christoffel
        symbols in the frame.  Any other callable needs dt.  dt is kept through a run, so that the default from a steep place
        (exp(q**2) from 3) would take hours: a default of more than one, roughly estimated, is refused before any work, with
        what to do
    ito : "covariant", or "plain" (discrete updates without the Itô correction; differs on a metric only)
    nodes : "self-consistent" only: "poles" or "stop", see above; None takes "poles" where the start is a density, with or
        without a phase, and "stop" elsewhere.  ``stats["nodes"]`` and ``stats["method"]`` say which it was.  "stop" is the more
        independent of the two, "poles" reaches further
    carriers : "self-consistent" only: how many carriers; None takes four a learner, so that the sampling noise of
        the fields, which all noisy learners share, adds half of their own (equal numbers: as much as their own).  Positions given
        as the start are the carriers, whatever this says
    store : None keeps all positions; a Grid keeps counts in its cells and moments only, so that memory does not grow with
        ``learners`` ("guided", "static"; see ``Ensemble.streamed``)
    executor : concurrent.futures.Executor; the same numbers come out for any executor and number of workers
    progress : called with the number of learners of each finished block of 16384

    Returns
    -------
    Ensemble with positions (n, learners, d), unwrapped, or streamed.

    Raises
    ------
    ArgumentError for bad arguments; RegimeError where a guided system has no covariant noise, no constant temperature, or a
    shift quantum other than 4πT (learners follow (7) only for γ' = γ and 1/μ = T); UnsupportedError for a field with losses.
    Warns AccuracyWarning where the stored states are too far apart in time, or too many steps had their drift limited.

    Sources: Nelson, Phys. Rev. 150 (1966) 1079; Kloeden and Platen, Numerical Solution of SDEs (1992), sec. 15.1.

    Examples
    --------
    >>> import qlearn as ql
    >>> system = ql.LearningSystem("q", loss="q**2/2", learning_rate=1.0, temperature=0.5)
    >>> run = ql.simulate(system, 0.0, [0.0, 3.0], kind="static", learners=4000, seed=0)
    >>> bool(abs(run.positions[1].var() - 0.5) < 0.05)
    True
    """
    times, count, seed = _times(tlist), checks.integer("learners", learners, least=1), checks.integer("seed", seed, least=0)
    checks.choice("kind", kind, KINDS)
    checks.choice("ito", ito, ("covariant", "plain"))
    dt = None if dt is None else checks.real("dt", dt, above=0)
    if field is not None and kind != "guided":
        checks.fail("field", "is for kind='guided' only", type(field).__name__, "Leave it out.")
    if kind == "self-consistent":
        run = _self_consistent(start, nodes, ito, store, carriers)
        ensemble = run(system, start, times, count, seed, parameters, dt, executor, progress)
        warn_of_limits(ensemble, stacklevel=2)
        return ensemble
    for name, value in (("nodes", nodes), ("carriers", carriers)):
        if value is not None:
            checks.fail(name, "is for kind='self-consistent' only", repr(value), "Leave it out.")
    begun = time.perf_counter()
    plan = guided_plan(system, parameters, field, start, times, ito) if kind == "guided" \
        else static_plan(system, parameters, start, ito)
    if store is not None:
        check_cells(store, plan.periods, "store")
    begin = plan.start if isinstance(plan.start, SphereLaw) else _density(plan.start, system.dimension) \
        if isinstance(plan.start, GridDensity) else _points(plan.start, count, system.dimension)
    steps = step_counts(times, dt, partial(plan.step, begin), count, plan.formula is not None)
    programs = None if plan.formula is None else plan.formula.of_steps(np.diff(times) / steps)
    block = partial(_one_block, replace(plan, formula=None), programs, begin, times, steps, seed, store)
    outputs = run_blocks(block, count, seed, executor=executor, progress=progress, merge=None if store is None else _merged)
    tally = sum((tally for _, tally in outputs), Tally())
    stats = {"kind": kind, "seed": seed, "learners": count, "method": _HEUN if programs is None else _SPLITTING, "ito": ito,
             "steps": int(steps.sum()), "dt": float(np.max(np.diff(times) / steps, initial=0.0)),
             **tally.shares(), "drift_limit": "√(2D/dt)", **plan.stats, "wall_time": time.perf_counter() - begun}
    if store is not None:
        ensemble = Ensemble(times, None, plan.periods, stats, streamed=outputs[0][0])
    else:
        positions = np.concatenate([positions for positions, _ in outputs], axis=2)
        ensemble = Ensemble(times, np.moveaxis(positions, 1, 2), plan.periods, stats)
    warn_of_limits(ensemble, stacklevel=2)
    return ensemble


def _self_consistent(start: Any, nodes: str | None, ito: str, store: Grid | None,
                     carriers: int | None) -> Callable[..., Ensemble]:
    """The method for this kind, imported when asked for: it differentiates the system's formulas, and SymPy is slow to load."""
    if nodes is not None:
        checks.choice("nodes", nodes, ("poles", "stop"))
    if ito != "covariant" or store is not None:
        raise UnsupportedError("kind='self-consistent' takes ito='covariant' and store=None: it runs in flat space, and its "
                               "carriers are kept. Use .histograms(grid) of the result for counts.")
    if carriers is not None:
        carriers = checks.integer("carriers", carriers, least=100)
    from qlearn.ensembles.nodes.beginning import known_as_function
    from qlearn.ensembles.nodes.run import poles_run
    from qlearn.ensembles.self_consistent.run import self_consistent_run

    if nodes == "poles" or (nodes is None and known_as_function(start)):
        return partial(poles_run, carriers=carriers)
    return partial(self_consistent_run, carriers=carriers)


def _merged(one: tuple[Streamed, Tally], other: tuple[Streamed, Tally]) -> tuple[Streamed, Tally]:
    return merged(one[0], other[0]), one[1] + other[1]


def _one_block(plan: Plan, programs: list[Program] | None, begin: Any, times: np.ndarray, steps: np.ndarray, seed: int,
               store: Grid | None, first: int, size: int, rng: np.random.Generator) -> tuple[Any, Tally]:
    if isinstance(begin, GridDensity | SphereLaw):
        q = begin.sample(size, rng).reshape(size, -1).T.copy()
    else:
        q = begin[:, first:first + size].copy()
    record = record_for(store, plan.periods, len(times), size)
    if programs is not None:
        return formula_walk(programs, plan.diffusion, q, times, steps, seed, first, record)
    drift = copy.copy(plan.drift)
    return walk(drift, plan.space, plan.diffusion, q, times, steps, Kicks(seed, first), record,
                between=drift.between if isinstance(drift, GuidedDrift) else None)


def _times(tlist: Any) -> np.ndarray:
    times = checks.finite_array("tlist", tlist, shape=(None,))
    if times.size == 0 or np.any(np.diff(times) <= 0):
        checks.fail("tlist", "must be increasing times", np.array2string(times, threshold=8), "For example [0.0, 1.0].")
    return times


def _density(start: GridDensity, dimension: int) -> GridDensity:
    if start.grid.ndim != dimension:
        checks.fail("start", f"must be a density of {dimension} coordinates", f"{start.grid.ndim}")
    return start


def _points(start: Any, count: int, dimension: int) -> np.ndarray:
    """Starting points as (d, learners)."""
    points = checks.finite_array("start", start)
    if points.ndim == 1 and dimension == 1 and len(points) == count:
        points = points[:, None]
    if points.ndim <= 1 and points.size == dimension:
        points = np.broadcast_to(points.reshape(1, dimension), (count, dimension))
    if points.shape != (count, dimension):
        checks.fail("start", f"must be a density, one point ({dimension},) or an array ({count}, {dimension})",
                    f"shape {points.shape}")
    return np.ascontiguousarray(points.T)
