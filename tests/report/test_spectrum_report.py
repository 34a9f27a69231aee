"""The tables of spectra say as much as is known and no more."""

import pytest

from qlearn.analysis.parts import Part
from qlearn.report.spectrum_columns import columns, shown_value

ROW = {"level": 0, "energy": 1.23456789012345678, "error_bound": 3e-7, "certified": True, "residual": 1e-8, "digits": 6.61,
       "degenerate": 1}


@pytest.mark.parametrize(("value", "bound", "shown"), [
    (1.23456789, 3e-7, "1.23456789"), (1.5, 0.02, "1.500"), (-1e-14, 1e-13, "-1.0e-14"), (0.0, 1e-13, "0"),
    (3.6386056997e-9, 3e-15, "3.6386057e-09"), (123456.789, 40.0, "123457"), (2.5e9, 1e3, "2.5000000e+09"),
    (0.5, 0.0, "0.500000000000000"),
])
def test_a_number_is_shown_to_its_error(value, bound, shown):
    assert shown_value("energy", {**ROW, "energy": value, "error_bound": bound}) == shown


def test_an_estimate_is_not_called_certified():
    row = {"line": 0, "energy": 1.0, "error_estimate": 1e-3, "within_tol": True, "weight": 0.25}
    assert shown_value("within_tol", row) == "within tol" and shown_value("energy", row) == "1.0000"
    part = Part("lines", "Lines", 1e-2, "of 1", (row,), {}, None, "")
    assert columns(part) == ["line", "energy", "weight", "error_estimate", "within_tol"] and not part.bounded
    assert part.verdict == "1 of 1 within, by estimate, tol = 0.01 of 1"


def test_degenerate_levels_get_a_column_where_there_are_any():
    part = Part("levels", "Levels", 1e-6, "of 1", (ROW, {**ROW, "level": 1}), {}, None, "")
    assert columns(part) == ["level", "energy", "error_bound", "digits", "certified"]
    pair = tuple({**ROW, "level": j, "degenerate": 2} for j in range(2))
    assert "degenerate" in columns(Part("levels", "Levels", 1e-6, "of 1", pair, {}, None, ""))


def test_nothing_known_is_a_dash():
    assert shown_value("digits", {**ROW, "digits": None}) == "—"
    assert shown_value("gap_above", {**ROW, "gap_above": 1e-9}) == "0"
