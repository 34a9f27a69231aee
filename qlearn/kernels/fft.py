"""Transforms: complex FFTs and sine transforms along chosen axes, in place where the array is NumPy's.

SciPy's FFT is the default. ducc0, pyFFTW and mkl_fft are used where they are installed and asked for, for the time of a
``with`` block or from now on:

    with ql.fft_backend("ducc0"): ...          ql.fft_backend("scipy", workers=2)

Other array namespaces use their own ``fft``; a backend chosen here does not concern them.
"""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.fft

from qlearn import checks
from qlearn.errors import MissingExtraError
from qlearn.kernels.arrays import namespace

__all__ = ["backend_name", "backward", "fft_backend", "forward", "sine"]

Pass = Callable[[np.ndarray, tuple[int, ...]], np.ndarray]


@final
@dataclass(frozen=True)
class _Backend:
    """``forward`` without factor, ``backward`` with 1/N; both may overwrite their argument."""

    name: str
    forward: Pass
    backward: Pass


def _scipy(workers: int) -> _Backend:
    def forward(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        if len(axes) == 1:  # a third less time of fftn at 1024 points
            return scipy.fft.fft(a, axis=axes[0], overwrite_x=True, workers=workers)
        return scipy.fft.fftn(a, axes=axes, overwrite_x=True, workers=workers)

    def backward(a: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        if len(axes) == 1:
            return scipy.fft.ifft(a, axis=axes[0], overwrite_x=True, workers=workers)
        return scipy.fft.ifftn(a, axes=axes, overwrite_x=True, workers=workers)
    return _Backend("scipy", forward, backward)


def _ducc0(workers: int) -> _Backend:
    c2c = _module("ducc0").fft.c2c
    return _Backend("ducc0", lambda a, axes: c2c(a, axes=axes, out=a, nthreads=workers),
                    lambda a, axes: c2c(a, axes=axes, out=a, forward=False, inorm=2, nthreads=workers))


def _pyfftw(workers: int) -> _Backend:
    module = _module("pyfftw")
    plans: dict[tuple, Any] = {}

    def plan(a: np.ndarray, axes: tuple[int, ...], direction: str) -> np.ndarray:
        key = (a.shape, a.strides, axes, direction, pyfftw_alignment(a))
        if key not in plans:
            scratch = module.empty_aligned(a.shape, dtype=complex)
            plans[key] = module.FFTW(scratch, scratch, axes=axes, direction=direction, threads=workers,
                                     flags=("FFTW_MEASURE", "FFTW_UNALIGNED"))
        plans[key](a, a)
        return a

    def pyfftw_alignment(a: np.ndarray) -> bool:
        return bool(a.flags.c_contiguous)

    def either(direction: str, fallback: Pass) -> Pass:
        return lambda a, axes: plan(a, axes, direction) if a.flags.c_contiguous and a.flags.writeable else fallback(a, axes)

    plain = _scipy(workers)
    return _Backend("pyfftw", either("FFTW_FORWARD", plain.forward), either("FFTW_BACKWARD", plain.backward))


def _mkl_fft(workers: int) -> _Backend:
    module = _module("mkl_fft")
    return _Backend("mkl_fft", lambda a, axes: module.fftn(a, axes=axes, out=a),
                    lambda a, axes: module.ifftn(a, axes=axes, out=a))


_MAKERS = {"scipy": _scipy, "ducc0": _ducc0, "pyfftw": _pyfftw, "mkl_fft": _mkl_fft}
_current = _scipy(1)


@final
class fft_backend(AbstractContextManager):
    """Choose the FFT of NumPy arrays: "scipy" (default), "ducc0", "pyfftw" or "mkl_fft", with so many threads.

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
        made = maker(checks.integer("workers", workers, least=1))
        self._before, _current = _current, made

    def __exit__(self, *reason: object) -> None:
        global _current
        _current = self._before


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
