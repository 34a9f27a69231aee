"""The lengths over which V changes, along each axis, where it lies below an energy: by differences that do not cross the seam.

    ℓ = max|∂V|/max|∂²V|          λ_k = (max ∂ᵏV − min ∂ᵏV)/max|∂ᵏ⁺¹V|, k = 2, 4, 6

ℓ is that of the slope, λ_2 that of the curvature, without what is the same everywhere. A polynomial that hides a small feature
in one derivative does not in a higher one.
"""

from typing import Any, NamedTuple, final

import numpy as np

from qlearn.kernels.phases import may_compile
from qlearn.methods.record import EPS

__all__ = ["Features", "Lengths", "features_of", "finest_lengths", "lengths_below"]

FINE = 256  # parts of an axis over which higher differences are taken, as rounding allows
ORDERS = (2, 4, 6)


@final
class Lengths(NamedTuple):
    """ℓ and λ_2 of each axis, infinite where nothing changes."""

    of_slope: list[float]
    of_curvature: list[float]


@final
class Features(NamedTuple):
    """Along one axis, the last here, (parts, …, n): heights of V, |δV|/2, δ²V and |δ³V|; what of δ²V is noise; the spacing."""

    heights: np.ndarray
    slopes: np.ndarray
    bends: np.ndarray
    changes: np.ndarray
    noise: float
    spacing: float

    def below(self, energy: float) -> tuple[float, float]:
        """ℓ and λ_2 where V < energy."""
        if self.heights.ndim == 2 and may_compile():
            from qlearn.kernels.compiled_features import below

            heights = np.ascontiguousarray(self.heights).view()
            heights.flags.writeable = False  # of this view: one kind of arrays, compiled once
            slope, bend, length = below(heights, self.slopes, self.bends, self.changes, self.noise, energy)
        else:
            slope, bend, length = self._largest(energy)
        return self.spacing * (max(slope / bend, 1.0) if bend > self.noise else np.inf), self.spacing * max(length, 1.0)

    def _largest(self, energy: float) -> tuple[float, float, float]:
        """Of all parts the largest slope and bend, and the least λ_2, there."""
        bend, slope, length = 0.0, 0.0, np.inf
        for part, reached in enumerate(self.heights < energy):
            bends = self.bends[part][reached]
            if not bends.size:
                continue
            high, low = float(bends.max()), float(bends.min())
            bend, slope = max(bend, high, -low), max(slope, float(self.slopes[part][reached].max()))
            change = float(self.changes[part][reached[..., 1:] & reached[..., :-1]].max(initial=0.0))
            if change > 2 * self.noise:
                length = min(length, (high - low) / change)
        return slope, bend, length


def features_of(potential: np.ndarray, spacing: np.ndarray, level: np.ndarray | None = None) -> list[Features]:
    """Of V (…, *shape) along each axis; leading axes are parts. level : (*shape), compared with an energy instead of V."""
    noise, features = 64 * EPS * float(np.max(np.abs(potential))), []
    level, shape = potential if level is None else np.broadcast_to(level, potential.shape), potential.shape[-len(spacing):]
    for axis, step in enumerate(spacing, start=1):
        values, heights = (np.moveaxis(table.reshape(-1, *shape), axis, -1) for table in (potential, level))
        bends = values[..., 2:] - 2 * values[..., 1:-1] + values[..., :-2]
        features.append(Features(heights[..., 1:-1], np.abs(values[..., 2:] - values[..., :-2]) / 2, bends,
                                 np.abs(np.diff(bends)), noise, float(step)))
    return features


def lengths_below(energy: float, features: list[Features]) -> Lengths:
    """Neither is shorter than the spacing, and differences of the size of the rounding of V count as none. Of several parts ℓ
    is that of all together, λ_2 the shortest."""
    of_slope, of_curvature = zip(*(feature.below(energy) for feature in features), strict=True)
    return Lengths(list(of_slope), list(of_curvature))


def finest_lengths(potential: np.ndarray, spacing: np.ndarray, reached: Any = True, faint: float = 0.0) -> list[float]:
    """The shortest λ_k of V (parts, *shape) along each axis where ``reached``, (*shape) or everywhere; infinite where there is
    none but those of rounding and of features no higher than ``faint``, (max ∂ᵏV − min ∂ᵏV) λᵏ."""
    noise, found = 8 * EPS * float(np.max(np.abs(potential))), []
    seen = np.where(reached, potential, np.nan)  # what takes a point that is not reached is no number
    for axis, step in enumerate(spacing, start=-len(spacing)):
        lines = np.moveaxis(seen, axis, -1)
        strides = {1, max(1, lines.shape[-1] // FINE)}
        found.append(float(step) * min(stride * _shortest(part, stride, noise, faint) for part in lines for stride in strides))
    return found


def _shortest(values: np.ndarray, stride: int, noise: float, faint: float) -> float:
    """The shortest λ_k along the last axis, in strides."""
    found = extent = np.inf
    for order in range(1, max(ORDERS) + 2):
        values = values[..., stride:] - values[..., :-stride]
        high = float(np.fmax.reduce(values, axis=None, initial=-np.inf))
        low = float(np.fmin.reduce(values, axis=None, initial=np.inf))
        change = max(high, -low)
        if order - 1 in ORDERS and change > 2.0**order * noise and extent * (extent / change) ** (order - 1) > faint:
            found = min(found, extent / change)
        extent = high - low
    return found
