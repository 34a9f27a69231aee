"""Runs of a splitting in one compiled loop that calls the transforms of an FFT backend (qlearn.kernels.compiled_calls): on small
grids, where a transform takes no longer than what Python does between two of them.

That is: phases by numba, arrays of NumPy, periodic axes, one static V or a separable drive, real time, and a backend whose
transforms can be called so. The numbers are those of the plain loop to rounding.
"""

from functools import cache, cached_property
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.fft import calls
from qlearn.kernels.phases import Phases
from qlearn.kernels.stepping import LANES
from qlearn.methods.kicks import DrivenKicks, Kicks, StaticKicks
from qlearn.methods.last_few import last_few
from qlearn.methods.lookout import Lookout
from qlearn.methods.sequence import Sequence, plan_of

__all__ = ["CalledSteps", "called_steps"]

FEW = 2**13        # points of a grid
AT_ONCE = 2**23    # points times stages: about a tenth of a second
NOWHERE = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
NO_WEIGHTS = np.empty((0, 0))


def called_steps(hamiltonian: Hamiltonian, sequence: Sequence, kicks: Kicks, phases: Phases, most: int) -> "CalledSteps | None":
    """The loop for this H, None where it does not apply."""
    applies = phases.name == "numba" and hamiltonian.channels is None and not hamiltonian.batch_shape \
        and hamiltonian.grid.is_ring and LANES <= hamiltonian.grid.size <= FEW and isinstance(kicks, StaticKicks | DrivenKicks)
    return CalledSteps(hamiltonian, sequence, kicks, phases, most) if applies else None


@final
class CalledSteps:
    """Steps of one sequence in place; what the last few step lengths need is kept, ``most`` of them."""

    def __init__(self, hamiltonian: Hamiltonian, sequence: Sequence, kicks: Any, phases: Phases, most: int):
        self.hamiltonian, self.kicks, self.phases, self.most = hamiltonian, kicks, phases, most
        self.plan, self._kept = plan_of(sequence), dict[tuple[float, float], tuple[np.ndarray, np.ndarray]]()

    def steps(self, phi: Any, time: float, h: float, count: int, lookout: Lookout | None) -> bool:
        """``count`` steps of h from ``time`` on φ (…, *shape). False, and nothing done, for arrays that are not NumPy's own, and
        backends that cannot be called so."""
        if not (isinstance(phi, np.ndarray) and phi.dtype == complex and phi.flags.c_contiguous and phi.flags.writeable):
            return False
        passes = calls(phi, self.hamiltonian.grid.fourier_axes)
        if passes is None:
            return False
        drifts, kicks = last_few(self._kept, (h, passes[2]), self.most, lambda: self._made(h, passes[2]))
        pairs = len(self.plan.which)
        most = max(1, AT_ONCE // (phi.size * pairs))
        parts = [(done, min(most, count - done)) for done in range(0, count, most)]  # an interrupt is taken between two of them
        weights = [self._weights(h, time + done * h, steps) for done, steps in parts]
        if any(part is None for part in weights):
            return False
        rows = phi.reshape(-1, self.hamiltonian.grid.size)
        places = NOWHERE if lookout is None else (lookout.places.points, lookout.places.modes)
        seen = np.zeros((len(rows), 2))
        (forward, there), (backward, here), _ = passes
        for (_, steps), part in zip(parts, weights, strict=True):
            _compiled().run(rows, id(forward), id(there), id(backward), id(here), drifts, self.plan.which, kicks, self.plan.order,
                            *self._tables, part, steps, *places, seen)
        if lookout is not None:
            lookout.note(seen)
        return True

    def _made(self, h: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
        """scale·exp(−ihaT/ħ) of the distinct drifts, (D, n), and the factors of the distinct kicks, (K, n), room for those of one
        where they are driven."""
        H, rows = self.hamiltonian, len(self.plan.kicks)
        drifts = self.phases.exponentials(H.kinetic.table.reshape(1, -1), (self.plan.drifts * (h / H.hbar))[:, None])
        drifts *= scale
        if isinstance(self.kicks, DrivenKicks):
            return drifts, np.empty((1, H.grid.size), dtype=complex)
        return drifts, self.kicks.factors(self.plan.kicks, h).reshape(rows, -1)

    def _weights(self, h: float, time: float, count: int) -> np.ndarray | None:
        """Of all kicks of a drive, see qlearn.kernels.compiled_calls; None where phases are too large for the loop."""
        if isinstance(self.kicks, StaticKicks):
            return NO_WEIGHTS
        factors = self.kicks.factors_at(self.plan.times(time, h, count, compiled=True))
        largest = self.hamiltonian.kept(f"largest of {len(self._tables[0])} tables", lambda: np.abs(self._tables[0]).max(axis=1))
        return self.plan.weights(h, self.hamiltonian.hbar, factors, largest, compiled=True)

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray]:
        """(R, n) each, real: what the phases of the kicks of a drive are sums of, and the logarithms of what a loss leaves."""
        kicks, none = self.kicks, np.empty((0, 0))
        if isinstance(kicks, StaticKicks):
            return _frozen(none), _frozen(none)
        tables = kicks.tables.reshape(len(kicks.tables), -1)
        return _frozen(tables), _frozen(none if kicks.damping is None else kicks.damping.reshape(tables.shape))


def _frozen(rows: np.ndarray) -> np.ndarray:
    """A read-only view, C-contiguous: one kind of arrays, compiled once."""
    view = np.ascontiguousarray(rows).view()
    view.flags.writeable = False
    return view


@cache
def _compiled() -> Any:
    from qlearn.kernels import compiled_calls

    return compiled_calls
