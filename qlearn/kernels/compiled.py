"""Compiled phase passes, for where numba is installed; imported by qlearn.kernels.phases when they pay.

θ = q π/2 + r, |r| ≤ π/4, with π/2 in three parts; sine and cosine of r by the polynomials of the C library fdlibm, chosen
and signed by q modulo 4. No branches, so that the loops become vector code.
"""

import math

import numba
import numpy as np

__all__ = ["table", "turn", "turn_by_sum", "turn_outer"]

_CONTRACT = {"contract", "nsz"}  # a reordering would undo the reduction
_BLOCK = 256
_LARGEST = 1e5


@numba.njit(inline="always")
def _cos_sin(x):
    q = np.floor(x * 0.63661977236758134 + 0.5)
    r = ((x - q * 1.5707963267341256) - q * 6.0771005063039660e-11) - q * 2.0222662487959506e-21
    z = r * r
    s = r + r * z * (-1.66666666666666324348e-01 + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * (
        2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)))))
    c = 1.0 - (0.5 * z - z * z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * (
        2.48015872894767294178e-05 + z * (-2.75573143513906633035e-07 + z * (
            2.08757232129817482790e-09 - z * 1.13596475577881948265e-11))))))
    m = np.int32(q) & np.int32(3)
    odd = (m & np.int32(1)) != 0
    cosine = s if odd else c
    sine = c if odd else s
    cosine = -cosine if ((m + np.int32(1)) & np.int32(2)) != 0 else cosine
    sine = -sine if (m & np.int32(2)) != 0 else sine
    return cosine, sine


@numba.njit(inline="always")
def _largest(angle, n):
    most = 0.0
    for i in range(n):
        most = max(most, abs(angle[i]))
    return most


@numba.njit(fastmath=_CONTRACT, cache=True)
def _block_table(angle, out):
    if _largest(angle, angle.size) > _LARGEST:
        for i in range(angle.size):
            out[i] = complex(math.cos(angle[i]), -math.sin(angle[i]))
    else:
        for i in range(angle.size):
            c, s = _cos_sin(angle[i])
            out[i] = complex(c, -s)


@numba.njit(fastmath=_CONTRACT, cache=True)
def _block_turn(phi, angle):
    if _largest(angle, angle.size) > _LARGEST:
        for i in range(angle.size):
            phi[i] *= complex(math.cos(angle[i]), -math.sin(angle[i]))
    else:
        for i in range(angle.size):
            c, s = _cos_sin(angle[i])
            phi[i] *= complex(c, -s)


@numba.njit(cache=True)
def table(angle, out):
    """out = exp(−iθ)."""
    for start in range(0, angle.size, _BLOCK):
        _block_table(angle[start:start + _BLOCK], out[start:start + _BLOCK])


@numba.njit(cache=True)
def turn(phi, angle):
    """φ ← φ exp(−iθ)."""
    for start in range(0, angle.size, _BLOCK):
        _block_turn(phi[start:start + _BLOCK], angle[start:start + _BLOCK])


@numba.njit(fastmath=_CONTRACT, cache=True)
def turn_by_sum(phi, tables, weights):
    """φ ← φ exp(−i Σ_r w_r g_r), tables (R, n)."""
    angle = np.empty(_BLOCK)
    for start in range(0, phi.size, _BLOCK):
        n = min(_BLOCK, phi.size - start)
        for i in range(n):
            angle[i] = weights[0] * tables[0, start + i]
        for row in range(1, len(weights)):
            weight = weights[row]
            for i in range(n):
                angle[i] += weight * tables[row, start + i]
        _block_turn(phi[start:start + n], angle[:n])


@numba.njit(fastmath=_CONTRACT, cache=True)
def turn_outer(phi, lead, last):
    """φ_mij ← φ_mij u_i v_j."""
    for m in range(phi.shape[0]):
        for i in range(phi.shape[1]):
            factor, row = lead[i], phi[m, i]
            for j in range(row.size):
                row[j] *= factor * last[j]
