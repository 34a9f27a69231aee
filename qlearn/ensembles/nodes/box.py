"""Fields p(q) in several dimensions: p(q + L_a e_a) = exp(2πiθ_a) p(q) on the product of circles; values, derivatives, ∇p/p.

In two dimensions a zero of p is a point around which arg p winds by ±1, in three a line of such points: of these facts nothing
is used but that p is smooth there.  A line is a box so long that p vanishes at its ends.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from qlearn.ensembles.nodes.entire import Circle
from qlearn.kernels.complex_splines import field_and_gradient
from qlearn.kernels.tensor_splines import SplineAxes

__all__ = ["Band", "Box", "BoxReader", "read"]

_AT_ONCE = 16384        # points that are read at once


@dataclass(frozen=True, eq=False)
class Box:
    """The product of circles, one an axis."""

    circles: tuple[Circle, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(circle.n for circle in self.circles)

    @property
    def cell(self) -> float:
        """The volume between neighbouring points."""
        return float(np.prod([circle.cell for circle in self.circles]))

    @cached_property
    def mesh(self) -> np.ndarray:
        """(d, *shape)."""
        return np.stack(np.meshgrid(*(circle.points for circle in self.circles), indexing="ij"))

    @cached_property
    def wavevectors(self) -> tuple[np.ndarray, ...]:
        """k_a, each (*shape) by broadcasting."""
        return tuple(self._along(a, circle.wavenumbers) for a, circle in enumerate(self.circles))

    @cached_property
    def square(self) -> np.ndarray:
        """Σ k_a² of every mode, (*shape)."""
        return sum(k**2 for k in self.wavevectors) + np.zeros(self.shape)

    @cached_property
    def _turn(self) -> np.ndarray | None:
        """exp(2πi Σ θ_a(q_a − a_a)/L_a), where there is a twist: p over this is periodic."""
        if not any(circle.theta for circle in self.circles):
            return None
        angle = sum(self._along(a, circle.theta * np.arange(circle.n) / circle.n) for a, circle in enumerate(self.circles))
        return np.exp(2j * np.pi * angle)

    def modes(self, p: np.ndarray) -> np.ndarray:
        """Fourier coefficients (*shape)."""
        return fft.fftn(p if self._turn is None else p / self._turn, norm="forward")

    def values(self, modes: np.ndarray) -> np.ndarray:
        p = fft.ifftn(modes, norm="forward")
        return p if self._turn is None else p * self._turn

    def tail(self, p: np.ndarray) -> float:
        """The largest share of Σ|c|² in the outer quarter of the band of an axis."""
        power = np.abs(self.modes(p))**2
        total, shares = power.sum(), []
        for a, circle in enumerate(self.circles):
            outer = np.take(power, np.nonzero(np.abs(circle.numbers) > 3 * circle.n // 8)[0], axis=a)
            shares.append(float(outer.sum() / total))
        return max(shares)

    def _along(self, axis: int, values: np.ndarray) -> np.ndarray:
        return values.reshape((1,) * axis + (-1,) + (1,) * (len(self.circles) - axis - 1))


@dataclass(frozen=True, eq=False)
class BoxReader:
    """∇p/p between the points: the quintic spline through the periodic part of p, and its gradient over it.

    Interpolating the ratio itself would miss the zeros.
    """

    axes: SplineAxes
    coefficients: np.ndarray        # (*shape)
    twist: np.ndarray               # 2πθ_a/L_a (d,)
    mean: np.ndarray                # ⟨∇p/p⟩ over |p|² (d,)

    @classmethod
    def of(cls, box: Box, p: np.ndarray) -> "BoxReader":
        modes = box.modes(p)
        for a, circle in enumerate(box.circles):
            modes = modes / box._along(a, _symbol(circle))
        knots = fft.ifftn(modes, norm="forward")
        n, d = np.array(box.shape), len(box.shape)
        axes = SplineAxes(np.array([circle.a for circle in box.circles]), np.array([circle.cell for circle in box.circles]), n,
                          np.ones(d, dtype=bool))
        twist = np.array([2 * np.pi * circle.theta / circle.length for circle in box.circles])
        power = np.abs(box.modes(p))**2
        mean = np.array([1j * np.sum(k * power) / power.sum() for k in box.wavevectors])
        return cls(axes, knots, twist, mean)

    @property
    def speed(self) -> float:
        """|⟨∇p/p⟩| over |p|²."""
        return float(np.linalg.norm(self.mean))

    def __call__(self, q: np.ndarray) -> np.ndarray:
        """∇p/p (d, n), complex, at q (d, n)."""
        return self._ratio(self.fields(q))

    def with_rate(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """∇p/p, and |∇p/p − its mean|² (n,), which grows as 1/r² near a zero, as |∇∇ ln p| does."""
        w = self(q)
        return w, _square(w - self.mean[:, None])

    def towards(self, other: "BoxReader", share: np.ndarray, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same of (1 − share) p + share p', with a share (n,) of each point's own."""
        w = self._ratio((1 - share) * self.fields(q) + share * other.fields(q))
        return w, _square(w - self.mean[:, None])

    def fields(self, q: np.ndarray) -> np.ndarray:
        """The periodic part of p and its gradient, (1 + d, n)."""
        return np.concatenate([field_and_gradient(self.axes, self.coefficients, q[:, first:first + _AT_ONCE])
                               for first in range(0, q.shape[1], _AT_ONCE)], axis=1)

    def _ratio(self, fields: np.ndarray) -> np.ndarray:
        return fields[1:] / fields[0] + 1j * self.twist[:, None]


Band = Circle | Box


def read(band: Band, modes: np.ndarray, axes: list[np.ndarray]) -> np.ndarray:
    """p on the product of other points of each axis, by its Fourier series."""
    for a, (circle, x) in enumerate(zip(band.circles, axes, strict=True)):
        waves = np.exp(1j * np.outer(x - circle.a, circle.wavenumbers))
        modes = np.moveaxis(np.tensordot(waves, modes, axes=(1, a)), 0, a)
    return modes


def _square(w: np.ndarray) -> np.ndarray:
    return np.sum(w.real**2 + w.imag**2, axis=0)


def _symbol(circle: Circle) -> np.ndarray:
    """Fourier symbol of the quintic B-spline, (33 + 26 cos ω + cos 2ω)/60, and the shift of function k, which ends at k + 1."""
    omega = 2 * np.pi * circle.numbers / circle.n
    return (33 + 26 * np.cos(omega) + np.cos(2 * omega)) / 60 * np.exp(2j * omega)
