"""Figures of learners and their flow show the arrays that they are given."""

import numpy as np

from qlearn import plots

EDGES = np.linspace(-3, 3, 31)
MIDDLE = (EDGES[1:] + EDGES[:-1]) / 2
TIMES = np.array([0.0, 0.5, 1.0, 2.0])
EXACT = np.stack([np.exp(-(MIDDLE - t / 2)**2 / 2) / np.sqrt(2 * np.pi) for t in TIMES])
COUNTS = np.stack([np.random.default_rng(0).multinomial(5000, row / row.sum()) for row in EXACT])


def test_densities_have_a_panel_a_time_and_the_band_of_a_perfect_sample():
    figure = plots.densities(EDGES, EXACT, {"noisy": COUNTS, "carriers": COUNTS}, TIMES)
    assert [axes.get_title("left") for axes in figure.axes] == ["t = 0", "t = 0.5", "t = 1", "t = 2"]
    axes = figure.axes[1]
    points, line = axes.get_lines()
    np.testing.assert_allclose(line.get_ydata(), EXACT[1])
    np.testing.assert_allclose(points.get_ydata(), COUNTS[1] / (5000 * 0.2))
    band = axes.collections[0].get_paths()[0].vertices
    inside = np.abs(COUNTS[1] / 1000 - EXACT[1]) < 1.96 * np.sqrt(EXACT[1] / 1000)
    assert inside.mean() > 0.8                                              # 95 % on average
    np.testing.assert_allclose(band[:, 1].max(), (EXACT[1] + 1.96 * np.sqrt(EXACT[1] / 1000)).max())


def test_phases_are_drawn_where_the_density_is_and_free_of_a_constant():
    q = np.linspace(-6, 6, 61)
    phase, density = np.stack([0.3 * q, q**2 / 4]), np.stack([np.exp(-q**2)] * 2)
    axes = plots.phases(q, phase, phase + np.array([[2.0], [-1.0]]), density, [0.0, 1.0]).axes[0]
    exact, measured, *_ = axes.get_lines()
    np.testing.assert_allclose(exact.get_ydata(), measured.get_ydata(), atol=1e-12)
    assert np.abs(exact.get_xdata()).max() < np.sqrt(np.log(1000))


def test_paths_break_where_they_pass_the_cut_of_a_ring():
    q, times = np.linspace(0, 2 * np.pi, 32, endpoint=False), np.linspace(0, 1, 11)
    around = np.stack([6.0 + times, np.full(11, 1.0)], axis=1)
    first, second = plots.paths(q, times, np.ones((11, 32)), around, period=2 * np.pi).axes[0].get_lines()
    assert np.isnan(first.get_xdata()).sum() == 1 and not np.isnan(second.get_xdata()).any()
    assert np.nanmax(first.get_xdata()) < 2 * np.pi


def test_poles_crossings_dips_and_powers():
    axes = plots.poles(TIMES, [np.array([1 - 0.4j]), np.array([]), np.array([1 + 0.1j, 2j]), np.array([1.0j])],
                       [(0.7, 1, 1.0), (1.5, -1, 2.0)], height=1.5).axes[0]
    assert len(axes.collections[0].get_offsets()) == 4 and [text.get_text() for text in axes.texts] == ["t = 0.70", "t = 1.50"]
    assert axes.get_ylim() == (-1.5, 1.5)
    monitor = plots.dips(TIMES, np.array([1, 0.5, 0.02, 0.3]), warn=0.03, stop=0.01).axes[0]
    assert monitor.get_yscale() == "log" and len(monitor.get_lines()) == 3
    noise = np.exp(np.linspace(-2, 2, 20))
    fit = plots.metric_power(noise, noise**0.5, alpha=0.5, error=0.01).axes[0].get_lines()
    np.testing.assert_allclose(fit[0].get_ydata(), 0.5 * fit[0].get_xdata(), atol=1e-12)


def test_learners_walk_beside_the_density():
    film = plots.walk(EDGES, EXACT, COUNTS, TIMES)
    steps, line = film._func(3)
    np.testing.assert_allclose(line.get_ydata(), EXACT[3])
    np.testing.assert_allclose(steps.get_data().values, COUNTS[3] / 1000)
    film._draw_was_started = True                                           # no warning that it was never drawn
