"""One coordinate cut into cells with Gauss nodes: ln P_s, and the relaxation problem solved for its flux, cell by cell.

With detailed balance −Lf = −(1/P)(PDf′)′, P the stationary density. For f̂ with ∫Pf̂ = 0 the equation −Lg = f̂ is solved by

    J = −∫P f̂ dq,     g′ = J/(PD),       J = 0 at the ends of a line; on a ring ∮ J/(PD) = 0

J is summed from the nearer end, so that it is right *relative to itself* however small P is: no subtraction of large numbers.
Then  1/λ = ∫J²/(PD) / ∫Pf̂²  is an integral of a positive function, and a rate of 1e-30 comes out with the digits of a rate of 1.
"""

from functools import cached_property
from typing import final

import numpy as np

from qlearn import checks
from qlearn.grids import Grid
from qlearn.spectrum.relaxation.coefficients import Coefficients

__all__ = ["Cells", "axis_edges", "foot"]

LOWEST = 100.0          # a line is followed to where P falls to e^−100 of its outermost maxima
STEEPEST = 3.0          # |a| times the width of a cell; steeper cells are cut up
DEEPEST = 600.0         # barriers in between may reach e^−600, near the end of the range of numbers


def axis_edges(grid: Grid, axis: int) -> np.ndarray:
    """The points of an axis of a grid with its two bounds: the ends of the cells."""
    start, end = grid.bounds[axis]
    return np.linspace(start, end, grid.shape[axis] + (2 if grid.boundary[axis] == "wall" else 1))


@final
class Cells:
    """The line or ring of ``coefficients`` on cells between ``edges`` with ``order`` Gauss nodes each.

    q, log_density, diffusion, weights : (cells, order), P = exp(log_density) normalised: Σ weights P = 1.
    circulation : ∮ a dq on a ring, 0 on a line.    variation : ∫|a| dq.
    """

    edges: np.ndarray
    q: np.ndarray
    weights: np.ndarray
    score: np.ndarray
    diffusion: np.ndarray
    log_density: np.ndarray
    edge_log_density: np.ndarray
    _rise: np.ndarray
    _h: np.ndarray

    def __init__(self, coefficients: Coefficients, edges: np.ndarray, order: int):
        self.ring = coefficients.periods[0] is not None
        self.integrals, self.unit_weights, self.places = _gauss_integrals(order)
        self.coefficients = coefficients
        self._place(edges)
        parts = np.ceil(np.max(np.abs(self.score), axis=1) * self._h[:, 0] / STEEPEST).astype(int)
        if np.any(parts > 1):
            edges = _cut(edges, np.maximum(parts, 1))
            self._place(edges)
        circulation = float(self._rise[-1]) if self.ring else 0.0
        if self.ring:
            start = int(np.argmin(self._rise[:-1]))
            self._place(np.concatenate([edges[start:], edges[1:start + 1] + (edges[-1] - edges[0])]))
        else:
            self._trim(edges)
        self.circulation, self.variation = circulation, float(np.sum(self.weights * np.abs(self.score)))
        top = float(self.log_density.max())
        if self.log_density.min() < top - DEEPEST:
            checks.fail("grid", "must not reach beyond e^−600 of the largest density between two wells",
                        f"a barrier of {top - float(self.log_density.min()):.0f} T", "Raise the temperature.")
        shift = top + np.log(np.sum(self.weights * np.exp(self.log_density - top)))
        self.log_density, self.edge_log_density = self.log_density - shift, self._rise - shift

    def _place(self, edges: np.ndarray) -> None:
        self.edges, h = edges, np.diff(edges)[:, None]
        self.q, self.weights, self._h = edges[:-1, None] + h * self.places, h * self.unit_weights, h
        self.score = self.coefficients.score(self.q)[0]
        self._rise, self.log_density = self._from_left(self.score)
        self.diffusion = self.coefficients.diffusion(self.q)[0, 0]
        if not np.all(self.diffusion > 0):
            checks.fail("diffusion", "must be positive everywhere", f"{self.diffusion.min():.3g}")

    def _trim(self, edges: np.ndarray) -> None:
        """Leave out the ends of a line where P is below e^−100 of the first maximum that is met from there."""
        first, last = foot(self._rise, LOWEST), len(edges) - 1 - foot(self._rise[::-1], LOWEST)
        if (first, last) != (0, len(edges) - 1):
            self._place(edges[first:last + 1])

    def _from_left(self, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """∫f from the first edge to every edge (…, n+1) and to every node (…, n, m)."""
        total = np.sum(self.weights * f, axis=-1)
        edges = np.concatenate([np.zeros((*f.shape[:-2], 1)), np.cumsum(total, axis=-1)], axis=-1)
        return edges, edges[..., :-1, None] + self._h * (f @ self.integrals.T)

    @property
    def depth(self) -> float:
        """How far ln P falls below its maximum, on a line between its outermost maxima."""
        rise = self.edge_log_density
        first, last = (0, len(rise) - 1) if self.ring else sorted((_peak(rise), len(rise) - 1 - _peak(rise[::-1])))
        return float(rise.max() - rise[first:last + 1].min())

    @cached_property
    def density(self) -> np.ndarray:
        return np.exp(self.log_density)

    @cached_property
    def resistance(self) -> np.ndarray:
        """1/(PD) at the nodes."""
        return np.exp(-self.log_density) / self.diffusion

    def inner(self, f: np.ndarray, g: np.ndarray) -> np.ndarray:
        """∫P f_i g_j dq, (i, j)."""
        return np.einsum("inm,jnm,nm->ij", f, g, self.weights * self.density, optimize=True)

    def centred(self, f: np.ndarray) -> np.ndarray:
        """f minus its mean."""
        return f - np.einsum("inm,nm->i", f, self.weights * self.density)[:, None, None]

    def fluxes(self, f: np.ndarray) -> np.ndarray:
        """J = −∫P f dq at the nodes for centred f (r, n, m).

        The sums from both ends meet at the median; the jump that rounding leaves there is spread like P, as a mean of f would be.
        """
        (start, left), (end, right) = self._inward(self.density * f)
        below, above = self._cumulative
        jump = (start[:, self._median] + end[:, self._median])[:, None, None]
        J = np.where((np.arange(len(self.q)) < self._median)[:, None], jump * below - left, right - jump * above)
        if self.ring:
            r = self.weights * self.resistance
            J = J - (np.einsum("inm,nm->i", J, r) / np.sum(r))[:, None, None]
        return J

    def _inward(self, f: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """∫f from the first end, and to the last end: each at the edges and at the nodes."""
        edge, left = self._from_left(f)
        total = np.sum(self.weights * f, axis=-1)
        back = np.zeros((*f.shape[:-2], len(self.edges)))
        back[..., :-1] = np.cumsum(total[..., ::-1], axis=-1)[..., ::-1]
        return (edge, left), (back, back[..., 1:, None] + total[..., None] - self._h * (f @ self.integrals.T))

    @cached_property
    def _cumulative(self) -> tuple[np.ndarray, np.ndarray]:
        """The distribution function at the nodes, and 1 minus it."""
        (_, below), (_, above) = self._inward(self.density)
        return below, above

    @cached_property
    def _median(self) -> int:
        """The edge at which the sums from both ends meet."""
        return int(np.searchsorted(np.cumsum(np.sum(self.weights * self.density, axis=-1)), 0.5))

    def responses(self, J: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """g (r, n, m), centred, and g at the edges (r, n+1), of g′ = J/(PD)."""
        edge, g = self._from_peak(J * self.resistance)
        mean = np.einsum("inm,nm->i", g, self.weights * self.density)
        return g - mean[:, None, None], edge - mean[:, None]

    def _from_peak(self, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """∫f from the peak of P to every edge and node: what is added up far out, where f is large, stays there."""
        total = np.sum(self.weights * f, axis=-1)
        peak = int(np.argmax(self.edge_log_density))
        left = -np.cumsum(total[:, :peak][:, ::-1], axis=-1)[:, ::-1]
        edge = np.concatenate([left, np.zeros((len(f), 1)), np.cumsum(total[:, peak:], axis=-1)], axis=-1)
        part = self._h * (f @ self.integrals.T)
        after = edge[:, :-1, None] + part
        before = edge[:, 1:, None] - (total[..., None] - part)
        return edge, np.where((np.arange(len(self._h)) < peak)[:, None], before, after)

    def flux_products(self, I: np.ndarray, J: np.ndarray) -> np.ndarray:
        """∫ I_i J_j/(PD) dq: what ∫Pf_i L⁻¹f_j is, and no difference of large numbers."""
        return np.einsum("inm,jnm,nm->ij", I, J, self.weights * self.resistance, optimize=True)


def _peak(rise: np.ndarray) -> int:
    """The place of the first maximum."""
    falls = np.flatnonzero(np.diff(rise) < 0)
    return int(falls[0]) if falls.size else len(rise) - 1


def foot(rise: np.ndarray, depth: float) -> int:
    """The last place before the first maximum that is more than ``depth`` below it; 0 where there is none."""
    peak = _peak(rise)
    low = np.flatnonzero(rise[:peak] < rise[peak] - depth)
    return int(low[-1]) if low.size else 0


def _cut(edges: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Each cell in equal parts; old edges stay exactly."""
    pieces = [np.linspace(a, b, n + 1)[:-1] for a, b, n in zip(edges[:-1], edges[1:], parts, strict=True)]
    return np.concatenate([*pieces, edges[-1:]])


def _gauss_integrals(order: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On [0, 1]: the matrix of ∫_0^{x_i} of the interpolant through the Gauss nodes, the weights, the nodes."""
    x, w = np.polynomial.legendre.leggauss(order)
    degrees = np.arange(order)
    legendre = np.polynomial.legendre.legvander(x, order)
    # ∫_{-1}^x P_n = (P_{n+1} − P_{n−1})/(2n+1)
    below = np.concatenate([-np.ones((order, 1)), legendre[:, :order - 1]], axis=1)
    primitives = (legendre[:, 1:] - below) / (2 * degrees + 1)
    analysis = (legendre[:, :order] * w[:, None]).T * (2 * degrees[:, None] + 1) / 2
    return 0.5 * primitives @ analysis, w / 2, (x + 1) / 2
