"""QuTiP on the same problems, given its best: discretisation, storage, integrator and tolerance are all searched.

H is a high-order central-difference matrix (CSR or by diagonals) or the Fourier matrix (dense or CSR) on a periodic box,
without a factor ΔV: kets are ψ√ΔV. Errors are taken against the exact solution of the equation at QuTiP's own points.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import factorial
from typing import Any, final

import numpy as np
import qutip
import scipy.linalg
import scipy.sparse

from benchmarks.problems import Problem, drive_factor, drive_shape
from benchmarks.references import at_points, reference
from benchmarks.timing import once

__all__ = ["Outcome", "QutipRun", "Setting", "searched"]

DRIVE_SAMPLES = 4001  # of f(t) on [0, T], quintic spline: QuTiP's compiled coefficient; f itself is a slower Python call
TARGET = 1e-6
NO_STEPS_LIMIT = 10**9


@final
@dataclass(frozen=True)
class Setting:
    """A way to give the problem to QuTiP.

    points, half_width : the box [−half_width, half_width).   stencil : order of the differences, 0 for the Fourier matrix.
    storage : "CSR", "Dia" or "Dense".   options : of qutip.sesolve, the tolerances among them.
    """

    points: int
    half_width: float
    stencil: int
    storage: str
    integrator: str
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> str:
        matrix = f"differences of order {self.stencil}" if self.stencil else "Fourier matrix"
        options = ", ".join(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                            for name, value in self.options.items() if name != "rtol")
        return (f"{self.integrator}{' (' + options + ')' if options else ''}, {matrix}, {self.storage}, N = {self.points} on "
                f"±{self.half_width:g}")


@final
@dataclass(frozen=True)
class Outcome:
    setting: Setting
    error: float
    seconds: float


@final
class QutipRun:
    """A setting made ready; ``run(fraction)`` solves so much of the duration and returns ψ (N,) there."""

    def __init__(self, problem: Problem, setting: Setting):
        self.setting = setting
        self.problem = problem.on((setting.points,), ((-setting.half_width, setting.half_width),))
        exact = reference(problem)
        self.reference = at_points(problem, exact, self.problem.axes[0])
        self.missed = float(np.sqrt(max(0.0, np.sum(np.abs(exact) ** 2) * problem.cell_volume
                                        - np.sum(np.abs(self.reference) ** 2) * self.problem.cell_volume)))
        self.hamiltonian = self._hamiltonian()
        self.ket = qutip.Qobj(self.problem.initial * np.sqrt(self.problem.cell_volume))

    def run(self, fraction: float = 1.0) -> np.ndarray:
        options = {"method": self.setting.integrator, "progress_bar": "", "store_states": False, "store_final_state": True,
                   "normalize_output": False, **self.setting.options}
        if self.setting.integrator != "diag":
            options["nsteps"] = NO_STEPS_LIMIT
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            solved = qutip.sesolve(self.hamiltonian, self.ket, [0, fraction * self.problem.duration], options=options)
        return solved.final_state.full()[:, 0] / np.sqrt(self.problem.cell_volume)

    def outcome(self) -> Outcome:
        """Error and processor time of a full run."""
        states: list[np.ndarray] = []
        seconds = once(lambda: states.append(self.run()))
        return Outcome(self.setting, self.problem.error(states[0], self.reference), seconds)

    def _hamiltonian(self) -> Any:
        x = self.problem.axes[0]
        kinetic = _differences(x.size, x[1] - x[0], self.setting.stencil) if self.setting.stencil \
            else scipy.linalg.circulant(np.fft.ifft(self.problem.kinetic).real)
        static = self._stored(kinetic + _diagonal(self.problem.static(x), kinetic))
        if not self.problem.driven:
            return static
        times = np.linspace(0, self.problem.duration, DRIVE_SAMPLES)
        factor = qutip.coefficient(np.array([drive_factor(t) for t in times]), tlist=times, order=5)
        shape = qutip.Qobj(scipy.sparse.diags([drive_shape(x).astype(complex)], [0])).to("Dia")
        return qutip.QobjEvo([static, [shape, factor]])

    def _stored(self, matrix: Any) -> Any:
        if self.setting.storage == "Dense":
            return qutip.Qobj(np.asarray(matrix, dtype=complex))
        sparse = scipy.sparse.dia_matrix(matrix) if self.setting.storage == "Dia" else scipy.sparse.csr_matrix(matrix)
        return qutip.Qobj(sparse.astype(complex)).to(self.setting.storage)


def searched(problem: Problem, settings: Iterator[Setting] | list[Setting], target: float = TARGET) -> list[Outcome]:
    """For each setting the loosest tolerance that reaches the target, where one does; the fastest first."""
    found = [outcome for setting in settings if (outcome := _loosest(problem, setting, target)) is not None]
    return sorted(found, key=lambda outcome: outcome.seconds)


def _loosest(problem: Problem, setting: Setting, target: float) -> Outcome | None:
    run = QutipRun(problem, setting)
    best = None
    for exponent in np.arange(-4, -13, -0.5):
        tolerance = float(10.0**exponent)
        names = ("atol",) if setting.integrator == "krylov" else ("atol", "rtol")
        run.setting = Setting(setting.points, setting.half_width, setting.stencil, setting.storage, setting.integrator,
                              {**setting.options, **dict.fromkeys(names, tolerance)})
        try:
            outcome = run.outcome()
        except (ValueError, qutip.solver.integrator.IntegratorException):
            continue  # QuTiP's own refusal: too small a step
        if outcome.error <= target and (best is None or outcome.seconds < best.seconds):
            best = outcome  # a tighter tolerance may still be faster: fewer rejected steps at the limit of stability
        if best is not None and tolerance < 1e-2 * best.setting.options["atol"]:
            break
    return best


def _diagonal(values: np.ndarray, beside: Any) -> Any:
    return scipy.sparse.diags([values], [0]) if scipy.sparse.issparse(beside) else np.diag(values)


def _differences(points: int, spacing: float, order: int) -> Any:
    """−½∂² by central differences of an even order, zero beyond the ends."""
    half = order // 2
    weights = [2 * (-1) ** (k + 1) * factorial(half) ** 2 / (k**2 * factorial(half - k) * factorial(half + k))
               for k in range(1, half + 1)]
    weights = [-2 * sum(weights), *weights]
    return scipy.sparse.diags([-0.5 * weights[abs(k)] / spacing**2 for k in range(-half, half + 1)],
                              list(range(-half, half + 1)), shape=(points, points))
