"""H on one side of a plane of symmetry, with the decay of ψ taken out: the matrices from which tunnelling splittings come.

With ψ = e^{−S} u, S(x) a polynomial along the axis that follows −log|ψ|, the function u is of order one in the barrier too, so
that what rounding leaves of u is small relative to ψ itself, however far ψ has decayed. Trial functions e^{−S}u, test functions
e^{+S}v (Petrov–Galerkin):

    a(v, u) = ∫ (ħ²/2m)(v' + S'v)*(u' − S'u) + v*(T_⊥ + V)u,      x between the plane c and the far end

u on Gauss–Lobatto–Legendre elements along x (Canuto, Hussaini, Quarteroni, Zang, Spectral Methods, 2006, section 2.3), in a few
functions of the other axes. What a(v, u) − E∫v*u leaves at the ends is the flux, ∓(ħ²/2m) e^{S}ψ': no derivative is
taken.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.sparse as sp
from numpy.polynomial import Polynomial
from scipy.special import eval_legendre, roots_jacobi

__all__ = ["ORDER", "HalfSpace", "lobatto"]

ORDER = 16      # points of an element


def lobatto(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Nodes on [−1, 1] with both ends, their weights, and the matrix of d/dx of the polynomial through values there.

    >>> nodes, weights, slope = lobatto(5)
    >>> bool(abs(weights @ nodes**6 - 2 / 7) < 1e-14), bool(np.allclose(slope @ nodes**4, 4 * nodes**3))
    (True, True)
    """
    nodes = np.concatenate([[-1.0], roots_jacobi(count - 2, 1, 1)[0], [1.0]])
    legendre = eval_legendre(count - 1, nodes)
    apart = np.subtract.outer(nodes, nodes) + np.eye(count)
    slope = legendre[:, None] / (legendre[None, :] * apart)
    np.fill_diagonal(slope, 0.0)
    np.fill_diagonal(slope, -slope.sum(axis=1))
    return nodes, 2 / (count * (count - 1) * legendre**2), slope


@final
@dataclass(frozen=True, eq=False)
class HalfSpace:
    """Elements between the plane and the far end, and V with T_⊥ on their points.

    start, stop : the plane and the far end along the axis.     elements : how many.     unit : ħ²/2m along the axis.
    blocks : T_⊥ + V in the functions of the other axes, (points, functions, functions); (points, 1, 1) in one dimension.
    parities : ±1 of those functions under the reflections of the other axes.     least : the least of V.
    functions : their values, (points across, functions).
    far : what the far end demands: 0 a wall, 1 the parity of the plane, −1 the other one.
    """

    start: float
    stop: float
    elements: int
    unit: float
    blocks: np.ndarray
    parities: np.ndarray
    least: float
    functions: np.ndarray
    far: int

    @staticmethod
    def nodes(start: float, stop: float, elements: int) -> np.ndarray:
        """The points x, ascending from start to stop; neighbours share one."""
        width = (stop - start) / elements
        inner = lobatto(ORDER)[0]
        parts = [start + width * (e + (inner[:-1] + 1) / 2) for e in range(elements)]
        return np.concatenate([*parts, [stop]])

    @property
    def shape(self) -> tuple[int, int]:
        """Points along the axis, functions across."""
        return self.blocks.shape[0], self.blocks.shape[1]

    @property
    def x(self) -> np.ndarray:
        return self.nodes(self.start, self.stop, self.elements)

    @property
    def weights(self) -> np.ndarray:
        """Of the quadrature over x."""
        width, own = (self.stop - self.start) / self.elements, lobatto(ORDER)[1]
        total = np.zeros(self.elements * (ORDER - 1) + 1)
        for e in range(self.elements):
            total[e * (ORDER - 1):e * (ORDER - 1) + ORDER] += own * width / 2
        return total

    def matrix(self, decay: Polynomial) -> sp.csc_matrix:
        """a(v, u) for u, v times √weight, so that the levels are those of the matrix itself; symmetric where S is constant."""
        points, across = self.shape
        root = np.repeat(self.weights, across) ** -0.5
        motion = sp.kron(self._motion(decay.deriv()), sp.identity(across))
        index = np.arange(points * across).reshape(points, across)
        places = (np.repeat(index, across, axis=1).ravel(), np.tile(index, across).ravel())
        still = sp.csc_matrix((self.blocks.ravel(), places), shape=(index.size, index.size))
        return sp.csc_matrix(sp.diags(root) @ motion @ sp.diags(root) + still)

    def _motion(self, slope: Polynomial) -> sp.csc_matrix:
        """∫ (ħ²/2m)(v' + S'v)(u' − S'u)."""
        _, own, derivative = lobatto(ORDER)
        width, x, size = (self.stop - self.start) / self.elements, self.x, self.elements * (ORDER - 1) + 1
        rows, columns, values = [], [], []
        for e in range(self.elements):
            index = np.arange(ORDER) + e * (ORDER - 1)
            bend, change = np.diag(slope(x[index])), derivative * 2 / width
            block = self.unit * (change + bend).T @ ((own * width / 2)[:, None] * (change - bend))
            rows.append(np.repeat(index, ORDER))
            columns.append(np.tile(index, ORDER))
            values.append(block.ravel())
        entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
        return sp.csc_matrix(entries, shape=(size, size))

    def sector(self, parity: int) -> sp.csc_matrix:
        """The unknowns, as columns, of the functions of one parity: at the plane ψ(c, y) = ±ψ(c, Py).

        For a reflection of the axis alone, Py = y, that is no condition, or ψ = 0.
        """
        points, across = self.shape
        kept = np.ones((points, across), dtype=bool)
        kept[0], kept[-1] = self.parities == parity, self.parities == parity * self.far
        return sp.csc_matrix(sp.identity(points * across, format="csc")[:, np.flatnonzero(kept)])

    def at(self, points: Any) -> sp.csr_matrix:
        """The matrix that takes values on the elements to values of their polynomials at points within [start, stop]."""
        points = np.asarray(points, dtype=float)
        width, (inner, _, _) = (self.stop - self.start) / self.elements, lobatto(ORDER)
        element = np.clip(((points - self.start) / width).astype(int), 0, self.elements - 1)
        local = 2 * ((points - self.start) / width - element) - 1
        rows = _lagrange(inner, local)
        columns = element[:, None] * (ORDER - 1) + np.arange(ORDER)
        index = np.repeat(np.arange(len(points)), ORDER)
        return sp.csr_matrix((rows.ravel(), (index, columns.ravel())), shape=(len(points), len(self.blocks)))


def _lagrange(nodes: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Values at the points of the polynomials that are one at one node and zero at the others, (points, nodes)."""
    table = np.ones((len(points), len(nodes)))
    for j, node in enumerate(nodes):
        others = np.delete(nodes, j)
        table[:, j] = np.prod((points[:, None] - others) / (node - others), axis=1)
    return table
