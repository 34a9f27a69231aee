"""The refit gives the field the carriers' density and leaves phase and zeros."""

import numpy as np
import pytest

from qlearn.ensembles.nodes.entire import Circle
from qlearn.ensembles.nodes.refit import Basis, refit
from qlearn.ensembles.nodes.rule import Rule
from qlearn.errors import ArgumentError, RegimeError, UnsupportedError

CIRCLE = Circle(0.0, 2 * np.pi, 128)
X = CIRCLE.points


def fitted(circle, p, q, basis, rule=Rule()):                     # noqa: B008
    return refit(circle, p, q[None], np.full(len(q), 1 / len(q)), basis, rule, 0.0)


def even(density, count=20000):
    """Points at the quantiles: a sample without noise."""
    cdf = np.concatenate([[0], np.cumsum(density) / np.sum(density)])
    return np.interp((np.arange(count) + 0.5) / count, cdf, np.append(X, 2 * np.pi) - 0.5 * X[1])


@pytest.mark.parametrize("rule", [Rule(), Rule(order=6, reach=1.0)], ids=["all zeros held", "near zeros held"])
def test_density_becomes_the_carriers_and_the_rest_stays(rule):
    p = np.sin((X - 1 - 0.2j) / 2) * np.sin((X - 4 + 0.3j) / 2) * np.exp(0.3j * np.sin(X))
    wanted = np.abs(p)**2 * np.exp(0.3 * np.sin(X) - 0.2 * np.cos(2 * X))
    wanted /= wanted.sum() * X[1]
    after = fitted(CIRCLE, p, even(wanted), Basis(CIRCLE, (True,), rule.orders(20000)), rule)
    assert np.max(np.abs(np.abs(after)**2 - wanted)) < 0.003
    np.testing.assert_allclose(np.angle(after * np.conj(p)), 0, atol=1e-9)
    for z in CIRCLE.zeros(p, 0.5):
        assert np.min(np.abs(CIRCLE.zeros(after, 0.5) - z)) < 1e-3


def test_line_follows_shift_and_width():
    line = Circle(-10.0, 20.0, 128)
    x = line.points
    p = np.exp(-x**2 / 4) * (1 + 0j)
    q = 0.3 + 1.2 * np.sqrt(2) * np.array([1.0]) * np.random.default_rng(3).standard_normal(100000) / np.sqrt(2)
    after = np.abs(fitted(line, p, q, Basis(line, (False,), 4)))**2 * (x[1] - x[0])
    assert after @ x == pytest.approx(q.mean(), abs=0.01)
    assert np.sqrt(after @ (x - q.mean())**2) == pytest.approx(q.std(), rel=0.01)


def test_without_refit_the_carriers_do_not_act():
    p = np.sin((X - 1 - 0.2j) / 2)**2
    rule = Rule(refit=False)
    after = fitted(CIRCLE, p, np.full(10, 3.0), Basis(CIRCLE, (True,), 4), rule)
    np.testing.assert_allclose(after / after[0], p / p[0], atol=1e-12)


def test_carriers_that_no_such_density_has_are_refused():
    p = np.ones(CIRCLE.n, dtype=complex)
    with pytest.raises(RegimeError, match="zeros cannot be identified"):
        fitted(CIRCLE, p, np.full(1000, 2.0), Basis(CIRCLE, (True,), 4))


def test_rule_says_its_orders_and_what_it_refuses():
    assert Rule().orders(10**6) == 4 and Rule(order=7).orders(10) == 7
    assert [Rule(reach=1.0).orders(n) for n in (10**3, 10**4, 10**6)] == [4, 4, 6]
    with pytest.raises(ArgumentError, match="order must be"):
        Rule(order=0)
    with pytest.raises(UnsupportedError, match="reach is for one ring"):
        Rule(reach=1.0).check((False,))
