"""Trial functions of several coordinates: the observables of each axis, under a density that is no product.

    φ_ab = √R(x, y) u_a(x) u_b(y),     u_a = ψ_a/√R_x,     R_x = ∫R dy, …

ψ_a are the lowest states of the Witten operator of R_x alone, ψ_0 = √R_x: u_0 = 1 and φ_00 = √R, the zero mode; u_a are smooth.
The products whose rates add up to least are kept: a hundred of them do what a grid does with thousands of points. All of it is
certified afterwards on all modes of a grid twice as fine.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg import eigh, svd

from qlearn import checks
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.modes import AxisModes

__all__ = ["AxisStates", "Products", "axis_states", "chosen_products", "marginals", "mean_over_others", "orthonormalising"]

TAIL = 1e-11            # at the ends of a line u_a goes on by its tangent where √R_x < TAIL of its maximum: ψ_a is rounding there
DEPENDENT = 1e-11       # smallest eigenvalue kept of the overlaps, relative to the largest


@final
@dataclass(frozen=True, eq=False)
class AxisStates:
    """States of one axis: vectors (modes, states) and their rates (states,)."""

    modes: AxisModes
    vectors: np.ndarray
    rates: np.ndarray

    def inside(self, share: float) -> "AxisStates":
        """The states below the first that is more than ``share`` of its maximum at an end of a line."""
        psi = np.abs(self.modes.values @ self.vectors)
        reach = np.maximum(psi[1], psi[-2]) > share * psi.max(axis=0)
        count = int(np.argmax(reach)) if reach.any() else len(reach)
        if count < 2:
            checks.fail("grid", "must reach farther than the density and its first modes", f"the bounds {self.modes.start:g}, "
                        f"{self.modes.start + self.modes.length:g}", "Take wider bounds.")
        return AxisStates(self.modes, self.vectors[:, :count], self.rates[:count])


def axis_states(modes: AxisModes, score: np.ndarray, diffusion: np.ndarray) -> AxisStates:
    """The singular vectors of A = √D(∂ − ½a) of one axis, with its mean score and diffusion on the lattice of ``modes``."""
    root = np.sqrt(modes.weights * diffusion)[:, None]
    _, sigma, vectors = svd(root * (modes.slopes - 0.5 * score[:, None] * modes.values), full_matrices=False)
    return AxisStates(modes, vectors[::-1].T, sigma[::-1] ** 2)


def chosen_products(states: list[AxisStates], most: int) -> tuple[np.ndarray, ...]:
    """The index of each axis of the ``most`` products of the least sum of rates."""
    shapes = [(-1,) + (1,) * (len(states) - 1 - axis) for axis in range(len(states))]
    total = sum(f.rates.reshape(shape) for f, shape in zip(states, shapes, strict=True))
    order = np.argsort(np.ravel(total), kind="stable")[:most]
    return np.unravel_index(np.sort(order), np.shape(total))


def marginals(modes: list[AxisModes], log_density: np.ndarray) -> list[np.ndarray]:
    """ln R_μ of each axis, ln ∫R over the others, as arrays that broadcast over the lattice."""
    found = []
    for axis in range(len(modes)):
        others = tuple(other for other in range(len(modes)) if other != axis)
        top = log_density.max(axis=others, keepdims=True)
        weights = np.ones((1,) * len(modes))
        for other in others:
            weights = weights * _weights(modes, other)
        found.append(top + np.log(np.sum(weights * np.exp(log_density - top), axis=others, keepdims=True)))
    return found


@final
class Products:
    """Products on the lattice of ``modes``; ``expand`` gives them or a slope, ``project`` is the adjoint under ∫dq.

    states : of each axis, in modes of their own.     chosen : the products by the index of each axis; None for all of them.
    log_density, slopes : ln R (*lattice) and ∂ ln R (d, *lattice); None for products of the states themselves.
    lines : which axes are lines.
    Coefficients are (r, size).
    """

    def __init__(self, modes: list[AxisModes], states: list[AxisStates], chosen: tuple[np.ndarray, ...] | None,
                 log_density: np.ndarray | None = None, slopes: np.ndarray | None = None, lines: tuple[bool, ...] = ()):
        highest = [f.vectors.shape[1] if chosen is None else int(chosen[axis].max()) + 1 for axis, f in enumerate(states)]
        self.modes, self.states, self.chosen, self.counts, self.lines = modes, states, chosen, tuple(highest), lines
        self.size = int(np.prod(self.counts)) if chosen is None else len(chosen[0])
        self._tables = [tuple(table @ f.vectors[:, :n] for table in f.modes.at(m.points))
                        for m, f, n in zip(modes, states, highest, strict=True)]
        self._places: Any = (slice(None), *(() if chosen is None else chosen))
        self._fit, self._turn = None, None
        if log_density is not None and slopes is not None:
            log_density = log_density - log_density.max()
            self._fit, self._turn = np.exp(0.5 * log_density), 0.5 * slopes
            single = marginals(modes, log_density)
            for axis, (psi, slope) in enumerate(self._tables):
                mean = np.ravel(mean_over_others(modes, log_density, slopes[axis], axis))
                self._tables[axis] = _observables(modes[axis].points, psi, slope, np.ravel(single[axis]), mean, line=lines[axis])
        self._weighted = [tuple(m.weights[:, None] * t for t in tables) for m, tables in zip(modes, self._tables, strict=True)]

    @classmethod
    def all_modes(cls, grid: Grid, factor: int) -> "Products":
        """Every product of modes of a grid, on a lattice of ``factor`` times its points."""
        modes = [AxisModes(grid, axis, factor) for axis in range(grid.ndim)]
        return cls(modes, [AxisStates(m, np.eye(m.count), np.zeros(m.count)) for m in modes], None)

    def on_lattice_of(self, finer: "Products", log_density: np.ndarray, slopes: np.ndarray) -> "Products":
        """The same products on the lattice of a finer grid, with ln R and its slopes there."""
        if self._fit is None:
            return Products(finer.modes, self.states, self.chosen)
        return Products(finer.modes, self.states, self.chosen, log_density, slopes, self.lines)

    def mesh(self) -> list[np.ndarray]:
        return list(np.meshgrid(*[m.points for m in self.modes], indexing="ij"))

    def weights(self) -> np.ndarray:
        """The weights of ∫dq on the lattice."""
        total = np.ones(())
        for m in self.modes:
            total = np.multiply.outer(total, m.weights)
        return total

    def expand(self, c: np.ndarray, slope: int | None = None) -> np.ndarray:
        """The functions of coefficients c (r, size) on the lattice, or their derivative along an axis."""
        f = self._plain(c, slope)
        if self._fit is None or self._turn is None:
            return f
        if slope is not None:
            f = f + self._turn[slope] * self._plain(c, None)
        return self._fit * f

    def project(self, f: np.ndarray, slope: int | None = None) -> np.ndarray:
        """∫ f × (each product, or its derivative along an axis) dq for f (r, *lattice): (r, size)."""
        if self._fit is None or self._turn is None:
            return self._integrals(f, slope)
        f = self._fit * f
        total = self._integrals(f, slope)
        return total if slope is None else total + self._integrals(self._turn[slope] * f, None)

    def _plain(self, c: np.ndarray, slope: int | None) -> np.ndarray:
        if self.chosen is None:
            f = c.reshape(len(c), *self.counts)
        else:
            f = np.zeros((len(c), *self.counts), dtype=c.dtype)
            f[self._places] = c
        for axis, tables in enumerate(self._tables):
            f = np.moveaxis(np.tensordot(f, tables[axis == slope], axes=(axis + 1, 1)), -1, axis + 1)
        return f

    def _integrals(self, f: np.ndarray, slope: int | None) -> np.ndarray:
        for axis, tables in enumerate(self._weighted):
            f = np.moveaxis(np.tensordot(f, tables[axis == slope], axes=(axis + 1, 0)), -1, axis + 1)
        return f.reshape(len(f), -1) if self.chosen is None else f[self._places]


def _observables(q: np.ndarray, psi: np.ndarray, slope: np.ndarray, log_density: np.ndarray, score: np.ndarray, *,
                 line: bool) -> tuple[np.ndarray, np.ndarray]:
    """u = ψ/√R_x and u′ at the points q; on a line, beyond the outermost points with √R_x > TAIL, the tangent."""
    half = 0.5 * (log_density - log_density.max())
    kept = np.flatnonzero(half > np.log(TAIL)) if line else np.arange(len(half))
    inside = slice(int(kept[0]), int(kept[-1]) + 1)
    scale = np.exp(-half[inside])[:, None]
    u = psi[inside] * scale
    du = slope[inside] * scale - 0.5 * score[inside, None] * u
    before, after = q[:kept[0], None] - q[kept[0]], q[kept[-1] + 1:, None] - q[kept[-1]]
    return (np.concatenate([u[0] + before * du[0], u, u[-1] + after * du[-1]]),
            np.concatenate([du[0] + 0 * before, du, du[-1] + 0 * after]))


def _weights(modes: list[AxisModes], axis: int) -> np.ndarray:
    return modes[axis].weights.reshape([-1 if place == axis else 1 for place in range(len(modes))])


def mean_over_others(modes: list[AxisModes], log_density: np.ndarray, f: np.ndarray, axis: int) -> np.ndarray:
    """∫R f/∫R over the other axes, broadcasting over the lattice."""
    others = tuple(other for other in range(len(modes)) if other != axis)
    share = np.exp(log_density - log_density.max(axis=others, keepdims=True))
    for other in others:
        share = share * _weights(modes, other)
    return np.sum(share * f, axis=others, keepdims=True) / np.sum(share, axis=others, keepdims=True)


def orthonormalising(overlaps: np.ndarray) -> np.ndarray:
    """X with XᵀSX = 1 on the span of what is independent."""
    values, vectors = eigh(overlaps)
    kept = values > DEPENDENT * values[-1]
    return vectors[:, kept] / np.sqrt(values[kept])
