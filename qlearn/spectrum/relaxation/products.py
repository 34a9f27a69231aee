"""Trial functions of several coordinates: products of one function an axis, each a combination of its modes.

The functions of an axis are the lowest states of a Witten operator of that axis, the mean over the others; products whose
rates add up to least are kept. That is a contracted basis: a smooth density needs some hundred products where its grid has thousands
of points. All of it is certified afterwards on the full lattice of a grid twice as fine.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.linalg import eigh

from qlearn.grids import Grid
from qlearn.spectrum.relaxation.modes import AxisModes

__all__ = ["AxisFunctions", "Products", "axis_functions", "chosen_products"]


@final
@dataclass(frozen=True, eq=False)
class AxisFunctions:
    """Functions of one axis: vectors (modes, functions), their rates (functions,)."""

    vectors: np.ndarray
    rates: np.ndarray


def axis_functions(modes: AxisModes, score: np.ndarray, diffusion: np.ndarray) -> AxisFunctions:
    """All states of A†A, A = √D(∂ − ½a), of one axis with its mean score and diffusion on the lattice of ``modes``."""
    root = np.sqrt(modes.weights * diffusion)[:, None]
    A = root * (modes.slopes - 0.5 * score[:, None] * modes.values)
    rates, vectors = eigh(A.T @ A)
    return AxisFunctions(vectors, np.maximum(rates, 0))


def chosen_products(functions: list[AxisFunctions], most: int) -> tuple[np.ndarray, ...]:
    """The index of each axis of the ``most`` products of the least sum of rates."""
    shapes = [(-1,) + (1,) * (len(functions) - 1 - axis) for axis in range(len(functions))]
    total = sum(f.rates.reshape(shape) for f, shape in zip(functions, shapes, strict=True))
    order = np.argsort(np.ravel(total), kind="stable")[:most]
    return np.unravel_index(np.sort(order), np.shape(total))


@final
class Products:
    """Products on the lattice of ``modes``: ``expand`` gives them or a slope, ``project`` is the adjoint under ∫dq.

    chosen : the products by the index of each axis; None for all of them. Coefficients are (…, size).
    """

    def __init__(self, modes: list[AxisModes], vectors: list[np.ndarray], chosen: tuple[np.ndarray, ...] | None):
        highest = [v.shape[1] if chosen is None else int(chosen[axis].max()) + 1 for axis, v in enumerate(vectors)]
        self.modes, self.counts, self.chosen = modes, tuple(highest), chosen
        self._vectors = [v[:, :n] for v, n in zip(vectors, highest, strict=True)]
        self.size = int(np.prod(self.counts)) if chosen is None else len(chosen[0])
        self._tables = [(m.values @ v[:, :n], m.slopes @ v[:, :n]) for m, v, n in zip(modes, vectors, highest, strict=True)]
        self._weighted = [tuple(m.weights[:, None] * t for t in tables) for m, tables in zip(modes, self._tables, strict=True)]

    @classmethod
    def all_modes(cls, grid: Grid, factor: int) -> "Products":
        """Every product of modes of a grid, on a lattice of ``factor`` times its points."""
        modes = [AxisModes(grid, axis, factor) for axis in range(grid.ndim)]
        return cls(modes, [np.eye(m.count) for m in modes], None)

    def on_modes_of(self, finer: "Products", c: np.ndarray) -> np.ndarray:
        """Coefficients c (r, size) of the same functions in ``finer``, all modes of a finer grid."""
        f = self.tensor(c)
        for axis, v in enumerate(self._vectors):
            f = np.moveaxis(np.tensordot(f, v, axes=(axis + 1, 1)), -1, axis + 1)
        whole = np.zeros((len(c), *finer.counts), dtype=f.dtype)
        places = [m.places_in(n) for m, n in zip(self.modes, finer.modes, strict=True)]
        whole[np.ix_(np.arange(len(c)), *places)] = f
        return whole.reshape(len(c), -1)

    def mesh(self) -> list[np.ndarray]:
        return np.meshgrid(*[m.points for m in self.modes], indexing="ij")

    def weights(self) -> np.ndarray:
        """The weights of ∫dq on the lattice."""
        total = np.ones(())
        for m in self.modes:
            total = np.multiply.outer(total, m.weights)
        return total

    def tensor(self, c: np.ndarray) -> np.ndarray:
        """Coefficients (r, size) → (r, *counts)."""
        if self.chosen is None:
            return c.reshape(len(c), *self.counts)
        whole = np.zeros((len(c), *self.counts), dtype=c.dtype)
        whole[(slice(None), *self.chosen)] = c
        return whole

    def expand(self, c: np.ndarray, slope: int | None = None) -> np.ndarray:
        """The functions of coefficients c (r, size) on the lattice, or their derivative along an axis."""
        f = self.tensor(c)
        for axis, tables in enumerate(self._tables):
            f = np.moveaxis(np.tensordot(f, tables[axis == slope], axes=(axis + 1, 1)), -1, axis + 1)
        return f

    def project(self, f: np.ndarray, slope: int | None = None) -> np.ndarray:
        """∫ f × (each product, or its derivative along an axis) dq for f (r, *lattice): (r, size)."""
        for axis, tables in enumerate(self._weighted):
            f = np.moveaxis(np.tensordot(f, tables[axis == slope], axes=(axis + 1, 0)), -1, axis + 1)
        return f.reshape(len(f), -1) if self.chosen is None else f[(slice(None), *self.chosen)]
