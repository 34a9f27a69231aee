"""|∇U|²_g and the curvature of a LearningSystem's loss: exact derivatives of its formulas (loads SymPy)."""

from collections.abc import Mapping

import sympy as sp

from qlearn.errors import RegimeError
from qlearn.inference.planck_fields import VirialFields
from qlearn.systems.base import LearningSystem
from qlearn.systems.formulas import NumericFunction, numeric_parameters

__all__ = ["system_fields"]


def system_fields(system: LearningSystem, noise: str, parameters: Mapping[str, float] | None) -> VirialFields:
    """Exact derivatives of the formulas, any number of coordinates."""
    if system.loss is None:
        raise RegimeError("system must have a static loss U for a virial of it; this one has a potential V(q, t), whose learners "
                          "have no equilibrium. Use circulation or the known ħ.")
    if system.annealed or not system.covariant_noise:
        raise RegimeError("system must have covariant noise (α = 1) of one constant temperature for one ħ; this one has not.")
    q, loss = system.coordinates, system.loss
    g = system.metric if system.metric is not None else sp.eye(len(q))
    inverse, root = g.inv(), sp.sqrt(g.det())
    slope = [sp.diff(loss, x) for x in q]
    pairs = [(i, j) for i in range(len(q)) for j in range(len(q)) if inverse[i, j] != 0]
    squared = sum(inverse[i, j] * slope[i] * slope[j] for i, j in pairs)
    if noise == "covariant":
        curvature = sum(sp.diff(root * inverse[i, j] * slope[j], q[i]) for i, j in pairs) / root
    else:
        curvature = sum(inverse[i, j] * sp.diff(loss, q[i], q[j]) for i, j in pairs)
    formulas = (loss, squared, curvature, sp.S.Zero)
    needed = set().union(*(formula.free_symbols for formula in formulas)) - set(q)
    values = numeric_parameters(system.parameters, needed, parameters)
    return VirialFields(NumericFunction("loss", formulas, (4,), q, values), system.period_numbers(parameters))
