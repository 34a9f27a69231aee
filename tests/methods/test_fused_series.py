"""Chebyshev's and Lanczos' recursions in the compiled loop: the numbers of the loop over NumPy's arrays, to rounding."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.methods import Record
from qlearn.methods.energies import ShortLanczos, Spectrum
from qlearn.methods.expansion import Expansion
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.fused_series import fused_series
from qlearn.methods.lookout import Lookout, Places

pytest.importorskip("numba", reason="the compiled loop needs numba")

SHAPES = [(64,), (200,), (1000,), (16, 24), (30, 40), (9, 8), (16, 18, 20), (8, 3, 5, 2)]


def problem(shape, members=2):
    grid = ql.Grid(shape, [(-5, 6)] * len(shape), twist=0.2)
    H = ql.Hamiltonian(grid, lambda *q: sum(0.5 * (1 + a) * x**2 for a, x in enumerate(q)), mass=1.3, hbar=0.8)
    rng = np.random.default_rng(1)
    return H, rng.standard_normal((members, *shape)) + 1j * rng.standard_normal((members, *shape))


def both(monkeypatch, run):
    """What a run gives by the compiled loop and without it."""
    fused = run()
    for module in ("expansion", "energies"):
        monkeypatch.setattr(f"qlearn.methods.{module}.fused_series", lambda operator: None)
    return fused, run()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_sums_samples_and_what_is_watched(shape, monkeypatch):
    """Three times at once under ceilings, a batch, points and modes that are watched."""
    H, phi = problem(shape)
    (low, high), (bottom, top) = H.kinetic.bounds, (0.0, float(H.potential_table().max()))
    spectrum = Spectrum((low, bottom), (high, top), ceilings=(0.6 * high, 0.5 * top))
    dts = np.array([0.2, -0.5, 1.0]) * 40 * H.hbar / spectrum.width
    places = Places(np.arange(0, H.grid.size, 7), np.arange(3, H.grid.size, 5))

    def run():
        record = Record()
        record.lookout = Lookout(places, phi, H.grid.size)
        states, tail, sampled = Expansion(H, spectrum, record).expand([phi], dts, 1e-12)
        return states, tail, [kind.sums for kind in sampled.samples], record.lookout.seen, (record.ffts, record.steps)

    fused, plain = both(monkeypatch, run)
    scale = np.linalg.norm(phi)
    for a, b in zip(fused[0], plain[0], strict=True):
        assert np.linalg.norm(a - b) < 1e-13 * scale and abs(np.linalg.norm(a) - scale) < 1e-11 * scale
    assert fused[1] == plain[1] and fused[4] == plain[4] and fused[4][1] > 40
    assert np.allclose(fused[2][0], plain[2][0], rtol=0, atol=1e-13 * scale * np.sqrt(H.grid.size))
    assert np.allclose(fused[2][1], plain[2][1], rtol=0, atol=1e-13 * scale)
    assert np.allclose(fused[3], plain[3], rtol=1e-12, atol=0) and np.all(fused[3] > 0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_matrices_of_lanczos(shape, monkeypatch):
    """Of a random state, of none beside it, and of an eigenstate, of which nothing but its energy is left."""
    H, phi = problem(shape)
    phi[1] = 0.0
    fused, plain = both(monkeypatch, lambda: ShortLanczos(FrozenOperator(H), phi, len(shape), Record()))
    assert np.allclose(fused.diagonal[:8], plain.diagonal[:8], rtol=1e-10)
    assert np.allclose(fused.offdiagonal[:8], plain.offdiagonal[:8], rtol=1e-10)
    assert len(fused.diagonal) == len(plain.diagonal) and np.allclose(fused.last, plain.last, rtol=1e-3)
    monkeypatch.undo()
    free = ql.Hamiltonian(H.grid, 0.7, mass=1.3, hbar=0.8)
    wave = np.broadcast_to(np.exp(2j * np.pi * np.arange(shape[-1]) / shape[-1]), shape).astype(complex)
    values, weights = ShortLanczos(FrozenOperator(free), wave, len(shape), Record()).values()
    energy = 0.7 + float(free.kinetic.table[(0,) * (len(shape) - 1) + (1,)])
    assert np.sum(values * weights) == pytest.approx(energy, rel=1e-12)
    assert np.sum(weights[np.abs(values - energy) > 1e-6 * energy]) < 1e-12


def test_states_are_those_of_the_dense_reference():
    H = ql.Hamiltonian(ql.Grid(120, (-9, 9)), lambda x: x**2 / 2 + 0.1 * np.cos(2 * x), mass=1.3, hbar=0.8)
    psi = ql.gaussian(H.grid, center=1.0, width=0.6, hbar=0.8)
    times = np.linspace(0, 4, 9)
    exact = ql.sesolve(H, psi, times, method=ql.Dense()).states
    found = ql.sesolve(H, psi, times, method=ql.Chebyshev(), tol=1e-10, window=False)
    assert np.all(H.grid.norm(found.states - exact) < 1e-10)


def test_other_arrays_and_problems_take_the_other_way():
    line = problem((64,))[0]
    assert fused_series(FrozenOperator(line)).takes(np.zeros(64, dtype=complex))
    with ql.fft_backend("scipy"):
        assert not fused_series(FrozenOperator(line)).takes(np.zeros(64, dtype=complex))
    with ql.phase_backend("numpy"):
        assert fused_series(FrozenOperator(line)) is None
    wall, seven = ql.Grid(64, (0, 1), "wall"), ql.Grid(77, (0, 1))
    for H in (ql.Hamiltonian(wall, 0.0), ql.Hamiltonian(seven, 0.0), ql.Hamiltonian(line.grid, -1j * line.grid.axes[0] ** 2),
              ql.Hamiltonian(line.grid, np.zeros((3, 64)))):
        assert fused_series(FrozenOperator(H)) is None


def test_the_start_is_left_alone_and_long_series_are_done_in_parts(monkeypatch):
    H, phi = problem((96,), members=1)
    spectrum = Spectrum((H.kinetic.bounds[0], 0.0), (H.kinetic.bounds[1], float(H.potential_table().max())))
    before = phi.copy()
    whole = Expansion(H, spectrum, Record()).expand([phi], np.array([1.0]), 1e-12)[0][0]
    assert np.array_equal(phi, before)
    monkeypatch.setattr("qlearn.kernels.series.AT_ONCE", 3 * 96)
    assert np.array_equal(Expansion(H, spectrum, Record()).expand([phi], np.array([1.0]), 1e-12)[0][0], whole)
