"""The energies that a state reaches, and the bounds of a spectrum, from a short Lanczos run.

The Ritz values θ_j of ψ with their weights w_j bound its share at high energies: the probability of E ≥ θ_i is at most
Σ_{j ≥ i} w_j (Chebyshev, Markov and Stieltjes; Szegő, Orthogonal Polynomials, 3.41). Between two Ritz values the amplitude
is continued by its exponential decay.
"""

from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import as_complex, like, namespace, squared_sums, to_numpy
from qlearn.methods.frozen import FrozenOperator, local_levels
from qlearn.methods.fused_series import fused_series
from qlearn.methods.record import Record
from qlearn.methods.task import Task

__all__ = ["ShortLanczos", "Spectrum", "reached_energy", "spectrum_of"]

VECTORS = 24
WORTH = 200.0   # phases W|t|/ħ below which nothing is clipped
VANISHING = 1e-13  # of its neighbours in the matrix: what is no more ends the recursion
VISIBLE = 1e-13  # amplitudes that rounding leaves of use


@final
@dataclass(frozen=True)
class Spectrum:
    """[low, high] encloses the spectrum of H with its ceilings on (T, V); ``lowest`` and ``highest`` are those of T and V
    alone. ground : about the lowest energy, from below."""

    lowest: tuple[float, float]
    highest: tuple[float, float]
    ceilings: tuple[float, float] = (np.inf, np.inf)
    ground: float = 0.0

    def raised(self, ceilings: Any) -> "Spectrum":
        """With other ceilings; infinite where they are above all values."""
        kinetic, potential = (max(float(c), low) if c < high else np.inf
                              for c, low, high in zip(ceilings, self.lowest, self.highest, strict=True))
        return replace(self, ceilings=(kinetic, potential))

    @property
    def low(self) -> float:
        return sum(self.lowest)

    @property
    def high(self) -> float:
        return sum(min(c, h) for c, h in zip(self.ceilings, self.highest, strict=True))

    @property
    def centre(self) -> float:
        return (self.low + self.high) / 2

    @property
    def width(self) -> float:
        return (self.high - self.low) / 2

    @property
    def words(self) -> str:
        cut = [f"{name} above {c:.6g}" for name, c in zip("TV", self.ceilings, strict=True) if c < np.inf]
        return f"within [{self.low:.6g}, {self.high:.6g}]" + (f", {' and '.join(cut)} clipped" if cut else "")


def spectrum_of(task: Task, operator: FrozenOperator, phi: Any, *, clip: bool) -> Spectrum:
    """The bounds of H and, where it pays, ceilings above the energies of φ; the transforms of it are counted."""
    hamiltonian = task.hamiltonian
    levels = local_levels(hamiltonian)
    kinetic = hamiltonian.kinetic.bounds
    spectrum = Spectrum((kinetic[0], float(levels.min())), (kinetic[1], float(levels.max())))
    if task.imaginary or not operator.flat:
        spectrum = _sharpened(spectrum, operator, phi, task.record, hamiltonian.grid.ndim + bool(hamiltonian.channels))
    phase = spectrum.width * abs(task.span) / hamiltonian.hbar
    if not clip or not operator.flat or phase < WORTH:
        return spectrum
    space = ShortLanczos(operator, phi, len(hamiltonian.state_shape), task.record)
    tops = [reached_energy(space, share * task.tol, abs(task.span) / hamiltonian.hbar) for share in (1.0, 0.5)]
    return spectrum.raised([tops[0] - spectrum.lowest[1], tops[1] - spectrum.lowest[0]])


def reached_energy(space: "ShortLanczos", tol: float, turns: float) -> float:
    """E such that the amplitude above E, times 1 + turns·(the energy over which it decays), is about ``tol``."""
    energies = [-np.inf]
    values, weights = space.values()
    for member in np.flatnonzero(space.norms > 0):
        held = weights[member] > VISIBLE**2  # what a recursion that ended early leaves over has no weight
        theta = values[member][held]
        amplitude = np.sqrt(np.cumsum(weights[member][held][::-1])[::-1])
        seen = int(np.sum(amplitude > VISIBLE))
        if seen < 3:
            energies.append(float(theta[min(seen, theta.size - 1)]))
            continue
        depth = np.log(amplitude[:seen])
        falls, gaps = -np.diff(depth)[-2:], np.diff(theta[:seen])[-2:]
        decay = float(np.min(np.divide(falls, gaps, out=np.full(2, np.inf), where=gaps > 0)))
        goal = np.log(tol / (1 + turns / decay))
        enough = int(np.sum(depth > goal))
        if enough < seen:
            energies.append(float(theta[enough]))
        else:
            energies.append(float(theta[seen - 1]) + (depth[-1] - goal) / decay)
    return max(energies)


@final
class ShortLanczos:
    """The Lanczos recursion of each member of a batch without its vectors: three arrays, whatever the number of terms.

    The tridiagonal matrix is all that bounds and shares need; what orthogonality is lost shows as repeated Ritz values only.
    operator : a FrozenOperator, or what is called and counted like one.
    """

    def __init__(self, operator: Any, phi: Any, dims: int, record: Record):
        self.axes, self.operator = tuple(range(-dims, 0)), operator
        self.norms = np.sqrt(squared_sums(phi, self.axes))
        self.diagonal: list[np.ndarray] = []
        self.offdiagonal: list[np.ndarray] = []
        count, now = min(VECTORS, int(np.prod(phi.shape[-dims:]))), self._scaled(as_complex(phi), self.norms)
        record.ffts += count * operator.cost(phi)
        fused = fused_series(operator) if isinstance(operator, FrozenOperator) else None
        if fused is not None and fused.takes(now):
            self.diagonal, self.offdiagonal = (list(part.T) for part in fused.tridiagonal(now, count, VANISHING))
        else:
            before, size = None, np.zeros_like(self.norms)
            for _ in range(count):
                before, now, size = self._next(before, now, size)
        self.last, self.norms = self.offdiagonal[-1], self.norms.ravel()

    def _next(self, before: Any, now: Any, size: np.ndarray) -> tuple[Any, Any, np.ndarray]:
        xp, new = namespace(now), self.operator(now)
        if before is not None:
            before *= like(self._spread(size), now)
            new -= before
        mean = to_numpy(xp.sum(xp.real(xp.conj(now) * new), axis=self.axes))
        new -= like(self._spread(mean), now) * now
        after = np.sqrt(squared_sums(new, self.axes))
        after = np.where(after <= VANISHING * np.maximum(np.abs(mean), size), 0.0, after)
        self.diagonal.append(np.ravel(mean))
        self.offdiagonal.append(np.ravel(after))
        return now, self._scaled(new, after), after

    def _scaled(self, array: Any, norms: np.ndarray) -> Any:
        array *= like(self._spread(np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)), array)
        return array

    def _spread(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(values.shape + (1,) * len(self.axes))

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Ritz values (members, m) and vectors (members, m, m)."""
        diagonal, beside = np.stack(self.diagonal, axis=-1), np.stack(self.offdiagonal[:-1], axis=-1)
        matrix = np.zeros((*diagonal.shape, diagonal.shape[-1]))
        steps = np.arange(diagonal.shape[-1])
        matrix[:, steps, steps] = diagonal
        matrix[:, steps[1:], steps[:-1]] = beside
        return np.linalg.eigh(matrix)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """Ritz values and the weights of the first vector on them, (members, m) each."""
        values, vectors = self.pairs()
        return values, vectors[:, 0, :] ** 2

    def ground(self) -> np.ndarray:
        """The lowest Ritz value of each member, less the norm of its residual."""
        values, vectors = self.pairs()
        return values[:, 0] - self.last * np.abs(vectors[:, -1, 0])


def _sharpened(spectrum: Spectrum, operator: FrozenOperator, phi: Any, record: Record, dims: int) -> Spectrum:
    """Bounds of a random vector's Ritz values, each let out by the residual norm, where they are inside the enclosure."""
    rng = np.random.default_rng(0)
    shape = phi.shape
    start = like(rng.standard_normal(shape) + 1j * rng.standard_normal(shape), phi)
    space = ShortLanczos(operator, start, dims, record)
    values, _ = space.values()
    last = space.last
    low = max(spectrum.low, float(np.min(values[:, 0] - last)))
    high = min(spectrum.high, float(np.max(values[:, -1] + last)))
    ground = max(spectrum.low, float(np.min(space.ground())))
    if operator.flat:
        return replace(spectrum, ground=ground)
    return Spectrum((low, 0.0), (high, 0.0), ground=ground)
