"""What to take instead, for refusals to name."""

from qlearn.hamiltonian import Hamiltonian

__all__ = ["alternatives"]


def alternatives(hamiltonian: Hamiltonian, imaginary: bool = False) -> str:
    """Methods for an H with f(|ψ|²), or with a T that is not diagonal in the wavenumbers."""
    if not hamiltonian.is_linear:
        if imaginary:
            return "MultiProduct6() or Strang()"
        if hamiltonian.kinetic_depends_on_time:
            return "BM4() or Strang()"
        return "BM6() or BM4()" if hamiltonian.channels is not None or hamiltonian.has_complex_mean_field else "RKN6() or BM6()"
    if hamiltonian.time_dependent:
        return "Magnus4() or CrankNicolson()"
    return "Chebyshev(), Lanczos() or Dense()" if hamiltonian.is_hermitian else "Lanczos() or Dense()"
