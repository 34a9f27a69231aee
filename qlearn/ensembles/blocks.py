"""Block-wise randomness: the same seed gives the same bits for any executor and any number of workers."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

import numpy as np

from qlearn import checks

__all__ = ["BLOCK_SIZE", "block_generator", "run_blocks"]

BLOCK_SIZE = 16384      # learners in a block: fixed, because results depend on it; small enough for the caches

Output = TypeVar("Output")


def run_blocks(function: Callable[[int, int, np.random.Generator], Output], n: int, seed: int, *,
               executor: Executor | None = None, progress: Callable[[int], None] | None = None) -> list[Output]:
    """Run ``function(first, size, rng)`` for every block of n learners; return the outputs in the order of the blocks.

    Block b holds the learners b·BLOCK_SIZE … (the last one may be shorter); its generator is SFC64 seeded with
    ``numpy.random.SeedSequence(seed, spawn_key=(b,))``.  Blocks share nothing, so that the outputs are the same, bit
    for bit, for executor=None, threads, processes and any number of workers (on one kind of machine and NumPy version).

    Parameters
    ----------
    function : (first, size, rng) -> output; ``first`` is the index of the block's first learner.  With a process pool
        it must be picklable: a module-level function or a ``functools.partial`` of one, not a closure.
    n, seed : how many learners in all (≥ 1); a whole number ≥ 0
    executor : concurrent.futures.Executor, optional
    progress : called with the number of learners of each finished block, in the caller's thread

    Raises
    ------
    ArgumentError for a bad n or seed; whatever ``function`` raises, after the blocks not yet started were cancelled.

    Examples
    --------
    >>> run_blocks(lambda first, size, rng: (first, size), 20000, seed=0)
    [(0, 16384), (16384, 3616)]
    """
    n = checks.integer("n", n, least=1)
    seed = checks.integer("seed", seed, least=0)
    firsts = range(0, n, BLOCK_SIZE)
    sizes = [min(BLOCK_SIZE, n - first) for first in firsts]
    if executor is None:
        outputs = (_one_block(function, first, size, seed) for first, size in zip(firsts, sizes, strict=True))
        return _collect(outputs, sizes, progress)
    futures = [executor.submit(_one_block, function, first, size, seed)
               for first, size in zip(firsts, sizes, strict=True)]
    try:
        return _collect((future.result() for future in futures), sizes, progress)
    finally:
        for future in futures:
            future.cancel()


def block_generator(seed: int, block: int) -> np.random.Generator:
    """The generator of one block."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(block,))))


def _one_block(function: Callable[[int, int, np.random.Generator], Output], first: int, size: int, seed: int) -> Output:
    return function(first, size, block_generator(seed, first // BLOCK_SIZE))


def _collect(outputs: Any, sizes: list[int], progress: Callable[[int], None] | None) -> list:
    collected = []
    for output, size in zip(outputs, sizes, strict=True):
        collected.append(output)
        if progress is not None:
            progress(size)
    return collected
