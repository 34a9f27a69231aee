"""Tensor splines: derivatives, the span, and the compiled twin against NumPy."""

import numpy as np
import pytest

from qlearn.kernels import phases, tensor_splines
from qlearn.kernels.tensor_splines import SplineAxes, evaluate, gradient, local_values, moments, scatter


def axes(d, ring):
    rings = np.array([False] * (d - 1) + [ring])
    return SplineAxes(np.full(d, -2.0), np.full(d, 4 / 3), np.full(d, 3), rings)


@pytest.mark.parametrize(("d", "ring"), [(1, False), (1, True), (2, False), (2, True), (3, False)])
def test_compiled_and_plain_kernels_agree(d, ring, monkeypatch):
    pytest.importorskip("numba", reason="the compiled twin needs numba")
    rng = np.random.default_rng(d)
    basis, y = axes(d, ring), 2 * rng.normal(size=(d, 40))
    w, G, c, h = rng.random(40), np.eye(d) + 0.1, rng.normal(size=(2, basis.size)), rng.normal(size=(d, 40))
    orders = np.concatenate([np.eye(d, dtype=int), 3 * np.eye(d, dtype=int)])

    def everything():
        local = local_values(basis, y)
        return [*local, *moments(basis, local, w, G), scatter(basis, local, w, h), evaluate(basis, local, c, orders),
                gradient(basis, y, c[0])]
    compiled = everything()
    monkeypatch.setattr(tensor_splines, "may_compile", lambda: False)
    for one, other in zip(compiled, everything(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-10)
    assert phases.may_compile is not None


@pytest.mark.parametrize("ring", [False, True])
def test_functions_add_up_to_one(ring):
    y = np.linspace(-4, 4, 33)[None]
    local = local_values(axes(1, ring), y)
    np.testing.assert_allclose(local[1][0].sum(axis=1), np.stack([np.ones(33), *np.zeros((3, 33))]), atol=1e-12)


def test_quadratics_belong_to_the_span_everywhere():
    basis, y = axes(1, False), np.linspace(-5, 5, 41)[None]
    index, values = local_values(basis, y)
    dense = np.zeros((41, basis.size))
    np.add.at(dense, (np.arange(41), index[0]), values[0, 0])
    c = np.linalg.lstsq(dense, y[0] ** 2, rcond=None)[0]
    np.testing.assert_allclose(gradient(basis, y, c), 2 * y, atol=1e-9)
    assert np.max(np.abs(dense @ np.linalg.lstsq(dense, np.abs(y[0]) ** 7, rcond=None)[0] - np.abs(y[0]) ** 7)) > 1


def test_derivatives_are_those_of_the_function():
    basis, h = axes(2, True), 1e-4
    y, c = np.array([[0.3, -1.2], [0.9, 1.7]]), np.random.default_rng(0).normal(size=(1, axes(2, True).size))
    value = lambda y: evaluate(basis, local_values(basis, y), c, [[0, 0]])[0, 0]          # noqa: E731
    step = np.array([[h], [0.0]])
    np.testing.assert_allclose(gradient(basis, y, c[0])[0], (value(y + step) - value(y - step)) / (2 * h), rtol=1e-6)
