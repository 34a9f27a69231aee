"""The steps of a splitting: one compiled loop where it applies, with its own transforms (``fused``) or those of a backend
(``called``), a loop over transforms elsewhere (``plain``), over applications of T where it is not diagonal in the wavenumbers
(``covariant``)."""

import math
from typing import Any, final

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.phases import Phases, may_compile
from qlearn.methods.called import called_steps
from qlearn.methods.coefficients import SplittingTable
from qlearn.methods.covariant import CovariantSteps
from qlearn.methods.fused import fused_steps
from qlearn.methods.kicks import kicks_for
from qlearn.methods.plain import PlainSteps
from qlearn.methods.record import Record
from qlearn.methods.sequence import Sequence, before, behind, step_of

__all__ = ["SplittingKernel"]


@final
class SplittingKernel:
    """Runs of equal steps of one scheme on φ = exp(−iκ·(x − a))ψ, the periodic part of ψ, in place where φ is NumPy's.

    What a step length needs is made once and kept for the last few lengths. One kernel serves arrays of one kind.
    In imaginary time φ keeps the norms that it comes with.
    """

    KEPT, MANY = 4, 2**22  # lengths, two only for grids of so many points

    def __init__(self, hamiltonian: Hamiltonian, table: SplittingTable, record: Record, imaginary: bool = False):
        self.hamiltonian, self.table, self.record, self.imaginary = hamiltonian, table, record, imaginary
        self.axes = hamiltonian.state_axes
        self.compute_with("numba" if may_compile() else "numpy")

    def compute_with(self, name: str) -> None:
        """Phases by "numba" or "numpy", from here on: for a run that is resumed."""
        H, gradient = self.hamiltonian, any(self.table.gradients)
        self.phases = Phases(name)
        kicks = kicks_for(H, self.phases, self.imaginary, self.table)
        step, most = step_of(self.table), self.KEPT if H.grid.size < self.MANY else 2
        flat = H.is_diagonal_in_k
        self._covariant = None if flat else CovariantSteps(H, step, kicks, self.phases, self.record, self.imaginary, most)
        self._plain = PlainSteps(H, step, kicks, self.phases, self.imaginary, most)
        compiles = flat and not self.imaginary
        self._fused = fused_steps(H, step, kicks, self.phases, gradient, most) if compiles else None
        self._called = called_steps(H, step, kicks, self.phases, most) if compiles else None

    @property
    def pairs(self) -> int:
        """FFT pairs of a step, where a drift takes one."""
        return self.table.pairs

    def steps(self, phi: Any, time: float, h: float, count: int, brief: bool = False) -> Any:
        """``count`` steps of length h from ``time``; a NumPy phi is overwritten; use what is returned. ``brief``: of a length
        that is not worth tables of its own, as in a look at the error of a step."""
        if self._covariant is not None:
            return self._covariant.steps(phi, time, h, count)
        if not self._compiled(phi, time, h, count, brief):
            phi = self._plain.steps(phi, time, h, count, self.record.lookout)
        self._count(count * self.pairs, phi)
        return phi

    def _compiled(self, phi: Any, time: float, h: float, count: int, brief: bool) -> bool:
        """True where a compiled loop has done the steps on φ: that with its own transforms, or that with those of a backend."""
        fused, called, lookout = self._fused, self._called, self.record.lookout
        return (fused is not None and fused.steps(phi, time, h, count, lookout, brief)) \
            or (called is not None and called.steps(phi, time, h, count, lookout))

    def enter(self, phi: Any, time: float, h: float) -> Any:
        """Before a run of equal steps h: the processor; nothing for schemes without one."""
        return phi if self.table.processor is None else self._once(phi, before(self.table.processor), time, h)

    def leave(self, phi: Any, time: float, h: float) -> Any:
        """Behind a run of equal steps h that ends at ``time``: the inverse of the processor."""
        return phi if self.table.processor is None else self._once(phi, behind(self.table.processor), time, h)

    def _once(self, phi: Any, sequence: Sequence, time: float, h: float) -> Any:
        if self._fused is None or not self._fused.once(phi, sequence, time, h):
            phi = self._plain.once(phi, sequence, time, h)
        self._count(len(sequence.drifts), phi)
        return phi

    def _count(self, pairs: int, phi: Any) -> None:
        self.record.ffts += 2 * pairs * (math.prod(phi.shape) // self.hamiltonian.grid.size)
