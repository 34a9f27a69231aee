"""The score of learners in closed form: Hyvärinen matching in a linear basis, chosen by held-out learners."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from qlearn.ensembles.self_consistent.basis import Basis, basis_of
from qlearn.kernels.tensor_splines import local_values, moments

__all__ = ["Choice", "Rule", "choose", "smoothest", "solver"]


_RIDGE = 1e-12          # three dimensions: products of three functions that hardly reach into the box are nothing to rounding


@final
@dataclass(frozen=True)
class Rule:
    """What is fixed beforehand, the same for every case.

    cells, penalties : the candidates: knot intervals an axis by dimension, and weights λ of the penalty
    folds : of the held-out loss;   every : steps between two choices
    refine, relax : by dimension; the basis used has ``refine`` times the cells, and ``relax`` times the penalty, of the smoothest
        candidate whose held-out loss lies within a standard error of the least.  That loss weighs the score's error now; its bias
        adds up along a run while its noise is the learners' own, so that less smoothing than the loss asks for is right.  The
        factors and the lists of candidates were set after single runs (seed 101) of the six cases of validation 34.
    stability : share of the bound on the step;   accuracy : largest step times the rate of deformation of the flow
    noise : the same for the steps of noisy learners
    warn, stop : depths of a dip in the density
    balance : largest |E − E₀ − work of V| over the kinetic and Fisher energy
    companion, alike : times the penalty of the carriers moved a second time, and the level of their largest difference (see
        companion.py); set after runs of the cases of validation 34 on seeds 300 … 309
    quantum : factor on the quantum force; 1 but for negative controls
    """

    cells: tuple[tuple[int, ...], ...] = ((8, 12, 16), (3, 4, 6), (1, 2))
    penalties: tuple[float, ...] = (1e-5, 1e-4)
    folds: int = 5
    every: int = 15
    refine: tuple[int, ...] = (2, 1, 1)
    relax: tuple[float, ...] = (0.01, 1.0, 1.0)
    stability: float = 0.5
    accuracy: float = 0.06
    noise: float = 0.02
    warn: float = 0.03
    stop: float = 0.01
    balance: float = 0.015
    companion: float = 3.0
    alike: float = 1e-4
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
    if len(basis.cells) > 2:
        matrix[np.diag_indices(len(A))] += _RIDGE * np.trace(matrix) / len(A)
    factor = cho_factor(matrix, check_finite=False, overwrite_a=True)
    return lambda r: cho_solve(factor, r, check_finite=False)


def choose(rule: Rule, rings: tuple[bool, ...], box: tuple[tuple[float, float], ...], y: np.ndarray, weights: np.ndarray,
           metric: np.ndarray) -> list[Choice]:
    """All candidates, each with the loss of every fold, (1/n) Σ_i (|s|²/2 + ∇·s)(q_i) of learners that did not fit s.

    y (d, M) and weights (folds, M) of the markers; metric G (d, d) of trace d, so that losses are without unit.
    """
    found = []
    for cells in rule.cells[len(y) - 1]:
        basis = basis_of(rings, box, (cells,) * len(y))
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


def smoothest(found: list[Choice], current: Choice | None) -> Choice:
    """The largest penalty, then the fewest cells, among those within a standard error of the least loss.

    ``current`` stays where it is one of them.  The error is that of the difference to the best, over the folds.
    """
    best = min(found, key=lambda one: one.loss)
    equal = [one for one in found if one.loss - best.loss <= np.std(one.losses - best.losses, ddof=1) * np.sqrt(len(one.losses))]
    if current is not None:
        for one in equal:
            if one.basis.cells == current.basis.cells and one.penalty == current.penalty:
                return one
    return max(equal, key=lambda one: (one.penalty, -one.basis.axes.size))


def _rest(rule: Rule) -> float:
    return rule.folds / (rule.folds - 1)
