"""f(|ψ|²) for a kick in which the density changes: by a loss or a complex f in real time, in imaginary time by everything."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.arrays import like, namespace, to_numpy

__all__ = ["averaged", "half_way", "ratio"]

MOST_ITERATIONS, CONVERGED = 60, 1e-15  # of the density, and its change relative to its largest value
SETTLED = 1e-9  # change of ln n in an iteration, at most, where rounding keeps it from CONVERGED
STEEPEST = 20.0  # of ln n within a kick
SHORTEST_STRIDE = 0.02


class _Gauss(NamedTuple):
    """Collocation on [0, 1]: c_i, b_i and a_ij."""

    nodes: np.ndarray
    shares: np.ndarray
    inner: np.ndarray


def _gauss(stages: int) -> _Gauss:
    nodes, shares = (0.5 * part for part in np.polynomial.legendre.leggauss(stages))
    nodes = 0.5 + nodes
    powers = np.arange(stages)
    return _Gauss(nodes, shares, (nodes[:, None] ** (powers + 1) / (powers + 1)) @ np.linalg.inv(nodes[:, None] ** powers))


GAUSS = _gauss(4)


def averaged(hamiltonian: Hamiltonian, density: Any, growth: np.ndarray | None, weight: float) -> Any:
    """∫_0^1 f(n(s)) ds over a kick exp(−iθ), θ = angle + weight·f, of the kind of ``density`` n(0).

    ln n(s) = ln n(0) + growth·s + 2·weight ∫_0^s Im f: the four stages of Gauss's collocation, order 8, by iteration,
    each of which gains an order. It undoes itself with −h. Where n runs away or the iteration does, a kick is too long: nan.
    """
    f, iterated = hamiltonian.mean_field_of, hamiltonian.has_complex_mean_field
    if growth is None and not iterated:
        return f(density)
    xp = namespace(density)
    nodes = like(GAUSS.nodes.reshape(-1, *(1,) * density.ndim), density)
    start = nodes * (0 * density if growth is None else 0 * density + like(growth, density))  # ln n(s) − ln n(0) of the stages
    if not iterated:
        return _weighted(GAUSS.shares, _at_stages(f, density, start))
    rises, inner, moved = start + nodes * (2 * weight * xp.imag(f(density))), like(GAUSS.inner, density), math.inf
    for _ in range(MOST_ITERATIONS):
        values = _at_stages(f, density, rises)
        before, last = rises, moved
        rates = xp.stack([2 * weight * xp.imag(value) for value in values])
        rises = start + xp.tensordot(inner, rates, axes=1)
        moved, largest = _largest(rises - before), _largest(rises)
        if not largest < STEEPEST:
            return values[0] * np.nan
        fall = min(moved / last, 1.0) if last < math.inf else 1.0
        if not moved * fall > CONVERGED * max(1.0, largest):  # by so much the next one would move them
            break
    values = _at_stages(f, density, rises)
    return _weighted(GAUSS.shares, values) if moved < SETTLED * max(1.0, largest) else values[0] * np.nan


def _at_stages(f: Callable[[Any], Any], density: Any, rises: Any) -> list[Any]:
    """f of the densities at the stages; one at a time, for f may tell the axes of n apart."""
    densities = density * namespace(density).exp(rises)
    return [f(densities[stage, ...]) for stage in range(len(GAUSS.nodes))]


def half_way(f: Callable[[Any], Any], density: Any, angle: np.ndarray, weight: float, axes: tuple[int, ...]) -> Any:
    """f of the density n half way through a kick exp(−θ), θ = ``angle`` + weight·f(n), the norms held: n ∝ n_0 exp(−θ) is the
    same from either end, so that the kick undoes itself with −h. By iteration, with a stride that follows how far the last one
    went too far, to rounding where steps are short."""
    start = to_numpy(density)
    sums, middle, before, stride = np.sum(start, axis=axes, keepdims=True), start, None, 1.0
    for _ in range(MOST_ITERATIONS):
        theta = angle + weight * to_numpy(f(like(middle, density)))
        after = start * np.exp(np.min(theta, axis=axes, keepdims=True) - theta)
        after *= ratio(sums, np.sum(after, axis=axes, keepdims=True))
        gap = after - middle
        if not np.max(np.abs(gap), initial=0.0) > CONVERGED * np.max(after, initial=0.0):
            break
        if before is not None:
            left = ratio(np.sum(gap * before, axis=axes, keepdims=True), np.sum(before * before, axis=axes, keepdims=True))
            stride = np.clip(stride / np.maximum(1 - left, 0.5), SHORTEST_STRIDE, 1.0)
        middle, before = middle + stride * gap, gap
    return f(like(middle, density))


def ratio(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """before/now, 0 where now is 0."""
    return np.divide(before, now, out=np.zeros_like(now), where=now > 0)


def _weighted(weights: np.ndarray, arrays: list[Any]) -> Any:
    """Σ_i weights_i arrays_i."""
    first, *others = [weight * array for weight, array in zip(weights.tolist(), arrays, strict=True)]
    return sum(others, first)


def _largest(array: Any) -> float:
    """max|array|."""
    return float(np.max(np.abs(to_numpy(array)), initial=0.0))
