"""Block-wise randomness: the same seed gives the same bits for any executor and any number of workers."""

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any, TypeVar

import numpy as np

from qlearn import checks

__all__ = ["BLOCK_SIZE", "block_generator", "record_steps", "run_blocks"]

BLOCK_SIZE = 16384      # learners in a block: fixed, because results depend on it; small enough for the caches

Output = TypeVar("Output")


def run_blocks(function: Callable[[int, int, np.random.Generator], Output], n: int, seed: int, *,
               executor: Executor | None = None, progress: Callable[[int], None] | None = None,
               merge: Callable[[Output, Output], Output] | None = None) -> list[Output]:
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
    merge : (output, output) -> output, associative: the list then holds one output, made of the first two, the third, … in
        this order, and blocks are let go as soon as they are merged.  So memory does not grow with n

    Raises
    ------
    ArgumentError for a bad n or seed, or a function that a process pool cannot pickle; whatever ``function`` raises, after
    the blocks not yet started were cancelled.

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
        return _collect(outputs, sizes, progress, merge)
    futures = deque(executor.submit(_one_block, function, first, size, seed)
                    for first, size in zip(firsts, sizes, strict=True))
    try:
        return _collect(_results(futures, function), sizes, progress, merge)
    finally:
        for future in futures:
            future.cancel()


def record_steps(steps: Sequence[int]) -> np.ndarray:
    """Increasing step counts ≥ 0."""
    record = np.asarray(steps)
    if record.ndim != 1 or record.size == 0 or not np.issubdtype(record.dtype, np.integer) or record[0] < 0 \
            or np.any(np.diff(record) <= 0):
        checks.fail("steps", "must be increasing whole numbers ≥ 0", steps, "For example [0, 100, 200].")
    return record


def block_generator(seed: int, block: int) -> np.random.Generator:
    """The generator of one block."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(block,))))


def _one_block(function: Callable[[int, int, np.random.Generator], Output], first: int, size: int, seed: int) -> Output:
    return function(first, size, block_generator(seed, first // BLOCK_SIZE))


def _results(futures: deque, function: Callable[..., Any]) -> Iterable[Any]:
    while futures:
        future = futures.popleft()
        try:
            result = future.result()
        except (pickle.PicklingError, AttributeError, TypeError):
            _check_picklable(function)
            raise
        yield result


def _check_picklable(function: Callable[..., Any]) -> None:
    try:
        pickle.dumps(function)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        checks.fail("executor", "of processes needs callables that can be pickled, functions of a module", str(error),
                    "Define the callable at the top of a module (no lambda, no closure), or take a ThreadPoolExecutor.")


def _collect(outputs: Iterable[Any], sizes: list[int], progress: Callable[[int], None] | None,
             merge: Callable[[Any, Any], Any] | None) -> list:
    collected: list[Any] = []
    for output, size in zip(outputs, sizes, strict=True):
        if merge is not None and collected:
            collected[0] = merge(collected[0], output)
        else:
            collected.append(output)
        if progress is not None:
            progress(size)
    return collected
