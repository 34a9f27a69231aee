"""(6) → (7) and its relatives: the residual sees a wrong mass, sign or factor."""

import pytest
import sympy as sp

import qlearn.derivation.schrodinger as module
from qlearn.derivation.action import prepared, quantum_term
from qlearn.derivation.annealing import annealed_steps
from qlearn.derivation.notation import HBAR, MASS, PSI, TimeDerivative, V
from qlearn.derivation.schrodinger import euclidean_steps, nonlinear_step, schrodinger_step


@pytest.mark.parametrize(("dimension", "curved"), [(1, True), (2, True), (3, False)])
def test_the_steps_hold(dimension, curved):
    geometry = prepared(dimension, curved=curved, tensor=False)
    assert schrodinger_step(geometry).residual == 0
    assert [step.residual for step in euclidean_steps(geometry)] == [0, 0]
    tensor = prepared(dimension, curved=curved, tensor=True)
    assert nonlinear_step(tensor, quantum_term(tensor=True)).residual == 0


WRONG = {
    "time direction": {TimeDerivative(PSI): -TimeDerivative(PSI)},
    "mass": {MASS: 2 * MASS},
    "potential sign": {V: -V},
    "kinetic sign": {MASS: -MASS},
    "hbar": {HBAR: 2 * HBAR},
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_schrodinger_equation_leaves_a_residual(mistake, monkeypatch):
    wrong = module.schrodinger_equation().subs(WRONG[mistake])
    monkeypatch.setattr(module, "schrodinger_equation", lambda: wrong)
    assert schrodinger_step(prepared(1, curved=False, tensor=False)).residual != 0


def test_the_nonlinear_term_vanishes_for_proportional_noise():
    """With Q of (6) itself the bracket of the nonlinear equation is 0: (7) is the special case."""
    equation = module.nonlinear_equation(quantum_term(tensor=False))
    assert sp.simplify(equation.rhs - module.schrodinger_equation().rhs) == 0


def test_exchanging_the_euclidean_pair_leaves_a_residual(monkeypatch):
    backward, forward = module.euclidean_equations()
    swapped = (backward.subs(module.BACKWARD, module.FORWARD), forward.subs(module.FORWARD, module.BACKWARD))
    monkeypatch.setattr(module, "euclidean_equations", lambda: swapped[::-1])
    assert all(step.residual != 0 for step in euclidean_steps(prepared(1, curved=False, tensor=False)))


@pytest.mark.parametrize(("dimension", "curved"), [(1, True), (2, False)])
def test_the_annealed_steps_hold(dimension, curved):
    assert [step.residual for step in annealed_steps(dimension, curved=curved)] == [0, 0, 0]


@pytest.mark.parametrize("part", ["ln", "arg", "sign"])
def test_every_part_of_the_annealed_term_matters(part, monkeypatch):
    import qlearn.derivation.annealing as annealing

    right = annealing.annealed_equation()
    change = {"ln": {sp.log(annealing.R): 0}, "arg": {annealing.ARGUMENT: 0},
              "sign": {TimeDerivative(annealing.T): -TimeDerivative(annealing.T)}}[part]
    wrong = sp.Eq(right.lhs, right.rhs.subs(change))
    monkeypatch.setattr(annealing, "annealed_equation", lambda: wrong)
    assert list(annealed_steps(1, curved=False))[-1].residual != 0
