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

from qlearn.kernels.arrays import like, namespace, squared_sums, to_numpy
from qlearn.methods.record import EPS

__all__ = ["KrylovSpace", "krylov_exponential"]

NODES = 48       # of the integral
BREAKDOWN = 64 * EPS
FEWEST = 5       # vectors in one array,
MANY = 2**15     # or so many numbers
PIECE = 8192     # numbers of a vector in one go
LARGEST = 32     # vectors of a space that is built for one exponential
CHECK_EVERY = 3  # vectors between two looks whether they are enough


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
        self.at_once = max(FEWEST, MANY // max(flat.shape[-1], 1))
        self.blocks: list[Any] = []  # of up to so many vectors each, (members, ·, size)
        self.origin = np.zeros(self.members)  # e^{c(H − origin)s} is what combine and the bounds stand for
        self.matrix = np.zeros((self.members, 1, 0), dtype=complex)  # (members, m + 1, m)
        self._scale = np.zeros(self.members)
        self._modes: tuple[np.ndarray, np.ndarray] | None = None
        self._append(flat, self.norms)

    @property
    def dimension(self) -> int:
        return int(self.matrix.shape[-1])

    @property
    def last(self) -> np.ndarray:
        """h_{m+1,m} of each member, 0 where the space is complete."""
        return np.abs(self.matrix[:, -1, -1]) if self.dimension else np.full(self.members, np.inf)

    def extend(self) -> None:
        """One application of the operator, one vector more."""
        m, newest = self.dimension, self.blocks[-1][:, self.dimension % self.at_once, :]
        xp = namespace(newest)
        new = xp.reshape(self.operator(xp.reshape(newest, self.shape)), (self.members, -1))
        column = np.zeros((self.members, m + 2), dtype=complex)
        for _ in range(2):
            new, overlap = self._orthogonal(new)
            column[:, :m + 1] += overlap
        self._scale = np.maximum(self._scale, np.sqrt(np.sum(np.abs(column) ** 2, axis=-1)))
        size = np.sqrt(squared_sums(new, (-1,)))
        size[size <= BREAKDOWN * self._scale] = 0.0
        column[:, m + 1] = size
        grown = np.zeros((self.members, m + 2, m + 1), dtype=complex)
        grown[:, :m + 1, :m], grown[:, :, m] = self.matrix, column
        self.matrix, self._modes = grown, None
        self._append(new, size)

    def combine(self, dt: float, factor: complex) -> Any:
        """‖ψ‖ V_m e^{c H_m dt} e_1, the array of the next state."""
        weights = self.norms[:, None] * self._columns(np.array([dt]), factor)[:, 0]
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
        return float(self.errors(np.linspace(0.0, dt, NODES), factor, growth)[-1])

    def errors(self, times: np.ndarray, factor: complex, growth: float = 0.0) -> np.ndarray:
        """The bound at equally spaced ``times`` from 0 on, by the trapezoidal rule; not below what rounding allows."""
        sizes = np.abs(self._columns(times, factor)[:, :, -1]) * np.exp(-growth * np.abs(times))
        step = abs(times[1] - times[0])
        pieces = 0.5 * step * (sizes[:, 1:] + sizes[:, :-1])
        sums = np.concatenate([np.zeros((self.members, 1)), np.cumsum(pieces, axis=1)], axis=1)
        rates = abs(factor) * (self.last * self.sizes)[:, None]
        return np.max(rates * sums * np.exp(growth * np.abs(times)), axis=0, initial=0.0)

    def longest(self, most: float, rate: float, factor: complex, growth: float = 0.0, floor: float = 0.0) -> float:
        """The longest dt ≤ ``most`` (both ≥ 0, the sign of time is in ``factor``) with error(dt) ≤ rate·dt or floor, to 1/50."""
        if not np.any(self.last > 0):
            return most
        high = min(most, 4 * self.dimension / max(abs(factor) * float(np.max(self._scale)), 1e-300))
        for _ in range(200):
            times = np.linspace(0.0, high, 2 * NODES)
            good = self.errors(times, factor, growth) <= np.maximum(rate * times, floor)
            count = int(np.argmin(good)) if not np.all(good) else len(times)
            if count == len(times):
                if high >= most:
                    return most
                high = min(2 * high, most)
            elif count > NODES // 2:
                return float(times[count - 1])
            else:
                high *= 0.5
        return high

    def _orthogonal(self, new: Any) -> tuple[Any, np.ndarray]:
        """(new less its parts along all vectors, those parts), block by block."""
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
        if self._modes is None:
            square = self.matrix[:, :-1, :]
            self._modes = np.linalg.eigh((square + np.conj(np.swapaxes(square, -1, -2))) / 2)
        return self._modes

    def _columns(self, times: np.ndarray, factor: complex) -> np.ndarray:
        """e^{cH_m s}e_1 for equally spaced s, (members, times, m)."""
        if self.hermitian:
            values, vectors = self._eigen()
            angles = (values - self.origin[:, None])[:, None, :] * times[:, None]
            turned = np.exp(factor * angles) * np.conj(vectors[:, None, 0, :])
            return turned @ np.swapaxes(vectors, -1, -2)
        square = self.matrix[:, :-1, :] - self.origin[:, None, None] * np.eye(self.dimension)
        column = np.zeros((self.members, self.dimension, 1), dtype=complex)
        column[:, 0] = 1
        column = expm(factor * times[0] * square) @ column if times[0] != 0 else column
        columns = [column]
        if len(times) > 1:
            step = expm(factor * (times[1] - times[0]) * square)
            for _ in times[1:]:
                columns.append(step @ columns[-1])
        return np.stack([c[:, :, 0] for c in columns], axis=1)


def krylov_exponential(operator: Callable[[Any], Any], phi: Any, dims: int, span: float, factor: complex, allowed: float, *,
                       hermitian: bool = True, growth: float = 0.0,
                       units: np.ndarray | None = None) -> tuple[Any, float, int]:
    """(e^{c·operator·span}φ, the bound on its error, applications of the operator), span ≥ 0, c the ``factor``.

    By as many spaces of up to LARGEST vectors as it takes to keep the bound below ``allowed``; dims, hermitian, growth, units:
    see KrylovSpace.
    """
    left, bound, applications = span, 0.0, 0
    while left > 0:
        space, enough = KrylovSpace(operator, phi, dims, hermitian=hermitian, units=units), False
        while space.dimension < min(LARGEST, math.prod(phi.shape[-dims:])) and not enough:
            space.extend()
            if space.dimension % CHECK_EVERY == 0 or not np.any(space.last > 0):
                enough = space.error(left, factor, growth) <= allowed * left / span
        applications += space.dimension
        dt = left if enough else space.longest(left, allowed / span, factor, growth)
        bound += space.error(dt, factor, growth)
        phi = space.combine(dt, factor)
        left = 0.0 if dt >= left * (1 - 1e-12) else left - dt
    return phi, bound, applications


def _overlap(block: Any, new: Any) -> np.ndarray:
    """⟨v_i|new⟩ for the vectors of a block, (members, ·)."""
    xp = namespace(block)
    parts = [to_numpy(xp.conj(xp.matmul(block[:, :, part], xp.conj(new[:, part])[:, :, None]))[:, :, 0]) for part in _cuts(new)]
    return parts[0] if len(parts) == 1 else np.sum(parts, axis=0)


def _plus(total: Any, weights: np.ndarray, block: Any) -> Any:
    """total (members, size) + Σ_i weights_i block_i, NumPy in place."""
    weights = like(weights[:, None, :].astype(complex), block)
    if not isinstance(total, np.ndarray):
        return total + namespace(block).matmul(weights, block)[:, 0, :]
    for part in _cuts(total):
        total[:, part] += np.matmul(weights, block[:, :, part])[:, 0, :]
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
