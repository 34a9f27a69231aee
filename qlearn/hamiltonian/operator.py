"""H = T + V − iW + f(|ψ|²) on a grid: its tables, applied to ψ, measured.

    iħ ∂_t ψ = H ψ,    T = ½ (−iħ∂ − A)ᵀ M⁻¹ (−iħ∂ − A)    or    T = −(ħ²/2m) Δ_g with a metric
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian.absorbers import absorber_table, is_refinable
from qlearn.hamiltonian.action import DENSE_LIMIT, acted, dense_matrix, lowest_diagonal
from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.gradients import Steepness, is_smooth, kinks
from qlearn.hamiltonian.kinetic import FlatKinetic, kinetic_for
from qlearn.hamiltonian.moving import MovingNumbers, moving_numbers
from qlearn.hamiltonian.nonlinearity import Nonlinearity
from qlearn.hamiltonian.potential import Potential
from qlearn.hamiltonian.separable import Drive, held
from qlearn.hamiltonian.tables import SMALL, frozen, point_levels
from qlearn.kernels.arrays import namespace, squared_sums, squares, to_numpy

__all__ = ["DENSE_LIMIT", "Hamiltonian"]


@final
@dataclass(frozen=True, eq=False, init=False, repr=False)
class Hamiltonian:
    """H = ½ (p − A)ᵀM⁻¹(p − A) + V(q, t) − iW(q) + f(|ψ|²), p = −iħ∂, in iħ ∂_t ψ = Hψ; with a metric T = −(ħ²/2m) Δ_g.

    Parameters
    ----------
    grid : Grid.
    potential : V, in units of energy: number | array (*shape) | callable V(*q) | SymPy expression in t and the coordinates (one
        symbol of any name in 1-D; else x, y, z or q1, q2, …) | SeparablePotential, which implies ``time_dependent``. Values:
        real; complex, where −Im V ≥ 0 takes from the norm at the rate 2|Im V|/ħ and Im V > 0 adds to it; or Hermitian matrices
        (c, c, *shape) that couple c channels, ψ then (c, *shape) (a SymPy Matrix, or rows [[V11, V12], [V21, V22]] will do too).
        Such matrices may have a loss −iW, W = ½i(V − V†), that is diagonal, or has levels of one sign at each point. Axes before
        these are a batch over parameters of V and broadcast against the batch axes of ψ. Two equal axes before ``shape`` are
        channels: flatten a batch of n × n potentials to n² first.
    mass : m > 0 | one number an axis | symmetric positive definite matrix M.
    hbar : ħ > 0.
    metric : None | callable g(*q) -> (d, d, *shape). The states are then half-densities Φ = g^{1/4} ψ with Σ|Φ|² ΔV = 1.
    vector_potential : None | A, d numbers or callable A(*q) -> (d, *shape).
    absorber : W ≥ 0 of −iW, the same at all times: number | array | callable W(*q) | qlearn.Absorber, for all channels alike; or
        Hermitian matrices (c, c, *shape), positive semidefinite.
    nonlinearity : f, a callable of |ψ|² of the scalar, (…, [c,] *shape), that returns the same shape: lambda n: g * n for
        Gross–Pitaevskii, np.log for the logarithmic equation; complex for a loss (Im f < 0) or a gain that depends on the
        density, as lambda n: g * n - 1j * K * n**2 for losses by threes; where |ψ|² is 0, f counts as 0.
    time_dependent : True for V(t, *q) and A(t, *q): then every callable V and A takes t first. Needed with SymPy in t.

    Raises
    ------
    ArgumentError, and UnsupportedError with an alternative for what is not offered.

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
    vector_potential: Any
    absorber: Any
    nonlinearity: Nonlinearity | None
    time_dependent: bool
    kinetic: FlatKinetic | CovariantKinetic
    _moving: bool       # as it was given: False where only a SeparablePotential depends on t, and callables take *q alone
    _values: Potential
    _absorbed: np.ndarray | None
    _kept: dict[str, Any]

    def __init__(self, grid, potential, *, mass=1.0, hbar=1.0, metric=None, vector_potential=None, absorber=None,
                 nonlinearity=None, time_dependent=False):
        if not isinstance(grid, Grid):
            checks.fail("grid", "must be a qlearn.Grid", grid)
        hbar, moving = checks.real("hbar", hbar, above=0), bool(time_dependent)
        values = Potential(grid, potential, moving, moving_kinetic=callable(vector_potential))
        state = grid.shape if values.channels is None else (values.channels, *grid.shape)
        given = {"grid": grid, "potential": potential, "mass": mass, "hbar": hbar, "metric": metric,
                 "vector_potential": vector_potential, "absorber": absorber,
                 "nonlinearity": None if nonlinearity is None else Nonlinearity(nonlinearity, state),
                 "time_dependent": moving or values.time_dependent,
                 "kinetic": kinetic_for(grid, mass, hbar, metric, vector_potential, moving),
                 "_moving": moving, "_values": values, "_absorbed": absorber_table(grid, absorber, values.batch, values.channels),
                 "_last": None, "_kept": {}}
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @property
    def channels(self) -> int | None:
        """The number of coupled channels, None for a scalar V."""
        return self._values.channels

    @cached_property
    def batch_shape(self) -> tuple[int, ...]:
        """The axes of a batch over parameters of V (and of the absorber); () without one."""
        if self._absorbed is None:
            return self._values.batch
        axes = self.grid.ndim + (0 if self.channels is None else 2)
        return np.broadcast_shapes(self._values.batch, self._absorbed.shape[:-axes])

    @property
    def state_shape(self) -> tuple[int, ...]:
        """The shape of one wave function: (*shape), or (channels, *shape)."""
        return self.grid.shape if self.channels is None else (self.channels, *self.grid.shape)

    @cached_property
    def state_axes(self) -> tuple[int, ...]:
        """The axes of an array (…, *state_shape) that belong to one wave function."""
        return tuple(range(-len(self.state_shape), 0))

    @property
    def is_hermitian(self) -> bool:
        """True without absorber and imaginary parts of V and f: the norm is conserved. A complex V(t) counts as not Hermitian."""
        return self._absorbed is None and not self._values.is_complex and not self.has_complex_mean_field

    @property
    def has_complex_potential(self) -> bool:
        """True where V itself has, or at some t may have, an imaginary part: a loss, or a gain."""
        return self._values.is_complex

    @property
    def has_complex_mean_field(self) -> bool:
        """True where f(|ψ|²) has an imaginary part: a loss or a gain that depends on the density."""
        return self.nonlinearity is not None and self.nonlinearity.is_complex

    @property
    def is_linear(self) -> bool:
        """True without f(|ψ|²)."""
        return self.nonlinearity is None

    @property
    def is_diagonal_in_k(self) -> bool:
        """True where T is a function of the wavenumbers and not of t, which splitting methods need."""
        return isinstance(self.kinetic, FlatKinetic)

    @property
    def potential_depends_on_time(self) -> bool:
        """True for V(t, *q)."""
        return self._values.time_dependent

    @property
    def kinetic_depends_on_time(self) -> bool:
        """True for A(t, *q)."""
        return isinstance(self.kinetic, CovariantKinetic) and self.kinetic.depends_on_time

    @property
    def kinetic_moves_uniformly(self) -> bool:
        """True for an A(t, *q) that is the same everywhere at a few times, in flat space: splittings then have exact drifts."""
        return isinstance(self.kinetic, CovariantKinetic) and self.kinetic.moves_uniformly

    @cached_property
    def root_metric(self) -> np.ndarray:
        """Φ/ψ on the grid, (*shape): the scalar is ψ = Φ/root_metric; g^{1/4}, ones without a metric."""
        return self.kinetic.root_metric

    def potential_table(self, t: float = 0.0) -> np.ndarray:
        """V on the grid at time t, without its loss: real (*batch, *shape), for channels Hermitian (*batch, c, c, *shape) and
        complex; read-only. Tables of the last t are kept."""
        return self._values.real(checks.real("t", t))

    def loss_table(self, t: float = 0.0) -> np.ndarray | None:
        """W of H = … − iW on the grid at time t, absorber and −Im V, (*batch, *shape), for channels Hermitian (*batch, c, c,
        *shape) and complex; read-only; negative where Im V > 0; None where H is Hermitian."""
        return self._tables(t)[1]

    def optical_potential(self, t: float = 0.0) -> np.ndarray:
        """V − iW on the grid at time t, ``potential_table`` and ``loss_table`` in one; read-only; V where H is Hermitian."""
        return self._tables(t)[2]

    @cached_property
    def drive(self) -> Drive | None:
        """V = static + Σ_r factors(t)_r tables_r, real parts, of a scalar SeparablePotential or SymPy V(t); None for others."""
        return self._values.drive

    @cached_property
    def _optical_drive(self) -> Drive | None:
        """``drive`` of V − iW, complex where H has a loss."""
        whole = self._values.optical_drive
        if whole is None or self._absorbed is None:
            return whole
        static = whole.static - 1j * self._absorbed
        return Drive(static, np.array(np.broadcast_to(whole.tables, (len(whole.tables), *static.shape))), whole.source)

    def gradient_squared(self, t: float = 0.0) -> np.ndarray:
        """∂VᵀM⁻¹∂V on the grid at time t, (*batch, *shape): [V, [T, V]] = ħ² ∂VᵀM⁻¹∂V, what gradient schemes add to V.

        V is V − iW here, and the result complex, where H has a loss (no complex conjugate). By differences of order 8, which
        cross the seam of a periodic axis only where V is smooth there. Scalar V only.
        """
        return self._steepness.squared(self._tables(t)[2], t)

    def drive_tables(self, gradient: bool) -> np.ndarray:
        """(n, …, *shape), C-contiguous: V0 and the g_r of the drive, with ``gradient`` behind them those of ∂VᵀM⁻¹∂V, W_rs for
        0 ≤ r ≤ s with the numbers f_r f_s, f_0 = 1; complex, of V − iW, with a loss. To be looked at only."""
        drive: Any = self._optical_drive
        return self._steepness.form() if gradient else np.concatenate([drive.static[None], drive.tables])

    def gradient_is_smooth(self, t: float = 0.0, energy: float | None = None) -> bool:
        """False where V − iW has kinks, steps or features of few points: gradient schemes and high orders gain nothing there.

        ``energy`` limits the question to where Re V lies below it. The seam does not count where V is not smooth across it.
        """
        drive = self.drive if self.is_hermitian else None
        parts = [self._tables(t)[2]] if drive is None else [drive.static, *drive.tables]
        plain = self.channels is None and not self.batch_shape and self.grid.size <= SMALL
        if plain and (drive is not None or not self.potential_depends_on_time):
            places = self.kept("kinks", lambda: np.flatnonzero(np.any([kinks(part, self.grid) for part in parts], axis=0)))
            return not places.size or (energy is not None and not np.any(self.potential_table(t).reshape(-1)[places] < energy))
        below = None if energy is None else lowest_diagonal(self.potential_table(t), self.channels, self.grid.ndim) < energy
        return all(is_smooth(part, self.grid, below) for part in parts)

    def kept(self, name: str, make: Callable[[], Any]) -> Any:
        """What ``make`` derives from this H alone; kept under the name on small grids, for all runs to come."""
        if self.grid.size > SMALL:
            return make()
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]

    def kept_last(self, name: str, key: Any, make: Callable[[], Any], dear: bool = False) -> Any:
        """The same of what belongs to a key: the last one is kept; on large grids too where it is ``dear``."""
        found = self._kept.get(name)
        if found is None or found[0] != key:
            found = key, make()
            if dear or self.grid.size <= SMALL:
                self._kept[name] = found
        return found[1]

    @cached_property
    def _steepness(self) -> Steepness:
        if self.channels is not None:
            raise UnsupportedError("the gradient of V is offered for one channel only: matrices at two points do not commute. "
                                   "Use BM6() or BM4(), which need none.")
        if "pole" in self.grid.boundary:
            raise UnsupportedError("the gradient of V is not offered on grids with poles; the methods there, Chebyshev() and "
                                   "Lanczos(), need none.")
        return Steepness(self.grid, self.kinetic.inverse, self._optical_drive, static=not self.potential_depends_on_time)

    def _tables(self, t: float) -> tuple[float, np.ndarray | None, np.ndarray]:
        """(t, W, V − iW or V), kept for the last t."""
        last = self.__dict__["_last"]
        if last is not None and (last[0] == t or not self.potential_depends_on_time):
            return last
        real, loss = self.potential_table(t), self._values.loss(t)
        if self._absorbed is not None:
            loss = self._absorbed if loss is None else frozen(loss + self._absorbed)
        whole = real if loss is None else frozen(real - 1j * loss)
        last = (t, loss, whole)
        object.__setattr__(self, "_last", last)
        return last

    def norm(self, psi: Any) -> np.ndarray:
        """√(Σ|ψ|² ΔV) of each wave function, over points and channels, (…); NumPy, whatever the array."""
        return np.sqrt(squared_sums(psi, self.state_axes) * self.grid.cell_volume)

    def apply(self, psi: Any, t: float = 0.0) -> Any:
        """Hψ at time t with −iWψ and f(|ψ|²)ψ, a new array, unchecked: what the methods call; ``H @ psi`` is for everybody else.

        Arrays of other namespaces than NumPy are welcome where the kinetic part takes them (no metric, no varying A) and f does.
        """
        result = acted(self._tables(t)[2], psi, self.kinetic, t, self.channels, self.grid.ndim)
        if self.nonlinearity is not None:
            result = result + self.mean_field(psi) * psi
        return result

    def mean_field(self, psi: Any) -> Any:
        """f(|ψ|²) of states (…, *state_shape), the same shape; with a metric of the scalar |Φ|²/root_metric²."""
        return self.mean_field_of(squares(psi) if isinstance(psi, np.ndarray) else namespace(psi).abs(psi) ** 2)

    def mean_field_of(self, density: Any) -> Any:
        """The same of |Φ|² (…, *state_shape)."""
        if self.nonlinearity is None:
            raise UnsupportedError("this H is linear and has no mean field; give nonlinearity=f.")
        return self.nonlinearity(self._scalar(density))

    def _scalar(self, density: Any) -> Any:
        """|ψ|² of the scalar for |Φ|²."""
        return density if self.metric is None else density / self.root_metric**2

    def energy(self, psi: Any, t: float = 0.0) -> np.ndarray:
        """⟨T + V⟩ + ∫F(|ψ|²), F = ∫Re f, at time t, (…) real: what a static H without loss conserves; not divided by ⟨ψ|ψ⟩.

        The same as ``expect`` where H is linear. NumPy, whatever the array.
        """
        psi = self.checked(to_numpy(psi))
        applied = acted(self._tables(t)[2], psi, self.kinetic, t, self.channels, self.grid.ndim)
        total = np.sum((psi.conj() * applied).real, axis=self.state_axes)
        if self.nonlinearity is not None:
            density = self.nonlinearity.energy_density(self._scalar(squares(psi))) * self.root_metric**2
            total = total + np.sum(density, axis=self.state_axes)
        return total * self.grid.cell_volume

    def __matmul__(self, psi: np.ndarray) -> np.ndarray:
        """Hψ for ψ (…, *state_shape); complex."""
        self._need_static("H @ psi")
        return self.apply(self.checked(psi))

    def expect(self, psi: np.ndarray) -> np.ndarray:
        """Re⟨ψ|H|ψ⟩ = Re Σ ψ* Hψ ΔV over one wave function, (…); not divided by ⟨ψ|ψ⟩; with f(|ψ|²), see ``energy``."""
        psi = self.checked(psi)
        return np.sum((psi.conj() * (self @ psi)).real, axis=self.state_axes) * self.grid.cell_volume

    def to_matrix(self) -> np.ndarray:
        """The matrix of H in the basis of channels and points (C order of state_shape), at most 4096 rows, for ψ.ravel() and for
        kets ψ√ΔV alike: Hermitian without loss, real where H is. Refused for a batch and for f(|ψ|²)."""
        self._need_static("H.to_matrix()")
        self._need_linear("H.to_matrix()")
        if self.batch_shape:
            raise UnsupportedError(f"H.to_matrix() is offered for one V, not for a batch {self.batch_shape}; make one "
                                   "Hamiltonian for each member.")
        return dense_matrix(self._tables(0.0)[2], self.kinetic, self.channels, self.is_hermitian)

    @cached_property
    def spectral_bounds(self) -> tuple[float, float]:
        """An enclosure of the spectrum on this grid, of the Hermitian part where there is a loss, of all members of a batch: the
        least and the largest T plus those of V (of its eigenvalues at each point, for channels)."""
        self._need_static("H.spectral_bounds")
        self._need_linear("H.spectral_bounds")
        low, high = self.kinetic.bounds
        least, most = point_levels(self.potential_table(), self.channels, self.grid.ndim)
        return low + least, high + most

    def at(self, t: float) -> "Hamiltonian":
        """The static Hamiltonian with V and A frozen at time t."""
        if not self.time_dependent:
            return self
        A, t = self.vector_potential, checks.real("t", t)
        if self._moving and callable(A):
            kinetic: Any = self.kinetic
            numbers = kinetic.potential.everywhere(t) if self.kinetic_moves_uniformly else None
            A = (lambda *q: self.vector_potential(t, *q)) if numbers is None else numbers
        return self._rebuilt(potential=self._values.values(t), time_dependent=False, vector_potential=A)

    def between(self, low: float, high: float) -> "Hamiltonian":
        """The same operator, whose V and A are asked for at times from low to high alone, at others for the nearer of the two.
        For a part of a run that ends where H(t) jumps."""
        if not self.time_dependent:
            return self
        A = self.vector_potential
        return self._rebuilt(potential=self._values.between(low, high),
                             vector_potential=held(A, low, high) if self._moving and callable(A) else A)

    @cached_property
    def moving_numbers(self) -> list[MovingNumbers]:
        """What H(t) depends on: the factors of a drive, or V(t) and A(t) at some of the points."""
        return moving_numbers(self.grid, self.hbar, self._values, self.kinetic)

    def refined(self, factor: int = 2) -> "Hamiltonian | None":
        """The same operator on a finer grid; None where V, W or f is known on the points of this one only."""
        return self.on(self.grid.refined(factor))

    def on(self, grid: Grid) -> "Hamiltonian | None":
        """The same operator on other points; None where V, W or f is known on the points of its own grid only."""
        state = (*self.state_shape[:len(self.state_shape) - self.grid.ndim], *grid.shape)
        if not self._values.refinable or not is_refinable(self.absorber) \
                or (self.nonlinearity is not None and not self.nonlinearity.fits(state)):
            return None
        return self._rebuilt(grid=grid, potential=self._values.source)

    def at_points(self, grid: Grid, index: Any) -> "Hamiltonian":
        """The same operator on a ``grid`` of some of the points, those of an index of tables (*shape): static or with a drive,
        linear, lossless, with T diagonal in the wavenumbers. The last one is kept on small grids."""
        part: Hamiltonian = self.kept_last("part", (grid.shape, grid.bounds, grid.boundary, grid.sectors, index),
                                           lambda: self._at_points(grid, index))
        return part

    def _at_points(self, grid: Grid, index: Any) -> "Hamiltonian":
        constant = self.kinetic.vector_potential()
        part = self._rebuilt(grid=grid, potential=self._values.at_points(index), time_dependent=False,
                             vector_potential=constant if np.any(constant) else None)
        gradients = None if self.time_dependent else self.gradient_squared()
        part.__dict__["_steepness"] = self._steepness.at_points(grid, part.drive, gradients, index)
        return part

    def _rebuilt(self, **changes: Any) -> "Hamiltonian":
        f = None if self.nonlinearity is None else self.nonlinearity.given
        absorber = self.absorber if is_refinable(self.absorber) else self._absorbed
        given = {"grid": self.grid, "potential": self.potential, "mass": self.mass, "hbar": self.hbar, "metric": self.metric,
                 "vector_potential": self.vector_potential, "absorber": absorber, "nonlinearity": f,
                 "time_dependent": self._moving, **changes}
        return Hamiltonian(given.pop("grid"), given.pop("potential"), **given)

    def __repr__(self) -> str:
        parts = {"metric": self.metric is not None, "A": self.vector_potential is not None,
                 "V(t)": self.potential_depends_on_time, f"{self.channels} channels": self.channels is not None,
                 f"batch {self.batch_shape}": bool(self.batch_shape), "loss": not self.is_hermitian,
                 "f(|ψ|²)": not self.is_linear}
        extra = "".join(f", {words}" for words, present in parts.items() if present)
        mass = "" if self.metric is not None else f", mass={self.mass!r}"
        return f"Hamiltonian(grid {self.grid.shape} on {self.grid.bounds}{mass}, hbar={self.hbar:g}{extra})"

    def checked(self, psi: Any, name: str = "psi") -> np.ndarray:
        """ψ as a finite complex array (…, *state_shape), or ArgumentError."""
        array = checks.finite_array(name, psi, dtype=complex)
        state = self.state_shape
        if array.shape[-len(state):] != state:
            what = "the grid" if self.channels is None else f"{self.channels} channels on the grid"
            checks.fail(name, f"must have the shape (…, {', '.join(map(str, state))}) of {what}", f"shape {array.shape}")
        if self.batch_shape:
            self._check_batch(array.shape[:array.ndim - len(state)], name)
        return array

    def _check_batch(self, batch: tuple[int, ...], name: str) -> None:
        try:
            np.broadcast_shapes(batch, self.batch_shape)
        except ValueError:
            checks.fail(name, f"must have batch axes that broadcast with those of V, {self.batch_shape}",
                        f"shape {(*batch, *self.state_shape)}", "For every ψ with every V give ψ a new axis: psi[:, None].")

    def _need_static(self, what: str) -> None:
        if self.time_dependent:
            checks.fail(what, "needs a time where V or A depends on t", "none", "Write H.at(t) for the operator at time t.")

    def _need_linear(self, what: str) -> None:
        if self.nonlinearity is not None:
            raise UnsupportedError(f"{what} is not offered with f(|ψ|²), for H then depends on ψ. Freeze the mean field: "
                                   "Hamiltonian(grid, V + H.mean_field(psi), …).")
