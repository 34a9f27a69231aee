"""The carriers' run: the field moves them, they give the field its density, step by step."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.special import kolmogorov

from qlearn.densities import GridDensity
from qlearn.ensembles.nodes.accuracy import Accuracy
from qlearn.ensembles.nodes.crossings import crossings
from qlearn.ensembles.nodes.crowd import Crowd, crowd_of
from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.refit import Basis, refit
from qlearn.ensembles.nodes.rule import Rule
from qlearn.errors import RegimeError
from qlearn.grids import Grid

__all__ = ["Record", "carry"]

_PARTED = 1e-6          # p-value of the carriers against their own field below which its poles are not theirs
_TAIL = 1e-4            # share of Σ|c|² in the outer quarter of the band above which the points no longer hold the field
_SHORTEST = 1e-9        # of what is left: no step is made shorter for a moving V
_OUTSIDE = 1e-6         # ρ at the ends of a line's box, relative to its maximum


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
    longest: float = 0.0

    @property
    def steps(self) -> int:
        return len(self.times) - 1


def carry(law: Law, rings: tuple[bool, ...], rule: Rule, p: np.ndarray, q: np.ndarray, times: np.ndarray, accuracy: Accuracy,
          dt: float | None) -> Record:
    """Run carriers q (d, N) and the field p through the times; steps of at most dt, and of ħ/(E steps), E the energy then."""
    record, crowd = Record(), crowd_of(law, rings, q, accuracy.markers)
    basis = Basis(law.band, rings, rule.orders(q.shape[1]))
    p = _settle(law, crowd, basis, rule, p, times[0])
    longest = _Steps(law, accuracy.step(len(q)), dt, law.energy(p, times[0]))
    _keep(record, law, rings, rule, basis.order, crowd, p, times[0])
    for t, end in pairwise(times):
        left = float(end - t)
        while left > 0:
            t = end - left
            count = max(1, int(np.ceil(left / longest(p, t, left) * (1 - 1e-12))))
            h = left / count
            record.times.append(float(t))
            record.fields.append(p)
            later = crowd.move(law, p, t, h, accuracy.pieces(len(q)))
            later = _settle(law, crowd, basis, rule, later, t + h)
            if isinstance(law.band, Circle) and rule.lawful:
                record.crossings += crossings(law, p, later, crowd.points(), t, h)
            p, left = later, 0.0 if count == 1 else left - h
            record.longest = max(record.longest, h)
            _check_field(law, rings, crowd, p, end - left)
        _keep(record, law, rings, rule, basis.order, crowd, p, end)
    record.times.append(float(times[-1]))
    record.fields.append(p)
    record.limited = crowd.limited
    return record


def _settle(law: Law, crowd: Crowd, basis: Basis, rule: Rule, p: np.ndarray, t: float) -> np.ndarray:
    p = refit(law.band, p, *crowd.points(), basis, rule, t)
    crowd.settle(p)
    return p


@dataclass(frozen=True, eq=False)
class _Steps:
    """The longest step from a field on: share · ħ/E, at most dt; ∞ for a field at rest in no potential.

    E is that of the moment, with a moving V the largest on the way, and no less than ¼ħ times the rate at which V changes; of a
    control, whose law is broken, that of the start, for its field may have no bound.
    """

    law: Law
    share: float
    dt: float | None
    first: float

    def __call__(self, p: np.ndarray, t: float, left: float) -> float:
        step = self._of(self.law.energy(p, t) if self.law.rule.lawful else self.first)
        step = step if self.dt is None else min(step, self.dt)
        if self.law.moving and self.law.rule.lawful:
            step, longer = min(step, left), np.inf
            while step < 0.5 * longer and step > _SHORTEST * left:
                longer, step = step, min(step, self._of(self.law.haste(p, t, step)))
        return step

    def _of(self, energy: float) -> float:
        return self.share * self.law.hbar / energy if energy > 0 else np.inf


def _keep(record: Record, law: Law, rings: tuple[bool, ...], rule: Rule, order: int, crowd: Crowd, p: np.ndarray,
          t: float) -> None:
    """Store what is asked for at a stored time, and see that field and carriers still belong together."""
    q = crowd.positions()
    distances = [_distance(circle, density, q[:, a]) for a, (circle, density) in enumerate(_marginals(law, rule, p))]
    record.fit.append(max(distances) * np.sqrt(len(q)))
    record.positions.append(q)
    if isinstance(law.band, Circle) and rings[0]:
        record.winding.append(law.band.winding(p))
        record.poles.append(law.band.zeros_within(p, law.band.length / (2 * np.pi)))
    if not rule.refit or not rule.lawful:
        return
    chance = float(kolmogorov(record.fit[-1]))
    if chance < _PARTED / len(rings):
        raise RegimeError(f"at t = {t:g} the learners and their own field have parted (KS·√N = {record.fit[-1]:.2f}, p = "
                          f"{chance:.1g}): with smooth functions of order {order} the zeros of this field are not "
                          "those of their density. Stop earlier, start the field nearer to it, or raise order.")


def _marginals(law: Law, rule: Rule, p: np.ndarray) -> list[tuple[Circle, np.ndarray]]:
    """The marginal density of each axis, not normalised."""
    density = np.abs(p)**(2 * rule.residue)
    return [(circle, density.sum(axis=tuple(b for b in range(density.ndim) if b != a)))
            for a, circle in enumerate(law.band.circles)]


def _distance(circle: Circle, density: np.ndarray, q: np.ndarray) -> float:
    """Kolmogorov's distance of the carriers from a density on the circle."""
    grid = Grid(circle.n, [(circle.a, circle.a + circle.length)])
    law = GridDensity(grid, density / (density.sum() * grid.cell_volume), ringing=1.0)
    u = np.sort(law.cdf(circle.a + np.mod(q - circle.a, circle.length)))
    rank = np.arange(len(u))
    return float(max(np.max(u - rank / len(u)), np.max((rank + 1) / len(u) - u)))


def _check_field(law: Law, rings: tuple[bool, ...], crowd: Crowd, p: np.ndarray, t: float) -> None:
    """Whether the points hold the field, and a line's box the field and the carriers."""
    tail = law.band.tail(p) if law.rule.lawful else 0.0
    if tail > _TAIL:
        raise RegimeError(f"at t = {t:g} the {p.shape} points no longer hold the field (share {tail:.1g} of its power in the "
                          "outer quarter of the band): zeros cannot be told from round-off. Start on a finer grid.")
    q = crowd.points()[0]
    for a, (circle, ring) in enumerate(zip(law.band.circles, rings, strict=True)):
        if ring:
            continue
        ends = np.abs(np.take(p, [0, -1], axis=a)).max()**2
        if ends > _OUTSIDE * np.max(np.abs(p))**2 or q[a].min() < circle.a or q[a].max() > circle.a + circle.length:
            raise RegimeError(f"at t = {t:g} the field or a learner has reached the ends [{circle.a:g}, "
                              f"{circle.a + circle.length:g}] of the box, axis {a}. Start from a density on wider bounds.")
