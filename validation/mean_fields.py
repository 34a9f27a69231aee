"""Closed forms of condensates carried over to curved lines, to other gauges, to coupled states and to imaginary time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

import qlearn as ql

__all__ = ["Cooled", "Coupled", "Curved", "Gauged"]


@final
@dataclass(frozen=True)
class Curved:
    """A problem on the line x, in the coordinate q with x = q + b sin κq: g = x'², and √x' ψ(x(q), t) is its half-density.

    ``scalar`` False takes f(|Φ|²) of the half-density in the place of f(|ψ|²): a mistake, for a control.
    """

    problem: Any
    bend: float = 0.6
    wavenumber: float = 0.4
    scalar: bool = True

    def hamiltonian(self, grid: ql.Grid) -> ql.Hamiltonian:
        p = self.problem
        f = p.nonlinearity if self.scalar else lambda n: p.nonlinearity(n * self.slope(grid.axes[0]))
        return ql.Hamiltonian(grid, 0.0, mass=p.mass, hbar=p.hbar, metric=lambda q: self.slope(q) ** 2, nonlinearity=f)

    def slope(self, q: Any) -> Any:
        """x'(q)."""
        return 1 + self.bend * self.wavenumber * np.cos(self.wavenumber * q)

    def state(self, q: Any, t: float) -> np.ndarray:
        return np.sqrt(self.slope(q)) * self.problem.state(q + self.bend * np.sin(self.wavenumber * q), t)


@final
@dataclass(frozen=True)
class Gauged:
    """A problem with A = ∂χ and V − ∂_tχ: exp(iχ/ħ)ψ, χ = b sin(κx − ωt). ``with_field`` False leaves A out, for a control."""

    problem: Any
    bend: float = 1.25
    wavenumber: float = 0.4
    frequency: float = 0.0
    with_field: bool = True

    def hamiltonian(self, grid: ql.Grid) -> ql.Hamiltonian:
        p, moving = self.problem, self.frequency != 0
        given: dict[str, Any] = {"mass": p.mass, "hbar": p.hbar, "nonlinearity": p.nonlinearity, "time_dependent": moving}
        field: Callable[..., Any] = self._field if moving else (lambda x: self._field(0.0, x))
        return ql.Hamiltonian(grid, (lambda t, x: self.frequency / self.wavenumber * self._field(t, x)) if moving else 0.0,
                              vector_potential=field if self.with_field else None, **given)

    def _field(self, t: float, x: Any) -> Any:
        """∂χ, which is −∂_tχ κ/ω too."""
        return self.bend * self.wavenumber * np.cos(self.wavenumber * x - self.frequency * t)

    def state(self, x: Any, t: float) -> np.ndarray:
        chi = self.bend * np.sin(self.wavenumber * x - self.frequency * t)
        return np.exp(1j * chi / self.problem.hbar) * self.problem.state(x, t)


@final
@dataclass(frozen=True)
class Coupled:
    """Two states with f of their whole density and a coupling Ω that turns one into the other: a spinor times the problem."""

    problem: Any
    coupling: float = 0.8
    first: complex = 0.8
    second: complex = 0.6j

    def hamiltonian(self, grid: ql.Grid) -> ql.Hamiltonian:
        p, flip = self.problem, np.array([[0.0, self.coupling], [self.coupling, 0.0]])
        return ql.Hamiltonian(grid, np.multiply.outer(flip, np.ones(grid.shape)), mass=p.mass, hbar=p.hbar,
                              nonlinearity=lambda n: p.nonlinearity(np.sum(n, axis=-2, keepdims=True)) + 0 * n)

    def state(self, x: Any, t: float) -> np.ndarray:
        even, odd = np.cos(self.coupling * t / self.problem.hbar), -1j * np.sin(self.coupling * t / self.problem.hbar)
        spinor = np.array([even * self.first + odd * self.second, even * self.second + odd * self.first])
        return np.multiply.outer(spinor, self.problem.state(x, t))


@final
@dataclass(frozen=True)
class Cooled:
    """−½ψ'' + ½x²ψ − c ln|ψ|² ψ in imaginary time: exp(−ax²/2) with ȧ = 1 + 2ca − a², whose roots are a± = c ± √(c² + 1)."""

    strength: float = 0.5
    start: float = 3.0
    mass: float = 1.0
    hbar: float = 1.0

    def hamiltonian(self, grid: ql.Grid) -> ql.Hamiltonian:
        return ql.Hamiltonian(grid, lambda x: 0.5 * x**2, nonlinearity=lambda n: -self.strength * np.log(n))

    def state(self, x: Any, t: float) -> np.ndarray:
        upper, lower = self.strength + np.hypot(self.strength, 1), self.strength - np.hypot(self.strength, 1)
        left = (self.start - upper) / (self.start - lower) * np.exp(-(upper - lower) * t)
        a = (upper - lower * left) / (1 - left)
        return (a / np.pi) ** 0.25 * np.exp(-a * np.asarray(x) ** 2 / 2) + 0j
