"""|∇U|²_g and the curvature of the loss that belongs to the learner's noise, at any positions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.systems.minibatch import MinibatchLearner

__all__ = ["VirialFields", "array_fields", "learner_fields"]

_FIRST, _LAST, _TABLE = 129, 4097, 1 << 14
_TAIL = 1e-9
_CHUNK = 1 << 21        # per-sample gradients held at once, in numbers


@final
@dataclass(frozen=True, eq=False)
class VirialFields:
    """``at(*q) -> (loss, squared, curvature, step)``, arrays of q's shape; ``period`` of each coordinate, None on a line.

    squared |∇U|²_g, curvature Δ_gU or g^{μν}∂_μ∂_νU, step what finite steps add to the curvature (0 where no step is known).
    """

    at: Callable[..., np.ndarray]
    periods: tuple[float | None, ...]


def learner_fields(learner: MinibatchLearner, noise: str) -> VirialFields:
    """A MinibatchLearner: exact averages over its samples; on one ring from a table, elsewhere at each position."""
    if learner.alpha != 1:
        raise RegimeError(f"learner must have α = 1 for one ħ; given α = {learner.alpha:g}, whose noise is not isotropic in its "
                          "metric, so that there is no one temperature.")
    if learner.dimension == 1 and learner.periods[0] is not None:
        return _ring_fields(learner, noise)
    return VirialFields(partial(_at_positions, learner, noise), learner.periods)


def _at_positions(learner: MinibatchLearner, noise: str, *q: np.ndarray) -> np.ndarray:
    """Second derivatives of U by central differences of the exact mean gradient (relative error about 1e-9)."""
    limit = (learner if learner.ito_correction else learner.with_(ito_correction=True)).diffusion_limit
    rows = np.stack(q, axis=-1).reshape(-1, len(q))
    matrix, v = limit.step(rows)
    inverse = learner.batch_size / learner.learning_rate * matrix
    gradient = limit.fields.gradient_at(rows)
    squared = np.einsum("ni,nij,nj->n", gradient, inverse, gradient)
    curvature = np.einsum("ni,ni->n", v, gradient) / limit.scale if noise == "covariant" else np.zeros(len(rows))
    for axis, period in enumerate(learner.periods):
        reach = np.zeros(len(q))
        reach[axis] = 1e-5 * (period or np.std(rows[:, axis]) or 1.0)
        second = (limit.fields.gradient_at(rows + reach) - limit.fields.gradient_at(rows - reach)) / (2 * reach[axis])
        curvature += np.einsum("nj,nj->n", inverse[:, axis], second)
    loss = limit.fields.loss_at(rows)
    return np.stack([loss, squared, curvature, np.zeros(len(rows))]).reshape(4, *q[0].shape)


def _ring_fields(learner: MinibatchLearner, noise: str) -> VirialFields:
    """Averages at equidistant points, derivatives of their trigonometric interpolants, and what finite steps add."""
    period = learner.period
    points = _FIRST
    while True:
        q = np.arange(points) * period / points
        averages = learner.statistics_at(q)
        series = [np.fft.rfft(f) / points for f in (averages.gradient, averages.metric)]
        if all(np.abs(c[-(len(c) // 4):]).max() < _TAIL * np.abs(c).max() for c in series):
            break
        if points >= _LAST:
            raise UnsupportedError(f"learner must be smooth: {points} points do not resolve its gradient and metric. Give the "
                                   "arrays gradient=, metric= and laplacian= at the learners' positions.")
        points = 2 * points - 1
    x = np.arange(_TABLE) * period / _TABLE
    slope, second, third, fourth = (_refined(series[0], period, order) for order in range(4))
    g = _refined(series[1], period, 0)
    squared, curvature = slope**2 / g, second / g
    if noise == "covariant":
        curvature = curvature - slope * _refined(series[1], period, 1) / (2 * g**2)
    cumulants = [_refined(np.fft.rfft(f) / points, period, 0) for f in (averages.third_cumulant, _fourth(learner, q))]
    mean = learner.step_functions(x)[1] - learner.learning_rate * slope / g
    step = _higher_orders(learner, mean, g, (second, third, fourth), *cumulants)
    table = np.stack([learner.loss_at(x), squared, curvature, step])
    return VirialFields(lambda q: np.stack([np.interp(q, x, row, period=period) for row in table]), (period,))


def _higher_orders(learner: Any, mean: np.ndarray, g: np.ndarray, derivatives: tuple[np.ndarray, ...],
                   third_cumulant: np.ndarray, fourth_cumulant: np.ndarray) -> np.ndarray:
    """What the loss gains in a step beyond the generator, to the fourth order in the step, over γT = ηT.

    U⁽²⁾μ²/2 + U⁽³⁾(μ³ + 3μΣ + c₃)/6 + U⁽⁴⁾(3Σ² + 6μ²Σ + 4μc₃ + c₄)/24, with μ, Σ, c₃, c₄ the cumulants of the step; μ
    includes the Itô correction.
    """
    eta, size = learner.learning_rate, learner.batch_size
    second, third, fourth = derivatives
    spread = 2 * eta * learner.temperature / g
    c3, c4 = -(eta / g) ** 3 * third_cumulant / size**2, (eta / g) ** 4 * fourth_cumulant / size**3
    gained = (second * mean**2 / 2 + third * (mean**3 + 3 * mean * spread + c3) / 6
              + fourth * (3 * spread**2 + 6 * mean**2 * spread + 4 * mean * c3 + c4) / 24)
    return gained / (eta * learner.temperature)


def _fourth(learner: Any, q: np.ndarray) -> np.ndarray:
    """Fourth cumulant of the per-sample gradients at q, a few rows at a time."""
    rows = max(1, _CHUNK // learner.n_samples)
    result = np.empty(len(q))
    for a in range(0, len(q), rows):
        h = learner.all_gradients(q[a:a + rows])
        h = h - h.mean(axis=1, keepdims=True)
        result[a:a + rows] = np.mean(h**4, axis=1) - 3 * np.mean(h**2, axis=1) ** 2
    return result


def _refined(series: np.ndarray, period: float, order: int) -> np.ndarray:
    """A derivative of a function of a ring at the points of the table, from its Fourier series (odd number of points)."""
    padded = np.zeros(_TABLE // 2 + 1, complex)
    padded[:len(series)] = series * _TABLE
    k = 2j * np.pi / period * np.arange(len(padded))
    return np.fft.irfft(k**order * padded, _TABLE)


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
