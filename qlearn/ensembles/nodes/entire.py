"""Entire functions p(q) with p(q + L) = exp(2πiθ) p(q): values, derivatives, zeros.

Every zero z of p is a pole of w = p'/p = ∂ ln p whose residue is the multiplicity, 1 if simple: a field given by such a p has
poles of unit residue and no others, wherever they are and however many.  A line is a box so long that p vanishes at its ends.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qlearn.kernels.log_derivative import cubic_cells, log_derivative, log_derivative_and_rate, log_derivative_between

__all__ = ["Circle", "Reader"]

_FLOOR = 1e-9           # Fourier coefficients below this, relative to the largest, are left out where zeros are sought


@dataclass(frozen=True, eq=False)
class Circle:
    """The points a + jL/n, j = 0 … n − 1, and the wave numbers 2π(k + θ)/L."""

    a: float
    length: float
    n: int
    theta: float = 0.0

    @cached_property
    def points(self) -> np.ndarray:
        return self.a + self.length / self.n * np.arange(self.n)

    @cached_property
    def numbers(self) -> np.ndarray:
        """k = 0, 1, …, −1 in FFT order."""
        return np.round(np.fft.fftfreq(self.n, 1 / self.n)).astype(np.int64)

    @cached_property
    def wavenumbers(self) -> np.ndarray:
        return 2 * np.pi / self.length * (self.numbers + self.theta)

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.n,)

    @property
    def cell(self) -> float:
        """The distance of the points."""
        return self.length / self.n

    @property
    def circles(self) -> tuple["Circle", ...]:
        return (self,)

    @property
    def mesh(self) -> np.ndarray:
        """The points as (1, n)."""
        return self.points[None]

    @property
    def wavevectors(self) -> tuple[np.ndarray, ...]:
        return (self.wavenumbers,)

    @cached_property
    def square(self) -> np.ndarray:
        """k² of every mode."""
        return self.wavenumbers**2

    @cached_property
    def _turn(self) -> np.ndarray:
        """exp(2πiθ(q − a)/L): p over this is periodic."""
        return np.exp(2j * np.pi * self.theta * np.arange(self.n) / self.n)

    def modes(self, p: np.ndarray) -> np.ndarray:
        """Fourier coefficients (n,): p = Σ_k c_k exp(i(2π/L)(k + θ)(q − a))."""
        return np.fft.fft(p / self._turn if self.theta else p) / self.n

    def values(self, modes: np.ndarray) -> np.ndarray:
        p = np.fft.ifft(modes) * self.n
        return p * self._turn if self.theta else p

    def resampled(self, p: np.ndarray, finer: "Circle") -> np.ndarray:
        """The same function at more points."""
        modes = np.zeros(finer.n, dtype=complex)
        modes[self.numbers] = self.modes(p)
        return finer.values(modes)

    def tail(self, p: np.ndarray) -> float:
        """The share of Σ|c|² in the outer quarter of the band: what the points do not resolve shows there."""
        power = np.abs(self.modes(p))**2
        return float(power[np.abs(self.numbers) > 3 * self.n // 8].sum() / power.sum())

    def steps(self, p: np.ndarray) -> np.ndarray:
        """Changes of arg p from point to point (n,), each in (−π, π]; on a ring they add up to 2π(winding + θ)."""
        following = np.append(p[1:], p[0] * np.exp(2j * np.pi * self.theta))
        return np.angle(following * np.conj(p))

    def winding(self, p: np.ndarray) -> int:
        """n of ∮∂φ dq = 2πħ(n + θ), whole by construction."""
        return round(float(self.steps(p).sum()) / (2 * np.pi) - self.theta)

    def zeros_within(self, p: np.ndarray, height: float) -> int:
        """How many zeros have |Im z| < height, by the argument principle: the change of arg p along both edges."""
        modes, edges = self.modes(p), []
        modes = np.where(np.abs(modes) > _FLOOR * np.abs(modes).max(), modes, 0)
        for shift in (-height, height):
            exponent = -self.wavenumbers * shift
            exponent -= exponent[modes != 0].max()
            edges.append(self.steps(self.values(np.where(modes != 0, modes * np.exp(np.minimum(exponent, 0)), 0))).sum())
        return round(float(edges[0] - edges[1]) / (2 * np.pi))

    def zeros(self, p: np.ndarray, height: float) -> np.ndarray:
        """The zeros with |Im z| ≤ height, as roots of the polynomial in exp(2πi(q − a)/L)."""
        order = np.argsort(self.numbers)
        modes = self.modes(p)[order]
        seen = np.nonzero(np.abs(modes) > _FLOOR * np.abs(modes).max())[0]
        roots = np.roots(modes[seen[0]:seen[-1] + 1][::-1])
        z = -1j * self.length / (2 * np.pi) * np.log(roots)
        z = np.mod(z.real, self.length) + 1j * z.imag
        return self.a + z[np.abs(z.imag) <= height]


@dataclass(frozen=True, eq=False)
class Reader:
    """w = p'/p between the points: p and p' from cubic Hermite cells, each of its own, and only then divided.

    Interpolating w itself would miss its poles.
    """

    circle: Circle
    table: np.ndarray           # (n, 8), see kernels.log_derivative
    speed: float                # |⟨w⟩| over |p|²

    @classmethod
    def of(cls, circle: Circle, p: np.ndarray) -> "Reader":
        modes, k = circle.modes(p), 1j * circle.wavenumbers
        turn = np.exp(2j * np.pi * circle.theta)
        value, slope, bend = (np.append(row, row[0] * turn)
                              for row in (p, circle.values(k * modes), circle.values(k * k * modes)))
        power = np.abs(modes)**2
        return cls(circle, cubic_cells(value, slope, bend, circle.cell), abs(float(circle.wavenumbers @ power / power.sum())))

    def __call__(self, q: np.ndarray) -> np.ndarray:
        """w at q (1, n), complex (1, n); q anywhere on a ring."""
        return log_derivative(self.table, self.circle.a, self.circle.cell, q[0])[None]

    def with_rate(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """w (1, n) and |w'| (n,) at q (1, n)."""
        w, rate = log_derivative_and_rate(self.table, self.circle.a, self.circle.cell, q[0])
        return w[None], rate

    def towards(self, other: "Reader", share: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of (1 − share) p + share p', with a share (n,) of each point's own."""
        w, rate = log_derivative_between(self.table, other.table, share, self.circle.a, self.circle.cell, q[0])
        return w[None], rate
