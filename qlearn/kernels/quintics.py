"""The quintic B-spline, in pieces."""

import numpy as np

__all__ = ["BEND", "COLUMNS", "NODES", "SLOPE", "VALUE"]

NODES = 6  # of a quintic spline on each axis
_BINOMIAL = (1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0)


def _pieces() -> np.ndarray:
    """(6, 6): coefficients of u^k of the quintic B-spline on node j of the six around x, u the fraction of x in its cell."""
    pieces = np.zeros((NODES, NODES))
    for j in range(NODES):
        for k in range(7):
            shift = 5.0 - j - k  # (u + shift)_+^5
            if shift >= 0:
                pieces[j] += _BINOMIAL[k] / 120 * np.array([(1, 5, 10, 10, 5, 1)[i] * shift ** (5 - i) for i in range(NODES)])
    return pieces


VALUE = _pieces()
SLOPE = VALUE[:, 1:] * np.arange(1, 6)
BEND = SLOPE[:, 1:] * np.arange(1, 5)
COLUMNS = np.concatenate([VALUE.T, np.zeros((NODES, 2))], axis=1).ravel()  # of u^k, each with two zeros
