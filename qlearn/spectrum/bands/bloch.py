"""The levels of all sectors θ from a few of them: the periodic parts u of some span those of the others.

The u that ``eigenstates`` finds in a few sectors make a basis; in it each other sector is a small dense problem (``twisted``).
Its states are accepted where the residual on the whole grid says so; else the sector is solved and joins the basis. Energies are
Rayleigh quotients on the grid, their bounds those of ``certificate`` on a grid twice as fine.
"""

import warnings
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, final

import numpy as np
from scipy.linalg import eigh

from qlearn.errors import AccuracyWarning
from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.bands.twisted import TwistedOperator
from qlearn.spectrum.eigenstates import eigenstates
from qlearn.spectrum.hermitian.certificate import Certificate, certify

__all__ = ["BlochFamily", "Sector"]

EPS = float(np.finfo(float).eps)
FORCED = 2           # sectors solved before any is taken from the basis: 2p + 1 with p twisted axes


@final
@dataclass(frozen=True, eq=False)
class Sector:
    """The lowest levels at one θ: energies (K,) ascending, states (K, r) in the basis of the family.

    theta : (p,) one number a twisted axis, as it was asked for.     turns : (p,) integers, θ − turns in (−½, ½].
    widths : (K,) bounds of the energies for the operator on its grid alone, without the error of the grid.
    clusters : (K,) levels with equal numbers are within each other's widths: degenerate on the grid, as far as is known.
    """

    theta: np.ndarray
    turns: tuple[int, ...]
    energies: np.ndarray
    widths: np.ndarray
    states: np.ndarray

    def at(self, theta: np.ndarray) -> "Sector":
        """The same levels under another name, θ plus integers."""
        turns = np.asarray(self.turns) + np.rint(theta - self.theta)
        return Sector(theta, tuple(int(m) for m in turns), self.energies, self.widths, self.states)

    @property
    def inside(self) -> np.ndarray:
        """θ in (−½, ½], (p,)."""
        return self.theta - np.array(self.turns)

    @cached_property
    def clusters(self) -> np.ndarray:
        apart = np.diff(self.energies) > self.widths[1:] + self.widths[:-1]
        return np.concatenate([[0], np.cumsum(apart)])

    def separation(self, place: int) -> float:
        """The distance of a level from the nearest one that is not degenerate with it."""
        others = self.energies[self.clusters != self.clusters[place]]
        return float(np.min(np.abs(others - self.energies[place]), initial=np.inf))


@final
class BlochFamily:
    """K levels of H(θ) for all θ; the basis grows as sectors are asked for."""

    def __init__(self, H: Hamiltonian, levels: int, tol: float):
        self.hamiltonian, self.levels, self.tol = H, levels, tol
        self.twisted = TwistedOperator(H)
        self.axes, self.size = self.twisted.axes, self.twisted.size
        self.basis = np.empty((0, self.size), dtype=complex)         # rows, orthonormal
        self._sectors: dict[tuple[float, ...], Sector] = {}
        self.solved: list[np.ndarray] = []
        self.unsure: list[np.ndarray] = []      # θ where a branch was not recognised for certain
        self._projected: dict[Any, np.ndarray] = {}
        self._shifts: dict[tuple[int, ...], np.ndarray] = {}

    def sector(self, theta: Any) -> Sector:
        """The lowest levels at θ (p,), certified."""
        theta = np.asarray(theta, dtype=float)
        turns = np.ceil(theta - 0.5)
        inside = tuple(float(value) for value in theta - turns)
        if inside not in self._sectors:
            self._sectors[inside] = self._found(np.array(inside))
        found = self._sectors[inside]
        return Sector(theta, tuple(int(m) for m in turns), found.energies, found.widths, self.padded(found.states))

    def certificate(self, sector: Sector) -> Certificate:
        """Bounds and residuals of the levels, on a grid twice as fine where V is known there."""
        coarse = self.padded(sector.states) @ self.basis
        return self._certified(sector.inside, sector.energies, coarse, fine=True)

    def _found(self, theta: np.ndarray) -> Sector:
        if len(self.solved) >= 1 + FORCED * len(self.axes):
            energies, states, residuals = self._lowest(theta)
            if np.max(residuals) <= self._accepted(float(energies[-1])):
                return self._sector(theta, energies, states)
        self._solve(theta)
        return self._sector(theta, *self._lowest(theta)[:2])

    def _lowest(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Energies, states and residuals on the grid: Rayleigh–Ritz with h(κ) itself, of which the polynomial has lost digits."""
        states = eigh(self.projected(theta), subset_by_index=(0, self.levels - 1))[1].T
        rows = states @ self.basis
        image = self.twisted.apply(theta, rows)
        energies, turned = eigh(rows.conj() @ image.T)
        rest = turned.T @ image - energies[:, None] * (turned.T @ rows)
        return energies, turned.T @ states, np.linalg.norm(rest, axis=1)

    def _sector(self, theta: np.ndarray, energies: np.ndarray, states: np.ndarray) -> Sector:
        widths = self._certified(theta, energies, states @ self.basis, fine=False).bounds
        return Sector(theta, (0,) * len(theta), energies, widths, states)

    def _certified(self, theta: np.ndarray, energies: np.ndarray, coarse: np.ndarray, *, fine: bool) -> Certificate:
        twisted = self.twisted
        rows = twisted.lifted(coarse) if fine else coarse

        def pairs(i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
            return rows[i:j], twisted.apply(theta, rows[i:j], fine=fine)
        return certify(twisted.base, twisted.fine if fine else twisted.base, energies, coarse, pairs, lowest=True)

    def _solve(self, theta: np.ndarray) -> None:
        """The levels of the sector θ join the basis."""
        H = self.twisted.at(theta)
        more = min(self.size, self.levels + max(3, self.levels // 3))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AccuracyWarning)      # said once for all sectors, in the end
            states = np.asarray(eigenstates(H, more, tol=self.tol).states)
        self.extend(self.twisted.rows_of(H, states))
        self.solved.append(theta)

    def _accepted(self, energy: float) -> float:
        """The residual up to which a sector is taken from the basis."""
        return max(0.1 * self.tol * self.twisted.scale(energy), 16 * EPS * self._largest)

    @cached_property
    def _new(self) -> float:
        """What is left of a vector of norm 1 that counts as a direction of its own, lest residuals keep it."""
        return max(4 * EPS, 0.02 * self.tol * self.twisted.unit / self._largest)

    @cached_property
    def _largest(self) -> float:
        low, high = self.twisted.base.spectral_bounds
        return max(abs(low), abs(high))

    def extend(self, rows: np.ndarray) -> None:
        """Add the directions of these rows that the basis lacks; what was expressed in it stays valid."""
        known = len(self.basis)
        basis = np.concatenate([self.basis, np.empty_like(rows, dtype=complex)])
        count = known
        for row in rows:
            rest = row / np.linalg.norm(row)
            for _ in range(2):
                rest = rest - (basis[:count].conj() @ rest) @ basis[:count]
                size = np.linalg.norm(rest)
                if size < self._new:
                    break
                rest = rest / size
            else:
                basis[count] = rest
                count += 1
        if count == known:
            return
        self.basis = basis[:count]
        self._projected.clear()
        self._shifts.clear()

    def padded(self, states: np.ndarray) -> np.ndarray:
        """States (…, r) of a time when the basis was smaller."""
        missing = len(self.basis) - states.shape[-1]
        return np.pad(states, [(0, 0)] * (states.ndim - 1) + [(0, missing)]) if missing else states

    def projected(self, theta: np.ndarray) -> np.ndarray:
        """h(κ) in the basis, (r, r)."""
        p, total = self.twisted.momentum(theta), self._matrix("h")
        for a, _ in enumerate(p):
            total = total + p[a] * self._matrix(a)
            for b, _ in enumerate(p):
                total = total + 0.5 * p[a] * p[b] * self.curvature(a, b)
        return total

    def velocity(self, a: int, theta: np.ndarray) -> np.ndarray:
        """∂h/∂p_a in the basis, θ in (−½, ½]."""
        return self._matrix(a) + sum(p * self.curvature(a, b) for b, p in enumerate(self.twisted.momentum(theta)))

    def curvature(self, a: int, b: int) -> np.ndarray:
        """∂²h/∂p_a∂p_b in the basis."""
        return self._matrix((min(a, b), max(a, b)))

    def shift(self, turns: tuple[int, ...]) -> np.ndarray:
        """e^{−2πi m·(x−a)/L} in the basis: leads from θ to θ + m."""
        if turns not in self._shifts:
            self._shifts[turns] = (self.basis.conj() * self.twisted.phase(turns)) @ self.basis.T
        return self._shifts[turns]

    def waves(self, sector: Sector, states: np.ndarray) -> np.ndarray:
        """Periodic parts u (m, *state_shape) of states (m, r), normalised Σ|u|² ΔV = 1, for the θ that was asked for."""
        base = self.twisted.base
        rows = (self.padded(states) @ self.basis) * self.twisted.phase(sector.turns) / np.sqrt(base.grid.cell_volume)
        return base.grid.to_periodic(rows.reshape(len(states), *base.state_shape))

    def _matrix(self, which: Any) -> np.ndarray:
        if not self._projected:
            self._project()
        return self._projected[which]

    def _project(self) -> None:
        """h, its first and its second derivatives in p, from T at p = 0, ±s e_a, s(e_a + e_b)."""
        s, count = self.twisted.step, len(self.axes)
        unit = np.eye(count) * s

        def at(p: np.ndarray) -> np.ndarray:
            matrix = self.basis.conj() @ self.twisted.shifted(p, self.basis).T
            return (matrix + matrix.conj().T) / 2

        here = at(np.zeros(count))
        forward, backward = [at(e) for e in unit], [at(-e) for e in unit]
        self._projected["h"] = here
        for a in range(count):
            self._projected[a] = (forward[a] - backward[a]) / (2 * s)
            self._projected[a, a] = (forward[a] + backward[a] - 2 * here) / s**2
        for a, b in combinations(range(count), 2):
            self._projected[a, b] = (at(unit[a] + unit[b]) - forward[a] - forward[b] + here) / s**2
