"""Sums over parts of an axis against plain NumPy, by either way of computing them."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.kernels.sums import around, largest_share, overlaps, ranges, sums

RNG = np.random.default_rng(3)
BACKENDS = ["numpy", "auto"]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(1, 40, 1), (6, 8, 1), (1, 8, 6), (3, 5, 4)])
def test_sums_of_every_member(backend, shape):
    values = RNG.normal(size=(2, *shape)) + 1j * RNG.normal(size=(2, *shape))
    table, parts = RNG.normal(size=shape[1:]), ranges((0, 2), (3, 5))
    with ql.phase_backend(backend):
        found = sums(values, shape, parts, table)
    power = np.abs(values) ** 2
    marginal = power.sum(axis=(1, 3))
    wanted = [power.sum(axis=(1, 2, 3)), (power * table).sum(axis=(1, 2, 3)), marginal.max(axis=1), marginal[:, :2].sum(axis=1),
              marginal[:, 3:5].sum(axis=1)]
    np.testing.assert_allclose(found, np.stack(wanted, axis=1), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_layouts_and_no_table(backend):
    values = (RNG.normal(size=(9, 7)) + 1j * RNG.normal(size=(9, 7))).T
    with ql.phase_backend(backend):
        found = sums(values, (7, 9, 1), ranges())
    np.testing.assert_allclose(found, [[np.sum(np.abs(values) ** 2), 0, np.max(np.sum(np.abs(values) ** 2, axis=0))]], rtol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_largest_share_of_any_axis(backend):
    values = np.zeros((2, 4, 4), dtype=complex)
    values[0, 0, 1], values[0, 2, 2], values[1, 1, 3] = 1, 2, 3
    with ql.phase_backend(backend):
        assert largest_share(values, [ranges((0, 1)), ranges()]) == pytest.approx(0.2)
        assert largest_share(values, [ranges((0, 1)), ranges((3, 4))]) == pytest.approx(1.0)
        assert largest_share(values, [ranges((0, 1), (2, 3)), ranges()]) == pytest.approx(1.0)
        assert largest_share(values, [ranges(), ranges()]) == 0
        assert largest_share(np.zeros((4, 4), dtype=complex), [ranges((0, 1)), ranges()]) == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_overlaps_of_two_states(backend):
    a, b = RNG.normal(size=(2, 3, 50)) + 1j * RNG.normal(size=(2, 3, 50))
    with ql.phase_backend(backend):
        found = overlaps(a, b, 3)
    wanted = [(np.vdot(x, x).real, np.vdot(x, y).real, np.vdot(y, y).real) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13)


def test_places_around_an_axis():
    assert around((3, 4, 5)) == ((1, 3, 20), (3, 4, 5), (12, 5, 1))
