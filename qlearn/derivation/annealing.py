"""A temperature that moves: ħ = 2T(t) moves with it, and arg ψ enters the equation, so that linear dynamics is lost.

    iħ ∂_tψ = −(ħ²/2m) Δ_gψ + Vψ + Ṫ (ln|ψ|² + 2 arg ψ) ψ,      ħ = 2T(t), m = 1/γ, 1/μ = T(t)

The extra potential is (Ṫ/T) F; arg ψ is multivalued, so that no single-valued linear dynamics is left (THEORY.md 2).
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from qlearn import checks
from qlearn.derivation.action import ActionCoefficients, action, continuity, hamilton_jacobi, prepared, quantum_term
from qlearn.derivation.definitions import definition, metric_definition, potential_definition
from qlearn.derivation.derivation import Derivation
from qlearn.derivation.equation import Equation
from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import GAMMA, GAMMA1, HBAR, MASS, MU, PHI, PSI, RHO, D, F, R, T, TimeDerivative
from qlearn.derivation.schrodinger import schrodinger_equation
from qlearn.derivation.steps import Step, checked
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.systems.base import LearningSystem

__all__ = ["annealed_derivation", "annealed_equation", "annealed_steps"]

ARGUMENT = sp.Function("arg")(PSI)
_MOVING = {D: GAMMA * T, MU: 1 / T, GAMMA1: GAMMA, HBAR: 2 * T, MASS: 1 / GAMMA}


def annealed_derivation(system: LearningSystem, choice: dict[str, Any]) -> Derivation:
    """The equation of a moving temperature, kind "nonlinear": named, and without a Hamiltonian."""
    if system.loss is not None:
        raise RegimeError(f"the temperature {system.temperature} depends on t: ρ_s ∝ exp(F/T) moves, and (8) does not hold. "
                          "Give a constant temperature.")
    if not system.covariant_noise:
        raise UnsupportedError("a temperature that moves is offered with noise proportional to the inverse metric only. "
                               "Take alpha=1, or a constant temperature.")
    if choice["convention"] != "consistent" or any(choice[name] is not None for name in ("inverse_mu", "root", "gamma_prime")):
        raise UnsupportedError("a temperature that moves is offered in the convention 'consistent' only.")
    if system.shift_quantum is not None:
        checks.fail("shift_quantum", "would be 4πT and cannot stand still while T moves", str(system.shift_quantum))
    steps = checked(annealed_steps(system.dimension, curved=system.metric is not None))
    temperature, mass = system.diffusion_temperature, 1 / system.learning_rate
    definitions = (definition(T, temperature), definition(HBAR, 2 * temperature), definition(MASS, mass),
                   *potential_definition(system), *metric_definition(system))
    obstacle = (f"the temperature {system.temperature} depends on t: with ħ = 2T(t) the equation holds a term in arg ψ, which "
                "is multivalued, and linear dynamics is lost. Give a constant temperature.")
    equation = Equation("nonlinear", system, annealed_equation(), definitions, 2 * temperature, 4 * temperature**2, mass,
                        system.potential, obstacle=obstacle)
    return Derivation(steps, equation, "consistent", None, (f"Annealed: {obstacle}",))


def annealed_equation() -> sp.Eq:
    """(7) with the term Ṫ (ln|ψ|² + 2 arg ψ) ψ."""
    linear = schrodinger_equation()
    return sp.Eq(linear.lhs, linear.rhs + TimeDerivative(T) * (2 * sp.log(R) + 2 * ARGUMENT) * PSI)


def annealed_steps(dimension: int, *, curved: bool) -> Iterator[Step]:
    """The equations of motion of (4) with an undefined T(t), and the equation of ψ."""
    geometry = prepared(dimension, curved=curved, tensor=False)
    geometry.let(T, space=False)
    yield from _motion_steps(geometry)
    yield _wave_step(geometry)


def _jacobi() -> sp.Expr:
    return hamilton_jacobi(quantum_term(tensor=False)) + TimeDerivative(T) * sp.log(RHO)


def _motion_steps(geometry: Geometry) -> Iterator[Step]:
    space, rho, free = geometry.space, geometry.fields[RHO], geometry.fields[F]
    density = action(ActionCoefficients(), tensor=False).subs(_MOVING)
    lagrangian = sp.expand(geometry.volume * geometry.components(density))
    potential = geometry.components(PHI + T * sp.log(RHO))
    by_free, by_rho = (space.substitute(space.euler(lagrangian, f), free, potential) for f in (free, rho))
    by_rho_at_phi = by_rho + geometry.fields[T] * by_free / rho
    yield Step("Euler–Lagrange equation of (4) by F, T = T(t), 1/μ = T, F = φ + T ln ρ", sp.Eq(continuity(), 0),
               sp.expand(by_free + geometry.volume * geometry.components(continuity().subs(_MOVING))),
               "theory 2, (6), first")
    yield Step("Euler–Lagrange equation of (4) by ρ, at fixed φ: a term in the derivative of T is left", sp.Eq(_jacobi(), 0),
               sp.expand(by_rho_at_phi - geometry.volume * geometry.components(_jacobi().subs(_MOVING))),
               "theory 2, annealed temperature")


def _wave_step(geometry: Geometry) -> Step:
    """(7) with the extra term, divided by ψ; ħ = 2T(t) is differentiated too, and arg ψ = φ/ħ."""
    rho, phi, temperature = geometry.fields[RHO], geometry.fields[PHI], geometry.fields[T]
    geometry.fields[PSI] = sp.sqrt(rho) * sp.exp(sp.I * phi / (2 * temperature))
    geometry.fields[ARGUMENT] = phi / (2 * temperature)
    equation = annealed_equation()
    side = geometry.components((equation.lhs - equation.rhs).subs(_MOVING))
    motion = geometry.components((sp.I * HBAR / (2 * RHO) * continuity() - _jacobi()).subs(_MOVING))
    residual = sp.expand(sp.expand_log(sp.expand(side / geometry.fields[PSI] - motion)))
    return Step("ψ = √ρ exp(iφ/ħ) with ħ = 2T(t) leaves a term in arg ψ", equation, residual,
                "theory 2, annealed temperature")
