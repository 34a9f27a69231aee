"""Wells with known levels and states: Morse, and Pöschl–Teller, whose integer cases reflect nothing."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.special import eval_genlaguerre, gammaln

from qlearn import checks
from qlearn.exact.gaussians import GaussianPacket
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["Morse", "PoschlTeller", "ReflectionlessPacket"]


@final
@dataclass(frozen=True)
class Morse:
    """V = D(1 − e^{−ax})²: E_n = ħω(n + ½) − [ħω(n + ½)]²/4D, ω = a√(2D/m), for n < λ − ½, λ = √(2mD)/aħ.

    ψ_n ∝ z^{λ−n−½} e^{−z/2} L_n^{(2λ−2n−1)}(z), z = 2λe^{−ax}. P. M. Morse, Phys. Rev. 34, 57 (1929).
    For D → ∞ at fixed ω: the oscillator.

    >>> Morse(depth=8.0, inverse_width=0.5).energy(0)
    0.96875
    """

    depth: float
    inverse_width: float
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _all_positive(self)

    @property
    def strength(self) -> float:
        """λ = √(2mD)/aħ."""
        return (2 * self.mass * self.depth) ** 0.5 / (self.inverse_width * self.hbar)

    @property
    def bound(self) -> int:
        """The number of bound states."""
        return int(np.ceil(self.strength - 0.5))

    def potential(self, x: Any) -> np.ndarray:
        return self.depth * np.expm1(-self.inverse_width * np.asarray(x, dtype=float)) ** 2

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H on a grid that should reach far enough: V grows fast to the left, states fall off slowly to the right."""
        return Hamiltonian(grid, self.potential, mass=self.mass, hbar=self.hbar)

    def energy(self, n: int) -> float:
        """E_n."""
        checks.integer("n", n, least=0, most=self.bound - 1)
        quantum = self.hbar * self.inverse_width * (2 * self.depth / self.mass) ** 0.5 * (n + 0.5)
        return quantum - quantum**2 / (4 * self.depth)

    def eigenstate(self, x: Any, n: int) -> np.ndarray:
        """ψ_n(x), real, positive at x → ∞."""
        checks.integer("n", n, least=0, most=self.bound - 1)
        power = self.strength - n - 0.5
        log_z = np.log(2 * self.strength) - self.inverse_width * np.asarray(x, dtype=float)
        z = np.exp(np.minimum(log_z, 700.0))
        log_norm = 0.5 * (np.log(2 * self.inverse_width * power) + gammaln(n + 1) - gammaln(2 * self.strength - n))
        return np.exp(power * log_z - z / 2 + log_norm) * eval_genlaguerre(n, 2 * power, np.minimum(z, 1e6))

    def state(self, x: Any, t: float, weights: Any) -> np.ndarray:
        """Σ_n c_n e^{−iE_n t/ħ} ψ_n(x); ``weights`` c_0, c_1, …"""
        return _superposition(self, x, t, weights)


@final
@dataclass(frozen=True)
class PoschlTeller:
    """V = −(ħ²a²/2m) λ(λ + 1) / cosh² ax: E_n = −(ħ²a²/2m)(λ − n)², n < λ; nothing is reflected where λ is an integer.

    G. Pöschl and E. Teller, Z. Phys. 83, 143 (1933); Landau and Lifshitz, Quantum Mechanics, §23.

    >>> PoschlTeller(index=2.0).levels(2).tolist()
    [-2.0, -0.5]
    """

    index: float
    inverse_width: float = 1.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _all_positive(self)

    @property
    def unit(self) -> float:
        """ħ²a²/2m."""
        return (self.hbar * self.inverse_width) ** 2 / (2 * self.mass)

    @property
    def bound(self) -> int:
        """The number of bound states."""
        return int(np.ceil(self.index))

    def potential(self, x: Any) -> np.ndarray:
        return -self.unit * self.index * (self.index + 1) / np.cosh(self.inverse_width * np.asarray(x, dtype=float)) ** 2

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, self.potential, mass=self.mass, hbar=self.hbar)

    def levels(self, k: int) -> np.ndarray:
        """The k lowest bound levels, ascending."""
        checks.integer("k", k, least=1, most=self.bound)
        return -self.unit * (self.index - np.arange(k)) ** 2

    def reflection(self, wavenumber: Any) -> np.ndarray:
        """The probability of reflection at k: sin²πλ / (sin²πλ + sinh²(πk/a))."""
        wave = np.sinh(np.pi * np.asarray(wavenumber, dtype=float) / self.inverse_width) ** 2
        return np.sin(np.pi * self.index) ** 2 / (np.sin(np.pi * self.index) ** 2 + wave)


@final
@dataclass(frozen=True)
class ReflectionlessPacket:
    """A packet that passes V = −(ħ²a²/m)/cosh² ax (Pöschl–Teller, λ = 1) with no reflection at any time.

        ψ = N (a tanh ax − ∂) φ,    N⁻² = ⟨φ|a² − ∂²|φ⟩ = a² + ⟨p²⟩/ħ²

    φ a free packet: A† = a tanh ax − ∂ takes solutions with V = 0 to solutions with this V, since AA† = a² − ∂².
    F. Cooper, A. Khare, U. Sukhatme, Phys. Rep. 251, 267 (1995), section 2.
    """

    packet: GaussianPacket
    inverse_width: float = 1.0

    def __post_init__(self):
        checks.real("inverse_width", self.inverse_width, above=0)
        if self.packet.omega != 0 or self.packet.chirp != 0:
            checks.fail("packet", "must be free and without chirp (omega = chirp = 0)", self.packet)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return PoschlTeller(1.0, self.inverse_width, self.packet.mass, self.packet.hbar).hamiltonian(grid)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        x, free = np.asarray(x, dtype=float), self.packet
        wave, spread = free.momentum / free.hbar, 1 / (4 * free.width**2)
        opened = 1 + 0.5j * free.hbar * t / (free.mass * free.width**2)
        slope = 1j * wave - 2 * spread * (x - free.path(t)[0]) / opened          # φ'/φ
        norm = (self.inverse_width**2 + wave**2 + spread) ** -0.5
        return norm * (self.inverse_width * np.tanh(self.inverse_width * x) - slope) * free.state(x, t)


def _all_positive(problem: Any) -> None:
    for name, value in vars(problem).items():
        checks.real(name, value, above=0)


def _superposition(well: Any, x: Any, t: float, weights: Any) -> np.ndarray:
    return sum(weight * np.exp(-1j * well.energy(n) * t / well.hbar) * well.eigenstate(x, n)
               for n, weight in enumerate(weights))
