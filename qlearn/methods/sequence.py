"""Kicks and drifts in turn: what a scheme does in a step, and what its processor does before and behind a run."""

from typing import NamedTuple

from qlearn.methods.coefficients import Processor, SplittingTable

__all__ = ["Sequence", "before", "behind", "step_of"]


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


def step_of(table: SplittingTable) -> Sequence:
    return Sequence(tuple(table.rows), table.drifts)


def before(processor: Processor) -> Sequence:
    rows = zip(processor.kicks, processor.gradients, strict=True)
    return Sequence((*rows, (0.0, 0.0)), processor.drifts)


def behind(processor: Processor) -> Sequence:
    """The inverse of ``before``."""
    there = before(processor)
    return Sequence(tuple((-b, -c) for b, c in reversed(there.kicks)), tuple(-a for a in reversed(there.drifts)))
