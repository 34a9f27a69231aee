"""One stochastic Heun step of many learners of one coordinate in the drift (ħ/m)(Re + Im) p'/p, p given on cells of a circle.

    q* = q + h b(q) + kick,      q' = q + (h/2)(b(q) + b*(q*)) + kick,      |b| and |b*| limited

Learners near a zero of p, where |w'| at q exceeds a bound, stay where they are and are marked: they need shorter steps.  The
cells are those of ``log_derivative``; the compiled twin (numba) agrees to rounding.
"""

import numpy as np

from qlearn.kernels.log_derivative import log_derivative, log_derivative_and_rate
from qlearn.kernels.phases import may_compile

__all__ = ["pole_step"]


def pole_step(first: np.ndarray, second: np.ndarray, a: float, cell: float, q: np.ndarray, kick: np.ndarray, h: float,
              scale: float, limit: float, bound: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Where learners are (n,), which stayed (n,), and how many had a drift limited; tables at the begin and end of the step.

    >>> from qlearn.kernels.log_derivative import cubic_cells
    >>> x = np.linspace(0, 2 * np.pi, 65)
    >>> wave = np.exp(2j * x)
    >>> table = cubic_cells(wave, 2j * wave, -4 * wave, x[1])
    >>> moved, near, limited = pole_step(table, table, 0.0, x[1], np.zeros(2), np.array([0.0, 0.5]), 0.1, 1.0, 9.0, 1.0)
    >>> moved.round(4).tolist(), near.tolist(), limited
    ([0.2, 0.7], [False, False], 0)
    """
    if may_compile():
        from qlearn.kernels import compiled_pole_steps

        out, near = np.empty(len(q)), np.empty(len(q), dtype=bool)
        limited = compiled_pole_steps.pole_step(first.view(float), second.view(float), a, cell, np.ascontiguousarray(q),
                                                np.ascontiguousarray(kick), h, scale, limit, bound, out, near)
        return out, near, int(limited)
    w, rate = log_derivative_and_rate(first, a, cell, q)
    near, b = rate > bound, scale * (w.real + w.imag)
    short = np.clip(b, -limit, limit)
    w = log_derivative(second, a, cell, np.where(near, q, q + h * short + kick))
    c = scale * (w.real + w.imag)
    limited = int(np.count_nonzero(((np.abs(b) > limit) | (np.abs(c) > limit)) & ~near))
    return np.where(near, q, q + 0.5 * h * (short + np.clip(c, -limit, limit)) + kick), near, limited
