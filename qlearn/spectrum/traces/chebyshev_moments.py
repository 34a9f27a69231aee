"""Chebyshev moments ⟨ψ|T_k(X)|ψ⟩ of a Hermitian H: all that kernel polynomials need to know of it.

    X = (H − centre)/half_width with its spectrum in [−1, 1],    T_0 = 1, T_1 = X, T_{k+1} = 2X T_k − T_{k−1}

Two moments come from each application of H, since 2 T_j T_k = T_{j+k} + T_{|j−k|}:

    μ_{2k} = 2⟨T_kψ|T_kψ⟩ − μ_0,    μ_{2k+1} = 2⟨T_{k+1}ψ|T_kψ⟩ − μ_1

Source: A. Weiße, G. Wellein, A. Alvermann, H. Fehske, Rev. Mod. Phys. 78, 275 (2006), section II.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian

__all__ = ["ChebyshevMoments", "chebyshev_moments"]

MARGIN = 1e-12  # of the width: rounding must not carry an eigenvalue of X beyond ±1, where T_k grows


@final
@dataclass(frozen=True, eq=False)
class ChebyshevMoments:
    """μ_k = ⟨ψ|T_k(X)|ψ⟩, X = (H − centre)/half_width.

    values : (…, n) real, k = 0 … n − 1; μ_0 = ⟨ψ|ψ⟩.     centre, half_width : energies.
    """

    values: np.ndarray
    centre: float
    half_width: float

    def __post_init__(self):
        self.values.flags.writeable = False

    @property
    def bounds(self) -> tuple[float, float]:
        """The energies at X = −1 and X = 1, which enclose the spectrum."""
        return self.centre - self.half_width, self.centre + self.half_width

    def scaled(self, energies: Any) -> np.ndarray:
        """x = (E − centre)/half_width; those of the spectrum lie in [−1, 1]."""
        return (np.asarray(energies, float) - self.centre) / self.half_width


def chebyshev_moments(H: Hamiltonian, states: Any, n: int, *, bounds: tuple[float, float] | None = None) -> ChebyshevMoments:
    """The first n moments ⟨ψ|T_k(X)|ψ⟩ = Σ ψ* T_k(X)ψ ΔV of states (…, *state_shape), from n/2 applications of H.

    H : static, linear, Hermitian; with a batch of V the states broadcast against it.   n : ≥ 2.   states need not be normalised.
    bounds : (low, high) that enclose the spectrum; default H.spectral_bounds. Where they do not enclose it T_k grows beyond
        all limits: that is seen by |μ_k| ≤ μ_0, and is an error.
    Rounding: of μ_k about ε k μ_0.

    Raises
    ------
    ArgumentError; UnsupportedError for a loss, whose T_k(X) need not stay bounded.

    >>> from qlearn.grids import Grid
    >>> H = Hamiltonian(Grid(32, (0, 2 * np.pi)), 0.0)
    >>> wave = np.exp(2j * H.grid.axes[0]) / np.sqrt(2 * np.pi)              # E = 2
    >>> moments = chebyshev_moments(H, wave, 8)
    >>> bool(np.allclose(moments.values, np.cos(np.arange(8) * np.arccos(moments.scaled(2.0)))))
    True
    """
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    n = checks.integer("n", n, least=2)
    if not H.is_hermitian:
        raise UnsupportedError("Chebyshev moments of an H with a loss are not offered, for T_k(X) need not stay bounded; "
                               "take the lines of a propagation, ql.autocorrelation_spectrum or ql.harmonic_inversion.")
    psi = H.checked(states, "states")
    low, high = _enclosure(H.spectral_bounds if bounds is None else bounds)
    centre, half_width = (low + high) / 2, (high - low) / 2
    with np.errstate(over="ignore", invalid="ignore"):          # seen below
        values = _moments(H, np.broadcast_to(psi, _shape(H, psi)), n, centre, half_width)
    if not np.all(np.abs(values) <= (1 + 1e-6) * values[..., :1] + np.finfo(float).tiny):
        checks.fail("bounds", "must enclose the spectrum of H, or the moments grow", f"({low:g}, {high:g})",
                    "Leave bounds= out, or widen them.")
    return ChebyshevMoments(values, centre, half_width)


def _enclosure(bounds: Any) -> tuple[float, float]:
    low, high = checks.finite_array("bounds", bounds, shape=(2,))
    if not low <= high:
        checks.fail("bounds", "must be (low, high) with low ≤ high", bounds)
    margin = MARGIN * (high - low) + 4 * np.finfo(float).eps * max(abs(low), abs(high))
    if not margin > 0:
        checks.fail("bounds", "must not both be zero", bounds)
    return float(low - margin), float(high + margin)


def _shape(H: Hamiltonian, psi: np.ndarray) -> tuple[int, ...]:
    batch = np.broadcast_shapes(psi.shape[:psi.ndim - len(H.state_shape)], H.batch_shape)
    return (*batch, *H.state_shape)


def _moments(H: Hamiltonian, psi: np.ndarray, n: int, centre: float, half_width: float) -> np.ndarray:
    def applied(state: np.ndarray) -> np.ndarray:
        out = H.apply(state)
        out -= centre * state
        out /= half_width
        return out

    def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.sum(a.real * b.real + a.imag * b.imag, axis=H.state_axes) * H.grid.cell_volume

    before, now = psi, applied(psi)
    values = np.empty((*psi.shape[:psi.ndim - len(H.state_shape)], n + 1))
    values[..., 0], values[..., 1] = product(psi, psi), product(psi, now)
    for k in range(1, (n + 1) // 2):                            # now = T_k ψ
        values[..., 2 * k] = 2 * product(now, now) - values[..., 0]
        after = applied(now)
        after *= 2
        after -= before
        before, now = now, after
        values[..., 2 * k + 1] = 2 * product(now, before) - values[..., 1]
    return np.ascontiguousarray(values[..., :n])
