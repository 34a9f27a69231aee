"""What makes a problem the same problem: digests, by the name of what they stand for.

Callables are known by their values only: V(t, q), W and the kinetic part at five times of the run, f(|ψ|²) on two densities.
"""

from typing import Any

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import namespace, to_numpy
from qlearn.kernels.fft import backend_name
from qlearn.sesolve.problem import Problem
from qlearn.sesolve.saved import Log
from qlearn.storage import digest

__all__ = ["fingerprint"]

SAMPLES = (0.0, 0.1381966, 0.4142136, 0.7320508, 1.0)  # of the whole time


def fingerprint(problem: Problem, log: Log) -> dict[str, str]:
    """Name → digest. Equal for equal problems on the same machine with the same FFT."""
    H, grid, times = problem.H, problem.H.grid, problem.times
    plan = problem.plan
    parts = {"tlist": times, "psi0": problem.psi0, "tol": problem.tol,
             "method": repr(problem.method if plan is None else plan.method), "smooth parts": problem.smooth,
             "imaginary_time": problem.imaginary, "window": plan is not None and plan.part is not None, "store_states": log.keep,
             "grid": [list(grid.shape), np.array(grid.bounds), list(grid.boundary), np.array(grid.twist)],
             "hbar": float(H.hbar), "mass": np.asarray(H.mass, dtype=float)}
    parts |= _operator(H, times[0] + np.array(SAMPLES) * (times[-1] - times[0]), to_numpy(problem.psi0))
    parts["e_ops"] = [_entry(entry) for entry in log.entries]
    parts["kind of array"] = namespace(problem.psi0).__name__
    if isinstance(problem.psi0, np.ndarray):
        parts["FFT backend"] = backend_name()
    return {name: digest(part) for name, part in parts.items()}


def _operator(H: Hamiltonian, times: np.ndarray, psi: np.ndarray) -> dict[str, Any]:
    times = times if H.time_dependent else times[:1]
    rng = np.random.default_rng(20)
    state = rng.normal(size=H.grid.shape) + 1j * rng.normal(size=H.grid.shape)
    parts: dict[str, Any] = {"V": [H.potential_table(float(t)) for t in times],
                             "absorber": [H.loss_table(float(t)) for t in times],
                             "kinetic part": [H.kinetic.apply(state, float(t)) for t in times]}
    if H.nonlinearity is not None:
        density = np.abs(psi) ** 2
        parts["nonlinearity"] = [np.asarray(H.nonlinearity(scale * density + 0.01 * scale)) for scale in (1.0, 0.37)]
    return parts


def _entry(entry: Any) -> Any:
    """A callable counts by its kind alone: its number at tlist[0] is compared instead."""
    if isinstance(entry, Hamiltonian):
        return "Hamiltonian"
    return "callable" if callable(entry) else np.asarray(entry)
