"""Kicks and drifts in turn: what a scheme does in a step, and what its processor does before and behind a run."""

from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from qlearn.kernels import weights
from qlearn.methods.coefficients import Processor, SplittingTable

__all__ = ["Plan", "Sequence", "before", "behind", "plan_of", "step_of"]


class Sequence(NamedTuple):
    """Kicks (b_j, c_j), j = 0 … s, and drifts a_j, j = 0 … s − 1, between them: kick 0, drift 0, …, drift s − 1, kick s."""

    kicks: tuple[tuple[float, float], ...]
    drifts: tuple[float, ...]

    @property
    def merged(self) -> tuple[float, float]:
        """The last kick and the first of the next turn in one."""
        (b, c), (first, second) = self.kicks[-1], self.kicks[0]
        return b + first, c + second

    @property
    def fractions(self) -> list[float]:
        """The time behind each drift, in parts of the step; the last one is 1, of a processor 0."""
        sums, total = [], 0.0
        for a in self.drifts:
            total += a
            sums.append(total)
        return [*sums[:-1], float(round(total))]


class Plan(NamedTuple):
    """What a sequence needs whatever its step: its distinct (b, c), the order they come in, its distinct a and which of them each
    stage has; (b, c) of the first kick and of the kicks behind the stages, and when these are, in parts of the step."""

    kicks: np.ndarray
    order: np.ndarray
    drifts: np.ndarray
    which: np.ndarray
    first: np.ndarray
    behind: np.ndarray
    fractions: np.ndarray

    def times(self, time: float, h: float, count: int, *, compiled: bool) -> np.ndarray:
        """(1 + count·stages,) when the kicks of ``count`` steps from ``time`` are, the last of a step and the first of the next
        being one."""
        found = np.empty(1 + count * len(self.fractions))
        (_compiled() if compiled else weights).kick_times(time, h, self.fractions, found)
        return found

    def weights(self, h: float, hbar: float, factors: np.ndarray, largest: np.ndarray, *, compiled: bool) -> np.ndarray | None:
        """(1 + count·stages, R) w_r of the kicks exp(−i Σ_r w_r g_r), for the factors f_1, … of a drive at each of them.

        largest (R,) : of each |g_r|. None where phases are too large for compiled code.
        """
        found, kernel = np.empty((len(factors), len(largest))), _compiled() if compiled else weights
        return found if kernel.kick_weights(self.first, self.behind, h / hbar, -h**3 / hbar, factors, largest, found) else None


@lru_cache(maxsize=32)
def plan_of(sequence: Sequence) -> Plan:
    rows = list(sequence.kicks)
    order = [*rows[:-1], sequence.merged, rows[-1]]
    distinct, drifts = list(dict.fromkeys(order)), list(dict.fromkeys(sequence.drifts))
    which = [drifts.index(a) for a in sequence.drifts]
    return Plan(np.array(distinct), np.array([distinct.index(row) for row in order], dtype=np.int64), np.array(drifts),
                np.array(which, dtype=np.int64), np.array(rows[0]), np.array(rows[1:]), np.array(sequence.fractions))


@cache
def step_of(table: SplittingTable) -> Sequence:
    return Sequence(tuple(table.rows), table.drifts)


@cache
def before(processor: Processor) -> Sequence:
    rows = zip(processor.kicks, processor.gradients, strict=True)
    return Sequence((*rows, (0.0, 0.0)), processor.drifts)


@cache
def behind(processor: Processor) -> Sequence:
    """The inverse of ``before``."""
    there = before(processor)
    return Sequence(tuple((-b, -c) for b, c in reversed(there.kicks)), tuple(-a for a in reversed(there.drifts)))


@cache
def _compiled() -> Any:
    from qlearn.kernels import compiled_weights

    return compiled_weights
