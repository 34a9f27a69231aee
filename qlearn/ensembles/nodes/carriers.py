"""The carriers' run: the field moves them, they give the field its density, step by step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import kolmogorov

from qlearn.densities import GridDensity
from qlearn.ensembles.nodes.entire import Circle, Reader
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.refit import Basis, basis_for, refit
from qlearn.ensembles.nodes.rule import Rule
from qlearn.errors import RegimeError
from qlearn.grids import Grid

__all__ = ["Record", "carry"]

_PARTED = 1e-6          # p-value of the carriers against their own field below which its poles are not theirs
_TAIL = 1e-4            # share of Σ|c|² in the outer quarter of the band above which the points no longer hold the field
_OUTSIDE = 1e-6         # ρ at the ends of a line's box, relative to its maximum
_SEEN = 1e-3            # crossings are reported between these quantiles of the carriers


@dataclass(eq=False)
class Record:
    """What a carriers' run leaves behind."""

    times: list[float] = field(default_factory=list)
    fields: list[np.ndarray] = field(default_factory=list)
    positions: list[np.ndarray] = field(default_factory=list)
    crossings: list[tuple[float, int, float]] = field(default_factory=list)
    winding: list[int] = field(default_factory=list)
    poles: list[int] = field(default_factory=list)
    fit: list[float] = field(default_factory=list)
    limited: int = 0
    steps: list[int] = field(default_factory=list)


def carry(law: Law, ring: bool, rule: Rule, p: np.ndarray, q: np.ndarray, times: np.ndarray, steps: np.ndarray,
          height: Callable[[np.ndarray], float]) -> Record:
    """Run carriers q (N,) and field p through the times.  height(q): half the width of the strip in which poles are counted."""
    circle, record = law.circle, Record(steps=list(steps))
    basis = basis_for(circle, ring, rule.orders(len(q)))
    p = refit(circle, p, q, basis, rule, times[0])
    _keep(record, circle, ring, rule, p, q, times[0], height(q))
    for i, count in enumerate(steps):
        h = (times[i + 1] - times[i]) / count
        for j in range(count):
            p, q = _advance(law, basis, rule, record, p, q, times[i] + j * h, h)
            if not ring:
                _check_inside(circle, p, q, times[i] + (j + 1) * h)
        _keep(record, circle, ring, rule, p, q, times[i + 1], height(q))
    return record


def _advance(law: Law, basis: Basis, rule: Rule, record: Record, p: np.ndarray, q: np.ndarray, t: float,
             h: float) -> tuple[np.ndarray, np.ndarray]:
    """One step: the field by its law, the carriers by classical Runge–Kutta in it, then the refit."""
    circle, limit = law.circle, np.sqrt(law.hbar / (law.mass * h))
    middle = law.step(p, t, 0.5 * h)
    later = law.step(middle, t + 0.5 * h, 0.5 * h)
    over = np.zeros(len(q), dtype=bool)
    scale = rule.residue * law.hbar / law.mass

    def velocity(reader: Reader, x: np.ndarray) -> np.ndarray:
        v = scale * reader(x).imag
        fast = np.abs(v) > limit
        if fast.any():
            np.logical_or(over, fast, out=over)
            v[fast] = np.copysign(limit, v[fast])
        return v

    first, second, third = (Reader.of(circle, one) for one in (p, middle, later))
    k1 = velocity(first, q)
    k2 = velocity(second, q + 0.5 * h * k1)
    k3 = velocity(second, q + 0.5 * h * k2)
    k4 = velocity(third, q + h * k3)
    q = q + h / 6 * (k1 + 2 * (k2 + k3) + k4)
    later = refit(circle, later, q, basis, rule, t + h)
    record.limited += int(np.count_nonzero(over))
    record.crossings += _crossings(circle, p, later, q, t + 0.5 * h)
    record.times.append(t)
    record.fields.append(p)
    return later, q


def _crossings(circle: Circle, before: np.ndarray, after: np.ndarray, q: np.ndarray, t: float) -> list[tuple[float, int, float]]:
    """Zeros that went through the real axis where learners are: between two points arg p then jumps by a whole turn.

    The turn is +1 where a zero goes from the lower to the upper half plane, seen along growing q.
    """
    jump = np.round((circle.steps(after) - circle.steps(before)) / (2 * np.pi)).astype(int)
    cells = np.nonzero(jump)[0]
    if len(cells) == 0:
        return []
    place = circle.a + np.mod(q - circle.a, circle.length)
    low, high = np.quantile(place, [_SEEN, 1 - _SEEN])
    where = circle.points[cells] + 0.5 * circle.length / circle.n
    return [(float(t), int(jump[cell]), float(x)) for cell, x in zip(cells, where, strict=True) if low <= x <= high]


def _keep(record: Record, circle: Circle, ring: bool, rule: Rule, p: np.ndarray, q: np.ndarray, t: float, height: float) -> None:
    """Store what is asked for at a stored time, and see that field and carriers still belong together."""
    distance = _distance(circle, np.abs(p)**(2 * rule.residue), q)
    record.fit.append(distance * np.sqrt(len(q)))
    record.positions.append(q)
    record.winding.append(circle.winding(p))
    record.poles.append(circle.zeros_within(p, height) if ring else -1)
    if len(record.positions) == len(record.steps) + 1:
        record.times.append(t)
        record.fields.append(p)
    if not rule.refit or not rule.lawful:
        return
    chance = float(kolmogorov(record.fit[-1]))
    if chance < _PARTED:
        raise RegimeError(f"at t = {t:g} the learners and their own field have parted (KS·√N = {record.fit[-1]:.2f}, p = {chance:.1g}): "
                          f"with smooth functions of order {rule.orders(len(q))} the poles of this field are not those of their density. Stop earlier, "
                          "start the field nearer to it, or raise order.")
    tail = circle.tail(p)
    if tail > _TAIL:
        raise RegimeError(f"at t = {t:g} the {circle.n} points no longer hold the field (share {tail:.1g} of its power in the outer "
                          "quarter of the band): poles cannot be told from round-off. Start on a finer grid.")


def _distance(circle: Circle, density: np.ndarray, q: np.ndarray) -> float:
    """Kolmogorov's distance of the carriers from |p|²."""
    grid = Grid(circle.n, [(circle.a, circle.a + circle.length)])
    law = GridDensity(grid, density / (density.sum() * grid.cell_volume), ringing=1.0)
    u = np.sort(law.cdf(circle.a + np.mod(q - circle.a, circle.length)))
    rank = np.arange(len(u))
    return float(max(np.max(u - rank / len(u)), np.max((rank + 1) / len(u) - u)))


def _check_inside(circle: Circle, p: np.ndarray, q: np.ndarray, t: float) -> Any:
    ends = max(abs(p[0]), abs(p[-1]))**2
    if ends > _OUTSIDE * np.max(np.abs(p))**2 or q.min() < circle.a or q.max() > circle.a + circle.length:
        raise RegimeError(f"at t = {t:g} the field or a learner has reached the ends [{circle.a:g}, {circle.a + circle.length:g}] of the box. "
                          "Start from a density on wider bounds.")
