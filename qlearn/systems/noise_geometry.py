"""The geometry in which a learner's noise is isotropic: metric, Christoffel symbols, Ricci tensor, as NumPy functions.

The noise of (1) has 2D^{μν} = γ²(g⁻¹κg⁻¹)^{μν}.  With D = γT and the metric ĝ of

    D^{μν} = D ĝ^{μν},      ĝ⁻¹ = g⁻¹ (κ/κ₀) g⁻¹      (ĝ = g where α = 1 or a metric was given)

learners make a Brownian motion of ĝ, whatever α is; what else they do is a drift.  Everything is differentiated as formulas.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any, final

import numpy as np
import sympy as sp

from qlearn import checks
from qlearn.systems.formulas import NumericFunction, numeric_parameters
from qlearn.systems.metrics import inverse_matrix

if TYPE_CHECKING:
    from qlearn.systems.base import LearningSystem

__all__ = ["NoiseGeometry", "TensorFunction", "noise_diffusion", "noise_force_function", "noise_geometry"]

Place = tuple[int, ...]


@final
@dataclass(frozen=True, eq=False)
class TensorFunction:
    """The components of a tensor that do not vanish: f(q (d, n)) -> [(indices, values (n,)), …].  Symmetric in its last
    two indices, of which the ordered ones are listed."""

    places: tuple[Place, ...]
    function: NumericFunction | None

    def __call__(self, q: np.ndarray) -> list[tuple[Place, np.ndarray]]:
        return [] if self.function is None else list(zip(self.places, self.function(*q), strict=True))


@final
@dataclass(frozen=True, eq=False)
class NoiseGeometry:
    """ĝ of this module.

    metric : (*q) -> (d, d, n).     christoffel : Γ^μ_{αβ}, α ≤ β.      ricci : R_{αβ}, α ≤ β, None on a line.
    contracted : (*q) -> (d, n), the covector ĝ_{μσ} ĝ^{αβ} Γ^σ_{αβ}: D times it is what a discrete (plain Itô) update drifts
        more than a Brownian motion of ĝ.
    sphere : R where ĝ = R²(dθ² + sin²θ dφ²), θ the first coordinate and φ of period 2π; else None.
    """

    metric: NumericFunction
    christoffel: TensorFunction
    ricci: TensorFunction | None
    contracted: NumericFunction
    sphere: float | None


def noise_geometry(system: "LearningSystem", parameters: Any) -> NoiseGeometry | None:
    """The geometry of a system's noise; None where it is flat and Cartesian.

    Raises ArgumentError where a parameter has no number, or a formula none.
    """
    metric = _noise_metric(system)
    if metric is None:
        return None
    x, d = system.coordinates, system.dimension
    inverse = inverse_matrix(metric)
    gamma = _christoffel(metric, inverse, x)
    number = _numbers(system, parameters)
    pairs = list(combinations_with_replacement(range(d), 2))
    symbols: dict[Place, sp.Expr] = {(m, a, b): gamma[m][a][b] for m in range(d) for a, b in pairs}
    ricci = None if d == 1 else _tensor(number, {(a, b): _ricci(gamma, x, a, b) for a, b in pairs})
    contracted = number(tuple(_contracted(metric, inverse, x)), (d,))
    return NoiseGeometry(number(tuple(metric), (d, d)), _tensor(number, symbols), ricci, contracted,
                         _sphere(system, metric, number))


def noise_diffusion(system: "LearningSystem", parameters: Any) -> float:
    """D of this module, in units of length² of ĝ a time.  Raises RegimeError with an annealed temperature."""
    if system.covariant_noise or system.annealed:
        return float(np.prod(system.numbers(parameters)))
    gamma, temperature = _numbers(system, parameters)((system.learning_rate, system.temperature), (2,))(*_origin(system))
    return checks.real("learning_rate", float(gamma), above=0) * checks.real("temperature", float(temperature), above=0)


def noise_force_function(system: "LearningSystem", parameters: Any, ito: str) -> Callable[..., np.ndarray]:
    """The drift of a learner in a static loss beside the Brownian motion of ĝ, as a covector of ĝ: f(*q) -> (d, n).

        covariant   −γ ĝ_{μλ} g^{λν} ∂_νU + D ∂_μ ln √(|g|/|ĝ|)         ∂_tρ = −γ∇_μ(ρ∇^μF) + ∇_μ(D^{μν}∂_νρ), ∇ and ρ those of g
        plain       −γ ĝ_{μλ} g^{λν} ∂_νU + D ĝ_{μσ} ĝ^{αβ} Γ^σ_{αβ}    discrete updates without the Itô correction

    The first is −γ∂U where ĝ = g.
    """
    d, gamma = system.dimension, system.learning_rate
    own, noise = (sp.eye(d) if g is None else sp.Matrix(g) for g in (system.metric, _noise_metric(system)))
    slope = sp.Matrix([sp.diff(system.loss, x) for x in system.coordinates])
    force = -gamma * (slope if own == noise else noise * inverse_matrix(own) * slope)
    diffusion = gamma * (system.diffusion_temperature if system.covariant_noise else system.temperature)
    if ito == "plain":
        force += diffusion * _contracted(noise, inverse_matrix(noise), system.coordinates)
    elif own != noise:
        ratio = sp.log(own.det() / noise.det()) / 2
        force += diffusion * sp.Matrix([sp.diff(ratio, x) for x in system.coordinates])
    return _numbers(system, parameters)(tuple(force), (d,), "loss")


def _contracted(metric: sp.Matrix, inverse: sp.Matrix, x: tuple[sp.Symbol, ...]) -> sp.Matrix:
    """g_{μσ} g^{αβ} Γ^σ_{αβ} = g^{αβ}(∂_αg_{βμ} − ½∂_μg_{αβ})."""
    axes = range(len(x))
    return sp.Matrix([sum(inverse[a, b] * (sp.diff(metric[b, m], x[a]) - sp.diff(metric[a, b], x[m]) / 2)
                          for a in axes for b in axes) for m in axes])


def _noise_metric(system: "LearningSystem") -> sp.Matrix | None:
    """ĝ; with covariant noise the system's metric, for which D = γ · diffusion_temperature."""
    if system.covariant_noise or system.covariance is None:
        return system.metric
    own = sp.eye(system.dimension) if system.metric is None else sp.Matrix(system.metric)
    metric = own * inverse_matrix(sp.Matrix(system.covariance)) * own
    return None if metric == sp.eye(system.dimension) else metric


def _numbers(system: "LearningSystem", parameters: Any) -> Callable[..., NumericFunction]:
    def function(expressions: tuple[sp.Expr, ...], outer: tuple[int, ...], argument: str = "metric") -> NumericFunction:
        needed = set().union(*(sp.sympify(expression).free_symbols for expression in expressions)) - set(system.coordinates)
        return NumericFunction(argument, tuple(map(sp.sympify, expressions)), outer, system.coordinates,
                               numeric_parameters(system.parameters, needed, parameters))

    return function


def _tensor(number: Callable[..., NumericFunction], entries: dict[Place, sp.Expr]) -> TensorFunction:
    kept = {place: entry for place, entry in entries.items() if entry != 0}
    return TensorFunction(tuple(kept), number(tuple(kept.values()), (len(kept),)) if kept else None)


def _christoffel(metric: sp.Matrix, inverse: sp.Matrix, x: tuple[sp.Symbol, ...]) -> list[list[list[sp.Expr]]]:
    """Γ^μ_{αβ} = ½ g^{μλ}(∂_αg_{λβ} + ∂_βg_{λα} − ∂_λg_{αβ})."""
    axes = range(len(x))
    low = [[[(sp.diff(metric[c, b], x[a]) + sp.diff(metric[c, a], x[b]) - sp.diff(metric[a, b], x[c])) / 2 for b in axes]
            for a in axes] for c in axes]
    return [[[sum(inverse[m, c] * low[c][a][b] for c in axes) for b in axes] for a in axes] for m in axes]


def _ricci(gamma: list, x: tuple[sp.Symbol, ...], a: int, b: int) -> sp.Expr:
    """R_{αβ} = ∂_μΓ^μ_{αβ} − ∂_βΓ^μ_{αμ} + Γ^μ_{μλ}Γ^λ_{αβ} − Γ^μ_{βλ}Γ^λ_{αμ}; R_{αα} > 0 on a sphere."""
    axes = range(len(x))
    total = sum(sp.diff(gamma[m][a][b], x[m]) - sp.diff(gamma[m][a][m], x[b]) for m in axes)
    total += sum(gamma[m][m][c] * gamma[c][a][b] - gamma[m][b][c] * gamma[c][a][m] for m in axes for c in axes)
    return sp.sympify(total)


def _sphere(system: "LearningSystem", metric: sp.Matrix, number: Callable[..., NumericFunction]) -> float | None:
    if system.dimension != 2 or not metric.is_diagonal() or metric[0, 0].free_symbols & set(system.coordinates):
        return None
    polar, azimuth = system.periods
    if polar is not None or azimuth is None or sp.simplify(azimuth - 2 * sp.pi) != 0:
        return None
    if sp.simplify(metric[1, 1] / metric[0, 0] - sp.sin(system.coordinates[0]) ** 2) != 0:
        return None
    return float(np.sqrt(number((metric[0, 0],), ())(*_origin(system))))


def _origin(system: "LearningSystem") -> tuple[float, ...]:
    return (0.0,) * system.dimension
