"""The digits of every table meet the conditions of its order to 1e-30, and no more than these; a changed digit is seen."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from qlearn.methods import coefficients as published
from qlearn.methods import gradient_coefficients as own
from qlearn.methods.order_conditions import conditions, rows_of

F = Decimal


def plain(digits):
    return rows_of(digits[0], None, digits[1])


def rows_of_floats(table):
    gradients = table.gradients or (0.0,) * len(table.kicks)
    return rows_of(tuple(map(F, table.kicks)), tuple(map(F, gradients)), tuple(map(F, table.drifts)))


SCHEMES = {  # rows, order, Nyström
    "BM4": (plain(published.BM4_DIGITS), 4, False),
    "BM6": (plain(published.BM6_DIGITS), 6, False),
    "RKN6": (plain(published.RKN6_DIGITS), 6, True),
    "Gradient6": (rows_of(*own.GRADIENT6_DIGITS), 6, True),
    "Gradient6Seven": (rows_of(*own.GRADIENT6_SEVEN_DIGITS), 6, True),
}
PROCESSOR = rows_of(*own.PROCESSOR_DIGITS)
KERNEL = rows_of(*own.PROCESSED_GRADIENT6_DIGITS)


def largest(values):
    return max(abs(x) for x in values)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_conditions_hold_to_30_digits_and_fail_one_order_above(name):
    rows, order, nystrom = SCHEMES[name]
    assert largest(conditions(rows, order, nystrom)) < F("1e-30")
    assert largest(conditions(rows, order + 1, nystrom)) > F("1e-7")


def test_the_processed_scheme_has_order_6_with_its_processor_only():
    assert largest(conditions(KERNEL, 6, True, PROCESSOR)) < F("1e-30")
    assert largest(conditions(KERNEL, 6, True)) > F("1e-4")
    assert largest(conditions(KERNEL, 7, True, PROCESSOR)) > F("1e-9")


@pytest.mark.parametrize("table", [published.STRANG_TABLE, published.YOSHIDA4_TABLE, published.CHIN4_TABLE, published.BM4_TABLE,
                                   published.BM6_TABLE, published.RKN6_TABLE, own.GRADIENT6_TABLE, own.GRADIENT6_SEVEN_TABLE])
def test_the_floats_of_a_table_meet_them_to_rounding(table):
    rows = rows_of_floats(table)
    assert largest(conditions(rows, table.order, table.nystrom)) < F("3e-15")
    assert largest(conditions(rows, table.order + 1, table.nystrom)) > F("1e-7")
    for row in (table.kicks, table.drifts, table.gradients):
        assert row == row[::-1]
    assert sum(table.kicks) == pytest.approx(1, abs=1e-15)
    assert sum(table.drifts) == pytest.approx(1, abs=1e-15)


def test_nystrom_schemes_need_their_ideal():
    for name in ("RKN6", "Gradient6"):
        assert largest(conditions(SCHEMES[name][0], 6, nystrom=False)) > F("1e-7")


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("column", range(3), ids=["drift", "kick", "gradient"])
def test_a_digit_changed_is_seen(place, column):
    """Negative control: 1e-25 more on one coefficient of the symmetric pair."""
    rows = [list(row) for row in SCHEMES["Gradient6"][0]]
    last = len(rows) - 1 - (1 if column == 0 else 0)
    for index in (place, last - place):
        rows[index][column] += F("1e-25")
    assert largest(conditions(rows, 6, True)) > F("1e-28")


def test_the_processor_ends_where_it_began():
    """Σ a = Σ b = 0, so that V(t) is taken at the times of the run."""
    for row in (own.PROCESSED_GRADIENT6_TABLE.processor.kicks, own.PROCESSED_GRADIENT6_TABLE.processor.drifts):
        assert abs(sum(row)) < 1e-16
    with localcontext() as context:
        context.prec = 50
        assert abs(sum(own.PROCESSOR_DIGITS[2])) < F("1e-30")


def test_pairs_are_counted():
    table = own.PROCESSED_GRADIENT6_TABLE
    assert (table.pairs, table.processor_pairs, own.GRADIENT6_TABLE.pairs, own.GRADIENT6_TABLE.processor_pairs) == (5, 22, 6, 0)
    assert [t.is_positive for t in (published.STRANG_TABLE, published.CHIN4_TABLE, published.BM4_TABLE, table)] \
        == [True, True, False, False]


def test_wrong_counts_are_refused():
    with pytest.raises(ValueError, match="do not determine"):
        published.symmetric(["0.1", "0.2"], 9)
    assert np.isclose(float(sum(published.symmetric(["0.1", "0.2"], 6))), 1)
