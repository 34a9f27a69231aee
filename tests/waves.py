"""Exact waves for tests, by a dense eigendecomposition (ħ = m = 1): independent of every solver of the package."""

import numpy as np

from qlearn.densities import GridDensity
from qlearn.fields import GridField
from qlearn.grids import Grid


class Wave:
    """ψ(t) = Σ_n c_n exp(−iE_n t) u_n of −½∂² + V on a 1-D grid, its time derivative, field and densities."""

    def __init__(self, grid: Grid, potential, psi0):
        k, x = grid.wavenumbers[0], grid.axes[0]
        modes = np.exp(1j * np.outer(x - grid.bounds[0][0], k)) / np.sqrt(len(x))
        h = (modes * (k**2 / 2)) @ modes.conj().T + np.diag(np.broadcast_to(potential, x.shape))
        self.grid = grid
        self.energies, self.basis = np.linalg.eigh(h)
        psi0 = np.asarray(psi0, complex)
        self.c = self.basis.conj().T @ (psi0 / np.sqrt(np.sum(np.abs(psi0)**2) * grid.cell_volume))

    def states(self, times):
        return (np.exp(-1j * np.outer(times, self.energies)) * self.c) @ self.basis.T

    def slopes(self, times):
        return (-1j * self.energies * np.exp(-1j * np.outer(times, self.energies)) * self.c) @ self.basis.T

    def field(self, times):
        return GridField(self.grid, times, self.states(times), self.slopes(times))

    def density(self, t):
        return GridDensity(self.grid, np.abs(self.states([t])[0])**2)


def squeezed() -> Wave:
    """A displaced, squeezed packet in q²/2."""
    grid = Grid(128, (-10, 10))
    x = grid.axes[0]
    return Wave(grid, x**2 / 2, np.exp(-(x - 1)**2 / (4 * 0.4**2)))


def ring(twist: float = 0.0, winding: float = 1.0) -> Wave:
    """A packet of this winding without nodes on the ring [0, 2π), V = 0.3 cos q."""
    grid = Grid(48, (0, 2 * np.pi), twist=twist)
    x = grid.axes[0]
    return Wave(grid, 0.3 * np.cos(x), np.sqrt(1 + 0.5 * np.cos(x)) * np.exp(1j * winding * x))
