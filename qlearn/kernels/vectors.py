"""Eight numbers at once: a type of numba's whose values are vectors of the processor.

numba turns loops into vector code where it can prove that no two arrays overlap; a transform in place defeats the proof. Here
the vectors are written out: ``load`` and ``store`` move eight neighbours of a float array, + − × act on all eight, ``spread``
repeats a number, and ``transposed`` turns eight vectors, as rows of a matrix, into its columns. Processors with shorter vectors
take two or four instructions for one.
"""

import operator
from typing import Any, ClassVar

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic as of_numba

__all__ = ["LANES", "fetch", "floor", "load", "pick", "spread", "store", "store_whole", "transposed"]

LANES = 8
intrinsic: Any = of_numba  # its functions take one argument less than they are written with
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_FLAGS = ("contract",)  # a product and a sum may become one instruction; nothing is reordered


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"lanes({LANES})")


_lanes = _Lanes()


@register_default(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _VECTOR)


def _binary(symbol: Any, instruction: str) -> None:
    @infer_global(symbol)
    class _Template(ConcreteTemplate):
        cases: ClassVar[list[Any]] = [signature(_lanes, _lanes, _lanes)]

    @lower_builtin(symbol, _Lanes, _Lanes)
    def _lowered(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args, flags=_FLAGS)


for _symbol, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _binary(_symbol, _instruction)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """The eight numbers of a contiguous float array from an index on."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        index = context.cast(builder, args[1], sig.args[1], types.intp)
        return builder.load(_address(context, builder, sig.args[0], args[0], index), align=8)
    return (_lanes(array, index), generate) if array.layout == "C" else None


@intrinsic
def store(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Eight numbers into a contiguous float array from an index on."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        index = context.cast(builder, args[1], sig.args[1], types.intp)
        builder.store(args[2], _address(context, builder, sig.args[0], args[0], index), align=8)
        return context.get_dummy_value()
    return (types.void(array, index, value), generate) if array.layout == "C" else None


def _whole_address(context: Any, builder: Any, array_type: Any, array: Any, index: Any, kind: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


@intrinsic
def store_whole(typing: Any, array: Any, index: Any, value: Any) -> Any:
    """Eight whole numbers into a contiguous float array from an index on, as integers: for ``fetch``."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        index, kind = context.cast(builder, args[1], sig.args[1], types.intp), ir.VectorType(ir.IntType(64), LANES)
        builder.store(builder.fptosi(args[2], kind), _whole_address(context, builder, sig.args[0], args[0], index, kind), align=8)
        return context.get_dummy_value()
    return (types.void(array, index, value), generate) if array.layout == "C" else None


@intrinsic
def fetch(typing: Any, array: Any, offset: Any, places: Any, index: Any) -> Any:
    """A tuple of eight vectors of a contiguous float array, from offset + i on for the eight integers i that ``store_whole`` has
    put into ``places`` at an index."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        offset, index = (context.cast(builder, args[i], sig.args[i], types.intp) for i in (1, 3))
        first = _whole_address(context, builder, sig.args[2], args[2], index, ir.IntType(64))
        rows = []
        for lane in range(LANES):
            place = builder.load(builder.gep(first, [ir.Constant(ir.IntType(64), lane)]))
            rows.append(builder.load(_address(context, builder, sig.args[0], args[0], builder.add(offset, place)), align=8))
        return context.make_tuple(builder, sig.return_type, rows)
    fits = array.layout == places.layout == "C"
    return (types.UniTuple(_lanes, LANES)(array, offset, places, index), generate) if fits else None


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """A number, eight times."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        number = context.cast(builder, args[0], sig.args[0], types.float64)
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined),
                                      ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))
    return _lanes(number), generate


@intrinsic
def floor(typing: Any, value: Any) -> Any:
    """Of each the largest whole number that is not above it, as a float."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{LANES}f64"), args)
    return _lanes(value), generate


@intrinsic
def pick(typing: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    """Of each x where a < b, else y."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        a, b, x, y = args
        return builder.select(builder.fcmp_ordered("<", a, b), x, y)
    return _lanes(a, b, x, y), generate


@intrinsic
def transposed(typing: Any, rows: Any) -> Any:
    """A tuple of eight vectors, as a tuple of eight columns."""
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        rows = [builder.extract_value(args[0], i) for i in range(LANES)]
        distance = 1
        while distance < LANES:  # exchange the off-diagonal blocks of this size
            rows = _exchanged(builder, rows, distance)
            distance *= 2
        return context.make_tuple(builder, sig.return_type, rows)
    return rows(rows), generate


def _exchanged(builder: Any, rows: list[Any], distance: int) -> list[Any]:
    new = list(rows)
    lower = [i if not i & distance else i - distance + LANES for i in range(LANES)]
    upper = [i + distance if not i & distance else i + LANES for i in range(LANES)]
    for i in range(LANES):
        if not i & distance:
            a, b = rows[i], rows[i + distance]
            new[i], new[i + distance] = (builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), LANES), mask))
                                         for mask in (lower, upper))
    return new
