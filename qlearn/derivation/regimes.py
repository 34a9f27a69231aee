"""What α does: noise D^{μν} = γT (κ/κ₀)^{1−2α} against the metric g = (κ/κ₀)^α (THEORY.md 2, why α = 1).

With noise proportional to g^{μν} one ħ makes (6) linear. Else each direction of a constant κ has its own ħ_i, and two
readings differ:

- "action": the action (4) gives ħ_i² = 8λγT_i/γ' − 4(γλ/γ')², λ = 1/μ, T_i = T c_i^{1−α}, κ_i = c_iκ₀. It can be negative.
- "nelson": ħ_i = 2m_iD_i = 2T_i, by the osmotic energy (m/2) g_{μν}u^μu^ν of the velocity u^μ = D^{μν} ∂_ν ln ρ [N66].
  It takes the current to be ∇φ/m, which noise of this kind does not give of itself: an assumption besides (4).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

import sympy as sp

from qlearn.derivation.action import action_steps, continuity, hamilton_jacobi, prepared, quantum_term
from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import (
    GAMMA,
    GAMMA1,
    HBAR,
    MU,
    PHI,
    PSI,
    RHO,
    ActionIntegral,
    D,
    GradientSquared,
    LaplaceBeltrami,
    N,
    R,
    SecondDerivative,
    TensorDivergence,
    TensorSquare,
    TimeDerivative,
    V,
)
from qlearn.derivation.schrodinger import nonlinear_step
from qlearn.derivation.steps import Step
from qlearn.systems.base import LearningSystem
from qlearn.systems.metrics import inverse_matrix

__all__ = ["Directions", "anisotropic_steps", "direction_equation", "direction_hbar_squared", "direction_letters",
           "directions_of", "noise_step", "noise_tensor"]


@final
@dataclass(frozen=True, eq=False)
class Directions:
    """The axes of a constant diagonal κ: metric g_i = c_i^α, temperature T_i = T c_i^{1−α}; then mass m_i = g_i/γ'."""

    metric: tuple[sp.Expr, ...]
    temperature: tuple[sp.Expr, ...]

    @property
    def mean_temperature(self) -> sp.Expr:
        """The geometric mean of the T_i."""
        return sp.powdenest(sp.Mul(*self.temperature) ** sp.Rational(1, len(self.temperature)), force=True)


def directions_of(system: LearningSystem) -> Directions | None:
    """The directions of a constant diagonal covariance; None where κ depends on q or is not diagonal."""
    ratio = system.covariance
    if ratio is None or not ratio.is_diagonal() or ratio.free_symbols & set(system.coordinates):
        return None
    c = [ratio[i, i] for i in range(system.dimension)]
    return Directions(tuple(entry ** system.alpha for entry in c),
                      tuple(system.temperature * entry ** (1 - system.alpha) for entry in c))


def noise_step(system: LearningSystem) -> Step:
    """D^{μν} = γT (g⁻¹cg⁻¹)^{μν} is D g^{μν} iff T c = (D/γ) g, here for the κ of the system, c = κ/κ₀."""
    metric = system.metric if system.metric is not None else sp.eye(system.dimension)
    difference = system.temperature * system.covariance - system.diffusion_temperature * metric
    residual = sum(abs(sp.powsimp(sp.expand(entry))) for entry in difference)
    return Step(f"Noise at α = {system.alpha} is proportional to the inverse metric", sp.Eq(D, system.learning_rate
                * system.diffusion_temperature), residual, "theory 1, power-law regimes")


def noise_tensor(system: LearningSystem) -> sp.Matrix:
    """D^{μν} = γT (g⁻¹ c g⁻¹)^{μν} of a system with a covariance."""
    inverse = sp.eye(system.dimension) if system.metric is None else inverse_matrix(system.metric)
    return (system.learning_rate * system.temperature * inverse * system.covariance * inverse).applyfunc(sp.powsimp)


def anisotropic_steps(system: LearningSystem, reading: str, directions: Directions | None) -> Iterator[Step]:
    """(2) → (6) → a nonlinear equation, with the tensor D^{μν}; then for each direction of a constant κ."""
    curved = directions is None and system.metric is not None
    geometry = prepared(system.dimension, curved=curved, tensor=True)
    if reading == "action":
        yield from action_steps(geometry, tensor=True)
    else:
        yield from _osmotic_steps(geometry)
    yield nonlinear_step(geometry, _quantum(reading))
    if directions is not None:
        yield _directions_step(system, reading)


def _quantum(reading: str) -> sp.Expr:
    return quantum_term(tensor=True) if reading == "action" else 2 * TensorDivergence(N, 1, R)


def _osmotic_steps(geometry: Geometry) -> Iterator[Step]:
    """Euler–Lagrange equations of (5) with Nelson's osmotic energy, N^{μν} = m g_{στ} D^{μσ} D^{ντ}, in place of ħ."""
    geometry.let_tensor(N)
    density = RHO * (TimeDerivative(PHI) + GAMMA1 / 2 * GradientSquared(PHI) + V) + TensorSquare(N, RHO) / (2 * RHO)
    isotropic = (D**2 / GAMMA - (2 * D / GAMMA) ** 2 * GAMMA / 4) * GradientSquared(RHO) / (2 * RHO)
    yield Step("Osmotic energy (m/2)|u|², u = D ∇ ln ρ, in place of the entropy term; N = D²g/γ is (5) with ħ = 2D/γ",
               ActionIntegral(density), geometry.components(isotropic), "[N66]; theory 2, why α = 1")
    lagrangian = sp.expand(geometry.volume * geometry.components(density))
    for letter, side, sign in ((PHI, continuity(), -1), (RHO, hamilton_jacobi(_quantum("nelson")), 1)):
        motion = geometry.space.euler(lagrangian, geometry.fields[letter])
        yield Step(f"Euler–Lagrange equation by {'φ' if letter == PHI else 'ρ'}", sp.Eq(side, 0),
                   sp.expand(motion - sign * geometry.volume * geometry.components(side)), "theory 2, (6)")


def _directions_step(system: LearningSystem, reading: str) -> Step:
    """For constant g_i and D_i = γT_i/g_i the nonlinear term is Σ_i ((ħ² − ħ_i²)/2m_i) ∂_i²R/R, m_i = g_i/γ'."""
    geometry = prepared(system.dimension, curved=False, tensor=True, coordinates=system.coordinates)
    metric, temperature = (sp.symbols(f"{letter}1:{system.dimension + 1}", positive=True) for letter in "gT")
    geometry = replace(geometry, inverse=sp.diag(*(1 / g for g in metric)))
    pairs = list(zip(metric, temperature, strict=True))
    geometry.tensors[D] = sp.diag(*(GAMMA * t / g for g, t in pairs))
    geometry.tensors[N] = sp.diag(*(GAMMA * t**2 / g for g, t in pairs))
    excess, values = sp.S.Zero, dict[sp.Symbol, sp.Expr]()
    for coordinate, (g, t) in zip(system.coordinates, pairs, strict=True):
        mass, hbar = direction_letters(coordinate)
        excess += (HBAR**2 - hbar**2) / (2 * mass) * SecondDerivative(coordinate, R)
        values |= {mass: g / GAMMA1, hbar: sp.sqrt(direction_hbar_squared(t, reading, GAMMA, GAMMA1, 1 / MU))}
    general = HBAR**2 * GAMMA1 / 2 * LaplaceBeltrami(R) - _quantum(reading)
    difference = general - excess.subs(values)
    residual = geometry.components(difference if reading == "action" else difference.subs(GAMMA1, GAMMA))
    return Step("Each direction of the constant covariance has its own ħ_i and m_i", direction_equation(system.coordinates),
                residual, "theory 2, why α = 1")


def direction_letters(coordinate: sp.Symbol) -> tuple[sp.Symbol, sp.Symbol]:
    """The symbols m_i and ħ_i of one coordinate."""
    mass, hbar = sp.symbols(f"m_{coordinate.name} hbar_{coordinate.name}", positive=True)
    return mass, hbar


def direction_hbar_squared(temperature: sp.Expr, reading: str, gamma: sp.Expr, gamma_prime: sp.Expr,
                           inverse_mu: sp.Expr) -> sp.Expr:
    """ħ_i² of a direction with the temperature T_i."""
    if reading == "nelson":
        return 4 * temperature**2
    mixing = gamma * inverse_mu / gamma_prime
    return 8 * temperature * mixing - 4 * mixing**2


def direction_equation(coordinates: tuple[sp.Symbol, ...]) -> sp.Eq:
    """iħ ∂_tψ = Σ_i [−(ħ²/2m_i) ∂_i²ψ + ((ħ² − ħ_i²)/2m_i)(∂_i²R/R) ψ] + Vψ, R = |ψ|."""
    right = V * PSI
    for coordinate in coordinates:
        mass, hbar = direction_letters(coordinate)
        right += -(HBAR**2) / (2 * mass) * SecondDerivative(coordinate, PSI)
        right += (HBAR**2 - hbar**2) / (2 * mass) * SecondDerivative(coordinate, R) / R * PSI
    return sp.Eq(sp.I * HBAR * TimeDerivative(PSI), right)
