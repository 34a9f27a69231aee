"""From the equations of motion (6) to one for ψ = √ρ exp(iφ/ħ): (7), and its nonlinear and Euclidean relatives."""

from collections.abc import Iterator

import sympy as sp

from qlearn.derivation.action import continuity, hamilton_jacobi, quantum_term
from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import (
    GAMMA1,
    HBAR,
    MASS,
    PHI,
    PSI,
    RHO,
    LaplaceBeltrami,
    R,
    TimeDerivative,
    V,
)
from qlearn.derivation.steps import Step

__all__ = ["BACKWARD", "FORWARD", "HBAR_E", "euclidean_equations", "euclidean_steps", "nonlinear_equation",
           "nonlinear_step", "schrodinger_equation", "schrodinger_step"]

BACKWARD, FORWARD = sp.symbols("u v", real=True)
HBAR_E = sp.Symbol("hbar_E", positive=True)


def schrodinger_equation(potential: sp.Expr = V) -> sp.Eq:
    """(7), iħ ∂_tψ = −(ħ²/2m) Δ_gψ + Vψ."""
    return sp.Eq(sp.I * HBAR * TimeDerivative(PSI), -HBAR**2 / (2 * MASS) * LaplaceBeltrami(PSI) + potential * PSI)


def schrodinger_step(geometry: Geometry) -> Step:
    """(7)/ψ is (iħ/2ρ) × the first of (6) minus the second, m = 1/γ'; ħ is constant."""
    equation = schrodinger_equation()
    residual = _wave_residual(geometry, equation, quantum_term(tensor=False))
    return Step("ψ = √ρ exp(iφ/ħ) turns (6) into the Schrödinger equation (7), m = 1/γ'", equation, residual,
                "theory 2, (7); [V20] sec. 5")


def nonlinear_equation(quantum: sp.Expr) -> sp.Eq:
    """iħ ∂_tψ = −(ħ²/2m) Δ_gψ + Vψ + [(ħ²/2m) Δ_gR − Q] ψ/R with R = |ψ|: linear only where Q = (ħ²/2m) Δ_gR."""
    linear = schrodinger_equation()
    excess = HBAR**2 / (2 * MASS) * LaplaceBeltrami(R) - quantum.subs(GAMMA1, 1 / MASS)
    return sp.Eq(linear.lhs, linear.rhs + excess * PSI / R)


def nonlinear_step(geometry: Geometry, quantum: sp.Expr) -> Step:
    equation = nonlinear_equation(quantum)
    return Step("ψ = √ρ exp(iφ/ħ) leaves a nonlinear term: the noise is not proportional to the inverse metric",
                equation, _wave_residual(geometry, equation, quantum), "theory 2, why α = 1")


def euclidean_steps(geometry: Geometry) -> Iterator[Step]:
    """ħ² = −ħ_E² < 0: u = √ρ exp(φ/ħ_E) and v = √ρ exp(−φ/ħ_E) obey two real heat equations, one of them backward."""
    rho, phi = geometry.fields[RHO], geometry.fields[PHI]
    jacobi = hamilton_jacobi(quantum_term(tensor=False)).subs(HBAR**2, -(HBAR_E**2))
    letters = ((BACKWARD, 1, "backward"), (FORWARD, -1, "forward"))
    for (letter, sign, word), equation in zip(letters, euclidean_equations(), strict=True):
        geometry.fields[letter] = sp.sqrt(rho) * sp.exp(sign * phi / HBAR_E)
        side = geometry.components((equation.lhs - equation.rhs).subs(MASS, 1 / GAMMA1))
        motion = geometry.components(HBAR_E * continuity() / (2 * RHO) + sign * jacobi)
        yield Step(f"Euclidean branch, ħ² = −ħ_E² < 0: {letter} = √ρ exp({'' if sign > 0 else '−'}φ/ħ_E) obeys a "
                   f"{word} heat equation", equation, sp.expand(side / geometry.fields[letter] - motion),
                   "theory 2, after (7)")


def euclidean_equations() -> tuple[sp.Eq, sp.Eq]:
    """ħ_E ∂_tu = −(ħ_E²/2m) Δ_gu − Vu (backward) and ħ_E ∂_tv = (ħ_E²/2m) Δ_gv + Vv (forward)."""
    backward, forward = (sp.Eq(HBAR_E * TimeDerivative(letter),
                               -sign * (HBAR_E**2 / (2 * MASS) * LaplaceBeltrami(letter) + V * letter))
                         for letter, sign in ((BACKWARD, 1), (FORWARD, -1)))
    return backward, forward


def _wave_residual(geometry: Geometry, equation: sp.Eq, quantum: sp.Expr) -> sp.Expr:
    rho, phi = geometry.fields[RHO], geometry.fields[PHI]
    geometry.fields[PSI] = sp.sqrt(rho) * sp.exp(sp.I * phi / HBAR)
    side = geometry.components((equation.lhs - equation.rhs).subs(MASS, 1 / GAMMA1))
    motion = geometry.components(sp.I * HBAR / (2 * RHO) * continuity() - hamilton_jacobi(quantum))
    return sp.expand(side / geometry.fields[PSI] - motion)
