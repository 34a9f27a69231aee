"""The multiplier of (4): which 1/μ and γ' a convention takes, and the ħ² of (5) that follows (THEORY.md 2 and 3).

    ħ² = 8D/(μγ') − 4γ²/(μγ')²,   m = 1/γ',   D = γT;   4T² − ħ² = 4(T − γ/(μγ'))² ≥ 0: never more than ħ = 2T
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import sympy as sp

from qlearn import checks
from qlearn.derivation.action import HBAR_SQUARED, MIXING
from qlearn.derivation.geometry import Geometry
from qlearn.derivation.notation import (
    GAMMA,
    GAMMA1,
    HBAR,
    MU,
    PHI,
    RHO,
    D,
    Divergence,
    F,
    LaplaceBeltrami,
    T,
)
from qlearn.derivation.steps import Step
from qlearn.errors import RegimeError
from qlearn.systems.base import LearningSystem

__all__ = ["CONVENTIONS", "Multiplier", "check_shift_quantum", "multiplier", "multiplier_steps", "same", "sign_of"]

CONVENTIONS = ("consistent", "vanchurin2020", "explicit")
QUANTUM = sp.Symbol("h", positive=True)


@final
@dataclass(frozen=True, eq=False)
class Multiplier:
    """1/μ and γ' in the formulas of a system whose D is ``learning_rate`` × ``temperature``."""

    convention: str
    learning_rate: sp.Expr
    temperature: sp.Expr
    inverse_mu: sp.Expr
    gamma_prime: sp.Expr
    shift_quantum: sp.Expr | None
    root: str | None

    @property
    def hbar_squared(self) -> sp.Expr:
        mixing = self.learning_rate * self.inverse_mu / self.gamma_prime
        return sp.expand(8 * self.temperature * mixing - 4 * mixing**2)

    @property
    def hbar(self) -> sp.Expr:
        """√|ħ²|; |ħ| of the Euclidean branch where ħ² < 0."""
        square = sp.factor(self.hbar_squared)
        return sp.sqrt(-square if sign_of(square) == -1 else square)

    @property
    def learners_follow(self) -> bool:
        """Whether γ' = γ and 1/μ = T: only then is the current of (6) that of the learner's law (2)."""
        return same(self.gamma_prime, self.learning_rate) and same(self.inverse_mu, self.temperature)

    @property
    def sign(self) -> int | None:
        """The sign of ħ², None where it depends on parameters. Raises RegimeError at ħ² = 0."""
        square = self.hbar_squared
        if same(square, sp.S.Zero):
            raise RegimeError("ħ² = 0 at this multiplier: that is the classical limit, without a wave equation. "
                              f"Take inverse_mu between 0 and {2 * self.temperature * self.gamma_prime / self.learning_rate}.")
        return sign_of(square)


def multiplier(system: LearningSystem, temperature: sp.Expr, *, convention: str, inverse_mu: Any, root: str | None,
               gamma_prime: Any) -> Multiplier:
    """Settle 1/μ and γ' by a convention, with every contradiction refused."""
    checks.choice("convention", convention, CONVENTIONS)
    given = {"inverse_mu": inverse_mu, "root": root, "gamma_prime": gamma_prime}
    value, prime = {"consistent": _consistent, "vanchurin2020": _vanchurin, "explicit": _explicit}[convention](
        system, temperature, given)
    return Multiplier(convention, system.learning_rate, temperature, value, prime, system.shift_quantum, root)


def check_shift_quantum(system: LearningSystem, hbar_squared: sp.Expr, convention: str) -> None:
    """A shift quantum that was given must be 2πħ (THEORY.md 3)."""
    quantum = system.shift_quantum
    if quantum is not None and not same(hbar_squared, (quantum / (2 * sp.pi)) ** 2):
        planck = 2 * sp.pi * sp.sqrt(sp.factor(hbar_squared))
        checks.fail("shift_quantum", f"is 2πħ = {planck} in the convention {convention!r}", str(quantum),
                    "Leave it out, or take convention='explicit' with root='+' or '-'.")


def multiplier_steps(settled: Multiplier, geometry: Geometry) -> Iterator[Step]:
    """ħ of the convention, its bound, the current that the learners have, and the shift symmetry."""
    yield _planck_step(settled)
    yield Step("No multiplier gives more than ħ = 2T", sp.Eq(4 * T**2 - HBAR**2, 4 * (T - MIXING) ** 2),
               sp.expand(4 * T**2 - HBAR_SQUARED.subs(D, GAMMA * T) - 4 * (T - MIXING) ** 2), "theory 2")
    if settled.learners_follow:
        yield _current_step(geometry)
    if settled.shift_quantum is not None:
        agree = same(settled.shift_quantum**2, (2 * sp.pi) ** 2 * settled.hbar_squared)
        residual = sp.S.Zero if agree else settled.shift_quantum**2 - (2 * sp.pi) ** 2 * settled.hbar_squared
        yield Step("Shift symmetry F ~ F + h n: φ/ħ is an angle, ψ is single-valued", sp.Eq(QUANTUM, 2 * sp.pi * HBAR),
                   residual, "theory 3; [KV21]")


def same(a: sp.Expr, b: sp.Expr) -> bool:
    """Whether two expressions agree, numbers to 12 digits."""
    difference = sp.simplify(a - b)
    if difference.is_number:
        scale = max(abs(sp.N(part)) for part in (a, b)) if (a.is_number and b.is_number) else 1
        return bool(abs(sp.N(difference)) <= 1e-12 * scale)
    return False


def sign_of(expression: sp.Expr) -> int | None:
    """The sign of an expression, None where it depends on the parameters (or is 0)."""
    for form in (expression, sp.factor(expression), sp.simplify(expression)):
        if form.is_positive or form.is_negative:
            return 1 if form.is_positive else -1
    return None


def _consistent(system: LearningSystem, temperature: sp.Expr, given: dict[str, Any]) -> tuple[sp.Expr, sp.Expr]:
    for name, value in given.items():
        if value is not None:
            checks.fail(name, "is fixed by the convention 'consistent' (γ' = γ, 1/μ = T)", repr(value),
                        "Take convention='explicit'.")
    return temperature, system.learning_rate


def _vanchurin(system: LearningSystem, temperature: sp.Expr, given: dict[str, Any]) -> tuple[sp.Expr, sp.Expr]:
    for name in ("root", "gamma_prime"):
        if given[name] is not None:
            checks.fail(name, "does not go with the convention 'vanchurin2020' (γ' = 2γ, μ free)", repr(given[name]),
                        "Take convention='explicit' with gamma_prime='2*gamma'.")
    if given["inverse_mu"] is None and "mu" in {symbol.name for symbol in system.parameters}:
        checks.fail("convention", "'vanchurin2020' calls its multiplier mu", "a system with a parameter mu",
                    "Give inverse_mu=, or rename the parameter.")
    inverse = 1 / MU if given["inverse_mu"] is None else _inverse(system, given["inverse_mu"])
    return inverse, 2 * system.learning_rate


def _explicit(system: LearningSystem, temperature: sp.Expr, given: dict[str, Any]) -> tuple[sp.Expr, sp.Expr]:
    prime = system.learning_rate
    if given["gamma_prime"] is not None:
        prime = system.symbols.constant("gamma_prime", given["gamma_prime"])
    checks.one_of_two("inverse_mu", given["inverse_mu"], "root", given["root"])
    if given["root"] is None:
        return _inverse(system, given["inverse_mu"]), prime
    return _root(system, temperature, given["root"]) * prime / system.learning_rate, prime


def _root(system: LearningSystem, temperature: sp.Expr, root: str) -> sp.Expr:
    """γ/(μγ') = T ± √(T² − ħ²/4) with ħ = h/2π."""
    checks.choice("root", root, ("+", "-"))
    if system.shift_quantum is None:
        checks.fail("root", "solves (5) for 1/μ at a given shift quantum", "a system without one",
                    "Give the system shift_quantum=, or derive with inverse_mu=.")
    square = sp.expand(temperature**2 - (system.shift_quantum / (4 * sp.pi)) ** 2)
    if same(square, sp.S.Zero):
        return temperature
    if sign_of(square) == -1:
        raise RegimeError(f"the shift quantum {system.shift_quantum} is above 4πT = {4 * sp.pi * temperature}: 1/μ would be "
                          "complex, no multiplier gives this ħ. Take shift_quantum at most 4πT, or a higher temperature.")
    return temperature + (1 if root == "+" else -1) * sp.sqrt(square)


def _inverse(system: LearningSystem, value: Any) -> sp.Expr:
    expression = system.symbols.read("inverse_mu", value)
    for symbol in (*system.coordinates, system.time):
        if symbol in expression.free_symbols:
            checks.fail("inverse_mu", f"must not depend on {symbol}", str(expression))
    return expression


def _planck_step(settled: Multiplier) -> Step:
    if settled.convention == "consistent":
        residual = HBAR_SQUARED.subs({D: GAMMA * T, MU: 1 / T, GAMMA1: GAMMA}) - (2 * T) ** 2
        return Step("Convention 'consistent', γ' = γ and 1/μ = T", sp.Eq(HBAR, 2 * T), sp.expand(residual), "theory 2; [N66]")
    if settled.convention == "vanchurin2020":
        square = 4 * D / (GAMMA * MU) - 1 / MU**2
        residual = HBAR_SQUARED.subs(GAMMA1, 2 * GAMMA) - square
        return Step("Convention 'vanchurin2020', γ' = 2γ", sp.Eq(HBAR**2, square), sp.expand(residual), "[V20] sec. 5")
    if settled.root is None:
        return Step("Convention 'explicit', 1/μ and γ' as given", sp.Eq(HBAR**2, HBAR_SQUARED),
                    _formula_residual(settled), "theory 2, (5)")
    sign = 1 if settled.root == "+" else -1
    solution = T + sign * sp.sqrt(T**2 - HBAR**2 / 4)
    residual = HBAR_SQUARED.subs(D, GAMMA * T).subs(MU, GAMMA / (GAMMA1 * solution)) - HBAR**2
    return Step(f"Root {settled.root} of (5) at the given shift quantum", sp.Eq(MIXING, solution), sp.expand(residual),
                "theory 3")


def _formula_residual(settled: Multiplier) -> sp.Expr:
    """(5) at the given 1/μ and γ', against 4T² − ħ² = 4(T − γ/(μγ'))²."""
    mixing = settled.learning_rate * settled.inverse_mu / settled.gamma_prime
    bound = 4 * settled.temperature**2 - 4 * (settled.temperature - mixing) ** 2
    return sp.simplify(settled.hbar_squared - bound)


def _current_step(geometry: Geometry) -> Step:
    """With γ' = γ, φ = F − T ln ρ and D = γT the first of (6) is (2)."""
    law = -GAMMA * Divergence(RHO, F) + D * LaplaceBeltrami(RHO)
    current = -GAMMA * Divergence(RHO, F - T * sp.log(RHO))
    residual = geometry.components((current - law).subs(D, GAMMA * T))
    return Step("The first of (6) is the learner's own Fokker–Planck equation (2), φ = F − T ln ρ",
                sp.Eq(GAMMA * Divergence(RHO, PHI), -law), residual, "theory 2")
