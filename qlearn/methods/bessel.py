"""Bessel functions of all orders at once, to the accuracy that long series need."""

import numpy as np
from scipy.special import ive, jv

from qlearn.kernels.phases import may_compile

__all__ = ["bessel_functions", "modified_bessel_functions"]


def bessel_functions(z: np.ndarray, count: int) -> np.ndarray:
    """J_0(z) … J_{count−1}(z), (len(z), count), to 1e-16 with numba or where long doubles are longer than doubles.

    ``count`` must exceed |z| + 10 |z|^(1/3) + 50. Library values for large z are off by 1e-14, which many equal expansions
    would add up; so for |z| > 25 the recurrence J_{k−1} = (2k/z) J_k − J_{k+1} runs downwards (Miller), scaled by
    J_0 + 2 Σ J_2k = 1.
    """
    result, large = np.empty((len(z), count)), np.abs(z) > 25
    result[~large] = jv(np.arange(count), z[~large].astype(float)[:, None])
    if np.any(large):
        result[large] = _downwards(np.abs(z[large]), count)
        result[large & (z < 0), 1::2] *= -1
    return result


def _downwards(z: np.ndarray, count: int) -> np.ndarray:
    if may_compile():
        from qlearn.kernels.compiled_bessel import downwards

        nearest, found = z.astype(float), np.empty((len(z), count))
        starts = np.minimum(nearest + 10 * np.cbrt(nearest) + 50, count - 1).astype(np.int64)
        downwards(nearest, (z - nearest).astype(float), starts, found)
        return found
    rows = np.zeros((count + 1, z.size), dtype=np.longdouble)
    rows[count - 1] = np.longdouble(1e-200)
    for j in range(count - 1, 0, -1):
        rows[j - 1] = 2 * j / z * rows[j] - rows[j + 1]
    rows /= rows[0] + 2 * np.sum(rows[2::2], axis=0)
    return np.asarray(rows[:count].T.astype(float))


def modified_bessel_functions(z: float, count: int) -> np.ndarray:
    """e^{−z} I_0(z) … e^{−z} I_{count−1}(z) for z ≥ 0, (count,); none exceeds 1.

    By Miller's recurrence I_{k−1} = (2k/z) I_k + I_{k+1} downwards, which is stable, scaled by e^{−z}(I_0 + 2 Σ I_k) = 1;
    for z < 1, where few orders matter, from the library.
    """
    if z < 1:
        return np.asarray(ive(np.arange(count), z))
    rows = np.zeros(count + 1)
    rows[count - 1] = 1e-250
    for j in range(count - 1, 0, -1):
        rows[j - 1] = 2 * j / z * rows[j] + rows[j + 1]
        if rows[j - 1] > 1e250:
            rows[j - 1:] *= 1e-250
    return (rows / (rows[0] + 2 * np.sum(rows[1:])))[:count]
