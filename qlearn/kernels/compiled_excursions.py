"""The compiled twin of qlearn.kernels.excursions."""

import numba
import numpy as np

__all__ = ["everywhere", "on_a_line"]


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
    dt, k, rises = h / parts, q.size, slopes[:, 1:] - slopes[:, :-1]
    drift, count = dt * inverse / spacing, (weights.shape[0] - 1) * parts
    at, u, force = np.empty(k, dtype=np.uint64), np.empty(k), np.empty(k)
    lows, highs, slows, fasts = q.copy(), q.copy(), p.copy(), p.copy()
    for step in range(count + 1):
        before, rest = step // parts, step % parts
        outside, go = False, drift if step else 0.0
        for j in range(k):
            x = q[j] + go * p[j]
            cell = np.floor(x)
            q[j], u[j], at[j], force[j] = x, x - cell, np.uint64(np.int32(cell)), 0.0
            outside |= (cell < 0) | (cell >= n)
        if outside:
            for j in range(k):
                at[j] = np.uint64(np.int64(np.floor(q[j])) % n)
        for r in range(terms):
            f, slope, rise = weights[before, r], slopes[r], rises[r]
            if rest:
                f += (weights[before + 1, r] - f) * (rest / parts)
            f *= 0.5 * dt
            for j in range(k):
                force[j] += f * (slope[at[j]] + u[j] * rise[at[j]])
        for j in range(k):
            middle = p[j] + force[j] if step else p[j]
            p[j] = middle + force[j]
            lows[j], highs[j] = min(lows[j], q[j]), max(highs[j], q[j])
            slows[j], fasts[j] = min(slows[j], middle), max(fasts[j], middle)
    bounds[0], bounds[1], bounds[2], bounds[3] = lows.min(), highs.max(), slows.min(), fasts.max()


@numba.njit(cache=True, error_model="numpy")
def everywhere(field, shape, spacing, inverse, weights, h, parts, q, p, bounds):
    """field (d, points, 1 + R): −∂_a g_r; shape (d,); q and p (k, d) are overwritten; bounds (4, d)."""
    d, terms = shape.size, field.shape[2]
    dt, count = h / parts, (weights.shape[0] - 1) * parts
    f, u, cell, force = np.empty(terms), np.empty(d), np.empty(d, dtype=np.int64), np.empty(d)
    for a in range(d):
        bounds[0, a], bounds[1, a], bounds[2, a], bounds[3, a] = q[:, a].min(), q[:, a].max(), p[:, a].min(), p[:, a].max()
    for step in range(count + 1):
        before, rest = step // parts, step % parts
        for r in range(terms):
            f[r] = weights[before, r]
            if rest:
                f[r] += (weights[before + 1, r] - f[r]) * (rest / parts)
        for j in range(q.shape[0]):
            for a in range(d):
                if step:
                    for b in range(d):
                        q[j, a] += dt * inverse[a, b] * p[j, b] / spacing[a]
                floor = np.floor(q[j, a])
                u[a], cell[a], force[a] = q[j, a] - floor, np.int64(floor), 0.0
            for corner in range(1 << d):
                share, at = 0.5 * dt, np.int64(0)
                for a in range(d):
                    upper = (corner >> a) & 1
                    share *= u[a] if upper else 1 - u[a]
                    at = at * shape[a] + (cell[a] + upper) % shape[a]
                for a in range(d):
                    for r in range(terms):
                        force[a] += share * f[r] * field[a, at, r]
            for a in range(d):
                middle = p[j, a] + force[a] if step else p[j, a]
                p[j, a] = middle + force[a]
                bounds[0, a], bounds[1, a] = min(bounds[0, a], q[j, a]), max(bounds[1, a], q[j, a])
                bounds[2, a], bounds[3, a] = min(bounds[2, a], middle), max(bounds[3, a], middle)
