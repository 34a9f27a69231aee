"""States as sums of products of functions of the axes: their values on a grid and H applied to them, by products of matrices.

    T Π_a φ_a = Σ_a (T_a φ_a) Π_{b≠a} φ_b

which on a finer grid costs a tenth of the transforms. Along an axis in whose reflection each state is even or odd, half of the
points stand for all: lengths are the same, and states of other parities have no overlap.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.spectrum.hermitian.axis_products import contracted, driven
from qlearn.spectrum.hermitian.certificate import Overlaps, Pairs, band, interpolated
from qlearn.spectrum.hermitian.reflections import half, parities, reflections, unchanged
from qlearn.spectrum.hermitian.separable_model import ProductBasis, SeparableModel, axis_of

__all__ = ["bands", "product_pairs"]


def bands(model: SeparableModel, basis: ProductBasis, coefficients: np.ndarray) -> list[float] | None:
    """The share of the wavenumbers of each axis that the states use; None where T is no function of them."""
    if not model.hamiltonian.is_diagonal_in_k:
        return None
    tensor, shares = basis.tensor(coefficients.reshape(-1, len(basis))), []
    for a, (axis, f) in enumerate(zip(model.axes, basis.functions, strict=True)):
        amplitudes = np.moveaxis(tensor, a + 1, 0).reshape(len(f), -1)
        modes = axis.modes(f)
        powers = np.sum((modes.conj() * (amplitudes.conj() @ amplitudes.T @ modes)).real, axis=0)
        shares.append(band(axis.grid, powers))
    return shares


@final
@dataclass(frozen=True)
class _OnPoints:
    """Functions of the axes, T applied to them and V on points, and a number for each state, equal where parities are."""

    functions: list[np.ndarray]
    moved: list[np.ndarray]
    table: np.ndarray
    labels: np.ndarray


def product_pairs(model: SeparableModel, basis: ProductBasis, coefficients: np.ndarray, rows: np.ndarray,
                  fine: Hamiltonian) -> tuple[Pairs, Overlaps | None]:
    """Rows i … j, H applied to them, on H's own grid or a finer one, or points that stand for it, and overlaps; by transforms
    where T couples axes."""
    H, d = model.hamiltonian, len(basis.shape)
    inverse = H.kinetic.inverse
    if not H.is_diagonal_in_k or any(inverse[a, b] for a in range(d) for b in range(a)):
        return interpolated(H, fine, rows), None
    on, c = _on_points(model, basis, coefficients, fine), H.channels or 1
    shape = tuple(f.shape[1] for f in on.functions)

    def pairs(i: int, j: int) -> tuple[np.ndarray, np.ndarray]:
        states, images = driven(basis.tensor(coefficients[i:j].reshape(-1, len(basis))), on.functions, on.moved)
        if H.channels is None:
            images += on.table * states
        else:
            states, images = (x.reshape(-1, c, *shape) for x in (states, images))
            entries = on.table if np.iscomplexobj(images) else on.table.real
            images += np.einsum("ij...,nj...->ni...", entries, states)
        return states.reshape(j - i, -1), images.reshape(j - i, -1)

    def overlaps(i: int, others: np.ndarray) -> np.ndarray:
        projections = contracted(others.reshape(-1, *shape), on.functions)
        projections = projections[(slice(None), *basis.indices)].reshape(len(others), -1)
        return np.asarray(coefficients.conj() @ projections.T * (on.labels[:, None] == on.labels[i:i + len(others)]))
    return pairs, overlaps


def _on_points(model: SeparableModel, basis: ProductBasis, coefficients: np.ndarray, fine: Hamiltonian) -> _OnPoints:
    """All points of the grid, or half of them along axes in whose reflections all states are even or odd."""
    H, d, table = model.hamiltonian, len(basis.shape), fine.potential_table()
    functions, moved, labels = [], [], np.zeros(len(coefficients), dtype=int)
    amplitudes = coefficients.reshape(len(coefficients), -1, len(basis))
    for a, (axis, f) in enumerate(zip(model.axes, basis.functions, strict=True)):
        line = axis if fine is H else axis_of(fine, a, fine.grid)
        f = f if fine is H else axis.interpolated(f, line.grid)
        t = line.moved(f)
        for reflection in reflections(line.grid) if H.kinetic.is_real else []:
            signs = parities(f, reflection)
            odd = None if signs is None else _odd(amplitudes, signs[basis.indices[a]])
            if odd is None or not unchanged(table, reflection, a - d):
                continue
            points, weights = half(reflection)
            f, t, table = f[:, points] * weights, t[:, points] * weights, np.take(table, points, axis=a - d)
            labels = 2 * labels + odd
            break
        functions.append(f)
        moved.append(t)
    return _OnPoints(functions, moved, table, labels)


def _odd(coefficients: np.ndarray, signs: np.ndarray) -> np.ndarray | None:
    """Which states (m, channels, n) are odd; None where one is neither even nor odd."""
    even, odd = (np.any(coefficients[..., signs == sign], axis=(1, 2)) for sign in (1, -1))
    return None if np.any(even & odd) else odd
