"""compare_qutip: one name for both comparisons."""

from typing import Any

from qlearn import checks
from qlearn.interop.levels import QutipLevels, compare_levels
from qlearn.interop.waves import QutipComparison, compare_waves
from qlearn.results import Result
from qlearn.spectrum import Spectrum

__all__ = ["compare_qutip"]


def compare_qutip(thing: Any) -> QutipComparison | QutipLevels:
    """QuTiP solves the same problem on the same grid, from the matrix of ``H.to_matrix()``: what is checked is the solver, not
    the grid.

    A Result: qutip.sesolve, method="diag", from its first state, at its times; a QutipComparison with ``differences`` of ψ.
    A Spectrum: Qobj.eigenstates of H/ħ; a QutipLevels with ``differences`` of the levels and ``overlaps`` of the states.

    Raises
    ------
    ArgumentError for anything else, and for a Result without stored states; MissingExtraError without QuTiP.
    UnsupportedError with an alternative for more than 2048 points (times channels; 1024 for levels of an H with a loss), and for
    a propagation where H depends on t, has a loss or f(|ψ|²), or in imaginary time.

    >>> from qlearn import Grid, Hamiltonian, eigenstates
    >>> compared = compare_qutip(eigenstates(Hamiltonian(Grid(64, (-9, 9)), lambda x: x**2 / 2), 3))
    >>> compared.energies.round(9).tolist(), bool(compared.largest < 1e-11), compared.below
    ([0.5, 1.5, 2.5], True, 0)
    """
    if isinstance(thing, Spectrum):
        return compare_levels(thing)
    if not isinstance(thing, Result):
        checks.fail("result", "must be the Result of sesolve or the Spectrum of eigenstates", type(thing).__name__)
    return compare_waves(thing)
