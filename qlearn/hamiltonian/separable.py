"""Driven potentials whose time stands outside: V(t, q) = V0(q) + Σ_r f_r(t) g_r(q)."""

import warnings
from collections.abc import Callable
from math import isfinite
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian.symbolic import coordinate_function, is_sympy, separations, time_function, whole_function
from qlearn.hamiltonian.tables import is_known_everywhere, layout, tabulate

__all__ = ["Drive", "SeparablePotential", "from_sympy", "held"]

FEW = 4                # times that are asked for singly
MOST_TERMS = 12        # more tables than this cost more than the expression itself
AGREEMENT = 1e-12      # of the separated form with the expression, relative to max|V|
TIMES = (0.3819660, 1.2360680, 7.9442719, -2.6180340)


@final
class SeparablePotential:
    """V(t, q) = V0(q) + Σ_r f_r(t) g_r(q): the tables V0 and g_r are made once, a new time costs one number a term.

    Parameters
    ----------
    static : V0, units of energy: number | array (*shape) | callable V0(*q) | SymPy expression; complex for a loss −Im V;
        (c, c, *shape) for channels.
    terms : [(f, g), …]: f a callable of t (or a SymPy expression in t) that returns one real number, g like ``static``.

    A Hamiltonian with such a V is time-dependent, whether or not ``time_dependent=True`` is said. SymPy expressions V(t, q)
    are brought to this form by themselves where that is possible. Calling it, V(t, *q), gives the values.

    Raises ArgumentError where f(t) is not one finite real number (a complex f g is two terms, each with its own complex g).

    >>> V = SeparablePotential(lambda x: x**2 / 2, [(np.cos, lambda x: -0.3 * x)])
    >>> round(float(V(0.0, 2.0)), 12)
    1.4
    """

    def __init__(self, static: Any, terms: Any):
        try:
            pairs = [(f, g) for f, g in terms]
        except (TypeError, ValueError):
            checks.fail("terms", "must be a list of pairs (f, g)", terms)
        for f, _ in pairs:
            if not callable(f) and not is_sympy(f):
                checks.fail("f of terms", "must be a callable f(t)", f, "A constant factor belongs to static.")
        self.static, self.terms = static, pairs
        self.functions: list[Callable] = [time_function(f) if is_sympy(f) else f for f, _ in pairs]
        self._takes_arrays: list[bool | None] = [None] * len(pairs)

    def __call__(self, t: float, *q: Any) -> Any:
        """V(t, *q) at points q, arrays that broadcast."""
        total = _at(self.static, q)
        for factor, (_, g) in zip(self.factors(t), self.terms, strict=True):
            total = total + factor * _at(g, q)
        return total

    def factors(self, t: float) -> np.ndarray:
        """(R,) the numbers f_r(t)."""
        return np.array([_factor(f, t, r) for r, f in enumerate(self.functions)])

    def factors_at(self, times: np.ndarray) -> np.ndarray:
        """(n, R) of times (n,). An f that takes an array of times and gives there, to the last bit, what it gives for each of
        them is called once; whether it does is found out in the first call, and looked at in the first and the last place
        of every other, where what depends on the rest of the array shows."""
        found = np.empty((len(times), len(self.functions)))
        for r, f in enumerate(self.functions):
            values = self._at_once(r, f, times) if len(times) > FEW else None
            found[:, r] = [_factor(f, t, r) for t in times.tolist()] if values is None else values
        return found

    def _at_once(self, r: int, f: Callable, times: np.ndarray) -> np.ndarray | None:
        known = self._takes_arrays[r]
        if known is False:
            return None
        values = _of_array(f, times) if known else _of_array_in_silence(f, times)
        places = (0, len(times) - 1) if known else range(len(times))
        agrees = values is not None and all(_factor(f, float(times[i]), r) == values[i] for i in places)
        self._takes_arrays[r] = agrees
        return values if agrees else None

    @property
    def refinable(self) -> bool:
        """False where V0 or a g is an array, known on one grid only."""
        return all(is_known_everywhere(part) for part in self._tables())

    def on(self, grid: Grid) -> "Drive":
        """The tables on a grid."""
        names = ["static", *(f"g of terms[{r}]" for r in range(len(self.terms)))]
        tables = [tabulate(grid, part, name) for name, part in zip(names, self._tables(), strict=True)]
        shape = _common_shape(names, tables, grid)
        dtype = np.result_type(*tables)
        tables = [np.array(np.broadcast_to(table, shape), dtype=dtype) for table in tables]
        return Drive(tables[0], np.array(tables[1:], dtype=dtype).reshape(len(self.terms), *shape), self)

    def _tables(self) -> list[Any]:
        return [self.static, *(g for _, g in self.terms)]

    def __repr__(self) -> str:
        return f"SeparablePotential({len(self.terms)} driven term{'' if len(self.terms) == 1 else 's'})"


@final
class Drive:
    """The tables of V0 + Σ_r f_r(t) g_r on a grid: static (…, *shape), tables (R, …, *shape), factors(t) -> (R,), and
    factors_at(times) -> (n, R)."""

    def __init__(self, static: np.ndarray, tables: np.ndarray, source: SeparablePotential):
        for table in (static, tables):
            table.flags.writeable = False
        self.static, self.tables, self.source = static, tables, source
        self.factors, self.factors_at = source.factors, source.factors_at

    def values(self, t: float) -> np.ndarray:
        """V at time t, a new array (…, *shape)."""
        if not len(self.tables):
            return np.array(self.static)
        total = np.tensordot(self.factors(t), self.tables, axes=1)
        total += self.static
        return total

    def real_part(self) -> "Drive":
        """The drive of the real parts."""
        return self if not np.iscomplexobj(self.tables) else Drive(np.array(self.static.real), np.array(self.tables.real),
                                                                     self.source)


def from_sympy(expression: Any, ndim: int, time_dependent: bool, grid: Grid) -> Any:
    """V(*q) of an expression; with ``time_dependent`` a SeparablePotential, or V(t, *q) where the numbers of no separated form
    agree with the expression on the points of the grid."""
    whole = whole_function(expression, ndim, time_dependent)
    if time_dependent:
        for static, terms in separations(expression, ndim):
            separated = SeparablePotential(static, terms)
            if len(terms) <= MOST_TERMS and _agrees(separated, whole, grid):
                return separated
    return whole


def held(function: Callable, low: float, high: float) -> Callable:
    """The same function of t, *q at times from low to high; at others that of the nearer of the two."""
    def nearest(t: Any, *q: Any) -> Any:
        return function(np.clip(t, low, high) if isinstance(t, np.ndarray) else min(max(t, low), high), *q)
    return nearest


def _agrees(separated: SeparablePotential, whole: Callable, grid: Grid) -> bool:
    """The two forms give the same numbers at a few times on points of the grid, and are finite at the same points."""
    sample = tuple(x.reshape(-1)[:: max(1, x.size // 997)] for x in grid.mesh)
    with np.errstate(all="ignore"):
        for t in TIMES:
            a, b = np.asarray(separated(t, *sample)), np.asarray(whole(t, *sample))
            finite = np.isfinite(a)
            if not finite.any() or not np.array_equal(finite, np.isfinite(b)):
                return False
            if np.max(np.abs(np.where(finite, a - b, 0))) > AGREEMENT * np.max(np.abs(np.where(finite, b, 0))):
                return False
    return True


def _at(part: Any, q: tuple[Any, ...]) -> Any:
    if is_sympy(part):
        part = coordinate_function(part, len(q), "potential")
    return part(*q) if callable(part) else part


def _of_array_in_silence(f: Callable, times: np.ndarray) -> np.ndarray | None:
    """``_of_array`` of an f of which nothing is known yet."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _of_array(f, times)


def _of_array(f: Callable, times: np.ndarray) -> np.ndarray | None:
    """f of all times, None where it does not take them together: most functions of one number raise on arrays, in many ways."""
    try:
        values = f(times.copy())
    except Exception:
        return None
    fits = isinstance(values, np.ndarray) and values.shape == times.shape and values.dtype == float
    return values if fits and isfinite(values.dot(values)) else None


def _factor(f: Callable, t: float, r: int) -> float:
    try:
        found = f(t)
    except ArithmeticError as error:
        checks.fail(f"f(t={t:.6g}) of terms[{r}]", "must be one finite real number", f"{type(error).__name__}: {error}")
    if isinstance(found, float) and isfinite(found):
        return found
    value = np.asarray(found)
    if value.size != 1 or value.dtype.kind not in "biuf" or not np.isfinite(value).all():
        checks.fail(f"f(t={t:.6g}) of terms[{r}]", "must be one finite real number", value.tolist(),
                    "Split a complex factor into two terms; an amplitude for each member of a batch belongs to g.")
    return float(value.reshape(()))


def _common_shape(names: list[str], tables: list[np.ndarray], grid: Grid) -> tuple[int, ...]:
    """The shape all tables broadcast to; a scalar table among channels is refused, for it is not clear what it multiplies."""
    channels = {layout(table.shape, grid.shape, name)[0] for name, table in zip(names, tables, strict=True)}
    if len(channels) > 1:
        checks.fail("terms", "must be all scalar or all c × c matrices with static", f"{names} of shapes "
                    f"{[table.shape for table in tables]}", "Write a scalar g as g times the unit matrix.")
    try:
        return np.broadcast_shapes(*(table.shape for table in tables))
    except ValueError:
        checks.fail("terms", "must have batch axes that broadcast", [table.shape for table in tables])
