"""Formulas as programs: the numbers of NumPy, and None where an operation is missing."""

import numpy as np
import pytest
import sympy as sp

from qlearn.kernels.programs import Operation, run_plain
from qlearn.systems.programs import formula_program

x, y, k = sp.symbols("x y k", real=True)
FORMULAS = [
    k * x**3 - x, x**5 / 3 - 2 * x**3 + x, x**7 + x**2 + 1, x**6 - x**4 + 3, x, 3 * x, sp.Integer(2), x**2 + 1,
    sp.sin(x) * (1 + sp.cos(x)), sp.cos(2 * x) + sp.cos(x) / k, sp.tan(x / 4), x * sp.exp(-x**2 / 2), sp.tanh(k * x), sp.sinh(x),
    sp.cosh(x), 1 / (1 + x**2)**2, 2 / (k + x**2), sp.sqrt(1 + x**2), (1 + x**2)**sp.Rational(-3, 2), sp.log(2 + sp.cos(x)),
    sp.Abs(x), x / (1 + sp.exp(-x)), sp.pi * x, x * (x + sp.exp(x))**5,
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_numbers_are_those_of_numpy(formula):
    q = np.linspace(-2.9, 3.1, 301)
    ours = run_plain(formula_program([formula], [x], {"k": 2.5}), q[None])[0]
    theirs = np.broadcast_to(sp.lambdify([x, k], formula, "numpy")(q, 2.5), q.shape)
    scale = np.max(np.abs(theirs))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=2e-14 * scale)


def test_several_formulas_of_several_variables_share_what_they_can():
    formulas = [x * y**2 + sp.cos(x * y), -x**2 * y + sp.sin(x * y)]
    program = formula_program(formulas, [x, y], {})
    q = np.random.default_rng(0).uniform(-2, 2, (2, 100))
    np.testing.assert_allclose(run_plain(program, q), sp.lambdify([x, y], formulas, "numpy")(*q), atol=1e-13)
    assert np.count_nonzero(program.code[:, 0] == Operation.COSINE_SINE) == 1


@pytest.mark.parametrize("formula, most", [(x**5 - 2 * x**3 + x, 1), (sp.sin(x) - sp.cos(x) * sp.sin(x) / 9, 1),
                                           (sp.cos(x)**2 + sp.sin(x)**2 / 3, 3), (2 * sp.sin(x) - sp.cos(x) + 1, 3)])
def test_the_drifts_of_wells_and_rings_are_few_operations(formula, most):
    program, q = formula_program([formula], [x], {}), np.linspace(-7, 7, 400)
    assert len(program.code) <= most
    np.testing.assert_allclose(run_plain(program, q[None])[0], sp.lambdify(x, formula, "numpy")(q), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("formula", [sp.sign(x), sp.atan(x), x**sp.Rational(1, 3), (1 + sp.exp(x))**65, sp.Function("U")(x),
                                     sp.erf(x)], ids=str)
def test_what_programs_do_not_know_is_none(formula):
    assert formula_program([formula], [x], {}) is None
