"""Figures and tables of resonances show what was found and what was told from it."""

import numpy as np
import pytest

import qlearn as ql


@pytest.fixture(scope="module")
def found():
    H = ql.Hamiltonian(ql.Grid(128, (-14, 14)), lambda x: (0.5 * x**2 - 0.8) * np.exp(-0.1 * x**2))
    return ql.resonances(H, 2, target=1.5, angle=0.3)


def test_resonances_and_the_turned_continuum_are_drawn(found):
    axes = found.plot().axes[0]
    others, points = [line for line in axes.get_lines() if len(line.get_xdata()) > 1 and line.get_linestyle() == "None"]
    np.testing.assert_array_equal(points.get_xdata() + 1j * points.get_ydata(), found.energies)
    assert len(axes.patches) == 2 and axes.patches[0].width == 2 * found.errors[0]
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert left < found.positions.min() and right > found.positions.max() and low < found.energies.imag.min() < 0 < high
    drawn = others.get_xdata() + 1j * others.get_ydata()
    assert np.min(np.abs(drawn[:, None] - found.energies)) > 1e-3


def test_the_continuum_turns_by_twice_the_angle(found):
    """Most eigenvalues that are no resonance lie near e^{−2iθ}[0, ∞)."""
    others = found.continuum[0]
    near = np.abs(np.angle(others[others.imag < -0.05]) + 0.6) < 0.1
    assert found.continuum.shape[0] == 2 and np.mean(near) > 0.7


def test_the_table_has_a_row_a_resonance_and_calls_errors_estimates(found):
    head, _, *rows = str(found).splitlines()
    assert "estimates" in head and len(rows) == 2 and f"{found.positions[0]:.13g}" in rows[0]
