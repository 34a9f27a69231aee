"""Fidelity of the wave that learners imply, √ρ exp(iφ/ħ), with a solved ψ: density and phase at once."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.compare.matching import given_times, indices_of, shared_times
from qlearn.ensembles.ensemble import Ensemble
from qlearn.grids import Grid
from qlearn.results import Result

__all__ = ["fidelity"]


def fidelity(result: Result, ensemble: Ensemble, *, times: Any = None, density: str = "flow") -> np.ndarray:
    """|⟨√ρ e^{iφ/ħ}|ψ⟩|² of a self-consistent run, (n,): 1 where density and phase are those of ψ up to a constant phase.

    φ is the potential of the flow that the carriers made.  ρ is the density whose score the learners read ("flow"; 0 beyond the
    outermost carriers, for a score is not known where no learner is), or the histogram of the noisy learners in the cells of
    ψ's grid ("learners"), for which sampling alone lowers the fidelity by about (cells that hold learners)/4N.  Both are
    normalised, as is ψ.  It is no test: it has no p-value.  A fidelity of 1 − ε bounds ∫|ρ − |ψ|²| dq by 2√ε.

    Parameters
    ----------
    result : a solved ψ with its states stored
    ensemble : of kind "self-consistent"
    times : stored times of both.  Default: all in common but the start

    Raises
    ------
    ArgumentError where the ensemble has no flow, or ψ has channels or a batch.

    Examples
    --------
    >>> import qlearn as ql
    >>> grid = ql.Grid(128, [(-8, 8)])
    >>> free = ql.sesolve(ql.Hamiltonian(grid, 0.0), ql.gaussian(grid, center=0, width=0.5), [0, 0.5], store_states=True)
    >>> system = ql.LearningSystem("q", potential="0", learning_rate=1, temperature="1/2")
    >>> run = ql.simulate(system, (free.density(0), None), [0, 0.5], kind="self-consistent", learners=2000, seed=0)
    >>> bool(fidelity(free, run)[0] > 0.99)
    True
    """
    if not isinstance(result, Result):
        checks.fail("result", "must be a Result", type(result).__name__)
    if not isinstance(ensemble, Ensemble) or ensemble.flow is None:
        checks.fail("ensemble", "must be a self-consistent Ensemble, which has a flow", type(ensemble).__name__,
                    "Use compare for the densities of others.")
    checks.choice("density", density, ("flow", "learners"))
    if result.states is None or result.states.ndim != 1 + result.hamiltonian.grid.ndim:
        checks.fail("result", "must hold one wave function a time", "states of another shape, or none",
                    "Solve with store_states=True and without batch.")
    chosen = shared_times(result.times, ensemble.times) if times is None else given_times(times)
    there = indices_of("times", chosen, result.times, "the reference")
    here = indices_of("times", chosen, ensemble.times, "the ensemble")
    return np.array([_one(result, result.states[i], ensemble, j, density) for i, j in zip(there, here, strict=True)])


def _one(result: Result, psi: np.ndarray, ensemble: Ensemble, j: int, density: str) -> float:
    H, t = result.hamiltonian, float(ensemble.times[j])
    grid = H.grid
    if density == "flow":
        rho = np.where(_reached(grid, ensemble.carriers or ensemble, j), ensemble.flow.density(t, grid), 0.0)
    else:
        rho = ensemble.density(grid, j).values
    overlap = np.sum(np.sqrt(rho) * np.exp(-1j * ensemble.flow.phase(t, grid) / H.hbar) * psi)
    return float(np.abs(overlap)**2 / (np.sum(rho) * np.sum(np.abs(psi)**2)))


def _reached(grid: Grid, carriers: Ensemble, index: int) -> np.ndarray:
    """Where on the grid carriers are: between the outermost of each line, within the widest ellipse of their covariance."""
    inside = np.ones(grid.shape, dtype=bool)
    lines = [axis for axis, period in enumerate(carriers.periods) if period is None]
    if not lines:
        return inside
    q = carriers.wrapped(index)[:, lines]
    points = np.stack([np.broadcast_to(grid.mesh[axis], grid.shape) for axis in lines], axis=-1)
    whiten = np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(q.T)))).T
    widest = np.max(np.linalg.norm((q - q.mean(axis=0)) @ whiten, axis=1))
    inside &= np.linalg.norm((points - q.mean(axis=0)) @ whiten, axis=-1) <= widest
    return inside & np.all((points >= q.min(axis=0)) & (points <= q.max(axis=0)), axis=-1)
