"""The loop of the splittings: runs equal single steps, counts are exact, other arrays give the same numbers, little memory."""

import tracemalloc

import numpy as np
import pytest
from counted import counting

import qlearn as ql
from qlearn.kernels import fft
from qlearn.kernels.arrays import to_numpy
from qlearn.methods import Record, fused
from qlearn.methods.kernel import SplittingKernel

METHODS = [ql.Strang, ql.Yoshida4, ql.BM4, ql.BM6, ql.RKN6, ql.Gradient6, ql.ProcessedGradient6, ql.Chin4]
GRID = ql.Grid(64, (-8, 8))
X = GRID.axes[0]
PSI = np.exp(-(X - 1) ** 2 / 2 + 0.5j * X)
NAMES = [m.__name__ for m in METHODS]


def static():
    return ql.Hamiltonian(GRID, lambda x: 0.4 * x**2 + 0.1 * np.sin(x))


def driven():
    return ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: 0.4 * x**2, [(lambda t: np.sin(1.3 * t), lambda x: x)]))


def channels():
    return ql.Hamiltonian(GRID, np.array([[0.3 * X**2, 0.5 + 0 * X], [0.5 + 0 * X, 0.4 * X**2]]))


def through(kernel, phi, h=0.05, count=4, time=0.3):
    phi = kernel.enter(phi, time, h)
    phi = kernel.steps(phi, time, h, count)
    return kernel.leave(phi, time + count * h, h)


@pytest.mark.parametrize("H", [static(), driven()], ids=["static", "driven"])
@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_merged_steps_are_single_steps(method, H):
    kernel = SplittingKernel(H, method.table, Record())
    one = PSI.copy()
    for n in range(4):
        one = kernel.steps(one, 0.3 + n * 0.05, 0.05, 1)
    assert np.allclose(one, kernel.steps(PSI.copy(), 0.3, 0.05, 4), atol=1e-13)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_steps_back_undo_steps_forth(method):
    """Every scheme is symmetric, and every processor is undone by its inverse."""
    kernel = SplittingKernel(driven(), method.table, Record())
    there = through(kernel, PSI.copy(), 0.05, 4, 0.3)
    back = through(kernel, there, -0.05, 4, 0.5) if method.table.processor is None \
        else kernel.leave(kernel.steps(kernel.enter(there, 0.5, 0.05), 0.5, -0.05, 4), 0.3, 0.05)
    assert np.allclose(back, PSI, atol=1e-12)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_the_norm_is_kept(method):
    kernel = SplittingKernel(driven(), method.table, Record())
    assert GRID.norm(through(kernel, PSI.copy(), count=40)) == pytest.approx(GRID.norm(PSI), abs=1e-13)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "called"])
@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_counts_are_exact(method, compiled, monkeypatch):
    """Of the loops that call the transforms of a backend, which the compiled loop with its own does not."""
    counted, record = [], Record()
    kernel = SplittingKernel(static(), method.table, record)
    if not compiled:
        kernel._called = None
    elif kernel._called is None:
        pytest.skip("the loop that is compiled needs numba")
    batch = np.stack([PSI, PSI, PSI])
    with ql.fft_backend("scipy"):
        monkeypatch.setattr(fft, "_current", counting(fft._current, GRID.size, counted))
        through(kernel, batch.copy(), count=5)
        assert record.ffts == len(counted) == 3 * 2 * (5 * method.table.pairs) + 3 * 2 * method.table.processor_pairs
        monkeypatch.undo()
    through(kernel, batch, count=5)
    assert record.ffts == 2 * len(counted)


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@pytest.mark.parametrize("kind", ["array_api_strict", "torch"])
def test_other_arrays_give_the_same_numbers(kind, method):
    xp = pytest.importorskip(kind, reason=f"{kind} is an optional kind of array")
    for H in (static(), driven()):
        wanted = through(SplittingKernel(H, method.table, Record()), PSI.copy())
        found = through(SplittingKernel(H, method.table, Record()), xp.asarray(PSI.copy()))
        assert type(found) is type(xp.asarray(PSI))
        assert np.allclose(to_numpy(found), wanted, atol=1e-13)


@pytest.mark.parametrize("kind", ["array_api_strict", "torch"])
def test_other_arrays_with_losses_channels_and_mean_fields(kind):
    xp = pytest.importorskip(kind, reason=f"{kind} is an optional kind of array")
    cases = [(ql.Hamiltonian(GRID, lambda x: 0.4 * x**2, absorber=lambda x: 0.01 * x**2), ql.Chin4, PSI, False),
             (ql.Hamiltonian(GRID, lambda x: 0.4 * x**2, nonlinearity=lambda n: 1.2 * n), ql.RKN6, PSI, False),
             (ql.Hamiltonian(GRID, lambda x: 0.4 * x**2, nonlinearity=lambda n: 1.2 * n), ql.Strang, PSI, True),
             (channels(), ql.BM6, np.stack([PSI, 1j * PSI]), False), (static(), ql.Chin4, PSI, True)]
    for H, method, psi, imaginary in cases:
        wanted = through(SplittingKernel(H, method.table, Record(), imaginary), psi.copy())
        found = through(SplittingKernel(H, method.table, Record(), imaginary), xp.asarray(psi.copy()))
        assert np.allclose(to_numpy(found), wanted, atol=1e-13)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_backends_agree_in_two_dimensions(backend):
    pytest.importorskip("numba", reason="the compiled phases need numba")
    grid = ql.Grid((24, 20), [(-6, 6), (-5, 5)])
    psi = np.exp(-grid.mesh[0] ** 2 / 2 - (grid.mesh[1] - 1) ** 2 / 2).astype(complex)
    for mass in (1.3, [1.0, 2.0], [[1.0, 0.3], [0.3, 2.0]]):
        H = ql.Hamiltonian(grid, lambda x, y: 0.3 * x**2 + 0.2 * y**2 + 0.02 * x**2 * y, mass=mass)
        h, count = 0.01, 100
        with ql.phase_backend(backend):
            phi = SplittingKernel(H, ql.Strang.table, Record()).steps(psi.copy(), 0.0, h, count)
        with ql.phase_backend("numpy"):
            assert np.allclose(phi, SplittingKernel(H, ql.Strang.table, Record()).steps(psi.copy(), 0.0, h, count), atol=1e-12)
        other, kick, drift = psi.copy(), np.exp(-0.5j * h * H.potential_table()), np.exp(-1j * h * H.kinetic.table)
        for _ in range(count):
            other = kick * np.fft.ifft2(drift * np.fft.fft2(kick * other))
        assert np.allclose(phi, other, atol=1e-12)


def test_walls_and_twists():
    for grid in (ql.Grid(31, (-8, 8), boundary="wall"), ql.Grid(32, (-8, 8), twist=0.3)):
        H = ql.Hamiltonian(grid, lambda x: 0.4 * x**2)
        psi = np.exp(-(grid.axes[0] - 0.5) ** 2 / 2).astype(complex)
        energies, vectors = np.linalg.eigh(H.to_matrix())
        exact = vectors @ (np.exp(-1j * energies) * (vectors.conj().T @ psi))
        kernel = SplittingKernel(H, ql.Gradient6.table, Record())
        found = grid.from_periodic(kernel.steps(grid.to_periodic(psi), 0.0, 0.05, 20))
        assert np.linalg.norm(found - exact) < 1e-8


def test_imaginary_time_reaches_the_ground_state_and_holds_the_norm():
    H = ql.Hamiltonian(GRID, lambda x: x**2 / 2 - 1e4)   # exp(+1e4 τ) would overflow
    kernel = SplittingKernel(H, ql.Chin4.table, Record(), imaginary=True)
    phi = kernel.steps(PSI.copy(), 0.0, 0.1, 200)
    assert GRID.norm(phi) == pytest.approx(GRID.norm(PSI), abs=1e-12)
    assert float(np.real(H.expect(phi / GRID.norm(phi)))) + 1e4 == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("backend", ["auto", "scipy"])
def test_tables_of_a_few_lengths_are_kept(backend):
    kernel = SplittingKernel(static(), ql.RKN6.table, Record())
    with ql.fft_backend(backend):
        for h in (0.1, 0.05, 0.2, 0.3):
            kernel.steps(PSI.copy(), 0.0, h, 1)
        kernel.steps(PSI.copy(), 0.0, 0.1, 1)     # used again: the last to go
        kernel.steps(PSI.copy(), 0.0, 0.4, 1)
    loop = kernel._plain if kernel._called is None else kernel._called
    kept = [h for h, _ in loop._kept] if kernel._fused is None or backend == "scipy" else list(kernel._fused._kicked)
    assert kept == [0.2, 0.3, 0.1, 0.4]


def test_a_brief_look_makes_no_tables_of_kicks_on_large_grids(monkeypatch):
    monkeypatch.setattr(fused, "FEW", GRID.size - 1)
    kernel = SplittingKernel(static(), ql.RKN6.table, Record())
    brief = kernel.steps(PSI.copy(), 0.0, 0.1, 2, brief=True)
    if kernel._fused is not None:
        assert not kernel._fused._kicked
    np.testing.assert_allclose(brief, kernel.steps(PSI.copy(), 0.0, 0.1, 2), atol=1e-14)


@pytest.mark.parametrize("H", [static, driven, channels], ids=["static", "driven", "channels"])
def test_a_run_needs_few_wave_functions(H):
    """Beyond V, tables and ψ itself: at most 4."""
    grid = ql.Grid(2**14, (-8, 8))
    if H is channels:
        x = grid.axes[0]
        hamiltonian = ql.Hamiltonian(grid, np.array([[0.3 * x**2, 0.5 + 0 * x], [0.5 + 0 * x, 0.4 * x**2]]))
    else:
        hamiltonian = ql.Hamiltonian(grid, H().potential)
    psi = np.ones(hamiltonian.state_shape, dtype=complex)
    kernel = SplittingKernel(hamiltonian, ql.BM6.table, Record())
    kernel.steps(psi, 0.0, 0.01, 1)
    tracemalloc.start()
    kernel.steps(psi, 0.0, 0.01, 3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * psi.nbytes


@pytest.mark.parametrize("dt", [0.05, None], ids=["fixed", "automatic"])
@pytest.mark.parametrize("method", [ql.RKN6, ql.Gradient6, ql.ProcessedGradient6], ids=lambda m: m.__name__)
def test_a_snapshot_goes_on_to_the_same_bits(method, dt):
    from qlearn.methods import Task
    times = np.array([0.0, 0.4, 1.0, 2.0])

    def started():
        return method(dt=dt).start(Task(driven(), PSI.copy(), times, 1e-7, Record()))

    def arrive(stepper, targets):
        psi = None
        for target in targets:
            psi = None
            while psi is None:
                psi = stepper.move(target)
        return psi
    first = started()
    arrive(first, times[1:2])
    first.move(times[2])
    record, saved = first.task.record, first.snapshot()
    counts = (record.ffts, record.steps, record.error, record.rounding)
    straight = arrive(first, times[2:])
    second = started()
    second.restore(saved)
    again = second.task.record
    again.ffts, again.steps, again.error, again.rounding = counts
    assert np.array_equal(arrive(second, times[2:]), straight)
