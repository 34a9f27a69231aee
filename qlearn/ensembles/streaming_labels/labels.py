"""What the labels of a stream must be for its mean loss to be −F (THEORY.md 6, last point).

    ℓ(q; θ, σ) = −Aσ [K(x − θ) + c (x − θ)],   K(x) = exp(4(cos x − 1)),   x = 2πs(q)/S the angle in the proper length s

With θ uniform and E[σ|θ] = m(θ), the mean of dℓ/dx is −dF/dx where, in Fourier components e^{ikx},

    m_k = F_k/(A K_k),  k ≠ 0,   K_k = e^{−4} I_k(4),      m_0 = ħw/(A c),  w the winding of F

and the second moment of the gradient, A²(⟨K'²⟩ + c²)(2π/S)² g(q), depends neither on m nor, in the proper length, on q.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.special import iv, ive

from qlearn.errors import RegimeError
from qlearn.kernels.label_steps import EXAMPLES

__all__ = ["WINDING_SLOPE", "LabelSeries", "Truncation", "feature_slope", "force_series", "label_series", "second_moment"]

SHARPNESS = 4.0                                         # of K
_PEAK = float(2 * np.exp(-8) * iv(1, 8))                # ⟨K'²⟩ = 16 e^{−8} I_1(8)/8
WINDING_SLOPE = float(np.sqrt(_PEAK))                   # c: the two parts of the loss then make equal noise
POINTS = 512                                            # where F' is read
LARGEST = 40                                            # Fourier modes offered
TOLERANCE = 0.02        # rms under |ψ|² of what is left out of dF/dx, in units of ħ: a rest r of the k-th wave moves the
                        # distribution function by some r/πk²; r = .015, k = 6 over a revival: Kuiper 6e-4 by the exact law
_NODE = 1e-24           # |ψ|² over its largest, below which F' cannot be read


def feature_slope(x: Any) -> np.ndarray:
    """K'(x) = −4 sin x exp(4(cos x − 1))."""
    return -SHARPNESS * np.sin(x) * np.exp(SHARPNESS * (np.cos(x) - 1))


def second_moment(winding: float) -> float:
    """⟨K'²⟩ + c², with c = 0 where F does not wind."""
    return _PEAK + (WINDING_SLOPE**2 if winding else 0.0)


@final
@dataclass(frozen=True)
class Truncation:
    """modes : Fourier modes kept    residual : rms of the rest of dF/dx under |ψ|², units of ħ, the largest of all steps
    largest : of |m|    at : the field's time where that is    least_density : smallest ρ/max ρ met"""

    modes: int
    residual: float
    largest: float
    at: float
    least_density: float


@final
@dataclass(frozen=True, eq=False)
class LabelSeries:
    """m(θ, t) at the steps of a run: its Fourier coefficients (steps, modes + 1), k = 0 … modes."""

    coefficients: np.ndarray
    truncation: Truncation

    def chance(self, step: int) -> np.ndarray:
        """P(σ = +1 | θ_j) = (1 + m(θ_j))/2 at the N examples."""
        return 0.5 + 0.5 * bias(self.coefficients[step])


def bias(coefficients: np.ndarray) -> np.ndarray:
    """m(θ_j), θ_j = 2πj/N, of coefficients (…, modes + 1): shape (…, N)."""
    return np.fft.irfft(coefficients, EXAMPLES, norm="forward", axis=-1)


def force_series(field: Any, times: np.ndarray, q: np.ndarray, per_angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(1/ħ) dF/dx = (Re + Im)(∂_xψ/ψ) at q (POINTS,) and the weights |ψ|²√g dq ∝ |ψ|² there: each (steps, POINTS).

    per_angle : dq/dx at q.  Raises RegimeError at a node: F = φ + T ln ρ is infinite there.
    """
    force, weight = np.empty((2, len(times), len(q)))
    for row, t in enumerate(times):
        psi, grad = field(float(t), q)
        density = np.abs(psi) ** 2
        if not density.min() > _NODE * density.max():
            raise RegimeError(f"field: ψ has a node at t = {t:g} (least |ψ|²/max {density.min() / density.max():.1g}), where "
                              "F = φ + T ln ρ is infinite and no labels exist. End the run before, or choose another state.")
        scaled = np.conj(psi) * grad[0] * per_angle / density
        force[row] = scaled.real + scaled.imag
        weight[row] = density / density.sum()
    return force, weight


def label_series(force: np.ndarray, weight: np.ndarray, times: np.ndarray, *, scale: float, winding: float,
                 modes: int | None) -> LabelSeries:
    """Labels for (1/ħ)dF/dx at the steps; scale = ħ/A.

    modes=None takes the fewest that leave an rms of at most 0.02 ħ, under |ψ|², out of dF/dx.
    """
    spectrum = np.fft.rfft(force, axis=1, norm="forward")
    _check_winding(spectrum[:, 0].real, times, winding)
    modes = _fewest(spectrum, force, weight) if modes is None else modes
    left = _residuals(spectrum, force, weight, modes)
    k = np.arange(1, modes + 1)
    coefficients = np.empty((len(times), modes + 1), complex)
    coefficients[:, 0] = scale * spectrum[:, 0].real / WINDING_SLOPE if winding else 0.0
    coefficients[:, 1:] = scale * spectrum[:, 1:modes + 1] / (1j * k * ive(k, SHARPNESS))
    largest = np.array([np.max(np.abs(bias(row))) for row in coefficients])
    worst = int(np.argmax(largest))
    least = float(np.min(weight.min(axis=1) / weight.max(axis=1)))
    found = Truncation(modes, float(left.max()), float(largest[worst]), float(times[worst]), least)
    coefficients.setflags(write=False)
    return LabelSeries(coefficients, found)


def _check_winding(mean: np.ndarray, times: np.ndarray, winding: float) -> None:
    wrong = np.flatnonzero(np.abs(mean - winding) > 0.01)
    if wrong.size:
        found, t = mean[wrong[0]], times[wrong[0]]
        raise RegimeError(f"winding must be that of ψ at all times, n + θ; given {winding:g}, and F winds by {found:.4g} at "
                          f"t = {t:g}. Give winding={found:.4g}, or end the run before a node changes it.")


def _residuals(spectrum: np.ndarray, force: np.ndarray, weight: np.ndarray, modes: int) -> np.ndarray:
    kept = np.fft.irfft(spectrum[:, :modes + 1], force.shape[1], axis=1, norm="forward")
    return np.sqrt(np.sum(weight * (force - kept) ** 2, axis=1))


def _fewest(spectrum: np.ndarray, force: np.ndarray, weight: np.ndarray) -> int:
    """The fewest modes with residuals within the tolerance, LARGEST if there are none."""
    low, high = 0, LARGEST
    while low < high:
        middle = (low + high) // 2
        if _residuals(spectrum, force, weight, middle).max() <= TOLERANCE:
            high = middle
        else:
            low = middle + 1
    return low
