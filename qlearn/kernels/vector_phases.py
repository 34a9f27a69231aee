"""cos θ and sin θ of eight angles, as instructions; the method is that of qlearn.kernels.compiled."""

from typing import Any

from llvmlite import ir

from qlearn.kernels.compiled import COSINE, QUARTER, QUARTERS, SINE
from qlearn.kernels.vectors import LANES, Place, Vector, written

__all__ = ["put_exponentials", "put_phases", "turn"]

_WHOLES = ir.VectorType(ir.IntType(64), LANES)
_ROUNDING = 1.5 * 2.0**52  # added to a number it leaves the nearest whole one in the last bits


def _cosine_sine(builder: Any, x: Vector) -> tuple[Vector, Vector]:
    shifted = x * QUARTERS + _ROUNDING
    q, bits = shifted - _ROUNDING, builder.bitcast(shifted.value, _WHOLES)
    r = ((x - q * QUARTER[0]) - q * QUARTER[1]) - q * QUARTER[2]
    z = r * r
    s, c = r + r * z * _polynomial(z, SINE), -(z * 0.5 - z * z * _polynomial(z, COSINE)) + 1.0
    odd = builder.trunc(bits, ir.VectorType(ir.IntType(1), LANES))
    cosine, sine = builder.select(odd, s.value, c.value), builder.select(odd, c.value, s.value)
    return _signed(builder, cosine, builder.add(bits, _wholes(1))), _signed(builder, sine, bits)


def _polynomial(z: Vector, coefficients: tuple[float, ...]) -> Vector:
    found = z * coefficients[-1] + coefficients[-2]
    for coefficient in reversed(coefficients[:-2]):
        found = found * z + coefficient
    return found


def _signed(builder: Any, value: Any, bits: Any) -> Vector:
    """−value where the last bit but one is set."""
    sign = builder.and_(builder.shl(bits, _wholes(62)), _wholes(-2**63))
    return Vector(builder, builder.bitcast(builder.xor(builder.bitcast(value, _WHOLES), sign), value.type))


def _wholes(number: int) -> Any:
    return ir.Constant(_WHOLES, [number] * LANES)


@written()
def put_phases(builder: Any, angle: Vector, scale: Vector, re: Place, im: Place, at: Any) -> None:
    """scale·exp(−iθ)."""
    cosine, sine = _cosine_sine(builder, angle)
    re.store(at, scale * cosine)
    im.store(at, -(scale * sine))


@written()
def put_exponentials(builder: Any, angle: Vector, out: Place, at: Any) -> None:
    """exp(−iθ), real and imaginary parts in turn."""
    cosine, sine = _cosine_sine(builder, angle)
    for half in (0, LANES // 2):
        lanes = [half + lane // 2 + LANES * (lane % 2) for lane in range(LANES)]
        out.after(at).store(2 * half, cosine.mixed(-sine, lanes))


@written()
def turn(builder: Any, angle: Vector, re: Place, im: Place, at: Any) -> None:
    """(re, im) ← (re, im)·exp(−iθ)."""
    cosine, sine = _cosine_sine(builder, angle)
    a, b = re.load(at), im.load(at)
    re.store(at, a * cosine + b * sine)
    im.store(at, b * cosine - a * sine)
