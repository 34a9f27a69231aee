"""Levels of H = T + V − iW: complex E − iΓ/2, with residuals, condition numbers and bounds.

    Hv = (E − iΓ/2)v,    |e^{−iHt/ħ}v|² = e^{−Γt/ħ}|v|²,    Γ/2 = ⟨v|W|v⟩ for ⟨v|v⟩ = 1

W > 0 is a loss, W < 0 a gain with Γ < 0. The last equation is exact, since the rest of H is Hermitian: the widths come from it,
and are then good to more digits of their own than ε‖H‖. H is not normal, its eigenvectors are not orthogonal, and a residual says
what the error is only together with the condition number κ of the eigenvalue: see ``qlearn.spectrum.lossy.non_normal``.
"""

import warnings
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.hamiltonian.tables import point_levels
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.certificate import EPS, finer, rounding
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.lossy.davidson import large_levels
from qlearn.spectrum.lossy.invariant_subspace import invariant_subspace
from qlearn.spectrum.lossy.matrix import BESIDE, FULL, Levels, all_levels, lowest_levels, near_levels
from qlearn.spectrum.lossy.non_normal import Cluster, Conditioned, conditioned, settled

__all__ = ["lossy_levels"]

SAME = 64.0         # levels that differ by so many ε‖H‖ are one, in a basis of eigenvectors of our choice
EXCEPTIONAL = 1e5   # κ from which the warning speaks of an exceptional point


def lossy_levels(H: Hamiltonian, k: int, *, tol: float = 1e-10, target: complex | None = None) -> Spectrum:
    """The k eigenvalues E − iΓ/2 of H with an absorber or complex V that are lowest in E, or nearest to a target, by E.

    Parameters
    ----------
    H : static, linear Hamiltonian, with walls, twists, metric, A, channels, loss or gain; Hermitian ones too.
    tol : AccuracyWarning where an error bound exceeds tol × (E_k − min V + ħ²(2π/L)²/2m), the scale of the kinetic energies.
    target : an energy, real or complex, in the plane of E − iΓ/2.

    Returns a Spectrum with complex ``energies``; ``residuals`` on a grid twice as fine where V and W are callables, numbers
    or an Absorber; ``error_bounds`` κ(residual + rounding), to first order in the residual; states of norm 1, not orthogonal;
    stats: "condition" κ (k,), "cluster" the number of levels that are bounded together (k,), "loss" Γ/2 (k,).
    An absorber imitates the open space behind it: what it leaves standing is no error of this spectrum but of H.

    Raises
    ------
    ArgumentError; UnsupportedError for a batch of V, f(|ψ|²), V(t), or more points than are offered.

    >>> from qlearn import Grid
    >>> spectrum = lossy_levels(Hamiltonian(Grid(64, (-9, 9)), lambda x: 0.5 * (1 - 0.4j) * x**2), 2)
    >>> bool(np.allclose(spectrum.energies, (1 - 0.4j) ** 0.5 * np.array([0.5, 1.5])))
    True
    """
    k, tol, target = _checked(H, k, tol, target)
    values, right, left, words = _solved(H, k, target, tol)
    chosen = _chosen(values, min(k + BESIDE, len(values)), target)
    values, right, left = settled(values[chosen], right[:, chosen], left[:, chosen], SAME * EPS * _size(H))
    energies = _rayleigh(H, right)
    fine = finer(H)
    residuals, rounded = _residuals(H, fine, np.diag(energies), right)
    known = conditioned(values, right, left, residuals + rounded, _cluster(H, fine, values))
    wanted = np.sort(_chosen(energies, k, target))
    wanted = wanted[np.argsort(energies[wanted].real, kind="stable")]
    _warn(H, known, wanted, Goal(H, tol), float(np.max(energies[wanted].real)))
    stats = {"condition": known.condition[wanted], "cluster": known.cluster[wanted], "loss": -energies[wanted].imag,
             "rounding": rounded[wanted]}
    return Spectrum(H, energies[wanted], _states(H, right[:, wanted]), residuals[wanted], known.bounds[wanted], fine.grid,
                    words, stats)


def _checked(H: Any, k: Any, tol: Any, target: Any) -> tuple[int, float, complex | None]:
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    k = checks.integer("k", k, least=1, most=int(np.prod(H.state_shape)))
    tol = checks.real("tol", tol, above=0)
    if target is not None:
        target = complex(checks.finite_array("target", target, shape=(), dtype=complex))
    if H.batch_shape:
        raise UnsupportedError(f"levels are offered for one V, not for a batch {H.batch_shape}; make one Hamiltonian for each "
                               "member.")
    _ = H.spectral_bounds       # refuses what is not static or not linear
    return k, tol, target


def _solved(H: Hamiltonian, k: int, target: complex | None, tol: float) -> Levels:
    """Eigenvalues, right and left eigenvectors as columns of length 1."""
    size = int(np.prod(H.state_shape))
    if size <= FULL:
        return all_levels(H)
    if size > DENSE_LIMIT:
        return large_levels(H, k, target, lambda values, m: _chosen(values, m, target), tol)
    return lowest_levels(H, k) if target is None else near_levels(H, k, target)


def _chosen(values: np.ndarray, k: int, target: complex | None) -> np.ndarray:
    """The places of the k values lowest in their real part, or nearest to the target."""
    distance = values.real if target is None else np.abs(values - target)
    return np.argsort(distance, kind="stable")[:k]


def _rayleigh(H: Hamiltonian, columns: np.ndarray) -> np.ndarray:
    """⟨v|T + V|v⟩ − i⟨v|W|v⟩ of columns of length 1: the two parts apart, so that neither rounds the other."""
    rows = columns.T.reshape(-1, *H.state_shape)
    energies = np.empty(len(rows), complex)
    for i, v in enumerate(rows):
        lost = _lost(H, v)
        image = np.asarray(H.apply(v[None])[0]) + 1j * lost
        energies[i] = np.sum(v.conj() * image).real - 1j * np.sum(v.conj() * lost).real
    return energies


def _size(H: Hamiltonian) -> float:
    """‖H‖, at most."""
    loss = H.loss_table()
    largest = 0.0 if loss is None else np.abs(point_levels(loss, H.channels, H.grid.ndim)).max()
    return float(max(np.abs(H.spectral_bounds).max(), largest))


def _lost(H: Hamiltonian, v: np.ndarray) -> np.ndarray:
    """Wv of one state."""
    loss = H.loss_table()
    if loss is None:
        return np.zeros_like(v)
    return loss * v if H.channels is None else np.einsum("ij...,j...->i...", loss, v)


def _residuals(H: Hamiltonian, fine: Hamiltonian, block: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """‖(HQ − QB)_j‖ of each column on the finer grid, for interpolants of norm 1, and its rounding."""
    rows = columns.T.reshape(-1, *H.state_shape)
    if fine is not H:
        rows = np.asarray(H.grid.interpolate(rows / H.root_metric, fine.grid)) * fine.root_metric
    rows = rows.reshape(len(rows), -1)
    rows = rows / np.linalg.norm(rows, axis=1)[:, None]
    residuals, rounded = np.empty(len(rows)), np.empty(len(rows))
    for j, v in enumerate(rows):
        image = np.asarray(fine.apply(v.reshape(1, *fine.state_shape))).ravel()
        moved = np.asarray(fine.kinetic.apply(v.reshape(1, *fine.state_shape))).ravel()
        residuals[j] = np.linalg.norm(image - block[:, j] @ rows)
        rounded[j] = rounding(fine) + EPS * (np.linalg.norm(block[:, j]) + np.linalg.norm(image - moved))
    return residuals, rounded


def _cluster(H: Hamiltonian, fine: Hamiltonian, known: np.ndarray) -> Cluster:
    """How a cluster of levels is looked at as a whole: its block B, the residual ‖HQ − QB‖ on the finer grid, κ."""
    def look(values: np.ndarray, right: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, float, float]:
        distance = np.min(np.abs(known[:, None] - values), axis=1)
        outside = distance[distance > np.max(np.abs(values[:, None] - values))]
        gap = float(np.min(outside, initial=np.inf))
        gap = gap if np.isfinite(gap) else float(np.max(np.abs(values))) + 1.0
        if right.shape[0] <= DENSE_LIMIT:
            basis, dual = invariant_subspace(H.to_matrix(), values, right, left, gap)
        else:
            basis, dual = np.linalg.qr(right)[0], np.linalg.qr(left)[0]
        images = np.asarray(H.apply(basis.T.reshape(-1, *H.state_shape))).reshape(len(values), -1).T
        block = basis.conj().T @ images
        defect, rounded = _residuals(H, fine, block, basis)
        kappa = 1 / max(float(np.linalg.svd(dual.conj().T @ basis, compute_uv=False)[-1]), EPS)
        return block, float(np.linalg.norm(defect) + np.linalg.norm(rounded)), kappa
    return look


def _states(H: Hamiltonian, columns: np.ndarray) -> np.ndarray:
    """Each state with its largest value real and positive, Σ|v|²ΔV = 1."""
    rows = columns.T
    peak = rows[np.arange(len(rows)), np.argmax(np.abs(rows), axis=1)]
    lengths = np.linalg.norm(rows, axis=1)
    return (rows * (np.abs(peak) / peak / lengths)[:, None] / np.sqrt(H.grid.cell_volume)).reshape(-1, *H.state_shape)


def _warn(H: Hamiltonian, known: Conditioned, wanted: np.ndarray, goal: Goal, highest: float) -> None:
    bounds, scale = known.bounds[wanted], abs(goal.scale(highest))
    worst = int(np.argmax(bounds))
    if bounds[worst] <= goal.tol * scale:
        return
    kappa = known.condition[wanted][worst]
    if kappa > EXCEPTIONAL:
        advice = f"Its condition number is {kappa:.1e}: states nearly coincide (an exceptional point, or a strongly non-normal " \
                 "H), and rounding moves such levels by much more than ε‖H‖."
    else:
        advice = f"Its condition number is {kappa:.3g}. The grid {H.grid.shape} may not resolve the state or the beginning of " \
                 "the absorber; take more points or a higher order of the absorber, or a larger tol."
    warnings.warn(f"the error bound {bounds[worst]:.1e} of level {worst} exceeds tol = {goal.tol:g} times the energy scale "
                  f"{scale:.3g}. {advice}", AccuracyWarning, stacklevel=3)
