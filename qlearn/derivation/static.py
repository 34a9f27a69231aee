"""A static loss: the Fokker–Planck equation with detailed balance as (8), in the units of (7)."""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from qlearn import checks
from qlearn.derivation.conventions import check_shift_quantum, multiplier
from qlearn.derivation.definitions import definition, metric_definition
from qlearn.derivation.derivation import Derivation
from qlearn.derivation.detailed_balance import require_detailed_balance
from qlearn.derivation.equation import Equation
from qlearn.derivation.fokker_planck import euclidean_equation, fokker_planck_steps, prepared_static
from qlearn.derivation.linear import real_time_steps
from qlearn.derivation.notation import HBAR, MASS, D, W
from qlearn.derivation.regimes import Directions, directions_of
from qlearn.derivation.steps import Step, checked
from qlearn.derivation.witten import witten_of
from qlearn.systems.base import LearningSystem

__all__ = ["static_derivation"]


def static_derivation(system: LearningSystem, choice: dict[str, Any]) -> Derivation:
    if choice["convention"] != "consistent":
        checks.fail("convention", "must be 'consistent' for a static loss: (8) holds no multiplier", choice["convention"])
    if any(twist != 0 for twist in system.theta):
        checks.fail("theta", "must be 0 for a static loss: a density is periodic", str(system.theta))
    require_detailed_balance(system)
    directions = None if system.covariant_noise else directions_of(system)
    temperature = _temperature(system, directions)
    settled = multiplier(system, temperature, **choice)
    check_shift_quantum(system, settled.hbar_squared, "consistent")
    if system.covariant_noise:
        steps = checked([*real_time_steps(system, settled), *_static_steps(system)])
    else:
        steps = checked(_static_steps(system))
    return Derivation(steps, _equation(system, temperature, directions), "consistent", None, _notes(system))


def _temperature(system: LearningSystem, directions: Directions | None) -> sp.Expr:
    """The T of ħ = 2T: D/γ, else the geometric mean over the directions of a constant κ, else that at κ = κ₀."""
    if system.covariant_noise:
        return system.diffusion_temperature
    return system.temperature if directions is None else directions.mean_temperature


def _static_steps(system: LearningSystem) -> Iterator[Step]:
    tensor = not system.covariant_noise
    geometry = prepared_static(system.dimension, curved=system.metric is not None, tensor=tensor)
    return fokker_planck_steps(geometry, tensor=tensor)


def _equation(system: LearningSystem, temperature: sp.Expr, directions: Directions | None) -> Equation:
    tensor, witten, gamma = not system.covariant_noise, witten_of(system), system.learning_rate
    hbar = 2 * temperature
    noise = [] if tensor else [definition(D, gamma * temperature)]
    definitions = (definition(W, witten), *noise, definition(HBAR, hbar), definition(MASS, 1 / gamma),
                   *metric_definition(system))
    masses = None if directions is None else tuple(
        hbar * g / (2 * gamma * t) for g, t in zip(directions.metric, directions.temperature, strict=True))
    return Equation("fokker-planck", system, euclidean_equation(tensor=tensor), definitions, hbar, hbar**2, 1 / gamma,
                    hbar * witten, witten=witten, direction_mass=masses, learners_follow=not tensor)


def _notes(system: LearningSystem) -> tuple[str, ...]:
    notes = ["(8) is exact for the learner's Fokker–Planck equation (2): detailed balance holds. It assumes neither A1 nor A2."]
    if system.covariant_noise:
        notes.append("The steps up to (7) hold for any potential V: they say what ħ and m of this learner are.")
    else:
        notes.append("The noise is not proportional to the inverse metric: there is no one ħ, and the ħ of ħH_E is a unit.")
    return tuple(notes)
