"""The law of the field between two refits: the complexified Hamilton–Jacobi equation in the form that is regular at poles.

With G = ln √ρ + iφ/ħ and w = ∇G both equations of (6) are one (assumption A1),

    iħ ∂_tG = −(ħ²/2m)(∇·w + w²) + V.                                                              (a)

In one dimension put w = S + Σ_k 1/(q − z_k), S smooth (on a ring ½cot for 1/).  In w' + w² the double poles −1/(q − z_k)² +
1/(q − z_k)² cancel, because the residue is one, which is the shift symmetry (assumption A2); a residue r leaves
r(r − 1)/(q − z_k)².  Matching the simple poles moves each zero:

    dz_k/dt = −(iħ/m) [S(z_k) + Σ_{j≠k} 1/(z_k − z_j)].                                            (b)

With all poles gathered in the entire function p, whose zeros they are, w = p'/p and (a) is iħ ∂_tp = −(ħ²/2m)p'' + Vp, with
(b) for its zeros: no pole is left, none has to be divided out, and zeros may meet, come and go.  In more dimensions zeros are
not points of a plane any more, but the same holds: p = exp G is single-valued, by A2, and smooth where G is not.  So A1 and A2
together make one step linear; this is an input here, not a result.  What makes an ensemble of it is the refit: after each step
|p| gives way to the density of the carriers.

Steps are Strang's, half a step of V, one of the kinetic part, half a step of V: order 2 in h.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from qlearn.ensembles.nodes.box import Band
from qlearn.ensembles.nodes.rule import Rule

__all__ = ["Law"]

_MOST = 0.5             # |ΔV| h/ħ of a control's singular potential is limited to this


@dataclass(eq=False)
class Law:
    """p from t to t + h.  potential(t) -> V (*shape); ħ and m; moving: V depends on t."""

    band: Band
    potential: Callable[[float], np.ndarray]
    hbar: float
    mass: float
    rule: Rule
    moving: bool = True
    _kinetic: dict[float, np.ndarray] = field(default_factory=dict)
    _turns: dict[float, np.ndarray] = field(default_factory=dict)

    def step(self, p: np.ndarray, t: float, h: float, pieces: int = 1,
             watch: Callable[[np.ndarray, float], None] | None = None) -> np.ndarray:
        """p at t + h by ``pieces`` equal steps; watch(modes, step) sees p before each kinetic part."""
        h = h / pieces
        if not self.moving and self.rule.lawful:
            return self._still(p, t, h, pieces, watch)
        for i in range(pieces):
            middle = self._centred(p, t + (i + 0.5) * h) / self.rule.residue
            p = p * np.exp(-0.5j * h / self.hbar * (middle + self._broken(p, h)))
            p = self._kinetic_part(p, h, watch)
            p = p * np.exp(-0.5j * h / self.hbar * (middle + self._broken(p, h)))
        return p

    def energy(self, p: np.ndarray, t: float) -> float:
        """The mean kinetic energy, its quantum part with it, and the spread of V: how fast p changes."""
        return self._kinetic_energy(p) + _spread(np.abs(p)**2, self.potential(t))

    def haste(self, p: np.ndarray, t: float, h: float) -> float:
        """The largest of this energy between t and t + h, and of ħ/4 times the rate at which V changes, relative to it."""
        weight, kinetic = np.abs(p)**2, self._kinetic_energy(p)
        V = [self.potential(t + share * h) for share in (0.0, 0.21, 0.45, 0.72, 1.0)]
        energy = kinetic + max(_spread(weight, one) for one in V)
        change = max(_spread(weight, b - a) / (share * h)
                     for (a, b), share in zip(pairwise(V), (0.21, 0.24, 0.27, 0.28), strict=True))
        return max(energy, self.hbar / 4 * change / energy) if energy > 0 else 0.0

    def _kinetic_energy(self, p: np.ndarray) -> float:
        power = np.abs(self.band.modes(p))**2
        return self.hbar**2 / (2 * self.mass) * float(np.sum(power * self.band.square) / power.sum())

    def _still(self, p: np.ndarray, t: float, h: float, pieces: int,
               watch: Callable[[np.ndarray, float], None] | None) -> np.ndarray:
        """V does not move: neighbouring half steps of it are one."""
        if h not in self._turns:
            self._turns.clear()
            self._turns[h] = np.exp(-0.5j * h / self.hbar * self._centred(p, t))
        half = self._turns[h]
        p = p * half
        for i in range(pieces):
            p = self._kinetic_part(p, h, watch)
            p *= half if i == pieces - 1 else half * half
        return p

    def _centred(self, p: np.ndarray, t: float) -> np.ndarray:
        """V less its mean: a constant in V only turns the phase of p."""
        V, weight = self.potential(t), np.abs(p)**2
        return V - float(np.sum(weight * V) / weight.sum())

    def _kinetic_part(self, p: np.ndarray, h: float, watch: Callable[[np.ndarray, float], None] | None) -> np.ndarray:
        modes = self.band.modes(p)
        if watch is not None:
            watch(modes, h)
        if h not in self._kinetic:
            self._kinetic.clear()
            self._kinetic[h] = np.exp(-0.5j * self.hbar * h / self.mass * self.band.square)
        return self.band.values(self._kinetic[h] * modes)

    def _broken(self, p: np.ndarray, h: float) -> np.ndarray | float:
        """What a control adds to V: −(ħ²/2m)(r − 1)(∇p/p)² for residue r; +(ħ²/2m)Δ|p|/|p| without the quantum potential."""
        if self.rule.lawful:
            return 0.0
        modes = self.band.modes(p)
        safe = np.where(np.abs(p) > 1e-12 * np.abs(p).max(), p, 1e-12 * np.abs(p).max())
        w = [self.band.values(1j * k * modes) / safe for k in self.band.wavevectors]
        extra = -(self.rule.residue - 1) * sum(one * one for one in w)
        if not self.rule.quantum:
            bend = self.band.values(-self.band.square * modes) / safe
            extra = extra + bend.real + sum(one.imag**2 for one in w)
        extra = extra * (self.hbar**2 / (2 * self.mass))
        return extra / np.maximum(1, np.abs(extra) * h / (_MOST * self.hbar))


def _spread(weight: np.ndarray, V: np.ndarray) -> float:
    """The standard deviation of V over the weight."""
    total = weight.sum()
    mean = np.sum(weight * V) / total
    return float(np.sqrt(np.sum(weight * (V - mean)**2) / total))
