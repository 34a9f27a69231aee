"""Lines: what they hold, say and draw."""

import numpy as np
import pytest

import qlearn as ql
from qlearn import plots
from qlearn.errors import ArgumentError

N = np.arange(60)
DAMPED = ql.harmonic_inversion(np.exp(-(0.02 + 1j) * N) + 0.1 * np.exp(-2j * N), 1.0)


def test_lines_are_read_only_ascending_and_counted():
    assert len(DAMPED) == 2 and np.all(np.diff(DAMPED.energies) > 0)
    with pytest.raises(ValueError, match="read-only"):
        DAMPED.energies[0] = 0


def test_as_text():
    rows = str(DAMPED).splitlines()
    assert rows[0].startswith("2 lines, matrix pencil; 0 rejected") and len(rows) == 4


def test_reconstruct_refuses_what_is_no_count():
    assert DAMPED.reconstruct(0).shape == (0,)
    for bad in (-1, 2.0):
        with pytest.raises(ArgumentError, match="n must"):
            DAMPED.reconstruct(bad)


def test_the_figure_shows_lines_widths_and_the_rejected():
    axes = DAMPED.plot().axes[0]
    assert axes.get_yscale() == "log" and len(axes.collections) >= 2 and len(axes.patches) == 1
    grown = ql.harmonic_inversion(np.exp(0.02 * N - 1j * N) + np.exp(-2j * N), 1.0)
    labels = [text.get_text() for text in grown.plot().axes[0].get_legend().get_texts()]
    assert "rejected" in labels
    assert "rejected" not in [text.get_text() for text in grown.plot(rejected=False).axes[0].get_legend().get_texts()]
    assert plots.data_uri(DAMPED.plot()) == plots.data_uri(DAMPED.plot())


def test_a_figure_with_a_curve_and_one_without_lines():
    grid = ql.Grid(64, (-9, 9))
    psi = ql.gaussian(grid, center=1, width=2**-0.5)
    run = ql.sesolve(ql.Hamiltonian(grid, lambda x: x**2 / 2), psi, np.linspace(0, 20, 101))
    labels = [text.get_text() for text in ql.autocorrelation_spectrum(run).plot().axes[0].get_legend().get_texts()]
    assert "spectrum" in labels
    plots.data_uri(ql.harmonic_inversion(np.zeros(20), 1.0).plot())
