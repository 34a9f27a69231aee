"""Carriers: learners without noise in the field p, whose velocity is v = (ħ/m) Im ∇p/p.

On a line or ring they keep their level of the field's distribution function (``rearrangement``), which is a smooth function of
where they began, through nodes as well.  So it is followed at markers, and a million carriers move with a thousand of them
(self_consistent/markers.py); their means are sums over markers, with weights that are the carriers'.  In more dimensions each
carrier moves on its own, by classical Runge–Kutta.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, final

import numpy as np

from qlearn.ensembles.nodes.box import Band, Box, BoxReader
from qlearn.ensembles.nodes.entire import Circle, Reader
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.rearrangement import Gate, Levels
from qlearn.ensembles.self_consistent.markers import Markers, place_markers

__all__ = ["Crowd", "Ordered", "Swarm", "crowd_of", "reader_of"]

_NEAR = 0.5             # (ħ/m)|∇∇ ln p| h from which a carrier takes substeps: it turns by half a radian around a zero
_PARTS = 16             # substeps


class Crowd(Protocol):
    """Carriers in a moving field."""

    limited: int

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Points (d, M) and weights (M,) that add up to 1: Σ w f(point) is the carriers' mean of f."""

    def settle(self, p: np.ndarray) -> None:
        """Take the field anew, after a refit."""

    def move(self, law: Law, p: np.ndarray, t: float, h: float, pieces: int) -> np.ndarray:
        """Move with the field from t to t + h; returns the field there."""

    def positions(self) -> np.ndarray:
        """Where each carrier is, (N, d)."""


@final
@dataclass(eq=False)
class Ordered:
    """Carriers of one coordinate, by the levels of markers."""

    circle: Circle
    ring: bool
    markers: Markers
    place: np.ndarray               # (M,) of the markers
    weights: np.ndarray
    levels: Levels | None = None
    level: np.ndarray | None = None
    limited: int = 0

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        return self.place[None], self.weights

    def settle(self, p: np.ndarray) -> None:
        self.levels = Levels.of(self.circle, p)
        self.level = self.levels.level(self.place)

    def move(self, law: Law, p: np.ndarray, t: float, h: float, pieces: int) -> np.ndarray:
        gate = Gate(self.circle, law.hbar / law.mass) if self.ring else None
        later = law.step(p, t, h, pieces, gate)
        assert self.level is not None
        level = self.level if gate is None else self.level + gate.passed
        self.place = Levels.of(self.circle, later).place(level)
        return later

    def positions(self) -> np.ndarray:
        assert self.levels is not None and self.level is not None
        return self.levels.place(self.markers.carry(self.level[None])[0])[:, None]


@final
@dataclass(eq=False)
class Swarm:
    """Carriers each on its own, in any number of coordinates.

    Those near a zero, where (ħ/m)|∇∇ ln p| times the step exceeds ½, take substeps of a sixteenth; |v| is limited to √(ħ/mh), h
    the step or substep, beyond twice the mean, and what is limited is counted.
    """

    band: Band
    place: np.ndarray               # (d, N)
    residue: float = 1.0
    limited: int = 0
    _weights: np.ndarray = field(init=False)

    def __post_init__(self):
        self._weights = np.full(self.place.shape[1], 1 / self.place.shape[1])

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        return self.place, self._weights

    def settle(self, p: np.ndarray) -> None:
        pass

    def move(self, law: Law, p: np.ndarray, t: float, h: float, pieces: int) -> np.ndarray:
        middle = law.step(p, t, 0.5 * h, max(1, pieces // 2))
        later = law.step(middle, t + 0.5 * h, 0.5 * h, max(1, pieces // 2))
        readers: list[Any] = [reader_of(self.band, one) for one in (p, middle, later)]
        q, scale = self.place, self.residue * law.hbar / law.mass
        w, rate = readers[0].with_rate(q)
        near = rate * (scale * h) > _NEAR
        mean = 2 * scale * readers[0].speed

        def drift(x: np.ndarray, share: float, limit: float) -> tuple[np.ndarray, np.ndarray]:
            return _limited(scale * _between(readers, share, x).imag, limit)

        moved = np.empty_like(q)
        for which, parts in ((~near, 1), (near, _PARTS)):
            if which.any():
                limit = mean + np.sqrt(parts * law.hbar / (law.mass * h))
                first = _limited(scale * w[:, which].imag, limit)
                moved[:, which], over = _runge_kutta(drift, first, q[:, which], h, parts, limit)
                self.limited += over
        self.place = moved
        return later

    def positions(self) -> np.ndarray:
        return self.place.T.copy()


def _runge_kutta(drift: Callable[..., tuple[np.ndarray, np.ndarray]], first: tuple[np.ndarray, np.ndarray], q: np.ndarray,
                 h: float, parts: int, limit: float) -> tuple[np.ndarray, int]:
    """Classical Runge–Kutta through a step h in equal parts; and how many carriers had their velocity limited."""
    part, over = h / parts, np.zeros(q.shape[1], dtype=bool)
    for i in range(parts):
        k1, one = drift(q, i / parts, limit) if i else first
        k2, two = drift(q + 0.5 * part * k1, (i + 0.5) / parts, limit)
        k3, three = drift(q + 0.5 * part * k2, (i + 0.5) / parts, limit)
        k4, four = drift(q + part * k3, (i + 1) / parts, limit)
        over |= one | two | three | four
        q = q + part / 6 * (k1 + 2 * (k2 + k3) + k4)
    return q, int(np.count_nonzero(over))


def _between(readers: list[Any], share: float, x: np.ndarray) -> np.ndarray:
    """∇p/p at a share of the step, p linear in time in either half of it."""
    half = int(share >= 0.5)
    rest = 2 * share - half
    if rest in (0.0, 1.0):
        return readers[half + int(rest)](x)
    return readers[half].towards(readers[half + 1], np.full(x.shape[1], rest), x)[0]


def _limited(v: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray]:
    speed = np.abs(v[0]) if len(v) == 1 else np.sqrt(np.sum(v * v, axis=0))
    fast = speed > limit
    if fast.any():
        v[:, fast] *= limit / speed[fast]
    return v, fast


def crowd_of(law: Law, rings: tuple[bool, ...], q: np.ndarray, markers: int) -> Crowd:
    """Carriers that begin at q (d, N).  A control's residue has no levels that last: its carriers go one by one."""
    if len(q) > 1 or law.rule.residue != 1:
        return Swarm(law.band, q, law.rule.residue)
    assert isinstance(law.band, Circle)
    lattice = place_markers(q, markers)
    return Ordered(law.band, rings[0], lattice, lattice.nodes[0].copy(), lattice.deposit()[0])


def reader_of(band: Band, p: np.ndarray) -> Reader | BoxReader:
    """∇p/p between the points."""
    if isinstance(band, Circle):
        return Reader.of(band, p)
    assert isinstance(band, Box)
    return BoxReader.of(band, p)
