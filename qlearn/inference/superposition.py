"""The superposition defect Δ(t) of states under an equation in which each direction has its own ħ_i (THEORY.md 2).

    iħψ_t = Hψ + Σ_i ((ħ² − ħ_i²)/2m_i)(∂_i²|ψ|/|ψ|)ψ,      Δ(t) = ‖Φ_t(a + b) − Φ_t(a) − Φ_t(b)‖ / ‖Φ_t(a) + Φ_t(b)‖

The extra term depends on |ψ| only, which a turn of phases leaves alone: it is kicked together with V by any splitting of T and
V, and a, b, a + b take the same steps, so that Δ is rounding where the equation is linear, whatever the steps.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy import fft

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.methods import RKN6
from qlearn.phase import vortices
from qlearn.sesolve import sesolve

__all__ = ["FLOOR", "DirectionalTerm", "Superposition", "superposition_defect"]

FLOOR = 1e-6        # δ: |ψ| over its largest, below which ∂²|ψ|/|ψ| is let go to 0


@final
@dataclass(frozen=True, eq=False)
class DirectionalTerm:
    """f of |ψ|²: Σ_i w_i R∂_i²R/(R² + δ² max R²), R = |ψ|, by Fourier derivatives; batches lead.

    Without δ it is infinite at a node of ψ and noise where |ψ| is rounding; what δ changes is of order δ.
    """

    grid: Grid
    weights: tuple[float, ...]
    floor: float = FLOOR

    def __call__(self, density: np.ndarray) -> np.ndarray:
        axes = tuple(range(-self.grid.ndim, 0))
        size = np.sqrt(density)
        bent = fft.irfftn(self._symbol() * fft.rfftn(size, axes=axes), self.grid.shape, axes=axes)
        return size * bent / (density + self.floor**2 * density.max(axis=axes, keepdims=True))

    def _symbol(self) -> np.ndarray:
        """−Σ_i w_i k_i² on the half of the modes that real arrays need."""
        n = self.grid.shape[-1] // 2 + 1
        modes = [2 * np.pi * np.fft.fftfreq(points, length / points)
                 for points, length in zip(self.grid.shape, self.grid.lengths, strict=True)]
        modes[-1] = np.abs(modes[-1][:n])
        mesh = np.meshgrid(*modes, indexing="ij")
        return -np.asarray(sum(w * k**2 for w, k in zip(self.weights, mesh, strict=True)))


@final
@dataclass(frozen=True, eq=False)
class Superposition:
    """values : Δ at times (n,)     error : estimated L2 error of the final states, relative to their norms
    nodes : the largest |ψ|/max|ψ| at a vortex of a + b at those times, 0 without one, NaN unless there are two axes; where it is
    far above δ, Δ depends on δ
    """

    times: np.ndarray
    values: np.ndarray
    error: float
    nodes: float


def superposition_defect(grid: Grid, potential: Any, states: Any, times: Any, *, mass: np.ndarray, squares: np.ndarray,
                         hbar: float, time_dependent: bool = False, tol: float = 1e-8,
                         floor: float = FLOOR) -> Superposition:
    """Δ of the states (a, b), each (*grid.shape,), at times (the first is 0 or where a and b are given).

    mass, squares : m_i and ħ_i² (d,)     hbar : ħ     potential : as Hamiltonian takes it

    Raises RegimeError for an ħ_i² ≤ 0 (the equation is then ill-posed forward in time), ArgumentError for other grids than
    periodic ones without twist and for states of another shape.
    """
    if set(grid.boundary) != {"periodic"} or any(grid.twist):
        checks.fail("grid", "must be periodic without twist", repr(grid), "Make it wide enough for the states to vanish there.")
    if not np.all(squares > 0):
        raise RegimeError(f"ħ_i² must be positive for all directions; they are {np.array2string(squares, precision=6)}: the "
                          "equation amplifies short waves without bound. Take reading='nelson', or α nearer to 1.")
    floor = checks.real("floor", floor, above=0, most=0.01)
    a, b = (checks.finite_array(f"states[{i}]", state, shape=tuple(grid.shape), dtype=complex)
            for i, state in enumerate(_pair(states)))
    if np.linalg.norm(a + b) <= 1e-12 * np.linalg.norm(np.stack([a, b])):
        checks.fail("states", "must not be opposite: Δ is relative to the norm of a + b", "a + b = 0 to rounding")
    weights = tuple(((hbar**2 - squares) / (2 * mass)).tolist())
    H = Hamiltonian(grid, potential, mass=mass.tolist() if grid.ndim > 1 else float(mass[0]), hbar=hbar,
                    time_dependent=time_dependent, nonlinearity=DirectionalTerm(grid, weights, floor))
    result = sesolve(H, np.stack([a, b, a + b]), times, method=RKN6(), tol=tol, store_states=True)
    found: Any = result.states
    parts = found[:, 0] + found[:, 1]
    axes = tuple(range(1, parts.ndim))
    values = np.sqrt(np.sum(np.abs(found[:, 2] - parts)**2, axis=axes) / np.sum(np.abs(parts)**2, axis=axes))
    return Superposition(result.times, values, float(np.max(result.stats["error_estimate"])), _height_of_nodes(grid, found[:, 2]))


def _pair(states: Any) -> tuple[Any, Any]:
    if not isinstance(states, (tuple, list, np.ndarray)) or len(states) != 2:
        checks.fail("states", "must be two wave functions (a, b)", type(states).__name__)
    return states[0], states[1]


def _height_of_nodes(grid: Grid, states: np.ndarray) -> float:
    if grid.ndim != 2:
        return float("nan")
    largest = 0.0
    for psi in states:
        size = np.abs(psi) / np.max(np.abs(psi))
        corner = np.maximum.reduce([np.roll(size, (-i, -j), (0, 1)) for i in (0, 1) for j in (0, 1)])
        charged = vortices(grid, np.where(psi == 0, 1e-300, psi)) != 0
        largest = max(largest, float(np.max(corner[charged], initial=0.0)))
    return largest
