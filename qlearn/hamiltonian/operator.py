"""H = T + V on a grid: applied to ψ, measured, as a dense matrix.

    iħ ∂_t ψ = H ψ,    T = ½ (−iħ∂)ᵀ M⁻¹ (−iħ∂)    or    T = −(ħ²/2m) Δ_g on a ring with a metric
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian.kinetic import FlatKinetic, MetricKinetic, kinetic_for, metric_values
from qlearn.hamiltonian.potential import as_function, tabulate
from qlearn.kernels.arrays import squared_sums

__all__ = ["DENSE_LIMIT", "Hamiltonian"]

DENSE_LIMIT = 4096  # points: a complex matrix of 256 MiB

_NOT_OFFERED = {
    "vector_potential": "A constant vector potential on a ring is a twist: Grid(…, twist=θ).",
    "absorber": "Take a grid wide enough for the waves to stay inside until the last time.",
    "nonlinearity": "A known mean field can be given as V(t, *q) with time_dependent=True.",
}


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Hamiltonian:
    """H = ½ pᵀM⁻¹p + V(q, t), p = −iħ∂, in iħ ∂_t ψ = Hψ; with a metric, H = −(ħ²/2m) Δ_g + V on half-densities.

    Parameters
    ----------
    grid : Grid.
    potential : V, in units of energy: real array (*shape) | number | callable V(*q) | V(t, *q) with
        ``time_dependent=True`` | SymPy expression in t and the coordinates (one symbol of any name in 1-D; else x, y, z
        or q1, q2, …).
    mass : m > 0 | one number an axis | symmetric positive definite matrix M.
    hbar : ħ > 0.
    metric : None | callable g(q) -> (1, 1, N) or (N,), one dimension only. The states are then half-densities
        Φ = g^{1/4} ψ with Σ|Φ|² Δq = 1, and T = −(ħ²/2m) g^{-1/4} ∂ g^{-1/2} ∂ g^{-1/4} = (ħ²/2m) Q†Q ≥ 0,
        exactly Hermitian.
    vector_potential, absorber, nonlinearity : not offered yet.

    Raises
    ------
    ArgumentError, and UnsupportedError with an alternative for what is not offered: a complex V, a metric in d ≥ 2,
    channels.

    >>> H = Hamiltonian(Grid(64, (-8, 8)), lambda x: x**2 / 2)
    >>> psi = np.pi**-0.25 * np.exp(-H.grid.axes[0]**2 / 2)
    >>> bool(np.allclose(H @ psi, psi / 2, atol=1e-12)), round(float(H.expect(psi)), 12)
    (True, 0.5)
    """

    grid: Grid
    potential: Any
    mass: Any
    hbar: float
    metric: Any
    time_dependent: bool
    kinetic: FlatKinetic | MetricKinetic
    _function: Callable | None

    def __init__(self, grid, potential, *, mass=1.0, hbar=1.0, metric=None, vector_potential=None, absorber=None,
                 nonlinearity=None, time_dependent=False):
        if not isinstance(grid, Grid):
            checks.fail("grid", "must be a qlearn.Grid", grid)
        hbar = checks.real("hbar", hbar, above=0)
        _refuse(vector_potential=vector_potential, absorber=absorber, nonlinearity=nonlinearity)
        given = {"grid": grid, "potential": potential, "mass": mass, "hbar": hbar,
                 "metric": metric, "time_dependent": bool(time_dependent),
                 "kinetic": kinetic_for(grid, mass, hbar, metric),
                 "_function": as_function(potential, grid.ndim, bool(time_dependent))}
        for name, value in given.items():
            object.__setattr__(self, name, value)
        if not self.time_dependent:
            self.potential_table()

    def potential_table(self, t: float = 0.0) -> np.ndarray:
        """V on the grid at time t, (*shape), read-only."""
        if self.time_dependent:
            return tabulate(self.grid, self._function, checks.real("t", t))
        return self._static_table

    @cached_property
    def _static_table(self) -> np.ndarray:
        return tabulate(self.grid, self.potential if self._function is None else self._function)

    def loss_table(self, t: float = 0.0) -> np.ndarray | None:
        """W of H = … − iW on the grid at time t, (*shape), read-only: absorber and −Im V; None where H is Hermitian."""
        return None

    def gradient_squared(self, t: float = 0.0) -> np.ndarray:
        """∂Vᵀ M⁻¹ ∂V on the grid at time t, (*shape): what [V,[T,V]] = ħ² ∂VᵀM⁻¹∂V adds to the phases of gradient schemes."""
        raise UnsupportedError("not written yet")

    @property
    def channels(self) -> int | None:
        """The number of coupled channels, None for a scalar V."""
        return None

    @property
    def nonlinearity(self) -> Callable | None:
        """f of f(|ψ|²), None where the equation is linear."""
        return None

    @property
    def is_hermitian(self) -> bool:
        """True without absorber and imaginary part of V: the norm is conserved."""
        return True

    @property
    def state_shape(self) -> tuple[int, ...]:
        """The shape of one wave function: (*shape), or (channels, *shape)."""
        return self.grid.shape if self.channels is None else (self.channels, *self.grid.shape)

    @property
    def state_axes(self) -> tuple[int, ...]:
        """The axes of an array (…, *state_shape) that belong to one wave function."""
        return tuple(range(-len(self.state_shape), 0))

    def norm(self, psi: Any) -> np.ndarray:
        """√(Σ|ψ|² ΔV) of each wave function, over points and channels, (…); NumPy, whatever the array."""
        return np.sqrt(squared_sums(psi, self.state_axes) * self.grid.cell_volume)

    def apply(self, psi: Any, t: float = 0.0) -> Any:
        """Hψ at time t, a new array, unchecked: what the methods call; ``H @ psi`` is for everybody else."""
        return self.kinetic.apply(psi) + self.potential_table(t) * psi

    @property
    def is_diagonal_in_k(self) -> bool:
        """True where T is a function of the wavenumbers, which splitting methods need."""
        return isinstance(self.kinetic, FlatKinetic)

    @cached_property
    def root_metric(self) -> np.ndarray:
        """g^{1/4} on the grid, (*shape): the scalar is ψ = Φ/g^{1/4}; ones without a metric."""
        if self.metric is None:
            return np.ones(self.grid.shape)
        return metric_values(self.metric, self.grid.axes[0]) ** 0.25

    def at(self, t: float) -> "Hamiltonian":
        """The static Hamiltonian with V frozen at time t."""
        if not self.time_dependent:
            return self
        return Hamiltonian(self.grid, self.potential_table(t), mass=self.mass, hbar=self.hbar, metric=self.metric)

    def refined(self, factor: int = 2) -> "Hamiltonian | None":
        """The same operator on a finer grid; None where V is an array, whose values between the points are unknown."""
        if self._function is None and np.ndim(self.potential) != 0:
            return None
        return Hamiltonian(self.grid.refined(factor), self.potential, mass=self.mass, hbar=self.hbar,
                           metric=self.metric, time_dependent=self.time_dependent)

    def __repr__(self) -> str:
        kind = "metric" if self.metric is not None else f"mass={self.mass!r}"
        return f"Hamiltonian(grid {self.grid.shape} on {self.grid.bounds}, {kind}, hbar={self.hbar:g})"

    def __matmul__(self, psi: np.ndarray) -> np.ndarray:
        """Hψ for ψ (…, *shape); complex."""
        self._need_static("H @ psi")
        psi = self.checked(psi)
        return self.kinetic.apply(psi) + self.potential_table() * psi

    def expect(self, psi: np.ndarray) -> np.ndarray:
        """⟨ψ|H|ψ⟩ = Σ ψ* Hψ ΔV over the last d axes; real; not divided by ⟨ψ|ψ⟩."""
        return np.real(self.grid.inner(psi, self @ psi))

    def to_matrix(self) -> np.ndarray:
        """The Hermitian matrix of H in the basis of the points (C order), real where H is; at most 4096 points.

        Acting on ψ.ravel(), or on kets ψ√ΔV alike.
        """
        self._need_static("H.to_matrix()")
        n = self.grid.size
        if n > DENSE_LIMIT:
            raise UnsupportedError(f"a dense matrix of {n}×{n} is not offered (limit {DENSE_LIMIT} points); use "
                                   "H @ psi, or a smaller grid.")
        rows = self.kinetic.apply(np.eye(n).reshape(n, *self.grid.shape)).reshape(n, n)
        matrix = rows.real.T if self.kinetic.is_real else rows.T
        matrix = (matrix + matrix.conj().T) / 2
        matrix[np.diag_indices(n)] += self.potential_table().ravel()
        return matrix

    @cached_property
    def spectral_bounds(self) -> tuple[float, float]:
        """An enclosure of the spectrum on this grid: min T + min V and max T + max V."""
        self._need_static("H.spectral_bounds")
        low, high = self.kinetic.bounds
        table = self.potential_table()
        return low + float(table.min()), high + float(table.max())

    def checked(self, psi: Any, name: str = "psi") -> np.ndarray:
        """ψ as a finite complex array (…, *shape), or ArgumentError."""
        array = checks.finite_array(name, psi, dtype=complex)
        if array.shape[-self.grid.ndim:] != self.grid.shape:
            checks.fail(name, f"must have the shape (…, {', '.join(map(str, self.grid.shape))}) of the grid",
                        f"shape {array.shape}")
        return array

    def _need_static(self, what: str) -> None:
        if self.time_dependent:
            checks.fail(what, "needs a time where V depends on t", "none", "Write H.at(t) for the operator at time t.")


def _refuse(**options: Any) -> None:
    for name, value in options.items():
        if value is not None:
            raise UnsupportedError(f"{name} is not offered yet. {_NOT_OFFERED[name]}")
