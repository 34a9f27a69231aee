"""Runs of a splitting where T is not a function of the wavenumbers: with a metric, or a vector potential that varies.

A drift is exp(−iahT/ħ), in imaginary time exp(−ahT/ħ), to rounding. On few points it goes by the eigenvectors of T, whose errors
add up to some 1e-16 max T t/ħ, elsewhere by Krylov spaces: some eight to twenty applications of T where a transform, a product
and a transform do it in flat space. Where A depends on t a drift takes the time ah, and is a step of the commutator-free Magnus
integrator (qlearn.methods.magnus): of order 4, whatever the scheme. Where that A is the same everywhere T(t) commutes with
itself, and a drift is the exponential of its mean over the time ah, by Gauss's rule of order 8.
"""

from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.hamiltonian.action import dense_matrix
from qlearn.kernels.arrays import squared_sums
from qlearn.kernels.phases import Phases, Product
from qlearn.methods.frozen import kinetic_sum
from qlearn.methods.krylov import krylov_exponential
from qlearn.methods.last_few import last_few
from qlearn.methods.magnus import moments
from qlearn.methods.plain import restored, turns_of
from qlearn.methods.record import EPS, Record
from qlearn.methods.sequence import Sequence, plan_of

__all__ = ["CovariantSteps"]

ALLOWED = 4 * EPS  # error of a drift in Krylov spaces
NODES, SHARES = (0.5 * part for part in np.polynomial.legendre.leggauss(4))
NODES = (0.5 + NODES).tolist()
FEW = 512          # points up to which T has its eigenvectors found, in half a second at most


@final
class CovariantSteps:
    """Steps of one sequence on φ, NumPy; the kicks of the last few step lengths are kept, ``most`` of them. Transforms are
    counted here, but for those of the eigenvectors of T, which H keeps for all runs."""

    def __init__(self, hamiltonian: Hamiltonian, sequence: Sequence, kicks: Any, phases: Phases, record: Record, imaginary: bool,
                 most: int):
        self.hamiltonian, self.sequence, self.plan = hamiltonian, sequence, plan_of(sequence)
        self.kicks, self.phases = kicks, phases
        self.record, self.imaginary, self.most, self.axes = record, imaginary, most, hamiltonian.state_axes
        self._kept: dict[float, list[Product]] = {}

    def steps(self, phi: Any, time: float, h: float, count: int) -> Any:
        """``count`` steps of length h from ``time``."""
        kicks, norms = self._kicks(h, phi), squared_sums(phi, self.axes) if self.imaginary else None
        turns = turns_of(self.kicks, kicks, self.plan, phi, self.hamiltonian.grid.size, time, h, count, self.phases)
        kick, given = next(turns)
        phi = kick(phi, given)
        for step in range(count):
            start = time + step * h
            for a, done in zip(self.sequence.drifts, (0.0, *self.sequence.fractions), strict=False):
                phi = self._drifted(phi, start + done * h, a * h)
                if norms is not None:
                    phi = restored(phi, norms, self.axes)
                kick, given = next(turns)
                phi = kick(phi, given)
        return phi if norms is None else restored(phi, norms, self.axes)

    def _kicks(self, h: float, phi: Any) -> list[Product]:
        """The kicks in the order of the plan."""
        kicks: list[Product] = last_few(self._kept, h, self.most, lambda: self.kicks.prepare(self.plan.kicks, h, phi))
        return [kicks[row] for row in self.plan.order]

    def _drifted(self, phi: Any, time: float, span: float) -> Any:
        """φ after the drift from ``time`` for ``span``, either sign."""
        H, factor = self.hamiltonian, (-1.0 if self.imaginary else -1j) / self.hamiltonian.hbar * float(np.sign(span))
        if self._modes is not None:
            levels, frames, adjoint = self._modes
            parts = phi.reshape(-1, H.grid.size) @ adjoint
            parts *= np.expm1(factor * abs(span) * levels)  # 1 is left to φ itself: what U errs by counts for what changes
            return phi + (parts @ frames).reshape(phi.shape)
        kinetic: Any = H.kinetic
        lines = kinetic.mean_lines([time + span * node for node in NODES], SHARES) if H.kinetic_depends_on_time else None
        if lines is not None:
            forward, backward, scale = H.grid.passes(phi)
            turn, given = self.phases.outer([(span / H.hbar) * line for line in lines], phi, scale)
            self.record.ffts += 2 * (phi.size // H.grid.size)
            return backward(turn(forward(phi), given))
        psi = H.grid.from_periodic(phi)
        for part in moments(time, span) if H.kinetic_depends_on_time else (((0.0, 1.0),),):
            drift = kinetic_sum(H.kinetic, part)
            psi, _, applications = krylov_exponential(drift, psi, len(self.axes), abs(span), factor, ALLOWED)
            self.record.ffts += applications * len(part) * H.kinetic.ffts * (psi.size // H.grid.size)
        return H.grid.to_periodic(psi)

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """(E, Uᵀ, U*) with T = U E U† on φ, for rows of states; None on many points and for a T that moves."""
        H, n = self.hamiltonian, self.hamiltonian.grid.size
        if n > FEW or H.kinetic_depends_on_time:
            return None

        def found() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            levels, vectors = np.linalg.eigh(dense_matrix(np.zeros(n), H.kinetic, None, hermitian=True))
            vectors = vectors @ (1.5 * np.eye(n) - 0.5 * vectors.conj().T @ vectors)  # orthonormal to the last digit
            vectors = H.grid.to_periodic(vectors.T.reshape(n, *H.grid.shape)).reshape(n, n).T
            return levels, np.ascontiguousarray(vectors.T), vectors.conj()
        modes: tuple[np.ndarray, np.ndarray, np.ndarray] = H.kept("modes of T", found)
        return modes
