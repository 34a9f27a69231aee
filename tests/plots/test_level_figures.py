"""Figures of spectra show the levels, their bounds, and of degenerate ones what does not depend on the basis."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

import qlearn as ql
from qlearn import plots
from qlearn.errors import AccuracyWarning, ArgumentError


def solved(*arguments, k, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AccuracyWarning)
        return ql.eigenstates(ql.Hamiltonian(*arguments, **options), k)


RING = solved(ql.Grid(48, (0, 2 * np.pi)), 0.0, k=3)
PLANE = solved(ql.Grid((16, 16), [(-5, 5)] * 2), lambda x, y: (x**2 + y**2) / 2, k=6)
SPACE = solved(ql.Grid((8, 8, 8), [(-4, 4)] * 3), lambda x, y, z: (x**2 + y**2 + 1.5 * z**2) / 2, k=4)
WELLS = solved(ql.Grid(40, (-6, 6)), lambda x: np.array([[x**2, 0.3 + 0 * x], [0.3 + 0 * x, x**2 + 1]]), k=3)
WALLS = solved(ql.Grid(48, (0, 2), "wall"), lambda x: 20 * np.abs(x - 1), k=3)
TWIST = solved(ql.Grid(48, (0, 2 * np.pi), twist=0.25), np.cos, k=3)


def lines(axes):
    return [line for line in axes.get_lines() if len(line.get_xdata()) > 2]


def test_each_level_is_a_line_with_its_density_above_it():
    spectrum = solved(ql.Grid(256, (-8, 8)), lambda x: x**2 / 2, k=4)
    axes = spectrum.plot().axes[0]
    heights = [line.get_ydata()[0] for line in axes.get_lines() if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(heights, spectrum.energies)
    potential, *densities = lines(axes)
    shown = ~np.isnan(potential.get_ydata())
    np.testing.assert_allclose(potential.get_ydata()[shown], potential.get_xdata()[shown] ** 2 / 2)
    raised = densities[2].get_ydata() - spectrum.energies[2]
    expected = np.append(np.abs(spectrum.states[2]) ** 2, abs(spectrum.states[2][0]) ** 2)
    np.testing.assert_allclose(raised / raised.max(), expected / expected.max(), atol=1e-12)


def test_of_degenerate_levels_the_mean_density_is_drawn_whatever_their_basis():
    mixed = np.array(RING.states)
    mixed[1:] = [[np.cos(0.4), np.sin(0.4)], [-np.sin(0.4), np.cos(0.4)]] @ mixed[1:].reshape(2, -1)
    figures = [RING.plot(), replace(RING, states=mixed).plot()]
    for figure in figures:
        _, _, pair = lines(figure.axes[0])
        np.testing.assert_allclose(pair.get_ydata(), pair.get_ydata()[0], rtol=1e-9)        # sin² + cos²
        assert [text.get_text() for text in figure.axes[0].texts] == ["2×"]


def test_bounds_are_bars_where_they_can_be_seen():
    def bars(spectrum):
        return len(spectrum.plot().axes[0].containers)

    assert bars(TWIST) == 0
    assert bars(replace(TWIST, error_bounds=np.array([1e-12, 1e-12, 0.1]))) == 1


def test_a_width_is_a_band():
    resonance = replace(TWIST, energies=TWIST.energies - 0.05j)
    assert len(resonance.plot().axes[0].patches) == len(TWIST.plot().axes[0].patches) + 3


def test_states_keep_the_factor_of_the_twist_round_the_ring():
    figure = TWIST.plot(show="state")
    _, real, imaginary = lines(figure.axes[0])[:3]
    first, last = (complex(real.get_ydata()[i] - TWIST.energies[0], imaginary.get_ydata()[i] - TWIST.energies[0])
                   for i in (0, -1))
    assert last == pytest.approx(1j * first, abs=1e-9) and "0.25" in figure.axes[0].get_xlabel()


def test_states_vanish_at_walls():
    _, ground, *_ = lines(WALLS.plot(show="state").axes[0])
    assert ground.get_ydata()[0] == ground.get_ydata()[-1] == pytest.approx(WALLS.energies[0])
    assert ground.get_xdata()[0] == 0 and ground.get_xdata()[-1] == 2


def test_two_axes_get_a_ladder_and_a_tile_for_each_multiplet():
    figure = PLANE.plot()
    ladder, *tiles = figure.axes
    assert [len(c.get_segments()) for c in ladder.collections] == [1, 2, 3] and len(tiles) == 3
    image = np.asarray(tiles[1].images[0].get_array())
    expected = np.mean(np.abs(PLANE.states[1:3]) ** 2, axis=0).T
    np.testing.assert_allclose(image, expected, atol=1e-12)
    assert "1–2, mean" in tiles[1].get_title(loc="left") + tiles[1].get_title()


def test_three_axes_get_marginals_that_integrate_to_one():
    _, *panels = SPACE.plot().axes
    assert len(panels) == 3
    for axis, panel in enumerate(panels):
        for line in panel.get_lines():
            assert np.sum(line.get_ydata()) * SPACE.hamiltonian.grid.spacing[axis] == pytest.approx(1)


@pytest.mark.parametrize("spectrum", [RING, PLANE, SPACE, WELLS, WALLS, TWIST],
                         ids=["ring", "plane", "space", "channels", "walls", "twist"])
def test_every_figure_renders_to_the_same_bytes_twice(spectrum):
    assert plots.data_uri(spectrum.plot()) == plots.data_uri(spectrum.plot())


def test_given_axes_are_drawn_on():
    from matplotlib.figure import Figure

    for spectrum in (RING, PLANE):
        axes = Figure().add_subplot()
        assert spectrum.plot(axes=axes) is axes.figure and axes.get_ylabel() == "energy"


def test_what_is_shown_is_one_of_two():
    with pytest.raises(ArgumentError, match="'density', 'state'"):
        RING.plot(show="phase")
