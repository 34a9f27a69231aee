"""The compiled twin of qlearn.kernels.programs: operations on tiles. One straight loop an operation; no fast-math flag."""

import numba
import numpy as np

from qlearn.kernels import elementary
from qlearn.kernels.compiled_normals import bits, cosine_sine, logarithm, number
from qlearn.kernels.normals import TILE

__all__ = ["run_tile"]

_inline = numba.njit(inline="always", error_model="numpy")
_turned = _inline(elementary.cosine_sine_of(bits, number, cosine_sine))
_exponential = _inline(elementary.exponential_of(bits, number))
_logarithm = _inline(elementary.full_logarithm_of(logarithm))
_sines = _inline(elementary.sines)

_loop = numba.njit(error_model="numpy", nogil=True)


@_loop
def run_tile(code, constants, registers):
    """Perform the rows of ``code`` on registers (R, TILE).  Rows are passed by number: views would cost more than a loop."""
    for row in range(len(code)):
        operation, out, a, b, k = code[row, 0], code[row, 1], code[row, 2], code[row, 3], code[row, 4]
        if operation < 8:
            _arithmetic(operation, registers, out, a, b, constants, k)
        elif operation > 14:
            _form(operation, registers, out, a, constants, k)
        else:
            _function(operation, registers, out, a, b)


@_loop
def _arithmetic(operation, r, out, a, b, constants, k):
    c = constants[k]
    if operation == 0:
        _fill(r, out, c)
    elif operation == 1:
        _add(r, out, a, b)
    elif operation == 2:
        _multiply(r, out, a, b)
    elif operation == 3:
        _divide(r, out, a, b)
    elif operation == 4:
        _add_constant(r, out, a, c)
    elif operation == 5:
        _scale(r, out, a, c)
    elif operation == 6:
        _step(r, out, a, b, c)
    else:
        _cubic(r, out, a, c, constants[k + 1], constants[k + 2], constants[k + 3])


@_loop
def _form(operation, r, out, a, constants, k):
    c0, c1, c2 = constants[k], constants[k + 1], constants[k + 2]
    if operation == 15:
        _odd_quintic(r, out, a, c0, c1, c2)
    elif operation == 16:
        _turn(r, out, a, c0, c1, c2, constants[k + 3], constants[k + 4])
    else:
        _sine_sums(r, out, a, c0, c1, c2, constants[k + 3], constants[k + 4], constants[k + 5], constants[k + 6],
                   constants[k + 7], constants[k + 8], constants[k + 9], constants[k + 10], constants[k + 11])


@_loop
def _function(operation, r, out, a, b):
    if operation == 8:
        _root(r, out, a)
    elif operation == 9:
        _magnitude(r, out, a)
    elif operation == 10:
        _cosine(r, out, a)
    elif operation == 11:
        _sine(r, out, a)
    elif operation == 12:
        _exponentials(r, out, a)
    elif operation == 13:
        _logarithms(r, out, a)
    else:
        _cosine_sine(r, out, b, a)


@_loop
def _fill(r, out, c):
    for j in range(TILE):
        r[out, j] = c


@_loop
def _add(r, out, a, b):
    for j in range(TILE):
        r[out, j] = r[a, j] + r[b, j]


@_loop
def _multiply(r, out, a, b):
    for j in range(TILE):
        r[out, j] = r[a, j] * r[b, j]


@_loop
def _divide(r, out, a, b):
    for j in range(TILE):
        r[out, j] = r[a, j] / r[b, j]


@_loop
def _add_constant(r, out, a, c):
    for j in range(TILE):
        r[out, j] = r[a, j] + c


@_loop
def _scale(r, out, a, c):
    for j in range(TILE):
        r[out, j] = r[a, j] * c


@_loop
def _step(r, out, a, b, c):
    for j in range(TILE):
        r[out, j] = r[a, j] * r[b, j] + c


@_loop
def _cubic(r, out, a, c0, c1, c2, c3):
    for j in range(TILE):
        r[out, j] = ((c3 * r[a, j] + c2) * r[a, j] + c1) * r[a, j] + c0


@_loop
def _root(r, out, a):
    for j in range(TILE):
        r[out, j] = np.sqrt(r[a, j])


@_loop
def _magnitude(r, out, a):
    for j in range(TILE):
        r[out, j] = np.abs(r[a, j])


@_loop
def _cosine(r, out, a):
    for j in range(TILE):
        r[out, j], _ = _turned(r[a, j])


@_loop
def _sine(r, out, a):
    for j in range(TILE):
        _, r[out, j] = _turned(r[a, j])


@_loop
def _exponentials(r, out, a):
    for j in range(TILE):
        r[out, j] = _exponential(r[a, j])


@_loop
def _logarithms(r, out, a):
    for j in range(TILE):
        r[out, j] = _logarithm(r[a, j])


@_loop
def _cosine_sine(r, out, second, a):
    for j in range(TILE):
        r[out, j], r[second, j] = _turned(r[a, j])


@_loop
def _odd_quintic(r, out, a, c0, c1, c2):
    for j in range(TILE):
        z = r[a, j] * r[a, j]
        r[out, j] = ((c2 * z + c1) * z + c0) * r[a, j]


@_loop
def _turn(r, out, a, c0, c1, c2, c3, c4):
    for j in range(TILE):
        cosine, sine = _turned(r[a, j])
        r[out, j] = (c4 * sine + c3 * cosine + c1) * sine + (c2 * cosine + c0)


@_loop
def _sine_sums(r, out, a, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11):
    for j in range(TILE):
        r[out, j] = _sines(r[a, j], c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11)
