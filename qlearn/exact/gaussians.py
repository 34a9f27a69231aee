"""Gaussian packets on the line in V = ½mω²x² − f(t) x, with their phase.

    ψ(x, t) = (2πw²)^{-1/4} Z^{-1/2} exp{(i/ħ)[½A(x − q)² + p(x − q) + S + p_0 q_0]}
    Z = cos ωt + (A_0/mω) sin ωt,   A = mŻ/Z,   A_0 = β + iħ/2w²,   S = ∫(p²/2m − ½mω²q² + f q) dt

(q, p) the classical path; Z^{1/2} is continued from Z(0) = 1. E. J. Heller, J. Chem. Phys. 62, 1544 (1975).
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["DrivenOscillator", "GaussianPacket", "check_packet", "packet_of", "spreading_of"]


@final
@dataclass(frozen=True)
class GaussianPacket:
    """A packet in V = ½mω²x²; ω = 0 is the free packet, width² = ħ/2mω and chirp = 0 the coherent state, others are squeezed.

    ψ(x, 0) = (2πw²)^{-1/4} exp(−(x − c)²/4w² + iβ(x − c)²/2ħ + ipx/ħ), the state that ql.gaussian gives for β = 0.
    width w is the standard deviation of |ψ|²; chirp β correlates x with p.

    >>> packet = GaussianPacket(center=1.0, width=0.5**0.5, omega=1.0)      # coherent: after a period ψ = −ψ0
    >>> x = np.linspace(-3, 3, 7)
    >>> bool(np.allclose(packet.state(x, 2 * np.pi), -packet.state(x, 0)))
    True
    """

    center: float
    width: float
    momentum: float = 0.0
    chirp: float = 0.0
    omega: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        check_packet(self)
        checks.real("omega", self.omega, least=0)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H on a grid that should be wide enough for the packet never to reach its ends."""
        return Hamiltonian(grid, lambda x: 0.5 * self.mass * self.omega**2 * x**2, mass=self.mass, hbar=self.hbar)

    def path(self, t: float) -> tuple[float, float]:
        """The classical (q, p) at t, the means of position and momentum."""
        cos, sine = _cos_sine(self.omega, t)
        return (self.center * cos + self.momentum / self.mass * sine,
                self.momentum * cos - self.mass * self.omega**2 * self.center * sine)

    def spread(self, t: float) -> float:
        """The standard deviation of |ψ|² at t."""
        return self.width * abs(_spreading(self, t)[0])

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        q, p = self.path(t)
        action = 0.5 * (p * q - self.momentum * self.center) if self.omega > 0 else p * p * t / (2 * self.mass)
        return packet_of(self, x, q, p, action, _spreading(self, t))


@final
@dataclass(frozen=True)
class DrivenOscillator:
    """A packet in V(t, x) = ½mω²x² − F cos(Ωt) x with Ω ≠ ω; its shape moves as without the force (Husimi 1953).

    K. Husimi, Prog. Theor. Phys. 9, 381 (1953).
    """

    center: float
    width: float
    omega: float
    force: float
    drive: float
    momentum: float = 0.0
    chirp: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        check_packet(self)
        checks.real("omega", self.omega, above=0)
        checks.real("force", self.force)
        if abs(checks.real("drive", self.drive, least=0) - self.omega) < 1e-6 * self.omega:
            checks.fail("drive", "must differ from omega by 1e-6 of it at least", self.drive)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H(t) on a grid that should be wide enough for the packet never to reach its ends."""
        return Hamiltonian(grid, lambda t, x: 0.5 * self.mass * self.omega**2 * x**2 - self.force * np.cos(self.drive * t) * x,
                           mass=self.mass, hbar=self.hbar, time_dependent=True)

    def path(self, t: float) -> tuple[float, float]:
        """The classical (q, p) at t."""
        (cos, sine), response = _cos_sine(self.omega, t), self._response
        q = (self.center - response) * cos + self.momentum / self.mass * sine + response * np.cos(self.drive * t)
        velocity = -self.omega**2 * (self.center - response) * sine + self.momentum / self.mass * cos \
            - response * self.drive * np.sin(self.drive * t)
        return float(q), float(self.mass * velocity)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        q, p = self.path(t)
        action = 0.5 * (p * q - self.momentum * self.center) + 0.5 * self._work(t)
        return packet_of(self, x, q, p, action, _spreading(self, t))

    @property
    def _response(self) -> float:
        return self.force / (self.mass * (self.omega**2 - self.drive**2))

    def _work(self, t: float) -> float:
        """∫ F cos(Ωs) q(s) ds from 0 to t."""
        plus, minus = self.omega + self.drive, self.omega - self.drive
        cosines = 0.5 * (_sine(minus, t) + _sine(plus, t))  # ∫ cos ωs cos Ωs
        sines = 0.5 * (_versine(plus, t) + _versine(minus, t))  # ∫ sin ωs cos Ωs
        squares = 0.5 * (t + _sine(2 * self.drive, t))  # ∫ cos² Ωs
        return self.force * ((self.center - self._response) * cosines
                             + self.momentum / (self.mass * self.omega) * sines + self._response * squares)


def check_packet(packet: Any) -> None:
    """Refuse numbers that make no packet."""
    for name in ("center", "momentum", "chirp"):
        checks.real(name, getattr(packet, name))
    for name in ("width", "mass", "hbar"):
        checks.real(name, getattr(packet, name), above=0)


def _sine(k: float, t: float) -> float:
    """∫_0^t cos ks ds."""
    return t * float(np.sinc(k * t / np.pi))


def _versine(k: float, t: float) -> float:
    """∫_0^t sin ks ds."""
    return 2 * np.sin(k * t / 2) ** 2 / k


def _cos_sine(omega: float, t: float) -> tuple[float, float]:
    """cos ωt and sin(ωt)/ω."""
    return float(np.cos(omega * t)), _sine(omega, t)


def _spreading(packet: Any, t: float) -> tuple[complex, complex, float]:
    cos, sine = _cos_sine(packet.omega, t)
    return spreading_of(packet, cos, sine, -packet.omega**2 * sine, cos, packet.omega * t)


def spreading_of(packet: Any, cos: float, sine: float, cos_rate: float, sine_rate: float,
                 angle: float) -> tuple[complex, complex, float]:
    """(Z, Ż, the phase of Z continued from Z(0) = 1), of the classical paths from (1, 0) and (0, 1), given with their rates.

    The second path vanishes where ``angle`` is a multiple of π, and there only.
    """
    curvature = packet.chirp + 0.5j * packet.hbar / packet.width**2
    z, rate = cos + curvature / packet.mass * sine, cos_rate + curvature / packet.mass * sine_rate
    turns = int(np.floor(angle / np.pi))  # Im Z changes its sign with sin(angle)
    return z, rate, float(np.pi * turns + np.angle(z * (-1) ** turns))


def packet_of(packet: Any, x: Any, q: float, p: float, action: float, spreading: tuple[complex, complex, float]) -> np.ndarray:
    """ψ(x) of the formula at the head of this file."""
    z, rate, turned = spreading
    y = np.asarray(x, dtype=float) - q
    phase = (0.5 * packet.mass * rate / z * y**2 + p * y + action + packet.momentum * packet.center) / packet.hbar
    return (2 * np.pi * packet.width**2) ** -0.25 * abs(z) ** -0.5 * np.exp(1j * phase - 0.5j * turned)
