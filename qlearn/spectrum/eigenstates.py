"""Eigenstates of H, with a certificate that does not come from the solver that found them."""

import warnings
from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.hamiltonian import DENSE_LIMIT, Hamiltonian
from qlearn.spectrum.goal import Goal
from qlearn.spectrum.hermitian.certificate import Certificate, certify, finer, interpolated
from qlearn.spectrum.hermitian.dense import dense
from qlearn.spectrum.hermitian.found import Found
from qlearn.spectrum.hermitian.interior import from_below, inside
from qlearn.spectrum.hermitian.iterative import guards, iterative
from qlearn.spectrum.hermitian.line import on_line
from qlearn.spectrum.hermitian.reduced import LARGEST, Reduced, reduced
from qlearn.spectrum.hermitian.target import near_target
from qlearn.spectrum.levels import Spectrum
from qlearn.spectrum.lossy.levels import lossy_levels

__all__ = ["eigenstates"]

METHODS = ("dense", "reduced", "iterative")
SMALL = 400         # rows of a matrix that are solved before anything else is set up
MODERATE = 1500     # rows of a matrix that are solved rather than iterated


def eigenstates(H: Hamiltonian, k: int, *, tol: float = 1e-10, target: complex | None = None,
                method: str | None = None) -> Spectrum:
    """The k lowest eigenstates of H v = E v, or the k nearest to a target; walls, poles, metrics, A and channels included.

    Parameters
    ----------
    H : static, linear, Hermitian Hamiltonian.     k : 1 … number of points (times channels).
    tol : of the levels, as a share of E_k − min V + ħ²(2π/L)²/2m, the scale of the kinetic energies; AccuracyWarning where an
        error bound is larger. Residuals of the states on the grid are at most 0.01 √tol of that scale, often at its rounding.
    target : an energy, with a loss also a complex one, in the plane of E − iΓ/2. Of levels at equal distances the lower ones.
    method : None, chosen by the kind of H and its size | "dense", the whole matrix, at most 4096 rows | "reduced", the projection
        on product functions of the axes (no metric, 2-D and more), on one axis the points that the levels need | "iterative",
        block Davidson from a random block, the lowest levels of any H; near a target all levels from below up to there where
        few lie below, else a Chebyshev filter round it (some fifty applications of H times the points, minutes for 10⁴).

    Returns a Spectrum. ``error_bounds``, ``residuals``: see ``qlearn.spectrum.hermitian.certificate``; stats["bounds"] says of
    each level whether its bound is its "residual", which needs nothing else, or "quadratic", residual²/distance to the other
    levels, which holds where no level was skipped. That none was skipped is proved by "dense" only. It is guarded against:
    bases cover all of phase space below E_k, and iterations carry random guard vectors that no symmetry shuts out.
    The bounds concern H on its box: what the box cuts off they do not see. With a loss: see ``lossy_levels``.

    Raises
    ------
    ArgumentError; UnsupportedError for a batch of V, f(|ψ|²), or a size that a method does not reach.
    Degenerate states come out orthonormal, in a basis of no meaning of its own.

    >>> import qlearn as ql
    >>> spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid(64, (-9, 9)), lambda x: x**2 / 2), 3)
    >>> spectrum.energies.round(10).tolist(), bool(spectrum.error_bounds.max() < 1e-11)
    ([0.5, 1.5, 2.5], True)
    >>> plane = ql.Hamiltonian(ql.Grid((72, 72), [(-9, 9)] * 2), lambda x, y: (x**2 + 2 * y**2) / 2 + 0.1 * x * y)
    >>> ql.eigenstates(plane, 2, target=6).energies.round(8).tolist()
    [6.03186704, 6.18155694]
    """
    k, tol, target, method = _checked(H, k, tol, target, method)
    if not H.is_hermitian:
        return _lossy(H, k, tol, target, method)
    target = None if target is None else _real(target)
    goal = Goal(H, tol)
    found = _solved(H, k, target, method, goal)
    fine = finer(H, found.bands)
    pairs, overlaps = (interpolated(H, fine, found.rows), None) if found.pairs is None else found.pairs(fine)
    certificate = certify(H, fine, found.energies, found.rows, pairs, lowest=found.lowest, overlaps=overlaps)
    wanted = slice(found.first, found.first + k)
    _warn(H, fine, found, certificate, wanted, goal)
    stats = {**found.stats, "bounds": certificate.kinds[wanted], "rounding": float(np.max(certificate.rounding[wanted]))}
    return Spectrum(H, found.energies[wanted].copy(), _states(H, found.rows[wanted]), certificate.residuals[wanted].copy(),
                    certificate.bounds[wanted].copy(), fine.grid, found.words, stats)


def _checked(H: Any, k: Any, tol: Any, target: Any, method: Any) -> tuple[int, float, complex | None, str | None]:
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    k = checks.integer("k", k, least=1, most=int(np.prod(H.state_shape)))
    tol = checks.real("tol", tol, above=0)
    if target is not None:
        if isinstance(target, str | bool):
            checks.fail("target", "must be an energy", target)
        target = complex(checks.finite_array("target", target, shape=(), dtype=complex))
    method = None if method is None else checks.choice("method", method, METHODS)
    if H.batch_shape:
        raise UnsupportedError(f"eigenstates are offered for one V, not for a batch {H.batch_shape}; make one Hamiltonian for "
                               "each member.")
    _ = H.spectral_bounds       # refuses what is not static or not linear
    return k, tol, target, method


def _real(target: complex) -> float:
    if target.imag:
        checks.fail("target", "must be real for a Hermitian H, whose levels are", target)
    return target.real


def _solved(H: Hamiltonian, k: int, target: float | None, method: str | None, goal: Goal) -> Found:
    size = int(np.prod(H.state_shape))
    if method == "dense" or (method is None and size <= SMALL):
        return dense(H, k, target)
    if target is not None:
        return _inside(H, k, target, method, goal, size)
    if method == "iterative":
        return iterative(H, k, goal)
    if _is_line(H):
        found = on_line(H, k)
        if found is not None:
            return found
    if method is None and size <= DENSE_LIMIT and 4 * k > size:
        return dense(H, k, target)
    near = _projected(H, k, goal, size)
    if near is not None and near.converged:
        return near.found(k)
    if method == "reduced":
        raise UnsupportedError(f"no basis of {LARGEST} product functions holds {k} levels to tol = {goal.tol:g} on this grid. "
                               "Leave method out, or take a larger tol.")
    if size <= MODERATE or (near is None and size <= DENSE_LIMIT):
        return dense(H, k, target)
    return iterative(H, k, goal, None if near is None else near.rows)


def _inside(H: Hamiltonian, k: int, target: float, method: str | None, goal: Goal, size: int) -> Found:
    found = None
    if method != "iterative" and _is_line(H):
        found = from_below(H, k, target, goal, on_axis=True)
    if method is None and found is None and (size <= MODERATE or (size <= DENSE_LIMIT and not _has_products(H))):
        return dense(H, k, target)
    if method != "iterative" and _has_products(H):
        found = near_target(H, k, target, goal)
    if found is None and method == "reduced":
        raise UnsupportedError(f"no basis of product functions holds the levels near {target:g} on this grid. Leave method out.")
    return found or inside(H, k, target, goal)


def _is_line(H: Hamiltonian) -> bool:
    """True where there are the functions of one axis and nothing else."""
    return H.grid.ndim == 1 and H.is_diagonal_in_k and H.channels is None


def _has_products(H: Hamiltonian) -> bool:
    """True where functions of the axes make a basis near the states of H."""
    return H.metric is None and H.grid.ndim > 1


def _lossy(H: Hamiltonian, k: int, tol: float, target: complex | None, method: str | None) -> Spectrum:
    if method is not None:
        checks.fail("method", "must be None for an H with a loss, whose levels are complex", method)
    return lossy_levels(H, k, tol=tol, target=target)


def _projected(H: Hamiltonian, k: int, goal: Goal, size: int) -> Reduced | None:
    """The projection on product functions, where those of the axes are near those of H: no metric."""
    if not _has_products(H):
        return None
    dear = 6e-6 * (k + guards(k)) * size / 3e-10    # functions at which eigh takes as long as block Davidson, as measured
    return reduced(H, k, goal, int(np.clip(dear ** (1 / 3), 600, LARGEST)))


def _states(H: Hamiltonian, rows: np.ndarray) -> np.ndarray:
    """Each state with its largest value real and positive, Σ|v|²ΔV = 1."""
    states = np.empty_like(rows)
    for row, state in zip(rows, states, strict=True):
        peak = row[np.argmax(np.abs(row))]
        np.multiply(row, np.abs(peak) / peak / np.sqrt(H.grid.cell_volume), out=state)
    return states.reshape(len(rows), *H.state_shape)


def _warn(H: Hamiltonian, fine: Hamiltonian, found: Found, certificate: Certificate, wanted: slice, goal: Goal) -> None:
    bounds, residuals = certificate.bounds[wanted], certificate.residuals[wanted]
    scale = goal.scale(float(found.energies[wanted][-1]))
    worst = int(np.argmax(bounds))
    if bounds[worst] <= goal.tol * scale:
        return
    if residuals[worst] <= 4 * certificate.rounding[wanted][worst]:
        advice = "Rounding, ε‖H‖, sets this limit; a coarser grid or a larger tol is all there is."
    elif fine is H:
        advice = "The eigenvectors are not converged to tol; take a larger tol."
    else:
        advice = f"The grid {H.grid.shape} does not resolve the state; take more points, or a V without kinks."
        if "wall" in H.grid.boundary:
            advice += " At walls where V, the metric or A has a slope the states in sines, and with them this bound, converge " \
                      "slowly, the levels faster."
    warnings.warn(f"the error bound {bounds[worst]:.1e} of level {worst} exceeds tol = {goal.tol:g} times the energy scale "
                  f"{scale:.3g}. {advice}", AccuracyWarning, stacklevel=3)
