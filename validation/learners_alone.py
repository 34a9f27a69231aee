"""Self-consistent learners against the wave: cases, runs, distances."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

import qlearn as ql
from qlearn.densities import GridDensity
from qlearn.ensembles.self_consistent.run import RULE, self_consistent_run
from qlearn.errors import StoppedRunError

LEARNERS, CARRIERS = 100_000, 400_000


@dataclass(frozen=True, eq=False)
class Case:
    """A system, where learners start, and until when."""

    system: Any
    density: GridDensity
    phase: Any
    time: float

    @property
    def start(self) -> Any:
        return self.density if self.phase is None else (self.density, self.phase)

    def reference(self, times: np.ndarray):
        """ψ at the times, by the wave solver: for the comparison only."""
        grid = self.density.grid
        psi = np.sqrt(np.maximum(self.density.values, 0)).astype(complex)
        if self.phase is not None:
            psi = psi * np.exp(1j * self.phase(*grid.mesh) / (2 * float(self.system.temperature)))
        hamiltonian = ql.derive(self.system).equation.hamiltonian(grid)
        return ql.sesolve(hamiltonian, psi, times, store_states=True, tol=1e-8)


def normal(grid: ql.Grid, centre: tuple[float, ...], widths: tuple[float, ...]) -> GridDensity:
    exponent = sum((x - c) ** 2 / (2 * w**2) for x, c, w in zip(grid.mesh, centre, widths, strict=True))
    values = np.exp(-exponent)
    return GridDensity(grid, values / (values.sum() * grid.cell_volume))


def learner(names: str, potential: str, **more: Any):
    return ql.LearningSystem(names, potential=potential, **{"learning_rate": 1, "temperature": 0.5} | more)


def distances(positions: np.ndarray, law: GridDensity) -> tuple[float, float]:
    """KS·√N and its p-value; several axes: the mean, and the least p times their number."""
    found = []
    for axis in range(law.grid.ndim):
        marginal = law if law.grid.ndim == 1 else law.marginal(axis)
        x, ring = positions[:, axis], law.grid.ndim == 1 and law.grid.bounds[0] == (0, 2 * np.pi)
        levels = np.sort(marginal.cdf(np.mod(x, 2 * np.pi) if ring else x))
        n = len(levels)
        steps = np.arange(n + 1) / n
        distance = float(max(np.max(steps[1:] - levels), np.max(levels - steps[:-1])))
        found.append((distance * np.sqrt(n), stats.kstwo.sf(distance, n)))
    return float(np.mean([d for d, _ in found])), float(min(1.0, len(found) * min(p for _, p in found)))


def measure(problem: Case, seed: int, rule: Any = RULE, learners: int = LEARNERS, carriers: int = CARRIERS,
            start: Any = None) -> dict:
    """One run against |ψ|² at five times: distances (5, 2), p at the end (2,), fidelities (5,) and the last, smallest dip.

    A run that stops has its message, and what it cannot have is infinite or zero.
    """
    times = np.linspace(0.0, problem.time, 6)
    try:
        run = self_consistent_run(problem.system, problem.start if start is None else start, times, learners, seed,
                                  carriers=carriers, rule=rule)
    except StoppedRunError as error:
        return {"stopped": str(error), "distances": np.full((5, 2), np.inf), "p": np.zeros(2), "fidelities": np.zeros(5),
                "fidelity": 0.0, "dip": 0.0}
    reference = problem.reference(times)
    found = [[distances(one.positions[i], reference.density(i)) for one in (run.carriers, run)] for i in range(1, 6)]
    grid, hbar = problem.density.grid, 2 * float(problem.system.temperature)
    fidelities = []
    for i in range(1, 6):
        estimate = np.sqrt(run.flow.density(times[i], grid)) * np.exp(1j * run.phase(grid, i) / hbar)
        fidelities.append(abs(np.vdot(estimate, reference.states[i]) * grid.cell_volume) ** 2)
    return {"stopped": None, "distances": np.array([[d for d, _ in row] for row in found]),
            "p": np.array([p for _, p in found[-1]]), "fidelities": np.array(fidelities), "fidelity": float(fidelities[-1]),
            "dip": run.stats["smallest_dip"]}
