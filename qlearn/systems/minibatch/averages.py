"""Exact averages over the data of a learner at any points: mean gradient, covariance and third cumulant, nothing sampled."""

from collections.abc import Callable

import numpy as np

from qlearn.errors import ArgumentError

__all__ = ["Gradient", "Loss", "moments", "per_sample_gradients"]

Gradient = Callable[[np.ndarray, np.ndarray], np.ndarray]       # (q (r, d), index (r, b)) -> (r, b, d)
Loss = Callable[[np.ndarray], np.ndarray]                       # q (r, d) -> (r,)

_CHUNK = 1 << 21            # per-sample gradients held at once, in numbers


def moments(gradient_of: Gradient, n_samples: int, q: np.ndarray, third: bool = True
            ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """u_μ = ⟨h_μ⟩ (n, d), C_μν (n, d, d) and κ₃_μνλ (n, d, d, d) over all samples at points q (n, d), a few rows at a time."""
    n, d = q.shape
    rows = max(1, _CHUNK // (n_samples * d))
    mean, covariance = np.empty((n, d)), np.empty((n, d, d))
    cumulant = np.empty((n, d, d, d)) if third else None
    for a in range(0, n, rows):
        h = per_sample_gradients(gradient_of, n_samples, q[a:a + rows])
        mean[a:a + rows] = h.mean(axis=1)
        h -= mean[a:a + rows, None]
        for i in range(d):
            for j in range(i, d):
                product = h[..., i] * h[..., j]
                covariance[a:a + rows, i, j] = covariance[a:a + rows, j, i] = product.mean(axis=1)
                for k in range(j, d) if cumulant is not None else ():
                    value = np.mean(product * h[..., k], axis=1)
                    for place in {(i, j, k), (i, k, j), (j, i, k), (j, k, i), (k, i, j), (k, j, i)}:
                        cumulant[a:a + rows, *place] = value        # type: ignore[index]
    return mean, covariance, cumulant


def per_sample_gradients(gradient_of: Gradient, n_samples: int, q: np.ndarray) -> np.ndarray:
    """h_i(q) of every sample i at points q (n, d), shape (n, n_samples, d)."""
    index = np.broadcast_to(np.arange(n_samples), (len(q), n_samples))
    h = np.array(gradient_of(q, index), dtype=float)
    if not np.all(np.isfinite(h)):
        wrong = np.any(~np.isfinite(h), axis=(0, 2))
        raise ArgumentError(f"per_sample_gradient must be finite everywhere; given {int(np.sum(~np.isfinite(h)))} NaN or "
                            f"infinite values. Look at sample {int(np.argmax(wrong))} of the data.")
    return h
