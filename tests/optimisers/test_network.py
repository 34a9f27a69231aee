"""The reference network: gradients by finite differences, many networks at once, records."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.optimisers import teacher_data

NETWORK = ql.TanhNetwork(3, 4)


def case():
    x, y = teacher_data(12, 3, seed=2)
    return NETWORK.start(np.random.default_rng(1)), x, y


def test_gradients_by_finite_differences():
    q, x, y = case()
    step = 1e-5 * np.eye(NETWORK.parameters)
    each = np.array([[(NETWORK.loss(q + d, x[i:i + 1], y[i:i + 1]) - NETWORK.loss(q - d, x[i:i + 1], y[i:i + 1])) / 2e-5
                      for d in step] for i in range(12)])
    h = NETWORK.per_sample_gradients(q, x, y)
    assert np.max(np.abs(h - each)) < 1e-8 * max(1, np.max(np.abs(h)))
    assert np.max(np.abs(NETWORK.gradient(q, x, y) - h.mean(axis=0))) < 1e-14 * max(1, np.max(np.abs(h)))


def test_many_networks_at_once():
    _, x, y = case()
    runs = NETWORK.start(np.random.default_rng(4), (5,))
    together = NETWORK.gradient(runs, np.stack([x] * 5), np.stack([y] * 5))
    assert np.allclose(together[3], NETWORK.gradient(runs[3], x, y), atol=1e-14)
    assert NETWORK.per_sample_gradients(runs, x, y).shape == (5, 12, NETWORK.parameters)


def test_wrong_shapes():
    q, x, y = case()
    with pytest.raises(ArgumentError, match="20 parameters"):
        NETWORK.gradient(q[:-1], x, y)
    with pytest.raises(ArgumentError, match=r"shapes \(…, n, 3\)"):
        NETWORK.loss(q, x[:, :2], y)


@pytest.mark.parametrize(("record", "words"), [
    (dict(gradients=np.zeros((3, 5))), "four or more"),
    (dict(gradients=np.zeros((8, 5)), metric=np.ones(4)), r"shape \(5,\) or \(5, 5\)"),
    (dict(gradients=np.zeros((8, 5)), metric=np.zeros(5)), "metric must be positive"),
    (dict(gradients=np.zeros((8, 2)), metric=np.array([[1.0, 2.0], [2.0, 1.0]])), "positive definite"),
    (dict(gradients=np.zeros((8, 2)), metric=np.array([[1.0, 0.5], [0.0, 1.0]])), "symmetric"),
    (dict(gradients=np.zeros((8, 2)), updates=np.zeros((9, 3))), r"shape \(any, 2\)"),
])
def test_bad_records(record, words):
    with pytest.raises(ArgumentError, match=words):
        ql.GradientRecord(**record)
