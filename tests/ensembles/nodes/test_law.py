"""The law of the field: unit residue takes the double poles away; zeros move by their exact law; order 2 in dt."""

import numpy as np
import pytest
import sympy as sp

from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.law import Law
from qlearn.ensembles.nodes.rule import Rule

CIRCLE = Circle(0.0, 2 * np.pi, 64)


@pytest.mark.parametrize("form", ["line", "ring"])
def test_double_poles_cancel_for_residue_one_only(form):
    """w' + w² with w = S + r f(q − z): the coefficient of (q − z)⁻² is r(r − 1)."""
    u, r, a, b = sp.symbols("u r a b")
    pole = 1 / u if form == "line" else sp.cot(u / 2) / 2
    w = a + b * u + r * pole
    double = sp.series(sp.diff(w, u) + w**2, u, 0, 1).removeO().coeff(u, -2)
    assert sp.simplify(double - r * (r - 1)) == 0


def test_simple_poles_move_a_zero_by_its_exact_law():
    """The residue of iħ∂_tG = −(ħ²/2m)(w' + w²) at z₁ gives dz₁/dt = −(iħ/m)(S(z₁) + 1/(z₁ − z₂))."""
    q, z1, z2, a, b, hbar, m, speed = sp.symbols("q z1 z2 a b hbar m v")
    w = a + b * q + 1 / (q - z1) + 1 / (q - z2)
    right = -hbar**2 / (2 * m) * (sp.diff(w, q) + w**2)
    residue = sp.limit(sp.together((q - z1) * right), q, z1)
    found = sp.solve(sp.I * hbar * (-speed) - residue, speed)[0]            # ∂_t ln(q − z) = −ż/(q − z)
    exact = -sp.I * hbar / m * (a + b * z1 + 1 / (z1 - z2))
    assert sp.simplify(found - exact) == 0


def test_the_entire_form_is_the_equation_with_all_poles():
    """With p = exp G, iħ∂_tp = −(ħ²/2m)p'' + Vp is iħ∂_tG = −(ħ²/2m)(w' + w²) + V."""
    q, t, hbar, m = sp.symbols("q t hbar m")
    G, V = sp.Function("G")(q, t), sp.Function("V")(q, t)
    p, w = sp.exp(G), sp.diff(G, q)
    left = (sp.I * hbar * sp.diff(p, t) + hbar**2 / (2 * m) * sp.diff(p, q, 2) - V * p) / p
    right = sp.I * hbar * sp.diff(G, t) + hbar**2 / (2 * m) * (sp.diff(w, q) + w**2) - V
    assert sp.simplify(sp.expand(left - right)) == 0


def test_zeros_of_the_stepped_field_follow_their_law():
    """p = sin((q − z₁)/2) sin((q − z₂)/2), ħ = 1.3, m = .7: velocities of both zeros, V = 0 (S = 0 to first order)."""
    hbar, m, h = 1.3, 0.7, 1e-4
    z = np.array([2.0 + 0.3j, 4.0 - 0.2j])

    def field(x):
        return np.sin((x - z[0]) / 2) * np.sin((x - z[1]) / 2)

    law = Law(CIRCLE, lambda t: np.zeros(CIRCLE.n), hbar, m, Rule())
    later = law.step(field(CIRCLE.points), 0.0, h)
    moved = CIRCLE.zeros(later, 1.0)
    moved = moved[np.argsort(moved.real)]
    cot = 0.5 / np.tan((z - z[::-1]) / 2)
    np.testing.assert_allclose((moved - z) / h, -1j * hbar / m * cot, atol=1e-3)


def test_steps_are_of_second_order_with_moving_potential():
    law = Law(CIRCLE, lambda t: (1 + t) * np.cos(CIRCLE.points), 0.8, 1.5, Rule())
    begin = np.exp(np.cos(CIRCLE.points) + 0.4j * np.sin(CIRCLE.points))

    def run(count):
        p = begin
        for i in range(count):
            p = law.step(p, i * 0.4 / count, 0.4 / count)
        return p / np.linalg.norm(p)

    exact = run(1280)

    def error(count):
        p = run(count)
        return np.sqrt(max(0.0, 1 - abs(np.vdot(p, exact))**2))             # up to a phase: a constant in V is left out

    counts = [20 * 2**k for k in range(4)]
    errors = [error(n) for n in counts]
    slopes = -np.diff(np.log(errors)) / np.log(2)
    assert np.all(np.abs(slopes - 2) < 0.1), slopes
    assert errors[0] < 1e-4


def test_a_constant_in_the_potential_changes_nothing():
    begin = 2 + np.cos(CIRCLE.points) + 0.1j * np.sin(CIRCLE.points)
    one, other = (Law(CIRCLE, lambda t, c=c: np.cos(CIRCLE.points) + c, 1.0, 1.0, Rule()).step(begin, 0.0, 0.01)
                  for c in (0.0, 1e3))
    np.testing.assert_allclose(one, other, atol=1e-10)
