"""Points of phase space that stand for a wave: drawn from its density, with the momenta that it has there."""

from functools import cache

import numpy as np
from scipy.special import ndtri

from qlearn.kernels.arrays import squares
from qlearn.kernels.phases import may_compile

__all__ = ["drawn"]


def drawn(state: np.ndarray, moved: list[np.ndarray], axes: tuple[np.ndarray, ...], count: int) -> tuple[np.ndarray, np.ndarray]:
    """(q, p), (count, d) each, spread evenly rather than at random.

    state (*shape) : φ ≠ 0.   moved : p̂_a φ of each axis.   axes : the points of each axis.
    p = Re(p̂φ/φ) + normal noise of the covariance of Im(p̂φ/φ).
    """
    normal = _normal(count, len(axes))
    if may_compile():
        from qlearn.kernels import compiled_phase_space

        q, p = np.empty((2, count, len(axes)))
        compiled_phase_space.drawn(state.reshape(-1), tuple(values.reshape(-1) for values in moved), axes, normal, q, p)
        return q, p
    density = squares(state)
    density /= density.sum()
    some = density > 1e-12 * density.max()
    inverse = np.divide(1.0, state, out=np.zeros(state.shape, dtype=complex), where=some)
    local = np.stack([values * inverse for values in moved]).reshape(len(axes), -1)
    density, noise = density.reshape(-1), local.imag
    spread = (noise * density) @ noise.T
    places = np.minimum(np.cumsum(density).searchsorted((np.arange(count) + 0.5) / count), density.size - 1)
    q = np.stack([x[index] for x, index in zip(axes, np.unravel_index(places, state.shape), strict=True)], axis=1)
    return q, local.real[:, places].T + normal @ _root(spread).T


def _root(spread: np.ndarray) -> np.ndarray:
    """L with L Lᵀ the covariance."""
    if len(spread) == 1:
        return np.sqrt(spread)
    trace = np.trace(spread)
    return np.linalg.cholesky(spread + 1e-14 * trace * np.eye(len(spread))) if trace > 0 else np.zeros_like(spread)


@cache
def _normal(count: int, ndim: int) -> np.ndarray:
    """Normal numbers (count, ndim) from the additive recurrence of the generalised golden ratio."""
    ratio = 1.5
    for _ in range(40):
        ratio = (1 + ratio) ** (1 / (ndim + 1))
    steps = ratio ** -np.arange(1.0, ndim + 1)
    return np.asarray(ndtri((0.5 + np.outer(np.arange(1, count + 1), steps)) % 1))
