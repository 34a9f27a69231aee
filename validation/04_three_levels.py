"""The exact operator's relaxation rates are the levels of the Schrödinger-like operator (8), where ε₃ is small.

Bounds as declared for the example: 4 % for the first three rates and 6 % for the fourth, for five seeds of the label noise.
Control: the raw labels, ε₃ > 1, where the same comparison must break.
"""

import numpy as np

import qlearn as ql
from validation.diabetes import GRID, learner
from validation.evidence import Evidence, at_least, at_most


def ratios(one: ql.MinibatchLearner) -> np.ndarray:
    """(8) over the operator, first four rates."""
    levels = ql.eigenstates(ql.derive(one.system()).equation.hamiltonian(GRID), 5).energies[1:] / one.hbar
    return levels / one.transfer_operator(GRID).rates(4)


def evidence() -> list[Evidence]:
    lines = []
    for seed in range(5):
        defect = np.abs(ratios(learner(seed=seed)) - 1)
        lines.append(at_most(f"label noise seed {seed}: rates 1–3, |ratio − 1|", defect[:3].max(), 0.04))
        lines.append(at_most(f"label noise seed {seed}: rate 4, |ratio − 1|", defect[3], 0.06))
    one = learner()
    generator = np.abs(ratios(one) * one.transfer_operator(GRID).rates(4) / one.fokker_planck(GRID).rates(4) - 1)
    lines.append(at_most("levels of (8) against the Fokker–Planck generator", generator.max(), 1e-8))
    raw = learner(scale=0.0)
    lines.append(at_least(f"raw labels, ε₃ = {raw.statistics(GRID).eps3:.2f}: |ratio − 1|", np.abs(ratios(raw) - 1).max(), 0.2,
                          control=True))
    return lines
