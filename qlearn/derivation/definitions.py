"""What the letters of an equation are for one system: ħ = 2T, V = …, g = …"""

import sympy as sp
from sympy.core.function import AppliedUndef

from qlearn.derivation.notation import V
from qlearn.systems.base import LearningSystem

__all__ = ["definition", "metric_definition", "potential_definition"]


def definition(letter: sp.Symbol, value: sp.Basic) -> sp.Eq:
    """letter = value, not evaluated."""
    return sp.Eq(letter, value, evaluate=False)


def potential_definition(system: LearningSystem) -> list[sp.Eq]:
    """V = …, nothing where it is an undefined function of that name."""
    return [] if _names_itself(V, system.potential) else [definition(V, system.potential)]


def metric_definition(system: LearningSystem) -> list[sp.Eq]:
    """g = …, nothing where the system is flat or g is an undefined function."""
    if system.metric is None or _names_itself(sp.Symbol("g"), system.metric[0, 0]):
        return []
    value = system.metric[0, 0] if system.dimension == 1 else system.metric
    return [definition(sp.Symbol("g"), value)]


def _names_itself(letter: sp.Symbol, value: sp.Basic) -> bool:
    return isinstance(value, AppliedUndef) and value.func.__name__ == letter.name
