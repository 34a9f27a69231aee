"""Thermal sums over levels, with what their errors and the levels left out can change.

Energies: E_j is within δ_j of a level of H, so that the weights p_j ∝ e^{−βE_j} are known within factors e^{±βδ_j}. Levels left
out lie above E_c: they add at most M(β') sup_{E ≥ E_c} |E − m|^k e^{−(β − β')E} to the moments, for every β' from 0 to β, where
M(β') ≥ Σ e^{−β'E} over them: their number for β' = 0, else Golden and Thompson's bound of Tr e^{−β'H}. The least of ten is taken.
States: the levels computed are exactly those of H + X with ‖X‖ ≤ ‖HV − VE‖ (W. Kahan, 1967), and then
‖ρ' − ρ‖₁ ≤ β‖X‖ (Pinsker's inequality on S(ρ‖ρ') + S(ρ'‖ρ) = β Tr (ρ − ρ')X), which bounds averages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

__all__ = ["Levels", "level_bounds"]


@final
@dataclass(frozen=True, eq=False)
class Levels:
    """energies, bounds, residuals : (k,) ascending.     left : how many levels above are left out.
    partition : β -> bound of Tr e^{−β(H − E_0)}, or None."""

    energies: np.ndarray
    bounds: np.ndarray
    residuals: np.ndarray
    left: int
    partition: Callable[[float], float] | None = None

    @property
    def edge(self) -> float:
        """E_c, above which the levels left out lie."""
        return float(self.energies[-1] - self.bounds[-1])


def level_bounds(levels: Levels, betas: np.ndarray, half_spreads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds (4 + observables, β) of ln Z, ⟨E⟩, C, S and averages, and that of the levels left out over Z, (β,).

    half_spreads : half the widths of the observables' spectra. The rounding of the sums is added.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):          # β δ beyond 700: bounds are then infinite
        columns, tails = zip(*(_at(levels, float(beta), half_spreads) for beta in betas), strict=True)
    bounds = np.array(columns).T
    return np.where(np.isnan(bounds), np.inf, bounds), np.array(tails)


def _at(levels: Levels, beta: float, half_spreads: np.ndarray) -> tuple[np.ndarray, float]:
    E, delta = levels.energies, levels.bounds
    p = np.exp(-beta * (E - E[0]))
    z = float(p.sum())
    p /= z
    mean = float(np.sum(p * E))
    away = np.abs(E - mean)
    variance = float(np.sum(p * away**2))
    up, down = np.where(p > 0, np.exp(beta * delta), 1.0), np.exp(-beta * delta)
    most, least = np.sum(p * up), np.maximum(np.sum(p * down), np.finfo(float).tiny)
    moved = p * np.maximum(up / least - 1, 1 - down / most)                  # |p' − p|
    heavy = p * up / least                                                   # ≥ p'
    tail = _tail(levels, beta, mean) / (z * least)
    log_z = max(np.log(most), -np.log(least)) + np.log1p(tail[0])
    energy = float(np.sum(moved * away) + np.sum(heavy * delta)) + tail[1]
    spread = float(np.sum(moved * away**2) + np.sum(heavy * (2 * away * delta + delta**2))) + energy**2 \
        + tail[2] + tail[0] * variance
    eps, high, square = 4 * np.finfo(float).eps * np.sqrt(len(E)), mean - E[0], float(np.sum(p * (E - E[0]) ** 2))
    log_z += eps * (1 + beta * (abs(E[0]) + high))
    energy += eps * (abs(E[0]) + high + beta * square)
    spread += eps * square * (1 + beta * np.sqrt(square))
    averages = half_spreads * (_state_bound(levels, beta, p, tail[0]) + eps * (1 + beta * high))
    return np.array([log_z, energy, (beta * np.sqrt(spread)) ** 2, beta * energy + log_z, *averages]), tail[0]


def _tail(levels: Levels, beta: float, mean: float) -> np.ndarray:
    """(3,) bounds of Σ |E − mean|^k e^{−β(E − E_0)} over the levels left out, k = 0, 1, 2."""
    if levels.left == 0:
        return np.zeros(3)
    shares = [0.0] if levels.partition is None else [0.1 * n for n in range(10)]
    rows = []
    for share in shares:
        whole = levels.left if share == 0 or levels.partition is None else levels.partition(share * beta)
        rows.append([whole * _most(levels.edge, mean, (1 - share) * beta, power, levels.energies[0]) for power in range(3)])
    return np.min(np.where(np.isnan(rows), np.inf, rows), axis=0)


def _most(edge: float, mean: float, beta: float, power: int, origin: float) -> float:
    """sup over E ≥ edge of |E − mean|^power e^{−β(E − origin)}; infinite for β = 0 where the power is not 0."""
    if beta == 0:
        return 1.0 if power == 0 else np.inf
    places = [edge, max(edge, mean + power / beta)]
    return max(abs(place - mean) ** power * float(np.exp(-beta * (place - origin))) for place in places)


def _state_bound(levels: Levels, beta: float, p: np.ndarray, tail: float) -> float:
    """Bound of ‖ρ' − ρ‖₁ by splitting the levels where it is least: below, β‖X‖; above, twice the weight of the levels there."""
    disturbed = beta * np.sqrt(np.cumsum(levels.residuals**2))
    heavy = p * np.where(p > 0, np.exp(beta * levels.bounds), 1.0)
    above = np.append(np.cumsum(heavy[::-1])[::-1][1:], 0.0) + tail
    return float(np.nanmin(disturbed + 4 * above * np.exp(disturbed) / np.maximum(1 - above, 1e-300), initial=2.0))
