"""Bessel functions, the expansion, the ceilings and what is certified of them."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import resumed, run
from scipy.special import ive, jv

import qlearn as ql
from qlearn.errors import UnsupportedError
from qlearn.methods import Record
from qlearn.methods.bessel import bessel_functions, modified_bessel_functions
from qlearn.methods.chebyshev import ChebyshevStepper
from qlearn.methods.energies import ShortLanczos, reached_energy
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.record import EPS

GRID = ql.Grid(1024, (-40, 40))
P1 = ql.Hamiltonian(GRID, np.minimum(10 * ((GRID.axes[0] / 10) ** 2 - 1) ** 2, 800))
PACKET = ql.gaussian(GRID, center=-10, momentum=7, width=0.5**0.5)


@pytest.mark.parametrize("form", ["auto", "numpy"])
@pytest.mark.parametrize("z", [1e-9, 0.5, -3.0, 24.9, 25.1, -60.0, 800.0])
def test_bessel_functions(z, form):
    count = int(abs(z) + 10 * abs(z) ** (1 / 3)) + 60
    with ql.phase_backend(form):
        values = bessel_functions(np.array([z], dtype=np.longdouble), count)[0]
    np.testing.assert_allclose(values, jv(np.arange(count), z), atol=3e-14)
    assert values[0] ** 2 + 2 * np.sum(values[1:] ** 2) == pytest.approx(1, abs=1e-15)  # DLMF 10.23.3


def test_bessel_functions_of_large_and_small_arguments_at_once():
    """As one expansion asks for them; of the argument more counts than its double."""
    z = np.array([1000.3, -26.0, 3.0, 1000.3], dtype=np.longdouble)
    z[3] += 1e-14
    values = bessel_functions(z, 1200)
    assert np.all(np.isfinite(values))
    np.testing.assert_allclose(values[:3], jv(np.arange(1200), z[:3, None].astype(float)), atol=3e-14)
    with ql.phase_backend("numpy"):
        np.testing.assert_allclose(bessel_functions(z, 1200), values, rtol=0, atol=1e-16)


@pytest.mark.parametrize("z", [0.0, 1e-12, 0.9, 1.1, 50.0, 3e4])
def test_modified_bessel_functions(z):
    count = int(np.sqrt(160 * z)) + 60
    np.testing.assert_allclose(modified_bessel_functions(z, count), ive(np.arange(count), z), atol=1e-15, rtol=1e-11)


@pytest.fixture(scope="module")
def p1_exact():
    energies, vectors = np.linalg.eigh(P1.to_matrix())
    return vectors @ (np.exp(-20j * energies) * (vectors.T @ PACKET))


@pytest.mark.parametrize(("tol", "most"), [(1e-4, 1800), (1e-6, 2000), (1e-10, 2750)])
def test_clipping_saves_most_transforms_of_p1(tol, most, p1_exact):
    (final,), record = run(ql.Chebyshev(), P1, PACKET, [0, 20.0], tol)
    error = GRID.norm(final - p1_exact)
    assert error < record.error + record.rounding < tol
    assert record.ffts < 2 * most  # 16584 pairs without ceilings


def test_ceilings_that_are_too_low_are_found_out_and_raised(monkeypatch, p1_exact):
    monkeypatch.setattr("qlearn.methods.energies.reached_energy", lambda *arguments: 45.0)
    (final,), record = run(ql.Chebyshev(), P1, PACKET, [0, 20.0], 1e-6)
    assert "done again" in record.note
    assert GRID.norm(final - p1_exact) < record.error < 1e-6


def test_without_the_certificate_low_ceilings_would_err(monkeypatch, p1_exact):
    """Negative control: at a ceiling of 60 the error is 2e-4."""
    monkeypatch.setattr("qlearn.methods.energies.reached_energy", lambda *arguments: 60.0)
    monkeypatch.setattr("qlearn.methods.chebyshev.ChebyshevStepper._judged", lambda *arguments: True)
    (final,), _ = run(ql.Chebyshev(), P1, PACKET, [0, 20.0], 1e-6)
    assert GRID.norm(final - p1_exact) > 1e-5


def test_the_reached_energy_bounds_the_share_above_it():
    operator = FrozenOperator(P1)
    space = ShortLanczos(operator, operator.enter(PACKET), 1, Record())
    energies, vectors = np.linalg.eigh(P1.to_matrix())
    weights = np.abs(vectors.T @ PACKET) ** 2 * GRID.cell_volume
    for tol in (1e-2, 1e-4, 1e-6, 1e-9):
        top = reached_energy(space, tol, 0.0)
        assert np.sqrt(np.sum(weights[energies > top])) < tol
        assert top < 120


@given(seed=st.integers(0, 2**32 - 1), tol=st.sampled_from([1e-3, 1e-6, 1e-9]), rough=st.booleans())
@settings(max_examples=12, deadline=None)
def test_clipped_runs_of_random_problems_keep_their_tolerance(seed, tol, rough):
    rng = np.random.default_rng(seed)
    grid = ql.Grid(256, (-8, 8), twist=rng.uniform(-0.5, 0.5))
    a, b, wall = rng.uniform(-6, 6, 4), rng.uniform(0, 6, 4), rng.uniform(100, 900)
    H = ql.Hamiltonian(grid, lambda x: sum(a[j] * np.cos(j * np.pi * x / 8 + b[j]) for j in range(4))
                       + (np.where(abs(x) < 0.5, wall, 0) if rough else np.minimum(4 * x**2, wall)),
                       hbar=rng.uniform(0.5, 1.5), mass=rng.uniform(0.5, 2))
    psi0 = ql.gaussian(grid, center=rng.uniform(-4, 4), width=rng.uniform(0.4, 1), momentum=rng.uniform(-4, 4), hbar=H.hbar)
    end = rng.uniform(2, 10) * rng.choice([-1, 1])
    (exact,), _ = run(ql.Dense(), H, psi0, [0, end])
    (final,), record = run(ql.Chebyshev(), H, psi0, [0, end], tol)
    assert grid.norm(final - exact) < record.error + record.rounding < tol, record.note


@pytest.mark.parametrize("end", [2.0, -2.0, 30.0], ids=["forwards", "backwards", "many expansions"])
def test_against_the_dense_reference(end):
    grid = ql.Grid(48, (0, 2 * np.pi), twist=0.2)
    H = ql.Hamiltonian(grid, lambda x: np.where(np.abs(x - 3) < 1, 3.0, 0.0), hbar=1.4)  # steps of V do not matter
    psi0 = np.random.default_rng(1).standard_normal((2, 48)) + 0j
    times = np.array([0, 0.3, 0.31, 1.0]) * end
    found, _ = run(ql.Chebyshev(), H, psi0, times, 1e-10)
    reference, _ = run(ql.Dense(), H, psi0, times)
    assert max(np.max(grid.norm(a - b)) for a, b in zip(found, reference, strict=True)) < 1e-10


@pytest.mark.parametrize("method", [ql.Chebyshev(), ql.Lanczos()], ids=["Chebyshev", "Lanczos"])
def test_imaginary_time(method):
    grid = ql.Grid(64, (0, 2 * np.pi), twist=0.1)
    H = ql.Hamiltonian(grid, lambda x: 40 * np.cos(x) + 1000)
    psi0 = np.stack([ql.gaussian(grid, center=1.0, width=0.3, momentum=2), 3 * ql.gaussian(grid, center=3, width=0.4)])
    times = [0, 0.01, 0.3, 5.0]
    exact, _ = run(ql.Dense(), H, psi0, times, imaginary=True)
    found, record = run(method, H, psi0, times, 1e-9, imaginary=True)
    errors = [np.max(grid.norm(a - b) / [1, 3]) for a, b in zip(found, exact, strict=True)]
    assert max(errors) < 1e-9 and errors[-1] < record.error + record.rounding
    np.testing.assert_allclose(grid.norm(found[-1]), [1, 3], rtol=1e-12)
    lowest = np.linalg.eigvalsh(H.to_matrix())[0]
    np.testing.assert_allclose(H.expect(found[-1]) / [1, 9], lowest, rtol=1e-12)


@pytest.mark.parametrize("imaginary", [False, True], ids=["real", "imaginary"])
@pytest.mark.parametrize("stop", [1, 2])
def test_a_run_goes_on_from_a_snapshot_to_the_same_bits(stop, imaginary):
    times, tol = [0, 0.05, 0.1, 3.0, 8.0], 1e-7
    whole, _ = run(ql.Chebyshev(), P1, PACKET, times, tol, imaginary=imaginary)
    again = resumed(ql.Chebyshev(), P1, PACKET, times, tol, stop, imaginary=imaginary)
    assert np.array_equal(whole[-1], again)


def test_a_constant_hamiltonian_only_turns_the_phase():
    grid = ql.Grid(2, (0, 1e12))  # T ~ 1e-23
    (final,), _ = run(ql.Chebyshev(), ql.Hamiltonian(grid, 2.0), np.full(2, 1e-6 + 0j), [0, 1.0], 0.5)
    np.testing.assert_allclose(final, 1e-6 * np.exp(-2j), rtol=1e-12)


@pytest.mark.parametrize("method", [ql.Chebyshev(), ql.Dense(), ql.Lanczos()], ids=["Chebyshev", "Dense", "Lanczos"])
def test_time_dependence_is_refused_with_an_alternative(method):
    H = ql.Hamiltonian(ql.Grid(16, (0, 1)), lambda t, x: t * x, time_dependent=True)
    with pytest.raises(UnsupportedError, match="Magnus4"):
        method.check(H)


def test_dense_refuses_large_grids():
    with pytest.raises(UnsupportedError, match="Chebyshev"):
        ql.Dense().check(ql.Hamiltonian(ql.Grid(8192, (0, 1)), 0.0))


def test_rounding_is_counted_to_the_last_time_of_an_expansion():
    H = ql.Hamiltonian(ql.Grid(32, (0, 6)), lambda x: np.cos(np.pi * x / 3))
    psi = ql.gaussian(H.grid, center=3, width=0.6)
    _, record = run(ql.Chebyshev(clip=False), H, psi, np.linspace(0, 1.6, 17), 1e-6)
    assert record.rounding >= EPS * (H.spectral_bounds[1] - H.spectral_bounds[0]) / 2 * 1.6


@pytest.mark.parametrize("end", [0.5, 15.0], ids=["at once", "expansions one behind the other"])
def test_memory_is_that_of_four_waves_beside_tables_and_results(end):
    """Two stored states and the final one, half a wave for each of T and V and for the coefficients of a thousand terms, four
    beyond."""
    grid = ql.Grid((192, 192), [(-9, 9)] * 2)
    H = ql.Hamiltonian(grid, lambda x, y: (x**2 + y**2) / 2)
    psi0 = ql.gaussian(grid, center=(1.0, 0.0), width=0.5**0.5)
    ql.sesolve(H, psi0, [0, end], method=ql.Chebyshev(), window=False)  # what H keeps is made before
    tracemalloc.start()
    try:
        ql.sesolve(H, psi0, [0, end], method=ql.Chebyshev(), window=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (3 + 1.5 + 4) * psi0.nbytes


def test_an_expansion_that_overwrote_its_start_is_taken_back_where_it_fails(monkeypatch):
    """From the second expansion on φ is not kept; a bound that fails there leads back to it."""
    (plain,), _ = run(ql.Chebyshev(), P1, PACKET, [0, 8.0], 1e-8)
    judged, calls = ChebyshevStepper._judged, []

    def failing(self, sampled, dt):
        calls.append(self.now)
        good = judged(self, sampled, dt)
        if good and self.now != 0 and calls.count(self.now) == 1:
            self.failures, self.repeats = 1, self.repeats + 1
            return False
        return good

    monkeypatch.setattr(ChebyshevStepper, "_judged", failing)
    (again,), record = run(ql.Chebyshev(), P1, PACKET, [0, 8.0], 1e-8)
    assert len(set(calls)) > 2
    assert "done again" in record.note
    assert GRID.norm(again - plain) < 1e-9
