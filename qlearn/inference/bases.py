"""Declared bases of functions of the coordinates: Fourier on rings, Hermite polynomials on lines, their products, a user's own.

A basis is declared before the data are looked at; nothing here is fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks

__all__ = ["ProductBasis", "evaluator", "fourier_waves"]

Evaluator = Callable[[np.ndarray], np.ndarray]      # positions (records, replicas, d) -> functions (size, records, replicas)
LARGEST = 300           # functions: three matrices for each of 100 groups are then 0.2 GB


@final
@dataclass(frozen=True)
class ProductBasis:
    """Products of one function an axis with total degree ≤ ``degree``, the constant among them.

    On a ring of period L the functions of degree n are √2 cos nx and √2 sin nx, x = 2πq/L; on a line He_n(y)/√n!,
    y = (q − center)/scale, orthonormal for a normal density of that centre and standard deviation (the eigenfunctions of an
    Ornstein–Uhlenbeck process, if they are its own).

    degree : ≥ 1.     center, scale : one number, or one an axis; needed where an axis is a line, without meaning on a ring.

    Where it fails: the averages of products of degree n take moments of order 2n, whose noise grows like √(2n)! in tails heavier
    than normal; bounded functions of your own are then better.

    >>> ProductBasis(2, center=0.0, scale=1.0).size((None, None))          # 1; y1, y2; y1² − 1, y1 y2, y2² − 1
    6
    >>> ProductBasis(3).size((2 * np.pi,))
    7
    """

    degree: int
    center: Any = None
    scale: Any = None

    def __post_init__(self):
        checks.integer("degree", self.degree, least=1)
        for name, given in (("center", self.center), ("scale", self.scale)):
            if given is not None:
                values = np.atleast_1d(checks.finite_array(name, given))
                if values.ndim != 1 or (name == "scale" and np.any(values <= 0)):
                    checks.fail(name, "must be one number" + (" > 0" if name == "scale" else "") + ", or one an axis", given)
                object.__setattr__(self, name, tuple(values.tolist()))

    def size(self, periods: tuple[float | None, ...]) -> int:
        """How many functions there are on axes of these periods (None: a line)."""
        return len(self.products(periods))

    def products(self, periods: tuple[float | None, ...]) -> list[tuple[int, ...]]:
        """For each function its place in the table of each axis; total degrees ascending."""
        found: list[tuple[int, tuple[int, ...]]] = [(0, ())]
        for period in periods:
            found = [(total + (n if period is None else (n + 1) // 2), (*place, n)) for total, place in found
                     for n in range((1 if period is None else 2) * (self.degree - total) + 1)]
            if len(found) > LARGEST:
                checks.fail("basis", f"must have at most {LARGEST} functions", f"{self} on {len(periods)} axes",
                            "Take a lower degree, or a few functions of your own.")
        return [place for _, place in sorted(found, key=lambda item: item[0])]

    def evaluator(self, periods: tuple[float | None, ...]) -> Evaluator:
        """positions (records, replicas, d) -> (size, records, replicas)."""
        places, degree = self.products(periods), self.degree
        center, scale = (self._of_axes(name, periods) for name in ("center", "scale"))

        def evaluate(q: np.ndarray) -> np.ndarray:
            tables = [_hermite((q[..., a] - center[a]) / scale[a], degree) if period is None
                      else _real_fourier(2 * np.pi / period * q[..., a], degree) for a, period in enumerate(periods)]
            result = np.empty((len(places), *q.shape[:-1]))
            for row, place in zip(result, places, strict=True):
                row[...] = tables[0][place[0]]
                for table, n in zip(tables[1:], place[1:], strict=True):
                    if n:
                        row *= table[n]
            return result

        return evaluate

    def _of_axes(self, name: str, periods: tuple[float | None, ...]) -> list[float]:
        given = getattr(self, name)
        if given is None:
            if None in periods:
                checks.fail(f"basis.{name}", "must be given for coordinates on a line", "none",
                            "For example ProductBasis(4, center=0.0, scale=1.0), about the mean and the standard deviation.")
            return [1.0] * len(periods)
        if len(given) not in (1, len(periods)):
            checks.fail(f"basis.{name}", f"must be one number, or one for each of {len(periods)} axes", given)
        return list(np.broadcast_to(given, len(periods)))


def _hermite(y: np.ndarray, degree: int) -> np.ndarray:
    """He_n(y)/√n!, n = 0 … degree: √(n+1) h_{n+1} = y h_n − √n h_{n−1}."""
    table = np.empty((degree + 1, *y.shape))
    table[0], table[1] = 1, y
    for n in range(1, degree):
        table[n + 1] = (y * table[n] - np.sqrt(n) * table[n - 1]) / np.sqrt(n + 1)
    return table


def _real_fourier(x: np.ndarray, degree: int) -> np.ndarray:
    """1, √2 cos x, √2 sin x, √2 cos 2x, …"""
    table = np.empty((2 * degree + 1, *x.shape))
    table[0] = 1
    unit = np.exp(1j * x)
    power = np.sqrt(2) * unit
    for n in range(1, degree + 1):
        table[2 * n - 1], table[2 * n] = power.real, power.imag
        power *= unit
    return table


def fourier_waves(x: np.ndarray, basis: int) -> np.ndarray:
    """e^{inx} for n = −basis … basis, (2·basis + 1, *x.shape), by powers of e^{ix}."""
    e = np.empty((2 * basis + 1, *x.shape), complex)
    e[basis] = 1
    np.exp(1j * x, out=e[basis + 1])
    for n in range(2, basis + 1):
        np.multiply(e[basis + n - 1], e[basis + 1], out=e[basis + n])
    np.conj(e[:basis:-1], out=e[:basis])
    return e


def evaluator(basis: Any, periods: tuple[float | None, ...]) -> Evaluator:
    """What a declared basis stands for on coordinates of these periods.

    A whole number means Fourier modes of that total degree and is for rings only; a callable is f(q (n, d)) -> (n, m), to which
    the constant is added.
    """
    if isinstance(basis, ProductBasis):
        return basis.evaluator(periods)
    if callable(basis):
        return _users_own(basis)
    degree = checks.integer("basis", basis, least=1, remedy="Or give a ProductBasis, or a function f(q (n, d)) -> (n, m).")
    if None in periods:
        checks.fail("basis", "must say centre and scale for coordinates on a line", repr(basis),
                    f"Write ProductBasis({degree}, center=…, scale=…), or give a function f(q (n, d)) -> (n, m).")
    if len(periods) > 1:
        return evaluator(ProductBasis(degree), periods)
    turn = 2 * np.pi / periods[0]           # type: ignore[operator]  # no axis is a line here
    return lambda q: fourier_waves(turn * q[..., 0], degree)


def _users_own(function: Callable[[np.ndarray], Any]) -> Evaluator:
    def evaluate(q: np.ndarray) -> np.ndarray:
        n = q.shape[0] * q.shape[1]
        values = np.asarray(function(q.reshape(n, q.shape[2])))
        if values.ndim != 2 or len(values) != n or values.dtype.kind not in "fiubc":
            checks.fail("basis(q)", f"must be numbers of shape ({n}, m) for q of shape ({n}, {q.shape[2]})",
                        f"shape {values.shape} of {values.dtype}")
        if values.shape[1] > LARGEST:
            checks.fail("basis(q)", f"must have at most {LARGEST} functions", values.shape[1])
        if not np.all(np.isfinite(values)):
            checks.fail("basis(q)", "must be finite", f"{np.count_nonzero(~np.isfinite(values))} NaN or infinite values")
        result = np.ones((values.shape[1] + 1, *q.shape[:-1]), complex if values.dtype.kind == "c" else float)
        result[1:] = values.T.reshape(-1, *q.shape[:-1])
        return result

    return evaluate
