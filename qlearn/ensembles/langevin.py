"""Langevin steps: dq = b(t, q) dt + √(2D) dW in an orthonormal frame, by the stochastic Heun scheme along geodesics.

    q* = exp_q(b(t, q) h + kick),      q' = exp_q[(1 − (Dh/6) Ric(q*)) (½(b(t, q) + b(t + h, q*)) h + kick)],      kick = √(2Dh) ξ

with b(t + h, q*) and the Ricci tensor at q* in the frame that was carried to q* in parallel.  Weak order 2 for the generator
b·∇ + DΔ_g in any dimension, with no Itô or Stratonovich term to add: a walk along geodesics with Gaussian kicks alone is off by
(D²h²/3)∇^a(R_ab∇^b f) + (Dh²/6)R_ab b^a∇^b f a step, from Δ∇_a − ∇_aΔ = R_ab∇^b, and the factor takes both away (its value
at q* instead of q gives the ∇^aR_ab part).  In flat space and on a line Ric = 0: the scheme of Kloeden and Platen, sec. 15.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any, final

import numpy as np

from qlearn.ensembles.spaces import FlatSpace, Space
from qlearn.ensembles.streams import Positions, Record
from qlearn.kernels.normals import normals

__all__ = ["DEEPEST", "FlatSpace", "Kicks", "Tally", "heun_step", "limit_drift", "trajectory", "walk"]

Drift = Callable[[float, np.ndarray], np.ndarray]
Noise = Callable[[int, int, tuple[int, int]], np.ndarray]       # (step, node, (d, n)) -> standard normals (d, n)

_NEAR = 1 / 16          # 2Dh|∂ψ/ψ|² above which a step is halved: nodes nearer than four standard deviations of the kick
DEEPEST = 6             # halvings of one step


@final
@dataclass(eq=False)
class Tally:
    """What the steps of one block did: learner-steps (substeps counted one by one), those with limited drift, and halvings."""

    steps: int = 0
    limited: int = 0
    halved: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.steps + other.steps, self.limited + other.limited, self.halved + other.halved)

    def shares(self) -> dict[str, float]:
        """Shares of all learner-steps, substeps included: those with limited drift, and those that were halved instead."""
        total = max(self.steps, 1)
        return {"limited_share": self.limited / total, "halved_share": self.halved / total}


@final
@dataclass(frozen=True, eq=False)
class Kicks:
    """Standard normals of the learners first, first + 1, … of one block, by counter: the same for any executor.

    The substeps of a halved step have streams of their own, 1, 2, 3, … down the binary tree; there the learners of the block that
    take it are counted from its first.
    """

    seed: int
    first: int

    def __call__(self, step: int, node: int, shape: tuple[int, int]) -> np.ndarray:
        return normals(self.seed, step, self.first, shape[1], shape[0], stream=node)


def walk(drift: Drift, space: Space, diffusion: float, q: np.ndarray, tlist: np.ndarray, counts: np.ndarray, kicks: Noise,
         record: Record | None = None, *, halvings: int = DEEPEST) -> tuple[Any, Tally]:
    """Record the positions at tlist, with counts[i] equal steps from tlist[i] to tlist[i + 1]; returns what the record kept.

    Without a record all positions are kept, (len(tlist), d, n).  drift(t, q (d, n)) -> (d, n) is the covector γ∂_μF.  Where it is
    complex, its real and imaginary parts add to the covector, and it is 2D ∂_μψ/ψ: then steps near nodes are halved, up to
    ``halvings`` times, as told in ``_Walk``.
    """
    record = Positions(len(q), q.shape[1], len(tlist)) if record is None else record
    walker, steps = _Walk(drift, space, diffusion, kicks, Tally()), count()
    record.record(0, q)
    for i, number in enumerate(counts):
        for t, later in pairwise(np.linspace(tlist[i], tlist[i + 1], number + 1)):
            q = walker.advance(q, float(t), float(later), (next(steps), 0), halvings)
        record.record(i + 1, q)
    return record.done(), walker.tally


def trajectory(drift: Drift, space: Space, diffusion: float, q: np.ndarray, tlist: np.ndarray, counts: np.ndarray,
               rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """The same with kicks from a generator and no halving: positions (len(tlist), d, n), limited learner-steps."""
    stored, tally = walk(drift, space, diffusion, q, tlist, counts, lambda step, node, shape: rng.standard_normal(shape),
                         halvings=0)
    return stored, tally.limited


@final
@dataclass(frozen=True, eq=False)
class _Walk:
    """Steps whose length depends on where a learner is when they begin, never on the kick that follows.

    A learner at a distance r ≈ |ψ/∂ψ| from a node with 2Dh/r² > 1/16 takes two steps of h/2 instead, each judged again.  The
    choice is made before the kick is drawn, and each substep draws afresh, so that no kick is rejected and none is chosen:
    conditional on the past all of them are normal.  Learners of one block that take a substep at the same time draw together, in
    the order of the binary tree, whatever the number of workers.
    """

    drift: Drift
    space: Space
    diffusion: float
    kicks: Noise
    tally: Tally

    def advance(self, q: np.ndarray, t: float, later: float, place: tuple[int, int], halvings: int) -> np.ndarray:
        """``place``: the step and the node of its binary tree of substeps, 0 all of it, 2n + 1 and 2n + 2 the halves of n."""
        h = later - t
        frame = self.space.frame(q)
        pull = self.space.components(frame, self.drift(t, q))
        near = self._near(pull, h) if halvings else None
        if near is None:
            return self._step(q, frame, pull, t, later, place)
        far, result = ~near, np.empty_like(q)
        if far.any():
            result[:, far] = self._step(q[:, far], None if frame is None else frame[..., far], pull[:, far], t, later, place)
        self.tally.halved += int(np.count_nonzero(near))
        (step, node), middle = place, 0.5 * (t + later)
        halfway = self.advance(q[:, near], t, middle, (step, 2 * node + 1), halvings - 1)
        result[:, near] = self.advance(halfway, middle, later, (step, 2 * node + 2), halvings - 1)
        return result

    def _step(self, q: np.ndarray, frame: Any, pull: np.ndarray, t: float, later: float,
              place: tuple[int, int]) -> np.ndarray:
        kick = self.kicks(*place, q.shape)
        kick *= np.sqrt(2 * self.diffusion * (later - t))
        moved, limited = heun_step(self.drift, self.space, self.diffusion, t, later, q, kick,
                                   np.sqrt(2 * self.diffusion / (later - t)), frame, pull)
        self.tally.steps += q.shape[1]
        self.tally.limited += limited
        return moved

    def _near(self, pull: np.ndarray, h: float) -> np.ndarray | None:
        """Which learners are near a node, or None if none is (or ψ is not known)."""
        if not np.iscomplexobj(pull):
            return None
        near = np.sum(pull.real**2 + pull.imag**2, axis=0) > _NEAR * 2 * self.diffusion / h
        return near if near.any() else None


def heun_step(drift: Drift, space: Space, diffusion: float, t: float, later: float, q: np.ndarray, kick: np.ndarray,
              limit: float, frame: Any = None, pull: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """One step from t to later; returns the new positions (d, n) and how many learners had their drift limited.

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


def limit_drift(b: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray | None]:
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
