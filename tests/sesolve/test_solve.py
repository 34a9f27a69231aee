"""sesolve and propagate: what goes in, what comes out, what is refused before work."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from counted import counting

import qlearn as ql
from qlearn.errors import AccuracyWarning, ArgumentError, MissingExtraError, UnsupportedError
from qlearn.exact import GaussianPacket
from qlearn.kernels import fft
from qlearn.observables import momentum_operator

GRID = ql.Grid(64, (-8, 8))
X = GRID.axes[0]
H = ql.Hamiltonian(GRID, lambda x: x**2 / 2)
PSI = ql.gaussian(GRID, center=1, width=0.5**0.5)


def test_a_coherent_state_returns_with_its_phase_after_a_period():
    result = ql.sesolve(H, PSI, np.linspace(0, 2 * np.pi, 5), tol=1e-10)
    assert GRID.norm(result.final_state + PSI) < 1e-10
    assert result.states.shape == (5, 64) and np.array_equal(result.states[0], PSI.astype(complex))
    assert np.array_equal(result.states[-1], result.final_state)
    assert result.expect == [] and result.e_data == {}


def test_e_ops_as_list_dict_and_one():
    tlist = np.linspace(0, 3, 7)
    operators = {"x": X, "E": H, "p": momentum_operator(GRID), "t": lambda t, psi: t}
    result = ql.sesolve(H, PSI, tlist, e_ops=operators, tol=1e-9)
    assert result.states is None and list(result.e_data) == list(operators)
    np.testing.assert_allclose(result.e_data["x"], np.cos(tlist), atol=1e-7)
    np.testing.assert_allclose(result.e_data["p"], -np.sin(tlist), atol=1e-7)
    np.testing.assert_allclose(result.e_data["E"], 1.0, atol=1e-8)
    np.testing.assert_allclose(result.e_data["t"], tlist)
    assert ql.sesolve(H, PSI, tlist, e_ops=X, store_states=True).states is not None
    assert len(ql.sesolve(H, PSI, tlist, e_ops=[X, H]).expect) == 2


def test_batch_axes_run_side_by_side():
    batch = np.stack([[PSI, 1j * PSI], [2 * PSI, ql.gaussian(GRID, center=-1, width=0.7, momentum=1)]])
    result = ql.sesolve(H, batch, [0, 1.0], e_ops=[H])
    assert result.expect[0].shape == (2, 2, 2) and result.final_state.shape == (2, 2, 64)
    one = ql.sesolve(H, batch[1, 1], [0, 1.0])
    assert GRID.norm(result.final_state[1, 1] - one.final_state) < 1e-8


def test_propagate_streams_the_same_states():
    tlist = np.linspace(0, 2, 4)
    stored = ql.sesolve(H, PSI, tlist)
    stream = list(ql.propagate(H, PSI, tlist))
    assert [t for t, _ in stream] == tlist.tolist()
    assert all(np.array_equal(a, b) for (_, a), b in zip(stream, stored.states, strict=True))
    with pytest.raises(ArgumentError, match="tlist"):
        ql.propagate(H, PSI, [1, 0, 2])  # at the call, not at the first state


def test_one_time_gives_the_first_state_back():
    result = ql.sesolve(H, PSI, [3.0])
    assert np.array_equal(result.final_state, PSI) and result.stats["steps"] == 0


@pytest.mark.parametrize("method", [ql.Strang(dt=0.02), ql.RKN6(), ql.Chebyshev(), ql.Dense()], ids=lambda m: m.name)
def test_statistics(method):
    result = ql.sesolve(H, PSI, [0, 1.0, 2.0], method=method)
    assert set(result.stats) >= {"ffts", "steps", "error_estimate", "norm_drift", "energy_drift", "spectral_tail",
                                 "edge_density", "wall_time"}
    exact = GaussianPacket(center=1, width=0.5**0.5, omega=1.0).state(X, 2.0)
    error = GRID.norm(result.final_state - exact)
    assert error < 2 * result.stats["error_estimate"] + 1e-12
    assert result.stats["norm_drift"] < 1e-10 and abs(result.stats["energy_drift"]) < 1e-3
    assert result.stats["wall_time"] > 0 and result.method.startswith(method.name)


@pytest.mark.parametrize("method", [ql.Strang(dt=0.02), ql.RKN6(), ql.Chebyshev(), ql.Lanczos()], ids=lambda m: m.name)
def test_transforms_are_counted(method, monkeypatch):
    """stats["ffts"] against the calls of the transforms in force; looks at the grid included. The compiled loop with its own has
    the same counts."""
    counted = []
    monkeypatch.setattr(fft, "_current", replace(counting(fft._current, GRID.size, counted), name="scipy"))
    result = ql.sesolve(H, PSI, [0, 1.0], method=method, tol=1e-6)
    assert result.stats["ffts"] == len(counted) > 20
    monkeypatch.undo()
    assert ql.sesolve(H, PSI, [0, 1.0], method=method, tol=1e-6).stats["ffts"] == len(counted)


def test_an_unnormalised_state_scales_through():
    small = ql.sesolve(H, 1e-6 * PSI, [0, 1.5], tol=1e-9)
    large = ql.sesolve(H, 1e6 * PSI, [0, 1.5], tol=1e-9)
    np.testing.assert_allclose(1e12 * small.final_state, large.final_state, atol=1e-3 * 1e6 * 1e-9)
    assert small.stats["norm_drift"] < 1e-11


def test_a_given_step_is_kept_and_its_error_reported():
    rough = ql.sesolve(H, PSI, [0, 3.0], method=ql.Strang(dt=0.1))
    assert rough.stats["steps"] == 30 and "0.1 as given" in rough.method
    with pytest.warns(AccuracyWarning, match="shorter dt"):
        ql.sesolve(H, PSI, [0, 30.0], method=ql.Strang(dt=0.5))


def test_a_tolerance_out_of_reach_is_not_hidden():
    ring = ql.Hamiltonian(GRID, lambda x: np.cos(np.pi * x / 8))
    with pytest.warns(AccuracyWarning, match="Rounding"):
        ql.sesolve(ring, PSI, [0, 50.0], tol=1e-14)


@pytest.mark.parametrize(("psi", "tlist", "options", "words"), [
    (PSI[:-1], [0, 1], {}, "psi0 must have the shape"), (np.full(64, np.nan), [0, 1], {}, "psi0 must hold finite"),
    (0 * PSI, [0, 1], {}, "zero state"), (1e200 * PSI, [0, 1], {}, "range of numbers"), (1e-200 * PSI, [0, 1], {}, "Scale it"),
    (np.zeros((0, 64)), [0, 1], {}, "at least one wave function"),
    ("psi", [0, 1], {}, "psi0"), (PSI, [0, 2, 1], {}, "2 followed by 1 at index 1"),
    (PSI, [0, 1, 1], {}, "strictly"), (PSI, [], {}, "at least one time"), (PSI, [0, np.inf], {}, "tlist"),
    (PSI, 1.0, {}, "tlist"),
    (PSI, [[0, 1]], {}, "tlist"), (PSI, [0, 1], {"tol": 0}, "tol"), (PSI, [0, 1], {"tol": np.nan}, "tol"),
    (PSI, [0, 1], {"method": "RKN6"}, r"ql\.RKN6\(\)"), (PSI, [0, 1], {"method": ql.RKN6}, "parentheses"),
    (PSI, [0, 1], {"e_ops": [np.ones(3)]}, r"e_ops\[0\]"), (PSI, [0, 1], {"e_ops": {"a": "x"}}, r"e_ops\['a'\]"),
])
def test_bad_arguments_are_named_before_any_work(psi, tlist, options, words):
    with pytest.raises(ArgumentError, match=words):
        ql.sesolve(H, psi, tlist, **options)


def test_what_is_not_offered_names_an_alternative():
    moving_metric = ql.Hamiltonian(ql.Grid(16, (0, 6)), lambda t, x: t + 0 * x, metric=lambda x: 1 + 0 * x, time_dependent=True)
    with pytest.raises(UnsupportedError, match=r"Use Magnus4\(\)"):
        ql.sesolve(moving_metric, ql.plane_wave(moving_metric.grid, 1), [0, 1], method=ql.Gradient6())


def test_a_potential_that_turns_nan_later_stops_with_its_time():
    driven = ql.Hamiltonian(GRID, lambda t, x: x**2 / 2 if t < 0.5 else np.full(64, np.nan), time_dependent=True)
    with pytest.raises(ArgumentError, match=r"potential\(t=0\.5"):
        ql.sesolve(driven, PSI, [0, 1], method=ql.Strang(dt=0.25))


def test_stop_ends_the_run_at_a_save_time_and_says_so():
    seen = []
    result = ql.sesolve(H, PSI, np.linspace(0, 3, 31), e_ops=[X],
                        stop=lambda t, psi: seen.append(t) or GRID.inner(psi, X * psi).real < 0)
    assert result.times[-1] == seen[-1] and abs(result.times[-1] - 1.6) < 1e-12 and len(result.expect[0]) == 17
    assert "t = 1.6" in result.stats["stopped"] and result.expect[0][-1] < 0 < result.expect[0][-2]
    assert GRID.norm(result.final_state - GaussianPacket(center=1, width=0.5**0.5, omega=1.0).state(X, 1.6)) < 1e-8
    whole = ql.sesolve(H, PSI, [0, 0.5], stop=lambda t, psi: np.array(False))
    assert whole.stats["stopped"] is None and len(whole.times) == 2
    at_once = ql.sesolve(H, PSI, [0, 0.5], stop=lambda t, psi: True)
    assert at_once.times.tolist() == [0] and at_once.stats["steps"] == 0
    with pytest.raises(ArgumentError, match="stop must give one truth value"):
        ql.sesolve(H, np.stack([PSI, PSI]), [0, 1], stop=lambda t, psi: GRID.norm(psi) > 2)
    with pytest.raises(ArgumentError, match="stop must be"):
        ql.sesolve(H, PSI, [0, 1], stop=3)


def test_a_stream_can_be_left_and_costs_no_more_than_what_was_taken():
    calls = []
    counting = ql.Hamiltonian(GRID, lambda t, x: calls.append(t) or x**2 / 2, time_dependent=True)
    for t, psi in ql.propagate(counting, PSI, np.arange(100.0), method=ql.Strang(dt=0.1)):
        psi *= 2  # what is yielded is the caller's own
        if t >= 2:
            break
    assert max(calls) < 3


def test_an_e_op_cannot_change_the_state():
    with pytest.raises(ValueError, match="read-only"):
        ql.sesolve(H, PSI, [0, 1], e_ops=lambda t, psi: psi.__imul__(2))


def test_progress_bar(capsys, monkeypatch):
    ql.sesolve(H, PSI, [0, 0.1, 0.2], progress_bar=True)
    assert "t − t0 = 0.2 of 0.2" in capsys.readouterr().err
    from qlearn.sesolve.progress import ProgressBar

    shown = []
    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "show", lambda self, reached: shown.append(reached))
        ql.sesolve(H, PSI, [0, 9.0], method=ql.RKN6(), progress_bar=True)  # one long interval
    assert len(shown) > 2 and shown == sorted(shown) and shown[-1] == 9.0 and shown[len(shown) // 2] > 1.0
    ql.sesolve(H, PSI, [1.0], progress_bar=True)
    ql.sesolve(H, PSI, [3.0, 2.0], progress_bar=True)
    assert "1 of 1" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(MissingExtraError, match="tqdm"):
        ql.sesolve(H, PSI, [0, 0.1], progress_bar=True)
