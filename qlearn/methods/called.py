"""Runs of a splitting in one compiled loop that calls the transforms of an FFT backend (qlearn.kernels.compiled_calls): on small
grids, where a transform takes no longer than what Python does between two of them.

That is: phases by numba, arrays of NumPy, periodic axes, one static V or a separable drive, real time, and a backend whose
transforms can be called so. The numbers are those of the plain loop to rounding.
"""

from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.fft import Call, calls
from qlearn.kernels.phases import Phases
from qlearn.methods.kicks import DrivenKicks, Kicks, StaticKicks
from qlearn.methods.last_few import last_few
from qlearn.methods.lookout import Lookout
from qlearn.methods.sequence import Sequence, plan_of

__all__ = ["CalledSteps", "called_steps"]

FEW = 2**13        # points of a grid
AT_ONCE = 2**23    # points times stages: about a tenth of a second
NOWHERE = np.empty(0, dtype=np.int64)


def called_steps(hamiltonian: Hamiltonian, sequence: Sequence, kicks: Kicks, phases: Phases, most: int) -> "CalledSteps | None":
    """The loop for this H, None where it does not apply."""
    applies = phases.name == "numba" and hamiltonian.channels is None and not hamiltonian.batch_shape \
        and hamiltonian.grid.is_ring and hamiltonian.grid.size <= FEW and isinstance(kicks, StaticKicks | DrivenKicks)
    return CalledSteps(hamiltonian, sequence, kicks, phases, most) if applies else None


@final
class CalledSteps:
    """Steps of one sequence in place; what the last few step lengths need is kept, ``most`` of them."""

    def __init__(self, hamiltonian: Hamiltonian, sequence: Sequence, kicks: Any, phases: Phases, most: int):
        self.hamiltonian, self.kicks, self.phases, self.most = hamiltonian, kicks, phases, most
        self.plan, self._kept = plan_of(sequence), dict[tuple[float, float], tuple[np.ndarray, np.ndarray | None]]()

    def steps(self, phi: Any, time: float, h: float, count: int, lookout: Lookout | None) -> bool:
        """``count`` steps of h from ``time`` on φ (…, *shape). False, and nothing done, for arrays that are not NumPy's own, and
        backends that cannot be called so."""
        if not (isinstance(phi, np.ndarray) and phi.dtype == complex and phi.flags.c_contiguous and phi.flags.writeable):
            return False
        passes = calls(phi, self.hamiltonian.grid.fourier_axes)
        if passes is None:
            return False
        ahead, back, scale = passes
        drifts, kicks = last_few(self._kept, (h, scale), self.most, lambda: self._made(h, scale))
        pairs = len(self.plan.which)
        if kicks is None:
            first = 0
            for tables in self.kicks.factors_in_parts(self.plan, h, time, count):
                rest = np.arange(first == 0, len(tables))
                self._run(phi, ahead, back, drifts, max(first - 1, 0) % pairs, tables, -1 if first else 0, rest, lookout)
                first += len(tables)
            return True
        order, most = self.plan.order, max(1, AT_ONCE // (phi.size * pairs))
        for done in range(0, count, most):  # an interrupt is taken between two of them
            rest = np.tile(order[1:-1], min(most, count - done))
            rest[-1] = order[-1]
            self._run(phi, ahead, back, drifts, 0, kicks, int(order[0]), rest, lookout)
        return True

    def _run(self, phi: np.ndarray, ahead: Call, back: Call, drifts: np.ndarray, stage: int, kicks: np.ndarray, first: int,
             order: np.ndarray, lookout: Lookout | None) -> None:
        from qlearn.kernels.compiled_calls import run

        rows = phi.reshape(-1, self.hamiltonian.grid.size)
        seen = np.zeros((len(rows), 2))
        points, modes = (NOWHERE, NOWHERE) if lookout is None else (lookout.places.points, lookout.places.modes)
        (forward, there), (backward, here) = ahead, back
        run(rows, id(forward), id(there), id(backward), id(here), drifts, self.plan.which, stage,
            kicks.reshape(-1, rows.shape[1]), first, order, points, modes, seen)
        if lookout is not None:
            lookout.note(seen)

    def _made(self, h: float, scale: float) -> tuple[np.ndarray, np.ndarray | None]:
        """scale·exp(−ihaT/ħ) of the distinct drifts, (D, n), and the factors of the distinct kicks, (K, n), where they are not
        driven."""
        table = self.hamiltonian.kinetic.table.reshape(1, -1)
        drifts = self.phases.exponentials(table, (self.plan.drifts * (h / self.hamiltonian.hbar))[:, None])
        drifts *= scale
        return drifts, self.kicks.factors(self.plan.kicks, h) if isinstance(self.kicks, StaticKicks) else None
