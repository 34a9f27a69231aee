"""Runs of a splitting in one compiled loop, where it applies: see qlearn.kernels.stepping.

That is: phases by numba, no FFT backend asked for by name, arrays of NumPy, periodic axes, one static V or a separable drive
without a loss, real time, and numbers of points that the loop can transform. The numbers are those of the other way to rounding.
"""

from functools import cached_property
from typing import Any, final

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.kernels.fft import backend_name
from qlearn.kernels.phases import Phases
from qlearn.kernels.stepping import NONE, Angles, Stages, exponentials, factors, fits, layout_of
from qlearn.methods.kicks import DrivenKicks, Kicks, StaticKicks
from qlearn.methods.last_few import last_few
from qlearn.methods.lookout import Lookout
from qlearn.methods.sequence import Plan, Sequence, plan_of

__all__ = ["FusedSteps", "fused_steps"]

AT_ONCE = 50_000_000  # points times stages: some tenths of a second
FEW = 2**14           # points up to which a look at the error of a step has tables for its kicks, which are of use again


def fused_steps(hamiltonian: Hamiltonian, sequence: Sequence, kicks: Kicks, phases: Phases, gradient: bool,
                most: int) -> "FusedSteps | None":
    """The compiled loop for this H, None where it does not apply; ``gradient`` where some c ≠ 0."""
    grid = hamiltonian.grid
    applies = phases.name == "numba" and hamiltonian.channels is None and not hamiltonian.batch_shape and fits(grid.shape) \
        and grid.is_ring and (isinstance(kicks, StaticKicks) or (isinstance(kicks, DrivenKicks) and kicks.damping is None))
    return FusedSteps(hamiltonian, sequence, kicks, gradient, most) if applies else None


@final
class FusedSteps:
    """Steps of one sequence in place; what the last few step lengths need is kept, ``most`` of them."""

    def __init__(self, hamiltonian: Hamiltonian, sequence: Sequence, kicks: Any, gradient: bool, most: int):
        self.hamiltonian, self.kicks, self.gradient, self.most = hamiltonian, kicks, gradient, most
        self.plan, self.layout = plan_of(sequence), layout_of(hamiltonian.grid.shape)
        self._drifted: dict[float, Stages] = {}
        self._kicked: dict[float, np.ndarray] = {}

    def steps(self, phi: Any, time: float, h: float, count: int, lookout: Lookout | None, brief: bool) -> bool:
        """``count`` steps of h from ``time`` on φ (…, *shape); ``brief`` without tables for the kicks on large grids, where
        phases are found as they are needed. False, and nothing done, for arrays that are not NumPy's own, other backends, and
        phases too large for the loop."""
        if not _takes(phi):
            return False
        plan, stages = self.plan, self._stages(h)
        brief = brief and self.hamiltonian.is_hermitian and self.hamiltonian.grid.size > FEW
        kicks = None if isinstance(self.kicks, DrivenKicks) or brief else self._factors(h)
        masks = (NONE, NONE) if lookout is None else self._watched(lookout)
        parts = _parts(count, phi.size * len(plan.which))
        weights = [self._weights(plan, h, time + first * h, part) for first, part in parts] if kicks is None else []
        if any(part is None for part in weights):
            return False
        for i, (_, part) in enumerate(parts):  # an interrupt is taken between two of them
            seen = stages.driven(phi, self._tables.values, weights[i], masks) if kicks is None \
                else stages.static(phi, kicks, plan.order, part, masks)
            if lookout is not None:
                lookout.note(seen)
        return True

    def once(self, phi: Any, sequence: Sequence, time: float, h: float) -> bool:
        """Another sequence, whose tables are not kept: phases are found as they are needed."""
        if not _takes(phi) or not self.hamiltonian.is_hermitian:
            return False
        plan = plan_of(sequence)
        weights = self._weights(plan, h, time, 1)
        if weights is None:
            return False
        self._made(plan, h).driven(phi, self._tables.values, weights)
        return True

    def _stages(self, h: float) -> Stages:
        made: Stages = last_few(self._drifted, h, self.most, lambda: self._made(self.plan, h))
        return made

    def _factors(self, h: float) -> np.ndarray:
        made: np.ndarray = last_few(self._kicked, h, self.most, lambda: self._static(self.plan.kicks, h))
        return made

    def _made(self, plan: Plan, h: float) -> Stages:
        return Stages(self.layout, plan.which, *self._drifts(plan.drifts * h))

    def _static(self, rows: np.ndarray, h: float) -> np.ndarray:
        """The factors of kicks (b, c)."""
        if not self.hamiltonian.is_hermitian:
            return factors(self.layout, (self.kicks.factor(b, c, h) for b, c in rows.tolist()), len(rows))
        return exponentials(self._tables, self._static_weights(rows, h))

    def _static_weights(self, rows: np.ndarray, h: float) -> np.ndarray:
        """w_r of θ = Σ_r w_r g_r for kicks (b, c), (n, R)."""
        scales = (h / self.hamiltonian.hbar, -h**3 / self.hamiltonian.hbar)[:len(self._tables.values)]
        return rows[:, :len(scales)] * scales

    @cached_property
    def _tables(self) -> Angles:
        """What the phases of the kicks are sums of, as the points lie: V and ∂VᵀM⁻¹∂V, or the tables of a drive."""
        H, kicks = self.hamiltonian, self.kicks

        def found() -> Angles:
            if isinstance(kicks, DrivenKicks):
                return Angles(self.layout.points(kicks.tables))
            tables = [H.potential_table(), H.gradient_squared()] if self.gradient else [H.potential_table()]
            return Angles(self.layout.points(np.stack(tables)))
        return H.kept(f"angles of kicks{' with ∂V' if self.gradient else ''}", found)

    @cached_property
    def _kinetic(self) -> list[Angles]:
        """T as the modes lie; where it is a sum, its part of axis 0 and that of all others."""
        kinetic = self.hamiltonian.kinetic

        def found() -> list[Angles]:
            table = kinetic.table
            if table.ndim == 1 or np.count_nonzero(kinetic.inverse) > len(kinetic.inverse):
                return [Angles(self.layout.modes(table[None]))]
            first = table.reshape(len(table), -1)[:, 0]
            return [Angles(self.layout.lead(first[None])), Angles(self.layout.last(table[:1] - first[0]))]
        return self.hamiltonian.kept("angles of drifts", found)

    def _drifts(self, lengths: np.ndarray) -> list[np.ndarray]:
        """exp(−i h_d T/ħ)/N for each of the lengths, in the parts of T."""
        rates, scale = (lengths / self.hamiltonian.hbar)[:, None], 1 / self.hamiltonian.grid.size
        if len(self._kinetic) == 1:
            return [exponentials(self._kinetic[0], rates, scale)]
        lead, last = self._kinetic
        return [NONE, exponentials(lead, rates, scale), exponentials(last, rates)]

    def _weights(self, plan: Plan, h: float, time: float, count: int) -> Any:
        """(1 + count·stages, R) of each kick in turn, the last of a step and the first of the next being one; None where phases
        are too large for the loop."""
        factors = self.kicks.factors_at(plan.times(time, h, count, compiled=True)) if isinstance(self.kicks, DrivenKicks) \
            else np.empty((1 + count * len(plan.fractions), 0))
        return plan.weights(h, self.hamiltonian.hbar, factors, self._tables.largest, compiled=True)

    def _watched(self, lookout: Lookout) -> tuple[np.ndarray, np.ndarray]:
        places = lookout.places
        masks: tuple[np.ndarray, np.ndarray] = self.hamiltonian.kept_last(
            "masks", places, lambda: self.layout.masks(places.points, places.modes))
        return masks


def _parts(count: int, each: int) -> list[tuple[int, int]]:
    """(first, number) of the steps of each call of the compiled loop, which lasts for AT_ONCE points and stages at most."""
    most = max(1, AT_ONCE // each)
    return [(first, min(most, count - first)) for first in range(0, count, most)]


def _takes(phi: Any) -> bool:
    return isinstance(phi, np.ndarray) and phi.dtype == complex and phi.flags.c_contiguous and phi.flags.writeable \
        and backend_name() == "auto"
