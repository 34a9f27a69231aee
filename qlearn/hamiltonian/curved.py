"""T = ½ P_a† W^{ab} P_b with a metric, a vector potential, or a mass that couples walls: Hermitian and ≥ 0 by construction.

    (Tψ) = ½ ⟨P_a ψ, W^{ab} P_b ψ⟩ varied,   P_a = (−iħ∂_a − A_a) ψ,   ψ = Φ/root,   W^{ab} = √g g^{ab}/m   (M⁻¹ without metric)

which is −(ħ²/2m) Δ_g on half-densities Φ where A = 0. The derivatives are those of ``Grid.derivatives``; W multiplies at the
points where they lead. On an axis whose mode ±N/2 has no sign, ∂ = ∂₀ ± iκn n† with n that mode: the mean over both signs is
½P₀†WP₀ + ½ħ²κ² n (n†W n) n†, real where it should be, and g^{1/4} stays the only zero mode. Between poles ψ is projected on the
spherical harmonics l < N before and after, and the rest, which is not smooth at the poles, has one energy c of the size of the
largest resolved one: without this it would have levels N²m² too high, and one in between the others.

Convergence is spectral where ψ and g are smooth on the whole axis: round a ring, over the poles, and at walls where the odd
continuation of ψ is smooth, which a metric with ∂g = 0 there, and A = 0 across the wall, leave it. Else the sines at a wall
converge as a power of N.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian.geometry import MassGeometry, MetricGeometry
from qlearn.hamiltonian.kinetic_bound import upper_bound
from qlearn.hamiltonian.vector_potential import ALIKE, VectorPotential
from qlearn.kernels import fft as transforms
from qlearn.kernels.derivatives import gauss_nodes
from qlearn.kernels.harmonics import HarmonicProjector
from qlearn.kernels.workspace import Workspace

__all__ = ["CovariantKinetic"]

TIMES = (0.0, 1.0, 0.3819660, 7.9442719)  # at which it is asked whether A is the same everywhere


@final
class CovariantKinetic:
    """T = ½ P_a† W^{ab} P_b on half-densities; see the equations of this module. NumPy arrays only.

    An axis along which neither W^{aa} nor A_a varies, and that no other axis couples to, is multiplied in its own modes,
    W^{aa}(ħk − A_a)²/2 on each line, which halves its cost.
    """

    def __init__(self, grid: Grid, geometry: MassGeometry | MetricGeometry, hbar: float, potential: VectorPotential | None):
        self.grid, self.geometry, self.hbar, self.potential = grid, geometry, hbar, potential
        self.inverse = geometry.inverse                     # g^{ab}/m, (d, d, *shape), or M⁻¹ with axes of length 1
        self.depends_on_time = potential is not None and potential.time_dependent
        axes = range(grid.ndim)
        self.along = [0.5 * np.asarray(geometry.along(a)) for a in axes]
        between = {(a, b): geometry.between(a, b) for a in axes for b in axes if a != b}
        self.between = {pair: 0.5 * table for pair, table in between.items() if table is not None}
        self.inverse_root = None if geometry.root is None else 1 / geometry.root
        self._straight = [not any((a, b) in self.between for b in axes) and _constant(self.along[a], a) for a in axes]
        self._unsigned = {a: self._highest_mode(a, rule.highest) for a, rule in enumerate(grid.derivatives)
                          if rule.highest is not None}
        self._poles = [HarmonicProjector(grid.shape[a], grid.shape[a + 1], grid.fourier_axes[a])
                       for a, kind in enumerate(grid.boundary) if kind == "pole"]
        self.rest = self._rest_energy() if self._poles else None
        self._enter, self._leave = self._tables_at_the_ends()
        self._space = Workspace()
        self._last: tuple[float, list, list] | None = None
        if not self.depends_on_time:
            self._lines(0.0)

    @property
    def table(self) -> np.ndarray:
        """Refused: T is not a function of the wavenumbers; so are ``velocities``."""
        raise UnsupportedError("with a metric or a vector potential that varies T is not diagonal in the wavenumbers. Use "
                               "Chebyshev(), Lanczos() or Dense(), or on a ring change the coordinate to the proper length "
                               "ds = √g dq.")

    velocities = table

    def vector_potential(self, t: float = 0.0) -> np.ndarray:
        """A_a at time t, (d, *shape)."""
        if self.potential is None:
            return np.zeros((self.grid.ndim, *self.grid.shape))
        return np.stack([np.broadcast_to(a, self.grid.shape) for a in self.potential(t)])

    @cached_property
    def root_metric(self) -> np.ndarray:
        """Φ/ψ, (*shape): g^{1/4}, between poles times the roots of the quadrature weights; ones without a metric."""
        root = np.ones(self.grid.shape) if self.geometry.root is None else self.geometry.root.copy()
        root.flags.writeable = False
        return root

    @cached_property
    def is_real(self) -> bool:
        """True where T maps real functions to real functions: no twist and no vector potential."""
        return not any(self.grid.sectors) and self.potential is None

    @property
    def ffts(self) -> int:
        """Transforms in one application, in units of one of all axes: 2 to 4, with poles up to 7; a product with a matrix
        along a pole axis counts as a transform of that axis."""
        lines = [False] * self.grid.ndim if self._last is None else [table is not None for table in self._last[1]]
        return -(-(sum(2 if line else 4 for line in lines) + 6 * len(self._poles)) // self.grid.ndim)

    def apply(self, psi: np.ndarray, t: float = 0.0) -> np.ndarray:
        """TΦ for Φ (…, *shape), a new complex array; A at time t."""
        if not isinstance(psi, np.ndarray):
            raise UnsupportedError("with a metric or a vector potential that varies only NumPy arrays are offered; give "
                                   "np.asarray(psi), or take flat coordinates.")
        f = self._entered(psi)
        whole = f
        for pole in self._poles:
            f = pole.apply(f)
        lines, potential = self._lines(t)
        result = np.zeros(f.shape, dtype=complex)
        self._add_coupled(result, f, [a for a, line in enumerate(lines) if line is None], potential)
        for a, line in enumerate(lines):
            if line is not None:
                self._add(result, self._in_modes(f, a, line))
            elif a in self._unsigned:
                self._add(result, self._unsigned_part(f, a))
        for pole in self._poles:
            result = pole.adjoint(result)
        if self.rest is not None:
            result += self.rest * (whole - f)
        if self._leave is not None:
            result *= self._leave
        self._space.give(whole)
        return result

    def _tables_at_the_ends(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Half-density → periodic part of the scalar, and the adjoint."""
        phase = self.grid.twist_phase
        if phase is None:
            return self.inverse_root, self.inverse_root
        root = 1.0 if self.inverse_root is None else self.inverse_root
        return root * phase.conj(), root * phase

    def _entered(self, psi: np.ndarray) -> np.ndarray:
        """The periodic part of the scalar, in scratch memory."""
        f = self._space.take(psi.shape)
        if self._enter is None:
            np.copyto(f, psi)
        else:
            np.multiply(psi, self._enter, out=f)
        return f

    def _add(self, result: np.ndarray, term: np.ndarray) -> None:
        result += term
        self._space.give(term)

    def _add_coupled(self, result: np.ndarray, f: np.ndarray, axes: list[int], potential: list) -> None:
        """Add Σ_ab (ħ∂_a − iA_a)† W^{ab} (ħ∂_b − iA_b) f over these axes."""
        if not any((a, b) in self.between for a in axes for b in axes):
            for a in axes:
                self._add_divergence(result, self._slope(f, a, potential), a, {}, potential)
            return
        slopes = {a: self._slope(f, a, potential) for a in axes}
        for a in axes:
            flux = self._space.take(slopes[a].shape) if slopes[a].shape == f.shape else np.empty_like(slopes[a])
            np.copyto(flux, slopes[a])
            self._add_divergence(result, flux, a, slopes, potential)
        for slope in slopes.values():
            self._space.give(slope)

    def _slope(self, f: np.ndarray, a: int, potential: list) -> np.ndarray:
        """(ħ∂_a − iA_a) f at the points of the derivative."""
        rule = self.grid.derivatives[a]
        slope = rule.slope(f, self._space.take(f.shape) if self.grid.boundary[a] == "periodic" else None)
        slope *= self.hbar
        if potential[a] is not None:
            inside, part = rule.inside(slope), self._space.take(f.shape)
            inside -= np.multiply(f, potential[a], out=part)
            self._space.give(part)
        return slope

    def _add_divergence(self, result: np.ndarray, flux: np.ndarray, a: int, slopes: dict[int, np.ndarray],
                        potential: list) -> None:
        """Add (ħ∂_a − iA_a)† Σ_b W^{ab} (slope b); ``flux`` is a slope a that may be overwritten."""
        rule, part = self.grid.derivatives[a], self._space.take(result.shape)
        flux *= self.along[a]
        inside = rule.inside(flux)
        for b, slope in slopes.items():
            if (a, b) in self.between:
                inside += np.multiply(self.grid.derivatives[b].inside(slope), self.between[a, b], out=part)
        if potential[a] is not None:
            result += np.multiply(inside, potential[a], out=part)
        term = rule.adjoint_in_place(flux)
        term *= self.hbar
        self._space.give(part)
        self._add(result, term)

    def _in_modes(self, f: np.ndarray, a: int, table: np.ndarray) -> np.ndarray:
        place = self.grid.fourier_axes[a]
        if self.grid.boundary[a] == "wall":
            return transforms.sine(transforms.sine(f.copy(), (place,)) * table, (place,))
        modes = self._space.take(f.shape)
        np.copyto(modes, f)
        modes = transforms.forward(modes, (place,))
        modes *= table
        return transforms.backward(modes, (place,))

    def _highest_mode(self, a: int, mode: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mode n whose derivative the points do not show, and ½ħ²κ² n†W^{aa}n on each line of axis a."""
        energy = (self.hbar * self.grid.derivatives[a].largest) ** 2
        return self._line_shaped(mode, a), energy * np.mean(self.along[a], axis=a, keepdims=True)

    def _line_shaped(self, values: np.ndarray, a: int) -> np.ndarray:
        return values.reshape((-1,) + (1,) * (self.grid.ndim - 1 - a))

    def _unsigned_part(self, f: np.ndarray, a: int) -> np.ndarray:
        (mode, weight), part = self._unsigned[a], self._space.take(f.shape)
        share = np.sum(np.multiply(f, mode.conj(), out=part), axis=self.grid.fourier_axes[a], keepdims=True)
        return np.multiply(mode, weight * share, out=part)

    def _rest_energy(self) -> np.ndarray:
        """c times the weights between poles, broadcasting to the grid; c that of l = N on the stiffest meridian."""
        weights, energy = np.ones((1,) * self.grid.ndim), 0.0
        for a, kind in enumerate(self.grid.boundary):
            if kind == "pole":
                weights = weights * self._line_shaped(gauss_nodes(self.grid.shape[a])[1], a)
        for a, kind in enumerate(self.grid.boundary):
            if kind == "pole":
                n, unit = self.grid.shape[a], self.hbar * np.pi / self.grid.lengths[a]
                energy += n * (n + 1) * unit**2 * float(np.max(self.along[a] / weights))
        return energy * weights

    def _lines(self, t: float) -> tuple[list, list]:
        """For each axis the table W^{aa}(ħk − A_a)²/2 where its modes diagonalise it, else None; and iA_a, None where it is 0."""
        t = float(t) if self.depends_on_time else 0.0
        if self._last is None or self._last[0] != t:
            d = self.grid.ndim
            potential = [None] * d if self.potential is None else [a if np.any(a) else None for a in self.potential(t)]
            self._last = (t, [self._line(a, potential[a]) for a in range(d)],
                          [None if a is None else 1j * a for a in potential])
        return self._last[1:]

    def _line(self, a: int, component: np.ndarray | None) -> np.ndarray | None:
        kind = self.grid.boundary[a]
        if not self._straight[a] or kind == "pole":
            return None
        if component is None:
            component = np.zeros((1,) * self.grid.ndim)
        elif kind == "wall" or not _constant(component, a):
            return None
        component = np.mean(component, axis=a, keepdims=True)
        k = self._line_shaped(self.grid.wavenumbers[a], a)
        squares = (self.hbar * k - component) ** 2
        if a in self._unsigned:
            middle = (slice(None),) * a + (slice(k.size // 2, k.size // 2 + 1),)
            squares[middle] = (self.hbar * np.pi / self.grid.spacing[a]) ** 2 + component**2
        return np.mean(self.along[a], axis=a, keepdims=True) * squares

    @cached_property
    def moves_uniformly(self) -> bool:
        """True where A depends on t, and T is a function of the wavenumbers at a few times."""
        if not self.depends_on_time:
            return False
        try:
            return self.mean_lines(TIMES, np.full(len(TIMES), 1 / len(TIMES))) is not None
        except (ArithmeticError, LookupError, TypeError, ValueError):  # times that nobody asked for: A may not be known there
            return False

    def mean_lines(self, times: Sequence[float], shares: np.ndarray) -> list[np.ndarray] | None:
        """Σ_s share_s T(k, t_s), Σ_s share_s = 1, as a sum over the axes of functions of their wavenumbers (N_a,), where T is
        one: no metric, no poles, no axes that are coupled, and A the same everywhere; else None."""
        if self._still is None or self.potential is None:
            return None
        found = [self.potential.everywhere(t) for t in times]
        if any(values is None for values in found):
            return None
        values = np.array(found)
        means, squares = (shares @ values).tolist(), (shares @ values**2).tolist()
        if any(square != 0 and kind == "wall" for square, kind in zip(squares, self.grid.boundary, strict=True)):
            return None
        return [still - mean * slope + weight * square
                for (still, slope, weight), mean, square in zip(self._still, means, squares, strict=True)]

    @cached_property
    def _still(self) -> list[tuple[np.ndarray, np.ndarray, float]] | None:
        """w(ħk)², 2wħk and w of T = Σ_a w(ħk − A)² in flat space, for each axis; None elsewhere. A mode whose k has no sign has
        the mean over both."""
        if self.inverse_root is not None or self._poles or not all(self._straight):
            return None
        parts = []
        for a, k in enumerate(self.grid.wavenumbers):
            weight, p = float(np.mean(self.along[a])), self.hbar * k
            slope = 2 * weight * p
            if a in self._unsigned:
                slope[k.size // 2] = 0.0
            parts.append((weight * p**2, slope, weight))
        return parts

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Zero and an upper bound of T, in general not sharp; where A depends on t, of ``at(t)``."""
        if self.depends_on_time:
            checks.fail("bounds", "need a time where A depends on t", "none", "Write H.at(t) for the operator at time t.")
        return 0.0, upper_bound(self)

    def at(self, t: float) -> "CovariantKinetic":
        """T with A frozen at time t."""
        if self.potential is None or not self.depends_on_time:
            return self
        given = self.potential.given
        return CovariantKinetic(self.grid, self.geometry, self.hbar, VectorPotential(self.grid, lambda *q: given(t, *q)))


def _constant(table: np.ndarray, axis: int) -> bool:
    """True where the table does not vary along the axis beyond rounding."""
    return bool(np.all(np.ptp(table, axis=axis) <= ALIKE * np.max(np.abs(table))))
