"""Rings with known answers: free and twisted, with a flux, Mathieu and its bands, and one with a metric."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal
from scipy.special import mathieu_a, mathieu_b

from qlearn import checks
from qlearn.exact.gaussians import GaussianPacket
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["AharonovBohmRing", "MathieuBands", "MathieuRing", "MetricRing", "RingPacket", "TwistedRing"]


@final
@dataclass(frozen=True)
class TwistedRing:
    """A free particle on a ring of length L in the sector θ: E_n = (ħ²/2m)(2π/L)²(n + θ)².

    >>> TwistedRing(length=2 * np.pi, theta=0.5).levels(4).tolist()
    [0.125, 0.125, 1.125, 1.125]
    """

    length: float
    theta: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def grid(self, points: int) -> Grid:
        return Grid(points, (0.0, self.length), twist=self.theta)

    def hamiltonian(self, points: int) -> Hamiltonian:
        return Hamiltonian(self.grid(points), 0.0, mass=self.mass, hbar=self.hbar)

    def energy(self, n: int) -> float:
        """E_n of exp(2πi(n + θ)x/L)."""
        return (self.hbar * 2 * np.pi / self.length * (n + self.theta)) ** 2 / (2 * self.mass)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, ascending."""
        reach = checks.integer("k", k, least=1) + int(abs(self.theta)) + 1
        return np.sort([self.energy(n) for n in range(-reach, reach + 1)])[:k]

    def state(self, x: Any, n: int, t: float = 0.0) -> np.ndarray:
        """The running wave exp(i(2π(n + θ)x/L − E_n t/ħ))/√L."""
        angle = 2 * np.pi * (n + self.theta) * np.asarray(x, dtype=float) / self.length - self.energy(n) * t / self.hbar
        return np.exp(1j * angle) / np.sqrt(self.length)


@final
@dataclass(frozen=True)
class RingPacket:
    """A free Gaussian packet on a ring of length L and sector θ: the free packet of the line summed over its images.

    ψ(x, t) = Σ_n e^{−2πiθn} ψ_line(x + nL, t), not normalised on the ring where the images overlap.
    """

    packet: GaussianPacket
    length: float
    theta: float = 0.0

    def __post_init__(self):
        checks.real("length", self.length, above=0)
        if self.packet.omega != 0:
            checks.fail("packet", "must be free (omega = 0)", self.packet)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, 0.0, mass=self.packet.mass, hbar=self.packet.hbar)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        x = np.asarray(x, dtype=float)
        q, reach = self.packet.path(t)[0], 14 * self.packet.spread(t)
        first = int(np.floor((q - reach - x.max()) / self.length))
        last = int(np.ceil((q + reach - x.min()) / self.length))
        return sum(np.exp(-2j * np.pi * self.theta * n) * self.packet.state(x + n * self.length, t)
                   for n in range(first, last + 1))


@final
@dataclass(frozen=True)
class AharonovBohmRing:
    """A ring of length L in the sector θ with a constant A: E_n = (2πħ(n + θ)/L − A)²/2m, current v/L, v = (ħk_n − A)/m.

    The charge is 1. ψ = e^{iAx/ħ} ψ' takes A away, and ψ' lives in the sector θ − AL/2πħ: a flux is a twist.
    Y. Aharonov and D. Bohm, Phys. Rev. 115, 485 (1959).

    >>> AharonovBohmRing(length=2 * np.pi, vector_potential=0.25).levels(2).tolist()
    [0.03125, 0.28125]
    """

    length: float
    vector_potential: float
    theta: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        checks.real("vector_potential", self.vector_potential)

    @property
    def equivalent(self) -> TwistedRing:
        """The ring without A."""
        flux = self.vector_potential * self.length / (2 * np.pi * self.hbar)
        return TwistedRing(self.length, self.theta - flux, self.mass, self.hbar)

    def hamiltonian(self, points: int) -> Hamiltonian:
        return Hamiltonian(Grid(points, (0.0, self.length), twist=self.theta), 0.0, mass=self.mass, hbar=self.hbar,
                           vector_potential=self.vector_potential)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, ascending."""
        return self.equivalent.levels(k)

    def current(self, n: int) -> float:
        """Passages a unit of time, (ħk_n − A)/mL = −∂E_n/∂(AL)."""
        return (2 * np.pi * self.hbar * (n + self.theta) / self.length - self.vector_potential) / (self.mass * self.length)

    def packet_state(self, x: Any, t: float, packet: GaussianPacket) -> np.ndarray:
        """ψ(x, t) of a free packet whose momentum is the kinetic one, mv = p − A."""
        images = RingPacket(packet, self.length, self.equivalent.theta)
        return np.exp(1j * self.vector_potential * np.asarray(x) / self.hbar) * images.state(x, t)


@final
@dataclass(frozen=True)
class MathieuBands:
    """V = v cos 2x on one cell 0 ≤ x < π in the sector θ: levels (ħ²/2m) a, a the values for the exponent ν = 2(n + θ).

    q = mv/ħ². θ = 0: a_0, b_2, a_2, …; θ = ½: b_1, a_1, b_3, …. Else from Hill's infinite tridiagonal determinant
    (a − (ν + 2j)²)c_j = q(c_{j−1} + c_{j+1}), cut at |j| ≤ 60. NIST DLMF 28.12, 28.29.

    >>> MathieuBands(strength=0.0).levels(0.25, 3).tolist()
    [0.125, 1.125, 3.125]
    """

    strength: float
    mass: float = 1.0
    hbar: float = 1.0

    def hamiltonian(self, points: int, theta: float) -> Hamiltonian:
        return Hamiltonian(Grid(points, (0.0, np.pi), twist=theta), lambda x: self.strength * np.cos(2 * x), mass=self.mass,
                           hbar=self.hbar)

    def levels(self, theta: float, k: int) -> np.ndarray:
        """The k lowest levels in the sector θ, ascending."""
        k = checks.integer("k", k, least=1)
        q, unit = self.mass * self.strength / self.hbar**2, self.hbar**2 / (2 * self.mass)
        if theta % 0.5 == 0:
            first = int(theta % 1 == 0.5)
            orders = range(first, first + 2 * k, 2)
            found = [mathieu_a(n, q) for n in orders] + [mathieu_b(n, q) for n in orders if n > 0]
        else:
            j = np.arange(-60, 61)
            found = eigvalsh_tridiagonal(4.0 * (j + theta) ** 2, np.full(120, q))
        return unit * np.sort(found)[:k] + 0.0


@final
@dataclass(frozen=True)
class MathieuRing:
    """V = v cos 2x on the ring 0 ≤ x < 2π: levels (ħ²/2m) a with a the characteristic values a_n(q), b_n(q), q = mv/ħ².

    Abramowitz and Stegun, 20.1.1.

    >>> MathieuRing(strength=0.0).levels(3).tolist()
    [0.0, 0.5, 0.5]
    """

    strength: float
    mass: float = 1.0
    hbar: float = 1.0

    def hamiltonian(self, points: int) -> Hamiltonian:
        return Hamiltonian(Grid(points, (0.0, 2 * np.pi)), lambda x: self.strength * np.cos(2 * x), mass=self.mass,
                           hbar=self.hbar)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, ascending."""
        k = checks.integer("k", k, least=1)
        q, unit = self.mass * self.strength / self.hbar**2, self.hbar**2 / (2 * self.mass)
        even = [mathieu_a(n, q) for n in range(k)]
        odd = [mathieu_b(n, q) for n in range(1, k + 1)]
        return unit * np.sort(even + odd)[:k] + 0.0


@final
@dataclass(frozen=True)
class MetricRing:
    """The ring 0 ≤ q < 2π with g(q) = (1 + ε cos q)²: proper length s = q + ε sin q, again a ring of 2π.

    What is known in s is known in q: scalar ψ(q) = ψ_s(s(q)), half-density Φ = g^{1/4} ψ, V(q) = V_s(s(q)).
    """

    epsilon: float

    def __post_init__(self):
        checks.real("epsilon", self.epsilon, above=-1, most=0.99)

    def metric(self, q: Any) -> np.ndarray:
        return (1 + self.epsilon * np.cos(q)) ** 2

    def proper_length(self, q: Any) -> np.ndarray:
        return q + self.epsilon * np.sin(q)

    def hamiltonian(self, points: int, strength: float = 0.0, *, mass: float = 1.0, hbar: float = 1.0) -> Hamiltonian:
        """−(ħ²/2m)Δ_g + v cos 2s(q): the levels are those of MathieuRing(v)."""
        return Hamiltonian(Grid(points, (0.0, 2 * np.pi)), lambda q: strength * np.cos(2 * self.proper_length(q)), mass=mass,
                           hbar=hbar, metric=self.metric)

    def half_density(self, q: Any, packet: RingPacket, t: float) -> np.ndarray:
        """Φ(q, t) of a packet known in s."""
        return self.metric(q) ** 0.25 * packet.state(self.proper_length(np.asarray(q)), t)
