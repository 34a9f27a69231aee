"""What a user gives for a function of q, as a checked table: numbers, arrays, nested lists, callables."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import ArgumentError
from qlearn.grids import Grid
from qlearn.hamiltonian.symbolic import coordinate_function, is_sympy

__all__ = ["SMALL", "call", "called", "checked_values", "frozen", "has_loss", "hermitian_and_loss", "is_known_everywhere",
           "layout", "on_diagonal", "one_for_all", "point_levels", "tabulate", "values_of"]

SMALL = 2**16          # points of a grid up to which what is derived from H is kept with it
HERMITIAN = 1e-12      # |V − V†| that counts as rounding, relative to max|V|


def tabulate(grid: Grid, given: Any, name: str) -> np.ndarray:
    """A number, an array, a callable of *q or a SymPy expression on the points of the grid: (…, *shape), finite."""
    if is_sympy(given):
        given = coordinate_function(given, grid.ndim, name)
    return checked_values(call(name, given, grid, None) if callable(given) else given, grid, name)


def call(name: str, function: Callable, grid: Grid, t: float | None) -> Any:
    """function(*q) or function(t, *q), with the remedy for a wrong number of arguments."""
    try:
        return called(function, grid, t)
    except ArithmeticError as error:
        checks.fail(name, "must be finite" + ("" if t is None else f" at t={t:.6g}"), f"{type(error).__name__}: {error}")
    except ArgumentError:
        raise
    except (TypeError, ValueError) as error:
        letter = {"potential": "V", "absorber": "W"}.get(name, "g")
        form = f"{letter}(" + ", ".join(["t"] * (t is not None) + [f"q{i + 1}" for i in range(grid.ndim)]) + ")"
        hint = "Take NumPy's functions, and np.where(condition, a, b) in the place of if."
        if not _takes(function, grid.ndim + (t is not None)):
            hint = "With time_dependent=True every callable V and A takes t first."
            hint = hint if t is not None else "Say time_dependent=True for V(t, *q)." if name == "potential" else ""
        checks.fail(name, f"must be callable as {form} with arrays", f"{type(error).__name__}: {error}", hint)


def _takes(function: Callable, count: int) -> bool:
    """False where the function cannot be called with so many arguments."""
    try:
        signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:              # a function without a signature
        return True
    return True


def called(function: Callable, grid: Grid, t: float | None) -> Any:
    """function(*q) or function(t, *q); what is not finite is found afterwards, without warnings."""
    with np.errstate(all="ignore"):
        return function(*grid.mesh) if t is None else function(t, *grid.mesh)


def is_known_everywhere(given: Any) -> bool:
    """False for tables, whose values between the points are unknown."""
    if isinstance(given, list | tuple):
        return all(isinstance(row, list | tuple) and all(np.ndim(entry) == 0 for entry in row) for row in given)
    return callable(given) or is_sympy(given) or np.ndim(given) == 0


def values_of(values: Any, grid: Grid, name: str) -> np.ndarray:
    """What was given as an array of float or complex, a number spread over the grid; nested lists of tables and numbers too."""
    if np.ma.is_masked(values):
        checks.fail(name, "must have a value at every point", "a masked array", "Fill it: array.filled(value).")
    try:
        array = np.asarray(values)
    except ValueError:
        array = _from_rows(values, grid, name)
    if array.dtype == object and values is not None:
        array = _from_rows(values, grid, name) if isinstance(values, list | tuple) else _from_objects(array, name)
    if array.ndim == 2 and isinstance(values, list | tuple) and array.shape[-grid.ndim:] != grid.shape \
            and array.shape[0] == array.shape[1]:
        array = _from_rows(values, grid, name)
    if array.dtype.kind not in "biufc" or values is None:
        checks.fail(name, "must be a number, an array of numbers, a callable or a SymPy expression", values,
                    "Rows of callables are one callable: lambda *q: [[f(*q), …], …]; of SymPy expressions, sympy.Matrix(rows)."
                    if isinstance(values, list | tuple) else "")
    array = array.astype(complex if array.dtype.kind == "c" else float, copy=False)
    return np.full(grid.shape, array) if array.ndim == 0 else array


def checked_values(values: Any, grid: Grid, name: str) -> np.ndarray:
    """``values_of`` with finite numbers, of a shape that fits the grid."""
    array = values_of(values, grid, name)
    layout(array.shape, grid.shape, name)
    return checks.finite_array(name, array, dtype=array.dtype)


def layout(shape: tuple[int, ...], points: tuple[int, ...], name: str) -> tuple[int | None, tuple[int, ...]]:
    """(channels or None, batch axes) of a table of V: (*batch, *points), or (*batch, c, c, *points) where the two agree."""
    d = len(points)
    if shape[-d:] != points:
        words = ", ".join(map(str, points)) + ("," if d == 1 else "")
        requirement = f"must have shape ({words}) of the grid, batch axes before it, or (c, c, {words.rstrip(',')}) for channels"
        checks.fail(name, requirement, f"shape {shape}", "A constant matrix m is np.multiply.outer(m, np.ones(grid.shape))."
                    if len(shape) == 2 and shape[0] == shape[1] else "")
    leading = shape[:-d]
    if 0 in leading:
        checks.fail(name, "must have no empty axis", f"shape {shape}")
    if len(leading) >= 2 and leading[-1] == leading[-2]:
        return leading[-1], leading[:-2]
    return None, leading


def hermitian_and_loss(raw: np.ndarray, channels: int, ndim: int, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(½(V + V†), W = ½i(V − V†)) of matrices V (…, c, c, *shape), W None where it is rounding. Refused where W takes from one
    superposition of channels and gives to another at the same point, which nearly always is a missing complex conjugate."""
    hermitian, loss = (part.astype(complex) for part in _parts(raw, ndim))
    allowed = HERMITIAN * float(np.max(np.abs(raw), initial=0.0))
    if not float(np.max(np.abs(loss), initial=0.0)) > allowed:
        return hermitian, None
    own = loss * on_diagonal(np.ones((1,) * ndim), channels, ndim)
    excess = float(np.max(np.abs(loss - own), initial=0.0))
    if excess <= allowed:
        return hermitian, own
    levels = np.linalg.eigvalsh(_matrices_last(loss, ndim))
    if np.any((levels[..., 0] < -allowed) & (levels[..., -1] > allowed)):
        checks.fail(name, "must be a Hermitian matrix at each point, or one minus iW with W diagonal, or with levels of one "
                    "sign", f"a deviation of {excess:.3g}", "V[i, j] must be the complex conjugate of V[j, i]; if the array "
                    "is a batch of n × n potentials and not channels, flatten it to (n², *shape). If some superposition of "
                    "channels is meant to gain what another loses, take those superpositions as the channels.")
    return hermitian, loss


def has_loss(raw: np.ndarray, ndim: int) -> bool:
    """True where matrices V (…, c, c, *shape) are not Hermitian; what is not finite does not count."""
    with np.errstate(invalid="ignore"):
        rest = np.abs(_parts(raw, ndim)[1])
        sizes = np.abs(raw)
    size = np.max(sizes, initial=0.0, where=np.isfinite(sizes))
    return bool(np.max(rest, initial=0.0, where=np.isfinite(rest)) > HERMITIAN * size)


def one_for_all(loss: np.ndarray, channels: int, ndim: int) -> np.ndarray | None:
    """w (…, *shape) where the matrices (…, c, c, *shape) are w times the unit matrix; else None."""
    first: np.ndarray = np.moveaxis(loss, (-ndim - 2, -ndim - 1), (0, 1))[0, 0].real
    return first if np.array_equal(loss, on_diagonal(first, channels, ndim)) else None


def point_levels(table: np.ndarray, channels: int | None, ndim: int) -> tuple[float, float]:
    """The least and the largest number of a table over all points; for channels, eigenvalue of its matrices (…, c, c, *shape)."""
    if channels is None:
        return float(table.min()), float(table.max())
    levels = np.linalg.eigvalsh(_matrices_last(table, ndim))
    return float(levels.min()), float(levels.max())


def frozen(table: np.ndarray) -> np.ndarray:
    """The array, read-only, C-contiguous."""
    table = np.ascontiguousarray(table)
    table.flags.writeable = False
    return table


def on_diagonal(values: np.ndarray, channels: int, ndim: int) -> np.ndarray:
    """values (…, *shape) times the unit matrix, (…, c, c, *shape)."""
    unit = np.eye(channels).reshape(channels, channels, *(1,) * ndim)
    return values.reshape(*values.shape[:-ndim], 1, 1, *values.shape[-ndim:]) * unit


def _parts(raw: np.ndarray, ndim: int) -> tuple[np.ndarray, np.ndarray]:
    """½(V + V†) and ½i(V − V†)."""
    dagger = np.conj(np.swapaxes(raw, -ndim - 2, -ndim - 1))
    return (raw + dagger) / 2, 0.5j * (raw - dagger)


def _matrices_last(table: np.ndarray, ndim: int) -> np.ndarray:
    """(…, c, c, *shape) → (…, *shape, c, c)."""
    return np.moveaxis(table, (-ndim - 2, -ndim - 1), (-2, -1))


def _from_rows(values: Any, grid: Grid, name: str) -> np.ndarray:
    """[[table or number, …], …] → (c, c, *shape)."""
    try:
        rows = [[np.broadcast_to(np.asarray(entry), grid.shape) for entry in row] for row in values]
        return np.asarray(rows, dtype=np.result_type(*(entry for row in rows for entry in row)))
    except (TypeError, ValueError):
        raise ArgumentError(f"{name} must be an array, or rows of equal length that hold tables {grid.shape} and numbers; "
                            "given something else.") from None


def _from_objects(array: np.ndarray, name: str) -> np.ndarray:
    for dtype in (float, complex):
        try:
            return array.astype(dtype)
        except (TypeError, ValueError, OverflowError):
            continue
    checks.fail(name, "must be an array of numbers", f"an array of objects, the first a {type(array.flat[0]).__name__}",
                "Convert it: array.astype(float).")
