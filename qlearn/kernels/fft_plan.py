"""Radices, roots of unity and the order of the modes for the transforms of qlearn.kernels.compiled_fft."""

from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np

__all__ = ["RADICES", "Plan", "factored", "plan"]

RADICES = (2, 3, 4, 5, 6, 8)


@final
@dataclass(frozen=True, eq=False)
class Plan:
    """Of a transform of n rows. passes (s, 4): of each the radix r, m, the number of stretches of r·m rows, and its first root;
    roots: of each pass cos and −sin of 2π pi/(rm), p < m, 0 < i < r; order (n,): which mode stands in each row after
    ``forward``."""

    n: int
    passes: np.ndarray
    roots: np.ndarray
    order: np.ndarray


@lru_cache(maxsize=4096)
def factored(n: int, most: int = RADICES[-1]) -> tuple[int, ...] | None:
    """As few radices of at most ``most`` as have the product n, the largest last; None where n has factors but 2, 3 and 5."""
    if n == 1:
        return ()
    parts = [(radix, factored(n // radix, most)) for radix in RADICES if radix <= most and n % radix == 0]
    found = [tuple(sorted((*others, radix))) for radix, others in parts if others is not None]
    return min(found, key=lambda radices: (len(radices), -radices[-1]), default=None)


@lru_cache(maxsize=64)
def plan(n: int, most: int = RADICES[-1]) -> Plan:
    radices = factored(n, most)
    assert radices is not None
    passes, roots, order, m, root = [], [np.empty(0)], np.zeros(1, dtype=np.int64), n, 0
    for radix in radices:
        length, m = m, m // radix
        angle = -2 * np.pi / length * (np.outer(np.arange(m), np.arange(1, radix)) % length)
        passes.append((radix, m, n // length, root))
        roots.append(np.stack([np.cos(angle), np.sin(angle)], axis=-1).ravel())
        root += roots[-1].size
    for radix in reversed(radices):
        order = np.concatenate([i + radix * order for i in range(radix)])
    return Plan(n, np.array(passes, dtype=np.int64).reshape(-1, 4), np.concatenate(roots), order)
