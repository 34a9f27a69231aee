"""Spectral function A(E) = ⟨ψ|δ_σ(E − H)|ψ⟩ with a Gaussian of known width, by Chebyshev moments with a bound of the error.

    δ_σ(E − H) = exp(−(E − H)²/2σ²)/(σ√2π) = Σ_k (2 − δ_k0) g_k(E) T_k(X),      A(E) = Σ_k (2 − δ_k0) g_k(E) μ_k

The g_k are those of the Gaussian itself, by a discrete cosine transform, so that the only error is the tail of the series, at
most 2 Σ_{k ≥ n} |g_k| μ_0: no kernel is needed that would widen it.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.fft import dct

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.traces.chebyshev_moments import ChebyshevMoments, chebyshev_moments

__all__ = ["SpectralFunction", "spectral_function"]

MOST_MOMENTS = 200_000
ROUNDING = float(np.finfo(float).eps)
BLOCK = 2_000_000       # numbers at once


@final
@dataclass(frozen=True, eq=False)
class SpectralFunction:
    """energies (m,), values (…, m) ≥ −error_bound in units of ‖ψ‖²/energy; error_bound: of the values, absolute; width σ;
    moments: how many of them."""

    energies: np.ndarray
    values: np.ndarray
    error_bound: float
    width: float
    moments: int

    def __post_init__(self):
        self.energies.flags.writeable = False
        self.values.flags.writeable = False

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype)


def spectral_function(H: Hamiltonian, psi: Any, energies: Any, *, width: float, tol: float = 1e-8,
                      bounds: tuple[float, float] | None = None) -> SpectralFunction:
    """A(E) = Σ_n |⟨n|ψ⟩|² exp(−(E − E_n)²/2σ²)/(σ√2π) at the energies (m,), without any eigenstate.

    Parameters
    ----------
    H : static, linear, Hermitian.    psi : (…, *state_shape).    width : σ > 0, the resolution.
    tol : the error, relative to the highest value that a line could have, ‖ψ‖²/(σ√2π); a bound, and rounding on top.
    bounds : an enclosure of the spectrum where a narrower one than H.spectral_bounds is known.

    Cost: n/2 applications of H with n ≈ (width of the enclosure)/2σ × √(2 ln(1/tol)).

    Raises
    ------
    ArgumentError; UnsupportedError for a loss, or more than 200000 moments.

    >>> from qlearn.grids import Grid
    >>> H = Hamiltonian(Grid(64, (-9, 9)), lambda x: x**2 / 2)
    >>> psi = np.pi**-0.25 * np.exp(-H.grid.axes[0]**2 / 2)                   # the ground state, E = ½
    >>> A = spectral_function(H, psi, [0.5, 0.7], width=0.2)
    >>> bool(np.allclose(A, np.exp([0, -0.5]) / (0.2 * np.sqrt(2 * np.pi)), atol=A.error_bound))
    True
    """
    energies = np.array(checks.finite_array("energies", energies, shape=(None,)))
    width, tol = checks.real("width", width, above=0), checks.real("tol", tol, above=0, most=0.1)
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    if not H.is_hermitian:
        raise UnsupportedError("the spectral function of an H with a loss is not offered, for δ(E − H) is none; take the lines "
                               "of a propagation: ql.harmonic_inversion of ql.autocorrelation(result).")
    first = chebyshev_moments(H, psi, 2, bounds=bounds)
    n = _count(width / first.half_width, tol)
    if n > MOST_MOMENTS:
        raise UnsupportedError(f"a width of {width:.3g} on a grid whose spectrum may be {2 * first.half_width:.3g} wide needs "
                               f"{n} moments, and {MOST_MOMENTS} are offered; take a larger width, a coarser grid or bounds=.")
    moments = chebyshev_moments(H, psi, n, bounds=bounds)
    values = _summed(moments, energies, width)
    largest = float(np.max(moments.values[..., 0], initial=0.0))
    error = largest * (tol + 8 * ROUNDING * np.sqrt(n)) / (width * np.sqrt(2 * np.pi))
    return SpectralFunction(energies, values, error, width, n)


def _count(s: float, tol: float) -> int:
    """n with 2 Σ_{k ≥ n} |g_k| ≤ tol/(s√2π) for a Gaussian of width s on [−1, 1].

    exp(−(x − cos φ)²/2s²) continued to φ + iη is at most exp(sinh²η/2s²) in size, so that |g_k| ≤ exp(sinh²η/2s² − kη)/(s√2π);
    the sum over k ≥ n is taken with the best η.
    """
    eta = np.geomspace(1e-4, 50.0, 2000) * min(s, 1.0)
    with np.errstate(over="ignore", under="ignore"):
        needed = (np.log(2 / tol) + np.sinh(eta) ** 2 / (2 * s**2) - np.log(-np.expm1(-eta))) / eta
    return max(2, int(np.ceil(np.min(needed))))


def _summed(moments: ChebyshevMoments, energies: np.ndarray, width: float) -> np.ndarray:
    """Σ_k (2 − δ_k0) g_k(E) μ_k = the mean over Chebyshev's points of g(E − E(φ)) × Σ_k (2 − δ_k0) μ_k cos kφ."""
    n = moments.values.shape[-1]
    points = 2 * n                                      # exact up to the tail of g beyond 2·2n − n
    padded = np.zeros((*moments.values.shape[:-1], points))
    padded[..., :n] = moments.values
    density = dct(padded, type=3, axis=-1) / points     # at φ_j = π(j + ½)/points
    places = moments.centre + moments.half_width * np.cos(np.pi * (np.arange(points) + 0.5) / points)
    values = np.empty((*moments.values.shape[:-1], len(energies)))
    for block in np.array_split(np.arange(len(energies)), max(1, len(energies) * points // BLOCK)):
        with np.errstate(under="ignore"):
            kernel = np.exp(-0.5 * ((energies[block, None] - places) / width) ** 2) / (width * np.sqrt(2 * np.pi))
        values[..., block] = density @ kernel.T
    return values
