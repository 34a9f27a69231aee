"""Learners in flat space whose drift is a formula: the fused steps of qlearn.kernels.learner_steps."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.ensembles.langevin.langevin import Tally
from qlearn.ensembles.streams import Record
from qlearn.kernels.learner_steps import kicked_steps
from qlearn.kernels.programs import Program

__all__ = ["formula_walk"]


def formula_walk(programs: list[Program], diffusion: float, q: np.ndarray, tlist: np.ndarray, counts: np.ndarray, seed: int,
                 first: int, record: Record) -> tuple[Any, Tally]:
    """Record the positions at tlist, with counts[i] equal steps of programs[i] from tlist[i] to tlist[i + 1]."""
    tally, number = Tally(), 0
    record.record(0, q)
    for i, (program, count) in enumerate(zip(programs, counts.tolist(), strict=True)):
        h = float(tlist[i + 1] - tlist[i]) / count
        q, limited = kicked_steps(program, q, count, h, diffusion, seed=seed, first_step=number, first=first)
        if not np.all(np.isfinite(q)):
            checks.fail("loss", "must be finite wherever it is evaluated",
                        f"{np.count_nonzero(~np.isfinite(q))} NaN or infinite positions at t = {tlist[i + 1]:g}")
        tally += Tally(count * q.shape[1], limited)
        number += count + 1
        record.record(i + 1, q)
    return record.done(), tally
