"""(2) → (6): the residuals come from the action (4), and only from its own coefficients."""

from dataclasses import fields, replace

import pytest
import sympy as sp
from sympy.calculus.euler import euler_equations

import qlearn.derivation.action as module
from qlearn.derivation.action import ActionCoefficients, action, action_steps, hamilton_jacobi, prepared, quantum_term
from qlearn.derivation.notation import GAMMA1, HBAR, PHI, RHO, V
from qlearn.derivation.steps import checked
from qlearn.errors import DerivationError

CASES = [(1, False, False), (1, True, False), (1, True, True), (2, True, False), (2, False, True), (3, False, False)]
TERMS = [field.name for field in fields(ActionCoefficients)]


@pytest.mark.parametrize(("dimension", "curved", "tensor"), CASES)
def test_every_step_holds(dimension, curved, tensor):
    steps = list(action_steps(prepared(dimension, curved=curved, tensor=tensor), tensor=tensor))
    assert len(steps) == 5 and [step.residual for step in steps] == [0] * 5


@pytest.mark.parametrize("factor", [sp.Rational(11, 10), -1, 0], ids=["ten-percent", "sign", "left-out"])
@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize(("dimension", "curved", "tensor"), [(1, True, False), (1, False, True)])
def test_each_coefficient_of_the_action_matters(term, factor, dimension, curved, tensor):
    """Change one coefficient of (4): a residual appears in the Euler–Lagrange equations, and the derivation stops."""
    right = ActionCoefficients()
    wrong = replace(right, **{term: factor * getattr(right, term)})
    steps = list(action_steps(prepared(dimension, curved=curved, tensor=tensor), tensor=tensor, coefficients=wrong))
    variational = [step for step in steps if "Euler–Lagrange" in step.name]
    assert any(step.residual != 0 for step in variational)
    assert steps[2].residual != 0
    with pytest.raises(DerivationError, match="does not hold"):
        checked(steps)


@pytest.mark.parametrize("term", ["fisher", "laplacian"])
def test_the_entropy_production_fixes_the_second_bracket(term):
    steps = list(action_steps(prepared(1, curved=True, tensor=False), coefficients=replace(ActionCoefficients(), **{term: 2})))
    assert steps[1].residual != 0


WRONG_STATEMENTS = {
    "mixing": ("MIXING", lambda right: 2 * right),
    "mixing sign": ("MIXING", lambda right: -right),
    "hbar squared": ("HBAR_SQUARED", lambda right: right / 2),
    "hbar squared without its second term": ("HBAR_SQUARED", lambda right: right.as_ordered_terms()[0]),
    "quantum potential sign": ("quantum_term", lambda right: lambda *, tensor: -right(tensor=tensor)),
    "quantum potential factor": ("quantum_term", lambda right: lambda *, tensor: right(tensor=tensor) / 2),
    "current sign": ("continuity", lambda right: lambda: right().subs(GAMMA1, -GAMMA1)),
    "current factor": ("continuity", lambda right: lambda: right().subs(GAMMA1, 2 * GAMMA1)),
    "potential sign": ("hamilton_jacobi", lambda right: lambda quantum: right(quantum).subs(V, -V)),
}


TENSOR_TOO = ("mixing", "quantum potential sign", "quantum potential factor")


@pytest.mark.parametrize(("mistake", "tensor"), [(mistake, tensor) for mistake in WRONG_STATEMENTS for tensor in (False, True)
                                                if not tensor or mistake in TENSOR_TOO])
def test_a_wrong_statement_leaves_a_residual(mistake, tensor, monkeypatch):
    name, spoil = WRONG_STATEMENTS[mistake]
    monkeypatch.setattr(module, name, spoil(getattr(module, name)))
    with pytest.raises(DerivationError):
        checked(action_steps(prepared(1, curved=not tensor, tensor=tensor), tensor=tensor))


def test_the_euler_lagrange_equations_are_those_of_sympy():
    """The action (4) on an undefined 1-D metric, written with SymPy functions and varied by SymPy itself."""
    geometry = prepared(1, curved=True, tensor=False)
    lagrangian = sp.expand(geometry.volume * geometry.components(action(ActionCoefficients(), tensor=False)))
    t, q = sp.Symbol("t", real=True), sp.Symbol("q1", real=True)
    rho, free = sp.Function("rho")(t, q), sp.Function("F")(t, q)
    volume, inverse, potential = sp.Function("sqrt_g")(q), sp.Function("g11")(q), sp.Function("V")(t, q)
    D, gamma, gamma1, mu = sp.symbols("D gamma gammaprime mu", positive=True)
    by_hand = volume * (rho * (free.diff(t) + gamma1 / 2 * inverse * free.diff(q) ** 2 + potential) + (
        D * inverse * rho.diff(q) ** 2 / rho + gamma * rho / volume * (volume * inverse * free.diff(q)).diff(q)) / mu)
    expected = euler_equations(by_hand, [rho, free], [t, q])
    for letter, equation in zip((RHO, module.F), expected, strict=True):
        own = geometry.space.restore(geometry.space.euler(lagrangian, geometry.fields[letter]))
        assert sp.expand(own - equation.lhs) == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_a_known_motion_solves_the_second_equation_of_6(sign):
    """A coherent state of the oscillator (m = 1/γ', frequency w): its ρ and φ, filled into (6); the wrong sign of the
    quantum potential does not pass."""
    t, x = sp.symbols("t x", real=True)
    m, w, hbar, a = sp.symbols("m w hbar a", positive=True)
    centre, momentum = a * sp.cos(w * t), -m * w * a * sp.sin(w * t)
    rho = sp.sqrt(m * w / (sp.pi * hbar)) * sp.exp(-m * w * (x - centre) ** 2 / hbar)
    phi = momentum * x - momentum * centre / 2 - hbar * w * t / 2
    geometry = prepared(1, curved=False, tensor=False)
    jacobi = geometry.components(hamilton_jacobi(sign * quantum_term(tensor=False)))
    filled = geometry.space.specialise(jacobi.subs({GAMMA1: 1 / m, HBAR: hbar}), {
        geometry.fields[RHO]: rho, geometry.fields[PHI]: phi, geometry.fields[V]: m * w**2 * x**2 / 2}, (t, x))
    assert (sp.simplify(filled) == 0) == (sign == 1)
