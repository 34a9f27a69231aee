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
STEPS = {"Strang": (ql.Strang, [1 / 20, 1 / 40, 1 / 80, 1 / 160, 1 / 320]), "RKN6": (ql.RKN6, [0.4, 0.3, 0.24, 0.2, 0.15])}


def errors_of(method, problem, steps):
    H, x = problem.hamiltonian(GRID), GRID.axes[0]
    psi0, exact = problem.state(x, 0.0), problem.state(x, END)
    return [float(GRID.norm(ql.sesolve(H, psi0, [0, END], method=method(dt=dt)).final_state - exact)) for dt in steps]


def slopes(steps, errors):
    return np.diff(np.log(errors)) / np.diff(np.log(steps))


@pytest.mark.parametrize("problem", [SQUEEZED, DRIVEN], ids=["squeezed", "driven"])
@pytest.mark.parametrize("name", STEPS)
def test_the_measured_slope_is_the_order(name, problem):
    method, steps = STEPS[name]
    errors = errors_of(method, problem, steps)
    assert min(errors) > 1e-11, "too near rounding to tell"
    fitted = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(fitted - method.order) < 0.1, slopes(steps, errors)
    assert errors[-1] < {"Strang": 1e-4, "RKN6": 1e-8}[name]


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
