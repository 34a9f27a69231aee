"""Order conditions of the splitting tables, independent of any wave.

On q'' = −∇V(q), V a generic polynomial of two variables, one step is expanded as a power series in h, exactly: kicks and
drifts act on truncated series. The scheme has order p where the coefficients of h⁰ … h^p are those of the true solution.
Two variables and degree 8 leave none of the Nyström trees of these orders out.
"""

import numpy as np
import pytest

from qlearn.methods.coefficients import CHIN4_TABLE, RKN6_TABLE, STRANG_TABLE, SplittingTable
from qlearn.methods.gradient_coefficients import GRADIENT6_SEVEN_TABLE, GRADIENT6_TABLE, PROCESSED_GRADIENT6_TABLE

TERMS = 9  # h⁰ … h⁸
RNG = np.random.default_rng(3)
MONOMIALS = [(i, j, RNG.uniform(-1, 1)) for i in range(9) for j in range(9 - i) if i + j > 0]


def times(a, b):
    return np.convolve(a, b)[:TERMS]


def powers(a, most):
    result = [np.eye(TERMS)[0]]
    for _ in range(most):
        result.append(times(result[-1], a))
    return result


def force(q):
    """−∇V of a series q (2, TERMS)."""
    x, y = powers(q[0], 8), powers(q[1], 8)
    gradient = np.zeros_like(q)
    for i, j, c in MONOMIALS:
        if i:
            gradient[0] += c * i * times(x[i - 1], y[j])
        if j:
            gradient[1] += c * j * times(x[i], y[j - 1])
    return -gradient


def squared_slope(q):
    """∇|∇V|² = 2 V″∇V of a series q."""
    x, y = powers(q[0], 8), powers(q[1], 8)
    hessian = np.zeros((2, 2, TERMS))
    for i, j, c in MONOMIALS:
        if i > 1:
            hessian[0, 0] += c * i * (i - 1) * times(x[i - 2], y[j])
        if j > 1:
            hessian[1, 1] += c * j * (j - 1) * times(x[i], y[j - 2])
        if i and j:
            hessian[0, 1] += c * i * j * times(x[i - 1], y[j - 1])
    hessian[1, 0] = hessian[0, 1]
    slope = -force(q)
    return 2 * np.array([times(row[0], slope[0]) + times(row[1], slope[1]) for row in hessian])


def shifted(a):
    """h·a."""
    return np.concatenate([np.zeros((2, 1)), a[:, :-1]], axis=1)


def start():
    q, p = np.zeros((2, TERMS)), np.zeros((2, TERMS))
    q[:, 0], p[:, 0] = (0.3, -0.2), (0.4, 0.5)
    return q, p


def kicked(q, p, b, c):
    """V − (c/b)h²|∇V|² acts for bh."""
    p = p + b * shifted(force(q))
    return p + c * shifted(shifted(shifted(squared_slope(q)))) if c else p


def one_step(table):
    q, p = start()
    before = table.processor
    processor = [] if before is None else list(zip(before.kicks, before.gradients, before.drifts, strict=True))
    for b, c, a in processor:
        p = kicked(q, p, b, c)
        q = q + a * shifted(p)
    for (b, c), a in zip(table.rows, (*table.drifts, 0.0), strict=True):
        p = kicked(q, p, b, c)
        q = q + a * shifted(p)
    for b, c, a in reversed(processor):
        q = q - a * shifted(p)
        p = kicked(q, p, -b, -c)
    return np.concatenate([q, p])


def solution():
    q, p = start()
    for n in range(1, TERMS):
        slope = force(q)  # right up to h^(n−1)
        q[:, n], p[:, n] = p[:, n - 1] / n, slope[:, n - 1] / n
    return np.concatenate([q, p])


def defects(table):
    return np.max(np.abs(one_step(table) - solution()), axis=0)


@pytest.mark.parametrize("table", [STRANG_TABLE, CHIN4_TABLE, RKN6_TABLE, GRADIENT6_TABLE, GRADIENT6_SEVEN_TABLE,
                                   PROCESSED_GRADIENT6_TABLE],
                         ids=["Strang", "Chin4", "RKN6", "Gradient6", "Gradient6Seven", "ProcessedGradient6"])
def test_the_table_has_its_order_and_no_more(table):
    found = defects(table)
    assert np.max(found[:table.order + 1]) < 2e-15
    assert found[table.order + 1] > 1e-6


@pytest.mark.parametrize("index", range(5))
def test_a_digit_changed_in_a_weight_is_seen(index):
    """Negative control: 1e-11 more on one kick of the symmetric pair and less on the next."""
    kicks = list(RKN6_TABLE.kicks)
    for place, change in ((index, 1e-11), (index + 1, -1e-11)):
        kicks[place] += change
        kicks[-1 - place] += change
    wrong = SplittingTable(6, tuple(kicks), RKN6_TABLE.drifts, "")
    assert np.max(defects(wrong)[:7]) > 1e-13


@pytest.mark.parametrize("table", [STRANG_TABLE, RKN6_TABLE], ids=["Strang", "RKN6"])
def test_tables_are_symmetric_and_consistent(table):
    for row in (table.kicks, table.drifts):
        assert sum(row) == pytest.approx(1, abs=1e-15)
        assert row == row[::-1]
    assert len(table.kicks) == len(table.drifts) + 1
