"""Transforms of a few numbers, eight times at once, without loops: instructions for qlearn.kernels.compiled_fft.

AHEAD multiplies what comes out by roots of unity (decimation in frequency), BACK what goes in, with the opposite sign of all
exponents (decimation in time), THROUGH goes there and back with factors in between. A block is eight rows of eight columns,
a column in the lanes of each vector among the points, a row among the modes.
"""

import math
from typing import Any

from qlearn.kernels.vectors import LANES, Place, Vector, columns_of, lanes, written

__all__ = ["AHEAD", "BACK", "THROUGH", "block_ahead", "block_back", "block_seen", "block_through", "butterfly", "exchange"]

AHEAD, THROUGH, BACK = 0, 1, 2


class _Complex:
    """Eight complex numbers while their instructions are written."""

    def __init__(self, re: Vector, im: Vector):
        self.re, self.im = re, im

    def __add__(self, other: "_Complex") -> "_Complex":
        return _Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: "_Complex") -> "_Complex":
        return _Complex(self.re - other.re, self.im - other.im)

    def __mul__(self, other: "_Complex") -> "_Complex":
        return _Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def scaled(self, factor: float) -> "_Complex":
        return _Complex(self.re * factor, self.im * factor)

    def turned(self, k: int, n: int) -> "_Complex":
        """Times e^{−2πi k/n}."""
        if 4 * k == n:
            return _Complex(self.im, -self.re)
        c, s = math.cos(2 * math.pi * k / n), math.sin(2 * math.pi * k / n)
        return _Complex(self.re * c + self.im * s, self.im * c - self.re * s) if k else self

    @property
    def conjugate(self) -> "_Complex":
        return _Complex(self.re, -self.im)

    @property
    def swapped(self) -> "_Complex":
        return _Complex(self.im, self.re)


def _transformed(x: list[_Complex]) -> list[_Complex]:
    """Σ_j e^{−2πi jk/n} x_j for each k."""
    n = len(x)
    if n == 2:
        return [x[0] + x[1], x[0] - x[1]]
    p = next(p for p in (2, 3, 5) if n % p == 0)
    if n == p:
        return _transformed_odd(x)
    inner = [_transformed(x[j::p]) for j in range(p)]
    outer = [_transformed([inner[j][k].turned(j * k, n) for j in range(p)]) for k in range(n // p)]
    return [column[i] for i in range(p) for column in outer]


def _transformed_odd(x: list[_Complex]) -> list[_Complex]:
    n, half = len(x), range(1, len(x) // 2 + 1)
    even, odd = [x[j] + x[-j] for j in half], [x[j] - x[-j] for j in half]
    cosines = [_summed([x[0]] + [even[j - 1].scaled(math.cos(2 * math.pi * j * k / n)) for j in half]) for k in half]
    sines = [_summed([odd[j - 1].scaled(math.sin(2 * math.pi * j * k / n)) for j in half]).turned(1, 4) for k in half]
    pairs = list(zip(cosines, sines, strict=True))
    return [_summed([x[0], *even]), *(c + s for c, s in pairs), *(c - s for c, s in reversed(pairs))]


def _summed(x: list[_Complex]) -> _Complex:
    return sum(x[1:], x[0])


def _transformed_back(x: list[_Complex]) -> list[_Complex]:
    """Σ_j e^{2πi jk/n} x_j for each k."""
    return [y.swapped for y in _transformed([y.swapped for y in x])]


class _Rows:
    """Complex numbers of two arrays, re and im, ``leg`` apart."""

    def __init__(self, builder: Any, re: Place, im: Place, at: Any, leg: Any):
        self.builder, self.re, self.im, self.leg = builder, re.after(at), im.after(at), leg

    def load(self, count: int) -> list[_Complex]:
        return [_Complex(self.re.load(i), self.im.load(i)) for i in _steps(self.builder, self.leg, count)]

    def repeated(self, count: int) -> list[_Complex]:
        return [_Complex(self.re.repeated(i), self.im.repeated(i)) for i in _steps(self.builder, self.leg, count)]

    def store(self, x: list[_Complex]) -> None:
        for i, y in zip(_steps(self.builder, self.leg, len(x)), x, strict=True):
            self.re.store(i, y.re)
            self.im.store(i, y.im)


def _steps(builder: Any, step: Any, count: int) -> list[Any]:
    return [k * step if isinstance(step, int) else builder.mul(step, step.type(k)) for k in range(count)]


def _products(x: list[_Complex], factors: list[_Complex]) -> list[_Complex]:
    return [a * b for a, b in zip(x, factors, strict=True)]


@written()
def butterfly(builder: Any, way: int, radix: int, re: Place, im: Place, at: Any, leg: Any, c: Place, s: Place,
              first: Any) -> None:
    """``radix`` rows of vectors, ``leg`` apart. AHEAD and BACK: the numbers c + is, from ``first`` on at every second place, are
    of all rows but the first, for BACK the conjugate. THROUGH: they are vectors that lie as the rows do."""
    rows = _Rows(builder, re, im, at, leg)
    if way == THROUGH:
        x = _products(_transformed(rows.load(radix)), _Rows(builder, c, s, first, leg).load(radix))
        rows.store(_transformed_back(x))
        return
    roots = _Rows(builder, c, s, first, 2).repeated(radix - 1)
    if way == AHEAD:
        y, *others = _transformed(rows.load(radix))
        rows.store([y, *_products(others, roots)])
    else:
        y, *others = rows.load(radix)
        rows.store(_transformed_back([y, *_products(others, [root.conjugate for root in roots])]))


@written()
def exchange(builder: Any, source: Place, at: Any, leg: Any, target: Place, to: Any, step: Any) -> None:
    """Eight vectors ``leg`` apart, as rows of a matrix, into its columns, ``step`` apart."""
    source, target = source.after(at), target.after(to)
    columns = columns_of([source.load(i) for i in _steps(builder, leg, LANES)])
    for i, column in zip(_steps(builder, step, LANES), columns, strict=True):
        target.store(i, column)


def _turned_over(x: list[_Complex]) -> list[_Complex]:
    return [_Complex(re, im) for re, im in zip(columns_of([y.re for y in x]), columns_of([y.im for y in x]), strict=True)]


def _to_points(block: _Rows, roots: list[_Complex]) -> list[_Complex]:
    x = _turned_over(block.load(LANES))
    return _transformed_back([x[0], *_products(x[1:], [root.conjugate for root in roots[1:]])])


def _to_modes(block: _Rows, x: list[_Complex], roots: list[_Complex]) -> None:
    first, *others = _transformed(x)
    block.store(_turned_over([first, *_products(others, roots[1:])]))


@written()
def block_ahead(builder: Any, re: Place, im: Place, at: Any, c: Place, s: Place) -> None:
    """Points to modes: a transform of each row, times c + is, which lie as the points do."""
    block, roots = _Rows(builder, re, im, at, LANES), _Rows(builder, c, s, at, LANES)
    _to_modes(block, block.load(LANES), roots.load(LANES))


@written()
def block_back(builder: Any, re: Place, im: Place, at: Any, c: Place, s: Place) -> None:
    """Undoes ``block_ahead`` up to a factor of 8."""
    block, roots = _Rows(builder, re, im, at, LANES), _Rows(builder, c, s, at, LANES)
    block.store(_to_points(block, roots.load(LANES)))


@written()
def block_through(builder: Any, re: Place, im: Place, at: Any, c: Place, s: Place, cosines: Place, sines: Place) -> None:
    """Back, times factors, which lie as the points do, and ahead."""
    block, roots = _Rows(builder, re, im, at, LANES), _Rows(builder, c, s, at, LANES).load(LANES)
    _to_modes(block, _products(_to_points(block, roots), _Rows(builder, cosines, sines, at, LANES).load(LANES)), roots)


@written(lanes)
def block_seen(builder: Any, re: Place, im: Place, at: Any, c: Place, s: Place, mask: Place) -> Vector:
    """Back, but nothing is stored: Σ mask (re² + im²)."""
    x = _to_points(_Rows(builder, re, im, at, LANES), _Rows(builder, c, s, at, LANES).load(LANES))
    parts = [(y.re * y.re + y.im * y.im) * mask.after(at).load(LANES * i) for i, y in enumerate(x)]
    return sum(parts[1:], parts[0])
