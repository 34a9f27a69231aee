"""Σ_k c_k T_k(H̃)φ for H̃ = T(k) + V(q) on a periodic grid by Chebyshev's recursion, and Lanczos' matrix, in compiled loops."""

from typing import NamedTuple, final

import numpy as np

from qlearn.kernels.stepping import LANES, Layout

__all__ = ["INSIDE", "Samples", "Series"]

AT_ONCE = 50_000_000  # points times terms: some tenths of a second, after which an interrupt is taken
INSIDE = 16           # times inside an expansion at which samples are wanted: two vectors
NO_PLACES = np.empty(0, dtype=np.int64)


class Samples(NamedTuple):
    """What is asked of the terms at a few modes and points, flat indices: Σ_k c_k(s) T_k for 16 times s, coefficients (terms, 16)
    complex."""

    coefficients: np.ndarray
    modes: np.ndarray
    points: np.ndarray


@final
class Series:
    """H̃ by its tables as they lie (see Layout.modes and Layout.points): T over the number of points, and V."""

    def __init__(self, layout: Layout, kinetic: np.ndarray, potential: np.ndarray):
        from qlearn.kernels import compiled_series, compiled_stepping

        self.layout, self._loops, self._ways = layout, compiled_series, compiled_stepping
        self._parts = (layout.line, layout.numbers, layout.axes, layout.passes, layout.twiddles, layout.roots, kinetic, potential)

    def summed(self, start: list[np.ndarray], coefficients: np.ndarray, masks: tuple[np.ndarray, np.ndarray], every: int,
               samples: Samples | None) -> tuple[list[np.ndarray], np.ndarray, list[np.ndarray]]:
        """Of φ (…, *shape), which is taken out of [φ] and left alone, with coefficients (times, terms) complex: a state for each
        of the times; the largest Σ mask |T_k|² and Σ mask |modes of T_k|² of every ``every``-th term, (members, 2); the samples
        of the modes and of the points, (16, members, places) each, or none."""
        shape, rows = start[0].shape, list(start.pop().reshape(-1, self.layout.rows * self.layout.columns))
        members, size = len(rows), rows[0].size
        inside, places, orders = self._asked(samples)
        found = [np.empty((INSIDE, members, place.size), dtype=complex) for place in places if samples is not None]
        weights = np.ascontiguousarray(np.stack([coefficients.T.real, coefficients.T.imag], axis=-1))
        seen, states = np.zeros((members, 2)), list[np.ndarray]()
        for member in range(members):
            sums, taken = self._of_next(rows, weights, masks, every, seen[member], inside, places)
            states = states or [np.empty((members, size), dtype=complex) for _ in sums]
            for state, (re, im) in zip(states, sums, strict=True):
                self._ways.leave(state[member], re, im, self.layout.numbers, 1.0)
            for sample, order, numbers in zip(found, orders, taken, strict=False):
                sample[:, member, order] = numbers[:, :INSIDE].T + 1j * numbers[:, INSIDE:].T
        return [state.reshape(shape) for state in states], seen, found

    def tridiagonal(self, phi: np.ndarray, count: int, least: float) -> tuple[np.ndarray, np.ndarray]:
        """The diagonal of Lanczos' matrix of φ (…, *shape), of norm Σ|φ|² = 1 or 0, and what stands beside it, with the β behind
        the last: (members, count) each. A β of ``least`` of its neighbours ends the recursion: zeros behind it."""
        rows = phi.reshape(-1, self.layout.rows * self.layout.columns)
        found = np.zeros((2, len(rows), count))
        for row, diagonal, beside in zip(rows, *found, strict=True):
            self._loops.tridiagonal(self._entered(row), *self._parts, least, diagonal, beside)
        return found[0], found[1]

    def _of_next(self, rows: list[np.ndarray], weights: np.ndarray, masks: tuple[np.ndarray, np.ndarray], every: int,
                 seen: np.ndarray, inside: np.ndarray, places: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """The sums (times, 2, size) of the first of the rows, which is taken out and let go of, and its samples."""
        terms, times, _ = weights.shape
        each, room = max(1, AT_ONCE // rows[0].size), self._entered(rows.pop(0))
        sums, taken = np.zeros((times, 2, self.layout.size)), [np.zeros((place.size, 2 * INSIDE)) for place in places]
        for begin in range(0, terms, each):
            self._loops.series(room, begin, min(begin + each, terms), terms, *self._parts, weights, sums, *masks, every, seen,
                               inside, places[0], taken[0], places[1], taken[1])
        return sums, taken

    def _entered(self, row: np.ndarray) -> np.ndarray:
        """Room for the loops, with a state at its beginning."""
        size = self.layout.size
        room = np.zeros(6 * size + 2 * LANES**2 * self.layout.blocks)
        self._ways.enter(row, room[:size], room[size:2 * size], self.layout.numbers)
        return room

    def _asked(self, samples: Samples | None) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
        """What the loop reads: coefficients, real and imaginary parts side by side; of modes and points the places as they lie,
        in their order; and which of the samples each is."""
        if samples is None:
            return np.empty((0, 2 * INSIDE)), [NO_PLACES] * 2, []
        places = [self.layout.places_of_modes(samples.modes), self.layout.places_of_points(samples.points)]
        orders = [np.argsort(place) for place in places]
        inside = np.concatenate([samples.coefficients.real, samples.coefficients.imag], axis=1)
        return np.ascontiguousarray(inside), [p[o] for p, o in zip(places, orders, strict=True)], orders
