"""Waves of nonlinear equations that keep or regain their shape: Gross–Pitaevskii solitons, one of them kept alive by a gain, and
the logarithmic gausson."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["BrightSoliton", "DissipativeSoliton", "Gausson", "SolitonBreather"]


@final
@dataclass(frozen=True)
class BrightSoliton:
    """iħ∂_tψ = −(ħ²/2m)ψ'' − γ|ψ|²ψ, ∫|ψ|² = 1: ψ = √(κ/2) sech κ(x − q) exp{(i/ħ)[px − (p²/2m − ħ²κ²/2m)t]}, q = c + pt/m.

    κ = mγ/2ħ². V. E. Zakharov and A. B. Shabat, Sov. Phys. JETP 34, 62 (1972).

    >>> BrightSoliton(attraction=4.0).inverse_width
    2.0
    """

    attraction: float
    center: float = 0.0
    momentum: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _check(self, "attraction")

    @property
    def inverse_width(self) -> float:
        """κ."""
        return self.mass * self.attraction / (2 * self.hbar**2)

    def nonlinearity(self, density: Any) -> Any:
        """f(|ψ|²) = −γ|ψ|²."""
        return -self.attraction * density

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, 0.0, mass=self.mass, hbar=self.hbar, nonlinearity=self.nonlinearity)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        kappa, x = self.inverse_width, np.asarray(x, dtype=float)
        internal = (self.hbar * kappa) ** 2 / (2 * self.mass)
        distance = x - self.center - self.momentum * t / self.mass
        return (kappa / 2) ** 0.5 / np.cosh(kappa * distance) * _moving(self, x, t, -internal)

    @property
    def energy(self) -> float:
        """⟨T⟩ − ½γ∫|ψ|⁴ = p²/2m − ħ²κ²/6m, conserved."""
        return (self.momentum**2 - (self.hbar * self.inverse_width) ** 2 / 3) / (2 * self.mass)


@final
@dataclass(frozen=True)
class DissipativeSoliton:
    """iħ∂_tψ = −(ħ²/2m)ψ'' + [−γ|ψ|² + i(Γ − η|ψ|²)]ψ: a soliton that gains as much as it loses by pairs, and keeps its shape.

        ψ = A (sech κ(x − q))^{1 + id} exp{(i/ħ)[px − (p²/2m − (1 − d²)ħ²κ²/2m)t]},   q = c + pt/m
        A² = (2 − d²)ħ²κ²/2mγ,   Γ = ħ²κ²d/m,   η = 3dγ/(2 − d²)

    The chirp d, 0 < d < √2, with the ``inverse_width`` κ makes the gain Γ and the loss η. Where ψ is 0 the gain lets everything
    grow like e^{Γt/ħ}, rounding too. N. R. Pereira and L. Stenflo, Phys. Fluids 20, 1733 (1977).

    >>> round(DissipativeSoliton(attraction=1.0, chirp=0.5).loss, 6)
    0.857143
    """

    attraction: float
    chirp: float
    inverse_width: float = 1.0
    center: float = 0.0
    momentum: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _check(self, "attraction", "inverse_width")
        if not 0 < checks.real("chirp", self.chirp) < 2**0.5:
            checks.fail("chirp", "must lie between 0 and √2", self.chirp)

    @property
    def gain(self) -> float:
        """Γ."""
        return self.hbar**2 * self.inverse_width**2 * self.chirp / self.mass

    @property
    def loss(self) -> float:
        """η."""
        return 3 * self.chirp * self.attraction / (2 - self.chirp**2)

    def nonlinearity(self, density: Any) -> Any:
        """f(|ψ|²) = −γ|ψ|² + i(Γ − η|ψ|²)."""
        return -(self.attraction + 1j * self.loss) * density + 1j * self.gain

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, 0.0, mass=self.mass, hbar=self.hbar, nonlinearity=self.nonlinearity)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        x, internal = np.asarray(x, dtype=float), (self.hbar * self.inverse_width) ** 2 / (2 * self.mass)
        height = ((2 - self.chirp**2) * internal / self.attraction) ** 0.5
        distance = x - self.center - self.momentum * t / self.mass
        shape = np.exp(-(1 + 1j * self.chirp) * np.log(np.cosh(self.inverse_width * distance)))
        return height * shape * _moving(self, x, t, -(1 - self.chirp**2) * internal)


@final
@dataclass(frozen=True)
class SolitonBreather:
    """The bound state of two solitons: |ψ| repeats with the period T = πm/2ħκ², ψ(x, 0) = √(κ/2) sech κx, ∫|ψ|² = 1.

        ψ = 2√(κ/2) e^{iτ/2} [cosh 3κx + 3e^{4iτ} cosh κx] / [cosh 4κx + 4 cosh 2κx + 3 cos 4τ],   τ = ħκ²t/m

    κ = mγ/8ħ²: four times the attraction of a soliton of this width. J. Satsuma and N. Yajima, Suppl. Prog. Theor. Phys. 55,
    284 (1974).
    """

    attraction: float
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        for name, value in vars(self).items():
            checks.real(name, value, above=0)

    @property
    def inverse_width(self) -> float:
        """κ."""
        return self.mass * self.attraction / (8 * self.hbar**2)

    @property
    def period(self) -> float:
        """T."""
        return np.pi * self.mass / (2 * self.hbar * self.inverse_width**2)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, 0.0, mass=self.mass, hbar=self.hbar, nonlinearity=lambda density: -self.attraction * density)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t); numerator and denominator are scaled by e^{−4κ|x|}."""
        y, tau = self.inverse_width * np.abs(np.asarray(x, dtype=float)), self.hbar * self.inverse_width**2 * t / self.mass

        def scaled_cosh(n):
            return 0.5 * (np.exp((n - 4) * y) + np.exp(-(n + 4) * y))

        over = scaled_cosh(3) + 3 * np.exp(4j * tau) * scaled_cosh(1)
        under = scaled_cosh(4) + 4 * scaled_cosh(2) + 3 * np.cos(4 * tau) * np.exp(-4 * y)
        return 2 * (self.inverse_width / 2) ** 0.5 * np.exp(0.5j * tau) * over / under


@final
@dataclass(frozen=True)
class Gausson:
    """iħ∂_tψ = −(ħ²/2m)ψ'' − b ln|ψ|² ψ, ∫|ψ|² = 1: a Gaussian that moves freely and does not spread, |ψ|² of variance ħ²/4mb.

        ψ = (2πw²)^{-1/4} exp{−(x − q)²/4w² + (i/ħ)[px − (p²/2m + E)t]},   w² = ħ²/4mb,   E = b + ½b ln 2πw²

    I. Białynicki-Birula and J. Mycielski, Ann. Phys. 100, 62 (1976). |ψ|² is counted in units of 1/length.

    >>> Gausson(strength=1.0).width
    0.5
    """

    strength: float
    center: float = 0.0
    momentum: float = 0.0
    mass: float = 1.0
    hbar: float = 1.0

    def __post_init__(self):
        _check(self, "strength")

    @property
    def width(self) -> float:
        """w, the standard deviation of |ψ|²."""
        return self.hbar / (2 * (self.mass * self.strength) ** 0.5)

    def nonlinearity(self, density: Any) -> Any:
        """f(|ψ|²) = −b ln|ψ|²."""
        return -self.strength * np.log(density)

    def hamiltonian(self, grid: Grid) -> Hamiltonian:
        return Hamiltonian(grid, 0.0, mass=self.mass, hbar=self.hbar, nonlinearity=self.nonlinearity)

    def state(self, x: Any, t: float) -> np.ndarray:
        """ψ(x, t)."""
        x, area = np.asarray(x, dtype=float), 2 * np.pi * self.width**2
        internal = self.strength * (1 + 0.5 * np.log(area))
        distance = x - self.center - self.momentum * t / self.mass
        return area**-0.25 * np.exp(-((distance / (2 * self.width)) ** 2)) * _moving(self, x, t, internal)


def _moving(wave: Any, x: np.ndarray, t: float, internal: float) -> np.ndarray:
    """exp{(i/ħ)[px − (p²/2m + E)t]}."""
    return np.exp(1j / wave.hbar * (wave.momentum * x - (wave.momentum**2 / (2 * wave.mass) + internal) * t))


def _check(wave: Any, *positive: str) -> None:
    for name in ("center", "momentum"):
        checks.real(name, getattr(wave, name))
    for name in (*positive, "mass", "hbar"):
        checks.real(name, getattr(wave, name), above=0)
