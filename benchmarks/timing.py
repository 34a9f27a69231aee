"""Ratios of times that survive a busy machine: processor time of one thread, contestants in turn, the median of the ratios.

Processor time leaves out what other programs do meanwhile; interleaving cancels changes of the clock rate and of the shared
caches; the median of the ratios of neighbouring runs is not moved by a single disturbed one.
"""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import process_time
from typing import final

__all__ = ["Interleaved", "interleave", "once"]

SHORTEST = 2e-2  # seconds a single measurement lasts at least, by repeating: all are timed with their own code in the caches


@final
@dataclass(frozen=True)
class Interleaved:
    """Seconds of one call, a list a contestant, of equal length: entry i of each was measured in round i."""

    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratio(self, slow: str, fast: str) -> float:
        """The median over the rounds of time(slow)/time(fast)."""
        return statistics.median(a / b for a, b in zip(self.seconds[slow], self.seconds[fast], strict=True))

    def spread(self, slow: str, fast: str) -> tuple[float, float]:
        """The quartiles of these ratios."""
        ratios = sorted(a / b for a, b in zip(self.seconds[slow], self.seconds[fast], strict=True))
        return ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]


def once(call: Callable[[], object]) -> float:
    """Seconds of processor time of one call."""
    start = process_time()
    call()
    return process_time() - start


def interleave(calls: Mapping[str, Callable[[], object]], rounds: int = 15) -> Interleaved:
    """Measure each contestant once a round, after a first call of each that is not counted; short calls are repeated."""
    repeats = {name: max(1, min(10000, round(SHORTEST / max(min(once(call), once(call)), 1e-7)))) for name, call in calls.items()}
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(_repeated(call, repeats[name]))
    return Interleaved(seconds)


def _repeated(call: Callable[[], object], count: int) -> float:
    start = process_time()
    for _ in range(count):
        call()
    return (process_time() - start) / count
