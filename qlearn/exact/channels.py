"""Two coupled states with known dynamics: Rabi oscillations, and Landau–Zener at finite times. ψ has the shape (2, N).

The second state may decay, at the rate Γ of its norm: V_22 then has −½iħΓ, and the pair the factor e^{−Γt/4}.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.exact.gaussians import GaussianPacket
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["LandauZener", "RabiPacket"]


@final
@dataclass(frozen=True)
class RabiPacket:
    """A packet in V = ½mω²x² + ½ħ[[−Δ, Ω*], [Ω, Δ − iΓ]], from the first state: the packet of the oscillator times (c_1, c_2).

        c_1 = e^{−Γt/4} (cos ½wt + i(D/w) sin ½wt),   c_2 = −e^{−Γt/4} i(Ω/w) sin ½wt,   w² = D² + |Ω|²,   D = Δ − ½iΓ

    Δ ``detuning``, Ω ``coupling``, complex or real, Γ ≥ 0 ``decay``. Where Δ = 0 and |Ω| = ½Γ, an exceptional point, w = 0 and
    (sin ½wt)/w stands for ½t. I. I. Rabi, Phys. Rev. 51, 652 (1937).

    >>> RabiPacket(GaussianPacket(0.0, 1.0), coupling=2.0).amplitudes(np.pi / 2).round(12).tolist()
    [0j, -1j]
    """

    packet: GaussianPacket
    coupling: complex
    detuning: float = 0.0
    decay: float = 0.0

    def __post_init__(self):
        checks.real("detuning", self.detuning)
        checks.real("decay", self.decay, least=0)
        if not np.isfinite(self.coupling) or self.coupling == 0:
            checks.fail("coupling", "must be finite and not 0", self.coupling)

    def potential(self, x: Any) -> np.ndarray:
        """V, (2, 2, *shape)."""
        one, packet = np.ones_like(x), self.packet
        common = 0.5 * packet.mass * packet.omega**2 * np.asarray(x) ** 2
        half, off = 0.5 * packet.hbar * self.detuning, 0.5 * packet.hbar * self.coupling * one
        lost = 0.5j * packet.hbar * self.decay if self.decay else 0.0
        return np.array([[common - half, np.conj(off)], [off, common + half - lost]])

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, self.potential, mass=self.packet.mass, hbar=self.packet.hbar)

    def amplitudes(self, t: float) -> np.ndarray:
        """(c_1, c_2) at t."""
        shifted = self.detuning - 0.5j * self.decay
        w = np.sqrt(complex(shifted**2 + abs(self.coupling) ** 2))
        cos, sine = np.cos(w * t / 2), np.sin(w * t / 2) / w if w else t / 2
        return np.exp(-self.decay * t / 4) * np.array([cos + 1j * shifted * sine, -1j * self.coupling * sine])

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t), (2, *shape)."""
        return np.multiply.outer(self.amplitudes(t), self.packet.state(x, t))


@final
@dataclass(frozen=True)
class LandauZener:
    """A packet in V = ½mω²x² + [[½αt, g], [g, −½αt − ½iħΓ]], from the first state at t_0: exact at every time.

        c_1 = e^{−Γ(t − t_0)/4} (A D_ν(z) + B D_ν(−z)),   z = e^{−iπ/4} √(α/ħ) s,   s = t + ½iħΓ/α,   ν = ig²/ħα − 1

    D_ν the parabolic cylinder functions; A and B from c(t_0) = (1, 0), and c_2 from iħċ_1 = ½αt c_1 + g c_2. From t_0 → −∞ to
    ∞: |c_1|² = exp(−2πg²/ħα), whatever Γ ≥ 0, the ``decay``, is. C. Zener, Proc. R. Soc. A 137, 696 (1932); N. V. Vitanov,
    B. M. Garraway, Phys. Rev. A 53, 4288 (1996); with decay V. M. Akulin, W. P. Schleich, Phys. Rev. A 46, 4110 (1992).

    >>> round(LandauZener(GaussianPacket(0.0, 1.0), sweep=2.0, coupling=0.6, start=-1.0).asymptotic, 6)
    0.322719
    """

    packet: GaussianPacket
    sweep: float
    coupling: float
    start: float
    decay: float = 0.0

    def __post_init__(self):
        checks.real("decay", self.decay, least=0)
        checks.real("sweep", self.sweep, above=0)
        checks.real("coupling", self.coupling, above=0)
        checks.real("start", self.start)

    def potential(self, t: float, x: Any) -> np.ndarray:
        """V, (2, 2, *shape)."""
        one, packet = np.ones_like(x), self.packet
        common = 0.5 * packet.mass * packet.omega**2 * np.asarray(x) ** 2
        half, off = 0.5 * self.sweep * t, self.coupling * one
        lost = 0.5j * packet.hbar * self.decay if self.decay else 0.0
        return np.array([[common + half, off], [off, common - half - lost]])

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, self.potential, mass=self.packet.mass, hbar=self.packet.hbar, time_dependent=True)

    @property
    def asymptotic(self) -> float:
        """exp(−2πg²/ħα), the probability to stay in the first state from t_0 → −∞ to ∞."""
        return float(np.exp(-2 * np.pi * self.coupling**2 / (self.packet.hbar * self.sweep)))

    def amplitudes(self, t: float) -> np.ndarray:
        """(c_1, c_2) at t, computed with 30 digits and those that the two solutions differ by where one decays."""
        import mpmath

        with mpmath.workdps(30 + int(self.decay * (abs(self.start) + abs(t)) / np.log(10))):
            start, end = self._pair(mpmath, self.start), self._pair(mpmath, t)
            weights = mpmath.lu_solve(start, mpmath.matrix([1, 0]))
            factor = mpmath.exp(-mpmath.mpf(self.decay) / 4 * (mpmath.mpf(t) - self.start))
            return np.array([complex(value * factor) for value in end * weights])

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t), (2, *shape), for a packet known from t = 0: GaussianPacket.state(x, t) times (c_1, c_2)."""
        return np.multiply.outer(self.amplitudes(t), self.packet.state(x, t))

    def _pair(self, mpmath: Any, t: float) -> Any:
        """The matrix of (c_1, c_2) at t of the two solutions in its columns, without their common factor."""
        hbar, alpha, g = (mpmath.mpf(value) for value in (self.packet.hbar, self.sweep, self.coupling))
        t = mpmath.mpf(t) + 0.5j * hbar * mpmath.mpf(self.decay) / alpha
        turn = mpmath.exp(-0.25j * mpmath.pi) * mpmath.sqrt(alpha / hbar)
        order = 1j * g**2 / (hbar * alpha) - 1
        pair = mpmath.matrix(2, 2)
        for column, sign in enumerate((1, -1)):
            z = sign * turn * t
            value = mpmath.pcfd(order, z)
            rate = sign * turn * (z / 2 * value - mpmath.pcfd(order + 1, z))
            pair[0, column], pair[1, column] = value, (1j * hbar * rate - alpha * t / 2 * value) / g
        return pair
