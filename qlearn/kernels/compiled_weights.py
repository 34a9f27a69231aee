"""When kicks are, and what weights the tables have that their phases are sums of."""

import numba

__all__ = ["are_exact", "kick_times", "kick_weights"]

LARGEST = 1e5  # |θ| up to which the compiled phases are exact


@numba.njit(cache=True)
def are_exact(weights, largest):
    """True where no θ = Σ_r w_kr g_r of weights (K, R) is too large for the compiled phases; largest (R,): of each |g_r|."""
    for k in range(weights.shape[0]):
        angle = 0.0
        for r in range(largest.size):
            angle += abs(weights[k, r]) * largest[r]
        if not angle <= LARGEST:
            return False
    return True


@numba.njit(cache=True)
def kick_times(time, h, fractions, times):
    """Of the kick at ``time`` and of those behind all stages of steps h: times (1 + count·stages,), fractions (stages,)."""
    times[0] = time
    for k in range(1, times.size):
        step, stage = divmod(k - 1, fractions.size)
        times[k] = time + h * (step + fractions[stage])


@numba.njit(cache=True)
def kick_weights(first, behind, linear, square, factors, largest, weights):
    """w_r = linear·b f_r of θ = Σ_r w_r g_r, f_0 = 1, and behind them square·c f_r f_s for r ≤ s where weights has room for them.

    first (2,), behind (stages, 2) : (b, c) of the kick before all steps and of those behind the stages; the last of a step and
    the first of the next are one.   factors (1 + count·stages, R) : f_1, …, at each kick.   weights (1 + count·stages, …).
    Returns ``are_exact``, largest (…,) as there.
    """
    stages, last, terms = behind.shape[0], weights.shape[0] - 1, 1 + factors.shape[1]
    for k in range(last + 1):
        b, c = first[0], first[1]
        if k > 0:
            stage = (k - 1) % stages
            merged = stage == stages - 1 and k < last
            b, c = behind[stage, 0] + (b if merged else 0.0), behind[stage, 1] + (c if merged else 0.0)
        b, c = linear * b, square * c
        weights[k, 0] = b
        for r in range(1, terms):
            weights[k, r] = b * factors[k, r - 1]
        at = terms
        if weights.shape[1] > terms:
            for r in range(terms):
                one = c if r == 0 else c * factors[k, r - 1]
                for s in range(r, terms):
                    weights[k, at] = one if s == 0 else one * factors[k, s - 1]
                    at += 1
    return are_exact(weights, largest)
