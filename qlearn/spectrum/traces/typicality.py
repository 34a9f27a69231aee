"""Random states cooled by Lanczos: ⟨r|f(H)|r⟩ from the tridiagonal matrix of H in the Krylov space of r.

    ⟨r|e^{−βH}|r⟩ ≈ ‖r‖² Σ_i w_i e^{−βθ_i}     θ_i, w_i: Ritz values and squared first components, Gauss's rule, too small
                                                with one node prescribed below the spectrum, Gauss–Radau's, too large
    e^{−βH/2}|r⟩ ≈ ‖r‖ Σ_j q_j (S e^{−βθ/2} Sᵀ)_{j1}       in a second pass, since the q_j are not stored

Sources: J. Jaklič and P. Prelovšek, Phys. Rev. B 49, 5065 (1994); G. Golub and G. Meurant, Matrices, Moments and Quadrature
(2010), chapters 6 and 7 for the two rules; S. Sugiura and A. Shimizu, Phys. Rev. Lett. 108, 240401 (2012).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from scipy.linalg import eigh_tridiagonal

from qlearn.hamiltonian import Hamiltonian

__all__ = ["Cooled", "cooled"]

MOST = 600          # Lanczos steps
_EVERY = 10         # steps between two looks at the rules


@final
@dataclass(frozen=True, eq=False)
class Cooled:
    """For each state: nodes and weights of both rules, weights times ‖r‖², and the averages Tr O e^{−β(H − E₀)}.

    rules : one (nodes, weights) a state; brackets : (states, β) ln of Radau's over Gauss's; steps : Lanczos steps done.
    diagonals, sides, norms : of the tridiagonal matrices, for the second pass.
    """

    gauss: list[tuple[np.ndarray, np.ndarray]]
    radau: list[tuple[np.ndarray, np.ndarray]]
    brackets: np.ndarray
    steps: int
    states: np.ndarray
    diagonals: np.ndarray
    sides: np.ndarray

    def second_pass(self, H: Hamiltonian, betas: np.ndarray, origin: float, known: np.ndarray | None,
                    observe: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """observe(e^{−β(H − E₀)/2}|r⟩) of every state and β, (observables, states, β); the q_j are made again."""
        states, n = len(self.states), self.steps
        shape = (-1,) + (1,) * len(H.state_shape)
        coefficients = np.empty((states, len(betas), n))
        for row in range(states):
            values, vectors = eigh_tridiagonal(self.diagonals[row], self.sides[row, :-1])
            factors = np.exp(-betas[:, None] * (values - origin) / 2) * vectors[0]
            coefficients[row] = factors @ vectors.T
        norms = H.norm(self.states)
        out = np.zeros((len(betas), *self.states.shape), complex)
        before, now = np.zeros_like(self.states), self.states / norms.reshape(shape)
        for j in range(n):
            for beta in range(len(betas)):
                out[beta] += (norms * coefficients[:, beta, j]).reshape(shape) * now
            if j + 1 < n:
                after = _next(H, before, now, self.diagonals[:, j], self.sides[:, j - 1] if j else np.zeros(states), known)
                before, now = now, after / self.sides[:, j].reshape(shape)
        return np.moveaxis(np.array([observe(one) for one in out]), 0, -1)


def cooled(H: Hamiltonian, states: np.ndarray, betas: np.ndarray, tol: float, known: np.ndarray | None = None,
           levels: np.ndarray | None = None) -> Cooled:
    """Lanczos until both rules agree on ln(⟨r|e^{−βH}|r⟩ + Σ e^{−β levels}) to tol for all β and states, at most 600 steps.

    known : (k, *state_shape) eigenstates of ``levels`` (k,), which are kept out of the Krylov spaces.
    """
    summed = np.full(len(betas), -np.inf) if levels is None else [_log_sum(levels, np.ones(len(levels)), beta) for beta in betas]
    states = without(H, states, known)
    low, high = H.spectral_bounds
    shape, count = (-1,) + (1,) * len(H.state_shape), len(states)
    most = min(MOST, int(np.prod(H.state_shape)) - (0 if known is None else len(known)))
    diagonals, sides = np.zeros((count, most)), np.zeros((count, most))
    norms = H.norm(states)
    before, now = np.zeros_like(states), states / norms.reshape(shape)
    for j in range(most):
        applied = H.apply(now)
        diagonals[:, j] = np.sum(now.real * applied.real + now.imag * applied.imag, axis=H.state_axes) * H.grid.cell_volume
        after = _residual(applied, before, now, diagonals[:, j], sides[:, j - 1] if j else np.zeros(count), H, known)
        sides[:, j] = H.norm(after)
        done = j + 1 == most or bool(np.min(sides[:, j]) < 1e-13 * max(abs(low), abs(high)))
        if done or (j + 1) % _EVERY == 0:
            found = _rules(diagonals[:, :j + 1], sides[:, :j + 1], norms, betas, summed, low, high)
            if done or np.max(found[2]) <= tol:
                return Cooled(*found, j + 1, states, diagonals[:, :j + 1].copy(), sides[:, :j + 1].copy())
        before, now = now, after / sides[:, j].reshape(shape)
    raise AssertionError("unreachable: the last step is done")


def without(H: Hamiltonian, states: np.ndarray, known: np.ndarray | None) -> np.ndarray:
    """states less their parts along the known orthonormal ones."""
    if known is None:
        return states
    rows = known.reshape(len(known), -1)
    flat = states.reshape(len(states), -1)
    return (flat - (flat @ rows.conj().T * H.grid.cell_volume) @ rows).reshape(states.shape)


def _next(H: Hamiltonian, before: np.ndarray, now: np.ndarray, diagonal: np.ndarray, side: np.ndarray,
          known: np.ndarray | None) -> np.ndarray:
    return _residual(H.apply(now), before, now, diagonal, side, H, known)


def _residual(applied: np.ndarray, before: np.ndarray, now: np.ndarray, diagonal: np.ndarray, side: np.ndarray, H: Hamiltonian,
              known: np.ndarray | None) -> np.ndarray:
    shape = (-1,) + (1,) * len(H.state_shape)
    applied -= diagonal.reshape(shape) * now
    applied -= side.reshape(shape) * before
    return without(H, applied, known)


def _rules(diagonals: np.ndarray, sides: np.ndarray, norms: np.ndarray, betas: np.ndarray, summed: Any, low: float,
           high: float) -> tuple[list, list, np.ndarray]:
    gauss, radau, brackets = [], [], []
    for diagonal, side, norm in zip(diagonals, sides, norms, strict=True):
        values, vectors = eigh_tridiagonal(diagonal, side[:-1])
        weights = norm**2 * vectors[0] ** 2
        residual = side[-1] * abs(vectors[-1, 0])
        node = max(low, values[0] - 10 * residual) - 1e-12 * (high - low)
        end = node + side[-1] ** 2 * np.sum(vectors[-1] ** 2 / (values - node))
        more, turned = eigh_tridiagonal(np.append(diagonal, end), side)
        gauss.append((values, weights))
        radau.append((more, norm**2 * turned[0] ** 2))
        logs = [[np.logaddexp(one, _log_sum(*rule, beta)) for one, beta in zip(summed, betas, strict=True)]
                for rule in (radau[-1], gauss[-1])]
        brackets.append(np.abs(np.array(logs[0]) - np.array(logs[1])))
    return gauss, radau, np.array(brackets)


def _log_sum(nodes: np.ndarray, weights: np.ndarray, beta: float) -> float:
    least = nodes[0]
    with np.errstate(over="ignore"):                # β × energy beyond 1e308: its exponential is 0
        return float(np.log(np.sum(weights * np.exp(-beta * (nodes - least)))) - beta * least)
