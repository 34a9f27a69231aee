"""Carriers moved through the stored times: which basis, which step, what is kept, and when to stop."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from qlearn.ensembles.self_consistent.basis import Basis, basis_of, box_of
from qlearn.ensembles.self_consistent.companion import bound, difference
from qlearn.ensembles.self_consistent.evolution import Dynamics, Rates, State, frame_metric, runge_kutta
from qlearn.ensembles.self_consistent.markers import Markers
from qlearn.ensembles.self_consistent.nodes_ahead import depth, seen
from qlearn.ensembles.self_consistent.path import Knot, Reach
from qlearn.ensembles.self_consistent.score import Choice, Rule, choose, smoothest, solver
from qlearn.ensembles.self_consistent.start import Beginning, Numbers
from qlearn.errors import AccuracyWarning
from qlearn.kernels.tensor_splines import evaluate, local_values, moments, scatter

__all__ = ["Carriers", "Record", "follow"]


@final
@dataclass(frozen=True, eq=False)
class Carriers:
    """What does not depend on the rule: the carriers as markers and folds of them (folds, M), their dynamics and V(t, *q)."""

    dynamics: Dynamics
    begin: Beginning
    markers: Markers
    folds: np.ndarray
    given: Numbers
    potential: Callable[..., Any]
    moving: bool            # whether V depends on t
    dt: float | None

    def energy(self, t: float, q: np.ndarray) -> float:
        """E[V(t, q)] of the markers q (d, M)."""
        values = self.potential(t, *q) if self.moving else self.potential(*q)
        return float(np.broadcast_to(values, q.shape[1:]) @ self.dynamics.weights)


@final
@dataclass(eq=False)
class Record:
    """What the carriers' run leaves behind."""

    share: float                # of the carriers that a lobe must hold to count
    knots: list[Knot] = field(default_factory=list)
    positions: list[np.ndarray] = field(default_factory=list)
    choices: list[tuple[float, int, float, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    energies: list[float] = field(default_factory=list)
    work: float = 0.0           # of the moving V on the carriers so far
    imbalance: float = 0.0      # largest |E − E₀ − work| so far, over E[mv²/2] and the Fisher energy
    depths: list[float] = field(default_factory=list)
    fastest: list[float] = field(default_factory=list)          # largest rate of deformation in each interval
    shortest: float = np.inf
    left_out: float = 0.0       # share of E[v²] at the start that is no gradient of a potential in the basis
    stopped: float | None = None
    reason: str = ""
    differences: list[float] = field(default_factory=list)      # from the carriers of another smoothing, at each stored time


@final
@dataclass(frozen=True, eq=False)
class _Used:
    """The candidate that was chosen, and the basis and penalty that follow from it."""

    chosen: Choice
    basis: Basis
    penalty: float


def follow(carriers: Carriers, times: np.ndarray, rule: Rule) -> Record:
    """Move the carriers through the times, and beside them the same carriers with another smoothing, until the two differ."""
    smoother = replace(rule, relax=tuple(rule.companion * x for x in rule.relax), warn=0.0, stop=0.0, balance=np.inf)
    record, other = (Record(seen(carriers.markers.carriers)) for _ in range(2))
    most = bound(rule.alike, len(carriers.given.periods))
    ways = _carry(carriers, times, rule, record), _carry(carriers, times, smoother, other)
    for i, t in enumerate(times):
        arrived = [_advance(way, one) for way, one in zip(ways, (record, other), strict=True)]
        if not arrived[0]:
            return record
        if arrived[1]:
            record.differences.append(difference(record.positions[i], other.positions[i], carriers.given.periods))
        if i > 0 and (not arrived[1] or record.differences[i] > most):
            del record.positions[i]
            record.stopped, record.reason = float(t), "smoothing"
            return record
    return record


def _advance(way: Iterator[None], record: Record) -> bool:
    """Carry on to the next stored time; False where the run stopped before it or broke down."""
    try:
        next(way, None)
    except np.linalg.LinAlgError:
        record.stopped, record.reason = (record.knots[-1].t if record.knots else None), "broke down"
    return record.stopped is None and bool(record.knots)


def _carry(carriers: Carriers, times: np.ndarray, rule: Rule, record: Record) -> Iterator[None]:
    """Move the carriers through the times and keep the record; it yields at each of them."""
    dynamics, rings = carriers.dynamics, carriers.given.rings
    mean, factor = _frame(carriers.markers, dynamics.weights, carriers.given)
    state = State(carriers.markers.nodes.copy(), np.zeros(0), mean, factor)
    choice = _best(rule, rings, state, carriers.folds, None, record, times[0])
    chi, record.left_out = _first_chi(choice, state, dynamics.weights, carriers.markers, carriers.begin)
    state = state._replace(chi=chi)
    rates = dynamics.rates(times[0], state, choice.basis, choice.penalty)
    record.positions.append(carriers.begin.positions.T.copy())
    if _stops(record, rule, rates, carriers, times[0], state, choice.basis):
        return
    yield
    count = 0
    for i in range(len(times) - 1):
        t, left = times[i], times[i + 1] - times[i]
        record.fastest.append(0.0)
        while left > 0:
            if count % rule.every == 0 and count > 0:
                choice, state = _again(rule, rings, state, carriers.folds, choice, record, t, dynamics.weights)
                rates = dynamics.rates(t, state, choice.basis, choice.penalty)
                record.knots[-1] = _knot(t, choice.basis, state, rates, dynamics.weights)
            h = _step(rule, dynamics, choice.basis, state, rates, carriers.dt)
            n = max(1, int(np.ceil(left / h * (1 - 1e-12))))
            h = left / n
            record.shortest, record.fastest[i] = min(record.shortest, h), max(record.fastest[i], rates.deformation)
            before, state = state, runge_kutta(dynamics, t, h, state, rates, choice.basis, choice.penalty)
            if carriers.moving:
                record.work += sum(carriers.energy(t + h, q) - carriers.energy(t, q) for q in (before.q, state.q)) / 2
            count += 1
            left = 0.0 if n == 1 else left - h
            t = times[i + 1] - left
            rates = dynamics.rates(t, state, choice.basis, choice.penalty)
            if _stops(record, rule, rates, carriers, t, state, choice.basis):
                return
        record.positions.append(carriers.markers.carry(state.q).T)
        yield


def _stops(record: Record, rule: Rule, rates: Rates, carriers: Carriers, t: float, state: State, basis: Basis) -> bool:
    """Keep the fields of time t; whether the run ends here."""
    record.knots.append(_knot(t, basis, state, rates, carriers.dynamics.weights))
    record.losses.append(rates.loss)
    known = record.knots[-1].reach.holds(np.stack(np.meshgrid(*basis.lattice, indexing="ij")))
    log_density = np.where(known, basis.on_lattice(rates.log_density), -np.inf)
    warned = min(record.depths, default=1.0) < rule.warn
    record.depths.append(depth(log_density, basis.rings, record.share))
    inner = rates.kinetic + rates.fisher
    record.energies.append(inner + carriers.energy(t, state.q) - record.work)
    record.imbalance = max(record.imbalance, abs(record.energies[-1] - record.energies[0]) / inner)
    if record.depths[-1] < rule.warn and not warned:
        warnings.warn(f"the density comes near a node at t = {t:g}: its deepest dip is {record.depths[-1]:.2g} of the "
                      f"density beside it; the run stops below {rule.stop:g}.", AccuracyWarning, stacklevel=8)
    if record.depths[-1] >= rule.stop and record.imbalance <= rule.balance:
        return False
    record.stopped, record.reason = t, "node" if record.depths[-1] < rule.stop else "energy"
    return True


def _knot(t: float, basis: Basis, state: State, rates: Rates, weights: np.ndarray) -> Knot:
    y = np.linalg.inv(state.factor) @ (state.q - state.mean[:, None])
    return Knot(float(t), basis, state.chi, rates.log_density, state.mean, state.factor, Reach.of(y, weights, basis))


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


def _best(rule: Rule, rings: tuple[bool, ...], state: State, folds: np.ndarray, current: _Used | None, record: Record,
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


def _again(rule: Rule, rings: tuple[bool, ...], state: State, folds: np.ndarray, choice: _Used, record: Record, t: float,
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


def _first_chi(choice: _Used, state: State, weights: np.ndarray, markers: Markers,
               begin: Beginning) -> tuple[np.ndarray, float]:
    """Fit ∇χ = v − v₀ to the carriers' velocities; also the share of E[v²] that no ∇χ of the basis has."""
    inverse = np.linalg.inv(state.factor)
    metric, unit = frame_metric(inverse)
    y = inverse @ (state.q - state.mean[:, None])
    rest = begin.velocities - begin.circulation[:, None]
    v = np.concatenate([markers.deposit(row) for row in rest])
    chi = _project(choice, y, weights, metric, unit * (inverse @ v), np.ones(y.shape[1]), 0.0)
    slope = inverse.T @ evaluate(choice.basis.axes, local_values(choice.basis.axes, y), chi[None],
                                 np.eye(len(y), dtype=np.int64))[0]
    missed = np.mean(np.sum(rest**2, axis=0)) - 2 * np.sum(v * slope) + np.sum(slope**2, axis=0) @ weights
    return chi, float(missed / max(np.mean(np.sum(begin.velocities**2, axis=0)), 1e-300))


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
