"""compare of rates where the ensemble lives on a line: the declared basis is handed through."""

import pytest

import qlearn as ql
from qlearn.errors import ArgumentError
from tests.inference.ornstein import stationary


def test_rates_on_a_line():
    """Rates 1 and 2 accepted (false-alarm rate 1 %), 1.1 and 2.2 rejected."""
    run = stationary(1.0, 20_000, 6, 0.3, seed=21)
    basis = ql.ProductBasis(4, center=0.0, scale=1.0)
    assert ql.compare([1.0, 2.0], run, tests=("rates",), basis=basis).verdict.passed
    assert not ql.compare([1.1, 2.2], run, tests=("rates",), basis=basis).verdict.passed
    with pytest.raises(ArgumentError, match="ProductBasis"):
        ql.compare([1.0, 2.0], run, tests=("rates",))
