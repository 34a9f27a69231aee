"""Compiled phase passes, for where numba is installed; imported by qlearn.kernels.phases when they pay.

θ = q π/2 + r, |r| ≤ π/4, with π/2 in three parts; sine and cosine of r by the polynomials of the C library fdlibm, chosen
and signed by q modulo 4, which is found without integers. No branches, and blocks that stay in the first cache: all loops
become vector code.
"""

import math

import numba
import numpy as np

__all__ = ["COSINE", "QUARTER", "QUARTERS", "SINE", "table", "turn", "turn_by_form", "turn_outer"]

_CONTRACT = {"contract", "nsz"}  # a reordering would undo the reduction
_BLOCK = 256
_LARGEST = 1e5
QUARTERS = 0.63661977236758134  # of a turn in one unit of the angle
QUARTER = (1.5707963267341256, 6.0771005063039660e-11, 2.0222662487959506e-21)
SINE = (-1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04, 2.75573137070700676789e-06,
        -2.50507602534068634195e-08, 1.58969099521155010221e-10)     # of z = r², after r
COSINE = (4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05, -2.75573143513906633035e-07,
          2.08757232129817482790e-09, -1.13596475577881948265e-11)   # after 1 − z/2


@numba.njit(inline="always")
def _cos_sin(x):
    q = np.floor(x * QUARTERS + 0.5)
    r = ((x - q * QUARTER[0]) - q * QUARTER[1]) - q * QUARTER[2]
    z = r * r
    s = r + r * z * (SINE[0] + z * (SINE[1] + z * (SINE[2] + z * (SINE[3] + z * (SINE[4] + z * SINE[5])))))
    c = 1.0 - (0.5 * z - z * z * (COSINE[0] + z * (COSINE[1] + z * (COSINE[2] + z * (COSINE[3] + z * (
        COSINE[4] + z * COSINE[5]))))))
    half = np.floor(q * 0.5)
    odd, second = q != 2.0 * half, half != 2.0 * np.floor(half * 0.5)   # the last two bits of q
    cosine = s if odd else c
    sine = c if odd else s
    return -cosine if odd != second else cosine, -sine if second else sine


@numba.njit(fastmath=_CONTRACT, cache=True)
def _cosines_sines(angle, cosines, sines):
    largest = 0.0
    for i in range(angle.size):
        largest = max(largest, abs(angle[i]))
    if largest > _LARGEST:
        for i in range(angle.size):
            cosines[i], sines[i] = math.cos(angle[i]), math.sin(angle[i])
    else:
        for i in range(angle.size):
            cosines[i], sines[i] = _cos_sin(angle[i])


@numba.njit(fastmath=_CONTRACT, cache=True)
def _multiply(phi, cosines, sines):
    for i in range(phi.size):
        phi[i] *= complex(cosines[i], -sines[i])


@numba.njit(fastmath=_CONTRACT, cache=True)
def _weighted(tables, weights, start, total):
    """total = Σ_r w_r g_r on a block."""
    row, weight = tables[0, start:start + total.size], weights[0]
    for i in range(total.size):
        total[i] = weight * row[i]
    for r in range(1, weights.size):
        row, weight = tables[r, start:start + total.size], weights[r]
        for i in range(total.size):
            total[i] += weight * row[i]


@numba.njit(cache=True)
def table(angle, out):
    """out = exp(−iθ)."""
    cosines, sines = np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, angle.size, _BLOCK):
        block = out[start:start + _BLOCK]
        _cosines_sines(angle[start:start + _BLOCK], cosines, sines)
        for i in range(block.size):
            block[i] = complex(cosines[i], -sines[i])


@numba.njit(cache=True)
def turn(phi, angle):
    """φ ← φ exp(−iθ)."""
    cosines, sines = np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, angle.size, _BLOCK):
        _cosines_sines(angle[start:start + _BLOCK], cosines, sines)
        _multiply(phi[start:start + _BLOCK], cosines, sines)


@numba.njit(cache=True)
def turn_by_form(phi, tables, numbers, linear, square):
    """φ ← φ exp(−iθ), θ = linear·Σ_r n_r g_r + square·Σ_{r≤s} n_r n_s g_rs; tables (R + R(R+1)/2, n), or (R, n)."""
    weights = np.empty(len(tables))
    count = numbers.size
    for r in range(numbers.size):
        weights[r] = linear * numbers[r]
    for r in range(numbers.size):
        for s in range(r, numbers.size):
            if count < weights.size:
                weights[count] = square * numbers[r] * numbers[s]
                count += 1
    angle, cosines, sines = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    for start in range(0, phi.size, _BLOCK):
        block = phi[start:start + _BLOCK]
        _weighted(tables, weights, start, angle[:block.size])
        _cosines_sines(angle[:block.size], cosines, sines)
        _multiply(block, cosines, sines)


@numba.njit(fastmath=_CONTRACT, cache=True)
def turn_outer(phi, lead, last):
    """φ_mij ← φ_mij u_i v_j."""
    for m in range(phi.shape[0]):
        for i in range(phi.shape[1]):
            factor, row = lead[i], phi[m, i]
            for j in range(row.size):
                row[j] *= factor * last[j]
