"""w = p'/p at many points, p and p' given on cells of a circle by cubic polynomials of their own; read first, divided then.

    table (n, 8) complex: the coefficients of r⁰ … r³ of p, then those of p', r in [0, 1) the place in the cell

w' = p''/p − w², with p'' the derivative of the cubic of p', tells how near a zero is: |w'| ≈ 1/|q − z|² beside one, and what an
envelope or a current adds to w adds nothing, or little, to w'.

The compiled twin (numba) adds up in the same order; the two agree to rounding.
"""

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["cubic_cells", "log_derivative", "log_derivative_and_rate", "log_derivative_between"]


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
    cell, r = _cells(len(table), a, h, q)
    rows = table[cell].T
    return (rows[4] + r * (rows[5] + r * (rows[6] + r * rows[7]))) / (rows[0] + r * (rows[1] + r * (rows[2] + r * rows[3])))


def log_derivative_and_rate(table: np.ndarray, a: float, h: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """w (n,) complex and |w'| (n,) at q (n,).

    >>> x = np.linspace(0, 2 * np.pi, 65)
    >>> wave = 1 + np.exp(1j * x)
    >>> table = cubic_cells(wave, 1j * (wave - 1), 1 - wave, x[1])
    >>> w, rate = log_derivative_and_rate(table, 0.0, x[1], np.array([0.0, np.pi - 0.01]))
    >>> bool(abs(rate[0] - 0.25) < 1e-3), bool(abs(rate[1] * 0.01**2 - 1) < 0.01)
    (True, True)
    """
    if may_compile():
        from qlearn.kernels import compiled_log_derivative

        out, rate = np.empty(len(q), dtype=complex), np.empty(len(q))
        compiled_log_derivative.log_derivative_and_rate(table, a, h, np.ascontiguousarray(q), out, rate)
        return out, rate
    cell, r = _cells(len(table), a, h, q)
    return _and_rate(table[cell].T, r, h)


def log_derivative_between(first: np.ndarray, second: np.ndarray, share: np.ndarray, a: float, h: float,
                           q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """w (n,) and |w'| (n,) of (1 − share) p₁ + share p₂, with a share (n,) of each point's own.

    >>> x = np.linspace(0, 2 * np.pi, 65)
    >>> one, two = (cubic_cells(c * np.exp(1j * k * x), 1j * k * c * np.exp(1j * k * x), -k * k * c * np.exp(1j * k * x), x[1])
    ...             for c, k in ((1.0, 1), (3.0, 2)))
    >>> w, _ = log_derivative_between(one, two, np.array([0.0, 0.25, 1.0]), 0.0, x[1], np.zeros(3))
    >>> bool(np.max(np.abs(w - [1j, 1.5j, 2j])) < 1e-5)
    True
    """
    if may_compile():
        from qlearn.kernels import compiled_log_derivative

        out, rate = np.empty(len(q), dtype=complex), np.empty(len(q))
        points, shares = np.ascontiguousarray(q), np.ascontiguousarray(share)
        compiled_log_derivative.log_derivative_between(first, second, shares, a, h, points, out, rate)
        return out, rate
    cell, r = _cells(len(first), a, h, q)
    return _and_rate(((1 - share)[:, None] * first[cell] + share[:, None] * second[cell]).T, r, h)


def _cells(n: int, a: float, h: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    place = (q - a) / h
    cell = np.floor(place)
    return (cell - n * np.floor(cell / n)).astype(np.int64), place - cell


def _and_rate(rows: np.ndarray, r: np.ndarray, h: float) -> tuple[np.ndarray, np.ndarray]:
    p = rows[0] + r * (rows[1] + r * (rows[2] + r * rows[3]))
    w = (rows[4] + r * (rows[5] + r * (rows[6] + r * rows[7]))) / p
    return w, np.abs((rows[5] + r * (2.0 * rows[6] + r * (3.0 * rows[7]))) / h / p - w * w)
