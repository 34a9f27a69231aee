"""Levels by matrices in oscillator functions or waves, in floats or in mpmath: no points, no transforms, nothing of qlearn.

In functions of frequency w (any; only convergence depends on it), s² = ħ/2mw:

    x² = s²(a + a†)²,  x⁴ = s⁴(a + a†)⁴,  x³ = s³(a + a†)³,  p² = (ħ/2s)² · −(a − a†)²

Matrices are exact but for their end, so levels converge from above (Ritz). A plane well with x⁴ and y² terms:

    H = p²/2m + V,    V = Σ_ab v_ab x^a y^b

On a ring, V = v cos 2x in cos 2kx and in sin (2k + 1)x: tridiagonal.
"""

from typing import Any

import mpmath
import numpy as np
from scipy.linalg import eigh

__all__ = ["banded_level", "kinetic", "one_dimension", "plane", "power", "ring_level"]


def power(count: int, exponent: int, step: float) -> np.ndarray:
    """x^exponent in the first ``count`` functions, floats; ``step`` is s."""
    size = count + exponent
    ladder = step * np.diag(np.sqrt(np.arange(1.0, size)), 1)
    return np.linalg.matrix_power(ladder + ladder.T, exponent)[:count, :count]


def kinetic(count: int, step: float, hbar: float, mass: float) -> np.ndarray:
    """p²/2m."""
    size = count + 2
    ladder = np.diag(np.sqrt(np.arange(1.0, size)), 1)
    square = (ladder - ladder.T) @ (ladder - ladder.T)
    return -square[:count, :count] * (hbar / (2 * step)) ** 2 / (2 * mass)


def one_dimension(terms: dict[int, float], count: int, step: float, *, hbar: float = 1.0, mass: float = 1.0) -> np.ndarray:
    """The levels of p²/2m + Σ v_a x^a, ascending: ``terms`` {a: v_a}."""
    return eigh(kinetic(count, step, hbar, mass) + sum(v * power(count, a, step) for a, v in terms.items()), eigvals_only=True)


def plane(terms: dict[tuple[int, int], float], counts: tuple[int, int], steps: tuple[float, float], *, hbar: float = 1.0,
          mass: float = 1.0, most: int | None = None) -> np.ndarray:
    """The levels of (p_x² + p_y²)/2m + Σ v_ab x^a y^b; ``most``: products of total degree ≤ most only."""
    (nx, ny), (sx, sy) = counts, steps
    H = np.kron(kinetic(nx, sx, hbar, mass), np.eye(ny)) + np.kron(np.eye(nx), kinetic(ny, sy, hbar, mass))
    for (a, b), v in terms.items():
        H += v * np.kron(power(nx, a, sx), power(ny, b, sy))
    if most is not None:
        kept = np.flatnonzero(np.add.outer(np.arange(nx), np.arange(ny)).ravel() <= most)
        H = H[np.ix_(kept, kept)]
    return eigh(H, eigvals_only=True, subset_by_index=(0, min(63, len(H) - 1)))


def banded_level(terms: dict[tuple[int, int], Any], counts: tuple[int, int], steps: tuple[Any, Any], near: float, *, odd: bool,
                 hbar: Any, digits: int = 32) -> Any:
    """One level, even in y, of a parity in x, an mpf: Rayleigh quotients by banded LDLᵀ; m = 1; a ≤ 4, b ≤ 2, even."""
    with mpmath.workdps(digits):
        sx, sy, h = mpmath.mpf(steps[0]), mpmath.mpf(steps[1]), mpmath.mpf(hbar)
        nx, ny = (list(range(int(odd), 2 * counts[0], 2)), list(range(0, 2 * counts[1], 2)))
        half = mpmath.mpf(1) / 2
        parts = [("p", 0, half), (0, "p", half), *((a, b, mpmath.mpf(v)) for (a, b), v in terms.items())]
        whats: tuple[Any, ...] = (0, 2, 4, "p")
        axes = ((nx, sx), (ny, sy))
        tables = {(axis, what): _even_power(n, what, s, h) for axis, (n, s) in enumerate(axes) for what in whats}
        size, width, rows = len(nx) * len(ny), 2 * len(ny) + 1, []
        for i in range(size):
            row = {}
            for k in range(max(0, i - width), i + 1):
                (ax, ay), (bx, by) = divmod(i, len(ny)), divmod(k, len(ny))
                value = mpmath.fsum(v * tables[0, a].get((ax, bx), 0) * tables[1, b].get((ay, by), 0) for a, b, v in parts)
                if value:
                    row[k] = value
            rows.append(row)
        return _rayleigh(rows, mpmath.mpf(near), digits)


def ring_level(strength: Any, near: float, *, odd: bool, hbar: Any = 1, count: int = 60, digits: int = 60) -> Any:
    """The level of p²/2 + v cos 2x on 0 ≤ x < 2π next to ``near``, an mpf: even, of period π, or odd and of antiperiod π."""
    with mpmath.workdps(digits):
        v, unit = mpmath.mpf(strength) / 2, mpmath.mpf(hbar) ** 2 / 2
        rows = [{k: unit * (2 * k + int(odd)) ** 2} for k in range(count)]
        rows[0][0] -= v if odd else 0
        for k in range(1, count):
            rows[k][k - 1] = v * (mpmath.sqrt(2) if k == 1 and not odd else 1)
        return _rayleigh(rows, mpmath.mpf(near), digits)


def _even_power(numbers: list[int], what: Any, s: Any, h: Any) -> dict[tuple[int, int], Any]:
    """⟨n|what|n'⟩ for functions of one parity, by index, n ≥ n'."""
    table = {}
    for i, n in enumerate(numbers):
        root = mpmath.sqrt(mpmath.mpf(n) * (n - 1)) if n > 1 else mpmath.mpf(0)                 # with n − 2
        far = mpmath.sqrt(mpmath.mpf(n) * (n - 1) * (n - 2) * (n - 3)) if n > 3 else mpmath.mpf(0)
        entries = {0: (1, 0, 0), 2: (s**2 * (2 * n + 1), s**2 * root, 0),
                   4: (s**4 * (6 * n * n + 6 * n + 3), s**4 * (4 * n - 2) * root, s**4 * far),
                   "p": ((h / (2 * s)) ** 2 * (2 * n + 1), -((h / (2 * s)) ** 2) * root, 0)}[what]
        for back, value in enumerate(entries):
            if i >= back and value:
                table[i, i - back] = mpmath.mpf(value)
                table[i - back, i] = mpmath.mpf(value)
    return table


def _rayleigh(rows: list[dict[int, Any]], energy: Any, digits: int) -> Any:
    """Rayleigh quotient iteration from an energy nearer to one level than to all others: cubic."""
    vector = [mpmath.mpf(1) / (1 + i % 7) for i in range(len(rows))]
    for attempt in range(9):
        vector = _solved(rows, energy, vector)
        size = mpmath.sqrt(mpmath.fdot(vector, vector))
        vector = [v / size for v in vector]
        if attempt < 2:                                    # the first two keep the shift, for the start is arbitrary
            continue
        applied = [mpmath.fsum(value * vector[k] for k, value in row.items()) for row in rows]
        for i, row in enumerate(rows):
            for k, value in row.items():
                if k != i:
                    applied[k] += value * vector[i]
        former, energy = energy, mpmath.fdot(vector, applied)
        if abs(energy - former) < mpmath.mpf(10) ** (6 - digits):
            return energy
    raise ArithmeticError("Rayleigh quotients did not settle")


def _solved(rows: list[dict[int, Any]], shift: Any, right: list[Any]) -> list[Any]:
    """(H − shift)⁻¹ right by LDLᵀ without pivots."""
    lower, pivots, y = [], [], []
    for i, row in enumerate(rows):
        first = min(row)
        line = [row.get(k, mpmath.mpf(0)) for k in range(first, i)]
        for k in range(first, i):
            start, other = lower[k]
            low = max(first, start)
            line[k - first] -= mpmath.fdot(line[low - first:k - first], other[low - start:k - start])
        scaled = [value / pivots[first + j] for j, value in enumerate(line)]
        pivots.append(row[i] - shift - mpmath.fdot(line, scaled))
        lower.append((first, scaled))
        y.append(right[i] - mpmath.fdot(scaled, y[first:i]))
    x = [value / pivot for value, pivot in zip(y, pivots, strict=True)]
    for i in range(len(rows) - 1, -1, -1):
        first, scaled = lower[i]
        for j, value in enumerate(scaled):
            x[first + j] -= value * x[i]
    return x
