"""Oscillators beyond one constant frequency: a frequency that is modulated in time, and any quadratic Hamiltonian.

The paths of a quadratic Hamiltonian are linear in their start, and a Gaussian packet stays one: the same formula as in
qlearn.exact.gaussians, with Z and mŻ the paths of the columns of (1, A_0). E. J. Heller, J. Chem. Phys. 62, 1544 (1975).
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg import expm

from qlearn import checks
from qlearn.exact.gaussians import check_packet, packet_of, spreading_of
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["ModulatedOscillator", "QuadraticPacket"]


@final
@dataclass(frozen=True)
class ModulatedOscillator:
    """A packet in V(t, x) = ½mω(t)²x², with ω(t)² chosen so that Ermakov's equation ρ̈ + ω²ρ = ρ⁻³ is solved in closed form.

        ρ = s^{-1/2},   s = c (1 + ε cos Ωt),   ω² = s² + s̈/2s − ¾(ṡ/s)²,   paths ρ cos τ and ρ sin τ,   τ = ∫ s dt

    c is ``rate``, ε ``modulation``, Ω ``drive``; ω² may be negative for a time. V. P. Ermakov (1880); H. R. Lewis and
    W. B. Riesenfeld, J. Math. Phys. 10, 1458 (1969). ε = 0 is GaussianPacket with ω = c.

    >>> plain = ModulatedOscillator(center=1.0, width=0.5**0.5, rate=1.0, modulation=0.0, drive=1.0)
    >>> bool(np.allclose(plain.state(np.linspace(-3, 3, 7), 2 * np.pi), -plain.state(np.linspace(-3, 3, 7), 0)))
    True
    """

    center: float
    width: float
    rate: float
    modulation: float
    drive: float
    momentum: float = 0.0
    chirp: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        check_packet(self)
        checks.real("rate", self.rate, above=0)
        checks.real("drive", self.drive, above=0)
        checks.real("modulation", self.modulation, least=-0.99, most=0.99)

    def frequency_squared(self, t: float) -> float:
        """ω(t)²."""
        s, first, second = self._speed(t)
        return s**2 + second / (2 * s) - 0.75 * (first / s) ** 2

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H(t) on a grid that should be wide enough for the packet never to reach its ends."""
        return Hamiltonian(grid, lambda t, x: 0.5 * self.mass * self.frequency_squared(t) * x**2, mass=self.mass,
                           hbar=self.hbar, time_dependent=True)

    def path(self, t: float) -> tuple[float, float]:
        """The classical (q, p) at t."""
        cos, sine, cos_rate, sine_rate = self._paths(t)
        return (self.center * cos + self.momentum / self.mass * sine,
                self.mass * self.center * cos_rate + self.momentum * sine_rate)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        q, p = self.path(t)
        spreading = spreading_of(self, *self._paths(t), self._angle(t))
        return packet_of(self, x, q, p, 0.5 * (p * q - self.momentum * self.center), spreading)

    def _speed(self, t: float) -> tuple[float, float, float]:
        """s and its first two derivatives."""
        swing, turned = self.rate * self.modulation, self.drive * t
        return (self.rate + swing * float(np.cos(turned)), -swing * self.drive * float(np.sin(turned)),
                -swing * self.drive**2 * float(np.cos(turned)))

    def _angle(self, t: float) -> float:
        return self.rate * (t + self.modulation / self.drive * float(np.sin(self.drive * t)))

    def _paths(self, t: float) -> tuple[float, float, float, float]:
        """The paths from (1, 0) and (0, 1) at t and their rates; ṡ(0) = 0."""
        s, first, _ = self._speed(t)
        start, tau = self._speed(0.0)[0], self._angle(t)
        scale, shrink = (start / s) ** 0.5, -0.5 * first / s
        cos, sine = scale * float(np.cos(tau)), scale * float(np.sin(tau)) / start
        return cos, sine, shrink * cos - s * start * sine, shrink * sine + s * cos / start


@final
@dataclass(frozen=True, eq=False)
class QuadraticPacket:
    """A packet in d dimensions under H = ½(p − Bx)ᵀM⁻¹(p − Bx) + ½xᵀKx: coupled oscillators, magnetic fields, both.

    Parameters
    ----------
    center, width, momentum : (d,); ψ(x, 0) = Π(2πw²)^{-1/4} exp(−(x − c)²/4w² + ip·x/ħ), that of ql.gaussian.
    stiffness : K, (d, d) symmetric.      mass : M, (d, d) symmetric positive definite, or a number.
    field : B of the vector potential A = Bx, (d, d), or None; [[0, −b/2], [b/2, 0]] is the symmetric gauge of a field b.

    >>> packet = QuadraticPacket([1.0, 0.0], [0.5**0.5, 0.5**0.5], [0.0, 1.0], np.eye(2))
    >>> packet.frequencies.round(12).tolist()
    [1.0, 1.0]
    """

    center: Any
    width: Any
    momentum: Any
    stiffness: Any
    mass: Any = 1.0
    field: Any = None
    hbar: float = 1.0

    def __post_init__(self):
        center = checks.finite_array("center", self.center, shape=(None,))
        d = center.size
        mass = np.eye(d) * self.mass if np.ndim(self.mass) == 0 else self.mass
        field = np.zeros((d, d)) if self.field is None else self.field
        given = {"center": center, "width": checks.finite_array("width", self.width, shape=(d,)),
                 "momentum": checks.finite_array("momentum", self.momentum, shape=(d,)),
                 "stiffness": checks.finite_array("stiffness", self.stiffness, shape=(d, d)),
                 "mass": checks.finite_array("mass", mass, shape=(d, d)),
                 "field": checks.finite_array("field", field, shape=(d, d))}
        for name, value in given.items():
            value = np.array(value)
            value.flags.writeable = False
            object.__setattr__(self, name, value)
        if np.any(self.width <= 0):
            checks.fail("width", "must be positive", self.width)
        checks.real("hbar", self.hbar, above=0)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        """H on a grid that should be wide enough for the packet never to reach its ends."""
        moving = None if not np.any(self.field) else lambda *x: np.tensordot(self.field, np.stack(x), axes=1)
        mass = self.mass[0, 0] if np.array_equal(self.mass, self.mass[0, 0] * np.eye(len(self.mass))) else self.mass
        return Hamiltonian(grid, self.potential, mass=mass, hbar=self.hbar, vector_potential=moving)

    def potential(self, *x: Any) -> np.ndarray:
        """½xᵀKx."""
        point = np.stack(np.broadcast_arrays(*x))
        return 0.5 * np.einsum("i...,ij,j...->...", point, self.stiffness, point)

    @property
    def generator(self) -> np.ndarray:
        """The matrix of d(x, p)/dt = G(x, p), (2d, 2d)."""
        inverse, b = np.linalg.inv(self.mass), self.field
        return np.block([[-inverse @ b, inverse], [-(self.stiffness + b.T @ inverse @ b), b.T @ inverse]])

    @property
    def frequencies(self) -> np.ndarray:
        """The d normal frequencies, ascending, where H > 0: the levels are Σ ħω_j (n_j + ½)."""
        return np.sort(np.abs(np.linalg.eigvals(self.generator).imag))[::2]

    def levels(self, k: int) -> np.ndarray:
        """The k lowest levels, ascending, where H > 0."""
        k = checks.integer("k", k, least=1)
        found = np.zeros(1)
        for omega in self.hbar * self.frequencies:
            found = np.sort(np.add.outer(found, omega * (np.arange(k) + 0.5)).ravel())[:k]
        return found

    def path(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """The classical (q, p) at t, (d,) each."""
        moved = expm(t * self.generator) @ np.concatenate([self.center, self.momentum])
        return moved[:self.center.size], moved[self.center.size:]

    def state(self, *x: Any, t: float) -> np.ndarray:
        """ψ(x, t) at the coordinates x, one array an axis."""
        (q, p), (z, slope) = self.path(t), self._spreading(t)
        y = np.stack(np.broadcast_arrays(*x)) - q.reshape(-1, *[1] * np.broadcast(*x).ndim)
        curved = 0.5 * np.einsum("i...,ij,j...->...", y, slope @ np.linalg.inv(z), y)
        action = 0.5 * (p @ q - self.momentum @ self.center) + self.momentum @ self.center
        phase = (curved + np.tensordot(p, y, axes=1) + action) / self.hbar
        size = np.prod(2 * np.pi * self.width**2) ** -0.25 * abs(np.linalg.det(z)) ** -0.5
        return size * np.exp(1j * phase - 0.5j * self._turned(t))

    def _spreading(self, t: float) -> tuple[np.ndarray, np.ndarray]:
        """Z and its momentum, the paths of the columns of (1, A_0)."""
        moved = expm(t * self.generator) @ self._columns
        return moved[:self.center.size], moved[self.center.size:]

    @property
    def _columns(self) -> np.ndarray:
        return np.concatenate([np.eye(self.center.size), np.diag(0.5j * self.hbar / self.width**2)])

    def _turned(self, t: float) -> float:
        """The phase of det Z, followed from Z(0) = 1 in steps of 1/50 of the fastest motion, of Z or where Z is nearly 0."""
        columns, d, generator = self._columns, self.center.size, self.generator
        curvatures = np.abs(np.diag(columns[d:]))
        rates = (np.linalg.norm(generator[:d, d:], 2) * curvatures.max(),
                 np.linalg.norm(generator[d:, :d], 2) / curvatures.min(), np.abs(np.linalg.eigvals(generator)).max())
        steps = 1 + int(50 * abs(t) * max(rates))
        move = expm(t / steps * generator)
        phases = np.zeros(steps + 1)
        for n in range(steps):
            columns = move @ columns
            phases[n + 1] = np.angle(np.linalg.det(columns[:d]))
        return float(np.unwrap(phases)[-1])
