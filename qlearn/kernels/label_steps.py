"""Steps of learners that are taught by labels: one random word a minibatch member, two table look-ups, one move.

    q ← q + (a(q)/B) Σ_b σ_b k(x(q) − θ_b) + v(q),      θ_b = j/N turns,  P(σ_b = 1) = p_j

The first 12 of the 64 random bits choose the example j of N = 4096, the other 52 its label.  k, and on a curved ring x, a and
v, are tables read linearly.  With numba one compiled pass, without it NumPy: the same numbers.
"""

from typing import NamedTuple

import numpy as np

from qlearn.kernels.phases import may_compile

__all__ = ["EXAMPLES", "RingTables", "label_step", "numpy_step"]

EXAMPLES = 4096         # N, a power of two: 12 bits
_BITS = 52


class RingTables(NamedTuple):
    """What a step reads.

    force : k at the N example distances, (N + 1,)        turns : N/L, examples a unit of q
    gain, shift : a/B and v of a flat ring
    rows : (M, 6) on a curved one: x in examples (its periodic part), a/B and v, each with its increment; else (0, 6)
    """

    force: np.ndarray
    turns: float
    gain: float
    shift: float
    rows: np.ndarray


def label_step(q: np.ndarray, words: np.ndarray, chance: np.ndarray, tables: RingTables, batch: int) -> None:
    """Move q (n,) in place by one step; words (n·batch,) uint64, chance (N,) the probabilities of σ = +1."""
    threshold = chance * 2.0**_BITS
    if may_compile():
        from qlearn.kernels.compiled_label_steps import step

        step(q, words, threshold, tables.force, tables.turns, tables.gain, tables.shift, tables.rows, batch)
    else:
        numpy_step(q, words, threshold, tables, batch)


def numpy_step(q: np.ndarray, words: np.ndarray, threshold: np.ndarray, tables: RingTables, batch: int) -> None:
    """The twin in plain NumPy."""
    place, gain, shift = _curved(q * tables.turns, tables.rows) if len(tables.rows) \
        else (q * tables.turns, np.full(1, tables.gain), np.full(1, tables.shift))
    example = (words >> np.uint64(_BITS)).astype(np.int64)
    positive = (words & np.uint64((1 << _BITS) - 1)).astype(float) < threshold[example]
    distance = np.repeat(place, batch) - example
    cell = np.floor(distance)
    distance -= cell
    index = cell.astype(np.int64) & (EXAMPLES - 1)
    pull = tables.force[index] + distance * (tables.force[index + 1] - tables.force[index])
    signed = np.where(positive, pull, -pull).reshape(len(q), batch)
    total = signed[:, 0].copy()
    for b in range(1, batch):
        total += signed[:, b]
    q += gain * total + shift


def _curved(place: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scaled = place * (len(rows) / EXAMPLES)
    cell = np.floor(scaled)
    scaled -= cell
    row = rows[cell.astype(np.int64) & (len(rows) - 1)]
    wave, gain, shift = (row[:, 2 * c] + scaled * row[:, 2 * c + 1] for c in range(3))
    return place + wave, gain, shift
