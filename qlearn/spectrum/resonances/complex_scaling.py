"""H on a path in the complex plane: x → z(x), along which outgoing waves decay and the continuum turns away.

    uniform     z = c + (x − c)e^{iθ}:    H_θ = e^{−2iθ}T + V(z)
    exterior    z = x for |x − c| < R, then it bends, dz/dx = f → e^{iθ}:
                H_θ = ½(ħ²/m) f^{−1/2} ∂ᵀ f^{−1} ∂ f^{−1/2} + V(z),  acting on f^{1/2}ψ(z)

f = 1 + (e^{iθ} − 1)·½(1 + erf((|x − c| − R')/λ)), with R' = R + 6λ so that z = x to rounding inside, λ a 30th of what
is left outside. Both are complex symmetric: left eigenvectors are the complex conjugates of the right ones. Resonances above E_t
with Γ/2 < (E − E_t) tan 2θ and bound states stay where they are, the continuum above a threshold E_t turns to
E_t + e^{−2iθ}[0, ∞).

E. Balslev and J. M. Combes, Commun. Math. Phys. 22, 280 (1971); B. Simon, Phys. Lett. A 71, 211 (1979); N. Moiseyev,
Phys. Rep. 302, 212 (1998).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np
from scipy.special import erf

from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.symbolic import coordinate_function, is_sympy

__all__ = ["ScaledHamiltonian", "loop_defect"]

BENT = 30.0         # the path bends over λ = (what is left outside)/BENT
CLEAR = 6.0         # erfc(6)/2 = 1e-17: where z = x to rounding
ANGLE_STEP = 5e-3   # of the derivative in θ, by differences of order 4


@final
@dataclass(frozen=True, eq=False)
class ScaledHamiltonian:
    """H_θ on the grid of a flat H with one boundary, V a callable of complex coordinates; ``exterior`` R, None for uniform."""

    hamiltonian: Hamiltonian
    center: tuple[float, ...]
    angle: float
    exterior: float | None = None

    def at(self, angle: float) -> "ScaledHamiltonian":
        return replace(self, angle=angle)

    def on(self, stretch: float, finer: float) -> "ScaledHamiltonian":
        """The same H in a box ``stretch`` times as large about the centre, with spacings ``finer`` times smaller."""
        grid = self.hamiltonian.grid
        bounds = [(c - stretch * (c - a), c + stretch * (b - c)) for (a, b), c in zip(grid.bounds, self.center, strict=True)]
        shape = [max(2, round((n + (kind == "wall")) * stretch * finer) - (kind == "wall"))
                 for n, kind in zip(grid.shape, grid.boundary, strict=True)]
        return replace(self, hamiltonian=self.hamiltonian._rebuilt(grid=Grid(shape, bounds, grid.boundary)))

    def path(self, x: np.ndarray, axis: int, angle: complex | None = None) -> np.ndarray:
        """z(x) on an axis."""
        turn, c = np.exp(1j * (self.angle if angle is None else angle)), self.center[axis]
        if self.exterior is None:
            return c + (x - c) * turn
        start, width = self._bend
        s, u = np.abs(x - c), (np.abs(x - c) - start) / width
        bent = 0.5 * ((s - start) * (1 + erf(u)) + width / np.pi**0.5 * np.exp(-(u**2)))
        bent = np.where(s <= self.exterior, 0.0, bent)
        return x + np.sign(x - c) * (turn - 1) * bent

    def slope(self, x: np.ndarray) -> np.ndarray:
        """f = dz/dx on the one axis of an exterior path."""
        start, width = self._bend
        s = np.abs(x - self.center[0])
        return 1 + (np.exp(1j * self.angle) - 1) * np.where(s <= self.exterior, 0.0, 0.5 * (1 + erf((s - start) / width)))

    @property
    def _bend(self) -> tuple[float, float]:
        (a, b), c, inner = self.hamiltonian.grid.bounds[0], self.center[0], float(self.exterior or 0.0)
        left = max(b - c, c - a) - inner
        return inner + CLEAR * left / BENT, left / BENT

    @cached_property
    def potential(self) -> np.ndarray:
        """V(z) on the grid, ([c, c,] *shape) complex; not checked for numbers that are not finite."""
        axes = [self.path(x, axis) for axis, x in enumerate(self.hamiltonian.grid.axes)]
        return self.values(np.meshgrid(*axes, indexing="ij"))

    @property
    def is_resolved(self) -> bool:
        """False where |V| on the path exceeds twice that on the axis, and half the highest kinetic energy of the grid.

        Waves there are shorter than the grid tells, and eigenvalues converge to wrong numbers before they converge.
        """
        H = self.hamiltonian
        top = 0.5 * H.hbar**2 * float(np.min(np.diag(H.kinetic.inverse) * (np.pi / np.array(H.grid.spacing)) ** 2))
        return float(np.max(np.abs(self.potential))) <= max(2 * float(np.max(np.abs(H.potential_table()))), top / 2)

    def values(self, points: Sequence[np.ndarray]) -> np.ndarray:
        """V at complex points, ([c, c,] *shape); called with real numbers where all of a 1-D path are real."""
        H, shape = self.hamiltonian, points[0].shape
        real = np.all([z.imag == 0 for z in points], axis=0)
        if self.exterior is None or not real.any():
            return _called(H, points)
        inside = _called(H, [z[real].real for z in points])
        result = np.empty((*inside.shape[:-1], *shape), complex)
        result[..., real] = inside
        if not real.all():
            result[..., ~real] = _called(H, [z[~real] for z in points])
        return result

    @cached_property
    def kinetic(self) -> np.ndarray:
        """T on the path as a matrix over the points."""
        H = self.hamiltonian
        n = H.grid.size
        if self.exterior is None:
            flat = H.kinetic.apply(np.eye(n).reshape(n, *H.grid.shape)).reshape(n, n).real
            return np.exp(-2j * self.angle) * (flat + flat.T) / 2
        rule, between = _half_way(H.grid)
        weighted = rule / np.sqrt(self.slope(H.grid.axes[0]))
        scale = 0.5 * H.hbar**2 * float(H.kinetic.inverse[0, 0])
        return scale * weighted.T @ (weighted / self.slope(between)[:, None])

    @cached_property
    def matrix(self) -> np.ndarray:
        """H_θ for columns over channels and points."""
        V, n = self.potential, self.hamiltonian.grid.size
        if self.hamiltonian.channels is None:
            total = self.kinetic.astype(complex)
            total[np.diag_indices(n)] += V.ravel()
            return total
        c, points = self.hamiltonian.channels, np.arange(n)
        total = np.kron(np.eye(c), self.kinetic).astype(complex)
        for i, j in np.ndindex(c, c):
            total[i * n + points, j * n + points] += V[i, j].ravel()
        return total

    def turning(self, columns: np.ndarray) -> np.ndarray:
        """|dE/dθ| over 2|⟨T_θ⟩| of right eigenvectors (size, m): 0 for resonances and bound states, 1 for the free continuum."""
        norms = np.sum(columns * columns, axis=0)
        count = self.hamiltonian.channels or 1
        split = columns.reshape(count, -1, columns.shape[1])
        moved = np.einsum("cnm,nk,ckm->m", split, self.kinetic, split, optimize=True) / norms
        change = self._slope_in_angle("potential")
        change = change.reshape(*change.shape[:change.ndim - self.hamiltonian.grid.ndim], -1)
        V = np.einsum("nm,n->m", split[0] * split[0], change) if self.hamiltonian.channels is None \
            else np.einsum("inm,ijn,jnm->m", split, change, split, optimize=True)
        if self.exterior is None:
            turned = -2j * moved
        else:
            step = np.kron(np.eye(count), self._slope_in_angle("kinetic"))
            turned = np.sum(columns * (step @ columns), axis=0) / norms
        return np.abs(turned + V / norms) / (2 * np.abs(moved))

    def _slope_in_angle(self, table: str) -> np.ndarray:
        """∂V/∂θ or ∂T/∂θ."""
        two, one, less, least = (getattr(self.at(self.angle + n * ANGLE_STEP), table) for n in (2, 1, -1, -2))
        return (8 * (one - less) - (two - least)) / (12 * ANGLE_STEP)


def loop_defect(scaled: ScaledHamiltonian) -> float:
    """The largest |∮V w dz| over the cells between the real axis and the path, over their perimeter times max|V| there.

    w = e^{(z − corner)/size of the cell}: without it a pole of no residue, as those of 1/cosh²z, would not show. Zero to rounding
    where V is analytic; a pole, a jump, |x| or Re x between the axis and the path shows. Along 8 straight lines
    through the centre in more than one dimension. ∞ where V is not finite.
    """
    return max(_defect(scaled, line) for line in _lines(scaled))


def _lines(scaled: ScaledHamiltonian) -> list[tuple[float, float, np.ndarray]]:
    """(from, to, direction) of lines through the centre."""
    grid = scaled.hamiltonian.grid
    if grid.ndim == 1:
        return [(grid.bounds[0][0] - scaled.center[0], grid.bounds[0][1] - scaled.center[0], np.ones(1))]
    directions = np.random.default_rng(1).standard_normal((8, grid.ndim))
    reach = min(max(b - c, c - a) for (a, b), c in zip(grid.bounds, scaled.center, strict=True))
    inside = all(a < c for (a, _), c in zip(grid.bounds, scaled.center, strict=True))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    return [(-reach if inside else 0.0, reach, u if inside else np.abs(u)) for u in directions]


def _defect(scaled: ScaledHamiltonian, line: tuple[float, float, np.ndarray]) -> float:
    first, last, direction = line
    grid = scaled.hamiltonian.grid
    count = int(np.clip((last - first) / float(np.min(grid.spacing)), 16, 256))
    s, layers = np.linspace(first, last, count + 1), np.linspace(0, 1, 25)
    nodes, weights = np.polynomial.legendre.leggauss(10)
    nodes = (nodes + 1) / 2

    def place(x: np.ndarray, layer: np.ndarray) -> np.ndarray:
        """The displacement from the centre along the line, complex."""
        if scaled.exterior is None:
            return x * np.exp(1j * scaled.angle * layer)
        c = scaled.center[0]
        return x + layer * (scaled.path(c + x, 0) - c - x)

    def values(z: np.ndarray) -> np.ndarray:
        return scaled.values([c + z * u for c, u in zip(scaled.center, direction, strict=True)])

    corners = place(s[:, None], layers)
    along = corners[:-1, :, None] + (corners[1:] - corners[:-1])[:, :, None] * nodes
    across = corners[:, :-1, None] + (corners[:, 1:] - corners[:, :-1])[:, :, None] * nodes
    V, U = values(along), values(across)
    if not (np.all(np.isfinite(V)) and np.all(np.isfinite(U))):
        return np.inf
    rows, steps = corners[1:] - corners[:-1], corners[:, 1:] - corners[:, :-1]
    size = np.abs(rows)[:, :-1] + np.abs(steps)[:-1]

    def integral(values: np.ndarray, z: np.ndarray, step: np.ndarray) -> np.ndarray:
        """∫V w dz along one edge of every cell."""
        return (values * np.exp((z - corners[:-1, :-1, None]) / size[:, :, None])) @ weights / 2 * step

    around = integral(V[..., :-1, :], along[:, :-1], rows[:, :-1]) - integral(V[..., 1:, :], along[:, 1:], rows[:, 1:]) \
        + integral(U[..., 1:, :, :], across[1:], steps[1:]) - integral(U[..., :-1, :, :], across[:-1], steps[:-1])
    largest = max(float(np.max(np.abs(V))), float(np.max(np.abs(U))), 1e-300)
    return float(np.max(np.abs(around) / size)) / largest


def _called(H: Hamiltonian, points: Sequence[np.ndarray]) -> np.ndarray:
    given = H.potential
    function = coordinate_function(given, H.grid.ndim, "potential") if is_sympy(given) else given
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            values = function(*points)
    except (TypeError, ValueError, ArithmeticError, np.exceptions.ComplexWarning) as error:
        raise UnsupportedError(f"V cannot be called with complex arrays ({type(error).__name__}: {error}). Write it with "
                               "functions of complex numbers, give exterior=R where it is analytic beyond |x − c| = R, or use "
                               "an absorber and eigenstates.") from error
    c = H.channels
    if c is None:
        return np.broadcast_to(np.asarray(values, complex), points[0].shape)
    rows = [[np.broadcast_to(np.asarray(values[i][j], complex), points[0].shape) for j in range(c)] for i in range(c)]
    return np.array(rows)


def _half_way(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """∂ from the points to those half-way between, a real matrix whose D†D is T(k) = k² exactly, and these places."""
    x, h, (a, _) = grid.axes[0], float(grid.spacing[0]), grid.bounds[0]
    n, k = len(x), grid.wavenumbers[0]
    if grid.boundary[0] == "wall":
        between = a + h * (np.arange(n + 1) + 0.5)
        return np.cos(np.outer(between - a, k)) * k @ np.sin(np.outer(k, x - a)) * (2 / (n + 1)), between
    between = x + h / 2
    modes = np.fft.fft(np.eye(n), axis=0) * (1j * k * np.exp(0.5j * k * h))[:, None]
    return np.fft.ifft(modes, axis=0).real, between
