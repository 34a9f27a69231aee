"""Every method × exact problems, on complex ψ with its phase: the slope is the claimed order ± 0.1, and a bound holds."""

import numpy as np
import pytest

import qlearn as ql
from qlearn.exact import DrivenOscillator, GaussianPacket
from qlearn.methods import Record
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.kernel import SplittingKernel

SQUEEZED = GaussianPacket(center=1.0, width=0.5, momentum=0.7, chirp=0.3, omega=1.3, mass=1.2, hbar=0.9)
DRIVEN = DrivenOscillator(center=0.5, width=0.6, momentum=-0.4, chirp=0.2, omega=1.1, force=0.8, drive=2.3, mass=1.2,
                          hbar=0.9)
GRID = ql.Grid(96, (-9, 9))
END = 2.4
COUNTS = {2: [40, 80, 120, 200], 4: [20, 30, 45, 70], 6: [6, 8, 11, 15]}
METHODS = [ql.Strang, ql.Yoshida4, ql.BM4, ql.BM6, ql.RKN6, ql.Gradient6, ql.ProcessedGradient6, ql.Chin4]
BOUNDS = {"Strang": 1e-4, "Yoshida4": 3e-6, "BM4": 1e-9, "BM6": 3e-10, "RKN6": 1e-10, "Gradient6": 3e-10,
          "ProcessedGradient6": 1e-10, "Chin4": 2e-8}


def final(H, method, psi, start, span, count):
    """``count`` steps of the kernel itself: sesolve only adds the choice of the steps."""
    kernel, h = SplittingKernel(H, method.table, Record()), span / count
    phi = kernel.steps(kernel.enter(psi.astype(complex), start, h), start, h, count)
    return kernel.leave(phi, start + span, h)


def errors_of(method, problem, counts):
    H, x = problem.hamiltonian(GRID), GRID.axes[0]
    return [float(GRID.norm(final(H, method, problem.state(x, 0.0), 0.0, END, n) - problem.state(x, END))) for n in counts]


def slopes(steps, errors):
    return np.diff(np.log(errors)) / np.diff(np.log(steps))


@pytest.mark.parametrize("problem", [SQUEEZED, DRIVEN], ids=["squeezed", "driven"])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.__name__)
def test_the_measured_slope_is_the_order(method, problem):
    """ProcessedGradient6 is steeper than its 6 at errors that can be seen; its conditions are tested apart."""
    counts = COUNTS[method.order]
    steps, errors = END / np.array(counts), errors_of(method, problem, counts)
    assert min(errors) > 2e-12, "too near rounding to tell"
    fitted = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert fitted > 5.9 if method is ql.ProcessedGradient6 else abs(fitted - method.order) < 0.1, slopes(steps, errors)
    assert errors[-1] < BOUNDS[method.__name__]


@pytest.mark.parametrize("method", [ql.RKN6, ql.BM6, ql.Gradient6, ql.ProcessedGradient6], ids=lambda m: m.__name__)
def test_a_strong_drive_keeps_the_order(method):
    """V(t) enters with its own time at each kick: order 6 on a well shaken by a force, against BM6 with many steps."""
    H = ql.Hamiltonian(GRID, ql.SeparablePotential(lambda x: x**2 / 2 + np.cos(x), [(lambda t: 3 * np.sin(4 * t), lambda x: x)]))
    psi = np.exp(-GRID.axes[0] ** 2 / 2).astype(complex)
    exact = final(H, ql.BM6, psi, 0.5, 2.0, 200)
    counts = [8, 10, 12, 14] if method is ql.ProcessedGradient6 else [14, 17, 21, 26]
    errors = [float(GRID.norm(final(H, method, psi, 0.5, 2.0, n) - exact)) for n in counts]
    steps = 2.0 / np.array(counts)
    fitted = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert min(errors) > 1e-11, errors
    assert fitted > 5.9 if method is ql.ProcessedGradient6 else abs(fitted - 6) < 0.1, slopes(steps, errors)


def test_time_that_stands_still_within_a_step_would_not_pass():
    """Negative control: V(t) of the beginning of each step has slope 1."""
    x, errors, counts = GRID.axes[0], [], np.array([80, 160, 320])
    for n in counts:
        psi, h = DRIVEN.state(x, 0.0), END / n
        H = DRIVEN.hamiltonian(GRID)
        for step in range(n):
            frozen = H.at(step * h)
            psi = SplittingKernel(frozen, ql.Gradient6.table, Record()).steps(psi.copy(), 0.0, h, 1)
        errors.append(GRID.norm(psi - DRIVEN.state(x, END)))
    assert abs(np.polyfit(np.log(1 / counts), np.log(errors), 1)[0] - 1) < 0.1


def test_a_lie_step_would_not_pass_as_strang():
    """Negative control: kicks (1, 0) instead of (½, ½) has slope 1."""
    H, x = SQUEEZED.hamiltonian(GRID), GRID.axes[0]
    lie = SplittingTable(1, (1.0, 0.0), (1.0,), "")
    counts = np.array([384, 768, 1536, 3072])
    finals = [SplittingKernel(H, lie, Record()).steps(SQUEEZED.state(x, 0), 0.0, END / n, n) for n in counts]
    errors = [GRID.norm(final - SQUEEZED.state(x, END)) for final in finals]
    assert abs(np.polyfit(np.log(1 / counts), np.log(errors), 1)[0] - 1) < 0.1


@pytest.mark.parametrize("method", [ql.Chebyshev(), ql.Dense()], ids=["Chebyshev", "Dense"])
def test_spectral_methods_reach_1e_12(method):
    H, x = SQUEEZED.hamiltonian(GRID), GRID.axes[0]
    result = ql.sesolve(H, SQUEEZED.state(x, 0.0), [0, 0.7, END], method=method, tol=3e-13)
    for t, psi in zip(result.times, result.states, strict=True):
        assert GRID.norm(psi - SQUEEZED.state(x, t)) < 1e-12
