"""Result: field and density of a solved equation."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.exact import GaussianPacket, MetricRing, RingPacket

PACKET = GaussianPacket(center=2, width=0.5, momentum=1.0, mass=1.2, hbar=0.8)
RING = RingPacket(PACKET, 2 * np.pi, 0.3)
GRID = ql.Grid(64, (0, 2 * np.pi), twist=0.3)
Q = np.random.default_rng(0).uniform(0, 2 * np.pi, 50)


def solved(times=None, **options):
    times = np.linspace(0, 1, 41) if times is None else times
    return ql.sesolve(RING.hamiltonian(GRID), RING.state(GRID.axes[0], times[0]), times, tol=1e-10, **options)


@pytest.mark.parametrize("times", [np.linspace(0, 1, 41), np.linspace(1, 0, 41)], ids=["forwards", "backwards"])
def test_the_field_between_points_and_times(times):
    psi, slope = solved(times).field()(0.613, Q)
    exact = RING.state(Q, 0.613)
    h = 1e-4
    exact_slope = (RING.state(Q + h, 0.613) - RING.state(Q - h, 0.613)) / (2 * h)
    assert np.max(np.abs(psi - exact)) < 1e-6
    assert np.max(np.abs(slope[0] - exact_slope)) < 1e-5


def test_the_field_of_a_metric_is_the_scalar():
    ring, packet = MetricRing(0.5), RingPacket(PACKET, 2 * np.pi)
    H = ring.hamiltonian(96, mass=1.2, hbar=0.8)
    result = ql.sesolve(H, ring.half_density(H.grid.axes[0], packet, 0), np.linspace(0, 0.5, 41), method=ql.Dense())
    psi, _ = result.field()(0.4, Q)
    assert np.max(np.abs(psi - packet.state(ring.proper_length(Q), 0.4))) < 1e-6


def test_the_density_is_that_of_the_state():
    result = solved()
    density = result.density(20)
    assert np.max(np.abs(density.values - np.abs(RING.state(GRID.axes[0], 0.5)) ** 2)) < 1e-9
    np.testing.assert_allclose(result.density().values, np.abs(result.final_state) ** 2)


def test_what_was_not_stored_cannot_be_read():
    bare = solved(store_states=False)
    for read in (bare.field, bare.density):
        with pytest.raises(ArgumentError, match="store_states=True"):
            read()
    with pytest.raises(ArgumentError, match="two times"):
        solved(np.array([0.0])).field()
    batch = ql.sesolve(RING.hamiltonian(GRID), np.stack([RING.state(GRID.axes[0], 0)] * 2), [0, 0.1])
    with pytest.raises(ArgumentError, match="one by one"):
        batch.density()


def test_a_field_in_imaginary_time_is_refused():
    grid = ql.Grid(32, (-6, 6))
    result = ql.sesolve(ql.Hamiltonian(grid, lambda x: x**2 / 2), ql.gaussian(grid, center=0.5, width=0.7), [0, 0.1], tol=1e-4,
                        imaginary_time=True)
    with pytest.raises(UnsupportedError, match="real time"):
        result.field()


def test_the_density_of_a_time_that_is_not_stored():
    with pytest.raises(ArgumentError, match="t_index"):
        solved([0.0, 0.1]).density(2)
