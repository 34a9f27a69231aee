"""Diffusion and score of a learner: the two fields that make its Fokker–Planck operator.

    ∂_tP = −∂_μJ^μ,     J^μ = D^{μν} (a_ν P − ∂_νP),     a = D⁻¹(b − ∂_νD^{·ν}),     P the density with respect to dq

b is the Itô drift. ``a`` is ∂ ln P_s where detailed balance holds. With c = κ/κ₀, g = c^α, D = γT g⁻¹cg⁻¹ (THEORY.md 1 and 6):

    a = −(1/T) g c⁻¹ ∂U + ½ ∂ ln|g|           "covariant" noise, ∂_tρ = −γ∇_μ(ρ∇^μF) + ∇_μ(D^{μν}∂_νρ)
    a = −(1/T) g c⁻¹ ∂U − D⁻¹ ∂_νD^{·ν}       "plain" Itô noise, discrete updates without a correction
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.systems.minibatch import MinibatchLearner

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["ITO", "Coefficients", "coefficients_of"]

ITO = ("covariant", "plain")

Field = Callable[..., np.ndarray]


@final
@dataclass(frozen=True, eq=False)
class Coefficients:
    """D^{μν} as diffusion(*q) -> (d, d, *shape) and a_μ as score(*q) -> (d, *shape), with the period of each axis or None.

    loss, loss_slope : U(*q) and ∂_μU(*q), from which a reference density is made.
    score_slopes : ∂_μ a_ν(*q) as (d, d, *shape), for a reference density on lines.
    witten : W = ¼ aᵀDa + ½ ∂_μ(D^{μν}a_ν) as a function of q.
    coldness : the lowest eigenvalue of (gc⁻¹/T) as a function of q: 1/temperature of the hottest direction.
    """

    diffusion: Field
    score: Field
    periods: tuple[float | None, ...]
    time_unit: str
    loss: Field | None = None
    loss_slope: Field | None = None
    coldness: Field | None = None
    score_slopes: Field | None = None
    witten: Field | None = None

    @property
    def dimension(self) -> int:
        return len(self.periods)


def coefficients_of(learner: Any, parameters: Mapping[str, float] | None, ito: str | None) -> Coefficients:
    """The fields of a LearningSystem with a static loss, or of the diffusion limit of a MinibatchLearner."""
    if isinstance(learner, MinibatchLearner):
        if parameters:
            checks.fail("parameters", "belong to a LearningSystem; a MinibatchLearner has numbers only", repr(parameters))
        if ito is not None:
            checks.fail("ito", "belongs to a LearningSystem; a MinibatchLearner says it by its ito_correction", ito,
                        "Use learner.with_(ito_correction=…).")
        return _of_minibatch(learner)
    from qlearn.systems.base import LearningSystem

    if not isinstance(learner, LearningSystem):
        checks.fail("learner", "must be a LearningSystem or a MinibatchLearner", learner)
    return _of_system(learner, parameters, checks.choice("ito", ito or "covariant", ITO))


def _of_minibatch(learner: MinibatchLearner) -> Coefficients:
    """Per step: D = η²g⁻¹Cg⁻¹/2B and a of the diffusion limit, see qlearn.systems.minibatch.diffusion_limit."""
    d = learner.dimension
    if d > 1 and None in learner.periods:
        raise UnsupportedError("relaxation of a MinibatchLearner is offered on one line, rings and tori; this one has the "
                               f"periods {learner.periods}. Measure: ql.relaxation_rates(learner.replicas(…), …); or write "
                               "formulas for U and g into a LearningSystem.")

    def diffusion(*q: Any) -> np.ndarray:
        return _first(learner.diffusion_limit.diffusion(_rows(q)), q, (d, d))

    def score(*q: Any) -> np.ndarray:
        return _first(learner.diffusion_limit.score(_rows(q)), q, (d,))

    def loss(*q: Any) -> np.ndarray:
        return _first(learner.diffusion_limit.fields.loss_at(_rows(q)), q, ())

    def loss_slope(*q: Any) -> np.ndarray:
        return _first(learner.diffusion_limit.fields.gradient_at(_rows(q)), q, (d,))

    def coldness(*q: Any) -> np.ndarray:
        return _first(learner.diffusion_limit.coldness(_rows(q)), q, ())

    return Coefficients(diffusion, score, learner.periods, "steps", loss, loss_slope, coldness)


def _rows(q: tuple) -> np.ndarray:
    """Points as rows (n, d)."""
    return np.stack([np.ravel(x) for x in np.broadcast_arrays(*q)], axis=1)


def _first(f: np.ndarray, q: tuple, outer: tuple[int, ...]) -> np.ndarray:
    """(n, *outer) → (*outer, *shape)."""
    return np.moveaxis(f, 0, -1).reshape(*outer, *np.broadcast_shapes(*(np.shape(x) for x in q)))


def _of_system(system: "LearningSystem", parameters: Mapping[str, float] | None, ito: str) -> Coefficients:
    _check_system(system)
    diffusion, score, cold = _formulas(system, ito)
    size = system.dimension
    D = _numeric(system, "diffusion", diffusion, (size, size), parameters)
    a = _numeric(system, "score", score, (size,), parameters)
    if system.metric is not None:
        D = _positive(system.metric_function(parameters), D)
    cold_matrix = _numeric(system, "covariance", cold, (size, size), parameters)
    return Coefficients(D, a, system.period_numbers(parameters), "units of time of the system", system.loss_function(parameters),
                        system.loss_gradient_function(parameters), _Coldness(cold_matrix),
                        _numeric(system, "score slopes", _slopes(system, score), (size, size), parameters),
                        _Entry(_numeric(system, "W", _witten(system, diffusion, score), (1,), parameters)))


@final
@dataclass(frozen=True, eq=False)
class _Coldness:
    """The lowest eigenvalue of gc⁻¹/T, whose eigenvalues are real and positive."""

    matrix: Field

    def __call__(self, *q: Any) -> np.ndarray:
        return np.min(np.linalg.eigvals(np.moveaxis(self.matrix(*q), (0, 1), (-2, -1))).real, axis=-1)


def _check_system(system: "LearningSystem") -> None:
    if system.loss is None:
        checks.fail("system", "must have a static loss", "a system with a potential",
                    "Its levels are ql.eigenstates(ql.derive(system).equation.hamiltonian(grid), k).")
    if system.annealed:
        raise RegimeError(f"the temperature {system.temperature} depends on t, so that the generator has no rates of its own. "
                          "Give a constant temperature.")
    if any(twist != 0 for twist in system.theta):
        checks.fail("theta", "must be 0 for a static loss: a density is periodic", str(system.theta))


def _formulas(system: "LearningSystem", ito: str) -> tuple[tuple, tuple, tuple]:
    """D^{μν}, row by row, a_μ, and gc⁻¹/T as SymPy expressions."""
    import sympy as sp

    from qlearn.systems.metrics import determinant, inverse_matrix

    q, size = system.coordinates, system.dimension
    metric = sp.eye(size) if system.metric is None else system.metric
    inverse = inverse_matrix(metric)
    ratio = metric if system.covariance is None else system.covariance        # a metric given as such: D = γT g⁻¹
    diffusion = sp.Matrix(system.learning_rate * system.temperature * inverse * ratio * inverse)
    pull = metric * inverse_matrix(ratio)
    slope = sp.Matrix([sp.diff(system.loss, coordinate) for coordinate in q])
    score = -(pull * slope) / system.temperature
    if ito == "covariant":
        score += sp.Matrix([sp.diff(sp.log(determinant(metric)), coordinate) / 2 for coordinate in q])
    else:
        spread = sp.Matrix([sum(sp.diff(diffusion[i, j], q[j]) for j in range(size)) for i in range(size)])
        score -= inverse_matrix(diffusion) * spread
    return tuple(diffusion), tuple(score), tuple(pull / system.temperature)


def _slopes(system: "LearningSystem", score: tuple) -> tuple:
    import sympy as sp

    return tuple(sp.diff(component, coordinate) for coordinate in system.coordinates for component in score)


def _witten(system: "LearningSystem", diffusion: tuple, score: tuple) -> tuple:
    import sympy as sp

    size = system.dimension
    flow = [sum(diffusion[size * i + j] * score[j] for j in range(size)) for i in range(size)]
    square = sum(score[i] * flow[i] for i in range(size)) / 4
    return (sp.sympify(square + sum(sp.diff(flow[i], system.coordinates[i]) for i in range(size)) / 2),)


@final
@dataclass(frozen=True, eq=False)
class _Entry:
    """The one component of a field."""

    field: Field

    def __call__(self, *q: Any) -> np.ndarray:
        return self.field(*q)[0]


def _numeric(system: "LearningSystem", argument: str, expressions: tuple, outer: tuple[int, ...],
             parameters: Mapping[str, float] | None) -> Field:
    from qlearn.systems.formulas import NumericFunction, numeric_parameters

    needed = set().union(*(expression.free_symbols for expression in expressions)) - set(system.coordinates)
    values = numeric_parameters(system.parameters, needed, parameters)
    return NumericFunction(argument, expressions, outer, system.coordinates, values)


def _positive(metric: Any, diffusion: Field) -> Field:
    def checked(*q: Any) -> np.ndarray:
        metric(*q)                          # refuses points where it is not positive definite
        return diffusion(*q)

    return checked
