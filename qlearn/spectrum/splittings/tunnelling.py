"""The splitting of a pair on one set of points: levels of both parities, the decay S, the states to relative accuracy, the flux.

S comes from the states themselves: where u has become faint at the plane, S is carried on by what is seen of −log|ψ|, and the
states are found again by inverse iteration with the new S, until u is of order one everywhere that counts.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.sparse as sp
from numpy.polynomial import Polynomial
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh, splu

from qlearn.errors import UnsupportedError
from qlearn.spectrum.splittings.half_space import HalfSpace

__all__ = ["Flux", "flux_splitting"]

FAINT = 1e-6          # u at the plane against its maximum: below, S is carried further first
REACH = 18.0          # by how much S may grow in one pass: e^{−18} is told from rounding
DEGREE = 12           # of the polynomial S
DEEPEST = 330.0       # S at the plane, so that e^{−2S} is a number
PASSES = 80           # no S found: then S grows beyond the decay of ψ, and rounding with it
STEADY = 3.0          # by how much S at the plane may still change in the last pass
DENSE = 800           # unknowns up to which a sector is diagonalised whole
SAFETY = 8.0          # of the rounding estimate, residual over gap; see SAFETY in splittings


@final
@dataclass(frozen=True, eq=False)
class Flux:
    """value : E_o − E_e.     rounding : an estimate of its relative error from rounding.     energies : (E_e, E_o) of the pair.
    waves : (2, points, functions), ψ_e and ψ_o on the elements, each of norm 1 on its side.     depth : S at the plane.
    """

    value: float
    rounding: float
    energies: tuple[float, float]
    waves: np.ndarray
    depth: float


@final
@dataclass(frozen=True, eq=False)
class _Sector:
    """One parity: its functions, its lowest levels, the states √w ψ that belong to them, in columns, and which one is meant."""

    basis: sp.csc_matrix
    levels: np.ndarray
    states: np.ndarray
    number: int

    @property
    def level(self) -> float:
        return float(self.levels[self.number])

    @property
    def gap(self) -> float:
        return float(np.min(np.abs(np.delete(self.levels, self.number) - self.level)))


def flux_splitting(half: HalfSpace, pair: tuple[int, int]) -> Flux:
    """E_o − E_e of the even and the odd state of these numbers."""
    decay = Polynomial([0.0])
    matrix = half.matrix(decay)
    sectors = [_sector(matrix, half.sector(parity), number, half.least) for parity, number in zip((1, -1), pair, strict=True)]
    vectors = np.stack([sector.states[:, sector.number] for sector in sectors], axis=1)
    settled = False
    for _ in range(PASSES):
        former, (decay, reached) = decay, _carried(half, vectors, decay)
        grown = np.repeat(decay(half.x) - former(half.x), half.shape[1])
        matrix = half.matrix(decay)
        starts = vectors * np.exp(np.minimum(grown - grown.min(), 30.0))[:, None]
        pairs = [_refined(matrix, sector, start) for sector, start in zip(sectors, starts.T, strict=True)]
        vectors = np.stack([vector for vector, _ in pairs], axis=1)
        if reached and settled and abs(decay(half.x[0]) - former(half.x[0])) < STEADY:
            break
        settled = reached
    lost = sum(residual / sector.gap for sector, (_, residual) in zip(sectors, pairs, strict=True))
    energies = (sectors[0].level, sectors[1].level)
    return _flux(half, matrix, decay, vectors, energies, lost)


def _sector(matrix: sp.csc_matrix, basis: sp.csc_matrix, number: int, below: float) -> _Sector:
    """The number + 2 lowest levels; ``below`` them all."""
    own = basis.T @ matrix @ basis
    count = number + 2
    if own.shape[0] <= max(DENSE, 4 * count):
        levels, states = eigh(own.toarray(), subset_by_index=(0, count - 1))
    else:
        start = np.random.default_rng(8).standard_normal(own.shape[0])
        levels, states = eigsh(sp.csc_matrix(own), count, sigma=below, v0=start)
        order = np.argsort(levels)
        levels, states = levels[order], states[:, order]
    return _Sector(basis, levels, basis @ states, number)


def _density(half: HalfSpace, vectors: np.ndarray) -> np.ndarray:
    """Σ|u|² over states and the other axes, each state with its largest value 1, as a function of x."""
    parts = np.abs(vectors.reshape(*half.shape, -1)) ** 2
    parts = parts.sum(axis=1) / half.weights[:, None]
    return np.asarray((parts / parts.max(axis=0)).sum(axis=1))


def _carried(half: HalfSpace, vectors: np.ndarray, decay: Polynomial) -> tuple[Polynomial, bool]:
    """S of the next pass, and whether u is no longer faint at the plane (or at the second one, where it is larger there).

    −log|ψ| in the barriers, no deeper than the plane is; nothing between them, and nothing on the way to a wall.
    """
    own = decay(half.x)
    with np.errstate(divide="ignore"):
        faint = 0.5 * np.log(_density(half, vectors))
    size = faint - own - np.max(faint - own)
    plane = max(size[0], size[-1])
    well = np.flatnonzero(size > -1.0)
    size[well[0]:well[-1] + 1 if half.far else None] = 0.0
    seen = max(np.exp(faint[0] - faint.max()), np.exp(faint[-1] - faint.max()))
    reached = bool(seen > FAINT)
    floor = plane - 2.0 if reached else min(-own[0], -own[-1]) + own.min() - REACH
    if -floor > DEEPEST:
        raise UnsupportedError(f"the splitting is below e^(−{2 * DEEPEST:.0f}), out of the range of numbers. Take a "
                               "lower barrier or a larger ħ.")
    return Polynomial.fit(half.x, -np.logaddexp(size, floor), DEGREE), reached


def _refined(matrix: sp.csc_matrix, sector: _Sector, start: np.ndarray) -> tuple[np.ndarray, float]:
    """The eigenvector of the weighted matrix at its level, of norm 1, and its residual."""
    own = sp.csc_matrix(sector.basis.T @ matrix @ sector.basis)
    level = sector.level
    shifted = splu(sp.csc_matrix(own - (level + 1e-7 * sector.gap) * sp.identity(own.shape[0])))
    vector = sector.basis.T @ start
    for _ in range(5):
        vector = shifted.solve(vector / np.linalg.norm(vector))
    vector /= np.linalg.norm(vector)
    return sector.basis @ vector, float(np.linalg.norm(own @ vector - level * vector))


def _flux(half: HalfSpace, matrix: sp.csc_matrix, decay: Polynomial, vectors: np.ndarray, energies: tuple[float, float],
          lost: float) -> Flux:
    """The identity of Green, from √w u in both columns."""
    shape, damped = half.shape, np.exp(-decay(half.x))
    weighted = vectors.T.reshape(2, *shape)
    waves = weighted * damped[:, None]
    sizes = np.sqrt(np.sum(np.abs(waves) ** 2, axis=(1, 2)))
    overlap = np.sum(waves[0].conj() * waves[1]) / np.prod(sizes)
    left = (matrix @ vectors - vectors * np.array(energies)).T.reshape(2, *shape)       # the fluxes: nothing inside
    terms = [-damped[end] ** 2 * (np.vdot(weighted[0, end], left[1, end]) - np.vdot(left[0, end], weighted[1, end]))
             for end in (0, -1)]
    value = (terms[0] + terms[1]) / np.prod(sizes) / overlap
    cancelled = (abs(terms[0]) + abs(terms[1])) / max(abs(terms[0] + terms[1]), 1e-300)
    turned = np.array([1.0, abs(overlap) / overlap.conj() if np.iscomplexobj(overlap) else np.sign(overlap)])
    psi = waves * (turned / sizes)[:, None, None] / np.sqrt(half.weights)[:, None]
    rounding = SAFETY * lost * cancelled / abs(overlap)
    return Flux(float(value.real), float(rounding), energies, psi, float(decay(half.x[0]) - np.min(decay(half.x))))
