"""label_step: the compiled pass and its NumPy twin move the same learners to the same places, flat and curved, any batch."""

import numpy as np
import pytest

from qlearn.kernels.label_steps import EXAMPLES, RingTables, label_step, numpy_step


def tables(curved):
    lattice = 2 * np.pi * np.arange(EXAMPLES + 1) / EXAMPLES
    rows = np.empty((0, 6))
    if curved:
        x = 2 * np.pi * np.arange(1024) / 1024
        columns = [EXAMPLES / 20 * np.sin(x), 0.1 + 0.02 * np.cos(x), 0.001 * np.sin(x)]
        rows = np.stack([part for c in columns for part in (c, np.roll(c, -1) - c)], axis=1)
    return RingTables(np.sin(lattice) + 0.3, EXAMPLES / (2 * np.pi), 0.1, 0.0, rows)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("curved", [False, True], ids=["flat", "curved"])
def test_the_twins_agree(curved, batch):
    pytest.importorskip("numba", reason="the compiled pass needs numba")
    rng = np.random.default_rng(3)
    begin = rng.uniform(-20, 20, 1000)
    words = rng.integers(0, 2**64, 1000 * batch, dtype=np.uint64)
    chance = 0.5 + 0.4 * np.cos(2 * np.pi * np.arange(EXAMPLES) / EXAMPLES)
    one, other = begin.copy(), begin.copy()
    label_step(one, words, chance, tables(curved), batch)
    numpy_step(other, words, chance * 2.0**52, tables(curved), batch)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)
    assert np.all(one != begin)


def test_a_step_is_what_it_says():
    """One learner and one word at a time, against the formula."""
    rng = np.random.default_rng(4)
    words = rng.integers(0, 2**64, 50, dtype=np.uint64)
    chance = rng.uniform(size=EXAMPLES)
    t = tables(False)
    begin = rng.uniform(0, 2 * np.pi, 50)
    q = begin.copy()
    numpy_step(q, words, chance * 2.0**52, t, 1)
    for moved, start, word in zip(q, begin, words.tolist(), strict=True):
        j, rest = word >> 52, (word & (2**52 - 1)) / 2**52
        sign = 1 if rest < chance[j] else -1
        exact = start + 0.1 * sign * (np.sin(start - 2 * np.pi * j / EXAMPLES) + 0.3)
        assert abs(moved - exact) < 1e-7
