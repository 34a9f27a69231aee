"""The lowest eigenstates of H, with a certificate that does not come from the solver that found them.

For any normalised v and Hermitian H there is an eigenvalue of H within ‖Hv − Ev‖ of E (Krylov and Weinstein). The residual
is taken by applying H, and where V is known between the points (a callable) on a grid twice as fine, with v its interpolant:
it then bounds the error of the discretisation as well, as far as V v is resolved there. Rounding of the residual itself,
about ε‖H‖, is added to the bound. Between walls where the metric, A or V bends ψ sharply the interpolant of sines converges
slowly, and the bound, on a grid twice as fine, says so.
"""

import warnings

import numpy as np
from scipy.linalg import eigh

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.spectrum.levels import Spectrum

__all__ = ["eigenstates"]

EPS = float(np.finfo(float).eps)


def eigenstates(H: Hamiltonian, k: int, *, tol: float = 1e-10) -> Spectrum:
    """The k lowest eigenstates of H v = E v by dense diagonalisation: walls, poles, metrics, A and channels included.

    Parameters
    ----------
    H : static, linear, Hermitian Hamiltonian, at most 4096 points (times channels) in all.     k : 1 … number of points.
    tol : AccuracyWarning where an error bound exceeds tol × (E_k − min V + ħ²(2π/L)²/2m), the scale of the kinetic energies.

    Raises
    ------
    ArgumentError; UnsupportedError on larger grids, with a loss, a batch of V or f(|ψ|²).
    Degenerate states come out orthonormal, in a basis of no meaning of its own.

    >>> spectrum = eigenstates(Hamiltonian(Grid(64, (-9, 9)), lambda x: x**2 / 2), 3)
    >>> spectrum.energies.round(10).tolist(), bool(spectrum.error_bounds.max() < 1e-11)
    ([0.5, 1.5, 2.5], True)
    """
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    size = int(np.prod(H.state_shape))
    k = checks.integer("k", k, least=1, most=size)
    tol = checks.real("tol", tol, above=0)
    if size > DENSE_LIMIT:
        raise UnsupportedError(f"eigenstates of {size} points are not offered (limit {DENSE_LIMIT}); where V is a sum "
                               "over the axes solve each axis, else take a coarser grid.")
    if not H.is_hermitian:
        raise UnsupportedError("eigenstates of an H with a loss are not offered, for its levels are complex. Leave the absorber "
                               "out and take a real V, or use np.linalg.eig(H.to_matrix()).")
    energies, states = _lowest(H, k)
    fine = _certifying(H)
    residuals = _residuals(fine, energies, _on(fine, H, states))
    bounds = residuals + _rounding(fine)
    _warn(H, fine, energies, residuals, bounds, tol)
    return Spectrum(H, energies, states, residuals, bounds, fine.grid, "dense diagonalisation")


def _lowest(H: Hamiltonian, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Energies and states, each state with its largest value real and positive."""
    energies, vectors = eigh(H.to_matrix(), driver="evd")
    states = vectors[:, :k].T
    peak = states[np.arange(k), np.argmax(np.abs(states), axis=1)]
    states = states * (np.abs(peak) / peak)[:, None] / np.sqrt(H.grid.cell_volume)
    return energies[:k].copy(), states.reshape(k, *H.state_shape)


def _on(fine: Hamiltonian, H: Hamiltonian, states: np.ndarray) -> np.ndarray:
    """The interpolants of the scalars, as half-densities on the finer grid."""
    return np.asarray(H.grid.interpolate(states / H.root_metric, fine.grid)) * fine.root_metric


def _certifying(H: Hamiltonian) -> Hamiltonian:
    """H on a grid twice as fine, or H itself where V is an array."""
    return H.refined(2) or H


def _residuals(H: Hamiltonian, energies: np.ndarray, states: np.ndarray) -> np.ndarray:
    column = energies.reshape((-1,) + (1,) * len(H.state_shape))
    return H.norm(H @ states - column * states) / H.norm(states)


def _rounding(H: Hamiltonian) -> float:
    """Rounding of a residual: random, ε‖H‖√(log₂N) covers that of the transforms."""
    low, high = H.spectral_bounds
    return EPS * max(abs(low), abs(high)) * float(np.sqrt(np.log2(H.grid.size)))


def _warn(H: Hamiltonian, fine: Hamiltonian, energies: np.ndarray, residuals: np.ndarray, bounds: np.ndarray,
          tol: float) -> None:
    ring = min(_unit(H, axis) for axis in range(H.grid.ndim))
    scale = float(energies[-1] - (H.spectral_bounds[0] - H.kinetic.bounds[0])) + ring
    worst = int(np.argmax(bounds))
    if bounds[worst] <= tol * scale:
        return
    if residuals[worst] <= 4 * _rounding(fine):
        advice = "Rounding, ε‖H‖, sets this limit; a coarser grid or a larger tol is all there is."
    elif fine is H:
        advice = "The eigenvectors are not converged to tol; take a larger tol."
    else:
        advice = f"The grid {H.grid.shape} does not resolve the state; take more points, or a V without kinks."
        if "wall" in H.grid.boundary:
            advice += " At walls where V, the metric or A has a slope the states in sines, and with them this bound, converge " \
                      "slowly, the levels faster."
    warnings.warn(f"the error bound {bounds[worst]:.1e} of level {worst} exceeds tol = {tol:g} times the energy scale "
                  f"{scale:.3g}. {advice}", AccuracyWarning, stacklevel=3)


def _unit(H: Hamiltonian, axis: int) -> float:
    """ħ²(2π/L)²/2m of an axis, the least over the points: the kinetic energy of one wave round it."""
    return float(0.5 * np.min(H.kinetic.inverse[axis, axis]) * (H.hbar * 2 * np.pi / H.grid.lengths[axis]) ** 2)
