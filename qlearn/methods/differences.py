"""Central differences of order 8 as sparse matrices, for axes that are periodic, twisted or between walls.

    ∂²ψ(x_j) ≈ Σ_s c_s ψ_{j+s}/Δ²,     ∂ψ(x_j) ≈ Σ_s d_s ψ_{j+s}/Δ,      s = −4 … 4

Beyond the seam ψ_{j+N} = exp(2πiθ) ψ_j; beyond a wall ψ is continued as an odd function, which is what ψ = 0 there and
V ≠ ∞ make of it. B. Fornberg, Math. Comp. 51, 699 (1988), table 1.
"""

import numpy as np
from scipy import sparse

from qlearn.grids import Grid

__all__ = ["FIRST", "SECOND", "axis_matrix", "on_axis"]

SECOND = {0: -205 / 72, 1: 8 / 5, 2: -1 / 5, 3: 8 / 315, 4: -1 / 560}
FIRST = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}


def axis_matrix(grid: Grid, axis: int, stencil: dict[int, float], *, odd: bool) -> sparse.csr_array:
    """(N, N) matrix of one axis; ``odd`` for the first derivative, whose weights change their sign with s."""
    n, step = grid.shape[axis], float(grid.spacing[axis])
    rows, columns, values = [], [], []
    index = np.arange(n)
    for offset, weight in stencil.items():
        for sign in (1, -1) if offset else (1,):
            place, factor = _neighbour(grid, axis, index + sign * offset)
            rows.append(index)
            columns.append(place)
            values.append(weight * (sign if odd else 1) * factor)
    shape, power = (n, n), 1 if odd else 2
    entries = np.concatenate(values) / step**power
    entries = entries if np.any(entries.imag) else entries.real
    return sparse.csr_array((entries, (np.concatenate(rows), np.concatenate(columns))), shape=shape)


def on_axis(grid: Grid, axis: int, matrix: sparse.csr_array) -> sparse.csr_array:
    """The matrix of one axis as one of the whole grid, C order."""
    before, after = int(np.prod(grid.shape[:axis])), int(np.prod(grid.shape[axis + 1:]))
    return sparse.csr_array(sparse.kron(sparse.kron(sparse.eye_array(before), matrix), sparse.eye_array(after)))


def _neighbour(grid: Grid, axis: int, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(place in the grid, factor) of points that may lie beyond its ends."""
    n = grid.shape[axis]
    if grid.boundary[axis] == "periodic":
        return index % n, np.exp(2j * np.pi * grid.sectors[axis] * (index // n))
    turned = (index + 1) % (2 * (n + 1))  # from the wall at 0; the walls are 0 and n + 1
    beyond = turned > n + 1
    place = np.where(beyond, 2 * (n + 1) - turned, turned)
    inside = (place > 0) & (place < n + 1)
    return np.where(inside, place - 1, 0), np.where(inside, np.where(beyond, -1.0, 1.0), 0.0).astype(complex)
