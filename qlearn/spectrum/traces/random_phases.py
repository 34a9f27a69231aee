"""Traces from random states: Tr A = E⟨r|A|r⟩ for r of independent random phases at every point.

Of all vectors of independent entries these give the least variance, Σ_{i≠j} |A_ij|². Each vector has its own generator, so that
the same seed gives the same bits for any executor and any number of workers.
Source: T. Iitaka and T. Ebisuzaki, Phys. Rev. E 69, 057701 (2004).
"""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian

__all__ = ["EXACT_LIMIT", "dimension", "hermitian", "over_vectors", "random_phases"]

EXACT_LIMIT = 1024      # points up to which all levels are computed: then cheaper than a dozen random vectors
_TOGETHER = 1 << 15     # points of the vectors handled in one batch; fixed, because the last bits may depend on it

Output = TypeVar("Output")


def hermitian(H: Any, what: str) -> Hamiltonian:
    """H, if it is static, linear, Hermitian and one."""
    if not isinstance(H, Hamiltonian):
        checks.fail("H", "must be a qlearn.Hamiltonian", H)
    if H.time_dependent:
        checks.fail("H", "must be static", "a Hamiltonian that depends on t", "Take H.at(t).")
    if not H.is_hermitian:
        raise UnsupportedError(f"{what} of an H with a loss is not offered; leave the absorber out and take a real V.")
    if not H.is_linear:
        raise UnsupportedError(f"{what} with f(|ψ|²) is not offered, for H then depends on ψ; freeze the mean field: "
                               "Hamiltonian(grid, V + H.mean_field(psi), …).")
    if H.batch_shape:
        raise UnsupportedError(f"{what} is offered for one V, not for a batch {H.batch_shape}; make one Hamiltonian each.")
    return H


def dimension(H: Hamiltonian) -> int:
    """The number of levels on the grid: points times channels."""
    return int(np.prod(H.state_shape))


def random_phases(H: Hamiltonian, seed: int, numbers: range) -> np.ndarray:
    """The random states of these numbers, (len, *state_shape) complex, ⟨r|r⟩ = the number of levels."""
    states = np.empty((len(numbers), *H.state_shape), complex)
    for state, number in zip(states, numbers, strict=True):
        rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(number,))))
        state[...] = np.exp(2j * np.pi * rng.random(H.state_shape))
    states /= np.sqrt(H.grid.cell_volume)
    return states


def over_vectors(function: Callable[[np.ndarray], Output], H: Hamiltonian, vectors: int, seed: int,
                 executor: Executor | None) -> list[Output]:
    """function(states (n, *state_shape)) for all random states, in batches that do not depend on the executor."""
    vectors = checks.integer("vectors", vectors, least=2, remedy="The standard error comes from the scatter of several.")
    seed = checks.integer("seed", seed, least=0)
    size = max(1, _TOGETHER // dimension(H))
    batches = [range(a, min(a + size, vectors)) for a in range(0, vectors, size)]

    def one(numbers: range) -> Output:
        return function(random_phases(H, seed, numbers))

    return [one(numbers) for numbers in batches] if executor is None else list(executor.map(one, batches))
