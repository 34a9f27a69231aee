"""|∇U|²_g and the curvature of the loss that belongs to the learner's noise, at any positions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError

__all__ = ["VirialFields", "array_fields", "learner_fields"]

_FIRST, _LAST, _TABLE = 129, 4097, 1 << 14
_TAIL = 1e-9


@final
@dataclass(frozen=True, eq=False)
class VirialFields:
    """``at(*q) -> (loss, squared, curvature, step)``, arrays of q's shape; ``period`` of each coordinate, None on a line.

    squared |∇U|²_g, curvature Δ_gU or g^{μν}∂_μ∂_νU, step the curvature times B U'²/C (0 where no step is known).
    """

    at: Callable[..., np.ndarray]
    periods: tuple[float | None, ...]


def learner_fields(learner: Any, noise: str) -> VirialFields:
    """A MinibatchLearner on a ring: exact averages at equidistant points, derivatives of their trigonometric interpolants."""
    if learner.alpha != 1:
        raise RegimeError(f"learner must have α = 1 for one ħ; given α = {learner.alpha:g}, whose noise is not isotropic in its "
                          "metric, so that there is no one temperature.")
    period = getattr(learner, "period", None)
    if not isinstance(period, float):
        raise UnsupportedError("learner must have one variable on a ring here; for others give estimate_hbar the arrays "
                               "gradient=, metric= and laplacian= at the learners' positions.")
    points = _FIRST
    while True:
        averages = learner.statistics_at(np.arange(points) * period / points)
        series = [np.fft.rfft(f) / points for f in (averages.gradient, averages.metric)]
        if all(np.abs(c[-len(c) // 4:]).max() < _TAIL * np.abs(c).max() for c in series):
            break
        if points >= _LAST:
            raise UnsupportedError(f"learner must be smooth: {points} points do not resolve its gradient and metric. Give the "
                                   "arrays gradient=, metric= and laplacian= at the learners' positions.")
        points = 2 * points - 1
    (slope, second), (g, g_slope) = (_refined(c, period) for c in series)
    loss = learner.loss_at(np.arange(_TABLE) * period / _TABLE)
    squared, curvature = slope**2 / g, second / g
    if noise == "covariant":
        curvature = curvature - slope * g_slope / (2 * g**2)
    share = learner.batch_size * slope**2 / (learner.reference_covariance * g)
    table = np.stack([loss, squared, curvature, curvature * share])
    x = np.arange(_TABLE) * period / _TABLE
    return VirialFields(lambda q: np.stack([np.interp(q, x, row, period=period) for row in table]), (period,))


def _refined(series: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    """A function of a ring and its derivative at the points of the table, from its Fourier series (odd number of points)."""
    padded = np.zeros(_TABLE // 2 + 1, complex)
    padded[:len(series)] = series * _TABLE
    k = 2j * np.pi / period * np.arange(len(padded))
    return np.fft.irfft(padded, _TABLE), np.fft.irfft(k * padded, _TABLE)


def array_fields(gradient: Any, metric: Any, laplacian: Any) -> np.ndarray:
    """(2, times, replicas): |∇U|²_g and the curvature from arrays at the learners' positions."""
    gradient = checks.finite_array("gradient", gradient)
    if gradient.ndim == 2:
        gradient = gradient[None]
    if gradient.ndim != 3:
        checks.fail("gradient", "must have shape (replicas, d) or (times, replicas, d)", f"shape {gradient.shape}")
    times, replicas, d = gradient.shape
    curvature = checks.finite_array("laplacian", laplacian)
    if curvature.shape not in ((times, replicas), (replicas,) if times == 1 else (times, replicas)):
        checks.fail("laplacian", f"must have shape ({times}, {replicas})", f"shape {curvature.shape}")
    raised = gradient
    if metric is not None:
        g = checks.finite_array("metric", metric)
        wanted = (times, replicas, d, d)
        if g.shape != wanted and not (times == 1 and g.shape == wanted[1:]):
            checks.fail("metric", f"must have shape {wanted}", f"shape {g.shape}")
        g = g.reshape(wanted)
        if np.linalg.eigvalsh(g).min() <= 0:
            checks.fail("metric", "must be positive definite everywhere", f"an eigenvalue {np.linalg.eigvalsh(g).min():.3g}")
        raised = np.linalg.solve(g, gradient[..., None])[..., 0]
    return np.stack([np.sum(gradient * raised, axis=-1), curvature.reshape(times, replicas)])
