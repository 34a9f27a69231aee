"""The parts of a spectrum file: rows with the numbers of the solvers, verdicts that follow from bound and tol alone."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.analysis import analyse
from qlearn.analysis.levels import digits
from qlearn.analysis.parts import judged
from qlearn.config import load_spectrum
from qlearn.spectrum.multiplets import multiplets

RING = """
[grid]
points = 32
bounds = [0, "2*pi"]
[hamiltonian]
potential = "0"
"""


@pytest.fixture
def analysed(tmp_path):
    def call(text, progress=None):
        (tmp_path / "case.toml").write_text(text, encoding="utf-8")
        return analyse(load_spectrum(tmp_path / "case.toml"), progress)
    return call


def test_rows_are_the_numbers_of_the_solver(analysed):
    told = []
    analysis = analysed(RING + "[levels]\ncount = 3\n[bands]\ncount = 2\nthetas = [0, 0.5]\n", lambda *told_: told.append(told_))
    levels, bands = analysis.parts
    spectrum = ql.eigenstates(ql.Hamiltonian(ql.Grid(32, (0, 2 * np.pi)), 0.0), 3)
    assert [row["energy"] for row in levels.rows] == spectrum.energies.tolist()
    assert [row["degenerate"] for row in levels.rows] == [1, 2, 2] and levels.rows[0]["digits"] is None
    assert [(row["theta"], row["band"]) for row in bands.rows] == [(0.0, 0), (0.0, 1), (0.5, 0), (0.5, 1)]
    np.testing.assert_allclose([row["energy"] for row in bands.rows], [0, 0.5, 0.125, 0.125], atol=1e-12)
    assert bands.shown[0]["lowest"] == pytest.approx(0, abs=1e-12) and bands.shown[1]["gap_above"] is None
    assert analysis.passed and told == [("levels", 0, 1), ("levels", 1, 1), ("bands", 0, 1), ("bands", 1, 1)]
    assert analysis.saved is None and set(analysis.seconds) == {"levels", "bands"}


def test_a_tolerance_that_no_bound_reaches_fails(analysed):
    (part,) = analysed(RING + "[levels]\ncount = 3\ntol = 1e-15\n").parts
    assert not part.passed and part.verdict.startswith("0 of 3 certified to tol = 1e-15 of the energy scale")
    assert any("exceeds tol" in note for note in part.notes)


def test_a_verdict_follows_from_error_and_tolerance():
    assert judged(1e-9, 1e-9, bounded=True) == {"error_bound": 1e-9, "certified": True}
    assert judged(2e-9, 1e-9, bounded=False) == {"error_estimate": 2e-9, "within_tol": False}


@pytest.mark.parametrize(("value", "bound", "expected"), [(2.0, 2e-8, 8.0), (-1e-10, 1e-14, 4.0), (1e-14, 1e-13, None),
                                                          (3 - 4j, 5e-6, 6.0)])
def test_digits_are_relative_to_the_value(value, bound, expected):
    assert digits(value, bound) == (None if expected is None else pytest.approx(expected))


def test_levels_are_grouped_by_their_bounds_in_any_order():
    groups = multiplets(np.array([2.0, 1.0, 2.0 + 1e-9, 5.0]), np.array([1e-9, 1e-12, 1e-9, 1.0]))
    assert [group.tolist() for group in groups] == [[1], [0, 2], [3]]
