"""What is known of levels from their residuals alone, whatever solver found the states.

    residual     r_j = ‖H v_j − E_j v_j‖: an eigenvalue lies within r_j of E_j (Krylov and Weinstein)
    quadratic    with the states 0 … J−1 together, R = HV − VΘ, Δ = V†R and η the distance of E_j to the levels outside,
                 |E_j − λ_j| ≤ ‖Δ‖ + ‖R‖²/η  (Kato and Temple; for blocks Mathias 1998, Li and Li 2005)

The residual needs nothing but v. The quadratic bound needs to know where the levels outside of the block begin, which is taken
from the first state outside less its residual: it holds where no level was skipped. Clusters and degenerate levels count as a
whole. Each level gets the smaller bound, and rounding, ε(‖T‖√log₂N + ‖Vv‖ + |E|), is added to both.

Where V is known between the points (a callable) all this is taken on a finer grid (see ``finer``), v its interpolant: it then
bounds the error of the discretisation as well, as far as V v is resolved there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.spectrum.hermitian.blocks import BlockOperator

__all__ = ["Certificate", "Overlaps", "Pairs", "band", "certify", "finer", "interpolated", "rounding"]

EPS = float(np.finfo(float).eps)
FINER = (1.25, 1.5)     # refinements of an axis, before 2
FINEST = 2**22          # points times channels of a finer grid for residuals
KEPT = 2**25            # numbers of states on the finer grid that are held at once, which quadratic bounds need
AT_ONCE = 2**16         # numbers that are worked on at a time: a few states, in cache where they fit
ISOMETRIC = 1e-12       # loss of length at interpolation, the share of unsigned modes, with which rows count as orthonormal

Pairs = Callable[[int, int], tuple[np.ndarray, np.ndarray]]     # (i, j) → rows v_i … v_{j−1} and Hv, on the certifying grid
Overlaps = Callable[[int, np.ndarray], np.ndarray]              # (i, rows for states i … there) → ⟨v_j|row⟩ of all states j


@final
@dataclass(frozen=True)
class Certificate:
    """residuals, bounds (m,), kinds "residual" or "quadratic", and how much of each bound is rounding, (m,)."""

    residuals: np.ndarray
    bounds: np.ndarray
    kinds: list[str]
    rounding: np.ndarray


def finer(H: Hamiltonian, bands: list[float] | None = None) -> Hamiltonian:
    """H on the grid of the certificate, or H itself where V is an array or that grid has more than 2²² points.

    It is twice as fine; where T is a function of the wavenumbers and the states use the share ``bands`` of those of each axis
    only, as fine as it takes to have twice the wavenumbers of the states, but at least a quarter finer: points between those of
    H show a V that these do not resolve. A V with a wave from point to point, a constant to H, is a wave of N/4 or N/2 lengths on
    such a grid; its residual is that of H between the points as far as |v|² has no share there (N on a grid twice as fine).
    """
    grid = H.grid.refined(2) if bands is None else _twice_the_band(H.grid, bands)
    points = int(np.prod(H.state_shape)) // H.grid.size * grid.size
    return H if points > FINEST else H.on(grid) or H


def _twice_the_band(grid: Grid, bands: list[float]) -> Grid:
    shape = []
    for n, kind, share in zip(grid.shape, grid.boundary, bands, strict=True):
        wall = kind == "wall"
        factor = next((f for f in FINER if f >= 2 * share), 2.0)
        shape.append(int(np.ceil(factor * (n + wall))) - wall)
    return Grid(tuple(shape), grid.bounds, grid.boundary, grid.twist)


def band(grid: Grid, powers: np.ndarray) -> float:
    """The share of the wavenumbers of an axis below which all but ε of the powers (N,) of its modes lie."""
    k = np.abs(grid.wavenumbers[0])
    order = np.argsort(k)
    beyond = np.cumsum(powers[order][::-1])[::-1]
    return float(k[order][beyond > EPS * beyond[0]][-1] / k[order[-1]])


def interpolated(H: Hamiltonian, fine: Hamiltonian, rows: np.ndarray) -> Pairs:
    """The interpolants of the scalars, as half-densities on the finer grid, and H applied to them there."""
    operator = BlockOperator(fine)

    def pairs(i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
        if fine is H:
            return rows[i:j], operator(rows[i:j])
        scalars = rows[i:j].reshape(-1, *H.state_shape) / H.root_metric
        states = np.asarray(H.grid.interpolate(scalars, fine.grid)) * fine.root_metric
        states *= np.sqrt(fine.grid.cell_volume / H.grid.cell_volume)
        flat = np.ascontiguousarray((states.real if operator.is_real else states).reshape(j - i, -1))
        return flat, operator(flat)
    return pairs


def rounding(H: Hamiltonian) -> float:
    """ε‖T‖√log₂N, the rounding of a transform and back."""
    return EPS * _stiffest(H) * float(np.sqrt(np.log2(max(H.grid.size, 2))))


def _stiffest(H: Hamiltonian) -> float:
    """The largest T, without a table of all modes where T is a sum over the axes."""
    kinetic = H.kinetic
    if not isinstance(kinetic, FlatKinetic) or np.count_nonzero(kinetic.inverse) > H.grid.ndim:
        return float(kinetic.bounds[1])
    return sum(0.5 * kinetic.inverse[a, a] * float(np.max(np.abs(H.hbar * k - kinetic.constant[a]))) ** 2
               for a, k in enumerate(H.grid.wavenumbers))


def certify(H: Hamiltonian, fine: Hamiltonian, energies: np.ndarray, rows: np.ndarray, pairs: Pairs, *,
            lowest: bool, overlaps: Overlaps | None = None) -> Certificate:
    """Residuals and bounds of orthonormal rows that span an interval of the spectrum, ascending; ``lowest``: from its bottom.

    The last state, and where not ``lowest`` the first, serves as the edge of the levels outside for the others. ``overlaps``
    saves holding all states at once.
    """
    m, size = len(energies), int(np.prod(fine.state_shape))
    step = max(1, min(m, AT_ONCE // size))
    whole = m * size <= KEPT and overlaps is None
    residuals, lengths = np.empty(m), np.empty(m)
    kept, errors, coupling = [], [], np.zeros((m, m), dtype=complex)
    for i in range(0, m, step):
        states, images = pairs(i, min(i + step, m))
        j = i + len(states)
        for image, energy, state in zip(images, energies[i:j], states, strict=True):
            image -= energy * state
        lengths[i:j] = _lengths(states)
        residuals[i:j] = _lengths(images) / lengths[i:j]
        if overlaps is not None:
            coupling[:, i:j] = overlaps(i, images)
        elif whole:
            kept.append(states)
            errors.append(images)
    rounded = rounding(fine) + EPS * (np.abs(energies) + _depth(H, rows))
    bounds, kinds = residuals.copy(), ["residual"] * m
    if whole:
        coupling[...] = np.block([[a.conj() @ b.T for b in errors] for a in kept])
    if whole or overlaps is not None:
        sharper = _quadratic(energies, residuals, coupling, rounded, np.abs(lengths - 1) < ISOMETRIC, lowest)
        kinds = ["quadratic" if q < r else "residual" for q, r in zip(sharper, residuals, strict=True)]
        bounds = np.minimum(bounds, sharper)
    return Certificate(residuals, bounds + rounded, kinds, rounded)


def _lengths(rows: np.ndarray) -> np.ndarray:
    parts = rows.view(float) if np.iscomplexobj(rows) else rows
    return np.sqrt(np.einsum("ij,ij->i", parts, parts))


def _quadratic(energies: np.ndarray, residuals: np.ndarray, coupling: np.ndarray, rounded: np.ndarray,
               orthonormal: np.ndarray, lowest: bool) -> np.ndarray:
    """The least of ‖Δ‖ + ‖R‖²/η over blocks that start at the first state (at the second, if not ``lowest``)."""
    m, start = len(energies), 0 if lowest else 1
    ends = np.flatnonzero(~orthonormal[start:])
    stop = min(m - 1, start + int(ends[0])) if len(ends) else m - 1      # the largest end of a block
    best = np.full(m, np.inf)
    if stop <= start:
        return best
    e, end = energies[start:stop], np.arange(start + 1, stop + 1)        # blocks start … end − 1, a row each
    squares = np.cumsum(residuals[start:stop] ** 2)
    size = np.sqrt(squares)
    weights = np.abs(coupling[start:stop, start:stop]) ** 2
    shift = np.sqrt(np.diagonal(np.cumsum(np.cumsum(weights, axis=0), axis=1)))
    gap = (energies[end] - residuals[end] - rounded[end] - size)[:, None] - e
    if start:
        gap = np.minimum(gap, e - energies[0] - residuals[0] - rounded[0] - size[:, None])
    room = gap - shift[:, None]
    inside = (room > 0) & (np.arange(stop - start) < (end - start)[:, None])
    bound = np.where(inside, shift[:, None] + squares[:, None] / np.where(inside, np.maximum(room, 1e-300), 1.0), np.inf)
    best[start:stop] = np.min(bound, axis=0)
    return best


def _depth(H: Hamiltonian, rows: np.ndarray) -> np.ndarray:
    """‖Vv‖ of rows; for channels with the norm of V at each point bounded by its largest row sum."""
    table = H.potential_table()
    if H.channels is not None:
        d = H.grid.ndim
        table = np.max(np.sum(np.abs(table), axis=-d - 1), axis=-d - 1)
        table = np.broadcast_to(table, H.state_shape)
    weights = table.ravel() ** 2
    return np.sqrt([weights @ (row.real**2 + row.imag**2 if np.iscomplexobj(row) else row * row) for row in rows])
