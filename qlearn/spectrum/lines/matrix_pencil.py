"""Exponentials from equidistant samples by the matrix pencil of their Hankel matrix, with the noise they stand in.

    y_n = Σ_k d_k z_k^n + noise,    Y_ij = y_{i+j} = U S V†,    the z_k are the eigenvalues of (U_↑)⁺ U_↓

U holds the left singular vectors above the noise, U_↑ and U_↓ are U without its last and without its first row. The rank is
the largest k whose singular value stands out from what the rest of them, σ²(L − k)(M − k) on average for white noise of
variance σ² in an L × M matrix, could reach by chance.

Sources: Y. Hua, T. K. Sarkar, IEEE Trans. ASSP 38, 814 (1990); R. Roy, T. Kailath, IEEE Trans. ASSP 37, 984 (1989); bounds of
the errors by the information matrix (Cramér and Rao) of complex d_k and ω_k.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import svd

__all__ = ["Exponentials", "amplitudes", "exponentials", "phases_of"]

EPS = float(np.finfo(float).eps)
FALSE_ALARM = 1e-3      # nominal chance that white noise alone has a rank above zero; measured in the tests
STANDS_OUT = 0.75       # largest singular value of a noise matrix over σ√(n ln(n/p)): 0.6 to 0.75 at n from 16 to 512
FULLEST = 0.75          # of the rows: no rank above this share is believed
FEWEST_DECAYED = 1e-8   # |z| below which an exponential is gone after one sample


@final
@dataclass(frozen=True, eq=False)
class Exponentials:
    """z (k,), d (k,) with their Cramér–Rao deviations, and the rms of the residual per sample.

    log_errors : of log z, (k,).     saturated : True where the rank reached its limit, the signal being too short for its lines.
    """

    z: np.ndarray
    d: np.ndarray
    log_errors: np.ndarray
    d_errors: np.ndarray
    noise: float
    saturated: bool


def exponentials(y: np.ndarray, rows: float = 1 / 2, *, noise: float | None = None) -> Exponentials:
    """Fit y (n,), n ≥ 8, complex or real; ``rows`` is the share of n that the Hankel matrix has as rows.

    noise : rms of white noise per sample where it is known; else it comes from the small singular values.
    """
    z, saturated = _roots(y, max(int(len(y) * rows), 3), noise)
    d, residual = amplitudes(y, z)
    freedom = max(len(y) - 2 * len(z), 1)
    found = float(np.sqrt(np.sum(np.abs(residual) ** 2) / freedom))
    found = max(found, EPS * float(np.max(np.abs(y), initial=0.0)), noise or 0.0)
    log_errors, d_errors = _cramer_rao(len(y), z, d, found)
    return Exponentials(z, d, log_errors, d_errors, found, saturated)


def phases_of(z: np.ndarray) -> np.ndarray:
    """θ of z = e^{−iθ}, −π < Re θ ≤ π; Im θ < 0 where it decays."""
    return 1j * np.log(z.astype(complex))


def amplitudes(y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(d, y − Σ d z^n) by least squares."""
    if not len(z):
        return np.zeros(0, complex), y.astype(complex)
    columns, scales = _columns(len(y), z)
    d = np.linalg.lstsq(columns, y.astype(complex), rcond=EPS)[0]
    return d / scales, y - columns @ d


def _roots(y: np.ndarray, rows: int, noise: float | None) -> tuple[np.ndarray, bool]:
    hankel = np.lib.stride_tricks.sliding_window_view(y, len(y) - rows + 1)
    u, s, _ = svd(hankel, full_matrices=False, check_finite=False)
    rank, saturated = _rank(s, hankel.shape, noise)
    if not rank:
        return np.zeros(0, complex), False
    u = u[:, :rank]
    z = np.linalg.eigvals(np.linalg.lstsq(u[:-1], u[1:], rcond=EPS)[0]).astype(complex)
    return z[np.abs(z) > FEWEST_DECAYED], saturated


def _rank(s: np.ndarray, shape: tuple[int, int], noise: float | None) -> tuple[int, bool]:
    """(rank, whether it is at its limit)."""
    rows, columns = shape
    n, most = rows + columns - 1, int(min(shape) * FULLEST)
    level = STANDS_OUT * np.sqrt(n * np.log(n / FALSE_ALARM))
    k = np.arange(1, most + 1)
    rest = np.cumsum((s**2)[::-1])[::-1]
    spread = np.sqrt(rest[k] / ((rows - k) * (columns - k))) if noise is None else np.full(most, noise)
    stands = (s[:most] > level * spread) & (s[:most] > 2 * EPS * np.sqrt(n) * s[0])
    rank = int(np.max(k[stands], initial=0))
    return rank, rank >= most - 1


def _columns(n: int, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(z^m in columns of norm 1, their factors): a power that grows is counted from the last sample, so that none overflows."""
    m = np.arange(n)[:, None]
    last = np.where(np.abs(z) > 1, n - 1, 0)
    with np.errstate(under="ignore"):
        powers = np.exp((m - last) * np.log(z))
        norms = np.linalg.norm(powers, axis=0)
        return powers / norms, norms * np.exp(np.minimum((last * np.log(np.abs(z))), 700)) * np.exp(1j * last * np.angle(z))


def _cramer_rao(n: int, z: np.ndarray, d: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of (log z, d): σ² (J†J)⁻¹, J = (∂/∂d, ∂/∂ log z) = (z^m, m d z^m)."""
    if not len(z):
        return np.zeros(0), np.zeros(0)
    columns, scales = _columns(n, z)
    slopes = np.arange(n)[:, None] * columns
    lengths = np.linalg.norm(slopes, axis=0)
    jacobian = np.concatenate([columns, slopes / lengths], axis=1)
    inverse = np.linalg.pinv(np.linalg.qr(jacobian, mode="r"), rcond=EPS)
    deviations = noise * np.sqrt(np.sum(np.abs(inverse) ** 2, axis=1))
    with np.errstate(divide="ignore", over="ignore"):
        return deviations[len(z):] / (lengths * np.abs(d * scales)), deviations[:len(z)] / np.abs(scales)
