"""The carriers' run: the field moves them, they give the field its density, step by step."""

from dataclasses import dataclass, field

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
_TURN = 0.5             # |change of arg p between neighbours| in a step, from which a zero may have passed between them
_SEEN = 1e-4            # a crossing is reported where this share of the carriers is within half their spread (ring: L/4π)


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


def carry(law: Law, ring: bool, rule: Rule, p: np.ndarray, q: np.ndarray, times: np.ndarray,
          steps: np.ndarray) -> Record:
    """Run carriers q (N,) and field p through the times, with ``steps`` (n − 1,) equal steps of each interval."""
    circle, record = law.circle, Record(steps=list(steps))
    basis = basis_for(circle, ring, rule.orders(len(q)))
    p = refit(circle, p, q, basis, rule, times[0])
    _keep(record, circle, ring, rule, p, q, times[0])
    for i, count in enumerate(steps):
        h = (times[i + 1] - times[i]) / count
        for j in range(count):
            p, q = _advance(law, basis, rule, record, p, q, times[i] + j * h, h)
            if not ring:
                _check_inside(circle, p, q, times[i] + (j + 1) * h)
        _keep(record, circle, ring, rule, p, q, times[i + 1])
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
    record.crossings += _crossings(circle, p, later, q, t, h)
    record.times.append(t)
    record.fields.append(p)
    return later, q


def _crossings(circle: Circle, before: np.ndarray, after: np.ndarray, q: np.ndarray, t: float,
               h: float) -> list[tuple[float, int, float]]:
    """Zeros that went through the real axis where learners are, as (time, change of the winding, place).

    Between the points next to it arg p then gains a whole turn, +1 where the zero goes upwards.  The time is that at which
    Im(−p/p'), which is Im z near a zero z, is zero between t and t + h.
    """
    turn = circle.steps(after) - circle.steps(before)
    cells = np.nonzero(np.abs(turn) > _TURN)[0]
    if len(cells) == 0:
        return []
    spread, found = min(float(q.std()), circle.length / (2 * np.pi)), []
    slopes = [circle.values(1j * circle.wavenumbers * circle.modes(p)) for p in (before, after)]
    for group in np.split(cells, np.nonzero(np.diff(cells) > 2)[0] + 1):
        change, cell = round(float(turn[group].sum()) / (2 * np.pi)), group[len(group) // 2]
        x = circle.points[cell] + 0.5 * circle.length / circle.n
        apart = np.abs(np.mod(q - x + 0.5 * circle.length, circle.length) - 0.5 * circle.length)
        if change and np.mean(apart < 0.5 * spread) >= _SEEN:
            first, last = (-(p[cell] / slope[cell]).imag for p, slope in zip((before, after), slopes, strict=True))
            share = first / (first - last) if first * last < 0 else 0.5
            found.append((float(t + share * h), change, float(x)))
    return found


def _keep(record: Record, circle: Circle, ring: bool, rule: Rule, p: np.ndarray, q: np.ndarray, t: float) -> None:
    """Store what is asked for at a stored time, and see that field and carriers still belong together."""
    distance = _distance(circle, np.abs(p)**(2 * rule.residue), q)
    record.fit.append(distance * np.sqrt(len(q)))
    record.positions.append(q)
    if ring:
        record.winding.append(circle.winding(p))
        record.poles.append(circle.zeros_within(p, circle.length / (2 * np.pi)))
    if len(record.positions) == len(record.steps) + 1:
        record.times.append(t)
        record.fields.append(p)
    if not rule.refit or not rule.lawful:
        return
    chance = float(kolmogorov(record.fit[-1]))
    if chance < _PARTED:
        raise RegimeError(f"at t = {t:g} the learners and their own field have parted (KS·√N = {record.fit[-1]:.2f}, p = "
                          f"{chance:.1g}): with smooth functions of order {rule.orders(len(q))} the poles of this field are not "
                          "those of their density. Stop earlier, start the field nearer to it, or raise order.")
    tail = circle.tail(p)
    if tail > _TAIL:
        raise RegimeError(f"at t = {t:g} the {circle.n} points no longer hold the field (share {tail:.1g} of its power in the "
                          "outer quarter of the band): poles cannot be told from round-off. Start on a finer grid.")


def _distance(circle: Circle, density: np.ndarray, q: np.ndarray) -> float:
    """Kolmogorov's distance of the carriers from |p|²."""
    grid = Grid(circle.n, [(circle.a, circle.a + circle.length)])
    law = GridDensity(grid, density / (density.sum() * grid.cell_volume), ringing=1.0)
    u = np.sort(law.cdf(circle.a + np.mod(q - circle.a, circle.length)))
    rank = np.arange(len(u))
    return float(max(np.max(u - rank / len(u)), np.max((rank + 1) / len(u) - u)))


def _check_inside(circle: Circle, p: np.ndarray, q: np.ndarray, t: float) -> None:
    ends = max(abs(p[0]), abs(p[-1]))**2
    if ends > _OUTSIDE * np.max(np.abs(p))**2 or q.min() < circle.a or q.max() > circle.a + circle.length:
        raise RegimeError(f"at t = {t:g} the field or a learner has reached the ends [{circle.a:g}, {circle.a + circle.length:g}"
                          "] of the box. Start from a density on wider bounds.")
