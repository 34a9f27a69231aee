"""The compiled twin of qlearn.kernels.excursions, in one dimension."""

import numba
import numpy as np

__all__ = ["on_a_line"]


@numba.njit(cache=True, error_model="numpy")
def on_a_line(tables, spacing, inverse, weights, h, parts, q, p, bounds):
    """q and p (k,) are overwritten; bounds (4,)."""
    terms, n = tables.shape
    slopes = np.empty((n + 1, terms))
    for r in range(terms):
        for i in range(n):
            slopes[i, r] = (tables[r, i - 1] - tables[r, (i + 1) % n]) / (2 * spacing)
        slopes[n, r] = slopes[0, r]
    dt = h / parts
    drift, count = dt * inverse / spacing, (weights.shape[0] - 1) * parts
    low, high, slow, fast = q.min(), q.max(), p.min(), p.max()
    f = np.empty(terms)
    for step in range(count + 1):
        before, rest = step // parts, step % parts
        for r in range(terms):
            f[r] = weights[before, r]
            if rest:
                f[r] += (weights[before + 1, r] - f[r]) * (rest / parts)
        for j in range(q.size):
            x = q[j]
            if step:
                x += drift * p[j]
                q[j] = x
            cell = np.floor(x)
            u, at = x - cell, np.int64(cell)
            if at < 0 or at >= n:
                at %= n
            force = 0.0
            for r in range(terms):
                a = slopes[at, r]
                force += f[r] * (a + u * (slopes[at + 1, r] - a))
            middle = p[j] + 0.5 * dt * force if step else p[j]
            p[j] = middle + 0.5 * dt * force
            low, high, slow, fast = min(low, x), max(high, x), min(slow, middle), max(fast, middle)
    bounds[0], bounds[1], bounds[2], bounds[3] = low, high, slow, fast
