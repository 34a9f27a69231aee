"""Eight numbers at once: a type of numba's whose values are vectors of the processor.

numba turns loops into vector code where it can prove that no two arrays overlap; a transform in place defeats the proof. Here
the vectors are written out. ``written`` makes a function that compiled code can call of one that writes instructions: it is
called while numba compiles, with a ``Vector`` for a vector, a ``Place`` for an array or a pointer, an int for a number known by
then and an index for any other. Processors with shorter vectors take two or four instructions for one.
"""

import operator
from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models, register_default
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic as of_numba

__all__ = ["LANES", "LARGEST_RADIX", "Place", "Vector", "aligned", "columns_of", "floats", "floor", "lanes", "load", "repeated",
           "spread", "store", "total", "transposed", "whole", "wholes", "written"]

LANES = 8
LARGEST_RADIX = 8 if binding.get_host_cpu_features().get("avx512f") else 5  # its numbers stay in the registers
intrinsic: Any = of_numba  # its functions take one argument less than they are written with
_VECTOR, _WHOLE, _LANE = ir.VectorType(ir.DoubleType(), LANES), ir.IntType(64), ir.IntType(32)
_FLAGS = ("contract",)  # a product and a sum may become one instruction; nothing is reordered


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"lanes({LANES})")


lanes = _Lanes()


@register_default(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _VECTOR)


class Vector:
    """A vector while its instructions are written."""

    def __init__(self, builder: Any, value: Any):
        self.builder, self.value = builder, value

    def __add__(self, other: "Vector | float") -> "Vector":
        return Vector(self.builder, self.builder.fadd(self.value, _value(other), flags=_FLAGS))

    def __sub__(self, other: "Vector | float") -> "Vector":
        return Vector(self.builder, self.builder.fsub(self.value, _value(other), flags=_FLAGS))

    def __mul__(self, other: "Vector | float") -> "Vector":
        return Vector(self.builder, self.builder.fmul(self.value, _value(other), flags=_FLAGS))

    def __neg__(self) -> "Vector":
        return Vector(self.builder, self.builder.fneg(self.value))

    def mixed(self, other: "Vector", lanes: list[int]) -> "Vector":
        """The lanes of these numbers; those of ``other`` follow upon this one's."""
        mask = ir.Constant(ir.VectorType(_LANE, LANES), lanes)
        return Vector(self.builder, self.builder.shuffle_vector(self.value, other.value, mask))


def _value(number: Vector | float) -> Any:
    return number.value if isinstance(number, Vector) else ir.Constant(_VECTOR, [number] * LANES)


def columns_of(rows: list[Vector]) -> list[Vector]:
    """Of the matrix with these eight rows."""
    for distance in (1, 2, 4):  # exchange the off-diagonal blocks of this size
        lower = [lane if not lane & distance else lane - distance + LANES for lane in range(LANES)]
        upper = [lane + distance if not lane & distance else lane + LANES for lane in range(LANES)]
        rows = [rows[i ^ distance].mixed(rows[i], upper) if i & distance else rows[i].mixed(rows[i ^ distance], lower)
                for i in range(LANES)]
    return rows


class Place:
    """Where an array of floats begins, while instructions are written."""

    def __init__(self, builder: Any, pointer: Any):
        self.builder, self.pointer = builder, pointer

    def load(self, index: Any) -> Vector:
        return Vector(self.builder, self.builder.load(self._vector(index), align=8))

    def store(self, index: Any, vector: Vector) -> None:
        self.builder.store(vector.value, self._vector(index), align=8)

    def repeated(self, index: Any) -> Vector:
        """The number there in all lanes."""
        return _spread(self.builder, self.builder.load(self.after(index).pointer))

    def after(self, index: Any) -> "Place":
        index = ir.Constant(_WHOLE, index) if isinstance(index, int) else index
        return Place(self.builder, self.builder.gep(self.pointer, [index]))

    def _vector(self, index: Any) -> Any:
        return self.builder.bitcast(self.after(index).pointer, _VECTOR.as_pointer())


def _spread(builder: Any, number: Any) -> Vector:
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(_LANE, 0))
    return Vector(builder, one).mixed(Vector(builder, one), [0] * LANES)


def written(result: Any = types.void) -> Callable[[Callable[..., Any]], Any]:
    """For compiled code, what a function of (builder, …) writes."""
    def decorate(write: Callable[..., Any]) -> Any:
        @wraps(write)
        def typed(typing: Any, *kinds: Any) -> Any:
            def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
                found = write(builder, *(_meant(context, builder, *each) for each in zip(sig.args, args, strict=True)))
                if isinstance(found, list):
                    return context.make_tuple(builder, result, [vector.value for vector in found])
                return context.get_dummy_value() if result is types.void else getattr(found, "value", found)
            packed = all(kind.layout == "C" for kind in kinds if isinstance(kind, types.Array))
            return (result(*kinds), generate) if packed else None
        return intrinsic(prefer_literal=True)(typed)
    return decorate


def _meant(context: Any, builder: Any, kind: Any, arg: Any) -> Any:
    if isinstance(kind, types.Array):
        return Place(builder, context.make_array(kind)(context, builder, arg).data)
    if isinstance(kind, types.CPointer):
        return Place(builder, arg)
    if isinstance(kind, _Lanes):
        return Vector(builder, arg)
    if isinstance(kind, types.UniTuple):
        return [Vector(builder, builder.extract_value(arg, i)) for i in range(kind.count)]
    if isinstance(kind, types.Float):
        return _spread(builder, arg)
    return kind.literal_value if isinstance(kind, types.IntegerLiteral) else context.cast(builder, arg, kind, types.intp)


def _binary(symbol: Any) -> None:
    @infer_global(symbol)
    class _Template(ConcreteTemplate):
        cases: ClassVar[list[Any]] = [signature(lanes, lanes, lanes)]

    @lower_builtin(symbol, _Lanes, _Lanes)
    def _lowered(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return symbol(*(Vector(builder, arg) for arg in args)).value


for _symbol in (operator.add, operator.sub, operator.mul):
    _binary(_symbol)


@written(types.CPointer(types.float64))
def floats(builder: Any, array: Place, index: Any) -> Any:
    """The address of a number in a contiguous array, or from an address on; the array must live as long."""
    return array.after(index).pointer


@written(types.CPointer(types.int64))
def wholes(builder: Any, array: Place, index: Any) -> Any:
    """The same of whole numbers."""
    return array.after(index).pointer


@written(types.int64)
def whole(builder: Any, array: Place, index: Any) -> Any:
    """A whole number of an array."""
    return builder.load(array.after(index).pointer)


@written(lanes)
def load(builder: Any, array: Any, index: Any) -> Vector:
    """Eight numbers from an index on."""
    return array.load(index)


@written()
def store(builder: Any, array: Any, index: Any, vector: Vector) -> None:
    array.store(index, vector)


@written(lanes)
def spread(builder: Any, number: Any) -> Vector:
    """A number, eight times."""
    if isinstance(number, int):
        return Vector(builder, _value(float(number)))
    return number if isinstance(number, Vector) else _spread(builder, builder.sitofp(number, ir.DoubleType()))


@written(lanes)
def floor(builder: Any, vector: Vector) -> Vector:
    """Of each the largest whole number that is not above it, as a float."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR])
    rounding = cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{LANES}f64")
    return Vector(builder, builder.call(rounding, [vector.value]))


@written(lanes)
def repeated(builder: Any, array: Place, index: Any) -> Vector:
    """A number of an array, eight times."""
    return array.repeated(index)


@written(types.int64)
def aligned(builder: Any, array: Place) -> Any:
    """The first index in an array of floats from which vectors are loaded at once."""
    address = builder.ptrtoint(array.pointer, _WHOLE)
    return builder.lshr(builder.and_(builder.neg(address), _WHOLE(8 * LANES - 1)), _WHOLE(3))


@written(types.float64)
def total(builder: Any, vector: Vector) -> Any:
    """The sum of the eight."""
    for distance in (4, 2, 1):
        vector = vector + vector.mixed(vector, [lane ^ distance for lane in range(LANES)])
    return builder.extract_element(vector.value, ir.Constant(_LANE, 0))


@written(types.UniTuple(lanes, LANES))
def transposed(builder: Any, rows: list[Vector]) -> list[Vector]:
    """A tuple of eight vectors, as a tuple of eight columns."""
    return columns_of(rows)
