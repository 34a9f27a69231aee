"""Radices, roots of unity and the order of the modes for the transforms of qlearn.kernels.compiled_fft."""

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

__all__ = ["Plan", "factored", "plan"]


@final
@dataclass(frozen=True, eq=False)
class Plan:
    """Of a transform of n rows. radices (s,); twiddles: of each pass of radix r over m rows cos and −sin of 2π pi/(rm),
    p < m, 0 < i < r; order (n,): which mode stands in each row after ``forward``."""

    n: int
    radices: np.ndarray
    twiddles: np.ndarray
    order: np.ndarray


def factored(n: int) -> list[int] | None:
    """Radices 4, 5, 3 and 2 whose product n is; None where it has other factors."""
    radices = []
    for radix in (5, 3, 4, 2):
        while n % radix == 0:
            radices.append(radix)
            n //= radix
    return radices if n == 1 else None


@lru_cache(maxsize=64)
def plan(n: int) -> Plan:
    radices = factored(n)
    assert radices is not None
    twiddles, order, m = [np.empty(0)], np.zeros(1, dtype=np.int64), n
    for radix in radices:
        length, m = m, m // radix
        angle = -2 * np.pi / length * (np.outer(np.arange(m), np.arange(1, radix)) % length)
        twiddles.append(np.stack([np.cos(angle), np.sin(angle)], axis=-1).ravel())
    for radix in reversed(radices):
        order = np.concatenate([i + radix * order for i in range(radix)])
    return Plan(n, np.array(radices, dtype=np.int64), np.concatenate(twiddles), order)
