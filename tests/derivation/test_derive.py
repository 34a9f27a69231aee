"""derive: every case of the theory with its constants, and every refusal with its reason."""

import time

import numpy as np
import pytest
import sympy as sp

from qlearn import LearningSystem, derive
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError

T, gamma, mu, h = sp.symbols("T gamma mu h", positive=True)
s, k = sp.symbols("s k", real=True)


def oscillator(**keywords):
    return LearningSystem("q", potential="k*q**2/2", **keywords)


LINEAR = {
    "consistent": (dict(), dict(), 4 * T**2, 1 / gamma, True),
    "consistent, h = 4πT": (dict(shift_quantum="4*pi*T"), dict(), 4 * T**2, 1 / gamma, True),
    "vanchurin2020": (dict(), dict(convention="vanchurin2020"), 4 * T / mu - 1 / mu**2, 1 / (2 * gamma), False),
    "vanchurin2020, 1/μ = 2T": (dict(), dict(convention="vanchurin2020", inverse_mu="2*T"), 4 * T**2, 1 / (2 * gamma), False),
    "explicit 1/μ": (dict(), dict(convention="explicit", inverse_mu="s"), 8 * T * s - 4 * s**2, 1 / gamma, False),
    "explicit 1/μ = T": (dict(), dict(convention="explicit", inverse_mu="T"), 4 * T**2, 1 / gamma, True),
    "explicit 1/μ = T/2": (dict(), dict(convention="explicit", inverse_mu="T/2"), 3 * T**2, 1 / gamma, False),
    "explicit γ' = 3γ": (dict(), dict(convention="explicit", inverse_mu="3*T", gamma_prime="3*gamma"), 4 * T**2,
                         1 / (3 * gamma), False),
    "root +": (dict(shift_quantum="h"), dict(convention="explicit", root="+"), h**2 / (4 * sp.pi**2), 1 / gamma, False),
    "root −": (dict(shift_quantum="h"), dict(convention="explicit", root="-"), h**2 / (4 * sp.pi**2), 1 / gamma, False),
    "root − at 4πT": (dict(shift_quantum="4*pi*T"), dict(convention="explicit", root="-"), 4 * T**2, 1 / gamma, True),
    "isotropic constant κ, α = 0": (dict(covariance=4, alpha=0), dict(), 64 * T**2, 1 / gamma, True),
    "κ(q), α = 1": (dict(covariance="1 + q**2"), dict(), 4 * T**2, 1 / gamma, True),
    "a metric": (dict(metric="g(q)"), dict(), 4 * T**2, 1 / gamma, True),
}


@pytest.mark.parametrize("case", LINEAR)
def test_linear_cases(case):
    system, choice, square, mass, follow = LINEAR[case]
    derivation = derive(oscillator(**system), **choice)
    equation = derivation.equation
    assert derivation.residuals_vanish and all(step.residual == 0 for step in derivation.steps)
    assert equation.kind == "schrodinger" and equation.potential == k * sp.Symbol("q", real=True) ** 2 / 2
    assert sp.simplify(equation.hbar_squared - square) == 0 and sp.simplify(equation.mass - mass) == 0
    assert sp.simplify(equation.hbar**2 - square) == 0
    assert equation.learners_follow is follow
    assert any("learner's own Fokker–Planck" in step.name for step in derivation.steps) is follow


@pytest.mark.parametrize("root", ["+", "-"])
def test_the_roots_solve_equation_5(root):
    """1/μ = T ± √(T² − ħ²/4) at numbers: (5) returns ħ = h/2π, and the two roots lie on either side of T."""
    temperature, quantum, prime = 0.7, 5.0, 2.5
    hbar = quantum / (2 * np.pi)
    mixing = temperature + (1 if root == "+" else -1) * np.sqrt(temperature**2 - hbar**2 / 4)
    system = oscillator(temperature=temperature, learning_rate=1, shift_quantum=quantum)
    derivation = derive(system, convention="explicit", root=root, gamma_prime=prime)
    explicit = derive(oscillator(temperature=temperature, learning_rate=1), convention="explicit", inverse_mu=mixing * prime,
                      gamma_prime=prime)
    assert derivation.equation.numbers()["hbar"] == pytest.approx(hbar, rel=1e-12)
    assert explicit.equation.numbers()["hbar"] == pytest.approx(hbar, rel=1e-12)
    assert derivation.equation.numbers()["mass"] == pytest.approx(1 / prime)


@pytest.mark.parametrize("inverse_mu", [-0.5, 2.5, 7], ids=str)
def test_the_euclidean_branch_is_named_and_has_no_hamiltonian(inverse_mu):
    derivation = derive(oscillator(temperature=1), convention="explicit", inverse_mu=inverse_mu)
    assert derivation.equation.kind == "euclidean" and derivation.residuals_vanish
    assert derivation.equation.hbar_squared == 4 - 4 * (1 - sp.Rational(str(inverse_mu))) ** 2
    assert sum("heat equation" in step.name for step in derivation.steps) == 2
    with pytest.raises(RegimeError, match="Euclidean branch"):
        derivation.equation.hamiltonian(None)


@pytest.mark.parametrize("inverse_mu", [0, 2, "2*T"], ids=str)
def test_the_classical_limit_is_refused(inverse_mu):
    with pytest.raises(RegimeError, match="classical limit"):
        derive(oscillator(temperature=1 if inverse_mu != "2*T" else "T"), convention="explicit", inverse_mu=inverse_mu)


REFUSED = {
    "shift_quantum is 2πħ = 4*pi*T": (dict(shift_quantum="h"), dict()),
    "shift_quantum is 2πħ = 4*pi*T in": (dict(shift_quantum="4*T"), dict()),
    "inverse_mu is fixed": (dict(), dict(inverse_mu="T")),
    "root is fixed": (dict(shift_quantum="4*pi*T"), dict(root="+")),
    "gamma_prime is fixed": (dict(), dict(gamma_prime="gamma")),
    "inverse_mu and root exclude each other and one is needed; given neither": (dict(), dict(convention="explicit")),
    "given both": (dict(shift_quantum="h"), dict(convention="explicit", root="+", inverse_mu=1)),
    "root solves (5)": (dict(), dict(convention="explicit", root="+")),
    "root must be one of '+', '-'": (dict(shift_quantum="h"), dict(convention="explicit", root="plus")),
    "root does not go with": (dict(shift_quantum="h"), dict(convention="vanchurin2020", root="+")),
    "convention must be one of": (dict(), dict(convention="nelson")),
    "reading must be one of": (dict(), dict(reading="bohm")),
    "gamma_prime must be > 0": (dict(), dict(convention="explicit", inverse_mu=1, gamma_prime=-1)),
    "inverse_mu must not depend on q": (dict(), dict(convention="explicit", inverse_mu="q")),
    "inverse_mu must be a text": (dict(), dict(convention="explicit", inverse_mu=[1])),
    "calls its multiplier mu": (dict(metric="1 + mu**2"), dict(convention="vanchurin2020")),
}


@pytest.mark.parametrize("message", REFUSED)
def test_contradictions_are_refused(message):
    system, choice = REFUSED[message]
    with pytest.raises(ArgumentError) as caught:
        derive(oscillator(**system), **choice)
    assert message in str(caught.value)


def test_only_systems_are_derived():
    with pytest.raises(ArgumentError, match="must be a LearningSystem"):
        derive("q**2")


@pytest.mark.parametrize("quantum", ["13*T", "4*pi*T*1.000001"])
def test_a_shift_quantum_above_4_pi_T_is_refused(quantum):
    with pytest.raises(RegimeError, match="above 4πT"):
        derive(oscillator(shift_quantum=quantum), convention="explicit", root="+")


def test_decimal_shift_quanta_count_as_4_pi_T_to_12_digits():
    assert derive(oscillator(temperature=1.0, shift_quantum=4 * np.pi)).equation.hbar == 2
    with pytest.raises(ArgumentError, match="shift_quantum"):
        derive(oscillator(temperature=1.0, shift_quantum=12.5664))


def test_an_annealed_temperature_is_named():
    derivation = derive(oscillator(temperature="T0*exp(-t/tau)"))
    assert derivation.equation.kind == "nonlinear" and derivation.residuals_vanish and not derivation.equation.learners_follow
    with pytest.raises(RegimeError, match="arg ψ"):
        derivation.equation.hamiltonian(None)
    with pytest.raises(RegimeError, match="arg ψ"):
        derivation.equation.numbers({})
    with pytest.raises(RegimeError, match="does not hold"):
        derive(LearningSystem("q", loss="q**2", temperature="T(t)"))
    with pytest.raises(UnsupportedError, match="'consistent' only"):
        derive(oscillator(temperature="T(t)"), convention="vanchurin2020")


def anisotropic(alpha, first="2", second="1/2"):
    return LearningSystem("x y", potential="V(x, y)", covariance=[first, second], alpha=alpha)


@pytest.mark.parametrize("alpha", [0, "3/4", 2], ids=str)
def test_every_direction_has_its_own_hbar(alpha):
    """THEORY 2: nelson ħ_i ∝ κ_i^{1−α}; action ħ_i² = (4γ²/γ'μ)κ_i^{1−α} − 4γ²/(γ'μ)² at κ₀ = 1, γ = 2T, 1/μ = T."""
    power, temperature, rate = float(sp.Rational(alpha)), 0.6, 1.2
    numbers = {T: temperature, gamma: rate}
    nelson, action = (derive(anisotropic(alpha), reading=reading).equation for reading in ("nelson", "action"))
    assert nelson.kind == action.kind == "nonlinear"
    for index, kappa in enumerate((2.0, 0.5)):
        assert float(nelson.direction_hbar_squared[index].subs(numbers)) == pytest.approx(
            (2 * temperature * kappa ** (1 - power)) ** 2)
        expected = 4 * rate**2 * temperature / rate * kappa ** (1 - power) - 4 * rate**2 * (temperature / rate) ** 2
        assert float(action.direction_hbar_squared[index].subs(numbers)) == pytest.approx(expected)
        for equation in (nelson, action):
            assert float(equation.direction_mass[index].subs(numbers)) == pytest.approx(kappa**power / rate)
    assert sp.simplify(nelson.hbar - 2 * T) == 0
    with pytest.raises(RegimeError, match="each direction its own ħ"):
        nelson.hamiltonian(None)


def test_declared_hbar_is_the_geometric_mean_while_it_exists():
    a, b = sp.symbols("a b", positive=True)
    equation = derive(anisotropic(0, "a", "b")).equation
    assert sp.simplify(equation.hbar - 2 * T * sp.sqrt(a * b)) == 0
    negative = derive(anisotropic(0, "2", "1/4"), reading="action")
    assert sp.simplify(negative.equation.hbar - sp.sqrt(2) * T) == 0
    assert any("declared to be" in note for note in negative.notes)
    zero = derive(anisotropic(0, "2", "1/2"), reading="action")
    assert zero.equation.direction_hbar_squared[1] == 0
    assert sp.simplify(zero.equation.hbar - 2 * T) == 0


def test_alpha_1_is_the_linear_limit_of_both_readings():
    """ħ_i of a general α at α = 1 is the one ħ = 2T, and derive gives the Schrödinger equation there."""
    for reading in ("nelson", "action"):
        equation = derive(anisotropic("alpha", "a", "3"), reading=reading).equation
        at_one = [square.subs(sp.Symbol("alpha", real=True), 1) for square in equation.direction_hbar_squared]
        assert [sp.simplify(square - 4 * T**2) for square in at_one] == [0, 0]
    assert derive(anisotropic(1)).equation.kind == "schrodinger"


def test_a_covariance_that_depends_on_q_gives_the_tensor_equation():
    for reading in ("nelson", "action"):
        derivation = derive(LearningSystem("q", potential="V(q)", covariance="2 + cos(q)", alpha=0), reading=reading)
        assert derivation.equation.kind == "nonlinear" and derivation.reading == reading and derivation.residuals_vanish
    with pytest.raises(ArgumentError, match="reading='action'"):
        derive(anisotropic(0), convention="vanchurin2020")


def test_explicit_multiplier_in_the_action_reading():
    equation = derive(anisotropic(0), reading="action", convention="explicit", inverse_mu="s").equation
    expected = [16 * T * s - 4 * s**2, 4 * T * s - 4 * s**2]
    assert [sp.simplify(own - right) for own, right in zip(equation.direction_hbar_squared, expected, strict=True)] == [0, 0]


def test_one_dimension_with_a_metric_is_quick():
    start = time.process_time()
    derive(LearningSystem("q", loss="U(q)", metric="g(q)"))
    assert time.process_time() - start < 6


def test_three_dimensions_with_a_full_metric():
    metric = [["g11(x, y, z)", "g12(x, y)", "g13(x)"], ["g12(x, y)", "g22(x, y, z)", "g23(y)"], ["g13(x)", "g23(y)", "g33(z)"]]
    start = time.process_time()
    derivation = derive(LearningSystem("x y z", potential="V(x, y, z, t)", metric=metric))
    assert derivation.residuals_vanish and derivation.equation.kind == "schrodinger"
    assert time.process_time() - start < 20


def test_a_derivation_is_computed_anew_and_never_reported_with_a_residual(monkeypatch):
    import qlearn.derivation.action as module
    from qlearn.errors import DerivationError

    monkeypatch.setattr(module, "HBAR_SQUARED", module.HBAR_SQUARED * 2)
    with pytest.raises(DerivationError):
        derive(oscillator())
