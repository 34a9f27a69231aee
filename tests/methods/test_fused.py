"""The compiled loop and the plain one give the same numbers, and it is taken where it applies."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql

pytest.importorskip("numba", reason="the compiled loop needs numba")

from splitting_cases import DRIVE, STEEP, STEEP_DRIVE, bowl, packet, steps_of_strang

from qlearn.methods import Record
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.lookout import Lookout, Places

LINE = ql.Grid(96, (-8, 8))
PLANE = ql.Grid((20, 24), [(-6, 6), (-5, 5)])


def both(H, method, psi, h=0.05, count=3, time=0.2, lookout=None):
    """φ by the compiled loop, which must have been taken, and by the plain one."""
    found = []
    for backend in ("auto", "scipy"):
        with ql.fft_backend(backend):
            record = Record(lookout=None if lookout is None else lookout())
            kernel = SplittingKernel(H, method.table, record)
            kernel._called = None  # has its own tests
            phi = kernel.enter(H.grid.to_periodic(psi.copy()), time, h)
            phi = kernel.leave(kernel.steps(phi, time, h, count), time + count * h, h)
            found.append((phi, record))
            assert kernel._fused is not None
            assert bool(kernel._fused._drifted) == (backend == "auto")
    assert found[0][1].ffts == found[1][1].ffts
    return found


CASES = {"line": ql.Hamiltonian(LINE, bowl), "driven line": ql.Hamiltonian(LINE, DRIVE), "plane": ql.Hamiltonian(PLANE, bowl),
         "driven plane": ql.Hamiltonian(PLANE, DRIVE), "masses": ql.Hamiltonian(PLANE, bowl, mass=[1.0, 2.5], hbar=0.7),
         "mass matrix": ql.Hamiltonian(PLANE, bowl, mass=[[1.0, 0.3], [0.3, 2.0]]),
         "twisted": ql.Hamiltonian(ql.Grid(96, (-8, 8), twist=0.3), lambda x: np.cos(np.pi * x / 8)),
         "loss": ql.Hamiltonian(LINE, bowl, absorber=lambda x: 0.01 * x**2),
         "space": ql.Hamiltonian(ql.Grid((8, 10, 12), [(-4, 4)] * 3), bowl)}


@pytest.mark.parametrize("method", [ql.Strang, ql.Gradient6, ql.ProcessedGradient6], ids=lambda m: m.__name__)
@pytest.mark.parametrize("case", CASES)
def test_numbers_are_those_of_the_plain_loop(case, method):
    H = CASES[case]
    (fused, _), (plain, _) = both(H, method, packet(H.grid, (2,)))
    np.testing.assert_allclose(fused, plain, atol=2e-13)


@pytest.mark.parametrize("case", ["line", "driven line", "plane", "driven plane", "space"])
def test_a_lookout_sees_the_same(case):
    H = CASES[case]
    psi, size = packet(H.grid, (2,)), H.grid.size
    psi[1] *= 3
    points, modes = np.arange(0, size, 3), np.arange(5, size, 7)
    points, modes = np.arange(0, size, 3), np.arange(5, size, 7)
    (_, fused), (_, plain) = both(H, ql.RKN6, psi, lookout=lambda: Lookout(Places(points, modes), psi, size))
    np.testing.assert_allclose(fused.lookout.seen, plain.lookout.seen, rtol=1e-10)
    assert np.all(fused.lookout.seen > 0)


@pytest.mark.parametrize("V", [STEEP, STEEP_DRIVE], ids=["static", "driven"])
def test_phases_too_large_for_the_compiled_loop_are_right(V):
    """1e7·h: beyond what the short reduction takes exactly."""
    found, exact = steps_of_strang(SplittingKernel(ql.Hamiltonian(LINE, V), ql.Strang.table, Record()), packet(LINE))
    np.testing.assert_allclose(found, exact, atol=1e-8)


@pytest.mark.parametrize("H", [
    ql.Hamiltonian(ql.Grid(95, (-8, 8)), bowl), ql.Hamiltonian(ql.Grid(98, (-8, 8)), bowl),
    ql.Hamiltonian(ql.Grid(96, (-8, 8), boundary="wall"), bowl), ql.Hamiltonian(LINE, bowl, nonlinearity=lambda n: n),
    ql.Hamiltonian(LINE, lambda t, x: t * x**2, time_dependent=True), ql.Hamiltonian(ql.Grid((7, 24), [(-6, 6)] * 2), bowl)],
    ids=["odd", "7-smooth", "wall", "mean field", "V(t)", "few rows"])
def test_elsewhere_the_plain_loop_serves(H):
    kernel = SplittingKernel(H, ql.Strang.table, Record())
    assert kernel._fused is None
    kernel.steps(H.grid.to_periodic(packet(H.grid)), 0.0, 0.01, 2)


def test_phases_by_numpy_mean_the_plain_loop():
    with ql.phase_backend("numpy"):
        assert SplittingKernel(CASES["line"], ql.Strang.table, Record())._fused is None


def test_read_only_and_strided_states_are_left_to_the_plain_loop():
    kernel, psi = SplittingKernel(CASES["line"], ql.Strang.table, Record()), packet(LINE)
    strided = np.stack([psi, psi], axis=1)[:, 0]
    kernel.steps(strided, 0.0, 0.05, 1)
    np.testing.assert_allclose(strided, kernel.steps(psi.copy(), 0.0, 0.05, 1), atol=1e-14)


@pytest.mark.parametrize("case", ["line", "driven line"])
def test_long_runs_are_done_in_parts(case, monkeypatch):
    """So that an interrupt need not wait for the end of a stretch."""
    monkeypatch.setattr("qlearn.methods.fused.AT_ONCE", 3 * 96 * ql.RKN6.table.pairs)
    (fused, record), (plain, _) = both(CASES[case], ql.RKN6, packet(LINE), count=8,
                                       lookout=lambda: Lookout(Places(np.arange(4), np.arange(4)), packet(LINE), 96))
    np.testing.assert_allclose(fused, plain, atol=2e-13)
    assert np.all(record.lookout.seen > 0)


def test_threads_run_side_by_side():
    """The loop lets go of the interpreter; the bits are those of one thread."""
    H, psi = ql.Hamiltonian(ql.Grid((128, 128), [(-8, 8)] * 2), bowl), packet(ql.Grid((128, 128), [(-8, 8)] * 2))
    kernels = [SplittingKernel(H, ql.Strang.table, Record()) for _ in range(3)]
    alone = kernels[0].steps(psi.copy(), 0.0, 0.01, 50)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda kernel: kernel.steps(psi.copy(), 0.0, 0.01, 50), kernels[1:]))
    for phi in found:
        np.testing.assert_array_equal(phi, alone)
