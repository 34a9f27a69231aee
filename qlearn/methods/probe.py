"""The local error of a step by step doubling, and the steps of schemes with a processor.

    e(h) = ‖Φ(h)φ − Φ(h/2)Φ(h/2)φ‖/(1 − 2^(−p)) ≈ C |h|^(p+1)
"""

import math
from typing import Any, final

import numpy as np

from qlearn.kernels.arrays import as_complex, squared_sums
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.record import EPS

__all__ = ["Conjugation", "StepProbe"]


@final
class Conjugation:
    """Keeps account of the processor: φ of a run is Pφ of the state while ``inside`` holds the step length, else the state.

    P depends on the step length; it is undone and done again where that changes. Nothing happens for schemes without one."""

    def __init__(self, kernel: SplittingKernel):
        self.kernel, self.inside = kernel, 0.0

    def into(self, phi: Any, time: float, h: float) -> Any:
        """φ ready for steps of h from ``time``."""
        if self.kernel.table.processor is None or h == self.inside:
            return phi
        phi = self.kernel.enter(self.out(phi, time), time, h)
        self.inside = h
        return phi

    def out(self, phi: Any, time: float) -> Any:
        """The state, for good."""
        if self.inside != 0:
            phi = self.kernel.leave(phi, time, self.inside)
            self.inside = 0.0
        return phi

    def state(self, phi: Any, time: float) -> Any:
        """The state, a new array, while the run goes on with φ; φ itself where there is nothing to undo."""
        return phi if self.inside == 0 else self.kernel.leave(as_complex(phi), time, self.inside)


@final
class StepProbe:
    """Measures e(h) at a state, relative to ``norms``, those of ψ0 (see Outset)."""

    def __init__(self, kernel: SplittingKernel, norms: np.ndarray):
        self.kernel, self.order, self.norms = kernel, kernel.table.order, norms
        self.transforms = 2 * kernel.pairs
        self.swollen = 1.0  # ‖φ‖ over the norms, where it has grown
        self._noise = 2 * EPS * math.sqrt(self.transforms * math.log2(kernel.hamiltonian.grid.size + 1))

    @property
    def noise(self) -> float:
        """What rounding makes of e(h)."""
        return self._noise * self.swollen

    def watch_growth(self, phi: Any) -> None:
        """Rounding is relative to φ, and e(h) to ψ0, where a gain lets φ grow."""
        self.swollen = float(np.max(np.sqrt(squared_sums(phi, self.kernel.axes)) / self.norms, initial=1.0))

    def compare(self, phi: Any, time: float, h: float) -> tuple[Any, float]:
        """(φ after two half steps, e(h) of the one step); φ is left alone."""
        whole = self.kernel.steps(as_complex(phi), time, h, 1, brief=True)
        halves = self.kernel.steps(as_complex(phi), time, h / 2, 2, brief=True)
        return halves, self._error(whole, halves)

    def compare_processed(self, phi: Any, time: float, h: float) -> tuple[Any, float]:
        """The same of steps with their processor, for a φ that is the state itself."""
        return_to = time + h
        whole = self._whole(as_complex(phi), time, h, 1, return_to)
        halves = self._whole(as_complex(phi), time, h / 2, 2, return_to)
        return halves, self._error(whole, halves)

    def fixed(self, phi: Any, time: float, h: float) -> tuple[Any, float]:
        """(φ after the one step, e(h)); φ may be overwritten."""
        halves = self.kernel.steps(as_complex(phi), time, h / 2, 2, brief=True)
        whole = self.kernel.steps(phi, time, h, 1, brief=True)
        halves -= whole
        return whole, self._relative(halves)

    def rounding(self, steps: int) -> float:
        """Of so many steps: that of the transforms is random, that of the phase tables the same in each step."""
        return self.swollen * (self._noise * math.sqrt(steps) + EPS * math.sqrt(self.transforms) * steps)

    def _whole(self, phi: Any, time: float, h: float, count: int, end: float) -> Any:
        phi = self.kernel.steps(self.kernel.enter(phi, time, h), time, h, count, brief=True)
        return self.kernel.leave(phi, end, h)

    def _error(self, whole: Any, halves: Any) -> float:
        whole -= halves
        return self._relative(whole)

    def _relative(self, difference: Any) -> float:
        ratios = np.sqrt(squared_sums(difference, self.kernel.axes)) / self.norms
        largest = float(ratios.max() if ratios.ndim else ratios)
        return largest / (1 - 2.0**-self.order) if largest < math.inf else math.inf  # a step that ran away is one too long
