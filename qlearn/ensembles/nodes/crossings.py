"""Zeros of a field of one coordinate that go through the real axis where carriers are."""

import numpy as np

from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.law import Law

__all__ = ["crossings"]

_TURN = 0.5             # |change of arg p between neighbours| in a step, from which a zero may have passed between them
_SEEN = 1e-4            # a crossing is reported where this share of the carriers is within half their spread (ring: L/4π)
_HALVINGS = 5           # of the step in which it happens


def crossings(law: Law, before: np.ndarray, after: np.ndarray, carriers: tuple[np.ndarray, np.ndarray], t: float,
              h: float) -> list[tuple[float, int, float]]:
    """(time, change of the winding, place) of each, in a step h from ``before`` to ``after``; carriers: points and weights.

    Between the points next to it arg p gains a whole turn, +1 where the zero goes upwards.  The time is that at which Im(−p/p'),
    which is Im z near a zero z, is zero between the ends of the step, or of that part of it to which it is narrowed down.
    """
    circle = law.band
    assert isinstance(circle, Circle)
    found = []
    for cell, change in _turned(circle, before, after, carriers):
        first, last, begin, length = before, after, t, h
        for _ in range(_HALVINGS):
            middle = law.step(first, begin, 0.5 * length, 2)
            length *= 0.5
            if any(abs(other - cell) <= 2 for other, _ in _turned(circle, first, middle, carriers)):
                last = middle
            else:
                first, begin = middle, begin + length
        found.append((float(begin + _share(circle, first, last, cell) * length), change,
                      float(circle.points[cell] + 0.5 * circle.cell)))
    return found


def _turned(circle: Circle, before: np.ndarray, after: np.ndarray,
            carriers: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    """(cell, whole turns that arg p gained there), where carriers are."""
    turn = circle.steps(after) - circle.steps(before)
    cells = np.nonzero(np.abs(turn) > _TURN)[0]
    if len(cells) == 0:
        return []
    (q,), weights = carriers
    mean = weights @ q
    spread, found = min(float(np.sqrt(weights @ (q - mean)**2)), circle.length / (2 * np.pi)), []
    for group in np.split(cells, np.nonzero(np.diff(cells) > 2)[0] + 1):
        change, cell = round(float(turn[group].sum()) / (2 * np.pi)), int(group[len(group) // 2])
        if not change:
            continue
        x = circle.points[cell] + 0.5 * circle.cell
        apart = np.abs(np.mod(q - x + 0.5 * circle.length, circle.length) - 0.5 * circle.length)
        if weights @ (apart < 0.5 * spread) >= _SEEN:
            found.append((cell, change))
    return found


def _share(circle: Circle, before: np.ndarray, after: np.ndarray, cell: int) -> float:
    slopes = [circle.values(1j * circle.wavenumbers * circle.modes(p)) for p in (before, after)]
    first, last = (-(p[cell] / slope[cell]).imag for p, slope in zip((before, after), slopes, strict=True))
    return first / (first - last) if first * last < 0 else 0.5
