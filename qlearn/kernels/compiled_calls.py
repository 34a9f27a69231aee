"""A splitting on a small grid in one compiled loop that calls the transforms of other packages.

Those are functions of Python, called by their address with a tuple of arguments made before: what Python does between two
calls takes longer than a transform of a few hundred points. The interpreter is held all the while (numba lets go of it only
where it is told to), and an exception in a call is handed on. See qlearn.methods.called.
"""

from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as of_numba

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
def _look(phi, places, seen, kind):
    """Into seen (members, 2) the larger of what is there and Σ|φ|² at the places."""
    for member in range(phi.shape[0]):
        total = 0.0
        for i in places:
            total += phi[member, i].real ** 2 + phi[member, i].imag ** 2
        seen[member, kind] = max(seen[member, kind], total)


@numba.njit(cache=True)
def run(phi, forward, ahead, backward, back, drifts, which, stage, kicks, order, first, count, points, modes, seen):
    """``count`` stages of a drift and a kick on φ (members, n), which the calls overwrite with its modes and back.

    drifts (D, n), kicks (K, n) : factors; 1/N is in the drifts.   which (stages of a step,) : the drift of each, from ``stage``
    on in turn.   order : the kick before the first stage, behind each of a step, and behind the very last; where it is empty,
    kicks come in turn.   first : whether there is a kick before the first stage.
    points, modes : indices where Σ|φ|² is looked at behind a step, and Σ|φ_k|² in its first stage; see Lookout.
    """
    kick, pairs = 0, which.size
    if first:
        _multiply(phi, kicks, order[0] if order.size > 0 else 0)
        kick = 1
    for left in range(count, 0, -1):
        _call(forward, ahead)
        if stage == 0 and modes.size > 0:
            _look(phi, modes, seen, 1)
        _multiply(phi, drifts, which[stage])
        _call(backward, back)
        stage += 1
        _multiply(phi, kicks, order[stage if left > 1 else pairs + 1] if order.size > 0 else kick)
        kick += 1
        if stage == pairs:
            stage = 0
            if points.size > 0:
                _look(phi, points, seen, 0)
