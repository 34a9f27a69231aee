"""|∇U|²_g and the curvature of a LearningSystem's loss: exact derivatives of its formulas (loads SymPy)."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import sympy as sp

from qlearn.errors import RegimeError
from qlearn.inference.planck_fields import VirialFields
from qlearn.systems.base import LearningSystem
from qlearn.systems.formulas import NumericFunction, numeric_parameters

__all__ = ["system_fields"]


def system_fields(system: LearningSystem, noise: str, parameters: Mapping[str, float] | None) -> VirialFields:
    """U, g and their derivatives entry by entry from formulas; inverses of g by numbers. Any number of coordinates."""
    if system.loss is None:
        raise RegimeError("system must have a static loss U for a virial of it; this one has a potential V(q, t), whose learners "
                          "have no equilibrium. Use circulation or the known ħ.")
    if system.annealed or not system.covariant_noise:
        raise RegimeError("system must have covariant noise (α = 1) of one constant temperature for one ħ; this one has not.")
    q, loss, d = system.coordinates, system.loss, len(system.coordinates)
    g = list(system.metric if system.metric is not None else sp.eye(d))
    formulas = (loss, *(sp.diff(loss, x) for x in q), *(sp.diff(loss, x, y) for x in q for y in q), *g,
                *(sp.diff(entry, x) for x in q for entry in g))
    needed = set().union(*(formula.free_symbols for formula in formulas)) - set(q)
    values = numeric_parameters(system.parameters, needed, parameters)
    numbers = NumericFunction("loss and metric", formulas, (len(formulas),), q, values)
    return VirialFields(partial(_contracted, numbers, d, noise), system.period_numbers(parameters))


def _contracted(numbers: NumericFunction, d: int, noise: str, *q: np.ndarray) -> np.ndarray:
    """Δ_gU = g^{ij}(U_ij + ½ (∂_i ln|g|) U_j) + (∂_i g^{ij}) U_j, the last two terms for covariant noise."""
    rows = numbers(*(np.ravel(x) for x in q)).T
    loss, slope, second, metric, change = np.split(rows, np.cumsum([1, d, d * d, d * d]), axis=1)
    inverse = np.linalg.inv(metric.reshape(-1, d, d))
    raised = np.einsum("nij,nj->ni", inverse, slope)
    curvature = np.einsum("nij,nij->n", inverse, second.reshape(-1, d, d))
    if noise == "covariant":
        change = change.reshape(-1, d, d, d)                                            # (n, k, i, j): ∂_k g_ij
        volume = np.einsum("nij,nkji->nk", inverse, change)
        curvature += np.einsum("nk,nk->n", volume, raised) / 2
        curvature -= np.einsum("nki,nkij,nj->n", inverse, change, raised)
    squared = np.einsum("ni,ni->n", slope, raised)
    return np.stack([loss[:, 0], squared, curvature, np.zeros(len(rows))]).reshape(4, *np.shape(q[0]))
