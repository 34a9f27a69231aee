"""Where a distribution function on a circle of cells takes given values.

F = below[j] + c₁r + c₂r² + … + c₅r⁵ in cell j, r in [0, 1) the place in it; below (n + 1,), the coefficients (5, n).  Newton's
iteration where it stays in its bracket, bisection elsewhere, as where F hardly rises.  The compiled twin (numba) takes the same
steps; the two agree to rounding.
"""

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["places", "rise"]

_ROUNDS = 80            # bisections at most; Newton's iteration takes 3 or 4 of them where F rises
_EXACT = 1e-13          # of a cell


def places(below: np.ndarray, cells: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Cell number + r (n,), counted on through the turns, with F = level (n,); F gains below[-1] in a turn.

    >>> below, cells = np.array([0.0, 0.25, 1.0]), np.array([[0.25, 0.25], [0, 0.5], [0, 0], [0, 0], [0, 0]])
    >>> places(below, cells, np.array([0.125, 1.25, 0.5])).round(6).tolist()
    [0.5, 3.0, 1.5]
    """
    if may_compile():
        from qlearn.kernels import compiled_levels

        out = np.empty(len(level))
        compiled_levels.places(below, cells, np.ascontiguousarray(level), _EXACT, _ROUNDS, out)
        return out
    turns = np.floor(level / below[-1])
    rest = level - turns * below[-1]
    cell = np.clip(np.searchsorted(below, rest, side="right") - 1, 0, cells.shape[1] - 1)
    return turns * cells.shape[1] + cell + _inverse(cells[:, cell], rest - below[cell])


def rise(c: np.ndarray, r: np.ndarray) -> np.ndarray:
    """c₁r + … + c₅r⁵ for coefficients (5, n)."""
    return r * (c[0] + r * (c[1] + r * (c[2] + r * (c[3] + r * c[4]))))


def _inverse(c: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """r in [0, 1] with c₁r + … + c₅r⁵ = wanted."""
    mass = c[0] + (c[1] + (c[2] + (c[3] + c[4])))
    r = np.clip(np.divide(wanted, mass, out=np.full(len(wanted), 0.5), where=mass > 0), 0.0, 1.0)
    result, left, low, high = r.copy(), np.arange(len(r)), np.zeros(len(r)), np.ones(len(r))
    for _ in range(_ROUNDS):
        miss = rise(c, r) - wanted
        above = miss > 0
        high, low = np.where(above, r, high), np.where(above, low, r)
        slope = c[0] + r * (2 * c[1] + r * (3 * c[2] + r * (4 * c[3] + r * 5 * c[4])))
        trial = r - np.divide(miss, slope, out=np.full(len(r), -2.0), where=slope > 0)
        trial = np.where((trial > low) & (trial < high), trial, 0.5 * (low + high))
        trial = np.where(np.abs(miss) <= 1e-15 * mass, r, trial)
        going = np.abs(trial - r) > _EXACT
        result[left], r = trial, trial
        if not going.any():
            break
        if np.count_nonzero(going) < 0.7 * len(going):
            c, mass, wanted, left = c[:, going], mass[going], wanted[going], left[going]
            r, low, high = r[going], low[going], high[going]
    return result
