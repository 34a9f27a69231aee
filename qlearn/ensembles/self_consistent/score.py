"""The score of learners in closed form: Hyvärinen matching in a linear basis, and the choice of that basis by held-out learners."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from qlearn.ensembles.self_consistent.basis import Basis, basis_of
from qlearn.kernels.tensor_splines import local_values, moments

__all__ = ["Choice", "Rule", "choose", "solver"]


@final
@dataclass(frozen=True)
class Rule:
    """What is fixed beforehand, the same for every case.

    cells, penalties : the candidates: knot intervals an axis by dimension, and weights λ of the penalty
    folds : of the held-out loss;   every : steps between two choices
    stability : share of the bound on the step;   accuracy : largest step times the rate of deformation of the flow
    quantum : factor on the quantum force; 1 but for negative controls
    """

    cells: tuple[tuple[int, ...], ...] = ((6, 8, 12, 16, 20, 24), (2, 3, 4, 6, 8), (1, 2))
    penalties: tuple[float, ...] = (1e-7, 1e-6, 1e-5, 1e-4)
    folds: int = 5
    every: int = 50
    stability: float = 0.5
    accuracy: float = 0.02
    warn: float = 0.03
    stop: float = 0.01
    refine: int = 1
    quantum: float = 1.0


@final
@dataclass(frozen=True, eq=False)
class Choice:
    """A basis and the weight of its penalty, with the held-out loss of each fold."""

    basis: Basis
    penalty: float
    losses: np.ndarray

    @property
    def loss(self) -> float:
        return float(np.sum(self.losses))


def solver(A: np.ndarray, basis: Basis, penalty: float):
    """Solve (A + λP) c = r for r orthogonal to the constant function; c has no part along it."""
    matrix = A + penalty * basis.penalty
    matrix += np.trace(A) / A.size
    factor = cho_factor(matrix, check_finite=False, overwrite_a=True)
    return lambda r: cho_solve(factor, r, check_finite=False)


def choose(rule: Rule, rings: tuple[bool, ...], y: np.ndarray, weights: np.ndarray, metric: np.ndarray) -> list[Choice]:
    """All candidates, each with the loss of every fold, (1/n) Σ_i (|s|²/2 + ∇·s)(q_i) of learners that did not fit s.

    y (d, M) and weights (folds, M) of the markers; metric G (d, d) of trace d, so that losses are without unit.
    """
    found = []
    for cells in rule.cells[len(y) - 1]:
        basis = basis_of(rings, (cells,) * len(y))
        local = local_values(basis.axes, y)
        parts = [moments(basis.axes, local, w, metric) for w in weights]
        A, b = sum(part[0] for part in parts), sum(part[1] for part in parts)
        for penalty in rule.penalties:
            losses = []
            for held_A, held_b in parts:
                c = -solver((A - held_A) * _rest(rule), basis, penalty)((b - held_b) * _rest(rule))
                losses.append(0.5 * c @ held_A @ c + held_b @ c)
            found.append(Choice(basis, penalty, np.array(losses)))
    return found


def _rest(rule: Rule) -> float:
    return rule.folds / (rule.folds - 1)
