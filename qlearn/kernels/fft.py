"""Transforms: complex FFTs and sine transforms along chosen axes, in place where the array is NumPy's.

SciPy's FFT is the default, "auto"; splittings have transforms of their own besides, where numba is installed and they apply
(qlearn.kernels.stepping). Asked for by name, SciPy, ducc0, pyFFTW and mkl_fft, where they are installed, do all transforms, for
the time of a ``with`` block or from now on:

    with ql.fft_backend("ducc0"): ...          ql.fft_backend("scipy", workers=2)

Other array namespaces use their own ``fft``; a backend chosen here does not concern them.
"""

import importlib
import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import get_ident
from typing import Any, final

import numpy as np
import scipy.fft

from qlearn import checks
from qlearn.errors import MissingExtraError
from qlearn.kernels.arrays import namespace

__all__ = ["Calls", "backend_name", "backward", "bound", "calls", "fft_backend", "forward", "sine"]

Pass = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]
Passes = tuple[Callable[[Any], Any], Callable[[Any], Any], float]
Call = tuple[Callable[..., Any], tuple[Any, ...]]  # a function and its arguments
Calls = tuple[Call, Call, float]

ALIGNMENT = 16


@final
@dataclass(frozen=True)
class _Backend:
    """``forward`` without factor, ``backward`` with 1/N; both may overwrite their argument. ``calls`` None: has none."""

    name: str
    forward: Pass
    backward: Pass
    bound: Callable[[np.ndarray, tuple[int, ...]], Passes]
    calls: Callable[[np.ndarray, tuple[int, ...]], Calls | None] = lambda a, axes: None


def _scipy(workers: int) -> _Backend:
    public = _unbound("scipy", lambda a, axes: scipy.fft.fftn(a, axes=axes, overwrite_x=True, workers=workers),
                      lambda a, axes: scipy.fft.ifftn(a, axes=axes, overwrite_x=True, workers=workers))
    c2c = _undispatched()
    return public if c2c is None else _in_place("scipy", c2c, workers, public)


def _unbound(name: str, forward: Pass, backward: Pass) -> _Backend:
    return _Backend(name, forward, backward, lambda a, axes: (lambda b: forward(b, axes), lambda b: backward(b, axes), 1.0))


def _undispatched() -> Callable[..., np.ndarray] | None:
    """The compiled pass behind scipy.fft, which leaves out 4 µs of dispatch a call: 11 → 7 µs at 1024 points, the same bits.

    It has no public name; None where it is not found under those that it has had.
    """
    for name in ("_pocketfft.pypocketfft", "_duccfft.pyduccfft"):
        try:
            return importlib.import_module(f"scipy.fft.{name}").c2c
        except (ImportError, AttributeError):
            continue
    return None


def _ducc0(workers: int) -> _Backend:
    return _in_place("ducc0", _module("ducc0").fft.c2c, workers, _scipy(workers))


def _in_place(name: str, c2c: Callable[..., np.ndarray], workers: int, otherwise: _Backend) -> _Backend:
    """Passes that overwrite complex arrays; ``otherwise`` for real and read-only ones. Arguments of c2c by position, 0.3 µs
    each: array, axes, forward, factor (0: none, 2: 1/N), out, threads."""
    def forward(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        if a.dtype.kind == "c" and a.flags.writeable:
            return c2c(a, axes, True, 0, a, workers)
        return otherwise.forward(a, axes)

    def backward(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        if a.dtype.kind == "c" and a.flags.writeable:
            return c2c(a, axes, False, 2, a, workers)
        return otherwise.backward(a, axes)

    def bound(a: np.ndarray, axes: tuple[int, ...]) -> Passes:
        some = None if len(axes) == a.ndim else axes  # None: all, 0.2 µs a call less
        return lambda b: c2c(b, some, True, 0, b, workers), lambda b: c2c(b, some, False, 0, b, workers), _inverse_count(a, axes)

    def calls(a: np.ndarray, axes: tuple[int, ...]) -> Calls:
        some = None if len(axes) == a.ndim else axes
        return (c2c, (a, some, True, 0, a, workers)), (c2c, (a, some, False, 0, a, workers)), _inverse_count(a, axes)
    return _Backend(name, forward, backward, bound, calls)


def _pyfftw(workers: int) -> _Backend:
    module, plain = _module("pyfftw"), _scipy(workers)
    plans: dict[tuple, tuple[Any, Any]] = {}

    def pair(a: np.ndarray, axes: tuple[int, ...]) -> tuple[Any, Any]:
        """Plans there and back, for each thread: they hold the array that they work on. Vectors of FFTW begin at multiples of
        ALIGNMENT bytes, as NumPy's own arrays do; plans for any others are slower by a fifth."""
        aligned = module.is_byte_aligned(a, ALIGNMENT)
        key = (a.shape, axes, aligned, get_ident())
        if key not in plans:
            scratch = module.empty_aligned(a.shape, dtype=complex, n=ALIGNMENT)
            flags = ("FFTW_MEASURE",) if aligned else ("FFTW_MEASURE", "FFTW_UNALIGNED")
            there, back = (module.FFTW(scratch, scratch, axes=axes, direction=way, threads=workers, flags=flags)
                           for way in ("FFTW_FORWARD", "FFTW_BACKWARD"))
            plans[key] = there, back
        return plans[key]

    def either(back: bool, fallback: Pass) -> Pass:
        return lambda a, axes: pair(a, axes)[back](a, a) if a.flags.c_contiguous and a.flags.writeable else fallback(a, axes)

    def executed(made: Any) -> Callable[[Any], Any]:
        execute = made.execute

        def transform(b: np.ndarray) -> np.ndarray:
            if made.input_array is not b:
                made.update_arrays(b, b)
            execute()
            return b
        return transform

    def bound(a: np.ndarray, axes: tuple[int, ...]) -> Passes:
        if not a.flags.c_contiguous:
            return plain.bound(a, axes)
        there, back = pair(a, axes)
        return executed(there), executed(back), _inverse_count(a, axes)

    def calls(a: np.ndarray, axes: tuple[int, ...]) -> Calls:
        there, back = pair(a, axes)
        there.update_arrays(a, a)
        back.update_arrays(a, a)
        return (there.execute, ()), (back.execute, ()), _inverse_count(a, axes)
    return _Backend("pyfftw", either(False, plain.forward), either(True, plain.backward), bound, calls)


def _inverse_count(a: np.ndarray, axes: tuple[int, ...]) -> float:
    """1/N of the points along the axes."""
    return 1 / math.prod(a.shape[axis] for axis in axes)


def _mkl_fft(workers: int) -> _Backend:
    module = _module("mkl_fft")

    def called(axes: tuple[int, ...], one: Callable[..., Any], many: Callable[..., Any], a: np.ndarray) -> Call:
        """Along one axis 3 µs at 320 points instead of 9."""
        return (one, (a, None, axes[0], None, a)) if len(axes) == 1 else (many, (a, None, axes, None, a))

    def forward(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        function, given = called(axes, module.fft, module.fftn, a)
        return np.asarray(function(*given))

    def backward(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        function, given = called(axes, module.ifft, module.ifftn, a)
        return np.asarray(function(*given))

    def calls(a: np.ndarray, axes: tuple[int, ...]) -> Calls:
        return called(axes, module.fft, module.fftn, a), called(axes, module.ifft, module.ifftn, a), 1.0
    return replace(_unbound("mkl_fft", forward, backward), calls=calls)


def _auto(workers: int) -> _Backend:
    return replace(_scipy(workers), name="auto")


_MAKERS = {"auto": _auto, "scipy": _scipy, "ducc0": _ducc0, "pyfftw": _pyfftw, "mkl_fft": _mkl_fft}
_current = _auto(1)


@final
class fft_backend(AbstractContextManager):
    """Choose the FFT of NumPy arrays: "auto" (default), "scipy", "ducc0", "pyfftw" or "mkl_fft", with so many threads.

    "auto" is SciPy's, but where numba is installed the loop of the splitting methods is compiled with transforms of its own: on
    periodic grids whose numbers of points have factors 2, 3, 5 only, on a line a multiple of 8 points besides, best of 64. It
    runs on one thread.

    Takes effect at once and until the next choice; as a ``with`` block until its end. All of them give the same numbers to
    rounding. Threads make transforms of fewer than about 512² points slower.

    Raises ArgumentError for another name, MissingExtraError where the package is not installed.

    >>> with fft_backend("scipy", workers=1):
    ...     backend_name()
    'scipy'
    """

    def __init__(self, name: str, *, workers: int = 1):
        global _current
        maker = _MAKERS[checks.choice("name", name, _MAKERS)]
        self._made = maker(checks.integer("workers", workers, least=1))
        self._before, _current = [_current], self._made
        self._entered = False

    def __enter__(self) -> "fft_backend":
        """Also again, and inside of itself: what was in force at each entry comes back."""
        global _current
        if self._entered:
            self._before.append(_current)
        self._entered, _current = True, self._made
        return self

    def __exit__(self, *reason: object) -> None:
        global _current
        _current = self._before.pop()


def backend_name() -> str:
    """The backend in force."""
    return _current.name


def forward(array: Any, axes: tuple[int, ...]) -> Any:
    """Σ_j a_j exp(−ikj): complex array → modes; a NumPy array may be overwritten, use what is returned."""
    if isinstance(array, np.ndarray):
        return _current.forward(array, axes) if array.flags.writeable and array.size else _aside(array, axes, _current.forward)
    return namespace(array).fft.fftn(array, axes=axes)


def backward(array: Any, axes: tuple[int, ...]) -> Any:
    """The inverse of ``forward``, with the factor 1/N."""
    if isinstance(array, np.ndarray):
        return _current.backward(array, axes) if array.flags.writeable and array.size else _aside(array, axes, _current.backward)
    return namespace(array).fft.ifftn(array, axes=axes)


def bound(array: Any, axes: tuple[int, ...]) -> Passes:
    """``forward``, ``backward`` without a factor, both along the axes as functions of one array, and the factor that is missing:
    for many calls on this array, in place where it is NumPy's. What has to be looked up for an array is looked up once."""
    if isinstance(array, np.ndarray) and array.dtype == complex and array.flags.writeable and array.size:
        return _current.bound(array, axes)
    return lambda a: forward(a, axes), lambda a: backward(a, axes), 1.0


def calls(array: np.ndarray, axes: tuple[int, ...]) -> Calls | None:
    """``bound`` for compiled code (qlearn.kernels.compiled_calls): forward and backward, each as a function of Python and its
    arguments, which transform this very array, complex and C-contiguous, in place. None where the backend has no such ones."""
    return _current.calls(array, axes) if array.size else None


def _aside(array: np.ndarray, axes: tuple[int, ...], transform: Pass) -> np.ndarray:
    """Of a read-only array, on a copy; of an array without elements nothing."""
    return transform(array.copy(), axes) if array.size else array


def sine(array: Any, axes: tuple[int, ...]) -> Any:
    """The orthonormal sine transform √(2/(N+1)) Σ_j a_j sin(π j k/(N+1)), j, k = 1 … N, its own inverse."""
    if isinstance(array, np.ndarray):
        return scipy.fft.dstn(array, type=1, axes=axes, norm="ortho", overwrite_x=True)
    for axis in axes:
        array = _sine_by_fft(array, axis)
    return array


def _sine_by_fft(array: Any, axis: int) -> Any:
    """By an FFT of the odd continuation 0, a, 0, −a reversed."""
    xp = namespace(array)
    n = array.shape[axis]
    moved = xp.moveaxis(array, axis, -1)
    zero = xp.zeros_like(moved[..., :1])
    modes = xp.fft.fft(xp.concat([zero, moved, zero, -xp.flip(moved, axis=-1)], axis=-1), axis=-1)
    return xp.moveaxis(modes[..., 1:n + 1] * (0.5j * (2 / (n + 1)) ** 0.5), -1, axis)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(f'fft_backend("{name}") needs the package {name}: pip install {name}, or use "scipy".') from error
