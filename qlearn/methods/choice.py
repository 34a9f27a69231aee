"""Which method where none is named: the one that needs fewer transforms, as far as the first state tells."""

import numpy as np

from qlearn.hamiltonian import Hamiltonian
from qlearn.methods.chebyshev import Chebyshev, expansion_length
from qlearn.methods.kernel import SplittingKernel
from qlearn.methods.record import Method, Record
from qlearn.methods.splitting import RKN6
from qlearn.methods.steps import AutomaticSteps

__all__ = ["choose"]

FEW = 300  # FFT pairs that are not worth a trial


def choose(hamiltonian: Hamiltonian, psi: np.ndarray, times: np.ndarray, tol: float,
           record: Record) -> tuple[Method, str]:
    """(method, why). The trial steps of RKN6 that the choice takes are counted in the record."""
    if hamiltonian.time_dependent:
        return RKN6(), "chosen because V depends on t"
    if not hamiltonian.is_diagonal_in_k:
        return Chebyshev(), "chosen because T with a metric is not diagonal in the wavenumbers"
    low, high = hamiltonian.spectral_bounds
    series = expansion_length((high - low) / 2 * abs(float(times[-1] - times[0])) / hamiltonian.hbar)
    if series < FEW or len(times) == 1:
        return Chebyshev(), f"chosen because about {series:.0f} FFT pairs are enough"
    pairs = _splitting_pairs(hamiltonian, psi, times, tol, record)
    comparison = f"about {pairs:.0f} FFT pairs of RKN6 against {series:.0f} of Chebyshev, judged from the first state"
    return (RKN6() if pairs < series else Chebyshev()), f"chosen for {comparison}"


def _splitting_pairs(hamiltonian: Hamiltonian, psi: np.ndarray, times: np.ndarray, tol: float, record: Record) -> float:
    kernel = SplittingKernel(hamiltonian, RKN6.table, record)
    phi = hamiltonian.grid.to_periodic(psi)
    step = AutomaticSteps(kernel, phi, times, tol).predict(phi)
    counts = np.ceil(np.abs(np.diff(times)) / step)
    return 1.2 * len(RKN6.table.drifts) * float(np.sum(counts))
