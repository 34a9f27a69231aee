"""The reference density R of P = √R ψ: P_s itself with detailed balance; else a density as narrow, of a known gradient."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn import checks
from qlearn.spectrum.relaxation.coefficients import Coefficients, Field
from qlearn.spectrum.relaxation.detailed_balance import balance_of

__all__ = ["Reference", "loss_reference", "radial_reference", "ring_reference", "score_reference"]

RADIAL_NODES = 16
COUNTED = 10.0          # temperatures above the lowest loss in which the hottest direction is looked for


@final
@dataclass(frozen=True, eq=False)
class Reference:
    """gradient(*q) -> (d, *shape) = ∂ ln R; logarithm(axes) -> (*lattice), ln R + const on a lattice of these axes."""

    gradient: Field
    logarithm: Callable[[list[np.ndarray]], np.ndarray]


def score_reference(coefficients: Coefficients) -> Reference:
    """R = P_s of detailed balance: r = a."""
    return Reference(coefficients.score, lambda axes: balance_of(coefficients, axes).log_density)


def ring_reference(coefficients: Coefficients, slope: float) -> Reference:
    """One ring: the density that the score would have without its circulation, r = a − slope, slope = ∮a/L."""
    return Reference(lambda q: coefficients.score(q) - slope,
                     lambda axes: balance_of(coefficients, axes).log_density - slope * (axes[0] - axes[0][0]))


def radial_reference(coefficients: Coefficients, mesh: list[np.ndarray]) -> Reference:
    """ln R = ∫_0^1 a(q_s)·(q − q_0) ds, q_s = q_0 + s(q − q_0), from the lowest loss q_0: ln P_s where a is a gradient.

    r_μ = ∫_0^1 [a_μ(q_s) + s (q − q_0)^ν ∂_μa_ν(q_s)] ds, with the same nodes the exact gradient of the quadrature. For linear
    drifts R takes the symmetric part of D⁻¹b. On lines only.
    """
    loss, slopes = coefficients.loss, coefficients.score_slopes
    assert loss is not None and slopes is not None
    lowest = np.unravel_index(np.argmin(loss(*mesh)), mesh[0].shape)
    origin = [float(x[lowest]) for x in mesh]
    nodes, weights = np.polynomial.legendre.leggauss(RADIAL_NODES)

    def logarithm(axes: list[np.ndarray]) -> np.ndarray:
        away = [x - o for x, o in zip(np.meshgrid(*axes, indexing="ij"), origin, strict=True)]
        total = np.zeros(away[0].shape)
        for s, w in zip((nodes + 1) / 2, weights / 2, strict=True):
            a = coefficients.score(*[o + s * x for o, x in zip(origin, away, strict=True)])
            total += w * sum(a[axis] * away[axis] for axis in range(len(away)))
        return total

    def gradient(*q: np.ndarray) -> np.ndarray:
        away = [np.asarray(x) - o for x, o in zip(q, origin, strict=True)]
        total = np.zeros((len(away), *np.shape(away[0])))
        for s, w in zip((nodes + 1) / 2, weights / 2, strict=True):
            points = [o + s * x for o, x in zip(origin, away, strict=True)]
            total += w * (coefficients.score(*points) + s * np.einsum("ij...,j...->i...", slopes(*points), np.stack(away)))
        return total

    return Reference(gradient, logarithm)


def loss_reference(coefficients: Coefficients, mesh: list[np.ndarray]) -> Reference:
    """R = exp(−Ũ/T̃), T̃ the highest temperature near the lowest loss, Ũ the loss without what it winds round the rings."""
    loss, slope, coldness = coefficients.loss, coefficients.loss_slope, coefficients.coldness
    assert loss is not None and slope is not None and coldness is not None
    winding = _winding(coefficients, mesh)

    def plain_loss(*q: np.ndarray) -> np.ndarray:
        return loss(*q) - sum(w * x for w, x in zip(winding, q, strict=True))

    def plain_slope(*q: np.ndarray) -> np.ndarray:
        return slope(*q) - winding.reshape((-1,) + (1,) * np.ndim(q[0]))

    values, cold = plain_loss(*mesh), coldness(*mesh)
    low = cold * (values - values.min()) <= COUNTED
    beta = float(cold[low].min())
    return Reference(lambda *q: -beta * plain_slope(*q),
                     lambda axes: -beta * (plain_loss(*np.meshgrid(*axes, indexing="ij")) - values.min()))


def _winding(coefficients: Coefficients, mesh: list[np.ndarray]) -> np.ndarray:
    """(U(q + L) − U(q))/L of each ring, one number for all q; 0 on lines."""
    assert coefficients.loss is not None and coefficients.loss_slope is not None
    winding = np.zeros(len(mesh))
    values, slopes = coefficients.loss(*mesh), coefficients.loss_slope(*mesh)
    for axis, period in enumerate(coefficients.periods):
        if period is None:
            continue
        turned = [x + period * (other == axis) for other, x in enumerate(mesh)]
        change = coefficients.loss(*turned) - values
        scale = 1e-9 * (np.ptp(values) + np.abs(values).max() + 1e-300)
        slope_scale = 1e-9 * (np.abs(slopes).max() + 1e-300)
        if np.ptp(change) > scale or np.max(np.abs(coefficients.loss_slope(*turned) - slopes)) > slope_scale:
            checks.fail("loss", f"must have a gradient of period {period:.12g} on axis {axis}",
                        f"one that changes by {np.max(np.abs(coefficients.loss_slope(*turned) - slopes)):.3g}",
                        "Give the right periods=.")
        winding[axis] = float(np.mean(change)) / period
    return winding
