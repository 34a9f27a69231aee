"""Detailed balance measured: is the score a = D⁻¹(b − ∂D) the gradient of one ln P_s?

∫a·dq is taken from a reference point to every point of a lattice along the axes, one after the other, in every order of the axes,
by four Gauss nodes between neighbouring points. Where no current runs all orders agree, and round a ring nothing is left over;
the largest difference is the circulation, in units of ln P_s. Points where P_s is below e^−40 of its maximum do not count.
"""

from dataclasses import dataclass
from itertools import permutations
from typing import final

import numpy as np

from qlearn.spectrum.relaxation.coefficients import Coefficients

__all__ = ["Balance", "balance_of", "is_balanced"]

WEIGHTLESS = 40.0
ROUNDING = 1e-9


@final
@dataclass(frozen=True, eq=False)
class Balance:
    """log_density: ln P_s + const on the lattice where ``holds``; circulation: the largest |∮ a·dq| found."""

    log_density: np.ndarray
    circulation: float
    holds: bool


def is_balanced(circulation: float, variation: float) -> bool:
    """Whether a circulation is 0 within rounding, 1e-9 of (1 + ∫|a|dq)."""
    return abs(circulation) <= ROUNDING * (1 + variation)


def balance_of(coefficients: Coefficients, axes: list[np.ndarray]) -> Balance:
    """Integrate the score over the lattice with these points an axis."""
    columns = [_along(coefficients, axes, axis) for axis in range(len(axes))]
    sums = [np.moveaxis(np.cumsum(np.moveaxis(column, axis, 0), axis=0), 0, axis) for axis, column in enumerate(columns)]
    reference = _start(sums)
    paths = np.array([_path(sums, order, reference) for order in permutations(range(len(axes)))])
    counted = paths[0] > paths[0].max() - WEIGHTLESS
    worst = float(np.max(np.ptp(paths, axis=0)[counted]))
    for axis, period in enumerate(coefficients.periods):
        if period is not None:
            worst = max(worst, _round_the_ring(coefficients, axes, axis, counted))
    variation = float(np.ptp(paths[0][counted]))
    return Balance(paths[0], worst, is_balanced(worst, variation))


def _along(coefficients: Coefficients, axes: list[np.ndarray], axis: int) -> np.ndarray:
    """∫a_axis dq over the interval before each point, 0 at the first; the shape of the lattice."""
    return np.concatenate([np.zeros([1 if other == axis else len(x) for other, x in enumerate(axes)]),
                           _intervals(coefficients, axes, axis, axes[axis][:-1], np.diff(axes[axis]))], axis=axis)


def _intervals(coefficients: Coefficients, axes: list[np.ndarray], axis: int, starts: np.ndarray,
               widths: np.ndarray) -> np.ndarray:
    nodes, weights = np.polynomial.legendre.leggauss(4)
    total = 0.0
    for node, weight in zip(nodes, weights, strict=True):
        points = [starts + widths * (node + 1) / 2 if other == axis else x for other, x in enumerate(axes)]
        shape = [-1 if other == axis else 1 for other in range(len(axes))]
        score = coefficients.score(*np.meshgrid(*points, indexing="ij"))[axis]
        total = total + score * (weight / 2 * widths).reshape(shape)
    return np.asarray(total)


def _start(sums: list[np.ndarray]) -> tuple[int, ...]:
    """A point of high density: the top of one path from the middle."""
    middle = tuple(n // 2 for n in sums[0].shape)
    path = _path(sums, tuple(range(len(sums))), middle)
    return tuple(int(i) for i in np.unravel_index(np.argmax(path), path.shape))


def _path(sums: list[np.ndarray], order: tuple[int, ...], reference: tuple[int, ...]) -> np.ndarray:
    """ln P along the axes of ``order`` in turn, starting from the reference point."""
    total = np.zeros(sums[0].shape)
    for place, axis in enumerate(order):
        later = order[place + 1:]
        cut = tuple(slice(reference[other], reference[other] + 1) if other in later else slice(None)
                    for other in range(len(sums)))
        part = sums[axis][cut]
        here = tuple(slice(reference[axis], reference[axis] + 1) if other == axis else slice(None) for other in range(len(sums)))
        total = total + (part - part[here])
    return total


def _round_the_ring(coefficients: Coefficients, axes: list[np.ndarray], axis: int, counted: np.ndarray) -> float:
    """The largest |∮ a_axis dq| over the rings that pass points that count."""
    x = axes[axis]
    period = coefficients.periods[axis]
    widths = np.append(np.diff(x), period - (x[-1] - x[0]))
    rings = _intervals(coefficients, axes, axis, x, widths).sum(axis=axis)
    return float(np.max(np.abs(rings)[counted.any(axis=axis)]))
