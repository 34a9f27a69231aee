"""Numbers that learners in a potential need besides V itself: the force −∂V, and the twists of rings."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import sympy as sp

from qlearn import checks
from qlearn.systems.formulas import NumericFunction, numeric_parameters

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["potential_gradient_function", "theta_numbers"]


def potential_gradient_function(system: "LearningSystem",
                                parameters: Mapping[str, float] | None = None) -> Callable[..., np.ndarray]:
    """∂V/∂q^i (lower index) as f(t, *q) -> (d, *shape), whether V depends on t or not.

    >>> from qlearn.systems.base import LearningSystem
    >>> system = LearningSystem("x y", potential="x**2/2 + t*y", learning_rate=1, temperature=0.5)
    >>> potential_gradient_function(system)(3.0, np.array([0.5, 1.0]), np.zeros(2)).tolist()
    [[0.5, 1.0], [3.0, 3.0]]
    """
    if system.potential is None:
        checks.fail("system", "must have a potential for this", "a system with a loss")
    gradient = tuple(sp.diff(system.potential, symbol) for symbol in system.coordinates)
    variables = (system.time, *system.coordinates)
    needed = set().union(*(entry.free_symbols for entry in gradient)) - set(variables)
    values = numeric_parameters(system.parameters, needed, parameters)
    return NumericFunction("potential", gradient, (system.dimension,), variables, values)


def theta_numbers(system: "LearningSystem", parameters: Mapping[str, float] | None = None) -> np.ndarray:
    """The twist θ of each axis, (d,), 0 on lines."""
    needed = set().union(*(entry.free_symbols for entry in system.theta))
    values = numeric_parameters(system.parameters, needed, parameters)
    return np.asarray(NumericFunction("theta", system.theta, (system.dimension,), (), values)(), dtype=float)
