"""Ensembles of which only counts were kept: χ² of them is calibrated and rejects; what needs positions says so."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.compare.counted import masses_between
from qlearn.densities import GridDensity
from qlearn.ensembles.streams import Stream
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.grids import Grid

RING, LINE = Grid(64, (0, 2 * np.pi)), Grid((48, 64), [(-6, 6)] * 2)
LAW, SHIFTED = (GridDensity.wrapped_normal(RING, centre, 0.7) for centre in (1.0, 1.05))
X, Y = np.meshgrid(*LINE.axes, indexing="ij")
BELL = np.exp(-(X**2 - X * Y + Y**2) / 1.5)
PLANE = GridDensity(LINE, BELL / BELL.sum() / LINE.cell_volume)


def streamed(grid, q, periods):
    stream = Stream(grid, periods, 1)
    stream.record(0, q.reshape(len(q), -1).T)
    return ql.Ensemble([0.0], None, periods, streamed=stream.done())


def turned(law, n, rng, cells=40):
    return streamed(Grid(cells, (0, 2 * np.pi)), law.sample(n, rng), (2 * np.pi,))


def test_masses_between_are_those_of_the_law():
    edges = np.linspace(0.3, 5.0, 12)
    np.testing.assert_allclose(masses_between(LAW, (edges,), (2 * np.pi,)), np.diff(LAW.cdf(edges)), atol=1e-8)
    wide = masses_between(PLANE, (np.array([-9.0, 0, 9]), np.array([-9.0, 9])), (None, None))
    np.testing.assert_allclose(wide, [[0.5], [0.5]], atol=1e-9)


def test_streamed_counts_are_calibrated_and_reject():
    """200 nulls each: P(p < 0.1) within 4 binomial standard errors; a shift of 0.05 (ten standard errors) is rejected."""
    rng = np.random.default_rng(2)
    runs = [turned(LAW, 2000, rng) for _ in range(200)]
    others = [turned(LAW, 1500, rng) for _ in range(100)]
    whole = [ql.Ensemble([0.0], LAW.sample(1500, rng)[None, :, None], (2 * np.pi,)) for _ in range(100)]
    p = [ql.compare(reference, run, tests="chi2").p_values[0]
         for references in ([LAW] * 200, others + whole) for reference, run in zip(references, runs, strict=True)]
    assert abs(np.mean(np.array(p) < 0.1) - 0.1) < 4 * np.sqrt(0.09 / 400)
    assert not ql.compare(SHIFTED, turned(LAW, 20_000, rng), tests="chi2").verdict.passed
    assert not ql.compare(turned(SHIFTED, 40_000, rng), turned(LAW, 40_000, rng), tests="chi2").verdict.passed


def test_learners_in_no_cell_are_counted_and_are_a_cell_of_their_own():
    """False-alarm rate 1 %, one fixed seed; the law without those learners is rejected."""
    q = PLANE.sample(20_000, np.random.default_rng(0))
    narrow = streamed(Grid((24, 40), [(-2, 2), (-2, 3)]), q, (None, None))
    comparison = ql.compare(PLANE, narrow, tests="chi2")
    assert comparison.verdict.passed and comparison.stats["outside"] > 500
    assert "learners outside the grid" in comparison.rows[0].note
    kept = q[np.all((q > -1.9) & (q < 1.9), axis=1)]
    assert not ql.compare(PLANE, streamed(Grid((24, 40), [(-2, 2), (-2, 3)]), kept, (None, None)), tests="chi2").verdict.passed
    with pytest.raises(ArgumentError, match="wider store"):
        ql.compare(PLANE, narrow, tests="chi2", axis=0)
    wide = streamed(Grid((24, 40), [(-8, 8), (-8, 8)]), q, (None, None))
    assert ql.compare(PLANE, wide, tests="chi2", axis=(0, 1)).verdict.passed


def test_what_needs_positions_says_so():
    run = turned(LAW, 1000, np.random.default_rng(0))
    with pytest.raises(UnsupportedError, match=r"tests=\('chi2',\)"):
        ql.compare(LAW, run, tests=("kuiper",))
    with pytest.raises(UnsupportedError, match="the reference kept counts"):
        ql.compare(run, ql.Ensemble([0.0], np.ones((1, 40, 1)), (2 * np.pi,)))
    with pytest.raises(ArgumentError, match="cells of the ensemble"):
        ql.compare(turned(LAW, 1000, np.random.default_rng(0), cells=32), run, tests="chi2")
