"""Peaks of a windowed Fourier transform, fitted together with the known line shape of the window (Feit and Fleck).

    S(θ) = Σ_n w_n c_n e^{iθn},  n = −(N − 1) … N − 1,  c_{−n} = c_n*,  Σ w_n = 1      =  Σ_k a_k ŵ(θ − θ_k)

S is real, a line of weight a is a copy of ŵ of height a, and neighbours interfere through the sidelobes of ŵ: all peaks are
fitted at once. A peak is a local maximum of S above what the sidelobes of stronger peaks could make there; a line without a
maximum of its own, nearer to another than the main lobe is wide, is not found.

Source: M. D. Feit, J. A. Fleck, A. Steiger, J. Comput. Phys. 47, 412 (1982).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.fft import fft, next_fast_len
from scipy.signal import windows

from qlearn import checks

__all__ = ["WINDOWS", "LineShape", "Peaks", "fitted_peaks"]

WINDOWS = ("hann", "blackman", "blackmanharris", "nuttall", "gaussian", "kaiser")
PARAMETERS = {"gaussian": 0.15, "kaiser": 30.0}     # standard deviation over N; β: both fall to 1e-10 or so at the ends
PADDING = 8             # points a Fourier bin of the whole, mirrored signal
ORDERS = 11             # of the Taylor series between two points of the table: (π/16)^11/11! is 4e-16
MOST_PEAKS = 400
ROUNDS = 30
SETTLED = 1e-12         # the last step, in bins and relative heights; rounding leaves 1e-15 or so
ROUNDING = 32 * float(np.finfo(float).eps)     # of a phase


@final
@dataclass(frozen=True, eq=False)
class LineShape:
    """ŵ(θ) = Σ w_n cos(θn) of a symmetric window w_n, |n| < N, Σ w_n = 1: a table with its derivatives.

    table : (ORDERS + 1, M) derivatives by θN.     envelope : (M//2,) the largest |ŵ| from there on.     lobe : half width of the
    main lobe, in points of the table.
    """

    weights: np.ndarray
    table: np.ndarray
    envelope: np.ndarray
    lobe: int

    @classmethod
    def of(cls, name: str, n: int) -> "LineShape":
        """Of one of WINDOWS over n samples and their mirror images."""
        checks.choice("window", name, WINDOWS)
        size = 2 * n - 1
        given = (name, PARAMETERS[name] * n) if name == "gaussian" else (name, PARAMETERS[name]) if name in PARAMETERS else name
        weights = windows.get_window(given, size, fftbins=False)
        weights = weights / np.sum(weights)
        points = next_fast_len(PADDING * size)
        u = np.arange(1 - n, n) / n
        table = np.stack([_transform(weights * (1j * u) ** p, points) for p in range(ORDERS + 1)])
        shape = np.abs(table[0][:points // 2])
        rises = np.flatnonzero(np.diff(shape) > 0)
        return cls(weights, table, np.maximum.accumulate(shape[::-1])[::-1], int(rises[0]) if len(rises) else points // 2 - 1)

    @property
    def points(self) -> int:
        return self.table.shape[1]

    @property
    def length(self) -> int:
        return (len(self.weights) + 1) // 2

    def __call__(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(ŵ, dŵ/dθ)."""
        place = theta * self.points / (2 * np.pi)
        nearest = np.rint(place)
        x = (place - nearest) * (2 * np.pi * self.length / self.points)
        rows = self.table[:, nearest.astype(int) % self.points]
        value, slope, term = np.zeros_like(x), np.zeros_like(x), np.ones_like(x)
        for p in range(ORDERS):
            value += rows[p] * term
            slope += rows[p + 1] * term
            term = term * x / (p + 1)
        return value, slope * self.length

    def far(self, theta: np.ndarray) -> np.ndarray:
        """The envelope of ŵ at θ, |θ| taken round the circle."""
        turned = np.abs(np.remainder(theta + np.pi, 2 * np.pi) - np.pi)
        return self.envelope[np.minimum((turned * self.points / (2 * np.pi)).astype(int), len(self.envelope) - 1)]

    def spectrum(self, c: np.ndarray) -> np.ndarray:
        """S at θ_j = 2πj/points of the signal c_n, n = 0 … N − 1, and its mirror image."""
        return _transform(self.weights * np.concatenate([c[:0:-1].conj(), c]), self.points)


@final
@dataclass(frozen=True, eq=False)
class Peaks:
    """θ_k and a_k with estimated errors, S on the table's points, what the fit leaves of it; resolution: the half width of ŵ."""

    theta: np.ndarray
    heights: np.ndarray
    errors: np.ndarray
    height_errors: np.ndarray
    converged: np.ndarray
    spectrum: np.ndarray
    residual: np.ndarray
    resolution: float


def fitted_peaks(c: np.ndarray, shape: LineShape, threshold: float, alone: bool = False) -> Peaks:
    """Peaks of c (N,) above threshold × the highest; alone: each fitted as if it were the only one, for comparison."""
    spectrum = shape.spectrum(c)
    places = _maxima(spectrum, shape, threshold)
    groups = [np.array([i]) for i in range(len(places))] if alone else [np.arange(len(places))]
    theta, heights = 2 * np.pi * places / shape.points, spectrum[places]
    gains = np.zeros((2, len(places)))
    converged = np.zeros(len(places), bool)
    for group in groups:
        theta[group], heights[group], gains[:, group], converged[group] = _fit(spectrum, shape, places[group])
    residual = spectrum - _model(shape, theta, heights)
    reach = 2 * shape.lobe
    near = np.array([np.max(np.abs(residual[np.arange(j - reach, j + reach + 1) % shape.points])) for j in places])
    near = near + 16 * np.finfo(float).eps * float(np.max(np.abs(spectrum), initial=0.0))
    return Peaks(theta, heights, gains[0] * near + ROUNDING, gains[1] * near, converged, spectrum, residual,
                 2 * np.pi * shape.lobe / shape.points)


def _transform(values: np.ndarray, points: int) -> np.ndarray:
    """Re Σ_n values_n e^{iθ_j n}, n = −(N − 1) … N − 1, which is real for values_{−n} = values_n*."""
    n = (len(values) + 1) // 2
    padded = np.zeros(points, complex)
    padded[:n], padded[1 - n:] = values[n - 1:], values[:n - 1]
    return np.ascontiguousarray(fft(padded.conj()).real)


def _maxima(spectrum: np.ndarray, shape: LineShape, threshold: float) -> np.ndarray:
    """Local maxima, the highest first, without those that sidelobes of higher ones could make."""
    higher = (spectrum > np.roll(spectrum, 1)) & (spectrum >= np.roll(spectrum, -1)) & (spectrum > 0)
    candidates = np.flatnonzero(higher & (spectrum > threshold * np.max(spectrum)))
    kept: list[int] = []
    for j in candidates[np.argsort(-spectrum[candidates], kind="stable")][:20 * MOST_PEAKS]:
        others = np.array(kept, int)
        if spectrum[j] > 1.5 * np.sum(spectrum[others] * shape.far(2 * np.pi * (j - others) / shape.points)):
            kept.append(int(j))
        if len(kept) > MOST_PEAKS:
            checks.fail("threshold", f"must leave at most {MOST_PEAKS} peaks", "more",
                        "Raise it, or take method='inversion'.")
    return np.sort(np.array(kept, int))


def _fit(spectrum: np.ndarray, shape: LineShape, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(θ, a, how an error of S enters (θ, a), converged) by Gauss–Newton on points round the tops."""
    offsets = np.unique(np.rint(np.linspace(-0.5, 0.5, 9) * shape.lobe).astype(int))
    points = np.unique((places[:, None] + offsets) % shape.points)
    grid, bin_ = 2 * np.pi * points / shape.points, 2 * np.pi * PADDING / shape.points
    theta, heights, count = 2 * np.pi * places / shape.points, spectrum[places].copy(), len(places)
    step, inverse = np.full(count, np.inf), np.zeros((2 * count, len(points)))
    for _ in range(ROUNDS if count else 0):
        values, slopes = shape(grid[:, None] - theta)
        jacobian = np.concatenate([-slopes * heights * bin_, values * heights], axis=1)
        inverse = np.linalg.pinv(jacobian, rcond=1e-12)
        step = inverse @ (spectrum[points] - values @ heights)
        theta = theta + np.clip(step[:count], -0.3, 0.3) * bin_
        heights = heights * (1 + np.clip(step[count:], -0.5, 0.5))
        if np.max(np.abs(step)) < SETTLED:
            break
    gains = np.sum(np.abs(inverse), axis=1).reshape(2, count) * np.stack([np.full(count, bin_), np.abs(heights)])
    return theta, heights, gains, np.abs(step[:count]) < 1e-6


def _model(shape: LineShape, theta: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Σ a_k ŵ(θ_j − θ_k) on the points of the table: by one transform."""
    n = np.arange(1 - shape.length, shape.length)
    signal = np.exp(-1j * np.outer(n, theta)) @ heights if len(theta) else np.zeros(len(n), complex)
    return _transform(shape.weights * signal, shape.points)
