"""From the noisy learner to the action (4), to the action (5) of a current potential, and to its equations of motion (6).

    A = ∫dt∫√|g|dq { ρ [∂_tF + (γ'/2)|∇F|² + V] + (1/μ) [D |∇ρ|²/ρ + γ ρ Δ_gF] }                       (4)

Every residual is computed from undefined functions ρ, F, φ, V of (q, t) on an undefined metric.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import sympy as sp

from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import (
    DELTA_PHI,
    DELTA_RHO,
    GAMMA,
    GAMMA1,
    HBAR,
    LAMBDA,
    PHI,
    RHO,
    ActionIntegral,
    D,
    Divergence,
    F,
    GradientSquared,
    LaplaceBeltrami,
    R,
    S,
    SpaceIntegral,
    T,
    TensorDivergence,
    TensorSquare,
    TimeDerivative,
    V,
)
from qlearn.derivation.steps import Step

__all__ = ["HBAR_SQUARED", "ActionCoefficients", "action", "action_steps", "continuity", "hamilton_jacobi",
           "prepared", "quantum_term"]

MIXING = GAMMA * LAMBDA / GAMMA1
HBAR_SQUARED = 8 * D * LAMBDA / GAMMA1 - 4 * MIXING**2


@final
@dataclass(frozen=True)
class ActionCoefficients:
    """The numbers in front of the terms of (4); the theory has these, and a test shows that it bears no others."""

    time: sp.Expr = sp.S.One
    kinetic: sp.Expr = sp.S.Half
    potential: sp.Expr = sp.S.One
    fisher: sp.Expr = sp.S.One
    laplacian: sp.Expr = sp.S.One


def prepared(dimension: int, *, curved: bool, tensor: bool, coordinates: tuple[sp.Symbol, ...] = ()) -> Geometry:
    """A geometry with ρ, φ, F, V undefined; with ``tensor`` the diffusion D^{μν}(q) is one too, else D is a number."""
    geometry = Geometry.of(dimension, curved=curved, coordinates=coordinates)
    for letter in (RHO, PHI, F, V):
        geometry.let(letter)
    geometry.fields[R] = sp.sqrt(geometry.fields[RHO])
    if tensor:
        geometry.let_tensor(D)
    return geometry


def action(coefficients: ActionCoefficients, *, tensor: bool) -> sp.Expr:
    """The density of (4)."""
    c = coefficients
    loss = c.time * TimeDerivative(F) + c.kinetic * GAMMA1 * GradientSquared(F) + c.potential * V
    entropy = c.fisher * _noise_squared(tensor) / RHO + c.laplacian * GAMMA * RHO * LaplaceBeltrami(F)
    return RHO * loss + LAMBDA * entropy


def quantum_term(*, tensor: bool) -> sp.Expr:
    """Q in the second equation of (6), ∂_tφ + (γ'/2)|∇φ|² + V − Q/R = 0, with R = √ρ."""
    if not tensor:
        return HBAR**2 * GAMMA1 / 2 * LaplaceBeltrami(R)
    return 4 * LAMBDA * TensorDivergence(D, 1, R) - 2 * GAMMA1 * MIXING**2 * LaplaceBeltrami(R)


def continuity() -> sp.Expr:
    """The left side of the first equation of (6)."""
    return TimeDerivative(RHO) + GAMMA1 * Divergence(RHO, PHI)


def hamilton_jacobi(quantum: sp.Expr) -> sp.Expr:
    """The left side of the second equation of (6)."""
    return TimeDerivative(PHI) + GAMMA1 / 2 * GradientSquared(PHI) + V - quantum / R


def action_steps(geometry: Geometry, *, tensor: bool = False,
                 coefficients: ActionCoefficients | None = None) -> Iterator[Step]:
    """The steps (2) → (6); with other coefficients than those of (4) residuals appear."""
    density = action(coefficients or ActionCoefficients(), tensor=tensor)
    yield _current_step(geometry, tensor)
    yield _entropy_step(geometry, tensor, coefficients or ActionCoefficients())
    yield _potential_action_step(geometry, tensor, density)
    yield from _motion_steps(geometry, tensor, density)


def _noise_squared(tensor: bool) -> sp.Expr:
    return TensorSquare(D, RHO) if tensor else D * GradientSquared(RHO)


def _fokker_planck(tensor: bool) -> sp.Expr:
    """The right side of (2)."""
    diffusion = TensorDivergence(D, 1, RHO) if tensor else D * LaplaceBeltrami(RHO)
    return -GAMMA * Divergence(RHO, F) + diffusion


def _current_step(geometry: Geometry, tensor: bool) -> Step:
    if tensor:
        law = -GAMMA * Divergence(RHO, F) + TensorDivergence(D, RHO, sp.log(RHO))
        name, residual = "Fokker–Planck equation as a current", law - _fokker_planck(tensor)
    else:
        law = -GAMMA * Divergence(RHO, F - T * sp.log(RHO))
        name, residual = "Fokker–Planck equation by its current potential F − T ln ρ", (
            law - _fokker_planck(tensor).subs(D, GAMMA * T))
    return Step(name, sp.Eq(TimeDerivative(RHO), law), geometry.components(residual), "theory 1, (2) and (3)")


def _entropy_step(geometry: Geometry, tensor: bool, c: ActionCoefficients) -> Step:
    """d/dt ∫(−ρ ln ρ) along (2) is the second bracket of (4): their difference is a total derivative."""
    production = c.fisher * _noise_squared(tensor) / RHO + c.laplacian * GAMMA * RHO * LaplaceBeltrami(F)
    difference = -(sp.log(RHO) + 1) * _fokker_planck(tensor) - production
    residual = geometry.variation(difference, {RHO: DELTA_RHO, F: sp.Symbol("delta_F")})
    return Step("Entropy production of the Fokker–Planck equation", sp.Eq(TimeDerivative(S), SpaceIntegral(production)),
                residual, "theory 2, second bracket of (4); [V20] sec. 5")


def _potential_action_step(geometry: Geometry, tensor: bool, density: sp.Expr) -> Step:
    mixed = density.subs(F, PHI + MIXING * sp.log(RHO))
    fisher = (LAMBDA * TensorSquare(D, RHO) - GAMMA1 * MIXING**2 / 2 * GradientSquared(RHO) if tensor
              else HBAR**2 * GAMMA1 / 8 * GradientSquared(RHO)) / RHO
    motion = RHO * (TimeDerivative(PHI) + GAMMA1 / 2 * GradientSquared(PHI) + V) + fisher
    residual = geometry.variation(mixed - motion.subs(HBAR**2, HBAR_SQUARED), {RHO: DELTA_RHO, PHI: DELTA_PHI})
    return Step("F = φ + (γ/μγ') ln ρ turns the action (4) into (5), up to total derivatives",
                sp.Eq(ActionIntegral(density), ActionIntegral(motion)), residual, "theory 2, (4) and (5)")


def _motion_steps(geometry: Geometry, tensor: bool, density: sp.Expr) -> Iterator[Step]:
    """Euler–Lagrange equations of (4) by F and ρ, in which F = φ + (γ/μγ') ln ρ is put afterwards."""
    space, rho, free = geometry.space, geometry.fields[RHO], geometry.fields[F]
    lagrangian = sp.expand(geometry.volume * geometry.components(density))
    potential = geometry.components(PHI + MIXING * sp.log(RHO))
    by_free, by_rho = (space.substitute(space.euler(lagrangian, f), free, potential) for f in (free, rho))
    by_rho_at_phi = by_rho + MIXING * by_free / rho
    jacobi = hamilton_jacobi(quantum_term(tensor=tensor))
    yield Step("Euler–Lagrange equation of (4) by F", sp.Eq(continuity(), 0),
               sp.expand(by_free + geometry.volume * geometry.components(continuity())), "theory 2, (6), first")
    yield Step("Euler–Lagrange equation of (4) by ρ, at fixed φ", sp.Eq(jacobi, 0),
               sp.expand(by_rho_at_phi - geometry.volume * geometry.components(jacobi.subs(HBAR**2, HBAR_SQUARED))),
               "theory 2, (6), second")
