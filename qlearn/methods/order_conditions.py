"""Order conditions of splitting schemes in exact arithmetic of any length.

A scheme is a product of exp(aA) (drifts, A = −ihT/ħ) and exp(bB + c[B,[A,B]]) (kicks, B = −ihV/ħ), where
[B,[A,B]] = (i/ħ)h³ ∂VᵀM⁻¹∂V. Its logarithm is a series of words in A and B; the scheme has order p where the words of
degree 1 … p are those of A + B, up to the Lie ideal of [B,[B,[B,A]]] for Nyström schemes, and up to a conjugation, which the
processor carries out, for processed ones. Words of degree n are the 2^n entries of one array, of Decimal or of Fraction.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache

import numpy as np

from qlearn.methods.coefficients import Digits

__all__ = ["DIGITS", "conditions", "refined", "rows_of"]

DIGITS = 50                                  # of the arithmetic
Series = list[np.ndarray]                    # entry n: the words of degree n
Row = tuple[Decimal, Decimal, Decimal]       # (a, b, c): a kick (b, c), then a drift a


def conditions(rows: Sequence[Row], order: int, nystrom: bool, processor: Sequence[Row] = ()) -> np.ndarray:
    """What is left of the conditions of degree 1 … order, Decimal: the coordinates of log(scheme) − A − B."""
    with localcontext() as context:
        context.prec = DIGITS
        undone = [(-a, -b, -c) for a, b, c in reversed(processor)]
        series = _unit(order)
        for a, b, c in processor:
            series = _then(_then(series, _kick(b, c), order), _drift(a), order)
        for a, b, c in rows:
            series = _then(_then(series, _kick(b, c), order), _drift(a), order)
        for a, b, c in undone:
            series = _then(_then(series, _drift(a), order), _kick(b, c), order)
        logarithm = _logarithm(series, order)
        logarithm[1] = logarithm[1] - Decimal(1)
        return np.concatenate([_coordinates(n, nystrom) @ logarithm[n] for n in range(1, order + 1)])


def rows_of(kicks: Digits, gradients: Digits | None, drifts: Digits) -> list[Row]:
    """The rows (a, b, c) of coefficients; a scheme that ends with a kick ends with a drift 0."""
    gradients = gradients if gradients is not None else (Decimal(0),) * len(kicks)
    drifts = (*drifts, Decimal(0)) if len(drifts) < len(kicks) else drifts
    return list(zip(drifts, kicks, gradients, strict=True))


def refined(free: Sequence[Decimal], residuals: Callable[[list[Decimal]], np.ndarray], digits: int = 40) -> list[Decimal]:
    """The root of ``residuals`` nearest to the free coefficients: Newton steps of least length, the derivatives in floats."""
    with localcontext() as context:
        context.prec = DIGITS
        values, step = list(free), Decimal("1e-20")
        before = residuals(values)
        columns = [(residuals([v + step * (i == j) for i, v in enumerate(values)]) - before) / step for j in range(len(values))]
        inverse = np.linalg.pinv(np.array(columns).T.astype(float), rcond=1e-10)
        for _ in range(12):
            left = residuals(values)
            size = max(abs(x) for x in left)
            if size < Decimal(10) ** -digits:
                return values
            change = inverse @ (left / size).astype(float)
            values = [v - size * Decimal(float(x)) for v, x in zip(values, change, strict=True)]
    raise ArithmeticError(f"the conditions are not met to {digits} digits: {size:.3e} is left")


def _unit(degree: int) -> Series:
    return [np.array([Decimal(int(n == 0))] * 2**n, dtype=object) for n in range(degree + 1)]


def _drift(a: Decimal) -> dict[int, np.ndarray]:
    return {1: np.array([a, Decimal(0)], dtype=object)}


def _kick(b: Decimal, c: Decimal) -> dict[int, np.ndarray]:
    words = {1: np.array([Decimal(0), b], dtype=object)}
    if c:
        words[3] = c * np.array([Decimal(x) for x in (0, 0, 0, -1, 0, 2, -1, 0)], dtype=object)  # BAB·2 − BBA − ABB
    return words


def _then(series: Series, stage: dict[int, np.ndarray], degree: int) -> Series:
    """series · exp(stage)."""
    total, term = list(series), list(series)
    for k in range(1, degree + 1):
        term = [sum((np.multiply.outer(term[n - m], words).ravel() for m, words in stage.items() if m <= n),
                    np.array([Decimal(0)] * 2**n, dtype=object)) / k for n in range(degree + 1)]
        total = [t + x for t, x in zip(total, term, strict=True)]
    return total


def _logarithm(series: Series, degree: int) -> Series:
    """log(1 + x) = x − x²/2 + x³/3 − …"""
    rest = [np.array([Decimal(0)], dtype=object), *series[1:]]
    total, power = list(rest), list(rest)
    for k in range(2, degree + 1):
        power = _product(power, rest, degree)
        total = [t + x * (Decimal((-1) ** (k + 1)) / k) for t, x in zip(total, power, strict=True)]
    return total


def _product(x: Series, y: Series, degree: int) -> Series:
    return [sum((np.multiply.outer(x[m], y[n - m]).ravel() for m in range(n + 1)), np.array([Decimal(0)] * 2**n, dtype=object))
            for n in range(degree + 1)]


@cache
def _coordinates(degree: int, nystrom: bool) -> np.ndarray:
    """(dimension, 2^degree) Decimal: a Lie element of this degree → its coordinates modulo the ideal."""
    ideal = _ideal(degree) if nystrom else []
    basis = _independent([*ideal, *_lie(degree)])
    matrix = [[Fraction(int(x)) for x in element] for element in basis]
    inverse, columns = _left_inverse(matrix)
    result = np.full((len(basis) - len(_independent(ideal)), 2**degree), Decimal(0), dtype=object)
    for row, entries in enumerate(inverse[len(_independent(ideal)):]):
        for column, entry in zip(columns, entries, strict=True):
            result[row, column] = Decimal(entry.numerator) / Decimal(entry.denominator)
    return result


@cache
def _lie(degree: int) -> list[np.ndarray]:
    """Integer word vectors that span the Lie elements: brackets of the letters with those of one degree less."""
    if degree == 1:
        return [np.array([1, 0]), np.array([0, 1])]
    return _independent([_bracket(letter, x) for letter in _lie(1) for x in _lie(degree - 1)])


@cache
def _ideal(degree: int) -> list[np.ndarray]:
    """The same of the ideal of [B,[B,[B,A]]]."""
    a, b = _lie(1)
    if degree < 4:
        return []
    if degree == 4:
        return [_bracket(b, _bracket(b, _bracket(b, a)))]
    return _independent([_bracket(letter, x) for letter in (a, b) for x in _ideal(degree - 1)])


def _bracket(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.multiply.outer(x, y).ravel() - np.multiply.outer(y, x).ravel()


def _independent(vectors: list[np.ndarray]) -> list[np.ndarray]:
    """The first of the vectors that are independent, by exact elimination."""
    kept: list[np.ndarray] = []
    reduced: list[tuple[int, list[Fraction]]] = []
    for vector in vectors:
        rest = [Fraction(int(x)) for x in vector]
        for pivot, row in reduced:
            if rest[pivot]:
                factor = rest[pivot] / row[pivot]
                rest = [x - factor * y for x, y in zip(rest, row, strict=True)]
        place = next((i for i, x in enumerate(rest) if x), None)
        if place is not None:
            kept.append(vector)
            reduced.append((place, rest))
    return kept


def _left_inverse(rows: list[list[Fraction]]) -> tuple[list[list[Fraction]], list[int]]:
    """(inverse, columns): coordinates = inverse · vector[columns] for a vector in the span of the rows; Gauss–Jordan."""
    size = len(rows)
    columns = _pivots(rows)
    work = [[rows[j][column] for j in range(size)] + [Fraction(int(i == k)) for k in range(size)]
            for i, column in enumerate(columns)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if work[k][i])
        work[i], work[pivot] = work[pivot], work[i]
        work[i] = [x / work[i][i] for x in work[i]]
        for k in range(size):
            if k != i and work[k][i]:
                work[k] = [x - work[k][i] * y for x, y in zip(work[k], work[i], strict=True)]
    return [row[size:] for row in work], columns


def _pivots(rows: list[list[Fraction]]) -> list[int]:
    work, columns = [list(row) for row in rows], []
    for i, row in enumerate(work):
        place = next(j for j, x in enumerate(row) if x)
        columns.append(place)
        for other in work[i + 1:]:
            factor = other[place] / row[place]
            if factor:
                other[:] = [x - factor * y for x, y in zip(other, row, strict=True)]
    return columns
