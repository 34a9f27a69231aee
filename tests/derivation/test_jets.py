"""The jet algebra against SymPy's own calculus of variations, and against what it must and must not annihilate."""

import pytest
import sympy as sp
from sympy.calculus.euler import euler_equations

from qlearn.derivation.jets import JetSpace


def test_euler_operator_agrees_with_sympy():
    """A Lagrangian of second order in two fields over (t, q)."""
    space = JetSpace(1)
    f, g = space.field("f"), space.field("g")
    d = space.derivative
    lagrangian = (f * d(g, 0) + d(f, 1) ** 2 * g**3 + f * d(d(g, 1), 1) ** 2 + sp.sin(f) * d(d(f, 0), 1) + f**2 * d(d(g, 0), 0))
    t, q = sp.Symbol("t", real=True), sp.Symbol("q1", real=True)
    functions = [sp.Function(name)(t, q) for name in "fg"]
    expected = euler_equations(space.restore(lagrangian), functions, [t, q])
    for symbol, equation in zip((f, g), expected, strict=True):
        assert sp.expand(space.restore(space.euler(lagrangian, symbol)) - equation.lhs) == 0


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_total_derivatives_and_nothing_else_are_annihilated(axis):
    space = JetSpace(2)
    f, g = space.field("f"), space.field("g")
    total = space.derivative(f**2 * space.derivative(g, 1) + sp.exp(f) * space.derivative(space.derivative(g, 2), 0), axis)
    assert space.euler(total, f) == 0 and space.euler(total, g) == 0
    assert space.euler(total + f * g, f) == g


def test_fields_know_what_they_depend_on():
    space = JetSpace(2)
    static, moving = space.field("s", time=False), space.field("m", space=False)
    assert space.derivative(static, 0) == 0 and space.derivative(static, 1) != 0
    assert space.derivative(moving, 0) != 0 and space.derivative(moving, 2) == 0


def test_mixed_derivatives_commute():
    space = JetSpace(2)
    f = space.field("f")
    assert space.derivative(space.derivative(f, 1), 2) == space.derivative(space.derivative(f, 2), 1)


def test_substitution_reaches_every_derivative():
    space = JetSpace(1)
    f, g = space.field("f"), space.field("g", positive=True)
    second = space.derivative(space.derivative(f, 1), 0)
    assert sp.expand(space.substitute(second, f, sp.log(g)) - space.derivative(space.derivative(g, 1) / g, 0)) == 0


def test_explicit_functions_and_gradients():
    t, x, y = sp.symbols("t x y", real=True)
    space = JetSpace(2)
    f = space.field("f")
    mixed = space.derivative(space.derivative(f, 1), 2) + f
    assert space.specialise(mixed, {f: x**2 * y**3 * t}, (t, x, y)) == 6 * x * y**2 * t + x**2 * y**3 * t
    slope = space.derivative(space.derivative(f, 2), 1)
    assert space.specialise(slope, {f: (2 * x * y**3, 3 * x**2 * y**2)}, (t, x, y)) == 6 * x * y**2
