"""Declared bases: counts, orthonormality, products, and what they refuse."""

from math import comb

import numpy as np
import pytest

from qlearn.errors import ArgumentError
from qlearn.inference.bases import ProductBasis, evaluator

RING = 2 * np.pi


def test_counts_are_those_of_the_total_degree():
    for d in (1, 2, 3, 5):
        assert ProductBasis(4, 0.0, 1.0).size((None,) * d) == comb(4 + d, d)
    assert ProductBasis(3).size((RING,)) == 7 and ProductBasis(2).size((RING, RING)) == 13


def test_hermite_polynomials_are_orthonormal_for_a_normal_density():
    """By Gauss–Hermite quadrature, centre 0.5 and scale 2, in two dimensions."""
    x, w = np.polynomial.hermite_e.hermegauss(12)
    q = 0.5 + 2 * np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(1, -1, 2)
    weights = np.outer(w, w).ravel() / (2 * np.pi)
    e = ProductBasis(4, center=0.5, scale=[2.0, 2.0]).evaluator((None, None))(q)[:, 0]
    assert np.allclose(e * weights @ e.T, np.eye(len(e)), atol=1e-12) and np.all(e[0] == 1)


def test_fourier_functions_are_orthonormal_and_know_the_period():
    q = np.linspace(0, 3, 64, endpoint=False).reshape(1, -1, 1)
    e = ProductBasis(5).evaluator((3.0,))(q)[:, 0]
    assert np.allclose(e @ e.T / 64, np.eye(11), atol=1e-12)
    assert np.allclose(ProductBasis(5).evaluator((3.0,))(q + 6.0)[:, 0], e, atol=1e-12)


def test_whole_numbers_and_functions():
    q = np.random.default_rng(0).uniform(0, RING, (3, 5, 2))
    assert evaluator(2, (RING, RING))(q).shape == (13, 3, 5)
    assert evaluator(2, (RING,))(q[..., :1]).dtype.kind == "c"
    own = evaluator(lambda q: np.exp(1j * q), (RING, RING))(q)
    assert own.shape == (3, 3, 5) and np.all(own[0] == 1) and np.allclose(own[2], np.exp(1j * q[..., 1]))


@pytest.mark.parametrize(("basis", "periods", "match"), [
    (0, (RING,), "basis"), (1.5, (RING,), "ProductBasis"), (3, (None,), "centre and scale"),
    (ProductBasis(3), (None,), "center"), (ProductBasis(2, [0.0, 1.0], 1.0), (None,) * 3, "for each of 3 axes"),
    (ProductBasis(12, 0.0, 1.0), (None,) * 4, "at most 300"), (lambda q: q[:, 0], (None,), "shape"),
    (lambda q: q / 0, (None,), "finite"), (lambda q: np.zeros((len(q), 400)), (None,), "at most 300"),
])
def test_refusals(basis, periods, match):
    with pytest.raises(ArgumentError, match=match), np.errstate(all="ignore"):
        evaluator(basis, periods)(np.ones((2, 3, len(periods))))


def test_a_bad_basis_is_refused_when_it_is_made():
    for settings in (dict(degree=0), dict(degree=2, scale=-1.0), dict(degree=2, center=[[0.0]]), dict(degree=2, scale=np.nan)):
        with pytest.raises(ArgumentError):
            ProductBasis(**settings)
