"""Amplitudes of products of functions of the axes ↔ values on the points, one axis after the other, by products of matrices.

Amplitudes c (m, n_1, …, n_d), functions f_a (n_a, N_a) of each axis, values (m, N_1, …, N_d):

    expanded      Σ_I c_I Π f_a                     values of c
    driven        Σ_b Σ_I c_I t_b Π_{a≠b} f_a       and of the same with one function after the other replaced by its image t_b
    contracted    Σ_q v(q) Π f̄_a(q)                 amplitudes of values v
"""

from math import prod

import numpy as np

__all__ = ["contracted", "driven", "expanded"]


def expanded(amplitudes: np.ndarray, functions: list[np.ndarray]) -> np.ndarray:
    """Values (m, N_1, …, N_d)."""
    shape, done = amplitudes.shape, len(amplitudes)
    for f in functions:
        amplitudes = _axis(amplitudes.reshape(done, len(f), -1), f)
        done *= f.shape[1]
    return amplitudes.reshape(shape[0], *(f.shape[1] for f in functions))


def driven(amplitudes: np.ndarray, functions: list[np.ndarray], images: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(expanded, the sum over the axes of what it becomes with that axis's functions replaced by their images)."""
    m, f, t = len(amplitudes), functions[0], images[0]
    amplitudes = amplitudes.reshape(m, len(f), -1)
    both, done = np.stack([_axis(amplitudes, f), _axis(amplitudes, t)]), m * f.shape[1]
    for f, t in zip(functions[1:], images[1:], strict=True):
        before = both.reshape(2, done, len(f), -1)
        both = _axis(before.reshape(2 * done, len(f), -1), f).reshape(2, done, f.shape[1], -1)
        both[1] += _axis(before[0], t)
        done *= f.shape[1]
    values, sums = both.reshape(2, m, *(f.shape[1] for f in functions))
    return values, sums


def contracted(values: np.ndarray, functions: list[np.ndarray]) -> np.ndarray:
    """Amplitudes (m, n_1, …, n_d)."""
    m, counts = len(values), [len(f) for f in functions]
    for a in range(len(functions))[::-1]:
        f = functions[a].conj()
        values = _axis(values.reshape(-1, f.shape[1], prod(counts[a + 1:])), f.T)
    return values.reshape(m, *counts)


def _axis(block: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Σ_i block[p, i, q] matrix[i, j] as [p, j, q]."""
    if block.shape[2] == 1:
        return (block[..., 0] @ matrix)[..., None]
    return np.asarray(matrix.T @ block)
