"""The reference density R of P = √R ψ: P_s itself with detailed balance; else a density as narrow, of a known gradient."""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn import checks
from qlearn.spectrum.relaxation.coefficients import Coefficients, Field

__all__ = ["Reference", "loss_reference", "score_reference"]

COUNTED = 10.0          # temperatures above the lowest loss in which the hottest direction is looked for


@final
@dataclass(frozen=True, eq=False)
class Reference:
    """gradient(*q) -> (d, *shape) = ∂ ln R; logarithm(*q) -> (*shape) or None where it is not known between the points."""

    gradient: Field
    logarithm: Field | None


def score_reference(coefficients: Coefficients) -> Reference:
    """R = P_s of detailed balance: r = a."""
    return Reference(coefficients.score, None)


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
    return Reference(lambda *q: -beta * plain_slope(*q), lambda *q: -beta * (plain_loss(*q) - values.min()))


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
