"""From the fields that carriers made to an Ensemble: noisy learners read the stored path of the fields, one way.

Shared by every self-consistent method (with and without poles): the method hands in the carriers' stored positions and the
path of its fields, and gets the Ensemble back.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, final

import numpy as np

from qlearn.densities import GridDensity
from qlearn.ensembles.blocks import run_blocks
from qlearn.ensembles.ensemble import Ensemble
from qlearn.ensembles.langevin.langevin import FlatSpace, trajectory

__all__ = ["Flow", "FlowDrift", "Start", "assemble", "carrier_generator", "noisy_learners"]

_CARRIERS = 1 << 30         # spawn key of the carriers' random numbers: no block of learners has it


class Flow(Protocol):
    """The stored path of the fields; frozen and picklable, so that blocks of learners can read it on any executor."""

    def __call__(self, t: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Velocity v = ∇φ/m and score s = ∇ln ρ at q (d, n), each (d, n)."""

    def drift(self, t: float, q: np.ndarray, diffusion: float) -> np.ndarray:
        """v + D s at q (d, n), as (d, n): what the noisy learner adds to its noise."""


@final
@dataclass(frozen=True, eq=False)
class FlowDrift:
    """b = v + D s of the noisy learner dq = b dt + √(2D) dW, whose law is ρ where ρ and v are those of the flow."""

    flow: Flow
    diffusion: float

    def __call__(self, t: float, q: np.ndarray) -> np.ndarray:
        return self.flow.drift(t, q, self.diffusion)


@final
@dataclass(frozen=True, eq=False)
class Start:
    """Where learners begin: drawn iid from a density, or, where only points (d, n) are known, drawn from those points."""

    density: GridDensity | None
    points: np.ndarray | None = None

    def draw(self, size: int, rng: np.random.Generator) -> np.ndarray:
        """``size`` independent positions (d, size)."""
        if self.density is not None:
            return np.ascontiguousarray(self.density.sample(size, rng).reshape(size, -1).T)
        assert self.points is not None
        return np.ascontiguousarray(self.points[:, rng.integers(self.points.shape[1], size=size)])


def carrier_generator(seed: int) -> np.random.Generator:
    """The random numbers that place the carriers: none that a noisy learner uses."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(_CARRIERS,))))


def noisy_learners(flow: Flow, start: Start, times: np.ndarray, steps: np.ndarray, *, diffusion: float, learners: int,
                   seed: int, executor: Executor | None = None,
                   progress: Callable[[int], None] | None = None) -> tuple[np.ndarray, float]:
    """Positions (n, learners, d) of independent noisy learners and the share of learner-steps whose drift was limited.

    ``steps`` (n − 1,): equal steps of each interval of ``times``.  The same numbers for any executor and number of workers.
    """
    drift = FlowDrift(flow, diffusion)
    block = partial(_one_block, drift, start, times, steps)
    blocks = run_blocks(block, learners, seed, executor=executor, progress=progress)
    positions = np.concatenate([stored for stored, _ in blocks], axis=2)
    total = learners * int(np.sum(steps))
    return np.moveaxis(positions, 1, 2), sum(number for _, number in blocks) / total if total else 0.0


def assemble(times: np.ndarray, positions: np.ndarray, carriers: np.ndarray, flow: Flow,
             periods: tuple[float | None, ...], stats: dict[str, Any]) -> Ensemble:
    """The Ensemble of noisy learners (n, learners, d) with its carriers (n, carriers, d) and the flow they made."""
    own = {"kind": stats.get("kind"), "seed": stats.get("seed"), "learners": carriers.shape[1],
           "limited_share": stats.get("carriers_limited_share", 0.0)}
    return Ensemble(times, positions, periods, stats, carriers=Ensemble(times, carriers, periods, own), flow=flow)


def _one_block(drift: FlowDrift, start: Start, times: np.ndarray, steps: np.ndarray, first: int, size: int,
               rng: np.random.Generator) -> tuple[np.ndarray, int]:
    q = start.draw(size, rng)
    return trajectory(drift, FlatSpace(), drift.diffusion, q, times, steps, rng)
