"""Phases to 1e-15 at any angle, compiled and NumPy alike, for every layout and kind of array."""

import importlib.util

import mpmath
import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, MissingExtraError
from qlearn.kernels import phases as module
from qlearn.kernels.phases import Phases, choose_phases

NAMES = ["numpy", pytest.param("numba", marks=pytest.mark.skipif(importlib.util.find_spec("numba") is None,
                                                                  reason="the compiled phases need numba"))]
RNG = np.random.default_rng(11)


def exact(angles):
    with mpmath.workprec(200):
        return np.array([complex(mpmath.expj(-mpmath.mpf(float(x)))) for x in angles.reshape(-1)]).reshape(angles.shape)


@pytest.mark.parametrize("largest", [1e-3, 1.0, 300.0, 9.99e4, 1.01e5, 1e9])
@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_right_to_rounding(name, largest):
    angles = RNG.uniform(-largest, largest, 600)
    assert np.max(np.abs(Phases(name).table(angles) - exact(angles))) < 6e-16


@pytest.mark.parametrize("name", NAMES)
def test_angles_next_to_multiples_of_a_quarter_turn(name):
    """Where the reduction cancels most: π/2·q to the last bit and its neighbours."""
    quarter = np.array([float(mpmath.mpf(q) * mpmath.pi / 2) for q in (1, 2, 3, 4, 355, 60000, 63661)])
    angles = np.concatenate([quarter, np.nextafter(quarter, 0), -quarter, [0.0, -0.0, 1e-300]])
    assert np.max(np.abs(Phases(name).table(angles) - exact(angles))) < 6e-16


@pytest.mark.parametrize("name", NAMES)
def test_blocks_of_every_length_and_mixed_sizes(name):
    """Lengths around the blocks; one angle beyond 1e5 in a block takes the other path and spoils nothing."""
    for length in (1, 255, 257, 8191, 8193, 20000):
        angles = RNG.uniform(-50, 50, length)
        angles[length // 2] = 3e5
        assert np.max(np.abs(Phases(name).table(angles) - np.exp(-1j * angles))) < 6e-16


@pytest.mark.parametrize("name", NAMES)
def test_turning_works_in_place_for_every_layout(name):
    engine, angle = Phases(name), RNG.uniform(-9, 9, (6, 8))
    for phi in (np.ones((6, 8), complex), np.ones((3, 6, 8), complex), np.ones((8, 6), complex).T,
                np.ones((6, 16), complex)[:, ::2]):
        phi[...] = RNG.normal(size=phi.shape)
        wanted = phi * np.exp(-1j * angle)
        assert engine.turn(phi, angle) is phi
        assert np.max(np.abs(phi - wanted)) < 3e-15
    batch = RNG.uniform(-9, 9, (3, 6, 8))
    assert np.max(np.abs(engine.turn(np.ones((3, 6, 8), complex), batch) - np.exp(-1j * batch))) < 1e-15


@pytest.mark.parametrize("square", [0.0, 0.7])
@pytest.mark.parametrize("name", NAMES)
def test_a_form_of_tables_is_one_angle(name, square):
    tables, (a, b) = RNG.normal(size=(5, 5, 70)), (1.0, -1.2)
    used = tables if square else tables[:2]
    angle = 0.3 * (a * tables[0] + b * tables[1]) + square * (a * a * tables[2] + a * b * tables[3] + b * b * tables[4])
    for shape in ((5, 70), (2, 5, 70)):
        found = Phases(name).turn_by_form(np.ones(shape, complex), used, np.array([a, b]), 0.3, square)
        assert np.max(np.abs(found - np.exp(-1j * angle))) < 3e-15


@pytest.mark.parametrize("shape", [(7,), (4, 5), (3, 4, 5), (2, 3, 4, 5)])
@pytest.mark.parametrize("name", NAMES)
def test_phases_of_a_sum_over_axes(name, shape):
    angles = [RNG.uniform(-30, 30, n) for n in shape]
    phi = RNG.normal(size=(2, *shape)).astype(complex)
    factor = np.prod(np.meshgrid(*(np.exp(-1j * angle) for angle in angles), indexing="ij"), axis=0)
    wanted = phi * factor
    multiply, parts = Phases(name).outer(angles, phi, 0.5)
    assert np.max(np.abs(multiply(phi, parts) - 0.5 * wanted)) < 1e-14
    turned = np.asfortranarray(wanted)
    assert np.max(np.abs(multiply(turned.copy(order="F"), parts) - 0.5 * wanted * factor)) < 1e-14


@pytest.mark.parametrize("largest", [3.0, 2e6])
@pytest.mark.parametrize("shape", [(5,), (8,), (77,), (3, 20), (2, 9001)])
@pytest.mark.parametrize("name", NAMES)
def test_tables_of_many_forms(name, shape, largest):
    """Angles too large for the vectors, and fewer of them than a vector has, take the other way."""
    tables, weights = RNG.normal(size=(3, *shape)), largest * RNG.normal(size=(4, 3))
    tables.flags.writeable = False
    found = Phases(name).exponentials(tables, weights)
    assert found.shape == (4, *shape) and found.flags.c_contiguous
    assert np.max(np.abs(found - np.exp(-1j * np.tensordot(weights, tables, 1)))) < 3e-15 + 3e-15 * largest


@pytest.mark.parametrize("kind", ["array_api_strict", "torch"])
def test_arrays_of_other_kinds(kind):
    xp = pytest.importorskip(kind, reason=f"{kind} is an optional kind of array")
    angle = RNG.uniform(-9, 9, (6, 8))
    turned = Phases("numpy").turn(xp.asarray(np.ones((6, 8), complex)), angle)
    assert type(turned) is type(xp.asarray(angle))
    assert np.max(np.abs(np.asarray(turned) - np.exp(-1j * angle))) < 1e-15


def test_the_choice_of_a_backend():
    before = module._choice
    with ql.phase_backend("numpy"):
        assert choose_phases().name == "numpy"
    assert module._choice == before
    with pytest.raises(ArgumentError, match="numba"):
        ql.phase_backend("cupy")


def test_a_choice_can_be_entered_again_and_inside_of_itself():
    before = module._choice
    choice = ql.phase_backend("numpy")
    for _ in range(2):
        with choice:
            with choice:
                assert module._choice == "numpy"
            assert module._choice == "numpy"
        assert module._choice == before


def test_without_numba_everything_is_numpy(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    monkeypatch.setattr(module, "_can_compile", module._can_compile.__wrapped__)
    assert choose_phases().name == "numpy"
    with pytest.raises(MissingExtraError, match="pip install numba"):
        ql.phase_backend("numba")
