"""Replicas of a streaming learner, block by block."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.ensembles.streaming_labels.labels import LabelSeries
from qlearn.kernels.label_steps import RingTables, label_step

__all__ = ["run_block", "starting_points"]


def starting_points(start: Any, count: int) -> Any:
    """A GridDensity as it is, else positions (count,)."""
    if isinstance(start, GridDensity):
        return start
    begin = checks.finite_array("start", start)
    if begin.ndim == 0:
        begin = np.full(count, float(begin))
    if begin.shape not in ((count,), (count, 1)):
        checks.fail("start", f"must be a density, a number or an array of shape ({count},)", f"shape {begin.shape}")
    return begin.reshape(count)


def run_block(labels: LabelSeries, tables: RingTables, batch: int, start: Any, record: np.ndarray, first: int, size: int,
              rng: np.random.Generator) -> np.ndarray:
    """Positions (len(record), size) of one block after the step counts of record."""
    q = start.sample(size, rng) if isinstance(start, GridDensity) else start[first:first + size].copy()
    out = np.empty((len(record), size))
    done = 0
    for row, target in enumerate(record):
        for step in range(done, target):
            words = rng.integers(0, 2**64, size * batch, dtype=np.uint64)
            label_step(q, words, labels.chance(step), tables, batch)
        done = target
        out[row] = q
    return out
