"""The compiled loop that calls a backend's transforms gives the numbers of the plain loop, and is taken where it applies."""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import qlearn as ql

pytest.importorskip("numba", reason="the compiled loop needs numba")

from splitting_cases import DRIVE, STEEP, STEEP_DRIVE, bowl, packet, steps_of_strang

from qlearn.kernels import fft
from qlearn.methods import Record, called
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.lookout import Lookout, Places

LINE = ql.Grid(90, (-8, 8))  # no number of points that the loop with its own transforms takes
PLANE = ql.Grid((14, 24), [(-6, 6), (-5, 5)])
BACKENDS = ["auto", "scipy", *(pytest.param(name, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None,
                                                                           reason=f"{name} is optional"))
                               for name in ("ducc0", "pyfftw", "mkl_fft"))]


CASES = {"line": ql.Hamiltonian(LINE, bowl), "driven line": ql.Hamiltonian(LINE, DRIVE), "plane": ql.Hamiltonian(PLANE, bowl),
         "driven plane": ql.Hamiltonian(PLANE, DRIVE),
         "mass matrix": ql.Hamiltonian(PLANE, bowl, mass=[[1.0, 0.3], [0.3, 2.0]], hbar=0.7),
         "twisted": ql.Hamiltonian(ql.Grid(90, (-8, 8), twist=0.3), lambda x: np.cos(np.pi * x / 8)),
         "loss": ql.Hamiltonian(LINE, bowl, absorber=lambda x: 0.01 * x**2),
         "driven, with a loss": ql.Hamiltonian(LINE, DRIVE, absorber=lambda x: 0.01 * x**2)}


def moved(H, method, psi, lookout=None, plain=False, h=0.05, count=3, time=0.2):
    record = Record(lookout=lookout)
    kernel = SplittingKernel(H, method.table, record)
    assert kernel._fused is None or fft.backend_name() != "auto"
    if plain:
        kernel._called = None
    phi = kernel.enter(H.grid.to_periodic(psi.copy()), time, h)
    phi = kernel.leave(kernel.steps(phi, time, h, count), time + count * h, h)
    assert plain or kernel._called._kept, "the compiled loop was not taken"
    return phi, record


@pytest.mark.parametrize("method", [ql.Strang, ql.Gradient6, ql.ProcessedGradient6], ids=lambda m: m.__name__)
@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_numbers_are_those_of_the_plain_loop(case, name, method):
    H = CASES[case]
    with ql.fft_backend(name):
        (some, record), (plain, other) = (moved(H, method, packet(H.grid, (2,)), plain=way) for way in (False, True))
    np.testing.assert_allclose(some, plain, atol=2e-13)
    assert record.ffts == other.ffts


@pytest.mark.parametrize("case", ["line", "driven line", "plane", "driven plane"])
def test_a_lookout_sees_the_same(case):
    H = CASES[case]
    psi, size = packet(H.grid, (2,)), H.grid.size
    psi[1] *= 3
    places = Places(np.arange(0, size, 3), np.arange(5, size, 7))
    with ql.fft_backend("scipy"):
        seen = [moved(H, ql.RKN6, psi, Lookout(places, psi, size), plain)[1].lookout.seen for plain in (False, True)]
    np.testing.assert_allclose(*seen, rtol=1e-10)
    assert np.all(seen[0] > 0)


@pytest.mark.parametrize("case", ["line", "driven line"])
def test_long_runs_are_done_in_parts(case, monkeypatch):
    """So that an interrupt need not wait for the end of a stretch."""
    monkeypatch.setattr(called, "AT_ONCE", 3 * 90 * ql.RKN6.table.pairs)
    psi, places, parts = packet(LINE), Places(np.arange(30, 40), np.arange(4)), []
    weights = called.CalledSteps._weights
    monkeypatch.setattr(called.CalledSteps, "_weights", lambda *given: parts.append(given[-1]) or weights(*given))
    (some, record), (plain, other) = (moved(CASES[case], ql.RKN6, psi, Lookout(places, psi, 90), way, count=8)
                                      for way in (False, True))
    assert parts == [3, 3, 2]
    np.testing.assert_allclose(some, plain, atol=2e-13)
    np.testing.assert_allclose(record.lookout.seen, other.lookout.seen, rtol=1e-10)


@pytest.mark.parametrize("V", [STEEP, STEEP_DRIVE], ids=["static", "driven"])
def test_phases_too_large_for_compiled_code_are_right(V):
    """The tables of static ones are made otherwise; driven ones are left to the plain loop."""
    kernel = SplittingKernel(ql.Hamiltonian(LINE, V), ql.Strang.table, Record())
    found, exact = steps_of_strang(kernel, packet(LINE))
    np.testing.assert_allclose(found, exact, atol=1e-8)
    assert bool(kernel._plain._kept) == (V is STEEP_DRIVE)


@pytest.mark.parametrize("H", [
    ql.Hamiltonian(ql.Grid(90, (-8, 8), boundary="wall"), bowl), ql.Hamiltonian(LINE, bowl, nonlinearity=lambda n: n),
    ql.Hamiltonian(LINE, lambda t, x: t * x**2, time_dependent=True), ql.Hamiltonian(ql.Grid(2**13 + 2, (-8, 8)), bowl)],
    ids=["wall", "mean field", "V(t)", "many points"])
def test_elsewhere_the_plain_loop_serves(H):
    kernel = SplittingKernel(H, ql.Strang.table, Record())
    assert kernel._called is None
    kernel.steps(H.grid.to_periodic(packet(H.grid)), 0.0, 0.01, 2)


def test_backends_that_cannot_be_called_so_and_other_arrays_are_left_to_the_plain_loop(monkeypatch):
    kernel, psi = SplittingKernel(CASES["line"], ql.Strang.table, Record()), packet(LINE)
    wanted = kernel.steps(psi.copy(), 0.0, 0.05, 1)
    kernel._called._kept.clear()
    strided = np.stack([psi, psi], axis=1)[:, 0]
    kernel.steps(strided, 0.0, 0.05, 1)
    np.testing.assert_allclose(strided, wanted, atol=1e-14)
    monkeypatch.setattr(fft, "_current", replace(fft._current, calls=lambda a, axes: None))
    np.testing.assert_allclose(kernel.steps(psi.copy(), 0.0, 0.05, 1), wanted, atol=1e-14)
    assert not kernel._called._kept


def test_what_a_transform_raises_is_raised(monkeypatch):
    """Nothing is lost but φ, and the next run is as good as any."""
    kernel, psi, left = SplittingKernel(CASES["line"], ql.Strang.table, Record()), packet(LINE), [3]
    wanted = kernel.steps(psi.copy(), 0.0, 0.05, 4)
    whole = fft._current.calls

    def faulty(a, axes):
        ahead, (back, given), scale = whole(a, axes)

        def failing(*arguments):
            left[0] -= 1
            if left[0] == 0:
                raise FloatingPointError("a transform fails")
            return back(*arguments)
        return ahead, (failing, given), scale
    with monkeypatch.context() as patched:
        patched.setattr(fft, "_current", replace(fft._current, calls=faulty))
        with pytest.raises(FloatingPointError, match="a transform fails"):
            kernel.steps(psi.copy(), 0.0, 0.05, 4)
    assert left == [0]
    np.testing.assert_array_equal(kernel.steps(psi.copy(), 0.0, 0.05, 4), wanted)


@pytest.mark.parametrize("name", BACKENDS)
def test_threads_give_the_bits_of_one(name):
    """Transforms let go of the interpreter in between, and plans hold the array that they work on."""
    H, psi = CASES["line"], packet(LINE)
    with ql.fft_backend(name):
        kernels = [SplittingKernel(H, ql.Strang.table, Record()) for _ in range(5)]
        alone = kernels[0].steps(psi.copy(), 0.0, 0.01, 300)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda kernel: kernel.steps(psi.copy(), 0.0, 0.01, 300), kernels[1:]))
    for phi in found:
        np.testing.assert_array_equal(phi, alone)


@pytest.mark.parametrize("name", BACKENDS)
def test_what_transforms_return_is_let_go(name):
    H, psi = CASES["line"], packet(LINE)
    with ql.fft_backend(name):
        kernel = SplittingKernel(H, ql.Strang.table, Record())
        phi = kernel.steps(psi, 0.0, 0.01, 2)
        before = sys.getrefcount(psi)
        phi = kernel.steps(psi, 0.0, 0.01, 500)
        assert phi is psi and sys.getrefcount(psi) == before
