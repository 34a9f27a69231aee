"""A self-consistent run without nodes: carriers make the fields, noisy learners read them, nothing reads ψ."""

import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.self_consistent.assembly import assemble, noisy_learners
from qlearn.ensembles.self_consistent.basis import Basis, basis_of, box_of
from qlearn.ensembles.self_consistent.evolution import Dynamics, Rates, State, frame_metric, runge_kutta
from qlearn.ensembles.self_consistent.markers import Markers, place_markers
from qlearn.ensembles.self_consistent.nodes_ahead import depth, seen
from qlearn.ensembles.self_consistent.path import FlowPath, Knot
from qlearn.ensembles.self_consistent.score import Choice, Rule, choose, smoothest, solver
from qlearn.ensembles.self_consistent.start import Beginning, Numbers, beginning, numbers
from qlearn.errors import AccuracyWarning, RegimeError, StoppedRunError
from qlearn.kernels.tensor_splines import evaluate, local_values, moments, scatter
from qlearn.systems.potentials import potential_gradient_function

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["CARRIERS", "RULE", "self_consistent_run"]

RULE = Rule()
CARRIERS = 4            # carriers a noisy learner, unless told


@final
@dataclass(eq=False)
class _Record:
    """What the carriers' run leaves behind."""

    knots: list[Knot] = field(default_factory=list)
    positions: list[np.ndarray] = field(default_factory=list)
    choices: list[tuple[float, int, float, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)
    work: float = 0.0           # of the moving V on the carriers so far
    imbalance: float = 0.0      # largest |E − E₀ − work| so far, over E[mv²/2] and the Fisher energy
    depths: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    shortest: float = np.inf
    share: float = 0.0
    stopped: float | None = None
    reason: str = ""


@final
@dataclass(frozen=True, eq=False)
class _Used:
    """The candidate that was chosen, and the basis and penalty that follow from it."""

    chosen: Choice
    basis: Basis
    penalty: float


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
    record = _Record(share=seen(markers.carriers))
    try:
        _carry(record, dynamics, begin, markers, folds, times, dt, rule, given, system, parameters)
    except np.linalg.LinAlgError:
        record.stopped, record.reason = (record.knots[-1].t if record.knots else times[0]), "broke down"
    if not record.knots:
        raise RegimeError(f"carriers must be enough to fit the score of their density; {markers.carriers} were not. Take more.")
    reached = times[:len(record.positions)]
    flow = FlowPath(tuple(record.knots), tuple(knot.t for knot in record.knots), begin.circulation, given.gamma)
    positions, limited = noisy_learners(flow, begin.start, reached, np.array(record.steps, dtype=int)[:len(reached) - 1],
                                        diffusion=0.5 * given.hbar * given.gamma, learners=learners, seed=seed,
                                        executor=executor, progress=progress)
    stats = _stats(record, markers, seed, learners, limited, begun)
    ensemble = assemble(reached, positions, np.stack(record.positions), flow, given.periods, stats)
    if record.stopped is not None:
        raise StoppedRunError(_why(record, rule, len(times)), ensemble)
    return ensemble


def _why(record: _Record, rule: Rule, wanted: int) -> str:
    reached = f"What was reached, {len(record.positions)} of {wanted} times, is in .ensemble."
    if record.reason == "node":
        return (f"the density came near a node: at t = {record.stopped:g} its deepest dip is {record.depths[-1]:.2g} of the "
                f"density beside it, below {rule.stop:g}, and a smooth basis does not carry on from there. {reached} Stop at an "
                "earlier time, or give nodes='poles'.")
    if record.reason == "energy":
        return (f"the energy of the carriers must be kept: at t = {record.stopped:g} it is off by {record.imbalance:.2g} of "
                f"their kinetic and Fisher energy, more than {rule.balance:g}: the fields have features that the basis does not "
                f"hold, as a rule a node in a tail. {reached} Take more carriers, stop earlier, or give nodes='poles'.")
    return (f"the fields of the carriers broke down behind t = {record.stopped:g}: they no longer fit a smooth density, be it "
            f"for too few carriers or for a node in a tail. {reached} Take more carriers, or give nodes='poles'.")


def _carry(record: _Record, dynamics: Dynamics, begin: Beginning, markers: Markers, folds: np.ndarray, times: np.ndarray,
           dt: float | None, rule: Rule, given: Numbers, system: "LearningSystem",
           parameters: Mapping[str, float] | None) -> None:
    """Move the carriers through the times, and keep the record."""
    potential = system.potential_function(parameters)
    mean, factor = _frame(markers, dynamics.weights, given)
    state = State(markers.nodes.copy(), np.zeros(0), mean, factor)
    choice = _best(rule, given.rings, state, folds, None, record, times[0])
    state = state._replace(chi=_first_chi(choice, state, dynamics.weights, markers, begin))
    record.positions.append(begin.positions.T.copy())
    count, warned = 0, False
    for i in range(len(times) - 1):
        t, left, shortest, fastest = times[i], times[i + 1] - times[i], np.inf, 0.0
        while left > 0:
            if count % rule.every == 0 and count > 0:
                choice, state = _again(rule, given.rings, state, folds, choice, record, t, dynamics.weights)
            rates = dynamics.rates(t, state, choice.basis, choice.penalty)
            record.knots.append(_knot(t, choice.basis, state, rates))
            _watch(record, rates, dynamics, t, state, potential, system.time_dependent, choice.basis)
            if record.depths[-1] < rule.warn and not warned:
                warned = True
                warnings.warn(f"the density comes near a node at t = {t:g}: its deepest dip is {record.depths[-1]:.2g} of the "
                              f"density beside it; the run stops below {rule.stop:g}.", AccuracyWarning, stacklevel=5)
            if record.depths[-1] < rule.stop or record.imbalance > rule.balance:
                record.stopped, record.reason = t, "node" if record.depths[-1] < rule.stop else "energy"
                return
            h = _step(rule, dynamics, choice.basis, state, rates, dt)
            n = max(1, int(np.ceil(left / h * (1 - 1e-12))))
            h = left / n
            shortest, fastest = min(shortest, h), max(fastest, rates.deformation)
            before, state = state, runge_kutta(dynamics, t, h, state, rates, choice.basis, choice.penalty)
            if system.time_dependent:
                record.work += sum(_potential_energy(potential, t + h, q, dynamics) - _potential_energy(potential, t, q, dynamics)
                                   for q in (before.q, state.q)) / 2
            count += 1
            left = 0.0 if n == 1 else left - h
            t = times[i + 1] - left
        record.positions.append(markers.carry(state.q).T)
        record.steps.append(_noisy_steps(times[i + 1] - times[i], fastest, rule, dt))
        record.shortest = min(record.shortest, shortest)
    rates = dynamics.rates(times[-1], state, choice.basis, choice.penalty)
    record.knots.append(_knot(times[-1], choice.basis, state, rates))
    _watch(record, rates, dynamics, times[-1], state, potential, system.time_dependent, choice.basis)


def _knot(t: float, basis: Basis, state: State, rates: Rates) -> Knot:
    y = np.linalg.inv(state.factor) @ (state.q - state.mean[:, None])
    return Knot(float(t), basis, state.chi, rates.log_density, state.mean, state.factor, y.min(axis=1), y.max(axis=1))


def _frame(markers: Markers, weights: np.ndarray, given: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Mean and Cholesky factor of the covariance on lines; on rings the angle."""
    d = len(given.periods)
    lines = [a for a in range(d) if given.periods[a] is None]
    mean, factor = np.zeros(d), np.zeros((d, d))
    for a, period in enumerate(given.periods):
        if period is not None:
            factor[a, a] = period / (2 * np.pi)
    if lines:
        x = markers.nodes[lines]
        mean[lines] = x @ weights
        x = x - mean[lines][:, None]
        factor[np.ix_(lines, lines)] = np.linalg.cholesky((x * weights) @ x.T)
    return mean, factor


def _best(rule: Rule, rings: tuple[bool, ...], state: State, folds: np.ndarray, current: _Used | None, record: _Record,
          t: float) -> _Used:
    inverse = np.linalg.inv(state.factor)
    metric, _ = frame_metric(inverse)
    y = inverse @ (state.q - state.mean[:, None])
    box = box_of(rings, y, folds.sum(axis=0), None if current is None else current.basis.box)
    found = choose(rule, rings, box, y, folds, metric)
    best = smoothest(found, None if current is None else current.chosen)
    refine, relax = rule.refine[len(rings) - 1], rule.relax[len(rings) - 1]
    cells = tuple(n * refine for n in best.basis.cells)
    record.choices.append((float(t), cells[0], best.penalty * relax, best.loss))
    return _Used(best, basis_of(rings, box, cells), best.penalty * relax)


def _again(rule: Rule, rings: tuple[bool, ...], state: State, folds: np.ndarray, choice: _Used, record: _Record, t: float,
           weights: np.ndarray) -> tuple[_Used, State]:
    best = _best(rule, rings, state, folds, choice, record, t)
    if best.basis is choice.basis:
        return best, state
    inverse = np.linalg.inv(state.factor)
    metric, _ = frame_metric(inverse)
    y = inverse @ (state.q - state.mean[:, None])
    slopes = evaluate(choice.basis.axes, local_values(choice.basis.axes, y), state.chi[None],
                      np.eye(len(y), dtype=np.int64))[0]
    rough = best.basis.penalised_with(choice.basis, state.chi)
    return best, state._replace(chi=_project(best, y, weights, metric, metric @ slopes, weights, rough))


def _first_chi(choice: _Used, state: State, weights: np.ndarray, markers: Markers, begin: Beginning) -> np.ndarray:
    """Fit ∇χ = v − v₀ to the carriers' velocities."""
    inverse = np.linalg.inv(state.factor)
    metric, unit = frame_metric(inverse)
    y = inverse @ (state.q - state.mean[:, None])
    v = np.concatenate([markers.deposit(row - speed) for row, speed in zip(begin.velocities, begin.circulation, strict=True)])
    return _project(choice, y, weights, metric, unit * (inverse @ v), np.ones(y.shape[1]), 0.0)


def _project(choice: _Used, y: np.ndarray, weights: np.ndarray, metric: np.ndarray, vectors: np.ndarray,
             masses: np.ndarray, rough: Any) -> np.ndarray:
    """Coefficients of χ with E|∇χ − v|² + λ∫|∇∇∇(χ − χ_old)|² least; vectors are G (v)_y, with the weight ``masses``."""
    local = local_values(choice.basis.axes, y)
    A, _ = moments(choice.basis.axes, local, weights, metric)
    r = scatter(choice.basis.axes, local, masses, vectors) + choice.penalty * rough
    return solver(A, choice.basis, choice.penalty)(r)


def _step(rule: Rule, dynamics: Dynamics, basis: Basis, state: State, rates: Rates, dt: float | None) -> float:
    """The smallest of: a share of the stability bound, of the time in which the flow deforms, and dt."""
    inverse = np.linalg.inv(state.factor)
    steepest = float(np.sum((inverse.T @ np.diag(np.pi / basis.axes.spacing)) ** 2))
    bound = 2 * np.sqrt(2) * 2 / (dynamics.gamma * dynamics.hbar * steepest)
    return min(rule.stability * bound, rule.accuracy / max(rates.deformation, 1e-300), np.inf if dt is None else dt)


def _noisy_steps(span: float, fastest: float, rule: Rule, dt: float | None) -> int:
    """How many equal steps the noisy learners take over an interval."""
    return max(1, int(np.ceil(max(span * fastest / rule.noise, 0.0 if dt is None else span / dt) * (1 - 1e-12))))


def _watch(record: _Record, rates: Rates, dynamics: Dynamics, t: float, state: State, potential: Any, moving: bool,
           basis: Basis) -> None:
    record.losses.append(rates.loss)
    record.depths.append(depth(basis.on_lattice(rates.log_density), basis.rings, record.share))
    inner = rates.kinetic + rates.fisher
    energy = inner + _potential_energy(potential if moving else lambda t, *q: potential(*q), t, state.q, dynamics)
    record.energies.append(energy - record.work)
    record.imbalance = max(record.imbalance, abs(record.energies[-1] - record.energies[0]) / inner)


def _potential_energy(potential: Any, t: float, q: np.ndarray, dynamics: Dynamics) -> float:
    """E[V(t, q)]."""
    return float(np.broadcast_to(potential(t, *q), q.shape[1:]) @ dynamics.weights)


def _stats(record: _Record, markers: Markers, seed: int, learners: int, limited: float, begun: float) -> dict[str, Any]:
    return {"kind": "self-consistent", "seed": seed, "learners": learners, "carriers": markers.carriers,
            "method": "weak Galerkin flow, Runge–Kutta order 4; noisy learners by stochastic Heun, weak order 2",
            "steps": sum(record.steps), "carrier_steps": len(record.knots) - 1, "dt": float(record.shortest),
            "limited_share": limited, "drift_limit": "√(2D/dt)", "basis": record.choices,
            "score_loss": (record.losses[0], record.losses[-1]), "dip": np.array(record.depths),
            "smallest_dip": float(min(record.depths)), "energy_imbalance": record.imbalance,
            "stopped": record.stopped, "wall_time": time.perf_counter() - begun}
