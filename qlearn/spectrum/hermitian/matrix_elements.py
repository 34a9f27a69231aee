"""⟨I|H|I'⟩ between product functions, by contraction of one axis after the other on the points of the grid.

    H = Σ_a h_a + U + Σ_{a<b} (M⁻¹)_ab p_a p_b,    U = V − Σ_a V_a

The points are the quadrature, so that this is exactly the projection of the H of the grid.
"""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.hermitian.axis_products import contracted
from qlearn.spectrum.hermitian.blocks import BlockOperator
from qlearn.spectrum.hermitian.reflections import parities, reflections, unchanged
from qlearn.spectrum.hermitian.separable_model import ProductBasis, SeparableModel

__all__ = ["projected"]


def projected(model: SeparableModel, basis: ProductBasis) -> list[tuple[np.ndarray, np.ndarray]]:
    """(rows, matrix of H between them) for sets of rows that H does not join, channels outermost; real where H is.

    Reflections of an axis under which V is the same on the points split the basis; it is one set where none is.
    """
    H = model.hamiltonian
    if not H.is_diagonal_in_k:
        return [(np.arange(len(basis) * (H.channels or 1)), _by_application(H, basis))]
    copies, n = H.channels or 1, len(basis)
    tables, cross = _tables(model, basis), _cross(model, basis)
    labels = _parities(model, basis, tables) if cross is None and H.kinetic.is_real else np.zeros(n, dtype=int)
    blocks = []
    for label in np.unique(labels):
        kept = np.flatnonzero(labels == label)
        parts = [[_elements(table, basis, kept) if table.any() else np.zeros((len(kept), len(kept))) for table in row]
                 for row in tables]
        matrix = np.block(parts) if copies > 1 else parts[0][0]
        diagonal = basis.energies[kept] + sum(float(e[0]) for e in model.energies)
        matrix[np.diag_indices(len(kept) * copies)] += np.tile(diagonal, copies)
        if cross is not None:
            matrix = matrix + np.kron(np.eye(copies), cross)
        if copies > 1 or cross is not None or np.iscomplexobj(matrix):
            matrix = (matrix + matrix.conj().T) / 2
        blocks.append((np.concatenate([kept + i * n for i in range(copies)]), matrix))
    return blocks


def _tables(model: SeparableModel, basis: ProductBasis) -> list[list[np.ndarray]]:
    """U between channels, V_ij − δ_ij Σ V_a."""
    H, scalar = model.hamiltonian, _scalar_part(model, basis)
    table = H.potential_table()
    if H.channels is None:
        return [[table - scalar]]
    entries = table if table.imag.any() else table.real
    return [[entries[i, j] - scalar if i == j else entries[i, j] for j in range(H.channels)] for i in range(H.channels)]


def _parities(model: SeparableModel, basis: ProductBasis, tables: list[list[np.ndarray]]) -> np.ndarray:
    """A number for each product: its parities under those reflections of an axis that leave all of H alone."""
    labels = np.zeros(len(basis), dtype=int)
    for a, (axis, f, indices, V) in enumerate(zip(model.axes, basis.functions, basis.indices, model.potentials, strict=True)):
        for reflection in reflections(axis.grid):
            signs = parities(f, reflection)
            if signs is None or not unchanged(V, reflection, 0):
                continue
            if all(unchanged(t, reflection, a) for row in tables for t in row):
                labels = 2 * labels + (signs < 0)[indices]
                break
    return labels


def _scalar_part(model: SeparableModel, basis: ProductBasis) -> np.ndarray:
    total = np.zeros((1,) * len(basis.shape))
    for a, line in enumerate(model.potentials):
        total = total + line.reshape([-1 if b == a else 1 for b in range(len(basis.shape))])
    return total


def _elements(U: np.ndarray, basis: ProductBasis, kept: np.ndarray) -> np.ndarray:
    """∫ φ_I* U φ_I' of the kept products, (n, n); U (*shape)."""
    n, indices = len(kept), basis.indices[:, kept]
    if len(indices) == 2:
        return _plane(U, indices, indices, basis.functions)
    matrix = np.empty((n, n), dtype=np.result_type(U, *basis.functions))
    _fill(matrix, U, indices, np.arange(n), indices, np.arange(n), basis.functions)
    return matrix


def _fill(matrix: np.ndarray, U: np.ndarray, left: np.ndarray, rows: np.ndarray, right: np.ndarray, columns: np.ndarray,
          functions: list[np.ndarray]) -> None:
    """The elements between left[:, rows] and right[:, columns], axis after axis from the first."""
    f = functions[0]
    if len(functions) == 1:
        i, j = left[0, rows], right[0, columns]
        matrix[np.ix_(rows, columns)] = ((f[:i.max() + 1].conj() * U) @ f[:j.max() + 1].T)[np.ix_(i, j)]
        return
    if len(functions) == 2:
        matrix[np.ix_(rows, columns)] = _plane(U, left[:, rows], right[:, columns], functions)
        return
    for i in range(int(left[0, rows].max()) + 1):
        inner = rows[left[0, rows] == i]
        for j in range(int(right[0, columns].max()) + 1):
            outer = columns[right[0, columns] == j]
            if len(inner) and len(outer):
                weight = f[i].conj() * f[j]
                _fill(matrix, np.tensordot(weight, U, axes=(0, 0)), left[1:], inner, right[1:], outer, functions[1:])


def _plane(U: np.ndarray, left: np.ndarray, right: np.ndarray, functions: list[np.ndarray]) -> np.ndarray:
    """The elements of two axes: pairs of functions of each axis contracted, then looked up."""
    same = left is right and not any(np.iscomplexobj(f) for f in functions)
    tables, places = [], []
    for f, i, j in zip(functions, left, right, strict=True):
        (used, i), (others, j) = np.unique(i, return_inverse=True), np.unique(j, return_inverse=True)
        if same:
            first, second = np.tril_indices(len(used))
            place = np.empty((len(used), len(used)), dtype=np.int32)
            place[first, second] = place[second, first] = np.arange(len(first))
            tables.append(f[used[first]] * f[used[second]])
        else:
            place = np.arange(len(used) * len(others), dtype=np.int32).reshape(len(used), len(others))
            tables.append((f[used].conj()[:, None] * f[None, others]).reshape(len(used) * len(others), -1))
        places.append(np.take(np.take(place, i, axis=0), j, axis=1))
    table = (tables[0] @ U) @ tables[1].T
    places[0] *= np.int32(table.shape[1])
    places[0] += places[1]
    return np.take(table, places[0])


def _cross(model: SeparableModel, basis: ProductBasis) -> np.ndarray | None:
    """Σ_{a<b} (M⁻¹)_ab p_a p_b, None where M is diagonal."""
    inverse, d = model.hamiltonian.kinetic.inverse, len(basis.shape)
    if not any(inverse[a, b] for a in range(d) for b in range(a)):
        return None
    momenta = [f.conj() @ axis.momentum(f).T for f, axis in zip(basis.functions, model.axes, strict=True)]
    total = np.zeros((len(basis), len(basis)), dtype=complex)
    same = [basis.indices[a][:, None] == basis.indices[a] for a in range(d)]
    for a in range(d):
        for b in range(a):
            if inverse[a, b]:
                rest = np.ones_like(same[0])
                for c in range(d):
                    if c not in (a, b):
                        rest = rest & same[c]
                parts = [momenta[x][np.ix_(basis.indices[x], basis.indices[x])] for x in (a, b)]
                total += inverse[a, b] * rest * parts[0] * parts[1]
    return total.real if model.hamiltonian.kinetic.is_real else total


def _by_application(H: Hamiltonian, basis: ProductBasis) -> np.ndarray:
    """H applied to one function after the other: metrics and vector potentials."""
    operator, n, c = BlockOperator(H), len(basis), H.channels or 1
    matrix = np.empty((n * c, n * c), dtype=operator.dtype)
    for first in range(0, n * c, 64):
        unit = np.zeros((min(64, n * c - first), n * c))
        unit[np.arange(len(unit)), first + np.arange(len(unit))] = 1.0
        block = basis.on_points(unit.reshape(-1, n)).reshape(len(unit), operator.size).astype(operator.dtype)
        images = contracted(operator(block).reshape(len(unit) * c, *basis.shape), basis.functions)
        matrix[:, first:first + len(unit)] = images[(slice(None), *basis.indices)].reshape(len(unit), c * n).T
    return (matrix + matrix.conj().T) / 2
