"""Figures show the numbers that they are given, leave the user's settings alone, and say what is missing."""

import builtins
from types import SimpleNamespace

import numpy as np
import pytest

import qlearn as ql
from qlearn import plots
from qlearn.errors import MissingExtraError, UnsupportedError

Q = np.arange(40) * 2 * np.pi / 40
EDGES = np.linspace(0, 2 * np.pi, 13)


def lines(figure):
    return {line.get_label(): np.array(line.get_ydata()) for line in figure.axes[0].get_lines()}


def test_a_curve_on_a_ring_is_closed():
    figure = plots.loss(Q, np.cos(Q), period=2 * np.pi)
    (line,) = figure.axes[0].get_lines()
    assert line.get_xdata()[-1] == pytest.approx(2 * np.pi) and line.get_ydata()[-1] == line.get_ydata()[0]


def test_a_law_and_its_sample_are_both_drawn():
    exact, sampled = 1 + np.cos(Q), np.arange(12.0)
    figure = plots.law(Q, exact, EDGES, sampled, title="t", exact_label="exact", sample_label="sample",
                       extra=("other", 2 * exact))
    np.testing.assert_array_equal(lines(figure)["exact"][:-1], exact)
    np.testing.assert_array_equal(lines(figure)["other"][:-1], 2 * exact)
    stairs = [patch for patch in figure.axes[0].patches if patch.get_label() == "sample"]
    np.testing.assert_array_equal(stairs[0].get_data().values, sampled)
    assert figure.axes[0].get_ylim()[1] > sampled.max()


def test_rate_differences_are_per_cent_of_the_operator():
    figure = plots.rate_differences(["a", "b"], np.array([1.0, 2.0]), np.array([1.1, 1.9]), np.array([0.1, 0.1]),
                                    np.array([1.02, 2.06]), [0.04, 0.06])
    np.testing.assert_allclose(lines(figure)["Schrödinger-like levels"], [2, 3])
    bars = [patch.get_height() for patch in figure.axes[0].patches]
    np.testing.assert_allclose(bars, [8, 12])


@pytest.mark.parametrize("figure", [
    lambda: plots.metric(Q, 2 + np.sin(Q), 1 + np.sin(Q) / 2, period=2 * np.pi),
    lambda: plots.rates(["a"], np.ones(1), np.ones(1), np.ones(1) / 9, np.ones(1), {"control": np.ones(1) / 2}),
    lambda: plots.wrong_law(Q, 1 + np.cos(Q), EDGES, np.ones(12), label="x"),
    lambda: plots.carpet(Q, np.linspace(0, 3, 7), np.ones((7, 40))),
    lambda: plots.phase(Q, np.stack([Q, 2 * Q]), np.array([0.0, 1.0])),
    lambda: plots.circulation(1.01, 0.02, target=1),
    lambda: plots.loss(Q / 3, np.cos(Q), period=2 * np.pi / 3),
], ids=["metric", "rates", "wrong law", "carpet", "phase", "circulation", "another period"])
def test_every_figure_renders_to_the_same_bytes_twice(figure):
    first = plots.data_uri(figure())
    assert first.startswith("data:image/svg+xml;base64,") and first == plots.data_uri(figure())


def test_the_users_matplotlib_settings_stay():
    import matplotlib

    before = matplotlib.rcParams["axes.grid"], matplotlib.get_backend()
    plots.loss(Q, np.cos(Q), period=2 * np.pi)
    assert (matplotlib.rcParams["axes.grid"], matplotlib.get_backend()) == before


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"qlearn\[verify\]"):
        plots.loss(Q, np.cos(Q), period=2 * np.pi)


# --- the package's own objects ----------------------------------------------------------------------------------------

def test_objects_draw_themselves():
    import qlearn as ql
    from qlearn.densities import GridDensity

    grid = ql.Grid(48, [(0, 2 * np.pi)])
    density = GridDensity.wrapped_normal(grid, 2.0, 0.5)
    np.testing.assert_array_equal(density.plot().axes[0].get_lines()[0].get_ydata(), density.values)
    ensemble = ql.Ensemble([0.0], density.sample(500, np.random.default_rng(0))[None, :, None], (2 * np.pi,))
    (bars,) = ensemble.plot(bins=20).axes[0].patches
    assert np.sum(bars.get_data().values) * 2 * np.pi / 20 == pytest.approx(1)
    hamiltonian = ql.Hamiltonian(grid, np.cos(grid.axes[0]))
    result = ql.sesolve(hamiltonian, ql.plane_wave(grid, 1), [0.0, 0.1, 0.2])
    assert len(plots.result(result).axes[0].get_lines()) in (1, 3)


def test_comparisons_draw_distances_with_floors_or_rates_with_errors():
    import qlearn as ql
    from qlearn.densities import GridDensity

    law = GridDensity.wrapped_normal(ql.Grid(48, [(0, 2 * np.pi)]), 2.0, 0.5)
    ensemble = ql.Ensemble([0.0], law.sample(500, np.random.default_rng(0))[None, :, None], (2 * np.pi,))
    comparison = ql.compare(law, ensemble, tests=("kuiper", "chi2"))
    drawn = lines(comparison.plot())
    np.testing.assert_array_equal(drawn["distance"], comparison.distances)
    np.testing.assert_array_equal(drawn["median for a perfect sample"], comparison.floors)
    exact = ql.compare(np.array([1.0, 2.0]), np.array([1.1, 1.9]), tests=("rates",), k=2, tolerance=0.2)
    (difference, _) = plots.comparison(exact).axes[0].get_lines()
    np.testing.assert_allclose(difference.get_ydata(), [10, -5])
    measured = SimpleNamespace(value=np.array([1.1, 2.0]), reference=np.array([1.0, 2.0]), se=np.array([0.1, 0.1]))
    (bars,) = plots.comparison(SimpleNamespace(rates=measured)).axes[0].collections
    np.testing.assert_allclose([segment[1, 1] - segment[0, 1] for segment in bars.get_segments()], [20, 10])


def test_figures_go_on_given_axes():
    from matplotlib.figure import Figure

    import qlearn as ql
    from qlearn.densities import GridDensity

    axes = Figure().add_subplot()
    law = GridDensity.wrapped_normal(ql.Grid(48, [(0, 2 * np.pi)]), 2.0, 0.5)
    assert law.plot(axes) is axes.figure and law.plot(axes) is axes.figure and len(axes.get_lines()) == 2


def test_two_axes_are_a_map_and_three_are_refused():
    import qlearn as ql

    flat = SimpleNamespace(grid=ql.Grid((8, 9), [(0, 1), (0, 2)]), values=np.ones((8, 9)))
    assert len(plots.density(flat).axes) == 2
    with pytest.raises(UnsupportedError, match="marginal"):
        plots.density(SimpleNamespace(grid=ql.Grid((4, 4, 4), [(0, 1)] * 3), values=np.ones((4, 4, 4))))


def drawn(movie, frame):
    """The axes after frame number ``frame``; the movie counts as drawn, or matplotlib warns."""
    movie._draw_was_started = True
    movie._func(frame)
    return movie._fig.axes[0]


def test_an_animation_shows_the_density_and_turns_the_colour_with_the_phase():
    grid = ql.Grid(32, (0, 2 * np.pi))
    states = np.stack([np.exp(1j * grid.axes[0]) * (1 + 0.5 * np.cos(grid.axes[0])), 1j * np.ones(32)])
    movie = plots.animation(ql.Hamiltonian(grid, np.cos), np.array([0.0, 2.5]), states)
    axes = drawn(movie, 0)
    np.testing.assert_allclose(axes.get_lines()[-1].get_ydata(), np.abs(states[0]) ** 2)
    colours = axes.get_images()[0].get_array()[0]
    assert np.ptp(colours, axis=0).min() > 0.1               # the phase turns once around the ring
    axes = drawn(movie, 1)
    assert axes.get_title() == "t = 2.5" and np.ptp(axes.get_images()[0].get_array()[0], axis=0).max() == 0


def test_an_animation_of_channels_and_of_a_plane(tmp_path):
    grid = ql.Grid(8, (0, 1))
    H = ql.Hamiltonian(grid, np.zeros((2, 2, 8)))
    result = ql.sesolve(H, np.ones((2, 8), dtype=complex), [0, 0.1])
    movie = result.animate()
    assert len(drawn(movie, 1).get_lines()) == 2
    movie.save(tmp_path / "channels.gif", writer="pillow")
    assert (tmp_path / "channels.gif").read_bytes()[:3] == b"GIF"
    plane = ql.Grid((6, 4), [(0, 3), (0, 2)])
    movie = plots.animation(ql.Hamiltonian(plane, 0.0), np.zeros(1), np.ones((1, 6, 4), dtype=complex))
    assert drawn(movie, 0).get_images()[0].get_array().shape == (4, 6, 3)
    with pytest.raises(UnsupportedError, match="marginal"):
        plots.animation(ql.Hamiltonian(ql.Grid((2, 2, 2), [(0, 1)] * 3), 0.0), np.zeros(1), np.ones((1, 2, 2, 2)))


def test_a_batch_is_refused_and_a_driven_potential_is_drawn_at_the_first_time():
    grid = ql.Grid(32, (-6, 6))
    psi = np.stack([ql.gaussian(grid, center=c, width=0.7) for c in (0.0, 0.5)])
    H = ql.Hamiltonian(grid, lambda t, x: x**2 / t, time_dependent=True)
    result = ql.sesolve(H, psi, [1.0, 1.05], tol=1e-3)
    with pytest.raises(UnsupportedError, match="batch"):
        result.plot()
    one = ql.sesolve(H, psi[1], [1.0, 1.05], tol=1e-3)
    motion = one.animate()
    motion._draw_was_started = True
    assert np.max(motion._fig.axes[0].get_lines()[0].get_ydata()) > 0
