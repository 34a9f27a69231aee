"""H on blocks of vectors: rows of length √(Σ|v|²) = 1, real where H is real; orthonormal bases of their spans."""

from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.hamiltonian import Hamiltonian

__all__ = ["BlockOperator", "orthonormal", "orthonormal_against"]

AT_ONCE = 2**21     # numbers in one application: 32 MiB
ROUNDED = 1e-12     # what is left of a vector of length 1 that counts as nothing


@final
class BlockOperator:
    """v → Hv for rows (n, size); where H is real two real rows go as one complex one, Ha + iHb = H(a + ib)."""

    def __init__(self, H: Hamiltonian):
        self.hamiltonian, self.shape = H, H.state_shape
        self.size = int(np.prod(H.state_shape))
        table = H.potential_table()
        self.is_real = H.kinetic.is_real and (H.channels is None or not np.any(table.imag))
        self.dtype = np.dtype(float if self.is_real else complex)
        self.rows = max(1, AT_ONCE // self.size)
        self.applied = 0

    def __call__(self, block: np.ndarray) -> np.ndarray:
        self.applied += len(block)
        result = np.empty(block.shape, dtype=self.dtype)
        step = self.rows * (2 if self.is_real else 1)
        for first in range(0, len(block), step):
            result[first:first + step] = self._some(block[first:first + step])
        return result

    def _some(self, rows: np.ndarray) -> np.ndarray:
        if not self.is_real:
            return self._apply(rows.astype(complex))
        half = (len(rows) + 1) // 2
        pairs = rows[:half].astype(complex)
        pairs.imag[:len(rows) - half] = rows[half:]
        done = self._apply(pairs)
        return np.concatenate([done.real, done.imag[:len(rows) - half]])

    def _apply(self, rows: np.ndarray) -> np.ndarray:
        return np.asarray(self.hamiltonian.apply(rows.reshape(-1, *self.shape))).reshape(rows.shape)


def orthonormal(rows: np.ndarray, drop: float = 1e-10) -> np.ndarray:
    """An orthonormal basis of the span of the rows; directions below ``drop`` of the largest, rows scaled alike, are left out."""
    lengths = np.linalg.norm(rows, axis=1)
    rows = rows[lengths > 0] / lengths[lengths > 0, None]
    if not len(rows):
        return rows
    for _ in range(2):
        weights, mixed = eigh(rows.conj() @ rows.T, driver="evd")
        kept = weights > drop * weights[-1]
        rows = (mixed[:, kept] / np.sqrt(weights[kept])).T @ rows
    return rows


def orthonormal_against(rows: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """An orthonormal basis of what the rows add to the span of an orthonormal ``basis``; none of what is its rounding."""
    for _ in range(2):
        lengths = np.linalg.norm(rows, axis=1)
        rows = rows[lengths > 0] / lengths[lengths > 0, None]
        rows = rows - (rows @ basis.conj().T) @ basis
        rows = rows[np.linalg.norm(rows, axis=1) > ROUNDED]
    rows = orthonormal(rows)
    rows = rows - (rows @ basis.conj().T) @ basis
    return orthonormal(rows)[:max(basis.shape[1] - len(basis), 0)]
