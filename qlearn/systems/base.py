"""LearningSystem: what learns, with which noise, on which manifold — the start of the flow, as formulas."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import sympy as sp

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.systems.formulas import (
    RESERVED,
    NumericFunction,
    Symbols,
    numeric_parameters,
    one_an_axis,
    shown_aperiodic,
)
from qlearn.systems.metrics import PositiveMetric, covariance_ratio, metric_matrix
from qlearn.systems.noise_geometry import NoiseGeometry, noise_diffusion, noise_force_function, noise_geometry
from qlearn.systems.programs import DriftPrograms

__all__ = ["LearningSystem"]

Parameters = Mapping[str, float] | None


@final
@dataclass(frozen=True, eq=False, init=False)
class LearningSystem:
    """A learner in continuous time: dq^i = γ g^{ij} ∂_jF dt + noise of covariance 2 D^{ij} dt, F = −U (THEORY.md 1).

    Exactly one of two says what it learns against:

    - ``loss`` U(q), static: the learner's law relaxes by the Fokker–Planck equation (2), and ``derive`` gives (8).
    - ``potential`` V(q, t), the free-energy production of the environment in the action (4): ``derive`` gives the
      Schrödinger equation (7), iħ ∂_tψ = −(ħ²/2m) Δ_gψ + Vψ, with ħ = 2T and m = 1/γ.

    Parameters
    ----------
    coordinates : ``"q"``, ``"x y"``, a list of names or SymPy symbols; one to three of them.
    learning_rate, temperature : γ > 0 and T > 0; D = γT. Symbols, numbers or formulas; T may depend on t (annealing).
    metric : g_ij(q): a scalar (one coordinate), one entry an axis, or a symmetric d × d matrix. None is flat.
    covariance, alpha, reference_covariance : instead of a metric, the gradient noise κ_ij(q); then g = (κ/κ₀)^α and
        D^{ij} = γT (g⁻¹ (κ/κ₀) g⁻¹)^{ij}. Only κ/κ₀ enters: T = γκ₀/2 is the temperature of a direction with κ = κ₀.
    shift_quantum : h of F ~ F + h n (THEORY.md 3), h = 2πħ.
    theta : twist of the ring, ψ(q + L) = exp(2πiθ) ψ(q); one, or one an axis.
    periods : L of each axis, None for a line.

    A text goes through the safe parser of ``qlearn.systems.expressions``; every name in it that is no function is a
    coordinate, the time ``t`` or a parameter, and U, V, W, F, f, g, h, u, v, w, kappa, T may be applied as undefined
    functions, as in ``"U(q)"``. Raises ArgumentError for what cannot be meant.

    Not to be confused with MinibatchLearner, the discrete learner that is made of data.

    >>> ring = LearningSystem("q", loss="U0*cos(q)", metric="1 + a*cos(q)/2", periods="2*pi")
    >>> ring.parameters
    (T, U0, a, gamma)
    >>> ring.numbers({"gamma": 0.1, "T": 2.0})
    (0.1, 2.0)
    >>> ring.loss_gradient_function({"U0": 3.0})([0.0, np.pi / 2]).round(12) + 0.0
    array([[ 0., -3.]])
    """

    coordinates: tuple[sp.Symbol, ...]
    potential: sp.Expr | None
    loss: sp.Expr | None
    learning_rate: sp.Expr
    temperature: sp.Expr
    metric: sp.Matrix | None
    covariance: sp.Matrix | None
    alpha: sp.Expr
    shift_quantum: sp.Expr | None
    theta: tuple[sp.Expr, ...]
    periods: tuple[sp.Expr | None, ...]
    symbols: Symbols

    def __init__(self, coordinates: Any, *, potential: Any = None, loss: Any = None, learning_rate: Any = "gamma",
                 temperature: Any = "T", metric: Any = None, covariance: Any = None, alpha: Any = 1,
                 reference_covariance: Any = 1, shift_quantum: Any = None, theta: Any = 0, periods: Any = None):
        checks.one_of_two("potential", potential, "loss", loss)
        names = _coordinate_names(coordinates)
        symbols = Symbols(names, _positive_names(learning_rate, temperature, reference_covariance, shift_quantum,
                                                       *_diagonal(metric), *_diagonal(covariance)))
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("symbols", symbols)
        put("coordinates", tuple(symbols.symbol(name) for name in names))
        put("potential", None if potential is None else symbols.read("potential", potential))
        put("loss", None if loss is None else symbols.read("loss", loss))
        put("learning_rate", symbols.constant("learning_rate", learning_rate))
        put("temperature", symbols.constant("temperature", temperature, time=True))
        put("shift_quantum", None if shift_quantum is None else symbols.constant("shift_quantum", shift_quantum))
        put("alpha", _power(symbols, alpha, covariance))
        put("covariance", covariance_ratio(symbols, covariance, reference_covariance, metric))
        put("metric", metric_matrix(symbols, metric, self.covariance, self.alpha))
        put("periods", _periods(symbols, periods))
        put("theta", _twists(symbols, theta, self.periods))
        _check_dependence(self)

    @property
    def dimension(self) -> int:
        return len(self.coordinates)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates."""
        return tuple(symbol.name for symbol in self.coordinates)

    @property
    def time(self) -> sp.Symbol:
        return self.symbols.symbol("t")

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Free symbols of all formulas but for coordinates and t, sorted by name."""
        formulas = [self.potential, self.loss, self.learning_rate, self.temperature, self.shift_quantum, self.alpha,
                    *(self.metric or []), *(self.covariance or []), *self.theta, *self.periods]
        free = set().union(*(formula.free_symbols for formula in formulas if formula is not None))
        return tuple(sorted(free - {*self.coordinates, self.time}, key=str))

    @property
    def time_dependent(self) -> bool:
        return self.potential is not None and self.time in self.potential.free_symbols

    @property
    def annealed(self) -> bool:
        """Whether the temperature moves: then so does ħ = 2T, and there is no Hamiltonian (THEORY.md 2)."""
        return self.time in self.temperature.free_symbols

    @property
    def isotropic(self) -> bool:
        """Whether κ/κ₀ is one constant times the identity (or was not given)."""
        return self.covariance is None or (self.covariance == self.covariance[0, 0] * sp.eye(self.dimension)
                                           and not self.covariance.free_symbols & set(self.coordinates))

    @property
    def covariant_noise(self) -> bool:
        """Whether D^{ij} = D g^{ij} with one D: α = 1, a metric given as such, or constant isotropic κ."""
        return self.alpha == 1 or self.isotropic

    @property
    def diffusion_temperature(self) -> sp.Expr:
        """D/γ of covariant noise: T, or T c^{1−α} for the constant κ = c κ₀. Raises RegimeError where there is none."""
        if not self.covariant_noise:
            raise RegimeError(f"there is no one temperature D/γ for α = {self.alpha} with this covariance: the noise is not "
                              "proportional to the inverse metric. Use alpha=1, or a constant isotropic covariance.")
        ratio = sp.S.One if self.covariance is None or self.alpha == 1 else self.covariance[0, 0]
        return self.temperature * ratio ** (1 - self.alpha)

    def numbers(self, parameters: Parameters = None) -> tuple[float, float]:
        """(γ, T) with T = D/γ. Raises RegimeError without covariant noise or with an annealed temperature."""
        if self.annealed:
            raise RegimeError(f"the temperature {self.temperature} depends on t, so that there is no one T and no ħ = 2T. "
                              "Give a constant temperature.")
        pair = (self.learning_rate, self.diffusion_temperature)
        gamma, temperature = self._function("learning_rate, temperature", pair, (2,), (), parameters)()
        for name, value in (("learning_rate", gamma), ("temperature", temperature)):
            checks.real(name, float(value), above=0.0)
        return float(gamma), float(temperature)

    def potential_function(self, parameters: Parameters = None) -> Callable[..., np.ndarray]:
        """V as f(*q), or f(t, *q) where it depends on t; arrays of any one shape."""
        if self.potential is None:
            checks.fail("system", "must have a potential for this", "a system with a loss")
        variables = (self.time, *self.coordinates) if self.time_dependent else self.coordinates
        return self._function("potential", (self.potential,), (), variables, parameters)

    def loss_function(self, parameters: Parameters = None) -> Callable[..., np.ndarray]:
        """U as f(*q)."""
        return self._function("loss", (self._loss(),), (), self.coordinates, parameters)

    def loss_gradient_function(self, parameters: Parameters = None) -> Callable[..., np.ndarray]:
        """∂U/∂q^i (lower index) as f(*q) -> (d, *shape)."""
        gradient = tuple(sp.diff(self._loss(), symbol) for symbol in self.coordinates)
        return self._function("loss", gradient, (self.dimension,), self.coordinates, parameters)

    def metric_function(self, parameters: Parameters = None) -> Callable[..., np.ndarray] | None:
        """g_ij as f(*q) -> (d, d, *shape), positive definite or ArgumentError; None where the system is flat."""
        if self.metric is None:
            return None
        shape = (self.dimension, self.dimension)
        return PositiveMetric(self._function("metric", tuple(self.metric), shape, self.coordinates, parameters))

    def noise_geometry(self, parameters: Parameters = None) -> NoiseGeometry | None:
        """The metric in which the noise is isotropic, with its connection; None where it is flat and Cartesian."""
        return noise_geometry(self, parameters)

    def noise_diffusion(self, parameters: Parameters = None) -> float:
        """D of D^{μν} = Dĝ^{μν}: γT, where the noise is covariant γ times its temperature. RegimeError where T moves."""
        return noise_diffusion(self, parameters)

    def noise_force_function(self, parameters: Parameters = None, ito: str = "covariant") -> Callable[..., np.ndarray]:
        """The drift in a static loss, −γ∂U for α = 1, as a covector of that geometry, f(*q) -> (d, *shape)."""
        self._loss()
        return noise_force_function(self, parameters, ito)

    def drift_programs(self, parameters: Parameters = None) -> DriftPrograms:
        """The drift −γ∂U of a static loss in flat space, as programs for the fused steps of learners."""
        slopes = tuple(sp.diff(self._loss(), symbol) for symbol in self.coordinates)
        needed = set().union(*(slope.free_symbols for slope in slopes)) - set(self.coordinates)
        gamma = sp.Rational(self.numbers(parameters)[0])
        return DriftPrograms(tuple(-gamma * slope for slope in slopes), self.coordinates,
                             numeric_parameters(self.parameters, needed, parameters))

    def period_numbers(self, parameters: Parameters = None) -> tuple[float | None, ...]:
        """The period of each axis, None on a line."""
        return tuple(None if period is None else float(self._function("periods", (period,), (), (), parameters)())
                     for period in self.periods)

    def _loss(self) -> sp.Expr:
        if self.loss is None:
            checks.fail("system", "must have a loss for this", "a system with a potential")
        return self.loss

    def _function(self, argument: str, expressions: tuple[sp.Expr, ...], outer: tuple[int, ...],
                  variables: tuple[sp.Symbol, ...], parameters: Parameters) -> NumericFunction:
        needed = set().union(*(expression.free_symbols for expression in expressions)) - set(variables)
        values = numeric_parameters(self.parameters, needed, parameters)
        return NumericFunction(argument, expressions, outer, variables, values)


def _coordinate_names(coordinates: Any) -> tuple[str, ...]:
    parts = coordinates.replace(",", " ").split() if isinstance(coordinates, str) else coordinates
    parts = parts if isinstance(parts, Iterable) and not isinstance(parts, sp.Basic) else [parts]
    names = tuple(part.name if isinstance(part, sp.Symbol) else part for part in parts)
    for name in names:
        if not (isinstance(name, str) and name.isascii() and name.isidentifier() and not name.startswith("_")):
            checks.fail("coordinates", "must be plain names", repr(name), 'For example "q" or "x y".')
        if name in RESERVED:
            checks.fail("coordinates", "must not be t, pi or the name of a function", repr(name), "Call it q.")
    if not 1 <= len(names) <= 3 or len(set(names)) < len(names):
        checks.fail("coordinates", "must be one to three different names", repr(coordinates))
    return names


def _positive_names(*values: Any) -> frozenset[str]:
    """Names that stand alone for a positive constant, or that a SymPy argument declares positive."""
    alone = {value.strip() for value in values if isinstance(value, str)}
    declared = {symbol.name for value in values if isinstance(value, sp.Expr) for symbol in value.free_symbols
                if symbol.is_positive or value == symbol}
    return frozenset((alone | declared) - {"t"})


def _diagonal(matrix: Any) -> list[Any]:
    """The entries of a metric or covariance that must be positive."""
    rows = matrix.tolist() if isinstance(matrix, (sp.MatrixBase, np.ndarray)) else matrix
    if not isinstance(rows, (list, tuple)):
        return [rows]
    return [row[place] if isinstance(row, (list, tuple)) and len(row) > place else row for place, row in enumerate(rows)]


def _power(symbols: Symbols, alpha: Any, covariance: Any) -> sp.Expr:
    power = symbols.read("alpha", alpha)
    if power.free_symbols & {symbols.symbol(name) for name in (*symbols.coordinates, "t")}:
        checks.fail("alpha", "must be constant", str(power))
    if covariance is None and power != 1:
        checks.fail("alpha", "is the power in metric = (covariance/reference_covariance)^alpha and needs covariance",
                    f"alpha={power} without covariance", "Give covariance=, or the metric itself as metric=.")
    return power


def _periods(symbols: Symbols, periods: Any) -> tuple[sp.Expr | None, ...]:
    values = one_an_axis("periods", periods, len(symbols.coordinates), "period")
    return tuple(None if value is None else symbols.constant("periods", value) for value in values)


def _twists(symbols: Symbols, theta: Any, periods: tuple[sp.Expr | None, ...]) -> tuple[sp.Expr, ...]:
    values = one_an_axis("theta", theta, len(symbols.coordinates), "twist")
    twists = tuple(symbols.read("theta", value) for value in values)
    for twist, period in zip(twists, periods, strict=True):
        if twist != 0 and period is None:
            checks.fail("theta", "is the twist of a ring and needs its period", str(twist), "Give periods=.")
    return twists


def _check_dependence(system: LearningSystem) -> None:
    """A loss is static, and what lives on a ring is periodic (a loss may wind: derive says what that means)."""
    if system.loss is not None and system.time in system.loss.free_symbols:
        checks.fail("loss", "must be static", str(system.loss),
                    "For a free energy that moves, give the potential V(q, t) that drives it as potential=.")
    formulas = [("potential", system.potential), *(("metric", entry) for entry in system.metric or []),
                *(("covariance", entry) for entry in system.covariance or [])]
    for argument, formula in formulas:
        for coordinate, period in zip(system.coordinates, system.periods, strict=True):
            if formula is not None and period is not None and shown_aperiodic(formula, coordinate, period):
                checks.fail(argument, f"must have the period {period} in {coordinate}", str(formula))
