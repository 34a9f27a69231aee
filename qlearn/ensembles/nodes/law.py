"""The law of the field between two refits: the complexified Hamilton–Jacobi equation in the form that is regular at poles.

With G = ln √ρ + iφ/ħ and w = ∂G both equations of (6) are one (assumption A1),

    iħ ∂_tG = −(ħ²/2m)(w' + w²) + V.                                                               (a)

Put w = S + Σ_k 1/(q − z_k), S smooth (on a ring ½cot for 1/).  In w' + w² the double poles −1/(q − z_k)² + 1/(q − z_k)² cancel,
because the residue is one, which is the shift symmetry (assumption A2); a residue r leaves r(r − 1)/(q − z_k)².  Matching the
simple poles moves each zero:

    dz_k/dt = −(iħ/m) [S(z_k) + Σ_{j≠k} 1/(z_k − z_j)].                                            (b)

With all poles gathered in the entire function p, whose zeros they are, w = p'/p and (a) is iħ ∂_tp = −(ħ²/2m)p'' + Vp, with
(b) for its zeros: no pole is left, none has to be divided out, and zeros may meet, come and go.  So A1 and A2 together make
one step linear; this is an input here, not a result.  What makes an ensemble of it is the refit: after each step |p| gives way to
the density of the carriers.

Steps are Strang's, half a step of V, one of the kinetic part, half a step of V: order 2 in dt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.rule import Rule

__all__ = ["Law"]

_MOST = 0.5             # |ΔV| h/ħ of a control's singular potential is limited to this


@dataclass(eq=False)
class Law:
    """p from t to t + h.  potential(t) -> V (n,); ħ and m."""

    circle: Circle
    potential: Callable[[float], np.ndarray]
    hbar: float
    mass: float
    rule: Rule
    _kinetic: dict[float, np.ndarray] = field(default_factory=dict)

    def step(self, p: np.ndarray, t: float, h: float) -> np.ndarray:
        middle = self.potential(t + 0.5 * h) / self.rule.residue
        weight = np.abs(p)**2
        middle = middle - weight @ middle / weight.sum()            # a constant in V only turns the phase of p
        p = p * np.exp(-0.5j * h / self.hbar * (middle + self._broken(p, h)))
        p = self.circle.values(self._free(h) * self.circle.modes(p))
        return p * np.exp(-0.5j * h / self.hbar * (middle + self._broken(p, h)))

    def _free(self, h: float) -> np.ndarray:
        if h not in self._kinetic:
            self._kinetic.clear()
            self._kinetic[h] = np.exp(-0.5j * self.hbar * h / self.mass * self.circle.wavenumbers**2)
        return self._kinetic[h]

    def _broken(self, p: np.ndarray, h: float) -> np.ndarray | float:
        """What a control adds to V: −(ħ²/2m)(r − 1)(p'/p)² for residue r; +(ħ²/2m)|p|''/|p| without the quantum potential."""
        if self.rule.lawful:
            return 0.0
        k, modes = 1j * self.circle.wavenumbers, self.circle.modes(p)
        safe = np.where(np.abs(p) > 1e-12 * np.abs(p).max(), p, 1e-12 * np.abs(p).max())
        w, bend = self.circle.values(k * modes) / safe, self.circle.values(k * k * modes) / safe
        extra = -(self.rule.residue - 1) * w * w
        if not self.rule.quantum:
            extra = extra + bend.real + w.imag**2
        extra = extra * (self.hbar**2 / (2 * self.mass))
        return extra / np.maximum(1, np.abs(extra) * h / (_MOST * self.hbar))
