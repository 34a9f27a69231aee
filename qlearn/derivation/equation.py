"""Equation: what was derived, with its constants, and the Hamiltonian that it has on a grid."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import sympy as sp

from qlearn import checks
from qlearn.derivation.mathml import to_mathml
from qlearn.derivation.printing import to_latex
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.systems.base import LearningSystem
from qlearn.systems.formulas import NumericFunction, numeric_parameters
from qlearn.systems.metrics import PositiveMetric

__all__ = ["Equation"]


@final
@dataclass(frozen=True, eq=False)
class Equation:
    """The equation of a learning system, with its constants in the system's own parameters.

    Attributes
    ----------
    kind : "schrodinger", iħ ∂_tψ = −(ħ²/2m) Δ_gψ + Vψ; "fokker-planck", ∂_tχ = −H_E χ with H_E = −D Δ_g + W;
        "nonlinear" or "euclidean", which have no Hamiltonian.
    statement : the equation as a SymPy Eq in covariant notation;  definitions : what its letters are.
    hbar, mass, potential : ħ, m and V; a static loss has ħ = 2T, m = 1/γ and V = ħW.
    hbar_squared : ħ², negative on the Euclidean branch (where ``hbar`` is √(−ħ²)).
    witten : W of a static loss, else None.   metric : g_ij or None (flat).
    direction_hbar_squared, direction_mass : ħ_i² and m_i of a constant anisotropic covariance, else None.
    learners_follow : whether the law of an ensemble of learners is that of the equation (γ' = γ and 1/μ = T).
    obstacle : why there is no Hamiltonian ("" where there is one).
    """

    kind: str
    system: LearningSystem
    statement: sp.Eq
    definitions: tuple[sp.Eq, ...]
    hbar: sp.Expr
    hbar_squared: sp.Expr
    mass: sp.Expr
    potential: sp.Expr
    witten: sp.Expr | None = None
    direction_hbar_squared: tuple[sp.Expr, ...] | None = None
    direction_mass: tuple[sp.Expr, ...] | None = None
    learners_follow: bool = False
    obstacle: str = ""

    @property
    def metric(self) -> sp.Matrix | None:
        return self.system.metric

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Every symbol that needs a number, sorted by name."""
        formulas = (self.hbar_squared, self.mass, self.potential)
        free = set(self.system.parameters).union(*(formula.free_symbols for formula in formulas))
        return tuple(sorted(free - {*self.system.coordinates, self.system.time}, key=str))

    def latex(self) -> str:
        """The equation and its definitions as LaTeX, one line each."""
        rows = " \\\\\n".join(to_latex(line) for line in (self.statement, *self.definitions))
        return f"\\begin{{gathered}}\n{rows}\n\\end{{gathered}}"

    def mathml(self) -> str:
        """The equation and its definitions as one <math> element."""
        return to_mathml(self.statement, *self.definitions)

    def numbers(self, parameters: Mapping[str, float] | None = None) -> dict[str, float]:
        """ħ and m as numbers: {"hbar": …, "mass": …}. Raises RegimeError where ħ² ≤ 0 or ħ depends on t."""
        if self.system.annealed:
            raise RegimeError(self.obstacle)
        square, mass = (float(value) for value in self._function(
            "hbar, mass", (self.hbar_squared, self.mass), (2,), (), parameters)())
        if square <= 0:
            branch = "the Euclidean branch, a pair of real heat equations" if square < 0 else "the classical limit"
            raise RegimeError(f"ħ² = {square:.6g} at these parameters: {branch}, without a Schrödinger equation. "
                              "Take 1/μ between 0 and 2T (γ' = γ).")
        self._check_bound(square, parameters)
        return {"hbar": float(np.sqrt(square)), "mass": checks.real("mass", mass, above=0.0)}

    def hamiltonian(self, grid: Any, **parameters: float) -> Any:
        """The Hamiltonian on a grid: H of (7), or ħH_E of (8), whose levels E are ħ times the relaxation rates.

        The parameters are numbers for ``.parameters``. Raises RegimeError for "nonlinear" and "euclidean" equations,
        UnsupportedError for noise that no Hamiltonian of qlearn can carry, ArgumentError where the grid is not the
        system's (dimension, periods, twist) or a number is missing.
        """
        from qlearn.hamiltonian import Hamiltonian

        if self.obstacle:
            raise RegimeError(self.obstacle)
        numbers = self.numbers(parameters)
        self._check_grid(grid, parameters)
        moving = self.system.time in self.potential.free_symbols
        variables = (self.system.time, *self.system.coordinates) if moving else self.system.coordinates
        potential = self._function("potential", (self.potential,), (), variables, parameters)
        return Hamiltonian(grid, potential, hbar=numbers["hbar"], time_dependent=moving,
                           **self._kinetic(numbers["mass"], parameters))

    def _check_bound(self, square: float, parameters: Mapping[str, float] | None) -> None:
        """No real multiplier gives ħ > 2T, hence no shift quantum above 4πT."""
        if not self.system.covariant_noise:
            return
        temperature = float(self._function("temperature", (self.system.diffusion_temperature,), (), (), parameters)())
        if square > 4 * temperature**2 * (1 + 1e-9):
            raise RegimeError(f"ħ = {np.sqrt(square):.6g} is above 2T = {2 * temperature:.6g}: no real multiplier 1/μ gives it. "
                              "Take a shift quantum h = 2πħ of at most 4πT.")

    def _kinetic(self, mass: float, parameters: Mapping[str, float]) -> dict[str, Any]:
        """mass= and metric=; a constant metric is a mass tensor, m g_ij."""
        if self.direction_mass is not None:
            size = len(self.direction_mass)
            masses = self._function("mass", self.direction_mass, (size,), (), parameters)()
            return {"mass": [float(value) for value in masses]}
        if self.kind == "fokker-planck" and not self.system.covariant_noise:
            raise UnsupportedError("noise that depends on q and is not proportional to the inverse metric has no Hamiltonian "
                                   "here. Take alpha=1, or MinibatchLearner.fokker_planck.")
        if self.metric is None:
            return {"mass": mass}
        size = self.system.dimension
        metric = self._function("metric", tuple(self.metric), (size, size), self.system.coordinates, parameters)
        if self.metric.free_symbols & set(self.system.coordinates):
            return {"mass": mass, "metric": PositiveMetric(metric)}
        constant = mass * PositiveMetric(metric)(*[0.0] * size)
        return {"mass": float(constant[0, 0]) if size == 1 else constant}

    def _check_grid(self, grid: Any, parameters: Mapping[str, float]) -> None:
        system = self.system
        if grid.ndim != system.dimension:
            checks.fail("grid", f"must have the {system.dimension} axes {', '.join(system.names)}", f"{grid.ndim} axes")
        for axis, (name, period, theta) in enumerate(zip(system.names, system.periods, system.theta, strict=True)):
            if period is None:
                continue
            length, twist = (float(value) for value in self._function("periods, theta", (period, theta), (2,), (), parameters)())
            if abs(grid.lengths[axis] - length) > 1e-9 * length:
                checks.fail("grid", f"must have the period {length:.12g} of {name}", f"the length {grid.lengths[axis]:.12g}")
            if abs((grid.twist[axis] - twist + 0.5) % 1 - 0.5) > 1e-12:
                checks.fail("grid", f"must have the twist theta = {twist:.12g} of {name}", f"{grid.twist[axis]:.12g}",
                            f"Grid(…, twist={twist:.12g}).")

    def _function(self, argument: str, expressions: tuple[sp.Expr, ...], outer: tuple[int, ...],
                  variables: tuple[sp.Symbol, ...], parameters: Mapping[str, float] | None) -> NumericFunction:
        needed = set().union(*(expression.free_symbols for expression in expressions)) - set(variables)
        values = numeric_parameters(self.parameters, needed, parameters)
        return NumericFunction(argument, expressions, outer, variables, values)
