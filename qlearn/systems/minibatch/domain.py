"""On what a learner lives: rings, lines or both, and the exact averages that go with it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.systems.minibatch.averages import Gradient, Loss
from qlearn.systems.minibatch.line_fields import LineFields
from qlearn.systems.minibatch.torus_fields import TorusFields, resolve

__all__ = ["check_gradient", "check_grid", "fields_of", "fields_on", "mean_covariance", "read_periods", "rows_of"]


def read_periods(periods: Sequence[float | None]) -> tuple[float | None, ...]:
    if isinstance(periods, str) or not isinstance(periods, (Sequence, np.ndarray)) or len(periods) == 0:
        checks.fail("periods", "must be a list with one entry a variable, a period or None for a line", repr(periods),
                    "For one ring write [2*np.pi], for a line [None].")
    if len(periods) > 2:
        raise UnsupportedError(f"periods must be one or two: learners with more variables are not offered; given "
                               f"{periods!r}. For three variables with formulas use ql.simulate(system, …, kind='static').")
    return tuple(None if period is None else checks.real(f"periods[{i}]", period, above=0) for i, period in enumerate(periods))


def check_gradient(gradient_of: Gradient, n_samples: int, periods: tuple[float | None, ...], name: str = "per_sample_gradient",
                   periods_name: str = "periods") -> None:
    """Call it at a few points: type and shape, the same again, each row of q with its own row of index, periods."""
    d, rows = len(periods), 5
    index = (7 * np.arange(3 * rows).reshape(rows, 3)) % n_samples
    index[0, 0] = n_samples - 1
    q = np.linspace(0, 0.9, rows)[:, None] * np.array([1.0 if period is None else period for period in periods])
    h = _call(gradient_of, name, q, index)
    size = np.max(np.abs(h)) + 1e-300
    if not np.array_equal(_call(gradient_of, name, q, index), h):
        checks.fail(name, "must return the same for the same q and index", "two different answers",
                    "Draw no random numbers in it; minibatches are drawn by the learner.")
    alone = np.concatenate([_call(gradient_of, name, q[row:row + 1], index[row:row + 1, ::-1])[:, ::-1] for row in range(rows)])
    if np.max(np.abs(alone - h)) > 1e-8 * size:
        checks.fail(name, "must treat every row of q and every entry of index alike", "values that differ by "
                    f"{np.max(np.abs(alone - h)):.3g} from those of one row alone", "Row r has samples index[r] of its own.")
    for axis, period in enumerate(periods):
        if period is None:
            continue
        turn = np.zeros(d)
        turn[axis] = period
        again = _call(gradient_of, name, q + turn, index)
        if np.max(np.abs(h - again)) > 1e-8 * size:
            checks.fail(name, f"must be periodic in q with the period {period:.12g}",
                        f"a difference of {np.max(np.abs(h - again)):.3g} one period on",
                        f"Correct {periods_name} or the function.")


def _call(gradient_of: Gradient, name: str, q: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Its answer as a copy; it must be a float64 array and leave its arguments as they were."""
    own = q.copy(), index.copy()
    value = gradient_of(*own)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64:
        checks.fail(f"{name}(q, index)", "must be a NumPy array of float64",
                    f"one of {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}",
                    "Compute in double precision, or the mean and covariance have noise of their own.")
    checks.finite_array(f"{name}(q, index)", value, shape=(*index.shape, q.shape[1]))
    if not (np.array_equal(own[0], q) and np.array_equal(own[1], index)):
        checks.fail(name, "must not change q or index", "a function that writes into them", "Copy them first.")
    return value.copy()


def fields_of(gradient_of: Gradient, n_samples: int, periods: tuple[float | None, ...],
            loss: Loss | None) -> TorusFields | LineFields:
    rings = tuple(period for period in periods if period is not None)
    if len(rings) == len(periods):
        return resolve(gradient_of, n_samples, rings, loss)
    return LineFields(gradient_of, n_samples, periods, loss)


def mean_covariance(fields: TorusFields | LineFields) -> float:
    """C₀: the mean of tr C/d over the torus."""
    assert isinstance(fields, TorusFields)
    return float(np.mean(np.trace(fields.covariance) / len(fields.covariance)))


def check_grid(periods: tuple[float | None, ...], grid: Grid, argument: str = "grid") -> None:
    """One axis a variable; those of rings are periodic, without twist, one period long; no poles."""
    d = len(periods)
    if grid.ndim == d and all(
            kind != "pole" if period is None else
            kind == "periodic" and twist == 0 and np.isclose(length, period, rtol=1e-12, atol=0)
            for period, kind, twist, length in zip(periods, grid.boundary, grid.twist, grid.lengths, strict=True)):
        return
    if d == 1 and periods[0] is not None:
        checks.fail(argument, f"must be one periodic axis of length {periods[0]:.12g} without twist", repr(grid),
                    f"Use ql.Grid(129, [(0, {periods[0]:.12g})]).")
    bounds = ", ".join("(-1, 1)" if period is None else f"(0, {period:.12g})" for period in periods)
    checks.fail(argument, f"must have {d} axes, periodic without twist and one period long along rings", repr(grid),
                f"For example ql.Grid({(33,) * d}, [{bounds}]).")


def rows_of(d: int, q: Any) -> tuple[np.ndarray, tuple[int, ...]]:
    """Points, (n,) or with several variables (d, *shape), as rows (n, d); and the shape."""
    q = np.asarray(q, dtype=float)
    if d == 1:
        return q.reshape(-1, 1), q.shape
    if q.ndim == 0 or len(q) != d:
        checks.fail("q", f"must have shape ({d}, …), one entry a variable first", f"shape {q.shape}")
    return q.reshape(d, -1).T, q.shape[1:]


def fields_on(f: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(n, d, …) → (d, …, *shape); with one variable (*shape)."""
    if f.shape[1] == 1:
        return f.reshape(shape)
    return np.moveaxis(f, 0, -1).reshape(*f.shape[1:], *shape)
