"""poles_run: a self-consistent ensemble through nodes."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import numpy as np

from qlearn import checks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.nodes.accuracy import Accuracy
from qlearn.ensembles.nodes.beginning import Beginning, beginning
from qlearn.ensembles.nodes.box import Band
from qlearn.ensembles.nodes.carriers import Record, carry
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.noisy import noisy_learners, steps_for
from qlearn.ensembles.nodes.path import PolePath
from qlearn.ensembles.nodes.rule import Rule
from qlearn.ensembles.self_consistent.assembly import Start, assemble, carrier_generator
from qlearn.ensembles.self_consistent.start import numbers
from qlearn.errors import RegimeError

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["CARRIERS", "poles_run"]

RULE = Rule()
CARRIERS = 4            # carriers a noisy learner, unless told: what carriers share, noisy learners have besides their own noise
ACCURACY = Accuracy()
_LEAST = 100            # carriers: fewer do not tell eight means


def poles_run(system: "LearningSystem", start: Any, times: np.ndarray, learners: int, seed: int,
              parameters: Mapping[str, float] | None = None, dt: float | None = None, executor: Executor | None = None,
              progress: Callable[[int], None] | None = None, *, carriers: int | None = None, rule: Rule = RULE,
              accuracy: Accuracy = ACCURACY) -> Ensemble:
    """Learners whose density and current potential make each other move, through nodes, in one to three dimensions.

    The field is w = ∇ ln ψ = ½∇ ln ρ + (im/ħ)v.  Assumptions: A1, the equations (6), that is iħ∂_tG = −(ħ²/2m)(∇·w + w²) + V for
    w = ∇G; A2, the shift symmetry: p = exp G is single-valued; in one dimension every zero of ψ is a pole of w of residue 1.
    Each step

    1. moves p by the equation (6), which has no pole left in this form and is linear in p (``law``);
    2. moves the carriers by v = (ħ/m) Im w (``crowd``): by the levels of |p|² in one dimension, one by one in more;
    3. throws the smooth part of |p| away and fits it to the carriers' positions, the zeros held (``refit``): their density, not
       the field's.

    Noisy learners then read (v, s) one way: dq = (v + D s) dt + √(2D) dW, with their own start and noise (``noisy``), and what
    the carriers' finite number does to the fields besides.

    How far this is independent of ψ.  No solved ψ is read, before or during a run.  But p obeys, from one refit to the next, the
    linear equation that ψ obeys: it is equation (6) written for exp G, given A1 and A2, an input and not a result.  So a run does
    not test that learners make the law of the field linear; ``nodes="stop"`` tests more (no p, no linear step), where there are
    no nodes.

    independent of it : the means of few smooth functions of the learners, to which ln|p|² is fitted at each step.  Learners
        that start from another density follow their own ψ, not the field's (validations 34, 36; without the refit they do not)
    not independent : the order of that fit: 4 numbers on a line, 8 on a ring, 14 and 34 in two and three dimensions of lines
        (total degree 4, fixed before the first run there); all of |p| beyond it, all of arg p, and so the zeros: they come from
        the initial √ρ₀ exp(iφ₀/ħ) and are the field's own ever after.  Learners act on them only through what the refit does to
        the next step.  With ``Rule(reach=1)``, on one ring, only zeros nearer than L/2π are kept of |p|; arg p is the field's

    A node that stays on the real axis (sin q at rest on a ring) has no side: ``winding`` is whole there too, but by chance.  How
    many zeros: as many as p has; p carries the band of its grid, and none is added, moved or removed by hand.

    Parameters
    ----------
    start : (GridDensity, φ), or (GridDensity, φ, GridDensity) to draw the learners from another density than the field's: they
        follow their own where it differs by at most ``rule.order`` smooth functions in ln ρ.  φ: a callable φ(*q), values
        on the grid, or None (no velocity).  On a line the grid is the box that must hold the field at all times
    times : (n,); parameters, executor, progress : as in simulate
    dt : largest step of carriers and noisy learners; default by ``accuracy``, from the energy and the rates of the field as they
        are then
    carriers : how many; default 4 a learner, 100 at least
    rule : see Rule;  accuracy : see Accuracy

    Returns
    -------
    Ensemble, with .carriers, .flow and in .stats: ``fit`` (n,), KS·√N of the carriers against their own field (several axes: the
    largest of the marginals), which a refusal is judged by; ``limited_share``, ``substep_share``; in one dimension ``crossings``
    (t, ±1, q), zeros that go through the real axis where learners are, +1 upwards, which raises the winding of a ring by one; on
    one ring ``winding`` (n,) and ``poles`` (n,), the zeros with |Im z| < L/2π by the argument principle.

    Raises
    ------
    RegimeError where the phase does not close, zeros cannot be identified (the initial field is not resolved, learners and
    field have parted), or a line's box is too small; UnsupportedError on a metric, or for a start given as points.

    Examples
    --------
    >>> import qlearn as ql
    >>> from qlearn.densities import GridDensity
    >>> ring = ql.LearningSystem("q", potential="0.3*cos(q)", learning_rate=1, temperature=0.5, periods="2*pi")
    >>> grid = ql.Grid(64, [(0, 2 * np.pi)])
    >>> density = GridDensity(grid, (1 + 0.5 * np.cos(grid.axes[0])) / (2 * np.pi))
    >>> run = poles_run(ring, (density, lambda q: 0.3 * np.sin(q)), np.array([0.0, 4.5]), 200, 0, carriers=20000)
    >>> run.stats["winding"].tolist()
    [0, 1]
    """
    begun = time.perf_counter()
    given = numbers(system, parameters)
    begin = beginning(start, given)
    rule.check(begin.rings)
    count = max(_LEAST, CARRIERS * learners) if carriers is None else checks.integer("carriers", carriers, least=_LEAST)
    law = Law(begin.band, _potential(system, parameters, begin.band), given.hbar, 1 / given.gamma, rule, system.time_dependent)
    q = begin.drawn.sample(count, carrier_generator(seed)).reshape(count, -1).T.copy()
    record = carry(law, begin.rings, rule, begin.field**(1 / rule.residue), q, times, accuracy, dt)
    flow = PolePath.of(begin.band, record.times, record.fields, given.hbar * given.gamma, given.hbar, rule.residue)
    positions, tally = noisy_learners(flow, Start(begin.drawn), _steps(flow, rule, times, accuracy, dt), learners, seed, executor,
                                      progress)
    _check_learners(begin, positions)
    stats = _stats(record, rule, accuracy, seed, learners, count) | tally.shares()
    stats |= {"noisy_steps": tally.steps, "wall_time": time.perf_counter() - begun}
    return assemble(times, positions, np.stack(record.positions), flow, given.periods, stats)


def _steps(flow: PolePath, rule: Rule, times: np.ndarray, accuracy: Accuracy, dt: float | None) -> list[np.ndarray]:
    """The times at which noisy learners step; a control's field, which may have no bound, is taken at the start."""
    rate = flow.rate() if rule.lawful else np.full(len(flow.times), flow.rate()[0])
    return steps_for(flow.times, rate, times, accuracy.noise, dt)


def _potential(system: "LearningSystem", parameters: Mapping[str, float] | None,
               band: Band) -> Callable[[float], np.ndarray]:
    function, points = system.potential_function(parameters), band.mesh
    if system.time_dependent:
        return lambda t: np.broadcast_to(function(t, *points), band.shape)
    values = np.broadcast_to(function(*points), band.shape)
    return lambda t: values


def _check_learners(begin: Beginning, positions: np.ndarray) -> None:
    for a, (circle, ring) in enumerate(zip(begin.band.circles, begin.rings, strict=True)):
        low, high = circle.a, circle.a + circle.length
        if not ring and (positions[..., a].min() < low or positions[..., a].max() > high):
            raise RegimeError(f"a noisy learner left the box [{low:g}, {high:g}] of axis {a}. Start from a density on wider "
                              "bounds.")


def _stats(record: Record, rule: Rule, accuracy: Accuracy, seed: int, learners: int, carriers: int) -> dict[str, Any]:
    turns = {"winding": np.array(record.winding), "poles": np.array(record.poles)} if record.poles else {}
    return {"kind": "self-consistent", "nodes": "poles", "rule": rule, "accuracy": accuracy, "seed": seed, "learners": learners,
            "carriers": carriers,
            "method": "field with poles of unit residue, its modulus refit to the carriers each step; noisy learners by "
                      "stochastic Heun, weak order 2",
            "assumes": "A1 (quantum term of the action), A2 (shift symmetry: unit residues); linear within a step",
            "label": "self-consistent" if rule.refit else "guided by the field (control: no refit)",
            "steps": record.steps, "dt": record.longest, "crossings": tuple(record.crossings), **turns,
            "fit": np.array(record.fit), "carriers_limited_share": record.limited / (carriers * max(record.steps, 1)),
            "drift_limit": "√(2D/dt) above twice the mean"}
