"""CrankNicolson: its differences at seams and walls, its order, and the honesty of its estimate."""

import numpy as np
import pytest
from runs import resumed, run

import qlearn as ql
from qlearn.errors import ArgumentError, UnsupportedError
from qlearn.exact import DrivenOscillator, GaussianPacket
from qlearn.methods.crank_nicolson import difference_kinetic

SQUEEZED = GaussianPacket(center=1.0, width=0.5, momentum=0.7, chirp=0.3, omega=1.3, mass=1.2, hbar=0.9)
DRIVEN = DrivenOscillator(center=0.5, width=0.6, momentum=-0.4, chirp=0.2, omega=1.1, force=0.8, drive=2.3, mass=1.2, hbar=0.9)
GRID = ql.Grid(300, (-9, 9))
END = 1.6


@pytest.mark.parametrize(("boundary", "twist", "mass"), [
    (("periodic", "periodic"), (0.3, 0.0), [[1.0, 0.3], [0.3, 2.0]]),
    (("periodic", "wall"), (-0.2, 0.0), [1.0, 2.0]),
    (("wall", "wall"), 0.0, 0.7),
], ids=["mass matrix", "one wall", "box"])
def test_differences_of_modes_are_those_of_the_spectrum_to_order_8(boundary, twist, mass):
    errors = []
    for n in (20, 40):
        grid = ql.Grid((n, n), [(0, 6), (-1, 4)], boundary=boundary, twist=twist)
        H = ql.Hamiltonian(grid, 0.0, mass=mass)
        matrix = difference_kinetic(H)
        assert abs(matrix - matrix.conj().T).max() < 1e-12 * abs(matrix).max()
        mode = np.ones(grid.shape, dtype=complex)
        for axis, q in enumerate(grid.mesh):
            x, length = q - grid.bounds[axis][0], grid.lengths[axis]
            mode *= np.sin(3 * np.pi * x / length) if boundary[axis] == "wall" \
                else np.exp(2j * np.pi * (1 + grid.sectors[axis]) * x / length)
        exact = H.kinetic.apply(mode)
        errors.append(np.max(np.abs((matrix @ mode.ravel()).reshape(mode.shape) - exact)) / np.max(np.abs(exact)))
    assert 7.4 < np.log2(errors[0] / errors[1]) < 8.5


@pytest.mark.parametrize("problem", [SQUEEZED, DRIVEN], ids=["squeezed", "driven"])
def test_the_measured_slope_is_the_order(problem):
    H, x = problem.hamiltonian(GRID), GRID.axes[0]
    steps, exact = [1 / 20, 1 / 40, 1 / 80, 1 / 160], problem.state(x, END)
    runs = [run(ql.CrankNicolson(dt=dt), H, problem.state(x, 0.0), [0, END]) for dt in steps]
    errors = [GRID.norm(final - exact) for (final,), _ in runs]
    assert abs(np.polyfit(np.log(steps), np.log(errors), 1)[0] - ql.CrankNicolson.order) < 0.1
    assert errors[-1] < 1e-3
    assert all(0.5 * error < record.error < 2 * error for error, (_, record) in zip(errors, runs, strict=True))


@pytest.mark.parametrize("problem", [SQUEEZED, DRIVEN], ids=["squeezed", "driven"])
@pytest.mark.parametrize("tol", [1e-2, 1e-4])
def test_the_true_error_is_below_tol(problem, tol):
    H, x = problem.hamiltonian(GRID), GRID.axes[0]
    states, record = run(ql.CrankNicolson(), H, problem.state(x, 0.0), [0, 0.7, END], tol)
    assert 0.05 * tol < GRID.norm(states[-1] - problem.state(x, END)) < record.error + record.rounding < tol


def test_an_error_in_space_is_owned_up_to():
    grid = ql.Grid(48, (-9, 9))
    H, x = SQUEEZED.hamiltonian(grid), grid.axes[0]
    (final,), record = run(ql.CrankNicolson(dt=0.002), H, SQUEEZED.state(x, 0.0), [0, END])
    (spectral,), _ = run(ql.Dense(), H, SQUEEZED.state(x, 0.0), [0, END])
    error = grid.norm(final - spectral)
    assert error > 1e-3 and error < record.error < 20 * error
    assert "error in space" in record.note


def test_channels_twist_and_loss_against_the_dense_reference():
    grid = ql.Grid(64, (0, 6), twist=0.3)
    x = grid.axes[0]
    V = np.array([[np.cos(np.pi * x / 3), 0.4j * np.sin(np.pi * x / 3)], [-0.4j * np.sin(np.pi * x / 3), 1 + 0 * x]])
    H = ql.Hamiltonian(grid, V, absorber=0.2 * (1 + np.cos(np.pi * x / 3)))
    psi0 = np.stack([ql.gaussian(grid, center=3, width=0.6), 0.5 * ql.gaussian(grid, center=2, width=0.7, momentum=1)])
    (exact,), _ = run(ql.Dense(), H, psi0, [0, 1.0])
    (final,), _ = run(ql.CrankNicolson(), H, psi0, [0, 1.0], 1e-4)
    assert np.sqrt(np.sum(grid.norm(final - exact) ** 2)) < 1e-4


def test_a_run_goes_on_from_a_snapshot_to_the_same_bits():
    H, times = SQUEEZED.hamiltonian(GRID), [0, 0.3, END]
    start = SQUEEZED.state(GRID.axes[0], 0.0)
    whole, _ = run(ql.CrankNicolson(), H, start, times, 1e-3)
    assert np.array_equal(whole[-1], resumed(ql.CrankNicolson(), H, start, times, 1e-3, 3))


def test_refusals():
    method = ql.CrankNicolson()
    with pytest.raises(UnsupportedError, match="2 GiB"):
        method.check(ql.Hamiltonian(ql.Grid((64, 64, 64), [(0, 1)] * 3), 0.0))
    with pytest.raises(UnsupportedError, match="metrics"):
        method.check(ql.Hamiltonian(ql.Grid(16, (0, 6)), 0.0, metric=lambda q: 1 + 0.1 * np.cos(q)))
    with pytest.raises(UnsupportedError, match="Chebyshev"):
        method.check(ql.Hamiltonian(GRID, 0.0), imaginary=True)
    with pytest.raises(ArgumentError, match="dt must be"):
        ql.CrankNicolson(dt=0)


def test_a_batch_with_losses_is_sent_to_a_method_that_takes_it():
    grid = ql.Grid(16, (0, 1))
    H = ql.Hamiltonian(grid, np.zeros((3, 16)), absorber=0.1)
    with pytest.raises(UnsupportedError, match=r"with losses Lanczos\(\)"):
        ql.sesolve(H, np.ones(16), [0, 0.1], method=ql.CrankNicolson())
