"""A frequency band of a long signal as a short one: moved to zero, filtered, thinned out; exponentials stay exponentials.

    c_n = Σ d_k e^{−iθ_k n}   →   y_j = Σ_m h_m e^{iθ_c(jD + m)} c_{jD + m} = Σ_k d_k G(θ_k) e^{−i(θ_k − θ_c)D j}

Only samples that the whole filter covers are used, so that the ends of the signal leave no trace. h is a sinc under Kaiser's
window: outside of the band and its two slopes exponentials that do not decay are suppressed by 1e-11, and lines weaker than 1e-10
of the signal are not believed. Cost O(N log N).

Source of the filter: J. F. Kaiser, in System Analysis by Digital Computer (Wiley, 1966); formulas as in scipy.signal.kaiserord.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.signal import oaconvolve
from scipy.signal.windows import kaiser

__all__ = ["MOST_SAMPLES", "STOPPED", "Band", "bands"]

MOST_SAMPLES = 512      # of a band; its Hankel matrix then takes about 0.1 s
DECIBELS = 220.0
SLOPE = (DECIBELS - 8) / 2.285          # width of the filter's slope in radians times its length
STOPPED = 1e-10         # of the largest sample: a weaker line may be what the filter left of a strong one, or its rounding
SHARE = 0.25            # of the signal, as long as it lives, that the filter may take
SHORTEST = 0.06         # and the least of the whole signal: with less its slopes would be wider than a band of MOST_SAMPLES


@final
@dataclass(frozen=True, eq=False)
class Band:
    """Phases θ per sample in [centre − half, centre + half], one of ``step`` samples kept; a filter of one tap keeps all."""

    centre: float
    half: float
    step: int
    filter: np.ndarray

    def narrowed(self, signal: np.ndarray) -> np.ndarray:
        """y of c; real signals stay real where there is nothing to do."""
        if len(self.filter) == 1:
            return signal
        moved = signal * np.exp(1j * self.centre * np.arange(len(signal)))
        return oaconvolve(moved, self.filter[::-1], mode="valid")[::self.step]

    def gain(self, theta: np.ndarray) -> np.ndarray:
        """G(θ), complex θ; 1 without a filter."""
        if len(self.filter) == 1:
            return np.ones(len(theta), complex)
        m = np.arange(len(self.filter))
        with np.errstate(under="ignore"):
            return np.exp(-1j * np.outer(theta - self.centre, m)) @ self.filter

    def phases(self, narrow: np.ndarray) -> np.ndarray:
        """θ of the signal for θ' of y."""
        return self.centre + narrow / self.step

    @property
    def whiteness(self) -> float:
        """Noise of the band over that of y: white noise per sample of the signal, over the rms of y that it makes."""
        return 1.0 / float(np.sqrt(np.sum(self.filter**2)))

    @property
    def depth(self) -> float:
        """Density of noise inside of the band over its mean over all of y, whose slopes are thinner; amplitudes."""
        inside = float(np.sum(self.filter))
        return max(1.0, inside / float(np.sqrt(self.step * np.sum(self.filter**2))))


def bands(n: int, low: float, high: float, effective: float) -> list[Band]:
    """Bands that cover phases low … high of a signal of n samples, side by side; one without a filter where the signal is short.

    effective : the number of samples that the signal lives; no filter is longer than a quarter of it.
    """
    if n <= MOST_SAMPLES:
        return [Band(0.0, np.pi, 1, np.ones(1))]
    length = int(max(SHARE * min(n, effective), SHORTEST * n)) | 1
    slope = SLOPE / (length - 1)
    least = max(2, int(np.ceil((n - length) / MOST_SAMPLES)))
    pieces = int(np.ceil((high - low) / (2 * np.pi / least - slope)))
    width = (high - low) / pieces
    step = int(2 * np.pi / (width + slope))
    return [_band(low + (i + 0.5) * width, width, step, length) for i in range(pieces)]


def _band(centre: float, width: float, step: int, length: int) -> Band:
    """The filter reaches as far as y does, ±π/step: in a narrower one noise would not be white, and be taken for lines."""
    cutoff = np.pi / step
    m = np.arange(length) - (length - 1) / 2
    taps = cutoff / np.pi * np.sinc(cutoff * m / np.pi) * kaiser(length, 0.1102 * (DECIBELS - 8.7))
    return Band(centre, width / 2, step, taps)
