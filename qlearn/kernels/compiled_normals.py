"""Compiled normal deviates: the source of qlearn.kernels.normals, one learner at a time in loops that become vector code.

No fast-math flag is set: a contracted product would change bits.  ``error_model="numpy"`` keeps the division free of a branch.
The lock is released, so that threads scale.
"""

import hashlib
from pathlib import Path
from types import ModuleType

import numba
import numpy as np
from numba import types
from numba.extending import intrinsic

from qlearn.kernels import normals

__all__ = ["bits", "digest_of", "fill", "logarithm", "number", "tile"]

_HALF = normals.HALF
_HIGH, _WORD = np.uint64(32), np.uint64(0xFFFFFFFF)


def digest_of(*modules: ModuleType) -> int:
    """A number for the sources of these modules and of this one.

    Numba keeps compiled code by the time of one file and does not see that code inlined from another has changed; it does see
    the variables that a function closes over, and this number is one of them.
    """
    total = hashlib.sha256()
    for path in (__file__, *(module.__file__ for module in (normals, *modules))):
        total.update(Path(str(path)).read_bytes())
    return int.from_bytes(total.digest()[:6], "big")


def _cast(target: types.Type):
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], context.get_value_type(target))
    return generate


@intrinsic
def bits(typing_context, x):
    """The bits of a double, uint64."""
    return types.uint64(types.float64), _cast(types.uint64)


@intrinsic
def number(typing_context, x):
    """The double of these bits."""
    return types.float64(types.uint64), _cast(types.float64)


_inline = numba.njit(inline="always", error_model="numpy")
one_round = _inline(normals.one_round)
_rounds = _inline(normals.rounds_of(one_round))
cosine_sine = _inline(normals.cosine_sine)
log_of_parts = _inline(normals.log_of_parts)
logarithm = _inline(normals.logarithm_of(bits, number, log_of_parts))
_box_muller = _inline(normals.box_muller_of(bits, number, logarithm, cosine_sine))


@numba.njit(error_model="numpy", nogil=True)
def tile(first, second, pair, axis, step, k0, k1):
    """The two halves of a tile, from the pair of its first learner on."""
    low, high = step & _WORD, step >> _HIGH
    for j in range(_HALF):
        a, b, c, d = _rounds((pair + np.uint64(j)) & _WORD, axis, low, high, k0, k1)
        first[j], second[j] = _box_muller(a, b, c, d)


def _fill(digest):
    @numba.njit(error_model="numpy", nogil=True, cache=True)
    def fill(out, pair, axis, step, k0, k1):
        """``out`` (a multiple of a tile)."""
        for start in range(digest & 0, out.size, 2 * _HALF):
            tile(out[start:start + _HALF], out[start + _HALF:start + 2 * _HALF], pair + np.uint64(start // 2), axis, step, k0, k1)
    return fill


fill = _fill(digest_of())
