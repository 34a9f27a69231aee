"""Words every argument error alike: the argument, its requirement, what was given, what to do.

Every public function checks its arguments with these before any work.
"""

import math
import numbers
from collections.abc import Collection
from typing import Any, NoReturn

import numpy as np

from qlearn.errors import ArgumentError

__all__ = ["choice", "fail", "finite_array", "integer", "one_of_two", "real", "shortened"]


def fail(argument: str, requirement: str, given: Any, remedy: str = "") -> NoReturn:
    """Raise the ArgumentError ``argument requirement; given …. remedy``."""
    shown = given if isinstance(given, str) else repr(given)
    raise ArgumentError(f"{argument} {requirement}; given {shortened(shown)}.{' ' + remedy if remedy else ''}")


def real(argument: str, value: Any, *, above: float | None = None, least: float | None = None,
         most: float | None = None, remedy: str = "") -> float:
    """Return value as a finite float with ``value > above``, ``value >= least`` and ``value <= most``."""
    if type(value) is float and above is least is most is None and math.isfinite(value):
        return value
    if isinstance(value, float) or (isinstance(value, numbers.Real) and not isinstance(value, bool) and _finite(value)):
        number = float(value)
        if math.isfinite(number) and (above is None or number > above) and (least is None or number >= least) \
                and (most is None or number <= most):
            return number
    fail(argument, "must be a finite real number" + _range_words(above, least, most), value, remedy)


def integer(argument: str, value: Any, *, least: int | None = None, most: int | None = None, remedy: str = "") -> int:
    """Return value as an int with ``least <= value <= most``; a float is refused even where it is whole."""
    wanted = "must be an integer" + _range_words(None, least, most)
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        fail(argument, wanted, value, remedy)
    number = int(value)
    if (least is not None and number < least) or (most is not None and number > most):
        fail(argument, wanted, value, remedy)
    return number


def choice(argument: str, value: Any, valid: Collection[str], remedy: str = "") -> str:
    """Return value if it is one of the valid names; else list them."""
    if value not in valid:
        fail(argument, "must be one of " + ", ".join(repr(name) for name in valid), value, remedy)
    return value


def finite_array(argument: str, value: Any, *, shape: tuple[int | None, ...] | None = None, dtype: Any = float,
                 remedy: str = "") -> np.ndarray:
    """Return value as a finite array of the dtype; ``None`` in shape stands for any length."""
    try:
        given = np.asarray(value)
        unreal = given.dtype.kind == "c" and np.dtype(dtype).kind != "c"
        array = np.asarray(given.real if unreal else given, dtype=dtype)
    except (TypeError, ValueError):
        fail(argument, f"must be an array of {np.dtype(dtype).name}", value, remedy)
    if unreal and np.any(given.imag != 0):
        fail(argument, "must be real", "complex values", remedy)
    if shape is not None and not _fits(array.shape, shape):
        words = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
        fail(argument, f"must have shape {words}", f"shape {array.shape}", remedy)
    if not np.isfinite(array).all():
        count = int(np.sum(~np.isfinite(array)))
        fail(argument, "must hold finite numbers only", f"{count} NaN or infinite of {array.size} values", remedy)
    return array


def one_of_two(first: str, a: Any, second: str, b: Any) -> None:
    """Exactly one of two arguments must be given (not None)."""
    if (a is None) == (b is None):
        fail(f"{first} and {second}", "exclude each other and one is needed",
             "both" if a is not None else "neither", f"Give either {first}= or {second}=.")


def _finite(value: numbers.Real) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:                       # a whole number beyond the range of float
        return False


def _range_words(above: float | None, least: float | None, most: float | None) -> str:
    parts = [f"{sign} {bound}" for sign, bound in ((">", above), ("≥", least), ("≤", most)) if bound is not None]
    return " " + " and ".join(parts) if parts else ""


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w is None or n == w for n, w in zip(shape, wanted, strict=True))


def shortened(text: str, length: int = 120) -> str:
    """The text as messages show it: cut where it is long."""
    return text if len(text) <= length else text[: length - 1] + "…"
