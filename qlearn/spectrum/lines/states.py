"""Eigenstates at the lines of a propagation: ψ(t) filtered in time.

    v(E) ∝ Σ_j w_j exp(iEt_j/ħ) ψ(t_j) = Σ_n c_n ŵ((E − E_n)T/ħ) |n⟩
"""

from typing import Any

import numpy as np
from scipy.signal import windows

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.results import Result
from qlearn.spectrum.lines.autocorrelation import stored_states
from qlearn.spectrum.lines.fourier_peaks import PARAMETERS, WINDOWS

__all__ = ["line_states"]


def line_states(result: Result, energies: Any, *, window: str = "blackmanharris") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(states (k, *state_shape) of norm 1, ⟨H⟩ (k,), residuals ‖Hv − ⟨H⟩v‖ (k,)) at the energies (k,) of lines.

    Some eigenvalue of H lies within each residual of its ⟨H⟩. Neighbours leak in by ŵ: they are gone where they stand more than
    4 (Hann) to 10 (Kaiser) times 2πħ/T apart, so that twice the time is needed as for the energies; the states of close lines
    are not orthogonal. Hermitian, static, linear H; the states of ``result`` at uniform times.

    Raises
    ------
    ArgumentError, UnsupportedError: as ql.autocorrelation; ArgumentError where ψ has no part at an energy.

    >>> import qlearn as ql
    >>> grid = ql.Grid(64, (-9, 9))
    >>> H = ql.Hamiltonian(grid, lambda x: x**2 / 2)
    >>> run = ql.sesolve(H, ql.gaussian(grid, center=1, width=2**-0.5), np.linspace(0, 60, 301), tol=1e-10)
    >>> states, found, residuals = line_states(run, [0.5, 1.5], window="kaiser")
    >>> found.round(8).tolist(), bool(residuals.max() < 1e-6)
    ([0.5, 1.5], True)
    """
    energies = checks.finite_array("energies", energies, shape=(None,))
    checks.choice("window", window, WINDOWS)
    dt, states = stored_states(result)
    H, n = result.hamiltonian, len(states)
    if not H.is_hermitian:
        raise UnsupportedError("states at the lines of an H with a loss are not offered; take ql.eigenstates.")
    given = (window, PARAMETERS[window] * n / 2) if window == "gaussian" else \
        (window, PARAMETERS[window]) if window in PARAMETERS else window
    weights = windows.get_window(given, n, fftbins=False)
    weights = weights / np.sum(weights) * np.exp(1j * np.outer(energies / H.hbar, dt * np.arange(n)))
    found = np.tensordot(weights, states, axes=1)
    sizes, column = H.norm(found), (-1,) + (1,) * len(H.state_shape)
    if np.any(sizes <= 1e-12 * H.norm(states[0])):
        checks.fail("energies", "must be those of lines of ψ", f"{float(energies[np.argmin(sizes)]):.6g}, where ψ has no part")
    found = found / sizes.reshape(column)
    means = H.expect(found)
    return found, means, H.norm(H @ found - means.reshape(column) * found)
