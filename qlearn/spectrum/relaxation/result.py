"""Relaxation: the eigenvalues of a learner's Fokker–Planck operator, what they decay to, and how well they are known."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.densities import GridDensity
from qlearn.grids import Grid

__all__ = ["Relaxation"]


@final
@dataclass(frozen=True, eq=False)
class Relaxation:
    """The law of the learner relaxes as P(q, t) = P_s + Σ_j c_j e^{λ_j t} P_j,  j = 1 … k.

    kind : "witten", symmetric, with detailed balance; "fokker-planck", not symmetric, with complex pairs and a current.
    eigenvalues : (k+1,) complex λ_j of the generator, −Re λ ascending, λ_0 = 0; per ``time_unit``.
    error_bounds : (k+1,) of |λ_j − exact|. "witten" on one axis: relative to each rate, however small; on several:
        quadratic in the residuals on a finer grid. "fokker-planck": an estimate, residuals of first or second order times
        condition numbers 1/|⟨left, right⟩|.
    residuals : (k+1,) of normalised eigenfunctions, per ``time_unit``.     condition_numbers : (k+1,); 1 for "witten".
    states : (k+1, *shape) P_j with respect to dq on ``grid``, P_0 = P_s; "witten": ∫P_j²/P_s dq = 1.
    stationary : P_s with respect to dq, as a GridDensity.
    current : (d, *shape) the steady probability current J^μ, per ``time_unit``; 0 with detailed balance.
    detailed_balance : whether ``circulation``, the largest |∮ a·dq| found with a = D⁻¹(b − ∂D), is 0 within rounding.
    entropy_production : ∫ J·D⁻¹J/P_s dq, per ``time_unit``; 0 with detailed balance.
    method : how the levels were found, in words.
    """

    kind: str
    grid: Grid
    eigenvalues: np.ndarray
    error_bounds: np.ndarray
    residuals: np.ndarray
    condition_numbers: np.ndarray
    states: np.ndarray
    stationary: GridDensity
    current: np.ndarray
    detailed_balance: bool
    circulation: float
    entropy_production: float
    time_unit: str
    method: str

    def __post_init__(self):
        for array in (self.eigenvalues, self.error_bounds, self.residuals, self.condition_numbers, self.states, self.current):
            array.flags.writeable = False

    def rates(self, k: int | None = None) -> np.ndarray:
        """The k slowest rates −Re λ_j, ascending, zero mode left out; all of them by default. Complex pairs count twice."""
        most = len(self.eigenvalues) - 1
        k = checks.integer("k", most if k is None else k, least=1, most=most, remedy="Ask relaxation for more of them.")
        return -self.eigenvalues[1:k + 1].real

    def plot(self, **settings: Any) -> Any:
        """Draw the eigenvalues in the complex plane and the stationary density: see qlearn.plots.relaxation."""
        from qlearn.plots.relaxation import relaxation

        return relaxation(self, **settings)
