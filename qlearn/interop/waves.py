"""QuTiP as a second opinion on a propagation."""

from dataclasses import dataclass
from time import perf_counter
from typing import final

import numpy as np

from qlearn.errors import UnsupportedError
from qlearn.interop.kets import from_qutip, require_qutip, to_qutip
from qlearn.results import Result

__all__ = ["QutipComparison", "compare_waves"]

LARGEST = 2048  # points: QuTiP's "diag" takes all eigenvectors of a complex matrix


@final
@dataclass(frozen=True, eq=False)
class QutipComparison:
    """The same equation solved by QuTiP on the same grid.

    times : (n,).   differences : (n,) ‖ψ − ψ_QuTiP‖ (L2, global phase included) relative to ‖ψ0‖.
    method : what QuTiP ran.   version : QuTiP's.   points : of the grid.   seconds : QuTiP's time.
    """

    times: np.ndarray
    differences: np.ndarray
    method: str
    version: str
    points: int
    seconds: float

    @property
    def largest(self) -> float:
        return float(np.max(self.differences))


def compare_waves(result: Result) -> QutipComparison:
    """Solve the equation of ``result`` with qutip.sesolve, method="diag", from its first state, at its times.

    The matrix is the one of ``H.to_matrix()``, so that what is checked is the propagation, not the grid.

    Raises UnsupportedError where H depends on t, has a loss or f(|ψ|²) or more than 2048 points (times channels), and in
    imaginary time; ArgumentError without stored states.
    """
    H = result.hamiltonian
    if "residual" in result.stats:
        raise UnsupportedError("compare_qutip is offered in real time; compare a ground state with eigenstates(H, 1).")
    if H.time_dependent:
        raise UnsupportedError('compare_qutip uses QuTiP\'s method "diag", which needs an H independent of t; compare with '
                               "a second method of qlearn, Strang() against RKN6().")
    if not (H.is_hermitian and H.is_linear):
        raise UnsupportedError("compare_qutip is offered for a linear H without loss, which QuTiP's \"diag\" needs; compare "
                               "with a second method of qlearn.")
    size = int(np.prod(H.state_shape))
    if size > LARGEST:
        raise UnsupportedError(f"compare_qutip is not offered for {size} points (limit {LARGEST}); take a coarser grid.")
    qutip = require_qutip()
    kets = to_qutip(result)
    started = perf_counter()
    solved = qutip.sesolve(to_qutip(H), kets[0], result.times - result.times[0],
                           options={"method": "diag", "normalize_output": False, "progress_bar": "", "store_states": True})
    seconds = perf_counter() - started
    theirs = np.stack([from_qutip(ket, H.grid) for ket in solved.states])
    differences = H.norm(result.states - theirs) / H.norm(theirs[0])
    return QutipComparison(result.times, differences, 'sesolve, method="diag"', qutip.__version__, size, seconds)
