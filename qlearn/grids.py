"""Where ψ lives: points on a torus, between walls or between poles, with the modes that belong to them.

    periodic   x_j = a + j (b − a)/N, j = 0 … N−1          the endpoint b is the point a again and is not in the grid
               ψ(b) = exp(2πiθ) ψ(a)                       the twist θ of an axis; θ = 0 is periodic
               ψ(x) = Σ_k c_k exp(ik(x − a)),  k = 2π(n + θ)/(b − a)
    wall       x_j = a + j (b − a)/(N + 1), j = 1 … N      ψ = 0 at a and b
               ψ(x) = Σ_k c_k sin(k(x − a)),  k = πn/(b − a), n = 1 … N
    pole       θ = π(x − a)/(b − a), cos θ_j the N Gauss–Legendre nodes, θ ascending, the poles a and b not among them
               the next axis, periodic, is the azimuth: ψ is a polynomial in cos θ of degree < N where the azimuthal number
               is even, sin θ times one where it is odd
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.boundaries import PLACES, WAVENUMBERS, boundary_names, check_together, counts, intervals, twists
from qlearn.errors import UnsupportedError
from qlearn.kernels import fft as transforms
from qlearn.kernels.arrays import as_complex, like
from qlearn.kernels.derivatives import PeriodicDerivative, PoleDerivative, WallDerivative
from qlearn.kernels.interpolation import between_poles, between_walls, round_the_ring
from qlearn.kernels.sums import ranges

__all__ = ["Grid"]


@final
@dataclass(frozen=True, eq=False)
class Grid:
    """Points of a product of rings, intervals between walls, and spheres; each periodic axis with its own twist.

    Parameters
    ----------
    shape : number of points of each axis, (N1, …); one integer in one dimension. Each at least 2.
    bounds : [(a1, b1), …]; one pair (a, b) in one dimension. Units of length.
    boundary : "periodic", "wall" or "pole" for all axes, or one name an axis; see the formulas of this module. "pole" needs
        the next axis periodic, untwisted and with an even number of points: the azimuth. H then needs a metric that is
        regular at the poles, such as [[1, 0], [0, sin²θ]].
    twist : θ for all axes, or one number an axis; only θ modulo 1 matters (the sector, see qlearn.phase). 0 on walls and
        round poles.

    Attributes
    ----------
    axes : tuple of the 1-D arrays x_j.         mesh : tuple of arrays of shape ``shape``, indexing "ij".
    points : (d, *shape).                       wavenumbers : tuple of 1-D arrays, periodic 2π(n + θ)/L in FFT order,
    lengths, spacing : (d,).                        walls πn/L, poles π times the degree l = 0 … N−1 over L.
    cell_volume : ΔV = Π spacing;  Σ|ψ|² ΔV is the norm squared. Between poles the spacing is the mean L/N, and
        the weights of the nodes are part of the half-density, Φ = H.root_metric ψ.

    Raises
    ------
    ArgumentError for what no grid can be, with what is needed instead.

    >>> grid = Grid(4, (0, 1), twist=0.5)
    >>> grid.axes[0].tolist(), (grid.wavenumbers[0] / (2 * np.pi)).tolist()
    ([0.0, 0.25, 0.5, 0.75], [0.5, 1.5, -1.5, -0.5])
    >>> Grid(3, (0, 1), "wall").axes[0].tolist()
    [0.25, 0.5, 0.75]
    """

    shape: Any
    bounds: Any
    boundary: Any = "periodic"
    twist: Any = 0.0

    def __post_init__(self):
        shape = counts(self.shape)
        bounds = intervals(self.bounds, len(shape))
        for name, value in (("shape", shape), ("bounds", bounds),
                            ("boundary", boundary_names(self.boundary, len(shape))),
                            ("twist", twists(self.twist, len(shape)))):
            object.__setattr__(self, name, value)
        check_together(self.shape, self.boundary, self.sectors)
        if any(np.any(np.diff(x) <= 0) for x in self.axes):
            checks.fail("bounds", "must be far enough apart for floats to tell the points from each other", bounds,
                        "Move the origin, or take fewer points.")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @cached_property
    def size(self) -> int:
        """The number of points."""
        return int(np.prod(self.shape))

    @cached_property
    def lengths(self) -> np.ndarray:
        return _frozen(np.array([b - a for a, b in self.bounds]))

    @cached_property
    def spacing(self) -> np.ndarray:
        parts = [n + 1 if kind == "wall" else n for n, kind in zip(self.shape, self.boundary, strict=True)]
        return _frozen(self.lengths / np.array(parts))

    @cached_property
    def cell_volume(self) -> float:
        return float(np.prod(self.spacing))

    @cached_property
    def axes(self) -> tuple[np.ndarray, ...]:
        return tuple(_frozen(a + (b - a) * PLACES[kind](n))
                     for (a, b), n, kind in zip(self.bounds, self.shape, self.boundary, strict=True))

    @cached_property
    def mesh(self) -> tuple[np.ndarray, ...]:
        return tuple(_frozen(x) for x in np.meshgrid(*self.axes, indexing="ij"))

    @property
    def points(self) -> np.ndarray:
        """All points, (d, *shape); built at each call."""
        return np.stack(self.mesh)

    @cached_property
    def sectors(self) -> tuple[float, ...]:
        """θ of each axis, brought into (−1/2, 1/2]."""
        return tuple(float(theta - np.ceil(theta - 0.5)) for theta in self.twist)

    @cached_property
    def wavenumbers(self) -> tuple[np.ndarray, ...]:
        return tuple(_frozen(WAVENUMBERS[kind](n, theta) / length) for n, theta, length, kind
                     in zip(self.shape, self.sectors, self.lengths, self.boundary, strict=True))

    @cached_property
    def outer_modes(self) -> tuple[np.ndarray, ...]:
        """Of each axis the places of the outer tenth of its wavenumbers, which are neighbours in their order, and those of the
        outer three tenths: first and end, (2, 2)."""
        return tuple(ranges(*parts) for parts in zip(self._beyond(0.9), self._beyond(0.7), strict=True))

    def _beyond(self, share: float) -> list[tuple[int, int]]:
        """Of each axis first and end of the wavenumbers above a share of the largest."""
        outer = [np.flatnonzero(np.arange(n) >= share * n if kind == "pole" else np.abs(k) >= share * np.pi / spacing)
                 for n, k, spacing, kind in zip(self.shape, self.wavenumbers, self.spacing, self.boundary, strict=True)]
        return [(int(places[0]), int(places[-1]) + 1) if places.size else (0, 0) for places in outer]

    @cached_property
    def fourier_axes(self) -> tuple[int, ...]:
        """The axes of an array (…, *shape) that are transformed."""
        return tuple(range(-self.ndim, 0))

    @cached_property
    def twist_phase(self) -> np.ndarray | None:
        """exp(iκ·(x − a)) with κ = 2πθ/L, so that ψ = twist_phase × (a periodic function); None without a twist."""
        if not any(self.sectors):
            return None
        angle = sum(2 * np.pi * theta * (x - a) / length for theta, x, (a, _), length
                    in zip(self.sectors, self.mesh, self.bounds, self.lengths, strict=True))
        return _frozen(np.exp(1j * angle))

    def to_periodic(self, psi: Any) -> Any:
        """ψ → the periodic function exp(−iκ·(x − a)) ψ, a new complex array of the same kind."""
        phase = self.twist_phase
        return as_complex(psi) if phase is None else as_complex(psi) * like(phase.conj(), psi)

    def periodic_part(self, psi: Any) -> Any:
        """``to_periodic`` to be looked at only: ψ itself where there is no twist."""
        return psi if self.twist_phase is None else self.to_periodic(psi)

    def from_periodic(self, phi: Any) -> Any:
        """The inverse of ``to_periodic``, a new array."""
        phase = self.twist_phase
        return as_complex(phi) if phase is None else phi * like(phase, phi)

    def forward(self, phi: Any) -> Any:
        """φ (…, *shape), complex, periodic part of ψ → its modes in the order of ``wavenumbers``, without factors.

        The inner transform of every method: arrays of any namespace; a NumPy array may be overwritten, use what is returned.
        Raises UnsupportedError for grids with poles, on which no transform of all axes diagonalises T.
        """
        self._need_modes()
        if self._wall_axes:
            phi = transforms.sine(phi, self._wall_axes)
        return transforms.forward(phi, self._periodic_axes) if self._periodic_axes else phi

    def backward(self, modes: Any) -> Any:
        """The inverse of ``forward``."""
        self._need_modes()
        if self._periodic_axes:
            modes = transforms.backward(modes, self._periodic_axes)
        return transforms.sine(modes, self._wall_axes) if self._wall_axes else modes

    def passes(self, phi: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any], float]:
        """(forward, backward but for a factor, the factor) for many calls on this array."""
        if self._wall_axes or not self._periodic_axes:
            return self.forward, self.backward, 1.0
        return transforms.bound(phi, self._periodic_axes)

    @cached_property
    def is_ring(self) -> bool:
        """True where all axes are periodic."""
        return all(kind == "periodic" for kind in self.boundary)

    @cached_property
    def _periodic_axes(self) -> tuple[int, ...]:
        return tuple(a for a, kind in zip(self.fourier_axes, self.boundary, strict=True) if kind == "periodic")

    @cached_property
    def _wall_axes(self) -> tuple[int, ...]:
        return tuple(a for a, kind in zip(self.fourier_axes, self.boundary, strict=True) if kind == "wall")

    def transform(self, psi: np.ndarray) -> np.ndarray:
        """ψ (…, *shape) → amplitudes a_k of the normalised modes: Σ_k |a_k|² = Σ_j |ψ_j|² ΔV.

        ψ(x) = Σ_k a_k Π_axes u_k(x), u_k = exp(ik(x − a))/√L on periodic axes, √(2/L) sin(k(x − a)) between walls.
        """
        return self.forward(self.to_periodic(psi)) * np.sqrt(self.cell_volume / self._ring_points)

    def inverse_transform(self, amplitudes: np.ndarray) -> np.ndarray:
        """The inverse of ``transform``."""
        return self.from_periodic(self.backward(as_complex(amplitudes)) * np.sqrt(self._ring_points / self.cell_volume))

    @cached_property
    def _ring_points(self) -> int:
        return int(np.prod([self.shape[axis] for axis in self._periodic_axes]))

    def _need_modes(self) -> None:
        if "pole" in self.boundary:
            raise UnsupportedError("a grid with poles has no transform of all axes; T acts through H.kinetic.apply. Use "
                                   "Chebyshev(), Lanczos() or Dense() on it.")

    @cached_property
    def derivatives(self) -> tuple[PeriodicDerivative | WallDerivative | PoleDerivative, ...]:
        """∂ of each axis on periodic parts, with adjoint: see qlearn.kernels.derivatives."""
        return tuple(_derivative(self, axis) for axis in range(self.ndim))

    def derivative(self, psi: np.ndarray, axis: int = 0) -> np.ndarray:
        """∂ψ/∂x_axis at the points of the grid, (…, *shape) complex: the derivative of the interpolant.

        A periodic mode ±N/2, whose sign is unknown, counts as zero. Between poles ψ is the scalar, not the half-density.
        """
        axis = checks.integer("axis", axis, least=0, most=self.ndim - 1)
        rule = self.derivatives[axis]
        return self.from_periodic(rule.inside(rule.slope(self.to_periodic(psi))))

    def inner(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """⟨a|b⟩ = Σ a* b ΔV over the last d axes."""
        return np.sum(np.conj(a) * b, axis=self.fourier_axes) * self.cell_volume

    def norm(self, psi: np.ndarray) -> np.ndarray:
        """√(Σ|ψ|² ΔV) over the last d axes."""
        return np.sqrt(np.sum(np.abs(psi) ** 2, axis=self.fourier_axes) * self.cell_volume)

    def refined(self, factor: int = 2) -> "Grid":
        """The grid with spacings ``factor`` times smaller; it contains the points of this one, except between poles.

        N points become factor·N, between walls factor·(N + 1) − 1.
        """
        factor = checks.integer("factor", factor, least=1)
        shape = tuple(factor * (n + 1) - 1 if kind == "wall" else factor * n
                      for n, kind in zip(self.shape, self.boundary, strict=True))
        return Grid(shape, self.bounds, self.boundary, self.twist)

    def interpolate(self, psi: np.ndarray, finer: "Grid") -> np.ndarray:
        """The interpolant of ψ (…, *shape) on a grid of the same bounds, boundaries and twist with more points.

        Trigonometric on periodic axes, of sines between walls; between poles polynomial, with ψ the scalar.
        """
        if finer.bounds != self.bounds or finer.sectors != self.sectors or finer.boundary != self.boundary \
                or any(m < n for m, n in zip(finer.shape, self.shape, strict=True)):
            checks.fail("finer", "must have the bounds, boundaries and twist of this grid and no fewer points", repr(finer))
        phi = self.to_periodic(psi)
        for place, kind, count, theta in zip(self.fourier_axes, self.boundary, finer.shape, self.sectors, strict=True):
            if kind == "periodic":
                phi = round_the_ring(phi, count, place, split=theta == 0)
            else:
                phi = (between_walls if kind == "wall" else between_poles)(phi, count, place)
        return finer.from_periodic(phi)

    def same_as(self, other: "Grid") -> bool:
        """True where points, boundaries and sectors agree."""
        return (self.shape, self.bounds, self.boundary, self.sectors) \
            == (other.shape, other.bounds, other.boundary, other.sectors)

    def need_periodic(self, what: str, remedy: str = "Take a periodic grid.") -> None:
        """UnsupportedError where an axis is not periodic, for what is offered on rings only."""
        if any(kind != "periodic" for kind in self.boundary):
            raise UnsupportedError(f"{what} is offered on periodic axes only; this grid has {self.boundary}. {remedy}")


def _derivative(grid: Grid, axis: int) -> PeriodicDerivative | WallDerivative | PoleDerivative:
    count, length, place = grid.shape[axis], float(grid.lengths[axis]), grid.fourier_axes[axis]
    if grid.boundary[axis] == "wall":
        return WallDerivative(count, length, place)
    if grid.boundary[axis] == "pole":
        return PoleDerivative(count, length, place)
    k = grid.wavenumbers[axis]
    highest = np.isclose(np.max(np.abs(k)), np.pi / grid.spacing[axis], rtol=1e-9)
    return PeriodicDerivative(k, place, bool(highest))


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
