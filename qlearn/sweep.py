"""sweep: one function over many parameters; a point that fails keeps its error and the others their results."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import product
from numbers import Number
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["Sweep", "sweep"]


@final
@dataclass(frozen=True, eq=False)
class Sweep:
    """What ``sweep`` found, one entry a point, in the order of the parameters.

    points : the keyword arguments of each call        values : what it returned, None where it failed
    errors : the exception it raised, None where there was none        shape : of the grid of parameters, (n,) for a list
    """

    points: tuple[dict[str, Any], ...]
    values: tuple[Any, ...]
    errors: tuple[Exception | None, ...]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.points)

    def __iter__(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """(parameters, value) of the points that did not fail."""
        return ((point, value) for point, value, error in zip(self.points, self.values, self.errors, strict=True)
                if error is None)

    @property
    def failed(self) -> list[tuple[dict[str, Any], Exception]]:
        """(parameters, exception) of those that did."""
        return [(point, error) for point, error in zip(self.points, self.errors, strict=True) if error is not None]

    def array(self, pick: Callable[[Any], Any] = lambda value: value) -> np.ndarray:
        """``pick(value)``, a number, over the grid of parameters: shape ``shape``, NaN where a point failed.

        Raises ArgumentError where it is not one number.
        """
        numbers = [np.nan if error is not None else pick(value) for value, error in zip(self.values, self.errors, strict=True)]
        for number, point in zip(numbers, self.points, strict=True):
            if not isinstance(number, Number | np.generic) and getattr(number, "ndim", None) != 0:
                checks.fail("pick(value)", "must be one number", f"{type(number).__name__} at {point}",
                            "For example array(lambda value: value.energies[0]), or use .values.")
        return np.array(numbers).reshape(self.shape)

    def table(self) -> list[dict[str, Any]]:
        """One row a point: its parameters, "value" (or the entries of a value that is a mapping), "error" in words or None.

        A mapping with a name that is also a parameter's, or "error", stays whole under "value".
        """
        rows = []
        for point, value, error in zip(self.points, self.values, self.errors, strict=True):
            apart = isinstance(value, Mapping) and not value.keys() & {*point, "error"}
            found = value if apart else {"value": value}
            rows.append({**point, **found, "error": None if error is None else f"{type(error).__name__}: {error}"})
        return rows

    def __str__(self) -> str:
        lines = [", ".join(f"{name} = {checks.shortened(str(value), 40)}" for name, value in row.items() if name != "error"
                           or value is not None) for row in self.table()]
        return "\n".join([*lines, f"{len(self)} points, {len(self.failed)} failed"])


def sweep(function: Callable[..., Any], parameters: Any, executor: Executor | None = None, *,
          progress: Callable[[int], None] | None = None, resume: Sweep | None = None) -> Sweep:
    """Call ``function(**point)`` at every point of a grid of parameters.

    Parameters
    ----------
    function : called with keyword arguments; for a process pool it must be importable by name
    parameters : a dict of sequences, of which every combination is a point (the last name changes fastest), or a list of
        dicts, each a point
    executor : any concurrent.futures.Executor, to which each point is a task
    progress : called with 1 for each point that is done, in the caller's thread
    resume : an earlier Sweep of the same function: its points that did not fail are taken over, and only the others called

    Returns
    -------
    Sweep, ordered as the parameters are, whatever finished first.  An Exception of one point is kept in ``errors`` and stops
    no other; KeyboardInterrupt and the like do stop it, and cancel what had not begun.

    Raises
    ------
    ArgumentError for a function or parameters of another kind, before any call.

    Examples
    --------
    >>> found = sweep(lambda a, b: a / b, {"a": [1, 6], "b": [0, 2, 3]})
    >>> found.array().tolist()
    [[nan, 0.5, 0.3333333333333333], [nan, 3.0, 2.0]]
    >>> [(point, type(error).__name__) for point, error in found.failed]
    [({'a': 1, 'b': 0}, 'ZeroDivisionError'), ({'a': 6, 'b': 0}, 'ZeroDivisionError')]
    """
    if not callable(function):
        checks.fail("function", "must be callable with keyword arguments", function)
    points, shape = _points(parameters)
    if resume is not None and not isinstance(resume, Sweep):
        checks.fail("resume", "must be an earlier Sweep", type(resume).__name__)
    if executor is not None and not isinstance(executor, Executor):
        checks.fail("executor", "must be a concurrent.futures.Executor", type(executor).__name__)
    outcomes: list[Any] = [None] * len(points)
    todo, earlier = [], _by_key(resume)
    for number, point in enumerate(points):
        known = _known(point, earlier.get(_key(point), ()))
        if known is None:
            todo.append(number)
        else:
            outcomes[number] = known
    for number, outcome in _outcomes(function, points, todo, executor):
        outcomes[number] = outcome
        if progress is not None:
            progress(1)
    return Sweep(points, tuple(value for value, _ in outcomes), tuple(error for _, error in outcomes), shape)


def _points(parameters: Any) -> tuple[tuple[dict[str, Any], ...], tuple[int, ...]]:
    if isinstance(parameters, Mapping):
        columns = {}
        for name, values in parameters.items():
            if not isinstance(values, (Sequence, np.ndarray, range)) or isinstance(values, (str, bytes)) \
                    or (isinstance(values, np.ndarray) and values.ndim == 0):
                checks.fail(f"parameters[{name!r}]", "must be a sequence of values", values, "For one value write [value].")
            columns[name] = list(values)
        points = tuple(dict(zip(columns, combination, strict=True)) for combination in product(*columns.values()))
        shape = tuple(len(values) for values in columns.values())
    elif isinstance(parameters, Sequence) and all(isinstance(point, Mapping) for point in parameters):
        points, shape = tuple(dict(point) for point in parameters), (len(parameters),)
    else:
        checks.fail("parameters", "must be a dict of sequences or a list of dicts", parameters)
    names = [name for point in points for name in point if not isinstance(name, str)]
    if names:
        checks.fail("parameters", "must have names that are text", names[0])
    return points, shape


def _key(point: dict[str, Any]) -> frozenset:
    """Numbers and texts of a point: equal points have the same."""
    return frozenset((name, value) for name, value in point.items() if isinstance(value, Number | np.generic | str))


def _by_key(resume: Sweep | None) -> dict[frozenset, list[tuple[dict[str, Any], Any]]]:
    """What did not fail earlier, together with what could be equal."""
    found: dict[frozenset, list[tuple[dict[str, Any], Any]]] = {}
    for point, value in resume or ():
        found.setdefault(_key(point), []).append((point, value))
    return found


def _known(point: dict[str, Any], earlier: Sequence[tuple[dict[str, Any], Any]]) -> tuple[Any, None] | None:
    """The value that one of the earlier points has, if it is this one."""
    for other, value in earlier:
        if other.keys() == point.keys() and all(np.array_equal(other[name], point[name]) for name in point):
            return value, None
    return None


def _outcomes(function: Callable[..., Any], points: tuple[dict[str, Any], ...], todo: list[int],
              executor: Executor | None) -> Iterator[tuple[int, tuple[Any, Exception | None]]]:
    """(number, (value, error)) of every point to do, as they finish."""
    if executor is None:
        for number in todo:
            yield number, _outcome(partial(function, **points[number]))
        return
    futures = {executor.submit(function, **points[number]): number for number in todo}
    try:
        for future in as_completed(futures):
            yield futures[future], _outcome(future.result)
    finally:
        for future in futures:
            future.cancel()


def _outcome(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return call(), None
    except Exception as error:      # kept for this point; what is no Exception, as an interrupt, goes through
        return None, error
