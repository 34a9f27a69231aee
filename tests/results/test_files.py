"""Results in files: every number comes back; of the Hamiltonian what tables can tell, and a clear word about the rest."""

import numpy as np
import pytest

import qlearn as ql
from qlearn import storage
from qlearn.errors import ArgumentError, StorageError, UnsupportedError

GRID = ql.Grid(48, (-6, 6), twist=0.2)
X = GRID.axes[0]
PSI = ql.gaussian(GRID, center=1, width=0.6)


def saved(H, tmp_path, **options):
    result = ql.sesolve(H, PSI, [0, 0.4, 1.0], tol=1e-6, **options)
    result.save(tmp_path / "result.h5")
    return result, ql.load(tmp_path / "result.h5")


def equal(a, b):
    return (a is None and b is None) or (np.array_equal(a, b) and a.dtype == b.dtype)


def test_every_number_comes_back(tmp_path):
    H = ql.Hamiltonian(GRID, lambda x: np.cos(np.pi * x / 6), mass=1.3, hbar=0.7)
    result, back = saved(H, tmp_path, e_ops={"x": X, 3: H, ("a", 1): lambda t, psi: t}, store_states=True)
    assert all(equal(getattr(result, name), getattr(back, name)) for name in ("times", "states", "final_state"))
    assert list(back.e_data) == list(result.e_data) and all(equal(a, b) for a, b in zip(result.expect, back.expect, strict=True))
    assert back.method == result.method and back.stats == result.stats
    assert back.hamiltonian.grid.same_as(GRID) and np.array_equal(back.hamiltonian @ PSI, H @ PSI)
    assert not back.states.flags.writeable and not back.expect[0].flags.writeable
    again = ql.sesolve(back.hamiltonian, PSI, [0, 0.4, 1.0], method=ql.RKN6(dt=0.05))
    assert np.array_equal(again.final_state, ql.sesolve(H, PSI, [0, 0.4, 1.0], method=ql.RKN6(dt=0.05)).final_state)
    q = np.linspace(-5, 5, 7)
    assert all(np.array_equal(a, b) for a, b in zip(result.field()(0.3, q), back.field()(0.3, q), strict=True))
    assert back.hamiltonian.refined() is None


def test_a_driven_potential_is_known_at_the_stored_times_only(tmp_path):
    H = ql.Hamiltonian(GRID, lambda t, x: np.cos(np.pi * x / 6 - t), time_dependent=True)
    result, back = saved(H, tmp_path)
    assert np.array_equal(back.field()(0.3, X)[0], result.field()(0.3, X)[0])
    with pytest.raises(UnsupportedError, match=r"3 stored times only.*not at t = 0\.5"):
        back.hamiltonian.potential_table(0.5)
    with pytest.raises(UnsupportedError, match="points of its grid only"):
        back.hamiltonian.refined().potential_table(0.4)
    _, short = saved(H, tmp_path, e_ops=[X])
    assert short.states is None and short.hamiltonian.potential_table(1.0).shape == (48,)


def test_a_metric_and_a_backward_run(tmp_path):
    ring = ql.Grid(48, (0, 2 * np.pi))
    H = ql.Hamiltonian(ring, lambda x: np.cos(x), metric=lambda x: 1 + 0.3 * np.cos(x))
    result = ql.sesolve(H, ql.gaussian(ring, center=3, width=0.6), [1.0, 0.5, 0.0], tol=1e-5)
    result.save(tmp_path / "ring.h5")
    back = ql.load(str(tmp_path / "ring.h5"))
    assert np.allclose(back.hamiltonian @ result.final_state, H @ result.final_state, rtol=1e-12, atol=1e-12)
    assert np.array_equal(back.times, result.times) and np.array_equal(back.hamiltonian.root_metric, H.root_metric)


def test_what_is_no_number_or_no_result_is_refused(tmp_path):
    H = ql.Hamiltonian(GRID, 0.0)
    words = ql.sesolve(H, PSI, [0, 0.1], e_ops=lambda t, psi: "a word")
    with pytest.raises(ArgumentError, match=r"expect\[0\] must hold numbers"):
        words.save(tmp_path / "words.h5")
    keyed = ql.sesolve(H, PSI, [0, 0.1], e_ops={GRID: X})
    with pytest.raises(ArgumentError, match="Name them by strings"):
        keyed.save(tmp_path / "keyed.h5")
    storage.write(tmp_path / "bare.h5", "result", {"times": np.zeros(1), "hamiltonian": {}})
    with pytest.raises(StorageError, match="not a result as qlearn writes it"):
        ql.load(tmp_path / "bare.h5")
    with pytest.raises(StorageError, match="no file"):
        ql.load(tmp_path / "missing.h5")
    with pytest.raises(ArgumentError, match="path"):
        ql.load(3)
    with pytest.raises(ArgumentError, match="folder that exists"):
        keyed.save(tmp_path / "no" / "folder.h5")


def test_loss_channels_and_a_vector_potential_come_back_as_tables(tmp_path):
    ring = ql.Grid(48, (0, 2 * np.pi))
    x = ring.axes[0]
    psi = ql.gaussian(ring, center=3, width=0.5)
    V = np.array([[np.cos(x), 0.1j * np.sin(x)], [-0.1j * np.sin(x), 0.2 + 0 * x]])
    for H, state in ((ql.Hamiltonian(ring, np.cos, absorber=lambda q: 0.1 * (1 + np.cos(q))), psi),
                     (ql.Hamiltonian(ring, V, absorber=0.05), np.stack([psi, 1j * psi])),
                     (ql.Hamiltonian(ring, V - 0.1j * np.diag([1.0, 0.0])[:, :, None]), np.stack([psi, 1j * psi])),
                     (ql.Hamiltonian(ring, 0.0, vector_potential=[0.3]), psi),
                     (ql.Hamiltonian(ring, 0.0, vector_potential=lambda q: 0.3 + 0.1 * np.sin(q)), psi),
                     (ql.Hamiltonian(ring, np.stack([np.cos(x), np.sin(x)])), np.stack([psi, psi]))):
        result = ql.sesolve(H, state, [0, 0.1], method=ql.Lanczos(), tol=1e-5)
        result.save(tmp_path / "result.h5")
        back = ql.load(tmp_path / "result.h5")
        np.testing.assert_allclose(back.hamiltonian @ state, H @ state, atol=1e-12)
        assert back.hamiltonian.is_hermitian == H.is_hermitian and back.hamiltonian.channels == H.channels
        absorbed = back.stats["absorbed"]
        assert (absorbed is None) == H.is_hermitian and np.array_equal(absorbed, result.stats["absorbed"])


def test_a_moving_vector_potential_and_a_nonlinearity_say_what_they_no_longer_know(tmp_path):
    ring = ql.Grid(48, (0, 2 * np.pi))
    psi = ql.gaussian(ring, center=3, width=0.5)
    moving = ql.Hamiltonian(ring, 0.0, vector_potential=lambda t, q: t * (1 + 0.1 * np.sin(q)), time_dependent=True)
    result = ql.sesolve(moving, psi, [0, 0.1], tol=1e-5)
    result.save(tmp_path / "moving.h5")
    back = ql.load(tmp_path / "moving.h5").hamiltonian
    np.testing.assert_allclose(back.apply(psi, 0.1), moving.apply(psi, 0.1), atol=1e-12)
    with pytest.raises(UnsupportedError, match="of a loaded result is known at 2 stored times"):
        back.apply(psi, 0.05)
    for f in (lambda n: 2 * n, lambda n: (2 - 0.1j) * n):
        condensate = ql.Hamiltonian(ring, 0.0, nonlinearity=f)
        result = ql.sesolve(condensate, psi, [0, 0.1], tol=1e-5)
        result.save(tmp_path / "condensate.h5")
        back = ql.load(tmp_path / "condensate.h5")
        assert np.array_equal(back.final_state, result.final_state) and not back.hamiltonian.is_linear
        assert back.hamiltonian.is_hermitian == condensate.is_hermitian
        with pytest.raises(UnsupportedError, match="nonlinearity of a loaded result"):
            back.hamiltonian @ psi


def test_a_driven_result_that_does_not_begin_at_zero_comes_back(tmp_path):
    grid = ql.Grid(32, (-6, 6))
    H = ql.Hamiltonian(grid, lambda t, x: x**2 / 2 + 0.1 * x * np.cos(t), vector_potential=lambda t, x: 0.1 * np.sin(t) + 0 * x,
                       time_dependent=True)
    result = ql.sesolve(H, ql.gaussian(grid, center=0.5, width=0.7), [1.0, 1.1], tol=1e-4)
    result.save(tmp_path / "late.h5")
    loaded = ql.load(tmp_path / "late.h5").hamiltonian
    np.testing.assert_array_equal(loaded.potential_table(1.1), H.potential_table(1.1))
    np.testing.assert_array_equal(loaded.kinetic.vector_potential(1.1), H.kinetic.vector_potential(1.1))
    with pytest.raises(UnsupportedError, match="stored times only"):
        loaded.potential_table(0.0)
