"""derive: from a learning system to its equation, checked step by step each time it runs."""

from typing import Any

from qlearn import checks
from qlearn.derivation.anisotropic import anisotropic_derivation
from qlearn.derivation.annealing import annealed_derivation
from qlearn.derivation.derivation import Derivation
from qlearn.derivation.linear import linear_derivation
from qlearn.derivation.static import static_derivation
from qlearn.systems.base import LearningSystem

__all__ = ["derive"]

READINGS = ("nelson", "action")


def derive(system: LearningSystem, *, convention: str = "consistent", reading: str = "nelson", inverse_mu: Any = None,
           root: str | None = None, gamma_prime: Any = None) -> Derivation:
    r"""Derive the equation of a learning system, iħ ∂_tψ = −(ħ²/2m) Δ_gψ + Vψ where it is one (THEORY.md 2, 3, 5).

    Every step is computed anew: the Euler–Lagrange equations of the action (4) for undefined functions ρ, F, V of (q, t)
    on an undefined metric, the current potential F = φ + (γ/μγ') ln ρ, ψ = √ρ exp(iφ/ħ), and for a static loss
    ρ = √ρ_s χ. A step with a residual raises DerivationError.

    Parameters
    ----------
    system : a LearningSystem. A ``potential`` gives (7), kind "schrodinger"; a ``loss`` gives (8), "fokker-planck".
    convention : "consistent", γ' = γ and 1/μ = T, so that ħ = 2T, m = 1/γ; "vanchurin2020", γ' = 2γ with μ left free
        unless inverse_mu is given, ħ² = 4T/μ − 1/μ², m = 1/2γ; "explicit", by inverse_mu or by a root.
    inverse_mu : 1/μ.   gamma_prime : γ', γ unless given.   root : "+" or "-", the solution of (5) for 1/μ at the
        system's shift quantum h = 2πħ, γ/(μγ') = T ± √(T² − ħ²/4).
    reading : "nelson" | "action", of the tensor ħ of noise that is not proportional to the inverse metric (see
        qlearn.derivation.regimes); it has no effect elsewhere.

    Returns
    -------
    Derivation : ``.steps``, ``.equation`` (with ``.hamiltonian(grid, **parameters)``), ``.notes``.
        The equation is "euclidean" where ħ² < 0, "nonlinear" for anisotropic α ≠ 1 or an annealed T(t).

    Raises
    ------
    ArgumentError for arguments that contradict each other, such as a shift quantum other than 4πT with "consistent";
    RegimeError at ħ² = 0, for a shift quantum above 4πT, and for a static loss without detailed balance.

    Not to be confused with a proof that a learner obeys (4): that the pair (ρ, F) makes (4) stationary is assumption A1.

    Examples
    --------
    >>> from qlearn import LearningSystem
    >>> oscillator = derive(LearningSystem("q", potential="k*q**2/2"))
    >>> oscillator.equation.kind, oscillator.equation.hbar, oscillator.equation.mass, oscillator.residuals_vanish
    ('schrodinger', 2*T, 1/gamma, True)
    >>> derive(LearningSystem("q", loss="U(q)")).equation.witten
    gamma*(-2*Derivative(U(q), (q, 2)) + Derivative(U(q), q)**2/T)/4
    >>> derive(LearningSystem("q", potential="V(q)"), convention="vanchurin2020").equation.hbar_squared
    4*T/mu - 1/mu**2
    """
    if not isinstance(system, LearningSystem):
        checks.fail("system", "must be a LearningSystem", f"{type(system).__name__} {system!r}")
    checks.choice("reading", reading, READINGS)
    choice = {"convention": convention, "inverse_mu": inverse_mu, "root": root, "gamma_prime": gamma_prime}
    if system.annealed:
        return annealed_derivation(system, choice)
    if system.loss is not None:
        return static_derivation(system, choice)
    if system.covariant_noise:
        return linear_derivation(system, choice)
    return anisotropic_derivation(system, reading, choice)
