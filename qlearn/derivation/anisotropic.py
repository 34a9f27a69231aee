"""α ≠ 1 with an anisotropic or position-dependent covariance: each direction has its own ħ, and linearity is lost."""

from typing import Any

import sympy as sp

from qlearn import checks
from qlearn.derivation.conventions import Multiplier, check_shift_quantum, multiplier, sign_of
from qlearn.derivation.definitions import definition, metric_definition, potential_definition
from qlearn.derivation.derivation import Derivation
from qlearn.derivation.equation import Equation
from qlearn.derivation.notation import GAMMA, HBAR, MASS, MU, D, N
from qlearn.derivation.printing import to_text
from qlearn.derivation.regimes import (
    Directions,
    anisotropic_steps,
    direction_equation,
    direction_hbar_squared,
    direction_letters,
    directions_of,
    noise_tensor,
)
from qlearn.derivation.steps import Step, checked
from qlearn.systems.base import LearningSystem

__all__ = ["anisotropic_derivation"]


def anisotropic_derivation(system: LearningSystem, reading: str, choice: dict[str, Any]) -> Derivation:
    directions = directions_of(system)
    temperature = system.temperature if directions is None else directions.mean_temperature
    settled = multiplier(system, temperature, **choice)
    if reading == "nelson" and settled.convention != "consistent":
        checks.fail("reading", "'nelson' is ħ_i = 2m_iD_i with m_i = g_i/γ, the convention 'consistent'",
                    f"convention={settled.convention!r}", "Take reading='action'.")
    squares = None if directions is None else _squares(directions, reading, settled)
    square = _declared(squares, temperature)
    check_shift_quantum(system, square, settled.convention)
    steps = checked(anisotropic_steps(system, reading, directions))
    equation = _equation(system, settled, reading, steps, directions, squares, square)
    return Derivation(steps, equation, settled.convention, reading, _notes(reading, squares, settled, temperature))


def _squares(directions: Directions, reading: str, settled: Multiplier) -> tuple[sp.Expr, ...]:
    """ħ_i² of the directions."""
    return tuple(sp.powsimp(direction_hbar_squared(t, reading, settled.learning_rate, settled.gamma_prime,
                                                   settled.inverse_mu)) for t in directions.temperature)


def _declared(squares: tuple[sp.Expr, ...] | None, temperature: sp.Expr) -> sp.Expr:
    """ħ² without index: the geometric mean of the ħ_i², or (2T)² where one of them is not positive or there are none."""
    if squares is None or not _have_a_mean(squares):
        return 4 * temperature**2
    return sp.powdenest(sp.Mul(*squares) ** sp.Rational(1, len(squares)), force=True)


def _have_a_mean(squares: tuple[sp.Expr, ...]) -> bool:
    """Whether no ħ_i² is known to be 0 or negative, so that the geometric mean is a positive ħ."""
    return not any(sign_of(square) == -1 or sp.simplify(square) == 0 for square in squares)


def _equation(system: LearningSystem, settled: Multiplier, reading: str, steps: tuple[Step, ...], directions: Directions | None,
              squares: tuple[sp.Expr, ...] | None, square: sp.Expr) -> Equation:
    hbar, mass = sp.powdenest(sp.sqrt(square), force=True), 1 / settled.gamma_prime
    obstacle = (f"α = {system.alpha} with this covariance gives each direction its own ħ: the equation is nonlinear and has "
                "no Hamiltonian. Take alpha=1, or a constant isotropic covariance.")
    if directions is None or squares is None:
        definitions = (definition(HBAR, hbar), definition(MASS, mass), *_noise_definitions(system, settled, reading),
                       *potential_definition(system), *metric_definition(system))
        return Equation("nonlinear", system, steps[-1].statement, definitions, hbar, square, mass, system.potential,
                        obstacle=obstacle)
    masses = tuple(g * mass for g in directions.metric)
    letters = []
    for coordinate, own, direction in zip(system.coordinates, squares, masses, strict=True):
        mass_letter, hbar_letter = direction_letters(coordinate)
        letters += [definition(hbar_letter**2, own), definition(mass_letter, direction)]
    definitions = (definition(HBAR, hbar), *letters, *potential_definition(system))
    return Equation("nonlinear", system, direction_equation(system.coordinates), definitions, hbar, square, mass,
                    system.potential, direction_hbar_squared=squares, direction_mass=masses, obstacle=obstacle)


def _noise_definitions(system: LearningSystem, settled: Multiplier, reading: str) -> list[sp.Eq]:
    """D^{μν} and μ, or N^{μν} = m g_{στ}D^{μσ}D^{ντ}, for the tensor form of the equation."""
    letter, tensor = D, noise_tensor(system)
    if reading == "nelson":
        metric = sp.eye(system.dimension) if system.metric is None else system.metric
        letter, tensor = N, (tensor * metric * tensor / settled.gamma_prime).applyfunc(sp.simplify)
    rest = [] if reading == "nelson" else [definition(MU, 1 / settled.inverse_mu)]
    if settled.learning_rate != GAMMA:
        rest.append(definition(GAMMA, settled.learning_rate))
    return [definition(letter, tensor[0, 0] if system.dimension == 1 else tensor), *rest]


def _notes(reading: str, squares: tuple[sp.Expr, ...] | None, settled: Multiplier, temperature: sp.Expr) -> tuple[str, ...]:
    if reading == "nelson":
        words = ("Reading 'nelson': ħ_i = 2m_iD_i. It takes the current to be ∇φ/m, an assumption besides (4): the current "
                 "of this noise is not of that form.")
    else:
        words = (f"Reading 'action': ħ_i² by (4), with 1/μ = {to_text(settled.inverse_mu)} and "
                 f"γ' = {to_text(settled.gamma_prime)}.")
    declared = ("the geometric mean of the ħ_i" if squares is not None and _have_a_mean(squares)
                else f"declared to be {to_text(2 * temperature)}")
    return (words, f"ħ without index is {declared}.",
            "No ensemble of learners is simulated against this equation: its law is not |ψ|² of a linear equation.")
