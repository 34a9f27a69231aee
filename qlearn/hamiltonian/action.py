"""H = T + V acting on arrays, and as a dense matrix; V a table (…, *shape), or matrices (…, c, c, *shape) for channels."""

from typing import Any

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.hamiltonian.curved import CovariantKinetic
from qlearn.hamiltonian.kinetic import FlatKinetic
from qlearn.kernels.arrays import like, namespace

__all__ = ["DENSE_LIMIT", "acted", "dense_matrix", "lowest_diagonal"]

DENSE_LIMIT = 4096  # rows: a complex matrix of 256 MiB


def acted(table: np.ndarray, psi: Any, kinetic: FlatKinetic | CovariantKinetic, t: float, channels: int | None,
          ndim: int) -> Any:
    """(T + V)ψ, a new array of the kind of ψ."""
    result = kinetic.apply(psi, t)
    if not isinstance(psi, np.ndarray):
        if channels is None:
            return result + like(table, psi) * psi
        xp = namespace(psi)
        return result + xp.sum(like(table, psi) * xp.expand_dims(psi, axis=-ndim - 2), axis=-ndim - 1)
    points = ndim if channels is None else ndim + 1
    batch = np.broadcast_shapes(table.shape[:-ndim if channels is None else -ndim - 2], psi.shape[:-points])
    if batch != result.shape[:-points]:
        result = np.array(np.broadcast_to(result, (*batch, *result.shape[-points:])))
    if channels is None:
        result += table * psi
    else:
        _couple(result, table, psi, channels, ndim)
    return result


def _couple(result: np.ndarray, table: np.ndarray, psi: np.ndarray, channels: int, ndim: int) -> None:
    """Add Σ_j V_ij ψ_j, pair by pair; a V_ij that vanishes everywhere costs a look only."""
    entries = np.moveaxis(table, (-ndim - 2, -ndim - 1), (0, 1))
    rows, waves = np.moveaxis(result, -ndim - 1, 0), np.moveaxis(psi, -ndim - 1, 0)
    product = np.empty(rows[0].shape, dtype=complex)
    for i, j in np.ndindex(channels, channels):
        if entries[i, j].any():
            np.multiply(entries[i, j], waves[j], out=product)
            rows[i] += product


def dense_matrix(table: np.ndarray, kinetic: FlatKinetic | CovariantKinetic, channels: int | None,
                 hermitian: bool) -> np.ndarray:
    """The matrix of T + V in the basis of channels and points; exactly Hermitian where it should be."""
    shape = kinetic.grid.shape
    n = int(np.prod(shape))
    rows_total = n * (channels or 1)
    if rows_total > DENSE_LIMIT:
        raise UnsupportedError(f"a dense matrix of {rows_total}×{rows_total} is not offered (limit {DENSE_LIMIT} points); use "
                               "H @ psi, or a smaller grid.")
    rows = kinetic.apply(np.eye(n).reshape(n, *shape)).reshape(n, n)
    part = rows.real.T if kinetic.is_real else rows.T
    part = (part + part.conj().T) / 2
    if channels is None:
        matrix = part if hermitian else part.astype(complex)
        matrix[np.diag_indices(n)] += table.ravel()
        return matrix
    entries = table.reshape(channels, channels, n)
    entries = entries if entries.imag.any() or not kinetic.is_real else entries.real
    matrix = np.kron(np.eye(channels), part).astype(np.result_type(part, entries), copy=False)
    points = np.arange(n)
    for i, j in np.ndindex(channels, channels):
        matrix[i * n + points, j * n + points] += entries[i, j]
    return matrix


def lowest_diagonal(table: np.ndarray, channels: int | None, ndim: int) -> np.ndarray:
    """V, for channels the least of its diagonal, (…, *shape)."""
    if channels is None:
        return table
    entries = np.moveaxis(table, (-ndim - 2, -ndim - 1), (0, 1))
    return np.min([entries[i, i].real for i in range(channels)], axis=0)
