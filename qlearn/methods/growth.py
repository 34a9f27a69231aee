"""How errors grow where H amplifies: Im V > 0, or an absorber backwards in time.

    ‖e^{−iHt/ħ}‖ ≤ exp ∫γ dt,    γ(t) = max(−W)/ħ forwards, max(W)/ħ backwards, at least 0;  for channels of the levels of W

An error that is made at t has grown by up to exp ∫_t^T γ at the end T; tol is meant for the end.
"""

import math
from typing import final

import numpy as np

from qlearn import checks
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.tables import point_levels

__all__ = ["Growth", "largest_gain", "must_stay_finite"]

LOOKS = 17    # times at which the gain of an H(t) is looked at
MOST = 700.0  # of the exponent: numbers end there
FINEST = 1e-14  # error that steps are planned for, at least: rounding grows with the rest


def largest_gain(hamiltonian: Hamiltonian, sign: float, time: float = 0.0) -> float:
    """γ at a time; ``sign`` of the direction of time."""
    loss = hamiltonian.loss_table(time)
    if loss is None:
        return 0.0
    return max(0.0, point_levels(-sign * loss, hamiltonian.channels, hamiltonian.grid.ndim)[1]) / hamiltonian.hbar


def must_stay_finite(size: float, time: float) -> None:
    """ArgumentError where the norm of ψ at that time is none."""
    if not math.isfinite(size):
        checks.fail("psi", "must stay finite", f"a norm of {size:g} at t = {time:.9g}",
                    "Where H amplifies, end tlist earlier; else take a shorter dt, or leave dt out.")


@final
class Growth:
    """Of errors in a run from times[0] to times[-1], in the time that has gone by since the first, of either sign; γ(t) is taken
    to be linear between the times at which it is looked at."""

    def __init__(self, hamiltonian: Hamiltonian, times: np.ndarray):
        start, span = float(times[0]), float(times[-1] - times[0])
        rates = np.zeros(2)
        if not hamiltonian.is_hermitian:
            looks = LOOKS if hamiltonian.time_dependent else 2
            rates = np.array([largest_gain(hamiltonian, 1.0 if span >= 0 else -1.0, start + part * span)
                              for part in np.linspace(0, 1, looks)])
        self._gone = np.linspace(0.0, abs(span), len(rates))
        self._exponents = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(self._gone) * (rates[1:] + rates[:-1]))])
        self.possible = bool(rates.any())

    def between(self, one: float, other: float) -> float:
        """The factor from one time to a later one; 1 without a gain."""
        if not self.possible:
            return 1.0
        first, last = np.interp(np.abs([one, other]), self._gone, self._exponents)
        return float(np.exp(min(last - first, MOST)))

    def to_the_end(self, now: float, tol: float) -> float:
        """The factor from now to the end, as far as steps for a tolerance at the end can make up for it."""
        return min(self.between(now, float(self._gone[-1])), max(tol / FINEST, 1.0))
