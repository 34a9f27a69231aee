"""The recursions of Chebyshev and Lanczos in one compiled loop, where it applies: see qlearn.kernels.series.

That is: phases by numba, no FFT backend asked for by name, arrays of NumPy, periodic axes, one scalar V, and numbers of points
that the loop can transform. The numbers are those of the other way to rounding.
"""

from typing import Any, final

import numpy as np

from qlearn.kernels.fft import backend_name
from qlearn.kernels.phases import may_compile
from qlearn.kernels.series import Samples, Series
from qlearn.kernels.stepping import NONE, fits, layout_of
from qlearn.methods.clipping import TailSamples
from qlearn.methods.frozen import FrozenOperator
from qlearn.methods.lookout import Lookout

__all__ = ["FusedSeries", "fused_series"]


def fused_series(operator: FrozenOperator) -> "FusedSeries | None":
    """The compiled loop for this operator, None where it does not apply."""
    grid, H = operator.grid, operator.hamiltonian
    applies = may_compile() and operator.flat and H.channels is None and not H.batch_shape and H.is_hermitian \
        and fits(grid.shape) and grid.is_ring
    return FusedSeries(operator) if applies else None


@final
class FusedSeries:
    """For states (…, *shape)."""

    def __init__(self, operator: FrozenOperator):
        self.hamiltonian, self.layout = operator.hamiltonian, layout_of(operator.grid.shape)
        self._series = Series(self.layout, *operator.laid_out(self.layout))

    def takes(self, phi: Any) -> bool:
        """False for arrays that are not NumPy's own, and with other backends."""
        return isinstance(phi, np.ndarray) and phi.dtype == complex and backend_name() == "auto"

    def summed(self, start: list[np.ndarray], coefficients: np.ndarray, lookout: Lookout | None, shown: int,
               kinds: list[TailSamples | None] | None, inside: np.ndarray | None) -> list[np.ndarray]:
        """Σ_k c_k T_k φ, φ taken out of [φ], for coefficients (times, terms), new arrays; every ``shown``-th term is noted by the
        lookout. ``kinds`` of samples, of the modes and of the points, see all terms with the coefficients ``inside`` (16, terms).
        """
        masks = (NONE, NONE) if lookout is None else self.hamiltonian.kept_last(
            "masks", lookout.places, lambda: self.layout.masks(lookout.places.points, lookout.places.modes))
        samples = None
        if kinds is not None and inside is not None:
            samples = Samples(inside.T, *(np.empty(0, dtype=np.int64) if kind is None else kind.places for kind in kinds))
        states, seen, found = self._series.summed(start, coefficients, masks, shown, samples)
        if lookout is not None:
            lookout.note(seen)
        for kind, sums in zip(kinds or [], found, strict=False):
            if kind is not None:
                kind.sums += sums
        return states

    def tridiagonal(self, phi: np.ndarray, count: int, least: float) -> tuple[np.ndarray, np.ndarray]:
        """Lanczos' matrix of φ, of norm 1 or 0, see Series."""
        return self._series.tridiagonal(phi, count, least)
