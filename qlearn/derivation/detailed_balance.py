"""Whether a static loss has an equilibrium: D^{μν} ∂_νΦ = γ ∂^μF for one single-valued Φ (THEORY.md 5 and 6).

With D^{μν} = γT (g⁻¹cg⁻¹)^{μν} and g = c^α, c = κ/κ₀, that is ∂_μΦ = (1/T)(c^{α−1})_μ^ν ∂_νF: for α = 1 Φ = F/T always;
else the right side must be a gradient, and its integral around each ring must vanish.
"""

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from qlearn.errors import RegimeError
from qlearn.systems.base import LearningSystem
from qlearn.systems.formulas import shown_aperiodic
from qlearn.systems.metrics import matrix_power

__all__ = ["require_detailed_balance", "score_gradient"]


def score_gradient(system: LearningSystem) -> tuple[sp.Expr, ...]:
    """∂_μΦ of the system, F = −U."""
    slope = sp.Matrix([-sp.diff(system.loss, coordinate) for coordinate in system.coordinates])
    if system.covariant_noise:
        return tuple(slope / system.diffusion_temperature)
    return tuple(matrix_power(system.covariance, system.alpha - 1) * slope / system.temperature)


def require_detailed_balance(system: LearningSystem) -> None:
    """Raises RegimeError where a steady current runs, so that no symmetric H_E exists."""
    for coordinate, period in zip(system.coordinates, system.periods, strict=True):
        if period is not None and shown_aperiodic(system.loss, coordinate, period):
            raise RegimeError(f"the loss {system.loss} winds around the ring in {coordinate}: a steady current runs, there is no "
                              f"detailed balance and no equation (8). {_ALTERNATIVE}")
    if system.covariant_noise:
        return
    gradient = score_gradient(system)
    _require_closed(system, gradient)
    for axis, period in enumerate(system.periods):
        if period is not None and not _constant_noise(system):
            _require_no_circulation(system, gradient, axis)


_ALTERNATIVE = "Take alpha=1, or MinibatchLearner.fokker_planck, whose operator need not be symmetric."


def _constant_noise(system: LearningSystem) -> bool:
    assert system.covariance is not None
    return not system.covariance.free_symbols & set(system.coordinates) and not system.covariance.atoms(AppliedUndef)


def _require_closed(system: LearningSystem, gradient: tuple[sp.Expr, ...]) -> None:
    q = system.coordinates
    for i in range(system.dimension):
        for j in range(i):
            curl = sp.simplify(sp.diff(gradient[i], q[j]) - sp.diff(gradient[j], q[i]))
            if curl != 0:
                raise RegimeError(f"no detailed balance at α = {system.alpha}: κ^(α−1)∇F has the curl {str(curl)[:80]} in "
                                  f"({q[j]}, {q[i]}), so that a current runs and (8) does not hold. {_ALTERNATIVE}")


def _require_no_circulation(system: LearningSystem, gradient: tuple[sp.Expr, ...], axis: int) -> None:
    """∮ ∂Φ dq by the trapezoidal rule, at sample values of the parameters and of the other coordinates."""
    coordinate = system.coordinates[axis]
    integral = None if gradient[axis].atoms(AppliedUndef) else _circulation(gradient[axis], coordinate, system.periods[axis])
    if integral is None or abs(integral) > 1e-8:
        shown = ("unknown (undefined functions, or not finite at sample parameters)" if integral is None
                 else f"{integral:.3g} at sample parameters")
        raise RegimeError(f"no detailed balance at α = {system.alpha} on the ring in {coordinate}: the integral of "
                          f"κ^(α−1)∂F around it is {shown}, not 0, so that a steady current runs. {_ALTERNATIVE}")


def _circulation(slope: sp.Expr, coordinate: sp.Symbol, period: sp.Expr) -> float | None:
    symbols = sorted((slope.free_symbols | period.free_symbols) - {coordinate}, key=str)
    values = {symbol: 0.31 + 0.47 * (0.618 * n % 1) for n, symbol in enumerate(symbols)}
    length = float(period.xreplace(values))
    points = length * np.arange(1024) / 1024
    with np.errstate(all="ignore"):
        samples = np.broadcast_to(sp.lambdify(coordinate, slope.xreplace(values), modules="numpy")(points), points.shape)
        ratio = float(samples.mean() / np.abs(samples).mean()) if np.any(samples) else 0.0
    return ratio if np.isfinite(ratio) else None
