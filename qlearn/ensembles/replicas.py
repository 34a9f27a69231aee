"""Replicas of a minibatch learner: the same training run repeated with independent minibatches, recorded at chosen steps."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.blocks import run_blocks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.errors import RegimeError
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["replicas"]

_TABLE = 1 << 14        # points of the tables of η/(Bg) and v; linear interpolation is then right to about 2e-8 · g''/g
_TABLE_ERROR = 1e-5     # largest relative error allowed there


def replicas(learner: MinibatchLearner, start: Any, steps: Sequence[int], *, replicas: int, seed: int,
             executor: Executor | None = None, progress: Callable[[int], None] | None = None) -> Ensemble:
    """Run q ← q − η h_B(q)/g(q) + v(q) for independent replicas; each draws its minibatches with replacement.

    Parameters
    ----------
    start : GridDensity (positions are drawn from it), one number, or an array (replicas,) or (replicas, 1)
    steps : increasing step counts ≥ 0 after which the positions are recorded
    replicas, seed : how many, and the seed; the same numbers come out for any executor and any number of workers
    executor : concurrent.futures.Executor, optional (threads scale: NumPy releases the lock)
    progress : called with the number of replicas of each finished block

    Returns
    -------
    Ensemble with .times = steps, .positions (len(steps), replicas, 1), unwrapped so that turns can be counted.

    Raises
    ------
    ArgumentError for bad arguments, before any step.
    """
    count = checks.integer("replicas", replicas, least=1)
    record = _record_steps(steps)
    block = partial(_block, learner, _tables(learner), _start(start, count), record)
    blocks = run_blocks(block, count, seed, executor=executor, progress=progress)
    positions = np.concatenate(blocks, axis=1)[..., None]
    return Ensemble(times=record.astype(float), positions=positions, periods=(learner.period,),
                    stats={"kind": "replicas", "seed": seed, "replicas": count, "steps": int(record[-1]),
                           "learning_rate": learner.learning_rate, "alpha": learner.alpha})


def _record_steps(steps: Sequence[int]) -> np.ndarray:
    record = np.asarray(steps)
    if record.ndim != 1 or record.size == 0 or not np.issubdtype(record.dtype, np.integer) or record[0] < 0 \
            or np.any(np.diff(record) <= 0):
        checks.fail("steps", "must be increasing whole numbers ≥ 0", steps, "For example [0, 100, 200].")
    return record


def _start(start: Any, count: int) -> Any:
    if isinstance(start, GridDensity):
        return start
    begin = checks.finite_array("start", start)
    if begin.ndim == 0:
        begin = np.full(count, float(begin))
    if begin.shape not in ((count,), (count, 1)):
        checks.fail("start", f"must be a density, a number or an array of shape ({count},)", f"shape {begin.shape}")
    return begin.reshape(count)


def _tables(learner: MinibatchLearner) -> np.ndarray:
    """Rows (scale, its increment, v, its increment) at equidistant points of one period; refuse where they err too much."""
    q = np.arange(_TABLE) * learner.period / _TABLE
    scale, v = learner.step_functions(q)
    middle, _ = learner.step_functions(q + 0.5 * learner.period / _TABLE)
    error = np.max(np.abs(0.5 * (scale + np.roll(scale, -1)) / middle - 1))
    if error > _TABLE_ERROR:
        raise RegimeError(f"the metric must be resolved by {_TABLE} points, for 1/g is read from a table; its relative error is "
                          f"{error:.1g} near q = {q[np.argmax(scale)]:.4g}, where the covariance almost vanishes. "
                          "Add label noise, or take a smaller alpha.")
    return np.stack([scale, np.roll(scale, -1) - scale, v, np.roll(v, -1) - v], axis=1)


def _block(learner: MinibatchLearner, tables: np.ndarray, start: Any, record: np.ndarray, first: int, size: int,
           rng: np.random.Generator) -> np.ndarray:
    q = start.sample(size, rng) if isinstance(start, GridDensity) else start[first:first + size].copy()
    out = np.empty((len(record), size))
    done = 0
    for row, target in enumerate(record):
        for _ in range(done, target):
            _step(learner, tables, q, rng)
        done = target
        out[row] = q
    return out


def _step(learner: MinibatchLearner, tables: np.ndarray, q: np.ndarray, rng: np.random.Generator) -> None:
    index = rng.integers(0, learner.n_samples, size=(len(q), learner.batch_size), dtype=np.int32)
    h = learner.per_sample_gradient(q[:, None], index)[..., 0]
    total = h[:, 0] if learner.batch_size == 1 else h.sum(axis=1)
    place = q * (_TABLE / learner.period)
    cell = np.floor(place)
    place -= cell
    rows = np.take(tables, cell.astype(np.int64) & (_TABLE - 1), axis=0)
    scale = rows[:, 0] + place * rows[:, 1]
    q -= scale * total
    q += rows[:, 2] + place * rows[:, 3]
