"""A separable stand-in for H whose product functions are a basis for its levels.

    H₀ = Σ_a (T_a + V_a(q_a)),    V_a(q_a) = −(1/β) ln ⟨exp(−β(V − min V))⟩ over the other coordinates, its minimum at 0

which is V itself where V is a sum over the axes, is smooth where V is, and has a well wherever V has one (a section through the
minimum would miss those elsewhere). 1/β is the energy of the levels wanted. The basis: products of eigenfunctions φ_i of the axes
with Σ e_a ≤ a cut.
"""

from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import lowest_diagonal
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.spectrum.hermitian.axis import Axis
from qlearn.spectrum.hermitian.axis_products import expanded

__all__ = ["ProductBasis", "SeparableModel"]


@final
class ProductBasis:
    """Products Π φ_{i_a}: indices (d, n) in C order of energies (n,); functions of each axis (n_a, N_a)."""

    def __init__(self, indices: np.ndarray, energies: np.ndarray, functions: list[np.ndarray]):
        self.indices, self.energies = indices, energies
        self.counts = [int(i.max()) + 1 for i in indices]
        self.functions = [rows[:n] for rows, n in zip(functions, self.counts, strict=True)]

    def __len__(self) -> int:
        return len(self.energies)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(rows.shape[1] for rows in self.functions)

    def tensor(self, coefficients: np.ndarray) -> np.ndarray:
        """(m, n) → (m, n_1, …, n_d)."""
        result = np.zeros((len(coefficients), *self.counts), dtype=coefficients.dtype)
        result[(slice(None), *self.indices)] = coefficients
        return result

    def on_points(self, coefficients: np.ndarray) -> np.ndarray:
        """Σ_I c_I φ_I on the points, (m, *shape)."""
        return expanded(self.tensor(coefficients), self.functions)


@final
class SeparableModel:
    """The axes of a scalar or coupled H with their V_a and functions."""

    def __init__(self, H: Hamiltonian, energy: float):
        self.hamiltonian, self.energy = H, energy
        d = H.grid.ndim
        self.axes = [axis_of(H, a, H.grid) for a in range(d)]
        V = self.lowest_potential = lowest_diagonal(H.potential_table(), H.channels, d)
        self.floor = float(V.min())
        self.potentials = _effective(V - self.floor, max(energy - self.floor, 1e-300))
        self.functions: list[np.ndarray] = []
        self.energies: list[np.ndarray] = []

    def basis(self, cut: float) -> ProductBasis:
        """All products with Σ e_a ≤ cut above the lowest."""
        self._prepare(cut)
        energies = [e - e[0] for e in self.energies]
        total = energies[0]
        for e in energies[1:]:
            total = total[..., None] + e
        chosen = total <= cut
        return ProductBasis(np.array(np.nonzero(chosen)), total[chosen], self.functions)

    def cover(self) -> float:
        """The largest H₀ in phase space where H ≤ E, the energy of the levels: max of Σ V_a + (E − V) where V ≤ E."""
        d = len(self.axes)
        total = sum(line.reshape([-1 if b == a else 1 for b in range(d)]) for a, line in enumerate(self.potentials))
        depth = self.energy - self.lowest_potential
        inside = depth >= 0
        return float(np.max((total + depth)[inside])) if inside.any() else 0.0

    def _prepare(self, cut: float) -> None:
        """Functions of each axis up to ``cut`` above its lowest."""
        for a, (axis, V) in enumerate(zip(self.axes, self.potentials, strict=True)):
            n = axis.grid.size
            have = self.energies[a] if a < len(self.energies) else np.zeros(0)
            if len(have) == n or (len(have) and have[-1] - have[0] > cut):
                continue
            count = n if n <= 160 else min(n, _count(axis, V, float(V.min()) + cut) + 8)
            while True:
                found = axis.lowest(V, count, float(V.min()) + cut)
                assert found is not None
                if count == n or found.energies[-1] - found.energies[0] > cut:
                    break
                count = min(n, 2 * count)
            self.energies[a:a + 1], self.functions[a:a + 1] = [found.energies], [found.rows]


def axis_of(H: Hamiltonian, a: int, grid: Grid) -> Axis:
    """Axis a of a grid with the kinetic energy of H along it; with a metric the mean inverse mass, A left out where it varies."""
    line = Grid(grid.shape[a], grid.bounds[a], grid.boundary[a], grid.twist[a])
    constant = H.kinetic.constant[a] if isinstance(H.kinetic, FlatKinetic) else 0.0
    return Axis(line, float(np.mean(H.kinetic.inverse[a, a])), H.hbar, float(constant))


def _effective(V: np.ndarray, energy: float) -> list[np.ndarray]:
    weights = np.exp(-np.minimum(V / energy, 600.0))
    result = []
    for a in range(V.ndim):
        others = tuple(b for b in range(V.ndim) if b != a)
        line = -energy * np.log(np.mean(weights, axis=others))
        result.append(line - line.min())
    return result


def _count(axis: Axis, V: np.ndarray, energy: float) -> int:
    """Levels below an energy, ∫√(2m(E − V)) dq/πħ."""
    momentum = np.sqrt(2 / axis.inverse * np.maximum(energy - V, 0))
    return int(np.sum(momentum) * axis.grid.spacing[0] / (np.pi * axis.hbar)) + 1
