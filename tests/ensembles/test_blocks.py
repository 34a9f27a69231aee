"""Block-wise randomness: the same bits for any executor and any number of workers; a failing block is heard."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from qlearn.ensembles.blocks import BLOCK_SIZE, block_generator, run_blocks
from qlearn.errors import ArgumentError


def draw(first, size, rng):
    return first, rng.standard_normal(size)


def fail(first, size, rng):
    raise ValueError(f"block at {first}")


def test_any_executor_gives_the_same_bits():
    n = 3 * BLOCK_SIZE + 5
    alone = run_blocks(draw, n, seed=7)
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        for executor in (threads, processes):
            other = run_blocks(draw, n, seed=7, executor=executor)
            assert all(a[0] == b[0] and np.array_equal(a[1], b[1]) for a, b in zip(alone, other, strict=True))


def test_blocks_cover_every_learner_once_and_differ():
    blocks = run_blocks(draw, 2 * BLOCK_SIZE + 1, seed=0)
    assert [first for first, _ in blocks] == [0, BLOCK_SIZE, 2 * BLOCK_SIZE]
    assert [len(x) for _, x in blocks] == [BLOCK_SIZE, BLOCK_SIZE, 1]
    assert not np.array_equal(blocks[0][1], blocks[1][1])


def test_a_larger_ensemble_begins_with_the_same_learners():
    small, large = (run_blocks(draw, n, seed=1) for n in (BLOCK_SIZE, 2 * BLOCK_SIZE))
    assert np.array_equal(small[0][1], large[0][1])


def test_the_stream_is_the_documented_one():
    rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(3, spawn_key=(2,))))
    assert np.array_equal(block_generator(3, 2).random(4), rng.random(4))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_failing_block_raises(workers):
    with ThreadPoolExecutor(2) as threads, pytest.raises(ValueError, match="block at"):
        run_blocks(fail, 40_000, seed=0, executor=threads if workers else None)


def test_progress_counts_learners():
    seen = []
    run_blocks(draw, 20_000, seed=0, progress=seen.append)
    assert seen == [BLOCK_SIZE, 20_000 - BLOCK_SIZE]


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (1.5, 0), (3, -1), (3, None)])
def test_refusals(n, seed):
    with pytest.raises(ArgumentError):
        run_blocks(draw, n, seed)
