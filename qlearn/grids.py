"""Where ψ lives: points on a torus or between walls, with the modes that belong to them.

    periodic   x_j = a + j (b − a)/N, j = 0 … N−1          the endpoint b is the point a again and is not in the grid
               ψ(b) = exp(2πiθ) ψ(a)                       the twist θ of an axis; θ = 0 is periodic
               ψ(x) = Σ_k c_k exp(ik(x − a)),  k = 2π(n + θ)/(b − a)
    wall       x_j = a + j (b − a)/(N + 1), j = 1 … N      ψ = 0 at a and b
               ψ(x) = Σ_k c_k sin(k(x − a)),  k = πn/(b − a), n = 1 … N
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
from scipy import fft

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.kernels import fft as transforms
from qlearn.kernels.arrays import as_complex, like

__all__ = ["Grid"]

BOUNDARIES = ("periodic", "wall", "pole")

_INSTEAD = {
    "wall": "Take a periodic grid that is wider than the box, with a high potential outside it.",
    "pole": "Spheres are not offered, nor are other curved spaces of two dimensions; a ring is: use a periodic angle.",
}


@final
@dataclass(frozen=True, eq=False)
class Grid:
    """Equally spaced points of a d-dimensional torus, d = 1 … n, each axis with its own twist.

    x_j = a + j (b − a)/N for j = 0 … N−1, and ψ(b) = exp(2πiθ) ψ(a).

    Parameters
    ----------
    shape : number of points of each axis, (N1, …); one integer in one dimension. Each at least 2.
    bounds : [(a1, b1), …]; one pair (a, b) in one dimension. Units of length.
    boundary : "periodic" for all axes, or one name an axis.
    twist : θ for all axes, or one number an axis; only θ modulo 1 matters (the sector, see qlearn.phase).

    Attributes
    ----------
    axes : tuple of the 1-D arrays x_j.         mesh : tuple of arrays of shape ``shape``, indexing "ij".
    points : (d, *shape).                       wavenumbers : tuple of 1-D arrays 2π(n + θ)/L, FFT order.
    lengths, spacing : (d,).                    cell_volume : ΔV;  Σ|ψ|² ΔV is the norm squared.

    Raises
    ------
    ArgumentError, and UnsupportedError for "wall" and "pole".

    >>> grid = Grid(4, (0, 1), twist=0.5)
    >>> grid.axes[0].tolist(), (grid.wavenumbers[0] / (2 * np.pi)).tolist()
    ([0.0, 0.25, 0.5, 0.75], [0.5, 1.5, -1.5, -0.5])
    """

    shape: Any
    bounds: Any
    boundary: Any = "periodic"
    twist: Any = 0.0

    def __post_init__(self):
        shape = _shape(self.shape)
        bounds = _bounds(self.bounds, len(shape))
        for name, value in (("shape", shape), ("bounds", bounds),
                            ("boundary", _boundary(self.boundary, len(shape))),
                            ("twist", _twist(self.twist, len(shape)))):
            object.__setattr__(self, name, value)
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
        return _frozen(self.lengths / np.array(self.shape))

    @cached_property
    def cell_volume(self) -> float:
        return float(np.prod(self.spacing))

    @cached_property
    def axes(self) -> tuple[np.ndarray, ...]:
        return tuple(_frozen(a + (b - a) * (np.arange(n) / n))
                     for (a, b), n in zip(self.bounds, self.shape, strict=True))

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
        return tuple(_frozen(2 * np.pi * (fft.fftfreq(n, 1 / n) + theta) / length)
                     for n, theta, length in zip(self.shape, self.sectors, self.lengths, strict=True))

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

    def from_periodic(self, phi: Any) -> Any:
        """The inverse of ``to_periodic``, a new array."""
        phase = self.twist_phase
        return as_complex(phi) if phase is None else phi * like(phase, phi)

    def forward(self, phi: Any) -> Any:
        """φ (…, *shape), complex, periodic part of ψ → its modes in the order of ``wavenumbers``, without factors.

        The inner transform of every method: arrays of any namespace; a NumPy array may be overwritten, use what is returned.
        """
        if self._wall_axes:
            phi = transforms.sine(phi, self._wall_axes)
        return transforms.forward(phi, self._periodic_axes) if self._periodic_axes else phi

    def backward(self, modes: Any) -> Any:
        """The inverse of ``forward``."""
        if self._periodic_axes:
            modes = transforms.backward(modes, self._periodic_axes)
        return transforms.sine(modes, self._wall_axes) if self._wall_axes else modes

    @cached_property
    def _periodic_axes(self) -> tuple[int, ...]:
        return tuple(a for a, kind in zip(self.fourier_axes, self.boundary, strict=True) if kind == "periodic")

    @cached_property
    def _wall_axes(self) -> tuple[int, ...]:
        return tuple(a for a, kind in zip(self.fourier_axes, self.boundary, strict=True) if kind == "wall")

    def transform(self, psi: np.ndarray) -> np.ndarray:
        """ψ (…, *shape) → amplitudes a_k of the normalised modes: Σ_k |a_k|² = Σ_j |ψ_j|² ΔV.

        ψ(x) = Σ_k a_k exp(ik·(x − a)) / √(ΔV·N), N the number of points.
        """
        return fft.fftn(self.to_periodic(psi), axes=self.fourier_axes, norm="ortho") * np.sqrt(self.cell_volume)

    def inverse_transform(self, amplitudes: np.ndarray) -> np.ndarray:
        """The inverse of ``transform``."""
        phi = fft.ifftn(amplitudes, axes=self.fourier_axes, norm="ortho") / np.sqrt(self.cell_volume)
        return self.from_periodic(phi)

    def derivative(self, psi: np.ndarray, axis: int = 0) -> np.ndarray:
        """∂ψ/∂x_axis by the Fourier modes, (…, *shape) complex; a mode ±N/2, whose sign is unknown, counts as zero."""
        k = self.wavenumbers[axis]
        k = np.where(np.isclose(np.abs(k), np.pi / self.spacing[axis], rtol=1e-9), 0.0, k)
        place = axis - self.ndim
        symbol = (1j * k).reshape((-1,) + (1,) * (-place - 1))
        return self.from_periodic(fft.ifft(symbol * fft.fft(self.to_periodic(psi), axis=place), axis=place))

    def inner(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """⟨a|b⟩ = Σ a* b ΔV over the last d axes."""
        return np.sum(np.conj(a) * b, axis=self.fourier_axes) * self.cell_volume

    def norm(self, psi: np.ndarray) -> np.ndarray:
        """√(Σ|ψ|² ΔV) over the last d axes."""
        return np.sqrt(np.sum(np.abs(psi) ** 2, axis=self.fourier_axes) * self.cell_volume)

    def refined(self, factor: int = 2) -> "Grid":
        """The grid with ``factor`` times as many points an axis; it contains the points of this one."""
        factor = checks.integer("factor", factor, least=1)
        return Grid(tuple(factor * n for n in self.shape), self.bounds, self.boundary, self.twist)

    def interpolate(self, psi: np.ndarray, finer: "Grid") -> np.ndarray:
        """The trigonometric interpolant of ψ (…, *shape) on a finer grid of the same bounds and twist."""
        if finer.bounds != self.bounds or finer.sectors != self.sectors \
                or any(m < n for m, n in zip(finer.shape, self.shape, strict=True)):
            checks.fail("finer", "must have the bounds and twist of this grid and no fewer points", repr(finer))
        modes = fft.fftn(self.to_periodic(psi), axes=self.fourier_axes, norm="forward")
        for axis, (n, m) in enumerate(zip(self.shape, finer.shape, strict=True)):
            modes = _padded(modes, axis - self.ndim, n, m, split=n % 2 == 0 and self.sectors[axis] == 0)
        return finer.from_periodic(fft.ifftn(modes, axes=self.fourier_axes, norm="forward"))

    def same_as(self, other: "Grid") -> bool:
        """True where points and sectors agree."""
        return (self.shape, self.bounds, self.sectors) == (other.shape, other.bounds, other.sectors)


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    array.flags.writeable = False
    return array


def _padded(modes: np.ndarray, axis: int, n: int, m: int, split: bool) -> np.ndarray:
    """Zeros between the positive and the negative frequencies: n modes become m."""
    if n == m:
        return modes
    modes = np.moveaxis(modes, axis, -1)
    positive = (n + 1) // 2
    wide = np.zeros((*modes.shape[:-1], m), dtype=complex)
    wide[..., :positive] = modes[..., :positive]
    wide[..., m - (n - positive):] = modes[..., positive:]
    if split:  # the mode at −N/2 stands for cos: half of it at +N/2
        half = modes[..., n // 2] / 2
        wide[..., m - n // 2] -= half
        wide[..., n // 2] += half
    return np.moveaxis(wide, -1, axis)


def _shape(shape: Any) -> tuple[int, ...]:
    counts = (shape,) if np.ndim(shape) == 0 else tuple(shape)
    if not counts:
        checks.fail("shape", "must name at least one axis", shape, "Give (N,) or (Nx, Ny).")
    return tuple(checks.integer("shape", n, least=2, remedy="Each axis needs at least two points.") for n in counts)


def _bounds(bounds: Any, ndim: int) -> tuple[tuple[float, float], ...]:
    pairs = checks.finite_array("bounds", bounds, remedy="Give [(a1, b1), …], one pair an axis.")
    pairs = pairs[None, :] if pairs.ndim == 1 else pairs
    if pairs.shape != (ndim, 2):
        checks.fail("bounds", f"must be {ndim} pair(s) (a, b), one an axis of shape", f"array of shape {pairs.shape}")
    for a, b in pairs:
        if not b > a or not np.isfinite(b - a):
            checks.fail("bounds", "must have a < b on each axis", (float(a), float(b)))
    return tuple((float(a), float(b)) for a, b in pairs)


def _boundary(boundary: Any, ndim: int) -> tuple[str, ...]:
    names = (boundary,) * ndim if isinstance(boundary, str) or np.ndim(boundary) == 0 else tuple(boundary)
    if len(names) != ndim:
        checks.fail("boundary", f"must be one name, or one for each of {ndim} axes", boundary)
    for name in names:
        checks.choice("boundary", name, BOUNDARIES)
        if name in _INSTEAD:
            raise UnsupportedError(f"boundary {name!r} is not offered yet. {_INSTEAD[name]}")
    return names


def _twist(twist: Any, ndim: int) -> tuple[float, ...]:
    thetas = (twist,) * ndim if np.ndim(twist) == 0 else tuple(twist)
    if len(thetas) != ndim:
        checks.fail("twist", f"must be one number θ, or one for each of {ndim} axes", twist)
    return tuple(checks.real("twist", theta) for theta in thetas)
