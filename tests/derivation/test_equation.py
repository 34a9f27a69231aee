"""Equation: its Hamiltonian on a grid, and how it is written."""

from xml.etree import ElementTree

import numpy as np
import pytest
import sympy as sp

from qlearn import Grid, LearningSystem, derive
from qlearn.derivation.mathml import to_mathml
from qlearn.derivation.printing import to_latex, to_text
from qlearn.errors import ArgumentError, RegimeError

LINE = Grid(16, (-4, 4))
RING = Grid(16, (0, 2 * np.pi))


def test_the_hamiltonian_has_the_numbers_of_the_system():
    equation = derive(LearningSystem("q", potential="k*q**2/2")).equation
    hamiltonian = equation.hamiltonian(Grid(64, (-10, 10)), gamma=0.25, T=0.6, k=2.0)
    assert (hamiltonian.hbar, hamiltonian.mass) == (1.2, 4.0)
    frequency = np.sqrt(2.0 / 4.0)
    assert np.allclose(np.linalg.eigvalsh(hamiltonian.to_matrix())[:4], 1.2 * frequency * (np.arange(4) + 0.5), atol=1e-9)


def test_time_dependent_potentials():
    equation = derive(LearningSystem("q", potential="q*cos(w*t)")).equation
    hamiltonian = equation.hamiltonian(LINE, gamma=1, T=0.5, w=2.0)
    assert np.allclose(hamiltonian.potential_table(0.3), LINE.axes[0] * np.cos(0.6))


@pytest.mark.parametrize(("system", "mass"), [
    (LearningSystem("q", potential="q**2", metric=4), 8.0),
    (LearningSystem("x y", potential="x**2", covariance=[["a", 1], [1, 2]]), [[6, 2], [2, 4]]),
], ids=["line", "full"])
def test_a_constant_metric_is_a_mass_tensor(system, mass):
    grid = LINE if system.dimension == 1 else Grid((8, 8), [(-4, 4), (-4, 4)])
    numbers = {"gamma": 0.5, "T": 1} | ({"a": 3} if "a" in map(str, system.parameters) else {})
    assert np.allclose(derive(system).equation.hamiltonian(grid, **numbers).mass, mass)


def test_parameters_are_checked():
    equation = derive(LearningSystem("q", potential="k*q**2/2"), convention="explicit", inverse_mu="s").equation
    assert [symbol.name for symbol in equation.parameters] == ["T", "gamma", "k", "s"]
    good = dict(gamma=1, T=1, k=1, s=0.5)
    assert equation.hamiltonian(LINE, **good).hbar == pytest.approx(np.sqrt(3))
    for change, words in (({"s": None}, "real number"), ({"foo": 1}, "may name"), ({"gamma": -1}, "gamma"), ({"T": 0}, "T")):
        with pytest.raises(ArgumentError, match=words):
            equation.hamiltonian(LINE, **{**good, **change})
    with pytest.raises(ArgumentError, match="need a number for k"):
        equation.hamiltonian(LINE, gamma=1, T=1, s=0.5)
    with pytest.raises(RegimeError, match="Euclidean branch"):
        equation.hamiltonian(LINE, **{**good, "s": 2.5})
    with pytest.raises(RegimeError, match="classical limit"):
        equation.hamiltonian(LINE, **{**good, "s": 2})
    with pytest.raises(ArgumentError, match="undefined function"):
        derive(LearningSystem("q", potential="V(q)")).equation.hamiltonian(LINE, gamma=1, T=1)


def test_a_shift_quantum_above_4_pi_T_is_seen_in_the_numbers():
    equation = derive(LearningSystem("q", potential="q**2", shift_quantum="h"), convention="explicit", root="-").equation
    assert equation.hamiltonian(LINE, gamma=1, T=1, h=12.0).hbar == pytest.approx(6 / np.pi)
    with pytest.raises(RegimeError, match="at most 4πT"):
        equation.hamiltonian(LINE, gamma=1, T=1, h=13.0)


def test_the_grid_is_that_of_the_system():
    system = LearningSystem("q", potential="cos(q)", periods="2*pi", theta=0.5)
    equation = derive(system).equation
    equation.hamiltonian(Grid(16, (1, 1 + 2 * np.pi), twist=-0.5), gamma=1, T=1)
    with pytest.raises(ArgumentError, match=r"must have the twist theta = 0\.5"):
        equation.hamiltonian(RING, gamma=1, T=1)
    with pytest.raises(ArgumentError, match="must have the period"):
        equation.hamiltonian(Grid(16, (0, 6), twist=0.5), gamma=1, T=1)
    with pytest.raises(ArgumentError, match="must have the 1 axes q"):
        equation.hamiltonian(Grid((8, 8), [(0, 1), (0, 1)]), gamma=1, T=1)


SYSTEMS = {
    "schrodinger": (LearningSystem("q", potential="V(q, t)", metric="g(q)", shift_quantum="4*pi*T"), {}),
    "fokker-planck": (LearningSystem("q", loss="a*cos(q) + 0.123456789*sin(2*q)", metric="1 + c*cos(2*q)/2"), {}),
    "nonlinear": (LearningSystem("x y", potential="V(x, y)", covariance=["kappa_1", "kappa_2"], alpha=0), {}),
    "tensor": (LearningSystem("x y", potential="V(x, y)", covariance=["2 + cos(x)", 1], alpha="1/2"), {"reading": "action"}),
    "euclidean": (LearningSystem("q", potential="q**2"), {"convention": "explicit", "inverse_mu": "3*T"}),
    "annealed": (LearningSystem("q", potential="V(q)", temperature="T(t)"), {}),
}


@pytest.mark.parametrize("case", SYSTEMS)
def test_every_step_and_equation_can_be_written(case):
    system, choice = SYSTEMS[case]
    derivation = derive(system, **choice)
    pages = [*derivation.mathml(), ("equation", derivation.equation.mathml(), "0", "")]
    for name, mathml, residual, _ in pages:
        tree = ElementTree.fromstring(mathml)
        assert tree.tag == "{http://www.w3.org/1998/Math/MathML}math" and residual == "0" and name
        text = "".join(tree.itertext())
        raw = ("hbar", "rho", "psi", "gammaprime", "Eq(", "script", "mtext", "Derivative")
        assert not any(word in mathml + text for word in raw)
    assert len(derivation.table()) == len(derivation.steps) == len(derivation.mathml())
    assert all("Eq(" not in statement and "gammaprime" not in statement for _, statement, _, _ in derivation.table())
    assert derivation.equation.kind in str(derivation)
    assert derivation.latex().count("\\[") == len(derivation.steps) + 1


def test_the_schrodinger_equation_reads_as_on_paper():
    equation = derive(LearningSystem("q", potential="V(q)")).equation
    assert to_text(equation.statement) == "i*ħ*∂_t ψ = -ħ**2*Δ_g ψ/(2*m) + V*ψ"
    assert r"i \hbar \partial_t \psi = - \frac{\hbar^{2} \Delta_g \psi}{2 m} + V \psi" in equation.latex()
    assert "".join(ElementTree.fromstring(to_mathml(equation.statement)).itertext()) == "iħ∂tψ=−ħ2Δgψ2m+Vψ"


def test_mathml_of_signs_brackets_and_fractions():
    x, y = sp.symbols("x y")
    text = lambda expression: "".join(ElementTree.fromstring(to_mathml(expression)).itertext()).replace("\u2061", "")  # noqa: E731
    assert text(x - y) == "x−y"
    assert text(-(x + y) ** 2) == "−(x+y)2"
    assert text(x * (y - 2)) == "x(y−2)"
    assert text(sp.sin(x) ** 2 * sp.exp(x / y)) == "ex/y(sin(x))2"
    assert text(sp.Symbol("kappa_0") * sp.Symbol("g11")) == "g11κ0"
    assert text(1 / x) == "1x" and text(sp.Rational(-3, 4)) == "−34"


def test_long_decimals_are_shortened_for_the_eye_only():
    system = LearningSystem("q", loss="0.123456789*q**2")
    assert "0.123457" in to_latex(system.loss) and "0.123457" in to_text(system.loss) and "0.123457" in to_mathml(system.loss)
    assert system.loss_function()(1.0) == 0.123456789
