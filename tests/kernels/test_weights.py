"""Weights of kicks in turn, compiled and plain, against one kick after the other."""

import importlib.util

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods.sequence import plan_of, step_of

WAYS = [False, pytest.param(True, marks=pytest.mark.skipif(importlib.util.find_spec("numba") is None,
                                                           reason="the compiled weights need numba"))]


@pytest.mark.parametrize("square", [False, True])
@pytest.mark.parametrize("method", [ql.Strang, ql.Gradient6, ql.Chin4], ids=lambda m: m.__name__)
@pytest.mark.parametrize("compiled", WAYS)
def test_weights_of_every_kick(compiled, method, square):
    sequence, h, hbar, count = step_of(method.table), 0.3, 0.7, 3
    plan, (r, s) = plan_of(sequence), np.triu_indices(3)
    times = plan.times(0.5, h, count, compiled=compiled)
    factors = np.stack([np.sin(times), np.cos(2 * times)], axis=1)
    found = plan.weights(h, hbar, factors, np.zeros(9 if square else 3), compiled=compiled)
    rows = [sequence.kicks[0], *[*sequence.kicks[1:-1], sequence.merged] * count]
    rows[-1] = sequence.kicks[-1]
    assert np.allclose(times, [0.5, *(0.5 + h * (n + part) for n in range(count) for part in sequence.fractions)], atol=1e-15)
    for (b, c), (f, g), weights in zip(rows, factors, found, strict=True):
        numbers = np.array([1, f, g])
        wanted = [*(b * h / hbar * numbers), *(-c * h**3 / hbar * numbers[r] * numbers[s])]
        np.testing.assert_allclose(weights, wanted[:len(weights)], rtol=0, atol=1e-15)
