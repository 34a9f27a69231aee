"""Runs of a splitting in one compiled loop that calls the transforms of an FFT backend (qlearn.kernels.compiled_calls): on small
grids, where a transform takes no longer than what Python does between two of them.

That is: phases by numba, arrays of NumPy, periodic axes, one static V or a separable drive, real time, and a backend whose
transforms can be called so. The numbers are those of the plain loop to rounding.
"""

from functools import cache
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.fft import Calls, calls
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
        drifts, kicks = last_few(self._kept, (h, passes[2]), self.most, lambda: self._made(h, passes[2]))
        pairs, order = len(self.plan.which), self.plan.order
        if kicks is None:
            done = 0
            for part in self.kicks.factors_in_parts(self.plan, h, time, count):
                tables, first = part.reshape(len(part), -1), done == 0
                self._run(phi, passes, (drifts, self.plan.which, max(done - 1, 0) % pairs, tables, NOWHERE, first,
                                        len(tables) - first), lookout)
                done += len(tables)
            return True
        most = max(1, AT_ONCE // (phi.size * pairs))
        for done in range(0, count, most):  # an interrupt is taken between two of them
            stages = min(most, count - done) * pairs
            self._run(phi, passes, (drifts, self.plan.which, 0, kicks, order, True, stages), lookout)
        return True

    def _run(self, phi: np.ndarray, passes: Calls, stages: tuple[Any, ...], lookout: Lookout | None) -> None:
        """See qlearn.kernels.compiled_calls."""
        rows = phi.reshape(-1, self.hamiltonian.grid.size)
        seen = np.zeros((len(rows), 2))
        points, modes = (NOWHERE, NOWHERE) if lookout is None else (lookout.places.points, lookout.places.modes)
        (forward, there), (backward, here), _ = passes
        _compiled().run(rows, id(forward), id(there), id(backward), id(here), *stages, points, modes, seen)
        if lookout is not None:
            lookout.note(seen)

    def _made(self, h: float, scale: float) -> tuple[np.ndarray, np.ndarray | None]:
        """scale·exp(−ihaT/ħ) of the distinct drifts, (D, n), and the factors of the distinct kicks, (K, n), where they are not
        driven."""
        table = self.hamiltonian.kinetic.table.reshape(1, -1)
        drifts = self.phases.exponentials(table, (self.plan.drifts * (h / self.hamiltonian.hbar))[:, None])
        drifts *= scale
        if isinstance(self.kicks, DrivenKicks):
            return drifts, None
        return drifts, self.kicks.factors(self.plan.kicks, h).reshape(len(self.plan.kicks), -1)


@cache
def _compiled() -> Any:
    from qlearn.kernels import compiled_calls

    return compiled_calls
