"""The grid's own limits are reported, and only they."""

import importlib
import warnings
from pathlib import Path

import numpy as np
import pytest

import qlearn as ql
from qlearn.errors import AccuracyWarning
from qlearn.methods import Record
from qlearn.observables import spectral_tail
from qlearn.sesolve.adequacy import GridMonitor, seam_is_rough


def run(points, bounds, potential, end=2.0, **state):
    grid = ql.Grid(points, bounds)
    return ql.sesolve(ql.Hamiltonian(grid, potential), ql.gaussian(grid, **state), [0, end])


def test_too_coarse_a_grid_warns():
    with pytest.warns(AccuracyWarning, match="too coarse.*more points"):
        result = run(32, (-8, 8), lambda x: np.cos(np.pi * x / 4), center=0, width=0.2)
    assert result.stats["spectral_tail"] > 1e-3


def test_a_packet_that_becomes_too_fast_on_the_way_is_seen_though_it_slows_down_again():
    """It falls into a well and climbs out: the outer wavenumbers are populated in between, where no save time is."""
    grid = ql.Grid(256, (-16, 16))
    H = ql.Hamiltonian(grid, lambda x: -300 * np.exp(-x**2 / 8))
    psi = ql.gaussian(grid, center=-9, width=1.0, momentum=6.0)
    ends = ql.gaussian(grid, center=9, width=1.0, momentum=6.0)
    for method in (ql.RKN6(dt=0.004), ql.Chebyshev()):
        with pytest.warns(AccuracyWarning, match="too coarse"):
            result = ql.sesolve(H, psi, [0, 1.6], method=method)
    assert spectral_tail(grid, ends) < 1e-20 and result.stats["spectral_tail"] > 1e-4


def test_a_long_run_on_too_coarse_a_grid_says_so_on_the_way(monkeypatch, tmp_path):
    """Once: where warnings are errors it can be gone on with from there."""
    monkeypatch.setattr(importlib.import_module("qlearn.sesolve.run"), "LONG", 0)
    grid = ql.Grid(256, (-16, 16))
    H, psi = ql.Hamiltonian(grid, lambda x: -300 * np.exp(-x**2 / 8)), ql.gaussian(grid, center=-9, width=1.0, momentum=6.0)
    settings = {"method": ql.RKN6(dt=0.004), "checkpoint": tmp_path / "run.h5"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AccuracyWarning, match="too coarse"):
            ql.sesolve(H, psi, [0, 1.6], **settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = ql.sesolve(H, psi, [0, 1.6], **settings)
        streamed = list(ql.propagate(H, psi, [0, 1.6], method=ql.RKN6(dt=0.004)))
    assert result.stats["resumed"] == 1 and np.array_equal(result.final_state, streamed[-1][1])
    assert [str(w.message)[:24] for w in caught] == ["the grid is too coarse f"] * 2
    assert [Path(w.filename).name for w in caught] == ["test_adequacy.py"] * 2


def test_a_line_that_was_cut_too_short_warns():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run(64, (-4, 4), lambda x: x**2 / 2, center=2, width=0.6)
    assert any("too small" in str(w.message) and "wider" in str(w.message) for w in caught)
    assert result.stats["edge_density"] > 1e-4


@pytest.mark.parametrize(("potential", "center", "momentum"), [
    (0.0, 3, 2.0), (lambda x: np.cos(np.pi * x / 4), 3.9, 1.0), (lambda x: -np.exp(-4 * np.sin(np.pi * x / 8) ** 2), 0, 3.0),
], ids=["free", "ring potential", "ring well"])
def test_a_packet_that_runs_round_a_ring_does_not_warn(potential, center, momentum):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(64, (-4, 4), potential, center=center, width=0.5, momentum=momentum, end=4.0)
    assert result.stats["edge_density"] > 0.1


@pytest.mark.parametrize(("potential", "rough"), [
    (lambda x: x**2, True), (lambda x: x, True), (lambda x: x**4, True),
    (lambda x: np.cos(x), False), (lambda x: np.sin(x) ** 7, False), (lambda x: np.exp(-20 * x**2), False),
    (lambda x: 0 * x, False), (lambda x: np.minimum(x**2, 4), False),
], ids=["x²", "x", "x⁴", "cos", "sin⁷", "narrow well", "free", "clipped"])
@pytest.mark.parametrize("points", [64, 129])
def test_where_a_seam_is_rough(potential, rough, points):
    x = ql.Grid(points, (-np.pi, np.pi)).axes[0]
    assert seam_is_rough(potential(x), 0) == rough
    assert seam_is_rough(np.stack([potential(x)] * 3), 1) == rough


@pytest.mark.parametrize("channels", [False, True], ids=["one", "channels"])
def test_what_an_absorber_has_left_over_is_measured_against_the_whole(channels):
    grid = ql.Grid(32, (-6, 6))
    V = np.multiply.outer(np.eye(2), grid.axes[0] ** 2) if channels else grid.axes[0] ** 2
    psi = np.stack([ql.gaussian(grid, center=0, width=0.8)] * 2)        # a batch, or channels
    rest = 1e-4 * np.stack([np.random.default_rng(0).standard_normal(32)] * 2)
    seen = {}
    for absorber in (None, 1.0):
        monitor = GridMonitor(ql.Hamiltonian(grid, V, absorber=absorber), Record(), 0.0)
        monitor.look(psi)
        monitor.look(rest)
        seen[absorber] = monitor.tail, monitor.edge
    shares = np.array(seen[1.0]) / seen[None]
    assert seen[None][0] > 0.01 and np.allclose(shares, grid.norm(rest[0]) ** 2, rtol=1e-9)


def warned(result_of, word):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = result_of()
    return any(word in str(w.message) for w in caught), result


@pytest.mark.parametrize(("bound", "tol", "expected"), [(6.5, 1e-6, True), (6.5, 1e-4, False), (8.0, 1e-6, False)])
def test_too_small_is_said_where_a_wider_grid_gives_another_answer(bound, tol, expected):
    """The oscillator for a third of a turn, against itself on twice the length: the warning comes with an error above tol."""
    def solved(points, half):
        grid = ql.Grid(points, (-half, half))
        H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
        return grid, ql.sesolve(H, ql.gaussian(grid, center=1.5, width=0.5**0.5), [0, 2.0], method=ql.Chebyshev(), tol=tol)

    small, (grid, result) = warned(lambda: solved(64, bound), "too small")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        line = solved(128, 2 * bound)[1].final_state[32:96]
    assert small == expected
    assert (grid.norm(result.final_state - line) > 0.1 * tol) >= expected


@pytest.mark.parametrize(("points", "tol", "expected"), [(36, 1e-4, True), (44, 1e-4, False), (48, 1e-8, True),
                                                         (56, 1e-8, False)])
def test_too_coarse_is_said_where_a_finer_grid_gives_another_answer(points, tol, expected):
    def solved(n):
        grid = ql.Grid(n, (-10, 10))
        return grid, ql.sesolve(ql.Hamiltonian(grid, lambda x: x**2 / 2),
                                ql.gaussian(grid, center=1.5, width=0.5**0.5, momentum=2.0), [0, 2.0], tol=tol)

    coarse, (grid, result) = warned(lambda: solved(points), "too coarse")
    fine = solved(2 * points)[1].final_state[::2]
    assert coarse == expected
    assert (grid.norm(result.final_state - fine) > tol) == expected


def test_a_kink_at_the_seam_is_seen_beside_a_narrow_well_inside():
    x = ql.Grid(96, (-9, 9)).axes[0]
    assert seam_is_rough(0.02 * x**2 - 4 / np.cosh(x) ** 2, 0)
    assert not seam_is_rough(0.02 * np.cos(np.pi * x / 9) - 4 / np.cosh(x) ** 2, 0)


@pytest.mark.parametrize("method", [ql.Chebyshev(), ql.Lanczos(), ql.Magnus4(), ql.RKN6()], ids=lambda method: method.name)
def test_a_twisted_ring_with_a_vector_potential_is_seen_without_its_jump(method):
    """Methods that move ψ itself there, not its periodic part, show that all the same: a tail of 1e-3 was seen at the seam."""
    grid = ql.Grid(64, (0, 2 * np.pi), twist=0.3)
    psi = np.exp(np.cos(grid.axes[0]) + 0.3j * grid.axes[0])
    H = ql.Hamiltonian(grid, np.cos, vector_potential=lambda x: 0.4 * np.sin(x))
    assert ql.sesolve(H, psi / grid.norm(psi), [0, 3.0], tol=1e-6, method=method).stats["spectral_tail"] < 1e-14
