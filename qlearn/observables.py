"""Numbers and functions read off ψ. Each e_ops entry of sesolve is one of these, an array f(q), a Hamiltonian or a callable."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["as_observable", "density", "mean", "mean_momentum", "momentum_operator", "spectral_tail"]

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
    """⟨p⟩ = Σ_k ħk |a_k|² along one axis, not divided by ⟨ψ|ψ⟩.

    >>> from qlearn.states import gaussian
    >>> grid = Grid(64, (-8, 8))
    >>> round(float(mean_momentum(grid, gaussian(grid, center=0, width=1, momentum=1.5))), 12)
    1.5
    """
    axis = checks.integer("axis", axis, least=0, most=grid.ndim - 1)
    k = grid.wavenumbers[axis].reshape((-1,) + (1,) * (grid.ndim - 1 - axis))
    return hbar * np.sum(k * np.abs(grid.transform(psi)) ** 2, axis=grid.fourier_axes)


def momentum_operator(grid: Grid, *, axis: int = 0, hbar: float = 1.0) -> Observable:
    """``mean_momentum`` as an entry of e_ops: a function of (t, psi)."""
    return lambda t, psi: mean_momentum(grid, psi, axis=axis, hbar=hbar)


def spectral_tail(grid: Grid, phi: np.ndarray) -> float:
    """The share of Σ|a_k|² in the outer tenth of the wavenumbers of an axis; the largest over axes and batch.

    ``phi`` (…, *shape) is the periodic part of ψ. Its square root tells at what level the grid cuts ψ off.
    """
    power = np.abs(np.fft.fftn(phi, axes=grid.fourier_axes)) ** 2
    total = np.maximum(np.sum(power, axis=grid.fourier_axes), np.finfo(float).tiny)
    worst = 0.0
    for axis, k in enumerate(grid.wavenumbers):
        outer = (np.abs(k) >= 0.9 * np.pi / grid.spacing[axis]).reshape((-1,) + (1,) * (grid.ndim - 1 - axis))
        worst = max(worst, float(np.max(np.sum(power * outer, axis=grid.fourier_axes) / total)))
    return worst


def as_observable(grid: Grid, entry: Any, name: str) -> Observable:
    """The function (t, psi) -> number(s) that an entry of e_ops stands for."""
    if isinstance(entry, Hamiltonian):
        return lambda t, psi: entry.at(t).expect(psi)
    if callable(entry):
        return entry
    values = np.asarray(entry)
    if values.shape != grid.shape or values.dtype.kind not in "fiubc":
        checks.fail(name, f"must be a Hamiltonian, an array f(q) of shape {grid.shape}, or a callable (t, psi)", entry)
    return lambda t, psi: mean(grid, values, psi)
