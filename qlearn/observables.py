"""Numbers and functions read off ψ. Each e_ops entry of sesolve is one of these, an array f(q), a Hamiltonian or a callable."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.special import lpmv

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import TINY, like, namespace, squares, to_numpy
from qlearn.kernels.fft import sine
from qlearn.kernels.sums import around, sums

__all__ = ["as_observable", "density", "mean", "mean_momentum", "mode_powers", "modes", "momentum_operator", "spectral_tail"]

Observable = Callable[[float, np.ndarray], Any]


def density(psi: np.ndarray) -> np.ndarray:
    """|ψ|², a density with respect to dq; also for half-densities."""
    return np.abs(psi) ** 2


def mean(grid: Grid, values: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """⟨f⟩ = Σ f(q)|ψ|² ΔV for f (*shape), not divided by ⟨ψ|ψ⟩; real where f is.

    On a ring the mean of a coordinate depends on where the ring is cut; take exp(2πiq/L) instead.
    """
    return np.sum(values * density(psi), axis=grid.fourier_axes) * grid.cell_volume


def mean_momentum(grid: Grid, psi: np.ndarray, *, axis: int = 0, hbar: float = 1.0) -> np.ndarray:
    """⟨p⟩ = Σ_k ħk |a_k|² along one axis, not divided by ⟨ψ|ψ⟩; NumPy, (…) or with channels one number each.

    Between walls p = −iħ∂ has no eigenstates; ⟨p⟩ = ħ Im⟨ψ|∂ψ⟩ has a meaning all the same and is what moves ⟨q⟩. It is exact
    to rounding while ψ is away from the walls, and to a power of the spacing while it is reflected. With a vector potential p
    is the canonical momentum. UnsupportedError between poles, where no p belongs to the angle.

    >>> from qlearn.states import gaussian
    >>> grid = Grid(64, (-8, 8))
    >>> round(float(mean_momentum(grid, gaussian(grid, center=0, width=1, momentum=1.5))), 12)
    1.5
    """
    axis = checks.integer("axis", axis, least=0, most=grid.ndim - 1)
    psi = to_numpy(psi)
    if grid.boundary[axis] == "pole":
        raise UnsupportedError(f"the momentum of axis {axis}, which leads from pole to pole, is not offered: no Hermitian p "
                               "belongs to it. Take that of the azimuth, or the mean of a Hamiltonian.")
    if grid.boundary[axis] == "wall" or "pole" in grid.boundary:
        return hbar * np.imag(grid.inner(psi, grid.derivative(psi, axis)))
    k = grid.wavenumbers[axis].reshape((-1,) + (1,) * (grid.ndim - 1 - axis))
    return hbar * np.sum(k * np.abs(grid.transform(psi)) ** 2, axis=grid.fourier_axes)


def momentum_operator(grid: Grid, *, axis: int = 0, hbar: float = 1.0) -> Observable:
    """``mean_momentum`` as an entry of e_ops: a function of (t, psi)."""
    return lambda t, psi: mean_momentum(grid, psi, axis=axis, hbar=hbar)


def mode_powers(grid: Grid, phi: np.ndarray) -> np.ndarray:
    """|a_k|² of ``modes``, (…, *shape)."""
    return squares(modes(grid, phi))


def modes(grid: Grid, phi: np.ndarray) -> np.ndarray:
    """The modes of φ (…, *shape), the periodic part of ψ, up to one factor; (…, *shape), new.

    In the order of ``grid.wavenumbers``. A pole axis has the modes l = 0 … N−1 of Legendre functions, of order 0 where the
    azimuthal number is even and of order 1 where it is odd: in these every smooth function on the sphere has a spectrum
    that falls off, and Σ over l is Σ over the points.
    """
    poles = [axis for axis, kind in zip(grid.fourier_axes, grid.boundary, strict=True) if kind == "pole"]
    found = np.array(phi, dtype=complex)
    if not poles:
        return grid.forward(found)
    walls = [a for a, kind in zip(grid.fourier_axes, grid.boundary, strict=True) if kind == "wall"]
    found = sine(found, tuple(walls)) if walls else found
    found = np.fft.fftn(found, axes=[a for a in grid.fourier_axes if a not in poles and a not in walls])
    for axis in poles:
        found = _legendre(found, axis)
    return found


def spectral_tail(grid: Grid, phi: np.ndarray) -> float:
    """The share of Σ|a_k|² in the outer tenth of the wavenumbers of an axis; the largest over axes and batch.

    ``phi`` (…, *shape) is the periodic part of ψ. Its square root tells at what level the grid cuts ψ off.
    """
    found = modes(grid, phi)
    looks = [sums(found, around(grid.shape)[axis], grid.outer_modes[axis]) for axis in range(grid.ndim)]
    return max(float((look[:, 3] / np.maximum(look[:, 0], TINY)).max()) for look in looks)


def _legendre(modes: np.ndarray, axis: int) -> np.ndarray:
    """Coefficients along a pole axis, the azimuth being the axis after it, transformed already. Of the half-density, which
    holds the roots of the quadrature weights."""
    n = modes.shape[axis]
    moved = np.moveaxis(modes, (axis, axis + 1), (-2, -1))
    result = np.empty_like(moved)
    for parity in (0, 1):
        odd = np.fft.fftfreq(moved.shape[-1], 1 / moved.shape[-1]) % 2 == parity
        result[..., odd] = legendre_matrix(n, parity) @ moved[..., odd]
    return np.moveaxis(result, (-2, -1), (axis, axis + 1))


@cache
def legendre_matrix(n: int, order: int) -> np.ndarray:
    """(n, n) orthogonal: √w_j P_l^order(x_j), normalised, l = order … n−1+order, at the Gauss–Legendre nodes, θ ascending."""
    x, weights = np.polynomial.legendre.leggauss(n)
    x, weights = x[::-1], weights[::-1]
    degrees = np.arange(order, n + order)[:, None]
    norm = np.sqrt((2 * degrees + 1) / 2 / np.where(order == 1, degrees * (degrees + 1), 1))
    return norm * lpmv(order, degrees, x) * np.sqrt(weights)


def as_observable(hamiltonian: Hamiltonian, entry: Any, name: str) -> Observable:
    """The function (t, psi) -> number(s) that an entry of e_ops stands for; psi of any array namespace, numbers of NumPy.

    An array f(q) (*shape) gives Σ f|ψ|²ΔV, summed over channels; a matrix (c, c), or one at each point (c, c, *shape), gives
    Σ ψ†Mψ ΔV, real where M is Hermitian. Where c and the shape leave both readings open it is f(q).
    """
    grid = hamiltonian.grid
    if isinstance(entry, Hamiltonian):
        return _mean_energy(entry)
    if callable(entry):
        return lambda t, psi: to_numpy(result) if hasattr(result := entry(t, psi), "shape") else result
    values = np.asarray(entry)
    c = hamiltonian.channels
    forms = {"array f(q) of shape " + str(grid.shape): grid.shape}
    if c is not None:
        forms |= {f"matrix of shape {(c, c)}": (c, c), f"field of matrices {(c, c, *grid.shape)}": (c, c, *grid.shape)}
    if values.shape not in forms.values() or values.dtype.kind not in "fiubc":
        checks.fail(name, f"must be a Hamiltonian, an {', a '.join(forms)}, or a callable (t, psi)", entry)
    return _field_observable(hamiltonian, values) if values.shape == grid.shape else _matrix_observable(hamiltonian, values)


def _mean_energy(hamiltonian: Hamiltonian) -> Observable:
    """Re⟨ψ|H(t)|ψ⟩."""
    volume, axes = hamiltonian.grid.cell_volume, hamiltonian.state_axes

    def observe(t: float, psi: Any) -> np.ndarray:
        psi = hamiltonian.checked(to_numpy(psi))
        return np.sum((psi.conj() * hamiltonian.apply(psi, t)).real, axis=axes) * volume

    return observe


def _field_observable(hamiltonian: Hamiltonian, values: np.ndarray) -> Observable:
    volume, axes = hamiltonian.grid.cell_volume, hamiltonian.state_axes

    def observe(t: float, psi: Any) -> np.ndarray:
        if isinstance(psi, np.ndarray):
            return np.sum(values * density(psi), axis=axes) * volume
        xp = namespace(psi)
        weights = like(values * volume, psi)
        return to_numpy(xp.sum(weights * (xp.real(psi) ** 2 + xp.imag(psi) ** 2), axis=axes))

    return observe


def _matrix_observable(hamiltonian: Hamiltonian, values: np.ndarray) -> Observable:
    axes, ndim = hamiltonian.state_axes, hamiltonian.grid.ndim
    matrix = values.reshape(values.shape + (1,) * (ndim + 2 - values.ndim))
    hermitian = np.array_equal(matrix, np.conj(np.swapaxes(matrix, 0, 1)))

    def observe(t: float, psi: Any) -> np.ndarray:
        xp = namespace(psi)
        columns = xp.expand_dims(psi, axis=-ndim - 2)
        turned = xp.sum(like(matrix.astype(complex), psi) * columns, axis=-ndim - 1)
        result = to_numpy(xp.sum(xp.conj(psi) * turned, axis=axes)) * hamiltonian.grid.cell_volume
        return result.real if hermitian else result

    return observe
