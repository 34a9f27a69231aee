"""Langevin steps: dq = b(t, q) dt + √(2D) dW in an orthonormal frame, by the stochastic Heun scheme along geodesics.

    q* = exp_q(b(t, q) h + kick),      q' = exp_q[(1 − (Dh/6) Ric(q*)) (½(b(t, q) + b(t + h, q*)) h + kick)],      kick = √(2Dh) ξ

with b(t + h, q*) and the Ricci tensor at q* in the frame that was carried to q* in parallel.  Weak order 2 for the generator
b·∇ + DΔ_g in any dimension, with no Itô or Stratonovich term to add: a walk along geodesics with Gaussian kicks alone is off by
(D²h²/3)∇^a(R_ab∇^b f) + (Dh²/6)R_ab b^a∇^b f a step, from Δ∇_a − ∇_aΔ = R_ab∇^b, and the factor takes both away (its value
at q* instead of q gives the ∇^aR_ab part).  In flat space and on a line Ric = 0: the scheme of Kloeden and Platen, sec. 15.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.ensembles.langevin.spaces import FlatSpace, Space
from qlearn.ensembles.streams import Positions, Record
from qlearn.kernels.normals import normals

__all__ = ["DEEPEST", "FlatSpace", "Kicks", "Tally", "heun_step", "limit_drift", "trajectory", "walk"]

Drift = Callable[[float, np.ndarray], np.ndarray]
Noise = Callable[[int, int, tuple[int, int]], np.ndarray]       # (step, round, (d, n)) -> standard normals (d, n)
Between = Callable[[float, float], Callable[[np.ndarray, np.ndarray], np.ndarray]]

_NEAR = 1 / 8           # 2Dh|∂ψ/ψ|² above which a step is cut: a node nearer than 2.8 standard deviations of the kick (chosen
                        # among 1/16, 1/8 and 1/4 by cost and limited share on two colliding packets)
DEEPEST = 6             # shortest substep: 2^−6 of a step


@final
@dataclass(eq=False)
class Tally:
    """What the steps of one block did: learner-steps (each substep is one), with limited drift, and those that were substeps."""

    steps: int = 0
    limited: int = 0
    cut: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.steps + other.steps, self.limited + other.limited, self.cut + other.cut)

    def shares(self) -> dict[str, float]:
        """Shares of all learner-steps: those with limited drift, and those that were substeps near a node."""
        total = max(self.steps, 1)
        return {"limited_share": self.limited / total, "substep_share": self.cut / total}


@final
@dataclass(frozen=True, eq=False)
class Kicks:
    """Standard normals of the learners first, first + 1, … of one block, by counter: the same for any executor.

    The rounds of substeps have streams of their own, 1, 2, 3, …; in them the learners of the block that take part are counted
    from its first.
    """

    seed: int
    first: int

    def __call__(self, step: int, round: int, shape: tuple[int, int]) -> np.ndarray:
        return normals(self.seed, step, self.first, shape[1], shape[0], stream=round)


def walk(drift: Drift, space: Space, diffusion: float, q: np.ndarray, tlist: np.ndarray, counts: np.ndarray, kicks: Noise,
         record: Record | None = None, *, halvings: int = DEEPEST, between: Between | None = None) -> tuple[Any, Tally]:
    """Record the positions at tlist, with counts[i] equal steps from tlist[i] to tlist[i + 1]; returns what the record kept.

    Without a record all positions are kept, (len(tlist), d, n).  drift(t, q (d, n)) -> (d, n) is the covector γ∂_μF.  Where it is
    complex, its real and imaginary parts add to the covector, and it is 2D ∂_μψ/ψ: then steps near nodes are cut, down to
    2^−halvings of a step, as told in ``_Walk``.  between(t, later) -> f(times (n,), q (d, n)) is the drift at a time of each
    learner's own within a step; without it ``drift`` is called once for each of these times.
    """
    record = Positions(len(q), q.shape[1], len(tlist)) if record is None else record
    walker = _Walk(drift, space, diffusion, kicks, Tally(), halvings, partial(_one_by_one, drift) if between is None else between)
    steps = count()
    record.record(0, q)
    for i, number in enumerate(counts):
        for t, later in pairwise(np.linspace(tlist[i], tlist[i + 1], number + 1)):
            q = walker.advance(q, float(t), float(later), next(steps))
        if not np.all(np.isfinite(q)):
            checks.fail("the drift (field, loss or metric)", "must be finite wherever learners go",
                        f"{np.count_nonzero(~np.isfinite(q))} NaN or infinite positions at t = {tlist[i + 1]:g}")
        record.record(i + 1, q)
    return record.done(), walker.tally


def trajectory(drift: Drift, space: Space, diffusion: float, q: np.ndarray, tlist: np.ndarray, counts: np.ndarray,
               rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """The same with kicks from a generator and no halving: positions (len(tlist), d, n), limited learner-steps."""
    stored, tally = walk(drift, space, diffusion, q, tlist, counts, lambda step, round, shape: rng.standard_normal(shape),
                         halvings=0)
    return stored, tally.limited


@final
@dataclass(frozen=True, eq=False)
class _Walk:
    """Steps whose length depends on where a learner is when they begin, never on the kick that follows.

    A learner at a distance r ≈ |ψ/∂ψ| from a node with 2Dh/r² > 1/8 takes a substep of h/2^k instead, with the least k for which
    2Dh/(2^k r²) ≤ 1/8 (at most ``halvings``), then judges again, until the step is over: each learner with times of its own, all
    of a block in rounds.  The length is chosen before the kick is drawn, and each substep draws afresh, so that no kick is
    rejected and none is chosen: conditional on the past all of them are normal.
    """

    drift: Drift
    space: Space
    diffusion: float
    kicks: Noise
    tally: Tally
    halvings: int
    between: Between

    def advance(self, q: np.ndarray, t: float, later: float, step: int) -> np.ndarray:
        h = later - t
        frame = self.space.frame(q)
        pull = self.space.components(frame, self.drift(t, q))
        near = self._sharpness(pull, h) > 1 if self.halvings and np.iscomplexobj(pull) else None
        if near is None or not near.any():
            return self._step(self.drift, q, frame, pull, t, later, (step, 0))
        far, result = ~near, np.empty_like(q)
        if far.any():
            result[:, far] = self._step(self.drift, q[:, far], _those(frame, far), pull[:, far], t, later, (step, 0))
        result[:, near] = self._substeps(q[:, near], t, later, step)
        return result

    def _substeps(self, q: np.ndarray, t: float, later: float, step: int) -> np.ndarray:
        """From t to later in substeps; times are counted in whole units of (later − t)/2^halvings."""
        drift, whole = self.between(t, later), 1 << self.halvings
        unit, done, active = (later - t) / whole, np.zeros(q.shape[1], dtype=np.int64), np.arange(q.shape[1])
        round = 0
        while active.size:
            round += 1
            here, now = q[:, active], done[active]
            frame = self.space.frame(here)
            pull = self.space.components(frame, drift(t + unit * now, here))
            sharp = np.maximum(self._sharpness(pull, later - t), 1.0)
            cut = np.minimum(np.ceil(np.log2(sharp)), self.halvings).astype(np.int64)
            then = np.minimum(now + (whole >> cut), whole)
            q[:, active] = self._step(drift, here, frame, pull, t + unit * now, t + unit * then, (step, round))
            self.tally.cut += len(active)
            done[active] = then
            active = active[then < whole]
        return q

    def _step(self, drift: Any, q: np.ndarray, frame: Any, pull: np.ndarray, t: Any, later: Any,
              place: tuple[int, int]) -> np.ndarray:
        kick = self.kicks(*place, q.shape)
        kick *= np.sqrt(2 * self.diffusion * (later - t))
        limit = np.sqrt(2 * self.diffusion / (later - t))
        moved, limited = heun_step(drift, self.space, self.diffusion, t, later, q, kick, limit, frame, pull)
        self.tally.steps += q.shape[1]
        self.tally.limited += limited
        return moved

    def _sharpness(self, pull: np.ndarray, h: float) -> np.ndarray:
        """2Dh|∂ψ/ψ|²/(1/8), above 1 near a node."""
        return np.sum(pull.real**2 + pull.imag**2, axis=0) * (h / (2 * self.diffusion * _NEAR))


def _those(frame: Any, chosen: np.ndarray) -> Any:
    return None if frame is None else frame[..., chosen]


def _one_by_one(drift: Drift, t: float, later: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The drift at times (n,), each learner its own, by one call for each different time."""
    def at(times: np.ndarray, q: np.ndarray) -> np.ndarray:
        result = np.empty(q.shape, dtype=complex)
        for time in np.unique(times):
            there = times == time
            result[:, there] = drift(float(time), q[:, there])
        return result

    return at


def heun_step(drift: Any, space: Space, diffusion: float, t: Any, later: Any, q: np.ndarray, kick: np.ndarray,
              limit: Any, frame: Any = None, pull: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """One step from t to later, numbers or (n,); returns the new positions (d, n) and how many learners had their drift limited.

    |b| is limited to ``limit`` = √(2D/h): near a node of ψ the drift has a pole, and one long step there would throw a learner
    far away.  ``frame`` and ``pull``, the drift's components at (t, q), are computed where they are not given.
    """
    h = later - t
    frame = space.frame(q) if frame is None else frame
    pull = space.components(frame, drift(t, q)) if pull is None else pull
    first, over = limit_drift(_real(pull), limit)
    moved, carried = space.predict(q, frame, h * first + kick)
    second, again = limit_drift(_real(space.components(carried, drift(later, moved))), limit)
    u = first + second
    u *= 0.5 * h
    u += kick
    return space.move(q, frame, space.bend(moved, carried, diffusion * h, u)), _count(over, again)


def limit_drift(b: np.ndarray, limit: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Shorten the vectors b (d, n) that are longer than limit; also the mask of those, or None if there are none."""
    length = np.abs(b[0]) if len(b) == 1 else np.sqrt(np.sum(b * b, axis=0))
    over = length > limit
    if not over.any():
        return b, None
    return b * np.where(over, limit / np.maximum(length, limit), 1.0), over


def _real(pull: np.ndarray) -> np.ndarray:
    return pull.real + pull.imag if np.iscomplexobj(pull) else pull


def _count(first: Any, second: Any) -> int:
    if first is None and second is None:
        return 0
    either = second if first is None else first if second is None else first | second
    return int(np.count_nonzero(either))
