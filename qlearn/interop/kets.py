"""ψ, H and results as QuTiP's objects, and kets as ψ."""

from typing import Any

import numpy as np

from qlearn import checks
from qlearn.errors import MissingExtraError, UnsupportedError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian
from qlearn.results import Result
from qlearn.spectrum import Spectrum

__all__ = ["from_qutip", "require_qutip", "to_qutip"]


def to_qutip(thing: Any, grid: Grid | None = None) -> Any:
    """H → the operator H/ħ; ψ (*shape) with its grid → the ket ψ√ΔV; a Result or a Spectrum → the list of its kets.

    Channels are a first factor of the product space: ψ (c, *shape) has dims [[c, Nx, …], [1, 1, …]]. Walls, poles, metrics
    (half-densities), A and losses come along in the matrix.

    Raises ArgumentError, also where V or A depends on t; MissingExtraError without QuTiP; UnsupportedError for grids above 4096
    points, a batch of V and f(|ψ|²).
    """
    qutip = require_qutip()
    if isinstance(thing, Hamiltonian):
        dims = list(thing.state_shape)
        return qutip.Qobj(thing.to_matrix() / thing.hbar, dims=[dims, dims], isherm=thing.is_hermitian)
    if isinstance(thing, Result):
        if thing.states is None or thing.states.ndim != 1 + len(thing.hamiltonian.state_shape):
            found = "none" if thing.states is None else f"states of shape {tuple(thing.states.shape)}"
            checks.fail("result", "must hold the stored states of one wave function", found,
                        "Call sesolve with store_states=True, without batch axes.")
        return [_ket(qutip, thing.hamiltonian.grid, psi) for psi in thing.states]
    if isinstance(thing, Spectrum):
        return [_ket(qutip, thing.hamiltonian.grid, state) for state in thing.states]
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
    require_qutip()
    if not getattr(ket, "isket", False):
        raise UnsupportedError("from_qutip takes kets; build a Hamiltonian from its potential, Hamiltonian(grid, V).")
    components = np.asarray(ket.full()).ravel()
    channels, rest = divmod(components.size, grid.size)
    if rest or not channels:
        checks.fail("ket", f"must have {grid.size} components, one a point of the grid, or a multiple of that",
                    f"{components.size} components")
    shape = grid.shape if channels == 1 else (channels, *grid.shape)
    return components.reshape(shape) / np.sqrt(grid.cell_volume)


def _ket(qutip: Any, grid: Grid, psi: np.ndarray) -> Any:
    dims = [list(psi.shape), [1] * psi.ndim]
    return qutip.Qobj(psi.reshape(-1, 1) * np.sqrt(grid.cell_volume), dims=dims)


def require_qutip() -> Any:
    """The module qutip, or MissingExtraError with what installs it."""
    try:
        import qutip
    except ImportError as error:
        raise MissingExtraError("this needs QuTiP: pip install 'qlearn[verify]'.") from error
    return qutip
