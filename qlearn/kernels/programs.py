"""Formulas as short programs for arrays: a list of whitelisted operations on registers, run tile by tile.

No text is evaluated and nothing is compiled anew for a formula: one loop, compiled once and kept, reads the list and makes each
operation for a tile of 256 learners, so that reading costs nothing and each operation is vector code.  NumPy runs the same
list on whole arrays; both give the same bits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import final

import numpy as np

from qlearn.kernels.elementary import exponential, logarithm, sines, turned

__all__ = ["Operation", "Program", "run_plain"]


class Operation(IntEnum):
    """target ← …, of registers a and b and the constants c_k, c_k+1, …; the numbers are part of compiled code."""

    FILL = 0            # c_k
    ADD = 1             # a + b
    MULTIPLY = 2        # a b
    DIVIDE = 3          # a / b
    ADD_CONSTANT = 4    # a + c_k
    SCALE = 5           # a c_k
    STEP = 6            # a b + c_k                 (Horner's step)
    CUBIC = 7           # ((c_k+3 a + c_k+2) a + c_k+1) a + c_k
    ROOT = 8            # √a
    MAGNITUDE = 9       # |a|
    COSINE = 10
    SINE = 11
    EXPONENTIAL = 12
    LOGARITHM = 13
    COSINE_SINE = 14    # cos a, and sin a in register b
    ODD_QUINTIC = 15    # ((c_k+2 z + c_k+1) z + c_k) a, z = a²
    TURN = 16           # (c_k+4 s + c_k+3 c + c_k+1) s + (c_k+2 c + c_k), c = cos a, s = sin a
    SINES = 17          # A sin a + B sin a cos a, the 12 constants as elementary.sines_constants makes them of A and B


@final
@dataclass(frozen=True, eq=False)
class Program:
    """Rows (operation, target, a, b, k) of ``code``; the first ``inputs`` registers hold the arguments.

    A target is never one of its operands: loops over tiles are then free of overlaps.

    >>> square = Program(np.array([[Operation.MULTIPLY, 1, 0, 0, 0]]), np.zeros(1), 1, 2, (1,))
    >>> run_plain(square, np.array([[1.0, 3.0]])).tolist()
    [[1.0, 9.0]]
    """

    code: np.ndarray
    constants: np.ndarray
    inputs: int
    registers: int
    outputs: tuple[int, ...]

    def __post_init__(self):
        for operation, target, a, b, _ in self.code.tolist():
            assert target not in (a, b) or operation == Operation.FILL
            assert max(target, a, b) < self.registers


def run_plain(program: Program, q: np.ndarray) -> np.ndarray:
    """The outputs (len(outputs), n) for q (inputs, n), by NumPy; NaN and infinities where the formula has none."""
    registers: list[np.ndarray] = [*q, *([np.empty(0)] * (program.registers - len(q)))]
    with np.errstate(all="ignore"):
        for row in program.code.tolist():
            _perform(registers, program.constants, row)
    return np.stack([registers[output] for output in program.outputs])


def _perform(registers: list[np.ndarray], constants: np.ndarray, row: Sequence[int]) -> None:
    operation, target, first, second, k = row
    a, b, c = registers[first], registers[second], constants[k]
    if operation == Operation.FILL:
        value = np.full(registers[0].shape, c)
    elif operation == Operation.ADD:
        value = a + b
    elif operation == Operation.MULTIPLY:
        value = a * b
    elif operation == Operation.DIVIDE:
        value = a / b
    elif operation == Operation.ADD_CONSTANT:
        value = a + c
    elif operation == Operation.SCALE:
        value = a * c
    elif operation == Operation.STEP:
        value = a * b + c
    elif operation == Operation.CUBIC:
        value = ((constants[k + 3] * a + constants[k + 2]) * a + constants[k + 1]) * a + c
    elif operation == Operation.ODD_QUINTIC:
        value = ((constants[k + 2] * (a * a) + constants[k + 1]) * (a * a) + c) * a
    elif operation == Operation.TURN:
        cosine, sine = turned(a)
        value = (constants[k + 4] * sine + constants[k + 3] * cosine + constants[k + 1]) * sine + (constants[k + 2] * cosine + c)
    elif operation == Operation.SINES:
        value = sines(a, *constants[k:k + 12])
    elif operation == Operation.ROOT:
        value = np.sqrt(a)
    elif operation == Operation.MAGNITUDE:
        value = np.abs(a)
    elif operation == Operation.EXPONENTIAL:
        value = exponential(a)
    elif operation == Operation.LOGARITHM:
        value = logarithm(a)
    else:
        cosine, sine = turned(a)
        value = sine if operation == Operation.SINE else cosine
        if operation == Operation.COSINE_SINE:
            registers[second] = sine
    registers[target] = value
