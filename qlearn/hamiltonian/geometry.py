"""What space looks like to T: the root of the volume element, and the tensor between the two derivatives."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.kernels.derivatives import gauss_nodes

__all__ = ["MassGeometry", "MetricGeometry", "metric_tensor"]


@final
class MassGeometry:
    """Flat space with the inverse mass M⁻¹ (d, d)."""

    root: np.ndarray | None = None

    def __init__(self, grid: Grid, inverse: np.ndarray):
        self.grid, self.inverse = grid, inverse.reshape(*inverse.shape, *(1,) * grid.ndim)

    def between(self, a: int, b: int) -> np.ndarray | None:
        """M⁻¹_ab, broadcasting to the grid; None where it vanishes."""
        return self.inverse[a, b] if np.any(self.inverse[a, b]) else None

    def along(self, a: int) -> np.ndarray:
        """M⁻¹_aa at the points of the derivative of axis a."""
        return self.inverse[a, a]


@final
class MetricGeometry:
    """Space with the metric g: W^{ab} = √g g^{ab}/m, and the half-density Φ = √(√g) ψ.

    Between poles √g is multiplied with w_j N/(π sin θ_j), which turns the sum over the grid into Gauss–Legendre quadrature.

    root : (*shape), Φ = root·ψ with Σ|Φ|²ΔV = ∫|ψ|²√g dq.    inverse : g^{ab}/m, (d, d, *shape).
    """

    def __init__(self, grid: Grid, metric: Any, mass: float):
        self.grid, self.metric, self.mass = grid, metric, mass
        volume, raised = self._at(grid.axes)
        self.volume, self.inverse = volume, raised / mass
        self.root = np.sqrt(volume)

    def _at(self, axes: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
        """√g times the weights between poles, and g^{ab} (d, d, *shape), on the product of the axes."""
        g = metric_tensor(self.metric, np.meshgrid(*axes, indexing="ij"))
        last = np.moveaxis(g, (0, 1), (-2, -1))
        raised = np.moveaxis(np.linalg.inv(last), (-2, -1), (0, 1))
        volume = np.sqrt(np.linalg.det(last))
        for axis, kind in enumerate(self.grid.boundary):
            if kind == "pole":
                theta, weights = gauss_nodes(self.grid.shape[axis])
                share = weights * theta.size / (np.pi * np.sin(theta))
                volume = volume * share.reshape((-1,) + (1,) * (self.grid.ndim - 1 - axis))
        return volume, (raised + np.swapaxes(raised, 0, 1)) / 2

    def between(self, a: int, b: int) -> np.ndarray | None:
        """W^{ab}, (*shape); None where it vanishes everywhere."""
        values = self.volume * self.inverse[a, b]
        return values if np.any(values) else None

    def along(self, a: int) -> np.ndarray:
        """W^{aa} at the points of the derivative of axis a: between walls also at the walls."""
        if self.grid.boundary[a] != "wall":
            return self.volume * self.inverse[a, a]
        axes = list(self.grid.axes)
        axes[a] = np.concatenate([[self.grid.bounds[a][0]], axes[a], [self.grid.bounds[a][1]]])
        volume, raised = self._at(tuple(axes))
        return volume * raised[a, a] / self.mass


def metric_tensor(metric: Any, mesh: Sequence[np.ndarray]) -> np.ndarray:
    """g (d, d, *shape) at the points of the mesh, symmetric positive definite, or an error.

    ``metric`` is a callable g(*q) that returns (d, d, *shape), or d rows of d arrays or numbers; in one dimension also (N,) or
    a number.
    """
    d, shape = len(mesh), mesh[0].shape
    if not callable(metric):
        raise UnsupportedError("metric must be a callable g(*q) -> (d, d, *shape): T needs g on other grids too; interpolate "
                               "the array first. A constant metric is a mass: mass= the matrix m·g.")
    values = _called(metric, mesh)
    if d == 1 and np.shape(values) in ((), shape):
        values = [[values]]
    entries = _entries(values, d)
    if entries is None:
        checks.fail("metric(*q)", f"must return shape {(d, d, *shape)}, or {d} rows of {d} arrays or numbers",
                    f"shape {_shape_of(values)}")
    g = np.empty((d, d, *shape))
    for a in range(d):
        for b in range(d):
            entry = checks.finite_array("metric(*q)", entries[a][b])
            if entry.shape not in ((), shape):
                checks.fail("metric(*q)", f"must have entries of shape {shape}", f"shape {entry.shape}")
            g[a, b] = entry
    _check_metric(g)
    return (g + np.swapaxes(g, 0, 1)) / 2


def _called(metric: Any, mesh: Sequence[np.ndarray]) -> Any:
    try:
        with np.errstate(all="ignore"):         # what is not finite is found afterwards
            return metric(*mesh)
    except TypeError as error:
        form = ", ".join(f"q{i + 1}" for i in range(len(mesh)))
        checks.fail("metric", f"must be callable as g({form}) with arrays", f"TypeError: {error}")


def _entries(values: Any, d: int) -> list | None:
    """d rows of d entries, or None."""
    sequence = np.ndarray | list | tuple
    if not isinstance(values, sequence) or len(values) != d or (isinstance(values, np.ndarray) and np.iscomplexobj(values)):
        return None
    return list(values) if all(isinstance(row, sequence) and len(row) == d for row in values) else None


def _shape_of(values: Any) -> Any:
    try:
        return np.shape(values)
    except ValueError:
        return "rows of different lengths"


def _check_metric(g: np.ndarray) -> None:
    last = np.moveaxis(g, (0, 1), (-2, -1))
    diagonal = np.diagonal(last, axis1=-2, axis2=-1)
    if diagonal.min() > 0:
        scale = np.sqrt(diagonal)
        last = last / scale[..., :, None] / scale[..., None, :]
        difference = float(np.max(np.abs(last - np.swapaxes(last, -1, -2))))
        if difference > 1e-12:
            checks.fail("metric(*q)", "must be symmetric", f"g_ab and g_ba that differ by {difference:.3g} √(g_aa g_bb)")
    lowest = float(min(np.linalg.eigvalsh(last)[..., 0].min(), diagonal.min()))
    if not lowest > 0:
        checks.fail("metric(*q)", "must be positive definite everywhere, at walls too", f"a lowest eigenvalue of {lowest:.3g}",
                    "A point where the coordinates degenerate must be outside the bounds, or a pole.")
