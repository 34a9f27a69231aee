"""Krylov spaces of H and ψ, and exponentials in them with a bound on their error.

    V_m orthonormal, V_1 = ψ/‖ψ‖,  H V_m = V_m H_m + h_{m+1,m} v_{m+1} e_mᵀ,   ψ_m(s) = ‖ψ‖ V_m e^{cH_m s} e_1
    ‖e^{cHs}ψ − ψ_m(s)‖ ≤ |c| h_{m+1,m} ‖ψ‖ ∫_0^s |e_mᵀ e^{cH_m u} e_1| G(s − u) du,    ‖e^{cHu}‖ ≤ G(u)

The bound is the residual of ψ_m carried on by the exact flow (Hochbruck and Lubich, SIAM J. Numer. Anal. 34, 1911 (1997);
Saad, ibid. 29, 209 (1992)); G = 1 for a Hermitian H in real time and for an H that only absorbs.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, final

import numpy as np
from scipy.linalg import expm
from scipy.linalg.lapack import dstev

from qlearn.kernels.arrays import like, namespace, squared_sums, squares, to_numpy
from qlearn.methods.record import EPS

__all__ = ["KrylovSpace", "krylov_exponential", "looks_apart"]

NODES = np.linspace(0.0, 1.0, 48)  # of the integral
FINER_NODES = np.linspace(0.0, 1.0, 96)
BREAKDOWN = 64 * EPS
FEWEST = 5       # vectors in one array,
MANY = 2**15     # or so many numbers
PIECE = 8192     # numbers of a vector in one go
LARGEST = 32     # vectors of a space that is built for one exponential
FIRST_LOOK = 3   # vectors before the first look whether they are enough
FALL = 1e-2      # of the bound, by each vector more, at most: the next look is when they may be enough


@final
class KrylovSpace:
    """The space of each member of a batch, grown vector by vector, fully orthogonalised.

    operator : (…, *state) → (…, *state).   phi : the first vectors, any norm; members of norm 0 stay 0.
    dims : the number of axes of one state.   hermitian : Lanczos, and real eigenvalues; else Arnoldi.
    units : the norm in which the errors of each member count, (members,); its own where None.
    """

    def __init__(self, operator: Callable[[Any], Any], phi: Any, dims: int, *, hermitian: bool,
                 units: np.ndarray | None = None):
        self.operator, self.hermitian, self.shape = operator, hermitian, tuple(phi.shape)
        self.members = int(np.prod(self.shape[:len(self.shape) - dims], dtype=int))
        flat = namespace(phi).reshape(phi, (self.members, -1))
        self.norms = np.sqrt(squared_sums(flat, (-1,)))
        self.sizes = np.ones(self.members) if units is None else self.norms * _inverse(units)
        self.at_once = min(max(FEWEST, MANY // max(flat.shape[-1], 1)), LARGEST + 1)
        self.blocks: list[Any] = []  # of up to so many vectors each, (members, ·, size)
        self.origin = np.zeros(self.members)  # e^{c(H − origin)s} is what combine and the bounds stand for
        self.dimension = 0
        self._room = np.zeros((self.members, LARGEST + 1, LARGEST), dtype=complex)
        self._scale = np.zeros(self.members)
        self._modes: tuple[np.ndarray, np.ndarray] | None = None
        self._append(flat, self.norms)

    @property
    def matrix(self) -> np.ndarray:
        """H_m with the row of h_{m+1,m} below, (members, m + 1, m)."""
        return self._room[:, :self.dimension + 1, :self.dimension]

    @property
    def last(self) -> np.ndarray:
        """h_{m+1,m} of each member, 0 where the space is complete."""
        m = self.dimension
        return self._room[:, m, m - 1].real if m else np.full(self.members, np.inf)

    def extend(self) -> None:
        """One application of the operator, one vector more."""
        m = self.dimension
        newest = self.blocks[-1][:, m % self.at_once, :]
        xp = namespace(newest)
        new = xp.reshape(self.operator(xp.reshape(newest, self.shape)), (self.members, -1))
        if m == self._room.shape[-1]:
            self._room = np.pad(self._room, ((0, 0), (0, m), (0, m)))
        column = self._room[:, :m + 2, m]
        for _ in range(2):
            new, overlap = self._orthogonal(new)
            column[:, :-1] += overlap
        self._scale = np.maximum(self._scale, np.sqrt(np.sum(squares(column), axis=-1)))
        size = np.sqrt(squared_sums(new, (-1,)))
        size[size <= BREAKDOWN * self._scale] = 0.0
        column[:, -1] = size
        self.dimension, self._modes = m + 1, None
        self._append(new, size)

    def combine(self, dt: float, factor: complex) -> Any:
        """‖ψ‖ V_m e^{c H_m dt} e_1, the array of the next state."""
        weights = self.norms[:, None] * self._column(dt, factor)
        total = namespace(self.blocks[0]).zeros_like(self.blocks[0][:, 0, :])
        for first, block in self._parts(self.dimension):
            total = _plus(total, weights[:, first:first + block.shape[1]], block)
        return namespace(total).reshape(total, self.shape)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """(θ_j, |⟨e_1|y_j⟩|²): Ritz values (members, m) and the weights of the first vector on them; Hermitian only."""
        values, vectors = self._eigen()
        return values, np.abs(vectors[:, 0, :]) ** 2

    def ground(self) -> np.ndarray:
        """The lowest Ritz value of each member, less the norm of its residual; of the real part where H is not Hermitian."""
        if self.hermitian:
            values, vectors = self._eigen()
            return values[:, 0] - self.last * np.abs(vectors[:, -1, 0])
        return np.min(np.linalg.eigvals(self.matrix[:, :-1, :]).real, axis=-1)

    def error(self, dt: float, factor: complex, growth: float = 0.0) -> float:
        """The bound at ``dt``, the largest of the batch; G(u) = exp(growth·u)."""
        return float(self.errors(dt * NODES, factor, growth)[-1])

    def errors(self, times: np.ndarray, factor: complex, growth: float = 0.0) -> np.ndarray:
        """The bound at equally spaced ``times`` from 0 on, by the trapezoidal rule; not below what rounding allows."""
        sizes = np.abs(self._last_elements(len(times), float(times[1]), factor))
        if growth != 0:
            sizes *= np.exp(-growth * np.abs(times))
        sums = np.zeros(sizes.shape)
        np.cumsum(sizes[:, 1:] + sizes[:, :-1], axis=1, out=sums[:, 1:])
        sums *= (0.5 * abs(times[1] * factor) * self.last * self.sizes)[:, None]
        bounds = sums[0] if self.members == 1 else np.max(sums, axis=0, initial=0.0)
        return bounds if growth == 0 else bounds * np.exp(growth * np.abs(times))

    def longest(self, most: float, rate: float, factor: complex, growth: float = 0.0, floor: float = 0.0) -> float:
        """The longest dt ≤ ``most`` (both ≥ 0, the sign of time is in ``factor``) with error(dt) ≤ rate·dt or floor, to 1/50."""
        if not np.any(self.last > 0):
            return most
        high = min(most, 4 * self.dimension / max(abs(factor) * float(np.max(self._scale)), 1e-300))
        for _ in range(200):
            times = high * FINER_NODES
            good = self.errors(times, factor, growth) <= np.maximum(rate * times, floor)
            count = int(np.argmin(good)) if not np.all(good) else len(times)
            if count == len(times):
                if high >= most:
                    return most
                high = min(2 * high, most)
            elif count > len(FINER_NODES) // 4:
                return float(times[count - 1])
            else:
                high *= 0.5
        return high

    def _orthogonal(self, new: Any) -> tuple[Any, np.ndarray]:
        """(new less its parts along all vectors, those parts), block by block."""
        if len(self.blocks) == 1 and isinstance(new, np.ndarray) and new.shape[-1] <= PIECE:
            block = self.blocks[0][:, :self.dimension + 1]
            overlap = np.conj(np.matmul(block, np.conj(new)[:, :, None])[:, :, 0])
            new -= np.matmul(overlap[:, None, :], block)[:, 0, :]
            return new, overlap
        overlaps = []
        for _, block in self._parts(self.dimension + 1):
            overlaps.append(_overlap(block, new))
            new = _plus(new, -overlaps[-1], block)
        return new, np.concatenate(overlaps, axis=1)

    def _parts(self, count: int) -> Iterator[tuple[int, Any]]:
        """The first ``count`` vectors: pairs of the number of the first in a block and the block."""
        for first, block in zip(range(0, count, self.at_once), self.blocks, strict=False):
            yield first, block[:, :min(count - first, self.at_once), :]

    def _append(self, flat: Any, norms: np.ndarray) -> None:
        """flat/norms as the next vector."""
        place = (self.dimension if self.blocks else 0) % self.at_once
        if not isinstance(flat, np.ndarray):
            vector = _unit(flat, norms)[:, None, :]
            if place == 0:
                self.blocks.append(vector)
            else:
                self.blocks[-1] = namespace(vector).concat([self.blocks[-1], vector], axis=1)
            return
        if place == 0:
            self.blocks.append(np.empty((self.members, self.at_once, flat.shape[-1]), dtype=complex))
        np.multiply(flat, _inverse(norms)[:, None], out=self.blocks[-1][:, place, :])

    def _eigen(self) -> tuple[np.ndarray, np.ndarray]:
        """(θ, Y) of the real tridiagonal matrix that H_m is but for rounding, (members, m) and (members, m, m)."""
        if self._modes is None:
            diagonals = np.diagonal(self.matrix, axis1=1, axis2=2).real
            below = np.diagonal(self.matrix, offset=-1, axis1=1, axis2=2).real[:, :-1]
            found = [_tridiagonal(*member) for member in zip(diagonals, below, strict=True)]
            self._modes = np.stack([values for values, _ in found]), np.stack([vectors for _, vectors in found])
        return self._modes

    def _square(self) -> np.ndarray:
        """H_m − origin, not Hermitian."""
        return self.matrix[:, :-1, :] - self.origin[:, None, None] * np.eye(self.dimension)

    def _column(self, time: float, factor: complex) -> np.ndarray:
        """e^{c(H_m − origin)s}e_1, (members, m)."""
        if not self.hermitian:
            return np.asarray(expm(factor * time * self._square())[:, :, 0])
        values, vectors = self._eigen()
        turned = np.exp(factor * time * (values - self.origin[:, None])) * vectors[:, 0, :]
        return np.asarray((vectors @ turned[:, :, None])[:, :, 0])

    def _last_elements(self, count: int, step: float, factor: complex) -> np.ndarray:
        """e_mᵀe^{c(H_m − origin)s}e_1 for s = 0, step, 2·step, …, (members, count)."""
        if not self.hermitian:
            return self._columns(count, step, factor)[:, -1, :]
        values, vectors = self._eigen()
        rates, weights = factor * step * (values - self.origin[:, None]), vectors[:, -1, :] * vectors[:, 0, :]
        row = math.isqrt(count - 1) + 1  # s in rows of so many: as many exponentials as rows and columns, not as there are s
        within = np.exp(rates[:, None, :] * np.arange(row)[:, None])
        between = weights[:, :, None] * np.exp(rates[:, :, None] * (row * np.arange(row)))
        return np.swapaxes(within @ between, 1, 2).reshape(self.members, -1)[:, :count]

    def _columns(self, count: int, step: float, factor: complex) -> np.ndarray:
        """e^{c(H_m − origin)s}e_1 for the same s, by doubling, (members, m, count)."""
        turn = expm(factor * step * self._square())
        columns = np.zeros((self.members, self.dimension, 1), dtype=complex)
        columns[:, 0] = 1
        while columns.shape[-1] < count:
            columns = np.concatenate([columns, turn @ columns], axis=-1)
            turn = turn @ turn
        return columns[:, :, :count]


def _tridiagonal(diagonal: np.ndarray, below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, ascending, and eigenvectors."""
    if len(diagonal) == 1:
        return diagonal.copy(), np.ones((1, 1))
    values, vectors, failed = dstev(diagonal, below)
    return (values, vectors) if failed == 0 else np.linalg.eigh(np.diag(diagonal) + np.diag(below, -1))


def krylov_exponential(operator: Callable[[Any], Any], phi: Any, dims: int, span: float, factor: complex, allowed: float, *,
                       hermitian: bool = True, growth: float = 0.0,
                       units: np.ndarray | None = None) -> tuple[Any, float, int]:
    """(e^{c·operator·span}φ, the bound on its error, applications of the operator), span ≥ 0, c the ``factor``.

    By as many spaces of up to LARGEST vectors as it takes to keep the bound below ``allowed``; dims, hermitian, growth, units:
    see KrylovSpace.
    """
    left, bound, applications = span, 0.0, 0
    while left > 0:
        space, enough, wanted = KrylovSpace(operator, phi, dims, hermitian=hermitian, units=units), False, allowed * left / span
        most, look = min(LARGEST, math.prod(phi.shape[-dims:])), FIRST_LOOK
        while space.dimension < most and not enough:
            space.extend()
            if space.dimension >= look or not np.any(space.last > 0):
                error = space.error(left, factor, growth)
                enough, look = error <= wanted, space.dimension + looks_apart(error, wanted)
        applications += space.dimension
        dt = left if enough else space.longest(left, allowed / span, factor, growth)
        bound += space.error(dt, factor, growth)
        phi = space.combine(dt, factor)
        left = 0.0 if dt >= left * (1 - 1e-12) else left - dt
    return phi, bound, applications


def looks_apart(error: float, wanted: float) -> int:
    """Vectors until the bound may have fallen to what is wanted."""
    return max(1, math.ceil(math.log(max(error, 1e-300) / max(wanted, 1e-300)) / -math.log(FALL)))


def _overlap(block: Any, new: Any) -> np.ndarray:
    """⟨v_i|new⟩ for the vectors of a block, (members, ·)."""
    xp = namespace(block)
    parts = [to_numpy(xp.conj(xp.matmul(block[:, :, part], xp.conj(new[:, part])[:, :, None]))[:, :, 0]) for part in _cuts(new)]
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0)


def _plus(total: Any, weights: np.ndarray, block: Any) -> Any:
    """total (members, size) + Σ_i weights_i block_i, NumPy in place."""
    if not isinstance(total, np.ndarray):
        return total + namespace(block).matmul(like(weights[:, None, :].astype(complex), block), block)[:, 0, :]
    for part in _cuts(total):
        total[:, part] += np.matmul(weights[:, None, :], block[:, :, part])[:, 0, :]
    return total


def _cuts(array: Any) -> list[slice]:
    """Parts of the last axis: NumPy's in pieces that stay in the cache."""
    size = array.shape[-1]
    piece = PIECE if isinstance(array, np.ndarray) else size
    return [slice(start, start + piece) for start in range(0, size, piece)]


def _inverse(norms: np.ndarray) -> np.ndarray:
    return np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)


def _unit(flat: Any, norms: np.ndarray) -> Any:
    return flat * like(_inverse(norms)[:, None], flat)
