"""The record that a method keeps of what it did."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from qlearn.kernels.arrays import squared_sums
from qlearn.methods.lookout import Lookout

__all__ = ["EPS", "Record", "relative_distance"]

EPS = float(np.finfo(float).eps)
SAID = ("ffts", "steps", "error", "rounding", "revised", "note", "witnessed", "reached")  # by a record


@dataclass(eq=False)
class Record:
    """Counts and estimates of one run; the method writes it, sesolve reads it.

    ffts : transforms of one wave function (a batch of b counts b).   steps : steps or series terms taken.
    error : estimated error of the method at the last state, L2, relative to ‖ψ0‖.   rounding : that of the arithmetic.
    revised : estimated error of states at save times that were handed out early and whose steps were then found too long.
    note : how the steps came about, in words.
    witnessed : the step length whose forecast, of a scheme with a processor, another scheme has confirmed at ψ0; 0 for none.
    reached : the time that ψ has reached, counted from times[0]; for the progress bar.
    on_watch : called with the periodic part φ = exp(−iκ·(x − a))ψ at stops of the method's own.
    lookout : what methods show φ and its modes all the way, not at their stops alone.
    """

    ffts: int = 0
    steps: int = 0
    error: float = 0.0
    rounding: float = 0.0
    revised: float = 0.0
    note: str = ""
    witnessed: float = 0.0
    reached: float = 0.0
    on_watch: Callable[[Any], None] | None = None
    lookout: Lookout | None = None

    def snapshot(self, prefix: str = "") -> dict[str, Any]:
        """What it says, under names with that before them."""
        return {prefix + name: getattr(self, name) for name in SAID}

    def restore(self, saved: dict[str, Any], prefix: str = "") -> None:
        for name in SAID:
            setattr(self, name, type(getattr(self, name))(saved[prefix + name]))

    def watch(self, phi: Any) -> None:
        """Show φ (…, *state_shape) at a stop of the method's own, for the spectral tail and the edges."""
        if self.on_watch is not None:
            self.on_watch(phi)


def relative_distance(a: Any, b: Any, axes: tuple[int, ...], norms: np.ndarray) -> float:
    """The largest ‖a − b‖/norm over a batch, ‖·‖ the plain Euclidean norm over ``axes``; members of norm 0 are left out."""
    difference = np.sqrt(squared_sums(a - b, axes))
    return float(np.max(np.divide(difference, norms, out=np.zeros_like(difference), where=norms > 0)))
