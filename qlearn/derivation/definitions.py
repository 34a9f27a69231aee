"""What the letters of an equation are for one system: ħ = 2T, V = …, g = …"""

import sympy as sp

from qlearn.systems.base import LearningSystem

__all__ = ["definition", "metric_definition"]


def definition(letter: sp.Symbol, value: sp.Basic) -> sp.Eq:
    """letter = value, not evaluated."""
    return sp.Eq(letter, value, evaluate=False)


def metric_definition(system: LearningSystem) -> list[sp.Eq]:
    """g = …, nothing where the system is flat."""
    if system.metric is None:
        return []
    value = system.metric[0, 0] if system.dimension == 1 else system.metric
    return [definition(sp.Symbol("g"), value)]
