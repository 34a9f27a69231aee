"""Every FFT backend gives the same modes for every layout that the methods hand it, in place where it can."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError, MissingExtraError
from qlearn.kernels import fft

NAMES = ["scipy", *(pytest.param(name, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None,
                                                                reason=f"{name} is optional"))
                    for name in ("ducc0", "pyfftw", "mkl_fft"))]
RNG = np.random.default_rng(4)


def random(*shape):
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


LAYOUTS = {
    "one axis": (random(48), (-1,)),
    "odd length": (random(45), (-1,)),
    "two axes": (random(12, 20), (-2, -1)),
    "batch": (random(3, 12, 20), (-2, -1)),
    "channels in a batch": (random(2, 3, 16), (-1,)),
    "first axis of two": (random(12, 20), (-2,)),
    "outer axes of three": (random(6, 5, 8), (-3, -1)),
    "transposed": (random(20, 12).T, (-2, -1)),
    "every other": (random(3, 48)[:, ::2], (-1,)),
    "reversed": (random(24)[::-1], (-1,)),
    "read-only": (random(24), (-1,)),
    "one point": (random(1), (-1,)),
    "empty batch": (random(0, 8), (-1,)),
}
LAYOUTS["read-only"][0].flags.writeable = False


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NAMES)
def test_forward_and_backward(name, layout):
    values, axes = LAYOUTS[layout]
    wanted = np.fft.fftn(values, axes=axes)
    with ql.fft_backend(name):
        given = values if layout == "read-only" else _same_layout(values)
        modes = fft.forward(given, axes)
        assert modes.dtype == complex
        assert np.allclose(modes, wanted, rtol=0, atol=1e-12)
        assert np.allclose(fft.backward(_same_layout(wanted), axes), values, rtol=0, atol=1e-13)
    assert np.array_equal(values, LAYOUTS[layout][0])


@pytest.mark.parametrize("name", NAMES)
def test_two_arrays_of_one_shape_do_not_share_results(name):
    """A plan that is kept must not tie an array to the one before."""
    a, b = random(32), random(32)
    with ql.fft_backend(name):
        first = fft.forward(a.copy(), (-1,))
        second = fft.forward(b.copy(), (-1,))
    assert np.allclose(first, np.fft.fft(a), atol=1e-12)
    assert np.allclose(second, np.fft.fft(b), atol=1e-12)


@pytest.mark.parametrize("name", ["auto", *NAMES])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_bound_passes(name, layout):
    """In place on arrays that can be written; the factor is handed over."""
    values, axes = LAYOUTS[layout]
    array = values.copy() if layout == "read-only" else _same_layout(values)
    if layout == "read-only":
        array.flags.writeable = False
    with ql.fft_backend(name):
        forward, backward, factor = fft.bound(array, axes)
        modes = forward(array)
        assert np.allclose(modes, np.fft.fftn(values, axes=axes), rtol=0, atol=1e-12)
        assert np.allclose(backward(modes) * factor, values, rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_bound_passes_of_two_arrays_in_turn(name):
    a, b = random(32), random(32)
    with ql.fft_backend(name):
        passes = [fft.bound(array, (-1,)) for array in (a, b)]
        wanted = [np.fft.fft(array) for array in (a, b)]
        modes = [forward(array) for (forward, _, _), array in zip(passes, (a, b), strict=True)]
        np.testing.assert_allclose(modes, wanted, atol=1e-12)
        np.testing.assert_allclose([backward(m) * f for (_, backward, f), m in zip(passes, modes, strict=True)],
                                   np.fft.ifft(wanted), atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_bound_passes_side_by_side(name):
    """Threads of one backend do not take each other's arrays."""
    def there_and_back(array):
        forward, backward, factor = fft.bound(array, (-1,))
        for _ in range(300):
            array = backward(forward(array)) * factor
        return array
    arrays = [random(2048) for _ in range(6)]
    with ql.fft_backend(name), ThreadPoolExecutor(3) as pool:
        np.testing.assert_allclose(list(pool.map(there_and_back, [array.copy() for array in arrays])), arrays, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_unaligned_views(name):
    """A view that starts 8 bytes off the alignment of its neighbours."""
    raw = np.zeros(2 * 33 + 1)
    view = raw[1:65].view(complex)
    values = random(32)
    view[:] = values
    with ql.fft_backend(name):
        assert np.allclose(fft.forward(view, (-1,)), np.fft.fft(values), atol=1e-12)
        view[:] = values
        forward, backward, factor = fft.bound(view, (-1,))
        assert np.allclose(backward(forward(view)) * factor, values, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_input_is_solved_in_double(name):
    grid = ql.Grid(64, (-8, 8))
    H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    psi = ql.gaussian(grid, center=1.0, momentum=0.0, width=0.7)
    with ql.fft_backend(name):
        single = ql.sesolve(H, psi.astype(np.complex64), [0, 1.0], method=ql.RKN6(dt=0.1), tol=1e-6).final_state  # 6e-8 of noise
        double = ql.sesolve(H, psi, [0, 1.0], method=ql.RKN6(dt=0.1)).final_state
    assert single.dtype == complex
    assert 0 < grid.norm(single - double) < 1e-6


def test_the_sine_transform_is_its_own_inverse():
    values, n, k = random(3, 17), np.arange(1, 18), np.arange(1, 18)
    matrix = np.sqrt(2 / 18) * np.sin(np.pi * np.outer(n, k) / 18)
    modes = fft.sine(values.copy(), (-1,))
    assert np.allclose(modes, values @ matrix, atol=1e-13)
    assert np.allclose(fft.sine(modes, (-1,)), values, atol=1e-13)


@pytest.mark.parametrize("kind", ["array_api_strict", "torch"])
def test_other_namespaces(kind):
    xp = pytest.importorskip(kind, reason=f"{kind} is an optional kind of array")
    values = random(3, 17)
    assert np.allclose(np.asarray(fft.forward(xp.asarray(values), (-1,))), np.fft.fft(values), atol=1e-12)
    assert np.allclose(np.asarray(fft.sine(xp.asarray(values), (-1,))), fft.sine(values.copy(), (-1,)), atol=1e-13)


def test_the_choice_of_a_backend(monkeypatch):
    with ql.fft_backend("scipy", workers=2):
        assert fft.backend_name() == "scipy"
    with pytest.raises(ArgumentError, match="'ducc0'"):
        ql.fft_backend("fftpack")
    with pytest.raises(ArgumentError, match="workers"):
        ql.fft_backend("scipy", workers=0)

    def missing(name):
        raise ImportError(name)
    monkeypatch.setattr(fft.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match="pip install mkl_fft"):
        ql.fft_backend("mkl_fft")


def test_a_choice_can_be_entered_again_and_inside_of_itself():
    before = fft.backend_name()
    choice = ql.fft_backend("ducc0") if importlib.util.find_spec("ducc0") else ql.fft_backend("scipy", workers=2)
    made = fft._current
    with choice:
        assert fft._current is made
    assert fft.backend_name() == before and fft._current is not made
    outside = fft._current
    with pytest.raises(ZeroDivisionError), choice:
        assert fft._current is made
        with choice:
            assert fft._current is made
        assert fft._current is made
        raise ZeroDivisionError
    assert fft._current is outside


def _same_layout(values):
    """A copy with the strides of the original."""
    base = np.empty(values.size * 4 + 8, dtype=complex)
    if values.size == 0:
        return values.copy()
    strides = np.array(values.strides)
    start = int(-np.sum(np.minimum(strides, 0) * (np.array(values.shape) - 1)) // 16)
    copy = np.lib.stride_tricks.as_strided(base[start:], values.shape, values.strides)
    copy[...] = values
    return copy
