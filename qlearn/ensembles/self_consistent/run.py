"""A self-consistent run without nodes: carriers make the fields, noisy learners read them, nothing reads ψ."""

import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.self_consistent.assembly import assemble, noisy_learners
from qlearn.ensembles.self_consistent.carriers import Carriers, Record, follow
from qlearn.ensembles.self_consistent.evolution import Dynamics
from qlearn.ensembles.self_consistent.markers import Markers, place_markers
from qlearn.ensembles.self_consistent.path import FlowPath
from qlearn.ensembles.self_consistent.score import Rule
from qlearn.ensembles.self_consistent.start import beginning, numbers
from qlearn.errors import AccuracyWarning, RegimeError, StoppedRunError
from qlearn.systems.potentials import potential_gradient_function

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["CARRIERS", "RULE", "self_consistent_run"]

RULE = Rule()
CARRIERS = 4            # carriers a noisy learner, unless told
_NO_GRADIENT = 0.01     # share of E[v²] at the start above which a run says that it leaves it out


def self_consistent_run(system: "LearningSystem", start: Any, times: np.ndarray, learners: int, seed: int,
                        parameters: Mapping[str, float] | None = None, dt: float | None = None,
                        executor: Executor | None = None, progress: Callable[[int], None] | None = None, *,
                        carriers: int | None = None, rule: Rule = RULE) -> Ensemble:
    """See simulate, kind "self-consistent"."""
    begun = time.perf_counter()
    given = numbers(system, parameters)
    begin = beginning(start, CARRIERS * learners if carriers is None else carriers, seed, given)
    markers = place_markers(begin.positions)
    group = np.arange(markers.carriers) % rule.folds
    folds = markers.deposit(group=group, groups=rule.folds)
    dynamics = Dynamics(potential_gradient_function(system, parameters), given.gamma, given.hbar, np.array(given.rings),
                        begin.circulation, folds.sum(axis=0), rule.quantum)
    potential, moving = system.potential_function(parameters), system.time_dependent
    record = follow(Carriers(dynamics, begin, markers, folds, given, potential, moving, dt), times, rule)
    if not record.positions:
        raise RegimeError(f"carriers must be enough to fit the score of their density; {markers.carriers} were not. Take more.")
    if record.left_out > _NO_GRADIENT:
        warnings.warn(f"start must have velocities v = γ∇φ, with one φ at each position; a share of {record.left_out:.2g} of the "
                      "mean square velocity is no gradient that the basis holds, and is left out. Give (density, phase).",
                      AccuracyWarning, stacklevel=3)
    reached = times[:len(record.positions)]
    flow = FlowPath(tuple(record.knots), tuple(knot.t for knot in record.knots), begin.circulation, given.gamma)
    steps = np.array([_noisy_steps(span, fastest, rule, dt)
                      for span, fastest in zip(np.diff(reached), record.fastest, strict=False)], dtype=int)
    positions, limited = noisy_learners(flow, begin.start, reached, steps, diffusion=0.5 * given.hbar * given.gamma,
                                        learners=learners, seed=seed, executor=executor, progress=progress)
    stats = _stats(record, markers, seed, learners, int(steps.sum()), limited, begun)
    ensemble = assemble(reached, positions, np.stack(record.positions), flow, given.periods, stats)
    if record.stopped is not None:
        raise StoppedRunError(_why(record, rule, len(times)), ensemble)
    return ensemble


def _why(record: Record, rule: Rule, wanted: int) -> str:
    reached = f"What was reached, {len(record.positions)} of {wanted} times, is in .ensemble."
    poles = "for a start that is known as a function leave nodes= out: the method of poles goes through nodes"
    if record.reason == "node":
        return (f"the density came near a node: at t = {record.stopped:g} its deepest dip is {record.depths[-1]:.2g} of the "
                f"density beside it, below {rule.stop:g}, and a smooth basis does not carry on from there. {reached} Stop at an "
                f"earlier time; {poles}.")
    if record.reason == "energy":
        return (f"the energy of the carriers must be kept: at t = {record.stopped:g} it is off by {record.imbalance:.2g} of "
                f"their kinetic and Fisher energy, more than {rule.balance:g}: the fields have features that the basis does not "
                f"hold, as a rule a node in a tail. {reached} Take more carriers, stop earlier; {poles}.")
    if record.reason == "smoothing":
        off = f"differ by {record.differences[-1]:.2g}/√N" if len(record.differences) > len(record.positions) else "break down"
        return (f"the carriers must stand where they do with any smoothing: at t = {record.stopped:g} those with "
                f"{rule.companion:g} times the penalty {off}, so that the fields have features that the basis may not hold, "
                f"as a rule a node in a tail. {reached} Take more carriers, stop earlier; {poles}.")
    return (f"the fields of the carriers broke down behind t = {record.stopped:g}: they no longer fit a smooth density, be it "
            f"for too few carriers or for a node in a tail. {reached} Take more carriers; {poles}.")


def _noisy_steps(span: float, fastest: float, rule: Rule, dt: float | None) -> int:
    """How many equal steps the noisy learners take over an interval."""
    return max(1, int(np.ceil(max(span * fastest / rule.noise, 0.0 if dt is None else span / dt) * (1 - 1e-12))))


def _stats(record: Record, markers: Markers, seed: int, learners: int, steps: int, limited: float,
           begun: float) -> dict[str, Any]:
    return {"kind": "self-consistent", "nodes": "stop", "seed": seed, "learners": learners, "carriers": markers.carriers,
            "method": "weak Galerkin flow, Runge–Kutta order 4; noisy learners by stochastic Heun, weak order 2",
            "steps": steps, "carrier_steps": len(record.knots) - 1, "dt": float(record.shortest),
            "limited_share": limited, "drift_limit": "√(2D/dt)", "basis": record.choices,
            "score_loss": (record.losses[0], record.losses[-1]), "dip": np.array(record.depths),
            "smallest_dip": float(min(record.depths)), "energy_imbalance": record.imbalance,
            "velocity_left_out": record.left_out, "smoothing_difference": np.array(record.differences),
            "stopped": record.stopped, "wall_time": time.perf_counter() - begun}
