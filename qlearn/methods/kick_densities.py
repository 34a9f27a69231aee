"""f(|ψ|²) for a kick in which the density changes: by a loss or a complex f in real time, in imaginary time by everything."""

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

    nodes: list[float]
    shares: list[float]
    inner: list[list[float]]


def _gauss(stages: int) -> _Gauss:
    nodes, shares = (0.5 * part for part in np.polynomial.legendre.leggauss(stages))
    nodes = 0.5 + nodes
    powers = np.arange(stages)
    inner = (nodes[:, None] ** (powers + 1) / (powers + 1)) @ np.linalg.inv(nodes[:, None] ** powers)
    return _Gauss(nodes.tolist(), shares.tolist(), inner.tolist())


GAUSS = _gauss(4)


def averaged(hamiltonian: Hamiltonian, density: Any, growth: np.ndarray | None, weight: float) -> Any:
    """∫_0^1 f(n(s)) ds over a kick exp(−iθ), θ = angle + weight·f, of the kind of ``density`` n(0).

    ln n(s) = ln n(0) + growth·s + 2·weight ∫_0^s Im f: the four stages of Gauss's collocation, order 8, by iteration,
    each of which gains an order. It undoes itself with −h. Where n runs away or the iteration does, a kick is too long: nan.
    """
    f, iterated = hamiltonian.mean_field_of, hamiltonian.has_complex_mean_field
    if growth is None and not iterated:
        return f(density)
    xp, zero = namespace(density), density * 0
    start = [zero if growth is None else zero + like(node * growth, density) for node in GAUSS.nodes]
    rises, values = start, [f(density * xp.exp(rise)) for rise in start]
    if not iterated:
        return _weighted(GAUSS.shares, values)
    for _ in range(MOST_ITERATIONS):
        rates = [2 * weight * xp.imag(value) for value in values]
        before, rises = rises, [first + _weighted(row, rates) for first, row in zip(start, GAUSS.inner, strict=True)]
        moved, largest = max(_largest(new - old) for new, old in zip(rises, before, strict=True)), max(map(_largest, rises))
        if not largest < STEEPEST:
            return values[0] * np.nan
        values = [f(density * xp.exp(rise)) for rise in rises]
        if not moved > CONVERGED * max(1.0, largest):
            break
    return _weighted(GAUSS.shares, values) if moved < SETTLED * max(1.0, largest) else values[0] * np.nan


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


def _weighted(weights: list[float], arrays: list[Any]) -> Any:
    """Σ_i weights_i arrays_i."""
    return sum((weight * array for weight, array in zip(weights[1:], arrays[1:], strict=True)), weights[0] * arrays[0])


def _largest(array: Any) -> float:
    """max|array|."""
    return float(np.max(np.abs(to_numpy(array)), initial=0.0))
