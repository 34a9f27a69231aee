"""Streams: the counts and moments of all learners without their positions, for any cut into blocks and any executor."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from qlearn.ensembles import Ensemble, simulate
from qlearn.ensembles.blocks import BLOCK_SIZE, run_blocks
from qlearn.ensembles.streams import Positions, Stream, merged, record_for
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.grids import Grid
from qlearn.systems.base import LearningSystem

PERIODS = (2 * np.pi, None)
GRID = Grid((8, 16), [(0, 2 * np.pi), (-6, 6)], ("periodic", "wall"))
TIMES = np.array([0.0, 1.0, 2.0])


def walk(store, first, size, rng):
    record = record_for(store, PERIODS, len(TIMES), size)
    q = rng.standard_normal((2, size)) * 0.3
    for index in range(len(TIMES)):
        record.record(index, q)
        q = q + 0.5 * rng.standard_normal((2, size)) + 1.0 * np.array([[1.0], [0.0]])
    return record.done()


@pytest.fixture(scope="module")
def both():
    n = 2 * BLOCK_SIZE + 100
    stream = run_blocks(partial(walk, GRID), n, 3, merge=merged)
    positions = np.concatenate(run_blocks(partial(walk, None), n, 3), axis=2)
    assert len(stream) == 1
    return (Ensemble(TIMES, None, PERIODS, streamed=stream[0]),
            Ensemble(TIMES, np.moveaxis(positions, 1, 2), PERIODS))


def test_a_stream_counts_what_the_positions_say(both):
    streamed, stored = both
    assert streamed.positions is None and streamed.learners == stored.learners and streamed.ndim == 2
    np.testing.assert_array_equal(streamed.histograms(GRID), stored.histograms(GRID))
    assert streamed.histograms(GRID).sum() == 3 * stored.learners


def test_its_moments_are_those_of_the_positions(both):
    streamed, stored = both
    np.testing.assert_allclose(streamed.mean, stored.mean, atol=1e-13)
    np.testing.assert_allclose(streamed.covariance, stored.covariance, atol=1e-12)
    waves = np.exp(1j * np.multiply.outer(stored.positions[..., 0], np.arange(1, 9))).mean(axis=1)
    np.testing.assert_allclose(streamed.streamed.waves[:, 0], waves, atol=1e-12)
    assert np.all(np.isnan(streamed.streamed.waves[:, 1]))


def test_threads_give_the_same_bits_in_any_number(both):
    with ThreadPoolExecutor(3) as threads:
        other, = run_blocks(partial(walk, GRID), both[0].learners, 3, merge=merged, executor=threads)
    for name in ("counts", "outside", "mean", "covariance", "waves"):
        np.testing.assert_array_equal(getattr(other, name), getattr(both[0].streamed, name))


def size(streamed):
    return sum(getattr(streamed, name).nbytes for name in ("counts", "outside", "mean", "covariance", "waves"))


def test_memory_does_not_grow_with_the_learners():
    """By construction: what a block returns has the size of the counts, and merging keeps one of them."""
    small, large = (run_blocks(partial(walk, GRID), n, 0, merge=merged)[0] for n in (1000, 5 * BLOCK_SIZE))
    assert size(small) == size(large) == 3 * 8 * (GRID.size + 1 + 2 + 4 + 2 * 2 * 8)
    alive = []

    def watched(one, other):
        alive.append(other)
        return merged(one, other)

    run_blocks(partial(walk, GRID), 5 * BLOCK_SIZE, 0, merge=watched)
    assert len(alive) == 4 and isinstance(Positions(2, 5, 3).done(), np.ndarray)


def test_what_needs_positions_is_refused_with_the_way_out(both):
    with pytest.raises(UnsupportedError, match="store=None"):
        both[0].wrapped()
    with pytest.raises(ArgumentError, match="grid of the stream"):
        both[0].histograms(Grid((4, 16), [(0, 2 * np.pi), (-6, 6)], ("periodic", "wall")))


def test_learners_outside_are_counted_and_said():
    narrow = Grid((8, 4), [(0, 2 * np.pi), (-1, 1)])
    stream = Stream(narrow, PERIODS, 1)
    stream.record(0, np.array([[0.1, 7.0, 3.0], [0.0, 0.2, 2.0]]))
    ensemble = Ensemble([0.0], None, PERIODS, streamed=stream.done())
    assert stream.done().counts.sum() == 2 and stream.done().outside.tolist() == [1]
    with pytest.raises(ArgumentError, match="1 of 3 learners outside"):
        ensemble.histograms(narrow)
    assert ensemble.mean[0, 1] == pytest.approx(2.2 / 3)


def test_walls_have_their_cells_around_their_points():
    grid = Grid(3, (0, 1), "wall")
    stream = Stream(grid, (None,), 1)
    stream.record(0, np.array([[0.2, 0.5, 0.55, 0.8]]))
    assert stream.done().counts.tolist() == [[1, 2, 1]]
    assert Ensemble([0.0], np.array([[[0.2], [0.5]]]), (None,)).histograms(grid).tolist() == [[1, 1, 0]]


@pytest.mark.parametrize(("arguments", "message"), [
    (dict(positions=None), "one is needed"),
    (dict(positions=np.zeros((1, 2, 2)), streamed=Stream(GRID, PERIODS, 1).done()), "exclude each other"),
    (dict(positions=None, streamed=Stream(GRID, PERIODS, 2).done()), "of 1 times"),
])
def test_refusals(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Ensemble([0.0], periods=PERIODS, **arguments)


def test_positions_that_are_not_finite_are_refused():
    with pytest.raises(ArgumentError, match="finite"):
        Stream(GRID, PERIODS, 1).record(0, np.array([[0.0, np.nan], [0.0, 0.0]]))


@pytest.mark.parametrize("loss", ["q**4/4 - q**2/2", "cos(q) + exp(sin(q))", "cos(q) + abs(sin(q))"])
def test_simulate_streams_what_it_would_store(loss):
    period = None if "**4" in loss else 2 * np.pi
    system = LearningSystem("q", loss=loss, learning_rate=1.0, temperature=0.5, periods=period)
    grid = Grid(32, [(-6, 6)] if period is None else [(0, period)])
    arguments = dict(kind="static", learners=BLOCK_SIZE + 50, seed=1, dt=0.02)
    streamed = simulate(system, 0.5, TIMES, store=grid, **arguments)
    stored = simulate(system, 0.5, TIMES, **arguments)
    np.testing.assert_array_equal(streamed.histograms(grid), stored.histograms(grid))
    np.testing.assert_allclose(streamed.covariance, stored.covariance, atol=1e-12)
    assert streamed.positions is None and streamed.stats["method"] == stored.stats["method"]
    with pytest.raises(ArgumentError, match="store"):
        simulate(system, 0.5, TIMES, store=GRID, **arguments)
