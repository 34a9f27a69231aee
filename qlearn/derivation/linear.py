"""Noise proportional to the inverse metric: one ħ, and the Schrödinger equation (7) or its Euclidean branch."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from qlearn.derivation.action import action_steps, prepared
from qlearn.derivation.conventions import Multiplier, check_shift_quantum, multiplier, multiplier_steps
from qlearn.derivation.definitions import definition, metric_definition, potential_definition
from qlearn.derivation.derivation import Derivation
from qlearn.derivation.equation import Equation
from qlearn.derivation.notation import HBAR, MASS
from qlearn.derivation.regimes import noise_step
from qlearn.derivation.schrodinger import HBAR_E, euclidean_equations, euclidean_steps, schrodinger_equation, schrodinger_step
from qlearn.derivation.steps import Step, checked
from qlearn.systems.base import LearningSystem

__all__ = ["linear_derivation", "real_time_steps"]

_ASSUMED = "Assumed (A1): the learner's pair (ρ, F) makes the action (4) stationary."


def linear_derivation(system: LearningSystem, choice: dict[str, Any]) -> Derivation:
    settled = multiplier(system, system.diffusion_temperature, **choice)
    sign = settled.sign
    check_shift_quantum(system, settled.hbar_squared, settled.convention)
    steps = checked(real_time_steps(system, settled, euclidean=sign == -1))
    equation = _euclidean(system, settled) if sign == -1 else _schrodinger(system, settled)
    notes = (_ASSUMED, _shift_note(system), _current_note(settled), *_sign_note(settled, sign))
    return Derivation(steps, equation, settled.convention, None, notes)


def real_time_steps(system: LearningSystem, settled: Multiplier, *, euclidean: bool = False) -> Iterator[Step]:
    """(1) → (7) for any potential V: the same for every system of this dimension, but for its noise and its ħ."""
    if system.covariance is not None:
        yield noise_step(system)
    geometry = prepared(system.dimension, curved=system.metric is not None, tensor=False)
    yield from action_steps(geometry)
    if euclidean:
        yield from euclidean_steps(geometry)
    else:
        yield schrodinger_step(geometry)
    yield from multiplier_steps(settled, geometry)


def _schrodinger(system: LearningSystem, settled: Multiplier) -> Equation:
    hbar, mass = settled.hbar, 1 / settled.gamma_prime
    definitions = (definition(HBAR, hbar), definition(MASS, mass), *potential_definition(system),
                   *metric_definition(system))
    return Equation("schrodinger", system, schrodinger_equation(), definitions, hbar, settled.hbar_squared, mass,
                    system.potential, learners_follow=settled.learners_follow)


def _euclidean(system: LearningSystem, settled: Multiplier) -> Equation:
    hbar, mass = settled.hbar, 1 / settled.gamma_prime
    constants = (definition(HBAR_E, hbar), definition(MASS, mass), *potential_definition(system),
                 *metric_definition(system))
    obstacle = (f"ħ² = {settled.hbar_squared} < 0: this is the Euclidean branch, a pair of real heat equations of which one "
                "runs backward, and no Schrödinger equation. Take 1/μ between 0 and 2T (γ' = γ).")
    backward, forward = euclidean_equations()
    return Equation("euclidean", system, forward, (backward, *constants), hbar, settled.hbar_squared, mass, system.potential,
                    obstacle=obstacle)


def _shift_note(system: LearningSystem) -> str:
    theta = "" if all(twist == 0 for twist in system.theta) else f", in the sector θ = {', '.join(map(str, system.theta))}"
    return ("Assumed (A2): F is defined modulo 2πħ, so that φ/ħ is an angle and ψ is single-valued; without it (6) is not "
            f"equivalent to (7){theta}.")


def _current_note(settled: Multiplier) -> str:
    if settled.learners_follow:
        return "γ' = γ and 1/μ = T: the current of (6) is that of the learner's law (2), so that learners can follow |ψ|²."
    return ("γ' ≠ γ or 1/μ ≠ T: the current γ'∇φ of (6) is not that of the learner's law (2); no ensemble of learners "
            "follows this equation.")


def _sign_note(settled: Multiplier, sign: int | None) -> list[str]:
    if settled.root is not None:
        return ["1/μ is real only for a shift quantum h ≤ 4πT, that is ħ ≤ 2T; the Hamiltonian checks the numbers."]
    if sign is not None:
        return []
    return [f"ħ² = {sp.factor(settled.hbar_squared)} must be positive; elsewhere the equation is the Euclidean pair of heat "
            "equations. The Hamiltonian checks the sign of the numbers."]
