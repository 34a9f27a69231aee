"""Krylov spaces, the bound on their exponentials, and the steps that it allows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import resumed, run

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.krylov import KrylovSpace

GRID = ql.Grid(96, (-8, 8), twist=0.2)
H = ql.Hamiltonian(GRID, lambda x: 6 * np.cos(np.pi * x / 4) + np.where(abs(x - 2) < 1, 5.0, 0), hbar=0.9)
PSI = ql.gaussian(GRID, center=-2, width=0.5, momentum=2.0, hbar=0.9)
BATCH = np.stack([PSI, 2 * PSI[::-1], 0 * PSI])
LOSSY = ql.Hamiltonian(GRID, lambda x: 6 * np.cos(np.pi * x / 4), absorber=lambda x: 3 * np.exp(-(abs(x) - 8) ** 2))


def space_of(H, psi, vectors):
    operator = FrozenOperator(H)
    space = KrylovSpace(operator, operator.enter(psi), 1, hermitian=H.is_hermitian)
    for _ in range(vectors):
        space.extend()
    return space


@pytest.mark.parametrize("H", [H, LOSSY], ids=["Lanczos", "Arnoldi"])
def test_the_vectors_are_orthonormal_and_project_the_operator(H):
    space = space_of(H, PSI, 20)
    block = np.concatenate(space.blocks, axis=1)[0, :20]
    np.testing.assert_allclose(block.conj() @ block.T, np.eye(20), atol=1e-14)
    applied = np.stack([FrozenOperator(H)(v) for v in block])
    np.testing.assert_allclose(space.matrix[0, :20], block.conj() @ applied.T, atol=1e-11)


@pytest.mark.parametrize("H", [H, LOSSY], ids=["Lanczos", "Arnoldi"])
@pytest.mark.parametrize("dt", [0.02, 0.05, 0.1])
def test_the_bound_bounds_and_is_sharp(H, dt):
    space = space_of(H, PSI, 16)
    factor = -1j / H.hbar
    (exact,), _ = run(ql.Dense(), H, PSI, [0, dt])
    error = GRID.norm(GRID.from_periodic(space.combine(dt, factor)) - exact)
    bound = space.error(dt, factor)
    assert 0.2 * bound < error < bound + 1e-13


def test_a_space_that_is_complete_is_exact_for_all_times():
    eigenstate = ql.plane_wave(ql.Grid(16, (0, 1)), 3)
    free = ql.Hamiltonian(ql.Grid(16, (0, 1)), 0.0)
    (final,), record = run(ql.Lanczos(), free, eigenstate, [0, 100.0], 1e-9)
    np.testing.assert_allclose(final, np.exp(-50j * (6 * np.pi) ** 2) * eigenstate, atol=1e-9)
    assert record.steps == 1 and record.error == 0


@pytest.mark.parametrize("H", [H, LOSSY], ids=["hermitian", "absorber"])
@pytest.mark.parametrize("times", [[0, 3.0], [0, -0.3], np.linspace(0, 2, 40)], ids=["one", "backwards", "many"])
@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-10])
def test_the_true_error_is_below_tol(H, times, tol):
    exact, _ = run(ql.Dense(), H, BATCH, times)
    found, record = run(ql.Lanczos(), H, BATCH, times, tol)
    error = np.max(GRID.norm(found[-1] - exact[-1]) / [1, 2, 1])
    assert error < record.error + record.rounding < tol


@given(seed=st.integers(0, 2**32 - 1), dimension=st.integers(4, 40), tol=st.sampled_from([1e-4, 1e-8]))
@settings(max_examples=10, deadline=None)
def test_random_smooth_problems_keep_their_tolerance(seed, dimension, tol):
    rng = np.random.default_rng(seed)
    grid = ql.Grid(64, (0, 2 * np.pi), twist=rng.uniform(-0.5, 0.5))
    a, b, w = rng.uniform(-8, 8, 4), rng.uniform(0, 6, 4), rng.uniform(0, 2) * rng.integers(2)
    H = ql.Hamiltonian(grid, lambda x: sum(a[j] * np.cos(j * x + b[j]) for j in range(4)) - 1j * w * (1 + np.sin(x)),
                       hbar=rng.uniform(0.3, 2), mass=10 ** rng.uniform(-1, 1))
    psi0 = ql.gaussian(grid, center=3, width=0.5, momentum=rng.uniform(-3, 3), hbar=H.hbar)
    end = rng.uniform(0.1, 1)
    (exact,), _ = run(ql.Dense(), H, psi0, [0, end])
    (final,), _ = run(ql.Lanczos(dimension), H, psi0, [0, end], tol)
    assert grid.norm(final - exact) < tol


def test_a_given_step_is_kept_and_its_error_estimated():
    (exact,), _ = run(ql.Dense(), H, PSI, [0, 2.0])
    (final,), record = run(ql.Lanczos(12, dt=0.02), H, PSI, [0, 2.0])
    assert record.steps == 100
    assert 0.1 * record.error < GRID.norm(final - exact) < record.error


@pytest.mark.parametrize("imaginary", [False, True], ids=["real", "imaginary"])
@pytest.mark.parametrize("stop", [1, 3])
def test_a_run_goes_on_from_a_snapshot_to_the_same_bits(stop, imaginary):
    times = [0, 0.01, 0.05, 1.0]
    whole, _ = run(ql.Lanczos(), H, PSI, times, 1e-8, imaginary=imaginary)
    assert np.array_equal(whole[-1], resumed(ql.Lanczos(), H, PSI, times, 1e-8, stop, imaginary=imaginary))


@pytest.mark.parametrize("arguments", [{"dimension": 1}, {"dimension": 8.0}, {"dt": 0.0}, {"dt": -1.0}])
def test_bad_arguments_are_named(arguments):
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        ql.Lanczos(**arguments)
