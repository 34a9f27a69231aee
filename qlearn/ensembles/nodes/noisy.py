"""Noisy learners in the stored path of the field: dq = (v + D s) dt + √(2D) dW, which they read and do not act on.

Stochastic Heun, weak order 2 (ensembles/langevin).  A step is ``share``/λ long at most, λ = (2ħ/m) Var(w) the rate at which the
field pulls at learners then.  A learner near a zero of p, where the rate (ħ/m)|w'| of its own place times the step exceeds 1/8,
takes substeps of its own instead.  |v + D s| is limited to √(2D/h) above twice the mean current, and what is limited is counted.
"""

import copy
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, final

import numpy as np

from qlearn.ensembles.blocks import run_blocks
from qlearn.ensembles.langevin.langevin import DEEPEST, FlatSpace, Kicks, Tally, heun_step
from qlearn.ensembles.nodes.entire import Reader
from qlearn.ensembles.nodes.path import PolePath
from qlearn.ensembles.self_consistent.assembly import Start
from qlearn.kernels.pole_steps import pole_step

__all__ = ["noisy_learners"]

_PARTS = 8              # of an interval between stored times, each with a step of its own
_NEAR = 1 / 8           # (ħ/m)|w'| h above which a step is cut, as in ensembles/langevin


def noisy_learners(flow: PolePath, start: Start, steps: list[np.ndarray], learners: int, seed: int, executor: Executor | None,
                   progress: Callable[[int], None] | None) -> tuple[np.ndarray, Tally]:
    """Positions (n, learners, d), and what their steps did; the same numbers for any executor and number of workers."""
    blocks = run_blocks(partial(_one_block, flow, start, steps, seed), learners, seed, executor=executor, progress=progress)
    positions = np.moveaxis(np.concatenate([stored for stored, _ in blocks], axis=2), 1, 2)
    return positions, sum((tally for _, tally in blocks), Tally())


def steps_for(knots: np.ndarray, rate: np.ndarray, times: np.ndarray, share: float, dt: float | None) -> list[np.ndarray]:
    """The times at which learners step, from each stored time to the next; the rate is known at the knots."""
    def steps(begin: float, stop: float) -> int:
        first, last = np.searchsorted(knots, begin, side="right") - 1, np.searchsorted(knots, stop)
        longest = share / max(float(rate[max(first, 0):last + 1].max()), 1e-300)
        longest = longest if dt is None else min(longest, dt)
        return max(1, int(np.ceil((stop - begin) / longest * (1 - 1e-12))))

    result = []
    for t, end in pairwise(times):
        parts = np.linspace(t, end, min(steps(t, end), _PARTS) + 1)
        result.append(np.concatenate([np.array([t])] + [np.linspace(begin, stop, steps(begin, stop) + 1)[1:]
                                                        for begin, stop in pairwise(parts)]))
    return result


def _one_block(flow: PolePath, start: Start, steps: list[np.ndarray], seed: int, first: int, size: int,
               rng: np.random.Generator) -> tuple[np.ndarray, Tally]:
    q, walk, step = start.draw(size, rng), _Walk(copy.copy(flow), Kicks(seed, first)), 0
    stored = [q]
    for part in steps:
        for t, later in pairwise(part):
            q = walk.advance(q, float(t), float(later), step)
            step += 1
        stored.append(q)
    return np.stack(stored), walk.tally


@final
@dataclass(frozen=True, eq=False)
class _Walk:
    """Steps whose length depends on where a learner is when they begin, never on the kick that follows (see langevin.walk)."""

    flow: PolePath
    kicks: Kicks
    tally: Tally = field(default_factory=Tally)

    def advance(self, q: np.ndarray, t: float, later: float, step: int) -> np.ndarray:
        first, second, h = self.flow.reader(t), self.flow.reader(later), later - t
        if isinstance(first, Reader) and isinstance(second, Reader):
            moved, near = self._fused(q, first, second, h, step)
        else:
            w, rate = first.with_rate(q)
            near = rate * (self.flow.scale * h) > _NEAR
            moved, far = np.empty_like(q), ~near
            ahead = lambda t, q: second(q) * self.flow.scale                                    # noqa: E731
            moved[:, far] = self._step(ahead, q[:, far], w[:, far], h, first.speed, (step, 0))
        if near.any():
            moved[:, near] = self._substeps(q[:, near], first, second, h, step)
        return moved

    def _fused(self, q: np.ndarray, first: Reader, second: Reader, h: float, step: int) -> tuple[np.ndarray, np.ndarray]:
        """The step of all that are not near a zero, in one coordinate."""
        ratio, scale = self.flow.ratio, self.flow.scale
        kick = self.kicks(step, 0, q.shape)[0] * np.sqrt(ratio * h)
        limit = np.sqrt(ratio / h) + 2 * scale * first.speed
        circle = first.circle
        moved, near, limited = pole_step(first.table, second.table, circle.a, circle.cell, q[0], kick, h, scale, limit,
                                         _NEAR / (scale * h))
        self.tally.steps += q.shape[1] - int(np.count_nonzero(near))
        self.tally.limited += limited
        return moved[None], near

    def _substeps(self, q: np.ndarray, first: Any, second: Any, h: float, step: int) -> np.ndarray:
        """Substeps of h/2^k, k by each learner's own place; times are counted in whole units of h/2^DEEPEST."""
        whole, round = 1 << DEEPEST, 0
        done, active = np.zeros(q.shape[1], dtype=np.int64), np.arange(q.shape[1])
        while active.size:
            round += 1
            here, now = q[:, active], done[active]
            w, rate = first.towards(second, now / whole, here)
            sharp = np.maximum(rate * (self.flow.scale * h / _NEAR), 1.0)
            cut = np.minimum(np.ceil(np.log2(sharp)), DEEPEST).astype(np.int64)
            then = np.minimum(now + (whole >> cut), whole)
            ahead = lambda t, x, share=then / whole: first.towards(second, share, x)[0] * self.flow.scale       # noqa: E731
            q[:, active] = self._step(ahead, here, w, h * (then - now) / whole, first.speed,
                                      (step, round))
            self.tally.cut += len(active)
            done[active] = then
            active = active[then < whole]
        return q

    def _step(self, ahead: Any, q: np.ndarray, w: np.ndarray, h: Any, speed: float,
              place: tuple[int, int]) -> np.ndarray:
        diffusion = 0.5 * self.flow.ratio
        kick = self.kicks(*place, q.shape) * np.sqrt(2 * diffusion * h)
        limit = np.sqrt(2 * diffusion / h) + 2 * self.flow.scale * speed
        moved, limited = heun_step(ahead, FlatSpace(), diffusion, 0.0, h, q, kick, limit, None, w * self.flow.scale)
        self.tally.steps += q.shape[1]
        self.tally.limited += limited
        return moved
