"""The stored path of the fields: what noisy learners read, and the phase and density that a run ends with."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn import checks
from qlearn.ensembles.self_consistent.basis import Basis
from qlearn.grids import Grid
from qlearn.kernels.tensor_splines import evaluate, gradient, local_values

__all__ = ["FlowPath", "Knot"]


@final
@dataclass(frozen=True, eq=False)
class Knot:
    """The fields at one time: φ/m = v₀·q + Σ chi_k B_k(y), ln ρ = Σ log_density_k B_k(y) + constant, y = L⁻¹(q − mean)."""

    t: float
    basis: Basis
    chi: np.ndarray
    log_density: np.ndarray
    mean: np.ndarray
    factor: np.ndarray
    lowest: np.ndarray          # y of the outermost carriers (d,)
    highest: np.ndarray


@final
@dataclass(frozen=True, eq=False)
class FlowPath:
    """The fields between the first and the last knot; linear in time between knots, which lie much closer than the fields change.

    ``flow(t, q)`` gives v = ∇φ/m and s = ∇ln ρ at q (d, n); outside the knots' times ArgumentError.
    """

    knots: tuple[Knot, ...]
    times: tuple[float, ...]
    circulation: np.ndarray             # v₀ (d,)
    gamma: float

    def __call__(self, t: float, q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        knot = self.at(t)
        inverse = np.linalg.inv(knot.factor)
        y = inverse @ (q - knot.mean[:, None])
        local = local_values(knot.basis.axes, y)
        slopes = evaluate(knot.basis.axes, local, np.stack([knot.chi, knot.log_density]), np.eye(len(q), dtype=np.int64))
        return self.circulation[:, None] + inverse.T @ slopes[0], inverse.T @ slopes[1]

    def drift(self, t: float, q: np.ndarray, diffusion: float) -> np.ndarray:
        """v + D s at q (d, n)."""
        knot = self.at(t)
        inverse = np.linalg.inv(knot.factor)
        y = inverse @ (q - knot.mean[:, None])
        slope = gradient(knot.basis.axes, y, knot.chi + diffusion * knot.log_density)
        return self.circulation[:, None] + inverse.T @ slope

    def at(self, t: float) -> Knot:
        """The fields at time t."""
        tolerance = 1e-9 * (self.times[-1] - self.times[0] or 1.0)
        if not self.times[0] - tolerance <= t <= self.times[-1] + tolerance:
            checks.fail("t", f"must lie within the run, [{self.times[0]:g}, {self.times[-1]:g}]", f"{t:g}")
        later = min(max(bisect_right(self.times, t), 1), len(self.times) - 1)
        a, b = self.knots[later - 1], self.knots[later]
        if a.basis is not b.basis or b.t == a.t:
            return b
        share = min(max((t - a.t) / (b.t - a.t), 0.0), 1.0)
        chi, log_density, mean, factor = (x + share * (y - x) for x, y in (
            (a.chi, b.chi), (a.log_density, b.log_density), (a.mean, b.mean), (a.factor, b.factor)))
        return Knot(t, b.basis, chi, log_density, mean, factor, np.minimum(a.lowest, b.lowest), np.maximum(a.highest, b.highest))

    def phase(self, t: float, grid: Grid) -> np.ndarray:
        """φ (*grid.shape) with zero mean over the grid, plus m v₀·(q − the grid's lower ends) on rings."""
        values = self._on(grid, t, "chi") / self.gamma
        values -= values.mean()
        for axis, speed, (low, _) in zip(grid.mesh, self.circulation, grid.bounds, strict=True):
            values = values + (axis - low) * (speed / self.gamma)
        return values

    def density(self, t: float, grid: Grid) -> np.ndarray:
        """exp(f) (*grid.shape), with sum · cell_volume = 1: the density whose score the learners read.

        Zero beyond the outermost carriers of each axis, where nothing is known of f.
        """
        knot = self.at(t)
        y = np.linalg.inv(knot.factor) @ (np.stack([axis.ravel() for axis in grid.mesh]) - knot.mean[:, None])
        lines = ~knot.basis.axes.periodic[:, None]
        outside = np.any(lines & ((y < knot.lowest[:, None]) | (y > knot.highest[:, None])), axis=0).reshape(grid.shape)
        f = np.where(outside, -np.inf, self._on(grid, t, "log_density"))
        rho = np.exp(f - f.max())
        return rho / (rho.sum() * grid.cell_volume)

    def _on(self, grid: Grid, t: float, name: str) -> np.ndarray:
        if grid.ndim != len(self.circulation):
            checks.fail("grid", f"must have {len(self.circulation)} axes", f"{grid.ndim}")
        knot = self.at(t)
        q = np.stack([axis.ravel() for axis in grid.mesh])
        y = np.linalg.inv(knot.factor) @ (q - knot.mean[:, None])
        zero = np.zeros((1, len(q)), dtype=np.int64)
        values = evaluate(knot.basis.axes, local_values(knot.basis.axes, y), getattr(knot, name)[None], zero)
        return values.reshape(grid.shape)
