"""The stored path of the fields: what noisy learners read, and the phase and density that a run ends with."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn import checks
from qlearn.ensembles.self_consistent.basis import Basis
from qlearn.grids import Grid
from qlearn.kernels.tensor_splines import evaluate, gradient, local_values

__all__ = ["FlowPath", "Knot", "Reach"]


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
    reach: "Reach"


@final
@dataclass(frozen=True, eq=False)
class Reach:
    """Where carriers are, in the coordinates y: between the outermost of each line, and no farther out than the farthest.

    lowest, highest : (d,);   widest : the largest distance Σ y², over the lines, squared; y are there of unit covariance
    """

    lowest: np.ndarray
    highest: np.ndarray
    widest: float
    lines: np.ndarray           # (d,)
    below: float                # share of the carriers below the knots of a single line
    above: float

    @classmethod
    def of(cls, y: np.ndarray, weights: np.ndarray, basis: Basis) -> "Reach":
        """Of carriers at y (d, n), with weights that sum to 1."""
        lines, (low, high) = ~basis.axes.periodic, basis.box[0]
        return cls(y.min(axis=1), y.max(axis=1), float(np.max(np.sum(y[lines] ** 2, axis=0), initial=0.0)), lines,
                   float(weights[y[0] < low].sum()), float(weights[y[0] > high].sum()))

    def joined(self, other: "Reach") -> "Reach":
        return Reach(np.minimum(self.lowest, other.lowest), np.maximum(self.highest, other.highest),
                     max(self.widest, other.widest), self.lines, other.below, other.above)

    def holds(self, y: np.ndarray) -> np.ndarray:
        """Which of the points y (d, …) lie within."""
        inside = np.sum(y[self.lines] ** 2, axis=0) <= self.widest
        for x, low, high, line in zip(y, self.lowest, self.highest, self.lines, strict=True):
            if line:
                inside &= (x >= low) & (x <= high)
        return inside


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
        return Knot(t, b.basis, chi, log_density, mean, factor, a.reach.joined(b.reach))

    def phase(self, t: float, grid: Grid) -> np.ndarray:
        """φ (*grid.shape) with zero mean over the grid, plus m v₀·(q − the grid's lower ends) on rings."""
        values = self._on(grid, t, "chi") / self.gamma
        values -= values.mean()
        for axis, speed, (low, _) in zip(grid.mesh, self.circulation, grid.bounds, strict=True):
            values = values + (axis - low) * (speed / self.gamma)
        return values

    def density(self, t: float, grid: Grid) -> np.ndarray:
        """exp(f) (*grid.shape), with sum · cell_volume = 1: the density whose score the learners read.

        Zero where no carrier comes, beyond the outermost of each axis and the farthest of all in units of their covariance:
        nothing is known of f there.  On a line the few carriers beyond the knots, 1e-4 at each end, have a score with two free
        numbers, which does not say how many they are: exp(f) is scaled there so that it holds the share of carriers that it must.
        """
        knot = self.at(t)
        y = np.linalg.inv(knot.factor) @ (np.stack([axis.ravel() for axis in grid.mesh]) - knot.mean[:, None])
        f = np.where(knot.reach.holds(y).reshape(grid.shape), self._on(grid, t, "log_density"), -np.inf)
        if grid.ndim == 1 and knot.reach.lines[0]:
            return self._on_a_line(knot, y[0], f) / grid.cell_volume
        rho = np.exp(f - f.max())
        return rho / (rho.sum() * grid.cell_volume)

    @staticmethod
    def _on_a_line(knot: Knot, y: np.ndarray, f: np.ndarray) -> np.ndarray:
        """Probabilities of the points y (n,): within the knots, and beyond either end."""
        (low, high), known = knot.basis.box[0], np.isfinite(f)
        parts = [(y < low, knot.reach.below), (y > high, knot.reach.above),
                 ((y >= low) & (y <= high), 1 - knot.reach.below - knot.reach.above)]
        rho = np.zeros_like(f)
        for part, share in parts:
            there = part & known
            if there.any():
                rho[there] = np.exp(f[there] - f[there].max())
                rho[there] *= share / rho[there].sum()
        return rho / rho.sum()

    def _on(self, grid: Grid, t: float, name: str) -> np.ndarray:
        if grid.ndim != len(self.circulation):
            checks.fail("grid", f"must have {len(self.circulation)} axes", f"{grid.ndim}")
        knot = self.at(t)
        q = np.stack([axis.ravel() for axis in grid.mesh])
        y = np.linalg.inv(knot.factor) @ (q - knot.mean[:, None])
        zero = np.zeros((1, len(q)), dtype=np.int64)
        values = evaluate(knot.basis.axes, local_values(knot.basis.axes, y), getattr(knot, name)[None], zero)
        return values.reshape(grid.shape)
