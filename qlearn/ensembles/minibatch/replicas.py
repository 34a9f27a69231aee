"""Replicas of a minibatch learner: the same training run repeated with independent minibatches, recorded at chosen steps."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, Protocol

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.blocks import record_steps, run_blocks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.minibatch.step_tables import Lookup, RingTable, StepTable, TooCoarse
from qlearn.ensembles.streams import check_cells, merged, record_for
from qlearn.errors import ArgumentError, RegimeError
from qlearn.grids import Grid
from qlearn.systems.minibatch import MinibatchLearner
from qlearn.systems.minibatch.domain import check_grid

__all__ = ["replicas"]

_HALVINGS = 12          # of the spacing of a table, from the first guess
_RING_CELLS = 64        # along a ring of a learner with two variables, at first
_SCOUTS = 64            # starting positions from which the spacing along a line is guessed


def replicas(learner: MinibatchLearner, start: Any, steps: Sequence[int], *, replicas: int, seed: int,
             executor: Executor | None = None, progress: Callable[[int], None] | None = None,
             store: Grid | None = None) -> Ensemble:
    """Run q ← q − η g⁻¹(q) h_B(q) + v(q) for independent replicas; each draws its minibatches with replacement.

    g⁻¹ and v are read from a table, exact at its points: on one ring linear between 16384 points, else cubic, filled where
    replicas come, with a relative error measured in every tile and kept below 1e-5 by the spacing.

    Parameters
    ----------
    start : GridDensity (positions are drawn from it), one position (a number, or d numbers), or an array (replicas, d); for one
        variable (replicas,) too
    steps : increasing step counts ≥ 0 after which the positions are recorded
    replicas, seed : how many, and the seed; the same numbers come out for any executor and any number of workers
    executor : concurrent.futures.Executor, optional (threads scale: NumPy releases the lock)
    progress : called with the number of replicas of each finished block
    store : None keeps positions; a grid of the learner's coordinates keeps counts in its cells and moments only, so that memory
        does not grow with the number of replicas

    Returns
    -------
    Ensemble with .times = steps, .positions (len(steps), replicas, d), unwrapped so that turns can be counted; .stats with the
    spacing of the table, and how often a run began again with a finer one.

    Raises
    ------
    ArgumentError for bad arguments, before any step.  RegimeError where no table resolves the metric, or replicas run away.
    """
    count = checks.integer("replicas", replicas, least=1)
    record = record_steps(steps)
    begin = _start(learner, start, count)
    if store is not None:
        check_cells(store, learner.periods, "store")
    table, restarts = _first_table(learner, begin), 0
    while True:
        try:
            blocks = run_blocks(partial(_block, learner, table, begin, record, store), count, seed, executor=executor,
                                progress=progress, merge=None if store is None else merged)
            break
        except TooCoarse as error:
            restarts += 1
            table = _finer(table, restarts, error)
    positions = np.concatenate(blocks, axis=2).transpose(0, 2, 1) if store is None else None
    return Ensemble(times=record.astype(float), positions=positions, periods=learner.periods,
                    streamed=blocks[0] if store is not None else None,
                    stats={"kind": "replicas", "seed": seed, "replicas": count, "steps": int(record[-1]),
                           "learning_rate": learner.learning_rate, "alpha": learner.alpha,
                           "table_spacing": tuple(np.atleast_1d(table.spacing).tolist()), "restarts": restarts})


def _start(learner: MinibatchLearner, start: Any, count: int) -> Any:
    """A density, or positions (replicas, d)."""
    d = learner.dimension
    if isinstance(start, GridDensity):
        if start.grid.ndim != d:
            checks.fail("start", f"must be a density of {d} coordinates", f"{start.grid.ndim}")
        check_grid(learner.periods, start.grid, "the grid of start")
        return start
    begin = checks.finite_array("start", start)
    if begin.shape in ((d,), ()) and not (begin.ndim == 0 and d > 1):
        return np.broadcast_to(begin.reshape(d), (count, d))
    if begin.shape == (count, d) or (d == 1 and begin.shape == (count,)):
        return begin.reshape(count, d)
    position = "a number" if d == 1 else f"{d} numbers"
    checks.fail("start", f"must be a density, {position} or an array of shape ({count}, {d})", f"shape {begin.shape}")


def _first_table(learner: MinibatchLearner, start: Any) -> RingTable | StepTable:
    """On one ring the table itself; else the coarsest of the spacings tried that is fine enough at the first positions."""
    if learner.dimension == 1 and learner.periods[0] is not None:
        return RingTable(learner)
    some = start.sample(_SCOUTS, np.random.default_rng(0)).reshape(-1, learner.dimension) if isinstance(start, GridDensity) \
        else start[:_SCOUTS]
    jump = np.sqrt(np.median(2 * np.diagonal(learner.diffusion_limit.diffusion(some), axis1=1, axis2=2), axis=0))
    guess = np.maximum(np.ptp(some, axis=0) / 16, 2 * jump)
    spacing = np.array([h if period is None else period / _RING_CELLS for h, period in zip(guess, learner.periods, strict=True)])
    for _ in range(_HALVINGS):
        table = StepTable(learner, spacing)
        try:
            Lookup(table)(some)
        except (TooCoarse, ArgumentError) as error:     # a wide tile may reach where the gradient overflows
            spacing, last = spacing / 2, error
            continue
        return table
    raise RegimeError(f"the metric must be smooth enough for a table; it is not at a spacing of {spacing}: {last}. Add label "
                      "noise, or take a smaller alpha.")


def _finer(table: RingTable | StepTable, restarts: int, error: TooCoarse) -> StepTable:
    if restarts > _HALVINGS:
        raise RegimeError(f"the metric must be resolved by a table; at a spacing of {table.spacing} its relative error is "
                          f"{error.args[0]:.1g}. Add label noise, or take a smaller alpha.")
    return StepTable(table.learner, np.asarray(table.spacing) / 2)


class _Reader(Protocol):
    def __call__(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


def _block(learner: MinibatchLearner, table: RingTable | StepTable, start: Any, record: np.ndarray,
           store: Grid | None, first: int, size: int, rng: np.random.Generator) -> Any:
    d = learner.dimension
    q = start.sample(size, rng).reshape(size, d) if isinstance(start, GridDensity) else start[first:first + size].copy()
    read: _Reader = table if isinstance(table, RingTable) else Lookup(table)
    kept, done = record_for(store, learner.periods, len(record), size), 0
    for row, target in enumerate(record):
        for _ in range(done, target):
            _step(learner, read, q, rng)
        done = target
        kept.record(row, q.T)
    return kept.done()


def _step(learner: MinibatchLearner, read: _Reader, q: np.ndarray, rng: np.random.Generator) -> None:
    index = rng.integers(0, learner.n_samples, size=(len(q), learner.batch_size), dtype=np.int32)
    h = learner.per_sample_gradient(q, index)
    total = h[:, 0] if learner.batch_size == 1 else h.sum(axis=1)
    matrix, v = read(q)
    if q.shape[1] == 1:
        q -= matrix * total
    else:
        q[:, 0] -= matrix[:, 0] * total[:, 0] + matrix[:, 1] * total[:, 1]
        q[:, 1] -= matrix[:, 1] * total[:, 0] + matrix[:, 2] * total[:, 1]
    if v.shape[1]:
        q += v
