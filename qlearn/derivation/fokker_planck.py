"""The static loss: with detailed balance the Fokker–Planck equation (2) is an imaginary-time Schrödinger equation (8).

    ρ = √ρ_s χ,   ∂_tχ = −H_E χ,   H_E = −D Δ_g + W,   W = (γ²/4D)|∇F|² + (γ/2) Δ_gF,   ρ_s ∝ exp(F/T)            (8)

Noise that is not proportional to g^{μν} has Φ in the place of F/T, with D^{μν} ∂_νΦ = γ ∂^μF: detailed balance says that
such a Φ exists.
"""

from collections.abc import Iterator

import sympy as sp

from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import (
    CHI,
    GAMMA,
    HBAR,
    MASS,
    SCORE,
    D,
    Divergence,
    F,
    GradientSquared,
    LaplaceBeltrami,
    T,
    TensorDivergence,
    TensorSquare,
    TimeDerivative,
    W,
)
from qlearn.derivation.steps import Step

__all__ = ["euclidean_equation", "fokker_planck_steps", "prepared_static", "witten_potential"]

STATIONARY = sp.Symbol("rho_s", positive=True)


def prepared_static(dimension: int, *, curved: bool, tensor: bool) -> Geometry:
    """F (or Φ) is an undefined function of q, χ one of (q, t)."""
    geometry = Geometry.of(dimension, curved=curved)
    geometry.let(CHI)
    score = geometry.let(SCORE if tensor else F, time=False)
    geometry.fields[STATIONARY] = sp.exp(score if tensor else score / T)
    if tensor:
        geometry.let_tensor(D)
    return geometry


def witten_potential(*, tensor: bool) -> sp.Expr:
    """W of (8)."""
    if tensor:
        return TensorSquare(D, SCORE) / 4 + TensorDivergence(D, 1, SCORE) / 2
    return GAMMA**2 / (4 * D) * GradientSquared(F) + GAMMA / 2 * LaplaceBeltrami(F)


def euclidean_equation(*, tensor: bool) -> sp.Eq:
    """∂_tχ = −H_E χ."""
    return sp.Eq(TimeDerivative(CHI), -_generator(CHI, W, tensor))


def fokker_planck_steps(geometry: Geometry, *, tensor: bool) -> Iterator[Step]:
    """The steps (2) → (8)."""
    witten = witten_potential(tensor=tensor)
    root = sp.sqrt(STATIONARY)
    rest = geometry.components(_numbers(_law(STATIONARY, tensor)))
    yield Step(f"Stationary density: ρ_s ∝ exp({'Φ' if tensor else 'F/T'}) solves (2)", _stationarity(tensor), rest,
               "theory 5")
    change = geometry.components(_numbers(_law(root * CHI, tensor)))
    generator = geometry.components(_numbers(_generator(CHI, witten, tensor)))
    yield Step("Detailed balance: ρ = √ρ_s χ turns (2) into ∂_tχ = −H_E χ with a symmetric H_E",
               euclidean_equation(tensor=tensor).subs(W, witten),
               sp.expand(change / geometry.fields[STATIONARY] ** sp.S.Half + generator), "theory 5, (8)")
    zero = geometry.components(_numbers(_generator(root, witten, tensor)))
    yield Step("Zero mode: H_E √ρ_s = 0", sp.Eq(_generator(root, W, tensor), 0), sp.expand(zero), "theory 5, (8)")
    if not tensor:
        yield _units_step(geometry)


def _law(density: sp.Expr, tensor: bool) -> sp.Expr:
    """The right side of (2)."""
    if tensor:
        return TensorDivergence(D, 1, density) - TensorDivergence(D, density, SCORE)
    return -GAMMA * Divergence(density, F) + D * LaplaceBeltrami(density)


def _stationarity(tensor: bool) -> sp.Eq:
    score = SCORE if tensor else F / T
    return sp.Eq(_law(sp.exp(score), tensor), 0)


def _generator(state: sp.Expr, witten: sp.Expr, tensor: bool) -> sp.Expr:
    """H_E on a state."""
    kinetic = TensorDivergence(D, 1, state) if tensor else D * LaplaceBeltrami(state)
    return -kinetic + witten * state


def _numbers(expression: sp.Expr) -> sp.Expr:
    """D = γT where D is a number (a tensor D appears inside operators only and is left alone)."""
    return expression if expression.has(TensorDivergence, TensorSquare) else expression.subs(D, GAMMA * T)


def _units_step(geometry: Geometry) -> Step:
    hamiltonian = -HBAR**2 / (2 * MASS) * LaplaceBeltrami(CHI) + HBAR * W * CHI
    statement = sp.Eq(HBAR * _generator(CHI, W, tensor=False), hamiltonian)
    difference = (statement.lhs - statement.rhs).subs({HBAR: 2 * T, MASS: 1 / GAMMA, D: GAMMA * T})
    return Step("ħH_E is the Hamiltonian of (7) with ħ = 2T, m = 1/γ and V = ħW: a rate is E/ħ", statement,
                geometry.components(difference), "theory 5, after (8)")
