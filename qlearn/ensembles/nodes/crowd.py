"""Carriers: learners without noise in the field p, whose velocity is v = (ħ/m) Im ∇p/p.

On a line or ring they keep their level of the field's distribution function (``rearrangement``), which is a smooth function of
where they began, through nodes as well.  So it is followed at markers, and a million carriers move with a thousand of them
(self_consistent/markers.py); their means are sums over markers, with weights that are the carriers'.  In more dimensions each
carrier moves on its own, by classical Runge–Kutta.
"""

from dataclasses import dataclass, field
from typing import Protocol, final

import numpy as np

from qlearn.ensembles.nodes.box import Band, Box, BoxReader
from qlearn.ensembles.nodes.entire import Circle, Reader
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.rearrangement import Gate, Levels
from qlearn.ensembles.self_consistent.markers import Markers, place_markers

__all__ = ["Crowd", "Ordered", "Swarm", "crowd_of", "reader_of"]


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
    """Carriers each on its own, in any number of coordinates; |v| is limited to √(ħ/mh), and what is limited is counted."""

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
        halves = max(1, pieces // 2)
        middle = law.step(p, t, 0.5 * h, halves)
        later = law.step(middle, t + 0.5 * h, 0.5 * h, halves)
        limit, q = np.sqrt(law.hbar / (law.mass * h)), self.place
        over = np.zeros(q.shape[1], dtype=bool)
        scale = self.residue * law.hbar / law.mass

        def velocity(reader: Reader | BoxReader, x: np.ndarray) -> np.ndarray:
            v = scale * reader(x).imag
            speed = np.abs(v[0]) if len(v) == 1 else np.sqrt(np.sum(v * v, axis=0))
            fast = speed > limit
            if fast.any():
                np.logical_or(over, fast, out=over)
                v[:, fast] *= limit / speed[fast]
            return v

        first, second, third = (reader_of(self.band, one) for one in (p, middle, later))
        k1 = velocity(first, q)
        k2 = velocity(second, q + 0.5 * h * k1)
        k3 = velocity(second, q + 0.5 * h * k2)
        k4 = velocity(third, q + h * k3)
        self.place = q + h / 6 * (k1 + 2 * (k2 + k3) + k4)
        self.limited += int(np.count_nonzero(over))
        return later

    def positions(self) -> np.ndarray:
        return self.place.T.copy()


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
