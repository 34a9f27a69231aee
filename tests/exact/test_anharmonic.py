"""Quartic, sextic and double wells, Hénon–Heiles: what is stored against what can be had independently."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from qlearn.exact import DoubleWell, HenonHeiles, QuarticOscillator, SexticWell


def test_quartic_levels_scale():
    """x → sx takes p²/2m + gx⁴ to ħ²/2ms² (p² + x⁴) with s⁶ = ħ²/2mg."""
    problem = QuarticOscillator(strength=3.0, mass=0.7, hbar=1.3)
    found = ql.eigenstates(problem.hamiltonian(ql.Grid(120, (-5, 5))), 8)
    np.testing.assert_allclose(found.energies, problem.levels(8), rtol=1e-12)
    with pytest.raises(ArgumentError, match="k must be"):
        problem.levels(9)


@pytest.mark.parametrize("index", [1, 2, 3])
def test_sextic_states_are_polynomials_times_an_exponential(index):
    """−ψ'' + Vψ = Eψ for ψ = Σ c_k x^{2k} e^{−x⁴/4}: the J × J matrix of the coefficients has the levels."""
    k = np.arange(index)
    matrix = np.diag(-2.0 * (k[1:] * (2 * k[1:] - 1)), 1) - np.diag(4.0 * (index - 1 - k[:-1]), -1)
    np.testing.assert_allclose(np.sort(np.linalg.eigvals(matrix).real), SexticWell(index).levels(), atol=1e-12)


def test_double_well_tends_to_instantons():
    errors = [DoubleWell(hbar).semiclassical() / DoubleWell(hbar).splitting() - 1 for hbar in (0.05, 0.02, 0.01)]
    np.testing.assert_allclose(np.array(errors) / (0.05, 0.02, 0.01), 0.53, atol=0.02)      # of order ħ, down to 1e-82
    assert ((0.5, 0)) in DoubleWell.known()
    with pytest.raises(ArgumentError, match="must be among"):
        DoubleWell(0.3).splitting()


def test_henon_heiles_terms_are_the_potential():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 20))
    problem = HenonHeiles(0.2, 0.7)
    np.testing.assert_allclose(sum(v * x**a * y**b for (a, b), v in problem.terms().items()), problem.potential(x, y), rtol=1e-12)
    c, s = -0.5, 0.75**0.5                                            # three-fold symmetry
    np.testing.assert_allclose(problem.potential(c * x - s * y, s * x + c * y), problem.potential(x, y), rtol=1e-12)
    assert len(HenonHeiles().published()) == 10
    with pytest.raises(ArgumentError, match="published"):
        problem.published()
