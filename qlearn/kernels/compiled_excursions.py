"""The compiled twin of qlearn.kernels.excursions, in one dimension."""

import numba
import numpy as np

__all__ = ["on_a_line"]


@numba.njit(cache=True, error_model="numpy", fastmath={"contract", "arcp", "nnan", "nsz", "reassoc"})
def on_a_line(tables, spacing, inverse, weights, h, parts, q, p, bounds):
    """q and p (k,) are overwritten; bounds (4,). All trajectories take a step together, in vector code."""
    terms, n = tables.shape
    slopes = np.empty((terms, n + 1))
    for r in range(terms):
        table, slope = tables[r], slopes[r]
        for i in range(1, n - 1):
            slope[i] = (table[i - 1] - table[i + 1]) / (2 * spacing)
        slope[0] = slope[n] = (table[n - 1] - table[1]) / (2 * spacing)
        slope[n - 1] = (table[n - 2] - table[0]) / (2 * spacing)
    dt, k = h / parts, q.size
    one = np.uint64(1)
    drift, count = dt * inverse / spacing, (weights.shape[0] - 1) * parts
    at, u, force = np.empty(k, dtype=np.uint64), np.empty(k), np.empty(k)
    lows, highs, slows, fasts = q.copy(), q.copy(), p.copy(), p.copy()
    for step in range(count + 1):
        before, rest = step // parts, step % parts
        if step:
            for j in range(k):
                q[j] += drift * p[j]
        outside = False
        for j in range(k):
            cell = np.floor(q[j])
            u[j], at[j], force[j] = q[j] - cell, np.uint64(np.int32(cell)), 0.0
            outside |= (cell < 0) | (cell >= n)
        if outside:
            for j in range(k):
                at[j] = np.uint64(np.int64(np.floor(q[j])) % n)
        for r in range(terms):
            f, slope = weights[before, r], slopes[r]
            if rest:
                f += (weights[before + 1, r] - f) * (rest / parts)
            f *= 0.5 * dt
            for j in range(k):
                a = slope[at[j]]
                force[j] += f * (a + u[j] * (slope[at[j] + one] - a))
        for j in range(k):
            middle = p[j] + force[j] if step else p[j]
            p[j] = middle + force[j]
            lows[j], highs[j] = min(lows[j], q[j]), max(highs[j], q[j])
            slows[j], fasts[j] = min(slows[j], middle), max(fasts[j], middle)
    bounds[0], bounds[1], bounds[2], bounds[3] = lows.min(), highs.max(), slows.min(), fasts.max()
