"""Kinetic operators on a grid: diagonal in the wavenumbers where space is flat, Q†WQ (see ``curved``) where it is not."""

from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.geometry import MassGeometry, MetricGeometry
from qlearn.hamiltonian.vector_potential import VectorPotential
from qlearn.kernels.arrays import like

__all__ = ["FlatKinetic", "inverse_mass", "kinetic_for"]


@final
class FlatKinetic:
    """T = ½ (p − A)ᵀM⁻¹(p − A) with constant A: the amplitude of a mode is multiplied with T(k) = ½ (ħk − A)ᵀM⁻¹(ħk − A).

    Between walls T(k) = ½ħ²k²/m of the sines; A and the coupling of M to other axes are zero there.
    """

    ffts = 2  # transforms in one application

    def __init__(self, grid: Grid, inverse: np.ndarray, hbar: float, constant: np.ndarray | None = None):
        self.grid, self.inverse, self.hbar = grid, inverse, hbar
        self.constant = np.zeros(grid.ndim) if constant is None else constant

    @cached_property
    def table(self) -> np.ndarray:
        """T(k), (*shape) in the order of ``grid.wavenumbers``, units of energy."""
        p = [self.hbar * k - a for k, a in zip(np.meshgrid(*self.grid.wavenumbers, indexing="ij"), self.constant, strict=True)]
        d = self.grid.ndim
        total = sum(self.inverse[a, b] * p[a] * p[b] for a in range(d) for b in range(d) if self.inverse[a, b] != 0)
        table = np.maximum(0.5 * np.asarray(total, dtype=float), 0.0)
        table.flags.writeable = False
        return table

    @cached_property
    def velocities(self) -> list[np.ndarray]:
        """M⁻¹(ħk − A) of each axis, arrays that broadcast to (*shape); between walls its size."""
        k = np.meshgrid(*self.grid.wavenumbers, indexing="ij", sparse=True)
        p = [self.hbar * k[a] - self.constant[a] for a in range(len(k))]
        rows = [[self.inverse[a, b] * p[b] for b in range(len(k)) if self.inverse[a, b] != 0] for a in range(len(k))]
        return [np.asarray(sum(row)) for row in rows]

    def apply(self, psi: Any, t: float = 0.0) -> Any:
        """Tψ for ψ (…, *shape) of any array namespace, a new complex array; the same at all times."""
        modes = self.grid.forward(self.grid.to_periodic(psi))
        modes *= like(self.table, modes)
        return self.grid.from_periodic(self.grid.backward(modes))

    def vector_potential(self, t: float = 0.0) -> np.ndarray:
        """A, (d,)."""
        return self.constant

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value of T."""
        return float(self.table.min()), float(self.table.max())

    @cached_property
    def root_metric(self) -> np.ndarray:
        """Ones: the states are the scalars."""
        return np.ones(self.grid.shape)

    @cached_property
    def is_real(self) -> bool:
        """True where T maps real functions to real functions: T(−k) = T(k) on an untwisted grid."""
        if any(self.grid.sectors):
            return False
        mirrored = self.table
        for axis, kind in enumerate(self.grid.boundary):
            if kind == "periodic":
                mirrored = np.roll(np.flip(mirrored, axis), 1, axis)
        return bool(np.array_equal(mirrored, self.table))


def kinetic_for(grid: Grid, mass: Any, hbar: float, metric: Any, vector_potential: Any = None,
                time_dependent: bool = False) -> FlatKinetic | CovariantKinetic:
    """The kinetic part that the arguments of a Hamiltonian stand for.

    Diagonal in the modes without a metric, for A constant on periodic axes and a mass that does not couple a wall axis to
    another one; else covariant. Raises ArgumentError and UnsupportedError as ``Hamiltonian`` says.
    """
    potential = None if vector_potential is None else VectorPotential(grid, vector_potential, time_dependent)
    if potential is not None and potential.constant is not None:
        _no_flux_through_poles(grid, potential.constant)
    if metric is not None:
        if np.ndim(mass) != 0:
            checks.fail("mass", "must be one number where a metric is given", mass)
        return CovariantKinetic(grid, MetricGeometry(grid, metric, checks.real("mass", mass, above=0)), hbar, potential)
    if "pole" in grid.boundary:
        checks.fail("metric", "is needed on a grid with poles", "none",
                    "For a unit sphere: metric=lambda theta, phi: [[1, 0], [0, np.sin(theta) ** 2]].")
    inverse = inverse_mass(mass, grid.ndim)
    constant = np.zeros(grid.ndim) if potential is None else potential.constant
    if constant is not None and not _walls_meet_more(grid, inverse, constant):
        return FlatKinetic(grid, inverse, hbar, constant)
    return CovariantKinetic(grid, MassGeometry(grid, inverse), hbar, potential)


def _no_flux_through_poles(grid: Grid, constant: np.ndarray) -> None:
    """ArgumentError for a constant A along an azimuth: a flux line through the poles, where ψ is then not smooth."""
    for axis in range(1, grid.ndim):
        if grid.boundary[axis - 1] == "pole" and constant[axis] != 0:
            checks.fail("vector_potential", f"must vanish at the poles along axis {axis}, the azimuth",
                        f"the constant {constant[axis]:g}",
                        "A uniform field B along the axis of a unit sphere is A = [0, B/2 sin²θ].")


def _walls_meet_more(grid: Grid, inverse: np.ndarray, constant: np.ndarray) -> bool:
    """True where A or M⁻¹ takes a wall axis out of the modes sin kx."""
    walls = [axis for axis, kind in enumerate(grid.boundary) if kind == "wall"]
    return any(constant[a] != 0 or np.count_nonzero(inverse[a]) > 1 for a in walls)


def inverse_mass(mass: Any, ndim: int) -> np.ndarray:
    """M⁻¹ (d, d) of a number, one number an axis, or a symmetric positive definite matrix."""
    wanted = f"must be a number > 0, {ndim} numbers > 0, or a symmetric positive definite {ndim}×{ndim} matrix"
    if np.ndim(mass) == 0:
        return np.eye(ndim) / checks.real("mass", mass, above=0)
    matrix = checks.finite_array("mass", mass)
    matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
    if matrix.shape != (ndim, ndim):
        checks.fail("mass", wanted, f"an array of shape {np.shape(mass)}")
    if not np.allclose(matrix, matrix.T, rtol=1e-12, atol=0) or np.linalg.eigvalsh(matrix)[0] <= 0:
        checks.fail("mass", wanted, np.asarray(mass).tolist())
    if np.array_equal(matrix, np.diag(np.diag(matrix))):
        return np.diag(1 / np.diag(matrix))
    inverse = np.linalg.inv(matrix)
    return (inverse + inverse.T) / 2
