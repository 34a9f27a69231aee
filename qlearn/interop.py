"""To QuTiP and back, and QuTiP as a second opinion.

Conventions of QuTiP: kets ψ√ΔV, dims [[Nx, Ny], [1, 1]] (newer versions print them as [[Nx, Ny], [1]]), and H/ħ.
"""

from dataclasses import dataclass
from time import perf_counter
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import MissingExtraError, UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.results import Result

__all__ = ["QutipComparison", "compare_qutip", "from_qutip", "to_qutip"]

LARGEST = 2048  # points: QuTiP's "diag" takes all eigenvectors of a complex matrix


def to_qutip(thing: Any, grid: Grid | None = None) -> Any:
    """H → the operator H/ħ; ψ (*shape) with its grid → the ket ψ√ΔV; a Result → the list of its kets.

    Channels are a first factor of the product space: ψ (c, *shape) has dims [[c, Nx, …], [1, 1, …]]. Walls, poles, metrics
    (half-densities), A and losses come along in the matrix.

    Raises ArgumentError, also where V or A depends on t; MissingExtraError without QuTiP; UnsupportedError for grids above 4096
    points, a batch of V and f(|ψ|²).
    """
    qutip = _qutip()
    if isinstance(thing, Hamiltonian):
        dims = list(thing.state_shape)
        return qutip.Qobj(thing.to_matrix() / thing.hbar, dims=[dims, dims])
    if isinstance(thing, Result):
        if thing.states is None or thing.states.ndim != 1 + len(thing.hamiltonian.state_shape):
            found = "none" if thing.states is None else f"states of shape {tuple(thing.states.shape)}"
            checks.fail("result", "must hold the stored states of one wave function", found,
                        "Call sesolve with store_states=True, without batch axes.")
        return [_ket(qutip, thing.hamiltonian.grid, psi) for psi in thing.states]
    if grid is None:
        checks.fail("grid", "is needed for a wave function", "none", "Write to_qutip(psi, grid).")
    psi = checks.finite_array("psi", thing, dtype=complex)
    if psi.shape[-grid.ndim:] != grid.shape or psi.ndim > grid.ndim + 1:
        checks.fail("psi", f"must have the shape {grid.shape} of the grid, or (c, *shape) with channels", f"shape {psi.shape}")
    return _ket(qutip, grid, psi)


def from_qutip(ket: Any, grid: Grid) -> np.ndarray:
    """A ket with as many components as the grid has points → ψ = ket/√ΔV, (*shape); with c times as many, (c, *shape).

    Operators are not turned into a Hamiltonian: which part is T and which V cannot be told.
    """
    _qutip()
    if not getattr(ket, "isket", False):
        raise UnsupportedError("from_qutip takes kets; build a Hamiltonian from its potential, Hamiltonian(grid, V).")
    components = np.asarray(ket.full()).ravel()
    channels, rest = divmod(components.size, grid.size)
    if rest or not channels:
        checks.fail("ket", f"must have {grid.size} components, one a point of the grid, or a multiple of that",
                    f"{components.size} components")
    shape = grid.shape if channels == 1 else (channels, *grid.shape)
    return components.reshape(shape) / np.sqrt(grid.cell_volume)


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


def compare_qutip(result: Result) -> QutipComparison:
    """Solve the equation of ``result`` with qutip.sesolve, method="diag", from its first state, at its times.

    The matrix is the one of ``H.to_matrix()``, so that what is checked is the propagation, not the grid.

    Raises UnsupportedError where H depends on t, has a loss or f(|ψ|²) or more than 2048 points (times channels), and in
    imaginary time; ArgumentError without stored states.
    """
    if not isinstance(result, Result):
        checks.fail("result", "must be the Result of sesolve", type(result).__name__)
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
    qutip = _qutip()
    kets = to_qutip(result)
    started = perf_counter()
    solved = qutip.sesolve(to_qutip(H), kets[0], result.times - result.times[0],
                           options={"method": "diag", "normalize_output": False, "progress_bar": "", "store_states": True})
    seconds = perf_counter() - started
    theirs = np.stack([from_qutip(ket, H.grid) for ket in solved.states])
    differences = H.norm(result.states - theirs) / H.norm(theirs[0])
    return QutipComparison(result.times, differences, 'sesolve, method="diag"', qutip.__version__, size, seconds)


def _ket(qutip: Any, grid: Grid, psi: np.ndarray) -> Any:
    dims = [list(psi.shape), [1] * psi.ndim]
    return qutip.Qobj(psi.reshape(-1, 1) * np.sqrt(grid.cell_volume), dims=dims)


def _qutip() -> Any:
    try:
        import qutip
    except ImportError as error:
        raise MissingExtraError("this needs QuTiP: pip install 'qlearn[verify]'.") from error
    return qutip
