"""Spectrum: levels of a Hamiltonian with their states, residuals and error bounds, however they were found."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.errors import RegimeError
from qlearn.grids import Grid
from qlearn.hamiltonian import Hamiltonian

__all__ = ["Spectrum"]


@final
@dataclass(frozen=True, eq=False)
class Spectrum:
    """k eigenstates of a Hamiltonian: the lowest, ascending, or those nearest to a target.

    energies : (k,) units of energy; complex, E − iΓ/2, where H has a loss.
    states : (k, *state_shape), orthonormal: Σ v_i* v_j ΔV = δ_ij, summed over channels, where H is Hermitian, else of norm 1
        each; real where H is real; with a metric half-densities.
    residuals : (k,) ‖Hv − Ev‖ on the grid ``certified_on``.
    error_bounds : (k,) distance within which H on that grid has an eigenvalue; see ``eigenstates``.
    method : how they were found, in words.     stats : what the solver reports of itself.
    """

    hamiltonian: Hamiltonian
    energies: np.ndarray
    states: np.ndarray
    residuals: np.ndarray
    error_bounds: np.ndarray
    certified_on: Grid
    method: str = ""
    stats: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        for array in (self.energies, self.states, self.residuals, self.error_bounds):
            array.flags.writeable = False

    def rates(self, k: int) -> np.ndarray:
        """E_j/ħ, j = 1 … k: the relaxation rates of a static learner where H = ħH_E of THEORY 5, zero mode left out.

        RegimeError where the lowest level is not zero within its bound or 1e-6 of the first gap.
        """
        k = checks.integer("k", k, least=1, most=len(self.energies) - 1,
                           remedy="Ask eigenstates for one state more than rates.")
        first = float(self.energies[1])
        if abs(self.energies[0]) > max(10 * self.error_bounds[0], 1e-6 * abs(first)):
            raise RegimeError(f"the lowest level {self.energies[0]:.6g} is no zero mode, so E/ħ are not relaxation rates: "
                              "only H = ħH_E of a static loss has them.")
        return self.energies[1:k + 1] / self.hamiltonian.hbar

    def save(self, path: Any) -> None:
        """Write all numbers to an HDF5 file, whole or not at all; ql.load reads them back bit for bit. Functions become tables.

        Raises ArgumentError for a path that is none; StorageError where it cannot be written.
        """
        from qlearn.spectrum.files import save

        save(self, path)

    def plot(self, **settings: Any) -> Any:
        """Draw the levels, in 1-D with the potential and the states' densities: see qlearn.plots."""
        from qlearn.plots import spectrum

        return spectrum(self, self.hamiltonian, **settings)
