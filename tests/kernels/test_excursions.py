"""Excursions and tails: the compiled forms are the NumPy forms, and both what they should be."""

import numpy as np
import pytest

from qlearn.kernels import excursions as module
from qlearn.kernels import tails

pytest.importorskip("numba", reason="the compiled twin needs numba")


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("d", [1, 2])
def test_compiled_excursions_are_those_of_numpy(d, parts):
    rng = np.random.default_rng(d)
    x = np.meshgrid(*([np.linspace(-8, 8, 48, endpoint=False)] * d), indexing="ij")
    tables = np.stack([sum(u**2 for u in x) / 2, x[0] * 1.0, np.cos(x[-1])])
    times = np.linspace(0, 9, 91)
    weights = np.stack([np.ones(91), np.sin(times), np.exp(-(times - 4) ** 2)], axis=1)
    inverse = np.array([[1.0, 0.2], [0.2, 0.5]])[:d, :d]
    q, p = rng.uniform(10, 40, (30, d)), rng.normal(size=(30, d))  # some leave the ring
    arguments = tables, np.full(d, 1 / 3), inverse, weights, 0.1, parts, q, p
    assert np.allclose(module.excursions(*arguments), module._everywhere(*arguments), atol=1e-10)


@pytest.mark.parametrize("decay", [0.1, 1.0, 3.0, 1e9])
def test_compiled_tails_are_those_of_numpy(decay, monkeypatch):
    rng = np.random.default_rng(0)
    x = np.linspace(-10, 10, 200)
    lines = np.stack([x**2 + 0.1 * x**4, x, np.cos(x)])[..., None] + rng.normal(size=(3, 200, 2)) * 0.01
    least, most, k = np.array([1, -1.0, -0.3]), np.array([1, 2.0, 0.5]), np.sort(rng.normal(size=100)) * 5

    def found():
        return [tails.in_place(lines, least, most, edge, step, 0.05, decay) for edge, step in
                ((60, -1), (140, 1), (0, -1), (199, 1))] + \
            [tails.in_wavenumber(k, k**2 / 2, 3.0, 4.5, 0.3, change, decay) for change in (2.0, 0.0)]
    compiled = found()
    monkeypatch.setattr(tails, "may_compile", lambda: False)
    assert np.allclose(compiled, found(), rtol=1e-14)


def test_a_tail_of_a_linear_slope():
    """∫ √(2F y) dy = (2/3)√(2F) y^{3/2}."""
    x = np.linspace(0, 10, 10001)
    points = tails.in_place(3.0 * x[None, :, None], np.ones(1), np.ones(1), 0, 1, np.sqrt(2) * (x[1] - x[0]), 5.0)
    assert abs(points * (x[1] - x[0]) - (7.5 / np.sqrt(6)) ** (2 / 3)) < 2e-3
