"""Madelung form of a wave function (THEORY 2, equation 6)."""

from dataclasses import dataclass
from typing import final

import numpy as np

from qlearn import checks
from qlearn.errors import UnsupportedError
from qlearn.hamiltonian import Hamiltonian

__all__ = ["Madelung", "madelung"]

EPS = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, eq=False)
class Madelung:
    """ψ = √ρ exp(iφ/ħ) on the grid.

    density : ρ = |ψ|² (*shape), with a metric that of the scalar, with respect to √g dq.
    action : φ = ħ arg ψ in (−πħ, πħ], defined modulo 2πħ (the shift symmetry, THEORY 3).
    velocity : v = M⁻¹(∇φ − A), ∇φ = ħ Im(∇ψ/ψ), (d, *shape); with a metric v^μ = g^{μν}(∂_νφ − A_ν)/m.
    quantum_potential : −½ħ² (∂ᵀM⁻¹∂√ρ)/√ρ, or −(ħ²/2m)(Δ_g√ρ)/√ρ.
    resolved : bool (*shape); where False, |ψ| is below rounding and velocity and quantum_potential are NaN.
    """

    density: np.ndarray
    action: np.ndarray
    velocity: np.ndarray
    quantum_potential: np.ndarray
    resolved: np.ndarray


def madelung(H: Hamiltonian, psi: np.ndarray, t: float | None = None) -> Madelung:
    """The Madelung form of one wave function ψ (*shape) of H; with a metric ψ is the half-density and divided by H.root_metric.

    With T the kinetic part, −½ħ²(∂ᵀM⁻¹∂√ρ)/√ρ = Re(Tψ/ψ) − ½ vᵀMv, so that |ψ|, which is not smooth at a node, is never
    differentiated. Towards nodes the rounding of v grows as (ħ/m) ε k_max max|ψ|/|ψ|; points with |ψ| < 1000 ε max|ψ|
    count as unresolved. With A(t, q), ``t`` says when.

    Raises ArgumentError for another shape, UnsupportedError for coupled channels.

    >>> from qlearn.grids import Grid
    >>> from qlearn.states import plane_wave
    >>> grid = Grid(16, (0, 2 * np.pi))
    >>> wave = madelung(Hamiltonian(grid, 0.0, mass=2.0), plane_wave(grid, 3))
    >>> wave.velocity.round(12)[0, :2].tolist()
    [1.5, 1.5]
    """
    if H.channels is not None:
        raise UnsupportedError(f"the Madelung form of {H.channels} coupled channels is not offered: they have no common phase. "
                               "Take one channel: madelung(Hamiltonian(grid, 0.0, …), psi[channel]).")
    psi = H.checked(psi)
    if psi.shape != H.grid.shape:
        checks.fail("psi", f"must be one wave function of shape {H.grid.shape}", f"shape {psi.shape}")
    time = 0.0 if t is None else checks.real("t", t)
    if t is None and H.kinetic_depends_on_time:
        checks.fail("t", "is needed where A depends on t", "none", "Write madelung(H, psi, t).")
    scalar = psi / H.root_metric
    size = np.abs(scalar)
    if not np.any(size):
        checks.fail("psi", "must not vanish everywhere", "the zero state")
    resolved = size > 1e3 * EPS * np.max(size)
    inside = np.where(resolved, scalar, 1.0)
    slopes = np.stack([np.where(resolved, np.imag(H.grid.derivative(scalar, axis) / inside), np.nan)
                       for axis in range(H.grid.ndim)])
    velocity, kinetic = _velocity(H, slopes, time)
    applied = H.kinetic.apply(psi, time) / H.root_metric
    potential = np.where(resolved, np.real(applied / inside) - kinetic, np.nan)
    return Madelung(size**2, H.hbar * np.angle(scalar), velocity, potential, resolved)


def _velocity(H: Hamiltonian, slopes: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray]:
    """(v, ½(∂φ − A)·v) of ∂φ/ħ (d, *shape)."""
    potential = np.asarray(H.kinetic.vector_potential(time))
    momentum = H.hbar * slopes - potential.reshape(*potential.shape, *(1,) * (slopes.ndim - potential.ndim))
    velocity = np.einsum("ab...,b...->a...", H.kinetic.inverse, momentum)
    return velocity, 0.5 * np.sum(momentum * velocity, axis=0)
