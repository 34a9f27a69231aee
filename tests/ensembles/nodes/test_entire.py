"""Entire functions on a circle: zeros, windings, and p'/p at learners."""

import numpy as np
import pytest

from qlearn.ensembles.nodes.entire import Circle, Reader

Z = np.array([0.7 + 0.2j, 2.0 - 0.4j, 3.0 + 1.5j, 5.0 - 0.05j])


def field(circle, z=Z):
    p = np.exp(2j * np.pi * circle.theta * (circle.points - circle.a) / circle.length).astype(complex)
    for one in z:
        p = p * np.sin(np.pi * (circle.points - one) / circle.length)
    return p


@pytest.fixture(params=[(0.0, 2 * np.pi, 0.0), (-1.0, 5.0, 0.0), (0.3, 6.0, 0.25)], ids=["ring", "shifted", "twisted"])
def circle(request):
    a, length, theta = request.param
    return Circle(a, length, 64, theta)


def test_zeros_are_found_where_they_are(circle):
    inside = np.mod(Z.real - circle.a, circle.length) + circle.a + 1j * Z.imag
    found = circle.zeros(field(circle), 2.0)
    assert len(found) == 4
    for z in inside:
        assert np.min(np.abs(found - z)) < 1e-6


@pytest.mark.parametrize(("height", "count"), [(0.1, 1), (0.3, 2), (0.6, 3), (2.0, 4)])
def test_zeros_are_counted_by_the_argument_principle(circle, height, count):
    assert circle.zeros_within(field(circle), height) == count


@pytest.mark.parametrize(("imag", "winding"), [(0.2, 1), (-0.2, 0)])
def test_a_zero_above_the_axis_winds_once_more(circle, imag, winding):
    assert circle.winding(field(circle, [1.0 + 1j * imag, 2.0 + 0.3j]) * np.exp(0j)) == winding


def test_reader_gives_the_poles_between_the_points(circle):
    fine = Circle(circle.a, circle.length, 256, circle.theta)
    q = np.random.default_rng(0).uniform(-20, 20, 400)
    scale = np.pi / circle.length
    exact = 2j * np.pi * circle.theta / circle.length + sum(scale / np.tan(scale * (q - z)) for z in Z)
    found = Reader.of(fine, circle.resampled(field(circle), fine))(q[None])[0]
    assert np.max(np.abs(found - exact) / (1 + np.abs(exact))) < 1e-4


def test_tail_tells_a_kink(circle):
    assert circle.tail(field(circle)) < 1e-20
    assert circle.tail(np.abs(np.sin(circle.points)).astype(complex)) > 1e-8
