"""Curvatures d²E/dκ² by perturbation theory of second order, with all states of the grid.

    d²E/dκ_a dκ_b = ħ² [⟨u|w_ab|u⟩ − 2 Re ⟨v_a u| (h − E)⁻¹ Q |v_b u⟩],    Q: without the levels at E

v = ∂T/∂p, w = ∂²T/∂p². The solution δ of (h − E) δ_a = −Q v_a u (Sternheimer's equation) is sought in the basis of the family
first. With the residual R that it leaves, the error of the curvature is of second order, ⟨R|(h − E)⁻¹|R⟩ (Hylleraas); where that
is too large, (h − E) δ = −R is solved on the grid by conjugate gradients, outside of the basis, and δ joins it.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from qlearn.errors import UnsupportedError
from qlearn.spectrum.bands.bloch import BlochFamily, Sector
from qlearn.spectrum.bands.crossings import Followed

__all__ = ["inverse_masses"]

ACCURACY = 1e-11        # of a curvature, in units of ħ²/m of the stiffest axis, before the basis is enlarged
MOST = 4000             # steps of conjugate gradients
SCALAR = 1e-6           # matrices within a degenerate level that are this near to a number count as one


def inverse_masses(family: BlochFamily, branches: list[Followed], residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """d²E/dκ_a dκ_b, (n, k, p, p), and estimates of the errors; residuals (n, K) of the levels."""
    pairs = [_at(family, found, rest) for found, rest in zip(branches, residuals, strict=True)]
    tensors, errors = (np.stack(parts) for parts in zip(*pairs, strict=True))
    unit = family.hamiltonian.hbar**2
    return unit * tensors, unit * errors


def _at(family: BlochFamily, found: Followed, residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At one θ, divided by ħ²; the basis is enlarged until the responses to dκ are in it."""
    for _ in range(3):
        tensors, errors, missing = _in_basis(family, found, residuals)
        if not len(missing):
            break
        family.extend(missing)
    return tensors, errors


def _in_basis(family: BlochFamily, found: Followed, residuals: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Curvatures (k, p, p), estimates of their errors, and vectors (m, size) that the basis lacks."""
    sector, states = found.sector, family.padded(found.states)
    theta, p, k = sector.inside, len(family.axes), len(found.places)
    operator, one = family.projected(theta), np.eye(len(family.basis))
    velocities = [family.velocity(a, theta) for a in range(p)]
    tensors, errors, missing = np.empty((k, p, p)), np.empty((k, p, p)), []
    for number in np.unique(sector.clusters[found.places]):
        rows = np.nonzero(sector.clusters == number)[0]
        inside, energy = states[rows], float(np.mean(sector.energies[rows]))
        projector = inside.T @ inside.conj()
        shifted = operator - energy * one + family.twisted.scale(energy) * projector       # not singular, and the same outside
        sources = np.array([(v @ inside.T - projector @ (v @ inside.T)).T for v in velocities])        # Q v_a u, (p, g, r)
        flat = np.linalg.solve(shifted, -sources.reshape(-1, len(one)).T)
        responses = (flat - projector @ flat).T.reshape(sources.shape)
        matrices = _second_order(family, inside, sources, responses)
        slopes = [inside.conj() @ v @ inside.T for v in velocities]
        local, lacking = _errors(family, sector, rows, energy, inside, responses, float(residuals[rows].max()))
        for branch in np.nonzero(np.isin(found.places, rows))[0]:
            own = int(np.nonzero(rows == found.places[branch])[0][0])
            tensors[branch], errors[branch] = _tensor(matrices, slopes, own), local[own]
        missing.append(lacking)
    return tensors, errors, np.concatenate(missing)


def _second_order(family: BlochFamily, inside: np.ndarray, sources: np.ndarray, responses: np.ndarray) -> np.ndarray:
    """W_ab among the states of one level, (p, p, g, g)."""
    p, g = sources.shape[:2]
    matrices = np.empty((p, p, g, g), dtype=complex)
    for a in range(p):
        for b in range(p):
            matrices[a, b] = inside.conj() @ family.curvature(a, b) @ inside.T
            matrices[a, b] += sources[a].conj() @ responses[b].T + sources[b].conj() @ responses[a].T
    return matrices


def _tensor(matrices: np.ndarray, slopes: list[np.ndarray], own: int) -> np.ndarray:
    """d²E/dp_a dp_b of state number ``own`` of a level."""
    if matrices.shape[-1] == 1:
        return matrices[:, :, 0, 0].real
    if len(slopes) > 1:
        alike = all(_is_scalar(m) for m in (*slopes, *matrices.reshape(-1, *matrices.shape[-2:])))
        return matrices[:, :, own, own].real if alike else np.full(matrices.shape[:2], np.nan)
    steep = np.diag(slopes[0]).real
    rows = np.nonzero(np.abs(steep - steep[own]) <= SCALAR * max(np.abs(steep).max(), np.finfo(float).tiny))[0]
    block = matrices[0, 0][np.ix_(rows, rows)]
    values, turned = np.linalg.eigh((block + block.conj().T) / 2)
    place = _matched(np.abs(turned) ** 2, int(np.nonzero(rows == own)[0][0]))
    return values[place].reshape(1, 1)


def _is_scalar(matrix: np.ndarray) -> bool:
    mean = np.trace(matrix) / len(matrix)
    return bool(np.abs(matrix - mean * np.eye(len(matrix))).max() <= SCALAR * max(np.abs(matrix).max(), 1e-300))


def _matched(weights: np.ndarray, own: int) -> int:
    return int(linear_sum_assignment(-weights)[1][own])


def _errors(family: BlochFamily, sector: Sector, rows: np.ndarray, energy: float, inside: np.ndarray,
            responses: np.ndarray, residual: float) -> tuple[np.ndarray, np.ndarray]:
    """Estimates (g, p, p) of the errors, and solutions of Sternheimer's equation outside of the basis where they are large."""
    p, g = len(responses), len(rows)
    theta = sector.inside
    waves = inside @ family.basis
    images = np.array([family.twisted.slope(a, theta, waves) for a in range(p)])
    flat = (responses @ family.basis).reshape(p * g, -1)
    rest = family.twisted.apply(theta, flat) - energy * flat + _without(images.reshape(p * g, -1), waves)
    rest = _without(rest, family.basis)
    left = np.linalg.norm(rest, axis=1).reshape(p, g)
    above = max(float(sector.energies[-1]) - energy, 0.1 * family.twisted.unit)
    tilt = min(1.0, residual / sector.separation(int(rows[0])))
    speed, size = np.linalg.norm(images, axis=-1), np.linalg.norm(responses, axis=-1)
    heaviest = float(np.max(np.abs([family.hamiltonian.kinetic.inverse[a, a] for a in family.axes])))
    speed = speed + np.sqrt(heaviest * family.twisted.scale(energy))
    local = 2 / above * np.einsum("ag,bg->gab", left, left) + tilt * (2 * heaviest + 4 * np.einsum("ag,bg->gab", size, speed))
    large = left.ravel() ** 2 / above > ACCURACY * heaviest
    return local, _solved(family, theta, energy, rest[large]) if large.any() else rest[:0]


def _without(vectors: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """The part that is orthogonal to the rows of an orthonormal basis."""
    for _ in range(2):
        vectors = vectors - (vectors @ basis.conj().T) @ basis
    return vectors


def _solved(family: BlochFamily, theta: np.ndarray, energy: float, rest: np.ndarray) -> np.ndarray:
    """(h − E) δ = −R outside of the basis, where h − E > 0: conjugate gradients, all rows at once, until √ of the accuracy."""
    solution, residual = np.zeros_like(rest), -rest
    first = np.linalg.norm(rest, axis=1)
    z = _without(_preconditioned(family, energy, residual), family.basis)
    direction, product = z, np.sum(residual.conj() * z, axis=1).real
    for _ in range(MOST):
        image = _without(family.twisted.apply(theta, direction) - energy * direction, family.basis)
        stiffness = np.sum(direction.conj() * image, axis=1).real
        if np.any(stiffness <= 0):
            raise UnsupportedError("the effective mass of a level above others that were not calculated is not offered: "
                                   "ask bands for more of them (k).")
        step = (product / stiffness)[:, None]
        solution, residual = solution + step * direction, residual - step * image
        if np.all(np.linalg.norm(residual, axis=1) <= 1e-7 * first):
            break
        z = _without(_preconditioned(family, energy, residual), family.basis)
        product, previous = np.sum(residual.conj() * z, axis=1).real, product
        direction = z + (product / previous)[:, None] * direction
    return solution


def _preconditioned(family: BlochFamily, energy: float, vectors: np.ndarray) -> np.ndarray:
    """Rows over T(k) + a typical energy, with the mean mass; as they are on grids with poles."""
    H = family.twisted.base
    if "pole" in H.grid.boundary:
        return vectors
    k = np.meshgrid(*H.grid.wavenumbers, indexing="ij", sparse=True)
    table = sum(0.5 * float(np.mean(H.kinetic.inverse[a, a])) * (H.hbar * k[a]) ** 2 for a in range(H.grid.ndim))
    psi = vectors.reshape(len(vectors), *H.state_shape)
    modes = H.grid.forward(H.grid.to_periodic(psi)) / (table + family.twisted.scale(energy))
    return H.grid.from_periodic(H.grid.backward(modes)).reshape(len(vectors), -1)
