"""One side of a plane of symmetry of H: V on its points, what lies across, and the way back to the grid of H."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn import checks
from qlearn.errors import RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.symbolic import coordinate_function, is_sympy
from qlearn.spectrum.splittings.half_space import ORDER, HalfSpace
from qlearn.spectrum.splittings.parity import Reflection

__all__ = ["ACROSS", "BLOCK", "OneSide"]

ACROSS = 1600           # points across the plane, on which functions across are found
BLOCK = 2400            # unknowns of one element: its matrix is dense
RICH = (4.0, 1.0)       # one axis across, more: there functions cost more, and tol may need another refinement
SYMMETRIC = 1e-10       # difference of V at two images that counts as rounding, relative to V − min V + ħ²(π/L)²/2m


@final
@dataclass(frozen=True, eq=False)
class OneSide:
    """The points x ≥ c of H along the first reflected axis, to the wall, or on a ring to the second plane c + L/2.

    RegimeError where V is not symmetric; UnsupportedError for V known on the grid only and for too many points.
    """

    hamiltonian: Hamiltonian
    mirror: Reflection

    @property
    def first(self) -> int:
        """The axis normal to the plane."""
        return self.mirror.axes[0]

    @property
    def rest(self) -> list[int]:
        return [a for a in range(self.hamiltonian.grid.ndim) if a != self.first]

    @property
    def stop(self) -> float:
        grid, c = self.hamiltonian.grid, self.mirror.center[0]
        return c + float(grid.lengths[self.first]) / 2 if grid.boundary[self.first] == "periodic" else grid.bounds[self.first][1]

    @property
    def far(self) -> int:
        """What the far end demands: 0 a wall, ±1 the same or the other parity at the second plane of a ring."""
        grid = self.hamiltonian.grid
        return 0 if grid.boundary[self.first] != "periodic" else 1 if grid.sectors[self.first] == 0 else -1

    @property
    def centers(self) -> dict[int, float]:
        return dict(zip(self.mirror.axes, self.mirror.center, strict=True))

    def points(self, finer: float) -> HalfSpace | None:
        """The half space, on ``finer`` times as many points an axis as the grid of H has; None where that is too many."""
        c, elements, H, others = self.mirror.center[0], self._elements(finer), self.hamiltonian, self._others(finer)
        if others is not None and others.size > ACROSS:
            return None
        V = self._values(HalfSpace.nodes(c, self.stop, elements), others)
        unit = 0.5 * H.hbar**2 * float(H.kinetic.inverse[self.first, self.first])
        T = self._across(others)
        functions, parities = self._functions(others, T, V)
        if functions.shape[1] * ORDER > BLOCK:
            return None
        blocks = (functions.conj().T * V[:, None, :]) @ functions + functions.conj().T @ T @ functions
        return HalfSpace(c, self.stop, elements, unit, blocks, parities, float(V.min()), functions, self.far)

    def on_grid(self, half: HalfSpace, finer: float, waves: np.ndarray) -> np.ndarray:
        """ψ_e and ψ_o (2, points, across) → (2, *shape) on the grid of H, Σ|ψ|²ΔV = 1."""
        grid, others = self.hamiltonian.grid, self._others(finer)
        length = float(grid.lengths[self.first])
        away = grid.axes[self.first] - self.mirror.center[0]
        turns = np.round(away / length) * (grid.boundary[self.first] == "periodic")
        away = away - turns * length
        direct = half.at(np.minimum(half.start + np.abs(away), self.stop))
        near = np.where((np.abs(turns) % 2 == 1) & (self.far < 0), -1.0, 1.0)[:, None]
        states = np.stack([near * np.where(away[:, None] >= 0, direct @ wave, parity * (direct @ (wave * half.parities)))
                           @ half.functions.T for parity, wave in zip((1, -1), waves, strict=True)])
        if others is None:
            states = states[..., 0]
        else:
            states = states.reshape(2, len(away), *others.shape)
            for place, a in enumerate(self.rest):
                resampled = np.tensordot(_between(others, place, grid.axes[a]), states, axes=(1, place + 2))
                states = np.moveaxis(resampled, 0, place + 2)
            states = np.moveaxis(states, 1, self.first + 1)
        return states / grid.norm(states).reshape(2, *[1] * grid.ndim)

    def _elements(self, finer: float) -> int:
        per_side = (self.stop - self.mirror.center[0]) / float(self.hamiltonian.grid.spacing[self.first])
        return int(np.ceil(finer * max(4, np.ceil(1.5 * per_side / (ORDER - 1)))))

    def _others(self, finer: float) -> Grid | None:
        """The grid of the other axes; rings among them that are reflected begin half a turn before their centre."""
        grid, rest = self.hamiltonian.grid, self.rest
        if not rest:
            return None
        bounds = [(self.centers[a] - grid.lengths[a] / 2, self.centers[a] + grid.lengths[a] / 2) if a in self.centers
                  else grid.bounds[a] for a in rest]
        return Grid([int(np.ceil(grid.shape[a] * finer)) for a in rest], bounds, [grid.boundary[a] for a in rest],
                    [grid.sectors[a] for a in rest])

    def _across(self, others: Grid | None) -> np.ndarray:
        """T of the other axes, a matrix."""
        if others is None:
            return np.zeros((1, 1))
        H = self.hamiltonian
        mass = np.linalg.inv(H.kinetic.inverse[np.ix_(self.rest, self.rest)])
        return Hamiltonian(others, 0.0, mass=mass, hbar=H.hbar).to_matrix()

    def _images(self, others: Grid | None) -> np.ndarray:
        """The index of the image of each point across."""
        if others is None:
            return np.zeros(1, dtype=int)
        index = np.arange(others.size).reshape(others.shape)
        for place, a in enumerate(self.rest):
            if a in self.centers:
                count = others.shape[place]
                turned = -np.arange(count) % count if others.boundary[place] == "periodic" else np.arange(count)[::-1]
                index = np.take(index, turned, axis=place)
        return index.ravel()

    def _functions(self, others: Grid | None, T: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Functions across, orthonormal, with parities: states of T_⊥ + min_x V up to RICH times the grid's kinetic energy."""
        if others is None:
            return np.ones((1, 1)), np.ones(1)
        images = self._images(others)
        lowest = np.minimum(V.min(axis=0), V.min(axis=0)[images])
        inverse, hbar = np.diag(self.hamiltonian.kinetic.inverse)[self.rest], self.hamiltonian.hbar
        most = lowest.min() + RICH[others.ndim > 1] * float(np.min(inverse * (np.pi * hbar / others.spacing) ** 2 / 2))
        matrix, found, parities = T + np.diag(lowest), [], []
        for parity in (1, -1):
            basis = _of_parity(images, parity)
            if basis.shape[1]:
                levels, states = eigh(basis.T @ matrix @ basis)
                kept = states[:, levels <= most]
                found.append(basis @ kept)
                parities.append(np.full(kept.shape[1], float(parity)))
        return np.hstack(found), np.concatenate(parities)

    @cached_property
    def _potential(self) -> Callable[..., np.ndarray]:
        """V(*q) at any points; outside the bounds of a ring at the same place some turns away, at both ends as V says there."""
        H, grid = self.hamiltonian, self.hamiltonian.grid
        given = coordinate_function(H.potential, grid.ndim, "potential") if is_sympy(H.potential) else H.potential
        if not callable(given) and np.ndim(given) > 0:
            raise UnsupportedError("splitting needs V between the points of the grid; give it as a callable or in SymPy.")

        def values(*q: np.ndarray) -> np.ndarray:
            q = tuple(_within(x, a, b) if kind == "periodic" else x
                      for x, (a, b), kind in zip(np.broadcast_arrays(*q), grid.bounds, grid.boundary, strict=True))
            found = given(*q) if callable(given) else given
            return checks.finite_array("potential", np.broadcast_to(np.asarray(found, dtype=float), q[0].shape))

        return values

    def _values(self, x: np.ndarray, others: Grid | None) -> np.ndarray:
        """V on the points, (points, across), or RegimeError where it differs from V on their images by more than rounding."""
        H, V = self.hamiltonian, self._potential
        across = [] if others is None else [y.ravel()[None, :] for y in others.mesh]
        q = [*across[:self.first], x[:, None], *across[self.first:]]
        values = V(*q)
        defect = np.abs(values - V(*[2 * self.centers[a] - y if a in self.centers else y for a, y in enumerate(q)]))
        unit = 0.5 * float(H.kinetic.inverse[self.first, self.first]) * (H.hbar * np.pi / (x[-1] - x[0])) ** 2
        allowed = SYMMETRIC * (values - values.min() + unit) + 64 * np.finfo(float).eps * np.max(np.abs(values))
        if np.all(defect <= allowed):
            return values
        worst = np.unravel_index(np.argmax(defect - allowed), defect.shape)
        place = ", ".join(f"{np.broadcast_to(y, defect.shape)[worst]:.6g}" for y in q)
        raise RegimeError(f"V is not symmetric under the reflection of axes {self.mirror.axes} in {self.mirror.center}: at "
                          f"({place}) it differs from V at the image by {defect[worst]:.3g}. The difference of two levels of "
                          "unequal wells is no tunnelling splitting. Give center= or axis= of the symmetry, make V symmetric, or "
                          "take differences of eigenstates' energies.")


def _of_parity(images: np.ndarray, parity: int) -> np.ndarray:
    """Orthonormal columns v with v(Py) = parity · v(y)."""
    points = np.arange(len(images))
    columns = np.eye(len(images)) + parity * np.eye(len(images))[images]
    chosen = columns[:, points <= images if parity > 0 else points < images]
    return chosen / np.linalg.norm(chosen, axis=0)


def _within(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """x some turns away, within [low, high]."""
    rounding = 1e-12 * (high - low)
    outside = (x < low - rounding) | (x > high + rounding)
    return np.clip(np.where(outside, low + np.mod(x - low, high - low), x), low, high)


def _between(grid: Grid, axis: int, points: np.ndarray) -> np.ndarray:
    """Values on an axis → values of their interpolant at other points, a matrix."""
    own, k = grid.axes[axis], grid.wavenumbers[axis]
    if grid.boundary[axis] == "wall":
        start = grid.bounds[axis][0]
        return np.sin(np.outer(points - start, k)) @ np.sin(np.outer(k, own - start)) * (2 / (len(own) + 1))
    table = np.exp(1j * np.outer(points, k)) @ np.exp(-1j * np.outer(k, own)) / len(own)
    return table.real if grid.sectors[axis] == 0 else table
