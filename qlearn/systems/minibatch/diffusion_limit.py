"""Metric, noise and Itô correction of a minibatch learner, and its detailed balance, at points q (n, d).

With c = C/C₀, g = c^α and D₀ = η²C₀/2B:   D^{μν} = ½η² (g⁻¹κg⁻¹)^{μν} = D₀ (c^{1−2α})^{μν}, for g and C commute, and

    v^μ = (1/√g) ∂_ν(√g D^{μν}) = ∂_νD^{μν} + ½α D^{μν} tr(c⁻¹∂_νc)                         the Itô correction
    a_μ = −(2B/η) (gC⁻¹∂U)_μ + ½α tr(c⁻¹∂_μc)      with the correction
    a_μ = −(2B/η) (gC⁻¹∂U)_μ − (D⁻¹)_{μσ} ∂_νD^{σν}    without

a = D⁻¹(b − ∂D), b the whole Itô drift: detailed balance holds iff a is the gradient of a function, ln P_s.
"""

from dataclasses import dataclass
from typing import Protocol, final

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.systems.minibatch.matrix_power import power, power_slopes

__all__ = ["Affinity", "DiffusionLimit", "Fields", "affinity_of", "cycle_affinity_of"]

_POINTS = {1: 4096, 2: 96}      # an axis; C^(α−1) ∂U has more Fourier modes than C and ∂U


class Fields(Protocol):
    """What a ring, a torus or a line offers: exact averages at points q (n, d)."""

    def gradient_at(self, q: np.ndarray) -> np.ndarray: ...
    def covariance_at(self, q: np.ndarray) -> np.ndarray: ...
    def covariance_slopes_at(self, q: np.ndarray) -> np.ndarray: ...
    def loss_at(self, q: np.ndarray) -> np.ndarray: ...


@final
@dataclass(frozen=True, eq=False)
class DiffusionLimit:
    """The fields of one learner's settings."""

    fields: Fields
    learning_rate: float
    batch_size: int
    alpha: float
    ito_correction: bool
    reference_covariance: float

    @property
    def scale(self) -> float:
        """D₀ = η²C₀/2B."""
        return self.learning_rate**2 * self.reference_covariance / (2 * self.batch_size)

    def step(self, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(η/B) g⁻¹ (n, d, d), and v (n, d) or 0 without the correction."""
        return self.step_of(self.fields.covariance_at(q), self.fields.covariance_slopes_at(q) if self.ito_correction else None)

    def step_of(self, covariance: np.ndarray, slopes: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """The same from C (n, d, d) and ∂_νC (n, d, d, d)."""
        ratio = covariance / self.reference_covariance
        matrix = self.learning_rate / self.batch_size * power(ratio, -self.alpha)
        if slopes is None:
            return matrix, np.zeros(ratio.shape[:2])
        slopes = slopes / self.reference_covariance
        return matrix, self.scale * (self._divergence(ratio, slopes) + np.einsum(
            "nij,nj->ni", power(ratio, 1 - 2 * self.alpha), self.alpha / 2 * _log_slopes(ratio, slopes)))

    def diffusion(self, q: np.ndarray) -> np.ndarray:
        """D^{μν} (n, d, d)."""
        return self.scale * power(self.fields.covariance_at(q) / self.reference_covariance, 1 - 2 * self.alpha)

    def drift(self, q: np.ndarray) -> np.ndarray:
        """b^μ = −η g⁻¹∂U + v (n, d), the whole Itô drift."""
        matrix, v = self.step(q)
        return v - self.batch_size * np.einsum("nij,nj->ni", matrix, self.fields.gradient_at(q))

    def score(self, q: np.ndarray) -> np.ndarray:
        """a_μ (n, d)."""
        ratio = self.fields.covariance_at(q) / self.reference_covariance
        slopes = self.fields.covariance_slopes_at(q) / self.reference_covariance
        if self.ito_correction:
            return self.pull(q) + self.alpha / 2 * _log_slopes(ratio, slopes)
        inverse = power(ratio, 2 * self.alpha - 1)
        return self.pull(q) - np.einsum("nij,nj->ni", inverse, self._divergence(ratio, slopes))

    def pull(self, q: np.ndarray) -> np.ndarray:
        """The part of a that is due to the loss, −(2B/η) gC⁻¹∂U (n, d)."""
        return -np.einsum("nij,nj->ni", self._inverse_temperature(q), self.fields.gradient_at(q))

    def coldness(self, q: np.ndarray) -> np.ndarray:
        """One over the temperature of the hottest direction, the lowest eigenvalue of (2B/η) gC⁻¹ (n,)."""
        return np.linalg.eigvalsh(self._inverse_temperature(q))[:, 0]

    def _inverse_temperature(self, q: np.ndarray) -> np.ndarray:
        ratio = self.fields.covariance_at(q) / self.reference_covariance
        return 2 * self.batch_size / (self.learning_rate * self.reference_covariance) * power(ratio, self.alpha - 1)

    def _divergence(self, ratio: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """∂_ν(c^{1−2α})^{μν} (n, d)."""
        return np.einsum("njij->ni", power_slopes(ratio, slopes, 1 - 2 * self.alpha))


def _log_slopes(ratio: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """∂_ν ln det c = tr(c⁻¹∂_νc) (n, d)."""
    if ratio.shape[1] == 1:
        return slopes[:, :, 0, 0] / ratio[:, :, 0]
    return np.einsum("nij,nkji->nk", np.linalg.inv(ratio), slopes)


@final
@dataclass(frozen=True)
class Affinity:
    """How far a learner's diffusion limit is from detailed balance: circulations of a_μ, 0 with it.

    loops : ∮a_μdq^μ once round each periodic axis, averaged over the other; None along a line.
    curl : ∫∫ of the positive part of ∂_1a_2 − ∂_2a_1 over the grid, the largest circulation of any set of loops that can be
        contracted; 0 for one parameter.
    """

    loops: tuple[float | None, ...]
    curl: float

    @property
    def largest(self) -> float:
        """The largest of them in magnitude."""
        return max([abs(loop) for loop in self.loops if loop is not None] + [self.curl])


def cycle_affinity_of(limit: DiffusionLimit, periods: tuple[float | None, ...]) -> float:
    """∮ drift/D dq round a ring (0 on a line), or the largest circulation of a over a torus."""
    if len(periods) == 1:
        L = periods[0]
        return 0.0 if L is None else float(L * np.mean(limit.pull(np.arange(_POINTS[1])[:, None] * (L / _POINTS[1]))))
    rings = [L for L in periods if L is not None]
    if len(rings) < 2:
        raise UnsupportedError("cycle_affinity of two variables needs a torus: along a line say where with "
                               "learner.affinity(grid).largest.")
    axes = [np.arange(_POINTS[2]) * (L / _POINTS[2]) for L in rings]
    mesh = np.meshgrid(*axes, indexing="ij")
    return affinity_of(limit, periods, tuple(mesh), np.array(rings), float(np.prod(rings)) / _POINTS[2]**2).largest


_STENCIL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))       # ∂f·h, error of order h⁴
_STEP = 2e-3                # of the length of an axis


def affinity_of(limit: DiffusionLimit, periods: tuple[float | None, ...], mesh: tuple[np.ndarray, ...],
                lengths: np.ndarray, cell_volume: float) -> Affinity:
    """Circulations over the points of a grid; the curl by differences of the exact a, error of order (length/500)⁴."""
    shape = mesh[0].shape
    q = np.stack([x.ravel() for x in mesh], axis=1)
    a = limit.score(q).T.reshape(len(periods), *shape)
    loops = tuple(None if L is None else float(L * a[i].mean()) for i, L in enumerate(periods))
    if len(periods) == 1:
        return Affinity(loops, 0.0)

    def slope(component: int, axis: int) -> np.ndarray:
        step = np.zeros(len(periods))
        step[axis] = _STEP * lengths[axis]
        return sum(weight * limit.score(q + n * step)[:, component] for n, weight in _STENCIL) / step[axis]

    curl = slope(1, 0) - slope(0, 1)
    return Affinity(loops, float(np.sum(np.maximum(curl, 0)) * cell_volume))
