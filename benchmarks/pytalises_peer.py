"""pytalises on P1, given its best: the smallest number of its split steps that reaches the target.

Its points include both ends of the box while its wavenumbers are those of N·Δx = (b − a), so that its kinetic energy is too
large by (N/(N − 1))². On the box [−40, 40 − Δx] with the mass times that factor it solves P1 on exactly the points of P1;
with the mass as it stands no number of steps reaches 1e-6.
"""

from math import ceil, sqrt
from typing import final

import numpy as np
import pytalises

from benchmarks.problems import CLIP, HEIGHT, WELL, Problem

__all__ = ["PytalisesRun"]

HBAR = 1.054571817e-34  # pytalises has this constant built in; m = HBAR is ħ = m = 1
POTENTIAL = f"where({HEIGHT}*((x/{WELL})**2-1)**2<{CLIP},{HEIGHT}*((x/{WELL})**2-1)**2,{CLIP})"
PACKET = "exp(-(x+10)**2/2)*exp(7j*x)"


@final
class PytalisesRun:
    """``run(steps, fraction)`` does that fraction of ``steps`` split steps of T/steps and returns ψ (N,)."""

    def __init__(self, problem: Problem, corrected: bool = True):
        (self.points,), ((self.a, self.b),) = problem.shape, problem.bounds
        self.problem = problem
        self.mass = HBAR * ((self.points / (self.points - 1)) ** 2 if corrected else 1.0)

    def run(self, steps: int, fraction: float = 1.0) -> np.ndarray:
        last = self.b - (self.b - self.a) / self.points
        psi = pytalises.Wavefunction([PACKET], (self.points,), [(self.a, last)], m=self.mass)
        psi._amp *= np.pi**-0.25  # the norm of ψ0, which its own normalisation gives only to 1/N
        pytalises.propagate(psi, [POTENTIAL], max(1, round(fraction * steps)), self.problem.duration / steps, diag=True,
                            num_of_threads=1)
        return np.array(psi._amp[:, 0, 0, 0])

    def fewest(self, reference: np.ndarray, target: float, trial: int = 8000) -> int:
        """Steps that reach the target, from the error of a trial and order 2; to be confirmed by a full run."""
        error = self.problem.error(self.run(trial), reference)
        return ceil(1.002 * trial * sqrt(error / target))
