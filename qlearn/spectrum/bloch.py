"""H in every sector θ from a few of them: periodic parts u = e^{−iκ·(x−a)} ψ, κ = 2πθ/L, in one reduced basis.

In the space of the u the operator is a polynomial of degree 2 in κ, for the twist κ does what the constant vector potential
−ħκ does:

    h(κ) = e^{−iκx} H e^{iκx} = h₀ + ħ Σ_a κ_a v_a + ½ħ² Σ_ab κ_a κ_b w_ab,   v_a = ∂T/∂p_a,   w_ab = ∂²T/∂p_a∂p_b

so that differences of T at three values of A are its derivatives exactly, whatever the mass, the metric and A are. The u of a
few sectors, from ``eigenstates``, span those of all the others; each sector is a small dense problem, and its states are
accepted where the residual on the whole grid says so, else the sector is solved and joins the basis.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, final

import numpy as np
from scipy.linalg import eigh

from qlearn import checks
from qlearn.errors import AccuracyWarning, UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import acted
from qlearn.hamiltonian.kinetic import kinetic_for
from qlearn.spectrum.eigenstates import eigenstates

__all__ = ["BlochFamily", "Sector", "twisted_axes"]

EPS = float(np.finfo(float).eps)
REFERENCE = 0.25     # the twist of the common grid: there no mode ±N/2 is without a sign
NEW = 1e-12          # what is left of a normalised vector that still counts as a direction of its own
FORCED = 2           # sectors solved before any is taken from the basis, 2d + 1 in d dimensions


@final
@dataclass(frozen=True, eq=False)
class Sector:
    """The lowest levels at one θ: energies (K,) ascending, bounds (K,), states (K, r) in the basis of the family.

    theta : (p,) one number a twisted axis, as it was asked for.     turns : (p,) integers, θ − turns in (−½, ½].
    clusters : (K,) levels with equal numbers are within each other's bounds: degenerate, as far as is known.
    """

    theta: np.ndarray
    turns: tuple[int, ...]
    energies: np.ndarray
    bounds: np.ndarray
    states: np.ndarray

    def at(self, theta: np.ndarray) -> "Sector":
        """The same levels under another name, θ plus integers."""
        turns = np.asarray(self.turns) + np.rint(theta - self.theta)
        return Sector(theta, tuple(int(m) for m in turns), self.energies, self.bounds, self.states)

    @cached_property
    def clusters(self) -> np.ndarray:
        apart = np.diff(self.energies) > self.bounds[1:] + self.bounds[:-1]
        return np.concatenate([[0], np.cumsum(apart)])


def twisted_axes(grid: Grid) -> tuple[int, ...]:
    """The periodic axes that can be twisted: all but the azimuths round poles."""
    return tuple(a for a, kind in enumerate(grid.boundary)
                 if kind == "periodic" and not (a > 0 and grid.boundary[a - 1] == "pole"))


@final
class BlochFamily:
    """H(θ) for all θ, levels k of each; the basis grows as sectors are asked for."""

    def __init__(self, H: Hamiltonian, k: int, tol: float):
        self.hamiltonian, self.k, self.tol = H, k, tol
        self.axes = twisted_axes(H.grid)
        self.base = self._rebuilt([REFERENCE] * len(self.axes))
        self.size = int(np.prod(H.state_shape))
        self.fine = self.base.refined(2) or self.base
        self.basis = np.empty((0, self.size), dtype=complex)         # rows, orthonormal: Σ|·|² = 1
        self._fine_basis = np.empty((0, int(np.prod(self.fine.state_shape))), dtype=complex)
        self._sectors: dict[tuple[float, ...], Sector] = {}
        self.solved: list[np.ndarray] = []
        self._projected: dict[Any, np.ndarray] = {}
        self._shifts: dict[tuple[int, ...], np.ndarray] = {}

    # sectors

    def sector(self, theta: Any) -> Sector:
        """The lowest levels at θ (p,), certified."""
        theta = np.asarray(theta, dtype=float)
        turns = np.ceil(theta - 0.5)
        inside = tuple(float(value) for value in theta - turns)
        if inside not in self._sectors:
            self._sectors[inside] = self._found(np.array(inside))
        found = self._sectors[inside]
        return Sector(theta, tuple(int(m) for m in turns), found.energies, found.bounds, self.padded(found.states))

    def _found(self, theta: np.ndarray) -> Sector:
        if len(self.solved) >= 1 + FORCED * len(self.axes) or self._is_solved(theta):
            energies, states, residuals = self._lowest(theta)
            if np.max(residuals) <= self.accepted or self._is_solved(theta):
                return self._certified(theta, energies, states)
        self._solve(theta)
        return self._certified(theta, *self._lowest(theta)[:2])

    def _lowest(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Energies, states and residuals on the grid: Rayleigh–Ritz with h(κ) itself, of which the polynomial has lost digits."""
        states = self.ritz(theta)[1]
        rows = states @ self.basis
        image = self.applied(theta, rows)
        energies, turned = eigh(rows.conj() @ image.T)
        rest = turned.T @ image - energies[:, None] * (turned.T @ rows)
        return energies, turned.T @ states, np.linalg.norm(rest, axis=1)

    def _is_solved(self, theta: np.ndarray) -> bool:
        return any(np.array_equal(theta, other) for other in self.solved)

    def _certified(self, theta: np.ndarray, energies: np.ndarray, states: np.ndarray) -> Sector:
        bounds = self._residuals(self.fine, theta, energies, states @ self._fine_basis) + self.rounding
        return Sector(theta, (0,) * len(theta), energies, bounds, states)

    def _solve(self, theta: np.ndarray) -> None:
        """The levels of the sector θ join the basis."""
        H = self._rebuilt(theta)
        more = min(self.size, self.k + max(3, self.k // 3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AccuracyWarning)      # said once for all sectors, in the end
            states = np.asarray(eigenstates(H, more, tol=self.tol).states)
        chi = self.base.grid.from_periodic(H.grid.to_periodic(states))
        self.extend(chi.reshape(len(states), -1) * np.sqrt(self.base.grid.cell_volume))
        self.solved.append(theta)

    def extend(self, vectors: np.ndarray) -> None:
        """Add the directions of these vectors (m, size) that the basis lacks; what was expressed in it stays valid."""
        kept = [self.basis]
        for vector in vectors:
            rest = vector / np.linalg.norm(vector)
            for _ in range(2):
                for part in kept:
                    rest = rest - (part.conj() @ rest) @ part
                size = np.linalg.norm(rest)
                if size < NEW:
                    break
                rest = rest / size
            else:
                kept.append(rest[None])
        if len(kept) == 1:
            return
        self.basis = np.concatenate(kept)
        known = len(self._fine_basis)
        self._fine_basis = np.concatenate([self._fine_basis, self._on_fine(self.basis[known:])])
        self._projected.clear()
        self._shifts.clear()

    def padded(self, states: np.ndarray) -> np.ndarray:
        """States (…, r) of a time when the basis was smaller."""
        missing = len(self.basis) - states.shape[-1]
        return np.pad(states, [(0, 0)] * (states.ndim - 1) + [(0, missing)]) if missing else states

    def ritz(self, theta: np.ndarray, k: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Energies and states (rows, in the basis) of h(κ) projected, the k lowest."""
        k = self.k if k is None else k
        energies, vectors = eigh(self.projected(theta))
        return energies[:k].copy(), vectors[:, :k].T.copy()

    # operators

    def momentum(self, theta: np.ndarray) -> np.ndarray:
        """ħκ − ħκ of the common grid, (p,)."""
        return self.momentum_quantum * (np.asarray(theta) - REFERENCE)

    @cached_property
    def momentum_quantum(self) -> np.ndarray:
        """2πħ/L of the twisted axes: dp/dθ."""
        return 2 * np.pi * self.hamiltonian.hbar / self.hamiltonian.grid.lengths[list(self.axes)]

    def applied(self, theta: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """h(κ) on rows (m, size)."""
        return self._acted(self.base, self.momentum(theta), vectors)

    def projected(self, theta: np.ndarray) -> np.ndarray:
        """h(κ) in the basis, (r, r)."""
        p, total = self.momentum(theta), self._matrix("h")
        for a, _ in enumerate(p):
            total = total + p[a] * self.velocity(a)
            for b, _ in enumerate(p):
                total = total + 0.5 * p[a] * p[b] * self.curvature(a, b)
        return total

    def velocity(self, a: int, theta: np.ndarray | None = None) -> np.ndarray:
        """∂h/∂p_a in the basis, at the κ of the common grid or at θ."""
        matrix = self._matrix(a)
        if theta is None:
            return matrix
        return matrix + sum(p * self.curvature(a, b) for b, p in enumerate(self.momentum(theta)))

    def curvature(self, a: int, b: int) -> np.ndarray:
        """∂²h/∂p_a∂p_b in the basis."""
        return self._matrix((min(a, b), max(a, b)))

    def slope_of(self, a: int, theta: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        """∂h/∂p_a on rows (m, size) at θ."""
        step = self.step * np.eye(len(self.axes))[a]
        p = self.momentum(theta)
        return (self._acted(self.base, p + step, vectors) - self._acted(self.base, p - step, vectors)) / (2 * self.step)

    def shift(self, turns: tuple[int, ...]) -> np.ndarray:
        """e^{−2πi m·(x−a)/L} in the basis: leads from θ to θ + m."""
        if turns not in self._shifts:
            self._shifts[turns] = (self.basis.conj() * self._phase(self.base.grid, turns)) @ self.basis.T
        return self._shifts[turns]

    def waves(self, sector: Sector, states: np.ndarray) -> np.ndarray:
        """Periodic parts u (m, *state_shape) of states (m, r), normalised Σ|u|² ΔV = 1, for the θ that was asked for."""
        grid = self.base.grid
        rows = (states @ self.basis) * self._phase(grid, sector.turns) / np.sqrt(grid.cell_volume)
        return grid.to_periodic(rows.reshape(len(states), *self.base.state_shape))

    @cached_property
    def rounding(self) -> float:
        """ε‖H‖√log₂N of the grid on which residuals are taken."""
        low, high = self.fine.spectral_bounds
        return EPS * max(abs(low), abs(high)) * float(np.sqrt(np.log2(self.fine.grid.size)))

    @cached_property
    def unit(self) -> float:
        """The least ħ²(2π/L)²/2m of an axis."""
        H = self.hamiltonian
        return min(float(0.5 * np.min(H.kinetic.inverse[a, a]) * (2 * np.pi * H.hbar / H.grid.lengths[a]) ** 2)
                   for a in range(H.grid.ndim))

    def scale(self, energy: float) -> float:
        """An energy over the least V, plus that of one wave round an axis: what tol is relative to."""
        return energy - (self.base.spectral_bounds[0] - self.base.kinetic.bounds[0]) + self.unit

    @cached_property
    def accepted(self) -> float:
        """The residual up to which a sector is taken from the basis."""
        low, high = self.base.spectral_bounds
        return max(0.1 * self.tol * self.unit, 16 * EPS * max(abs(low), abs(high)))

    def _rebuilt(self, theta: Any) -> Hamiltonian:
        grid = self.hamiltonian.grid
        twist = [0.0] * grid.ndim
        for a, value in zip(self.axes, theta, strict=True):
            twist[a] = float(value)
        return self.hamiltonian._rebuilt(grid=Grid(grid.shape, grid.bounds, grid.boundary, tuple(twist)))

    def _acted(self, H: Hamiltonian, momentum: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        psi = vectors.reshape(len(vectors), *H.state_shape)
        kinetic = kinetic_for(H.grid, H.mass, H.hbar, H.metric, self._potential(momentum))
        return acted(H.potential_table(), psi, kinetic, 0.0, H.channels, H.grid.ndim).reshape(len(vectors), -1)

    def _potential(self, momentum: np.ndarray) -> Any:
        """A − p on the twisted axes."""
        A, shift = self.hamiltonian.vector_potential, np.zeros(self.hamiltonian.grid.ndim)
        shift[list(self.axes)] = momentum
        if A is None or not callable(A):
            return (0.0 if A is None else np.atleast_1d(np.asarray(A, dtype=float))) - shift

        def moved(*q: np.ndarray) -> list:
            given = A(*q)
            if len(shift) == 1 and (np.ndim(given) == 0 or (isinstance(given, np.ndarray) and given.shape == q[0].shape)):
                given = [given]
            return [np.broadcast_to(np.asarray(component, dtype=float), q[0].shape) - part
                    for component, part in zip(given, shift, strict=True)]
        return moved

    @cached_property
    def step(self) -> float:
        """The step of differences in p, exact whatever it is; this large one keeps their rounding small."""
        grid = self.hamiltonian.grid
        return float(np.pi * self.hamiltonian.hbar / np.min(grid.spacing[list(self.axes)]))

    def _matrix(self, which: Any) -> np.ndarray:
        if not self._projected:
            self._project()
        return self._projected[which]

    def _project(self) -> None:
        """h, its first and its second derivatives in p, from T at p = 0, ±s e_a, s(e_a + e_b)."""
        s, count = self.step, len(self.axes)
        unit = np.eye(count) * s

        def at(p: np.ndarray) -> np.ndarray:
            matrix = self.basis.conj() @ self._acted(self.base, p, self.basis).T
            return (matrix + matrix.conj().T) / 2

        here = at(np.zeros(count))
        forward, backward = [at(e) for e in unit], [at(-e) for e in unit]
        self._projected["h"] = here
        for a in range(count):
            self._projected[a] = (forward[a] - backward[a]) / (2 * s)
            self._projected[a, a] = (forward[a] + backward[a] - 2 * here) / s**2
        for a, b in combinations(range(count), 2):
            self._projected[a, b] = (at(unit[a] + unit[b]) - forward[a] - forward[b] + here) / s**2

    def _residuals(self, H: Hamiltonian, theta: np.ndarray, energies: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        image = self._acted(H, self.momentum(theta), vectors)
        return np.linalg.norm(image - energies[:, None] * vectors, axis=1) / np.linalg.norm(vectors, axis=1)

    def _on_fine(self, vectors: np.ndarray) -> np.ndarray:
        """The interpolants of the scalars on the finer grid, as half-densities."""
        H, fine = self.base, self.fine
        if fine is H:
            return vectors
        psi = vectors.reshape(len(vectors), *H.state_shape) / H.root_metric
        wide = np.asarray(H.grid.interpolate(psi, fine.grid)) * fine.root_metric
        return wide.reshape(len(vectors), -1) * np.sqrt(fine.grid.cell_volume / H.grid.cell_volume)

    def turn(self, number: int) -> np.ndarray:
        """e^{−2πi(x−a)/L} of one twisted axis, flat (size,): leads from u(θ) to u(θ + 1)."""
        return self._phase(self.base.grid, tuple(int(i == number) for i in range(len(self.axes))))

    def plane(self, theta: np.ndarray) -> np.ndarray:
        """e^{2πiθ·(x−a)/L}, (*state_shape): leads from u to ψ."""
        return self._phase(self.base.grid, tuple(-theta)).reshape(self.base.state_shape)

    def _phase(self, grid: Grid, turns: tuple[float, ...]) -> np.ndarray:
        """e^{−2πi m·(x−a)/L} at the points of one wave function, flat."""
        angle = np.zeros(grid.shape)
        for a, m in zip(self.axes, turns, strict=True):
            angle = angle - 2 * np.pi * m * (grid.mesh[a] - grid.bounds[a][0]) / grid.lengths[a]
        return np.broadcast_to(np.exp(1j * angle), self.base.state_shape).ravel()


def checked_family(H: Any, k: int, tol: float) -> None:
    """What bands need of H, or an error that says what else to do."""
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    if not twisted_axes(H.grid):
        checks.fail("H", "must have a periodic axis to twist", f"the boundaries {H.grid.boundary}",
                    "Between walls there is no θ: take eigenstates(H, k).")
    if H.time_dependent:
        checks.fail("H", "must be static", "V or A that depends on t", "Give H.at(t).")
    if not H.is_hermitian or not H.is_linear or H.batch_shape:
        raise UnsupportedError("bands of an H with a loss, of f(|ψ|²) or of a batch of V are not offered: leave the absorber and "
                               "the imaginary part of V out, freeze the mean field (V + H.mean_field(psi)), make one "
                               "Hamiltonian for each V.")
    checks.integer("k", k, least=1, most=int(np.prod(H.state_shape)))
    checks.real("tol", tol, above=0)
