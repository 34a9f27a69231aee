"""w = p'/p at many points, p and p' given on cells of a circle by cubic polynomials of their own; read first, divided then.

    table (n, 8) complex: the coefficients of r⁰ … r³ of p, then those of p', r in [0, 1) the place in the cell

The compiled twin (numba) adds up in the same order; the two agree to rounding.
"""

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["cubic_cells", "log_derivative", "log_derivative_between"]


def cubic_cells(p: np.ndarray, slope: np.ndarray, bend: np.ndarray, h: float) -> np.ndarray:
    """Hermite's cubics of p (from p, p') and of p' (from p', p''), each (n + 1,) at the cells' ends, h apart: the table."""
    table = np.empty((len(p) - 1, 8), dtype=complex)
    for column, value, rise in ((0, p, h * slope), (4, slope, h * bend)):
        step = value[1:] - value[:-1]
        table[:, column] = value[:-1]
        table[:, column + 1] = rise[:-1]
        table[:, column + 2] = 3 * step - 2 * rise[:-1] - rise[1:]
        table[:, column + 3] = rise[:-1] + rise[1:] - 2 * step
    return table


def log_derivative(table: np.ndarray, a: float, h: float, q: np.ndarray) -> np.ndarray:
    """w (n,) complex at q (n,); q is taken around the circle of the table's cells.

    >>> x = np.linspace(0, 2 * np.pi, 65)
    >>> wave = np.exp(2j * x)
    >>> w = log_derivative(cubic_cells(wave, 2j * wave, -4 * wave, x[1]), 0.0, x[1], np.array([0.3, 7.0, -1.0]))
    >>> bool(np.max(np.abs(w - 2j)) < 1e-5)
    True
    """
    if may_compile():
        from qlearn.kernels import compiled_log_derivative

        out = np.empty(len(q), dtype=complex)
        compiled_log_derivative.log_derivative(table, a, h, np.ascontiguousarray(q), out)
        return out
    place = (q - a) / h
    cell = np.floor(place)
    r = place - cell
    rows = table[cell.astype(np.int64) % len(table)].T
    return (rows[4] + r * (rows[5] + r * (rows[6] + r * rows[7]))) / (rows[0] + r * (rows[1] + r * (rows[2] + r * rows[3])))


def log_derivative_between(first: np.ndarray, second: np.ndarray, share: np.ndarray, a: float, h: float,
                           q: np.ndarray) -> np.ndarray:
    """w (n,) of (1 − share) p₁ + share p₂, with a share (n,) of each point's own.

    >>> x = np.linspace(0, 2 * np.pi, 65)
    >>> one, two = (cubic_cells(c * np.exp(1j * k * x), 1j * k * c * np.exp(1j * k * x), -k * k * c * np.exp(1j * k * x), x[1])
    ...             for c, k in ((1.0, 1), (3.0, 2)))
    >>> w = log_derivative_between(one, two, np.array([0.0, 0.25, 1.0]), 0.0, x[1], np.zeros(3))
    >>> bool(np.max(np.abs(w - [1j, 1.5j, 2j])) < 1e-5)
    True
    """
    if may_compile():
        from qlearn.kernels import compiled_log_derivative

        out = np.empty(len(q), dtype=complex)
        points, shares = np.ascontiguousarray(q), np.ascontiguousarray(share)
        compiled_log_derivative.log_derivative_between(first, second, shares, a, h, points, out)
        return out
    place = (q - a) / h
    cell = np.floor(place)
    r, cell = place - cell, cell.astype(np.int64) % len(first)
    rows = ((1 - share)[:, None] * first[cell] + share[:, None] * second[cell]).T
    return (rows[4] + r * (rows[5] + r * (rows[6] + r * rows[7]))) / (rows[0] + r * (rows[1] + r * (rows[2] + r * rows[3])))
