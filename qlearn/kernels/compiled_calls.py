"""A splitting on a small grid in one compiled loop that calls the transforms of other packages.

Those are functions of Python, called by their address with a tuple of arguments made before: what Python does between two
calls takes longer than a transform of a few hundred points. The interpreter is held all the while (numba lets go of it only
where it is told to), and an exception in a call is handed on. See qlearn.methods.called.
"""

import math
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as of_numba

from qlearn.kernels.compiled_exponentials import put_row
from qlearn.kernels.vectors import floats

__all__ = ["run"]

intrinsic: Any = of_numba  # its functions take one argument less than they are written with
_OBJECT = ir.IntType(8).as_pointer()


@intrinsic
def _call(typing: Any, function: Any, arguments: Any) -> Any:
    """function(*arguments), both by their addresses; what it returns is let go."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        call = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_OBJECT, [_OBJECT] * 3), "PyObject_Call")
        given = [builder.inttoptr(arg, _OBJECT) for arg in args]
        result = builder.call(call, [*given, ir.Constant(_OBJECT, None)])
        with cgutils.if_unlikely(builder, cgutils.is_null(builder, result)):
            context.call_conv.return_exc(builder)
        context.get_python_api(builder).decref(result)
        return context.get_dummy_value()
    return types.none(types.intp, types.intp), generate


@numba.njit(cache=True)
def _multiply(phi, tables, row):
    for member in range(phi.shape[0]):
        for i in range(phi.shape[1]):
            phi[member, i] *= tables[row, i]


@numba.njit(cache=True)
def _drive(factors, tables, damping, weights, kick):
    """Into the row of factors (1, n), n ≥ LANES: exp(−i Σ_r w_r g_r), times exp(Σ_r w_r d_r) where there is damping."""
    put_row(tables, weights, kick, floats(factors.view(np.float64), 0))
    if damping.size > 0:
        for i in range(tables.shape[1]):
            exponent = 0.0
            for r in range(tables.shape[0]):
                exponent += weights[kick, r] * damping[r, i]
            factors[0, i] *= math.exp(exponent)


@numba.njit(cache=True)
def _look(phi, places, seen, kind):
    """Into seen (members, 2) the larger of what is there and Σ|φ|² at the places."""
    for member in range(phi.shape[0]):
        total = 0.0
        for i in places:
            total += phi[member, i].real ** 2 + phi[member, i].imag ** 2
        seen[member, kind] = max(seen[member, kind], total)


@numba.njit(cache=True)
def run(phi, forward, ahead, backward, back, drifts, which, kicks, order, tables, damping, weights, count, points, modes, seen):
    """``count`` steps on φ (members, n), which the calls overwrite with its modes and back.

    drifts (D, n) : factors, with 1/N in them.   which (stages,) : the drift of each stage.   kicks (K, n) : factors.
    order (stages + 2,) : the kick before all steps, behind each stage, the last of a step and the first of the next being one,
    and behind the last.   weights (1 + count·stages, R) : of exp(−i Σ_r w_r g_r) for each kick in turn, tables (R, n), damping
    the same for exp(Σ_r w_r d_r), or empty; kicks is room for one of them. Where weights is empty, ``order`` counts.
    points, modes : indices where Σ|φ|² is looked at behind a step, and Σ|φ_k|² in its first stage; see Lookout.
    """
    pairs = which.size
    last = count * pairs
    for kick in range(last + 1):
        stage = (kick - 1) % pairs
        if kick > 0:
            _call(forward, ahead)
            if stage == 0 and modes.size > 0:
                _look(phi, modes, seen, 1)
            _multiply(phi, drifts, which[stage])
            _call(backward, back)
        if weights.size > 0:
            _drive(kicks, tables, damping, weights, kick)
            _multiply(phi, kicks, 0)
        else:
            _multiply(phi, kicks, order[0 if kick == 0 else stage + 1 if kick < last else pairs + 1])
        if kick > 0 and stage == pairs - 1 and points.size > 0:
            _look(phi, points, seen, 0)
