"""Whose array is it: every kernel takes the array-API namespace of the array it is given.

NumPy arrays take the fast path, in place. Others (CuPy, JAX, PyTorch, array-api-strict) go through their own namespace:
tables are made once with NumPy and carried to the array's device, what is reported comes back as NumPy.
"""

from functools import cache
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import MissingExtraError

__all__ = ["TINY", "as_complex", "like", "namespace", "squared_sums", "squares", "to_numpy"]

BLOCK = 4096  # numbers that are added up in one go
TINY = float(np.finfo(float).tiny)


def namespace(array: Any) -> Any:
    """The array-API namespace of an array; NumPy for lists and numbers.

    Raises MissingExtraError for arrays that have none of their own (PyTorch) without array-api-compat.
    """
    if isinstance(array, np.ndarray | list | tuple | int | float | complex | np.generic):
        return np
    own = getattr(array, "__array_namespace__", None)
    if own is not None:
        return own()
    try:
        from array_api_compat import array_namespace
    except ImportError as error:
        raise MissingExtraError("arrays of this kind need array-api-compat: pip install array-api-compat, or give a NumPy "
                                "array.") from error
    try:
        return array_namespace(array)
    except TypeError:
        checks.fail("psi0", "must be an array", type(array).__name__)


def like(values: Any, array: Any) -> Any:
    """NumPy values as an array of the same kind and on the same device as ``array``; dtype kept."""
    if isinstance(array, np.ndarray):
        return np.asarray(values)
    xp = namespace(array)
    values = np.ascontiguousarray(values)
    device = getattr(array, "device", None)
    return xp.asarray(values if values.flags.writeable else values.copy(), device=device)


def to_numpy(array: Any) -> np.ndarray:
    """The values as a NumPy array, wherever they live."""
    if isinstance(array, np.ndarray):
        return array
    for step in ("detach", "cpu"):  # PyTorch
        array = getattr(array, step)() if hasattr(array, step) else array
    return array.get() if hasattr(array, "get") and not hasattr(array, "__array__") else _as_numpy(array)


def as_complex(array: Any) -> Any:
    """A new complex128 array with the values of ``array``, of the same kind; NumPy's in C order."""
    if isinstance(array, np.ndarray):
        return np.array(array, dtype=complex, order="C")
    xp = namespace(array)
    return xp.asarray(array, dtype=xp.complex128, copy=True)


def squared_sums(array: Any, axes: tuple[int, ...]) -> np.ndarray:
    """Σ|a|² over the axes, as NumPy; without a second array where the axes are the last ones of one that is stored in order."""
    if isinstance(array, np.ndarray):
        if array.flags.c_contiguous and array.dtype == complex and array.size and axes == _last(len(axes)):
            rows = array.view(float).reshape(*array.shape[:-len(axes)], -1)
            if rows.shape[-1] <= BLOCK:
                return np.asarray(np.vecdot(rows, rows))
            blocks = (rows[..., start:start + BLOCK] for start in range(0, rows.shape[-1], BLOCK))
            return np.asarray(np.sum([np.vecdot(block, block) for block in blocks], axis=0))
        return np.asarray(np.sum(array.real**2 + array.imag**2, axis=axes) if np.iscomplexobj(array)
                          else np.sum(array**2, axis=axes))
    xp = namespace(array)
    return to_numpy(xp.sum(xp.abs(array) ** 2, axis=axes))


@cache
def _last(count: int) -> tuple[int, ...]:
    return tuple(range(-count, 0))


def squares(array: np.ndarray) -> np.ndarray:
    """|a|², of a complex NumPy array."""
    result = array.real**2
    result += array.imag**2
    return result


def _as_numpy(array: Any) -> np.ndarray:
    try:
        return np.asarray(array)
    except (TypeError, ValueError, RuntimeError):
        return np.from_dlpack(array)
