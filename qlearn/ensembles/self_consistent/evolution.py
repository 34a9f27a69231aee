"""The flow of carriers: density from where they are, the current potential from its own equation in weak form.

Carriers move with v = ∇φ/m = v₀ + ∇χ, χ = Σ c_k B_k(y, t), v₀ the constant velocity of the circulation held on rings.  With the
score s = ∇f from Hyvärinen matching at the carriers' positions, d'Alembert's principle for displacements δq = ∇B_k,

    E[∇B_k · (m Dv/Dt + ∇V − (ħ²/4m) ∇(|s|²/2 + ∇·s))] = 0     for all k,  D/Dt = ∂_t + v·∇,                        (*)

is the second equation of (6) in the space of gradients of the basis; E is the mean over carriers.  The quantum force is minus
the gradient of the Fisher energy (ħ²/8m) max_f E[−|∇f|² − 2Δf], a function of the carriers' positions, so that (*), whose
constraint does no work, keeps the energy where V does not depend on t.  The mass matrix E[∇B_k·∇B_l] of (*) is the consistent one
of the projection of momenta onto gradients, taken to vanishing steps: there is no numerical viscosity.  The penalty of the score,
λ∫|∇∇∇f|², stands in the mass matrix too, λ∫|∇∇∇χ|²: without it, parts of χ that hardly a carrier feels have no inertia.

Coordinates y = L⁻¹(q − mean) move along: d mean/dt = E v, dL/dt = A L with A the best linear fit to v over the carriers; on a
ring y is the angle and stands still.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from qlearn.ensembles.self_consistent.basis import Basis
from qlearn.ensembles.self_consistent.score import solver
from qlearn.kernels.tensor_splines import evaluate, local_values, moments, scatter

__all__ = ["Dynamics", "Rates", "State", "frame_metric", "runge_kutta"]


class State(NamedTuple):
    """Nodes q (d, M), coefficients of χ (K,), mean (d,) and factor L (d, d) of the co-moving coordinates."""

    q: np.ndarray
    chi: np.ndarray
    mean: np.ndarray
    factor: np.ndarray

    def moved(self, h: float, rates: "State") -> "State":
        return State(*(x + h * dx for x, dx in zip(self, rates, strict=True)))


class Rates(NamedTuple):
    """Time derivative of the state, and what the evaluation found on its way."""

    state: State
    log_density: np.ndarray         # coefficients of f, ln ρ up to a constant
    loss: float                     # E[|s|²/2 + ∇·s] at the carriers that fitted s
    kinetic: float                  # E[m v²/2]
    fisher: float                   # (ħ²/8m) max E[−|s|² − 2∇·s]
    deformation: float              # root of the mean square of ∇v + D∇s


@final
@dataclass(frozen=True, eq=False)
class Dynamics:
    """What does not change along the run."""

    force: Callable[..., np.ndarray]                        # ∇V(t, *q) -> (d, M)
    gamma: float                                            # 1/m
    hbar: float
    rings: np.ndarray                                       # which axes are (d,)
    circulation: np.ndarray                                 # v₀ (d,)
    weights: np.ndarray                                     # of the nodes (M,), sum 1
    quantum: float = 1.0                                    # factor on the quantum force, 1 but for controls

    def rates(self, t: float, state: State, basis: Basis, penalty: float) -> Rates:
        """Right-hand sides at one time."""
        w = self.weights
        inverse = np.linalg.inv(state.factor)
        metric, unit = frame_metric(inverse)
        local = local_values(basis.axes, inverse @ (state.q - state.mean[:, None]))
        A, b = moments(basis.axes, local, w, metric)
        solve = solver(A, basis, penalty)
        f = -solve(b)
        fields = _fields(basis, local, np.stack([f, state.chi]), metric / unit)
        v = self.circulation[:, None] + inverse.T @ fields.slope[1]
        mean = np.where(self.rings, 0.0, v @ w)
        stretch = self._stretch(state, v - mean[:, None])
        pressure = inverse.T @ (np.einsum("abn,bc,cn->an", fields.bend[0], metric / unit, fields.slope[0]) + fields.third)
        slip = inverse @ (v - mean[:, None] - stretch @ (state.q - state.mean[:, None]))
        carried = inverse.T @ np.einsum("abn,bn->an", fields.bend[1], slip)
        gradient = self.force(t, *state.q)
        a = -self.gamma * gradient + self.quantum * (0.5 * self.hbar * self.gamma) ** 2 * pressure
        a += stretch.T @ (v - self.circulation[:, None]) - carried
        r = scatter(basis.axes, local, w, unit * (inverse @ a))
        fit = float(f @ b)
        turn = fields.bend[1] + 0.5 * self.hbar * self.gamma * fields.bend[0]
        turn = np.einsum("ba,bcn,ce->aen", inverse, turn, inverse)
        rate = np.sqrt(w @ np.sum(turn * turn, axis=(0, 1)))
        return Rates(State(v, solve(r), mean, stretch @ state.factor), f, 0.5 * fit / unit,
                     0.5 * float(np.sum(v * v, axis=0) @ w) / self.gamma,
                     -self.hbar**2 * self.gamma / 8 * fit / unit, float(rate))

    def _stretch(self, state: State, v: np.ndarray) -> np.ndarray:
        """A = E[v (q − mean)ᵀ] E[(q − mean)(q − mean)ᵀ]⁻¹ on the lines, zero on rings."""
        stretch = np.zeros((len(v), len(v)))
        lines = np.nonzero(~self.rings)[0]
        if len(lines):
            x = (state.q - state.mean[:, None])[lines]
            stretch[np.ix_(lines, lines)] = ((v[lines] * self.weights) @ x.T) @ np.linalg.inv((x * self.weights) @ x.T)
        return stretch


class _Fields(NamedTuple):
    slope: np.ndarray       # (2, d, M): ∂f, ∂χ
    bend: np.ndarray        # (2, d, d, M): ∂∂f, ∂∂χ
    third: np.ndarray       # (d, M): ∂_a G^{bc}∂_b∂_c f


def _fields(basis: Basis, local: tuple[np.ndarray, np.ndarray], coefficients: np.ndarray, metric: np.ndarray) -> _Fields:
    d = len(metric)
    unit = np.eye(d, dtype=np.int64)
    orders: dict[tuple[int, ...], int] = {}
    for a in range(d):
        orders.setdefault(tuple(unit[a]), len(orders))
        for b in range(d):
            orders.setdefault(tuple(unit[a] + unit[b]), len(orders))
            for c in range(d):
                orders.setdefault(tuple(unit[a] + unit[b] + unit[c]), len(orders))
    values = evaluate(basis.axes, local, coefficients, np.array(list(orders)))
    at = lambda *axes: values[:, orders[tuple(sum(unit[a] for a in axes))]]                 # noqa: E731
    slope = np.stack([at(a) for a in range(d)], axis=1)
    bend = np.stack([np.stack([at(a, b) for b in range(d)], axis=1) for a in range(d)], axis=1)
    third = np.stack([sum(metric[b, c] * at(a, b, c)[0] for b in range(d) for c in range(d)) for a in range(d)])
    return _Fields(slope, bend, third)


def frame_metric(inverse: np.ndarray) -> tuple[np.ndarray, float]:
    """G = L⁻¹L⁻ᵀ times ``unit``, which makes its trace d: losses and penalties then have no unit."""
    metric = inverse @ inverse.T
    unit = len(metric) / float(np.trace(metric))
    return unit * metric, unit


def runge_kutta(dynamics: Dynamics, t: float, h: float, state: State, first: Rates, basis: Basis, penalty: float) -> State:
    """One step of the classical Runge–Kutta scheme of order 4; ``first`` holds the rates at t."""
    k1 = first.state
    k2 = dynamics.rates(t + 0.5 * h, state.moved(0.5 * h, k1), basis, penalty).state
    k3 = dynamics.rates(t + 0.5 * h, state.moved(0.5 * h, k2), basis, penalty).state
    k4 = dynamics.rates(t + h, state.moved(h, k3), basis, penalty).state
    return State(*(x + h / 6 * (a + 2 * (b + c) + e) for x, a, b, c, e in zip(state, k1, k2, k3, k4, strict=True)))
