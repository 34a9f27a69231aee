"""How many points a tail takes to fall off, outwards from where it begins: compiled with numba where it is installed."""

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["in_place", "in_wavenumber"]


def in_place(lines: np.ndarray, least: np.ndarray, most: np.ndarray, edge: int, step: int, scale: float, decay: float) -> int:
    """Points beyond ``edge``, in steps of ±1, before the sum of scale √min_t(V − V(edge)) gets to ``decay``, or the line ends.

    lines : (1 + R, n, m), V0 and g_r on n planes, of whose m points the lowest counts.   least, most : (1 + R,), of f_r, f_0 = 1.
    """
    if may_compile():
        from qlearn.kernels import compiled_tails

        return int(compiled_tails.in_place(lines, least, most, edge, step, scale, decay))
    beyond = np.arange(edge + step, lines.shape[1] if step > 0 else -1, step)
    change = lines[:, beyond] - lines[:, edge:edge + 1]
    rise = np.minimum(least[:, None, None] * change, most[:, None, None] * change).sum(axis=0).min(axis=1)
    return int(np.searchsorted(np.cumsum(scale * np.sqrt(np.maximum(rise, 0))), decay))


def in_wavenumber(k: np.ndarray, slowest: np.ndarray, held: float, height: float, length: float, change: float,
                  decay: float) -> float:
    """The largest |k| beyond ``held`` before the sum of length·arcsinh √(2(T − height)/change) gets to ``decay``; the sum of
    length alone where change is 0. k (n,) ascends, slowest (n,) is T."""
    if may_compile():
        from qlearn.kernels import compiled_tails

        return float(compiled_tails.in_wavenumber(k, slowest, held, height, length, change, decay))
    largest = 0.0
    for way in (k, slowest), (-k[::-1], slowest[::-1]):
        beyond = way[0] > held
        excess = np.maximum(way[1][beyond] - height, 0)
        depth = length * (np.arcsinh(np.sqrt(2 * excess / change)) if change > 0 else np.ones_like(excess))
        count = int(np.searchsorted(np.cumsum(depth), decay))
        largest = max(largest, float(way[0][beyond][count - 1])) if count else largest
    return largest
