"""The quasi-potential of a minibatch learner with one variable: large deviations of its real steps, not of a diffusion.

    E[exp(p(q′ − q))] = 1,   p ≠ 0:      p v + B ln ⟨exp(−pηh_i/(gB))⟩_i = 0                                 (THEORY.md 6)

Where the law is P_s = A e^{−S}, S large, p = S′; a diffusion with the same drift and variance has p₀ = −2b/Σ.  With
H(q, p) the left side, σ = 2H_p/p and τ = (σ − H_pp)/p at the root, the next order of the same expansion gives

    ln A = −ln σ − ∫ (τp′/σ − ¼σpp′) dq

(−ln Σ for the diffusion).  So every escape from a well w over a barrier b has a rate that is that of the diffusion times
exp(−∫_w^b [(p − p₀) + τp′/σ − ¼σpp′] dq), to first order in 1/S: wells and barriers are those of b, where p = p₀ = 0.

Sources: Freidlin and Wentzell, Random Perturbations of Dynamical Systems, chapter 5; for the prefactor of jump processes
Assaf and Meerson, Phys. Rev. E 81 (2010) 021116; the term −¼σpp′ is due to discrete time.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np
from scipy.interpolate import CubicSpline

from qlearn.errors import AccuracyWarning, RegimeError, UnsupportedError
from qlearn.grids import Grid
from qlearn.systems.minibatch.averages import per_sample_gradients

if TYPE_CHECKING:
    from qlearn.systems.minibatch.learner import MinibatchLearner

__all__ = ["Escape", "QuasiPotential", "quasi_potential"]

_ROUNDS = 100           # of Newton's method, kept in a bracket
_LOW = 3.0              # exponent of a barrier below which escape rates are told to be inaccurate
_SMALL = 1e-5           # |p|·√Σ below which σ and τ are taken from the first cumulants
_CHUNK = 1 << 20        # per-sample gradients held at once


@final
@dataclass(frozen=True)
class Escape:
    """From a well over a barrier next to it.

    exponent : ∫p dq from the well to the barrier.     diffusion_exponent : the same of p₀.
    correction : ∫ (τp′/σ − ¼σpp′) dq, of the prefactor.
    weight : the diffusion's rate of this escape, Kramers' (√(S″_w |S″_b|)/2π)·(Σ_w/2)·e^{−∫p₀}.
    """

    well: float
    barrier: float
    exponent: float
    diffusion_exponent: float
    correction: float
    weight: float

    @property
    def ratio(self) -> float:
        """The rate of this escape over that of the diffusion."""
        return float(np.exp(self.diffusion_exponent - self.exponent - self.correction))


@final
@dataclass(frozen=True, eq=False)
class QuasiPotential:
    """momentum p(q) and diffusion_momentum p₀(q) at points q (n,) of a ring or line; ``escapes`` over all barriers."""

    period: float | None
    q: np.ndarray
    momentum: np.ndarray
    diffusion_momentum: np.ndarray
    variance: np.ndarray
    excess: np.ndarray

    @cached_property
    def escapes(self) -> tuple[Escape, ...]:
        """One for each well and each barrier beside it; wells and barriers are the zeros of p."""
        return tuple(_escapes(self))

    @property
    def barrier(self) -> float:
        """The least exponent of all escapes."""
        return min(escape.exponent for escape in self._some)

    @property
    def rate_ratio(self) -> float:
        """Slowest rate of a learner with two wells over that of its diffusion limit: escapes' ratios, weighed by their rates.

        The first order in 1/S: AccuracyWarning where the diffusion's least exponent is below 3.  Measured on the learner of
        validation 39, data seed 20, at exponents of 0.6, 1.2, 2.2, 3.2: at ε₃ = 0.38 ln R is off by 0.09, 0.06, 0.04, 0.04 (of
        0.03, 0.18, 0.38, 0.52), at ε₃ = 0.12 by 0.004 to 0.008.  (The 3 was chosen after these numbers.)
        """
        least = min(escape.diffusion_exponent for escape in self._some)
        if least < _LOW:
            warnings.warn(f"a barrier of {least:.2g} (∫p₀ dq) is too low for escape rates in the first order of its inverse. "
                          "Compare learner.transfer_operator(grid).rates(1) with learner.fokker_planck(grid).rates(1) instead.",
                          AccuracyWarning, stacklevel=2)
        weights = np.array([escape.weight for escape in self._some])
        return float(weights @ [escape.ratio for escape in self._some] / weights.sum())

    @property
    def _some(self) -> tuple[Escape, ...]:
        if not self.escapes:
            raise RegimeError("the learner must have a well with a barrier beside it on this grid; it has none. Take a finer "
                              "grid, or on a line a wider one.")
        return self.escapes


def quasi_potential(learner: "MinibatchLearner", grid: Grid) -> QuasiPotential:
    """Solve for p at every point of a grid (about 200 points resolve the data's own structure)."""
    if learner.dimension != 1:
        raise UnsupportedError("the quasi-potential of two variables is no integral of a local p(q), but a minimum over paths; "
                               "it is offered for one variable. Compare the exact operator with the generator instead.")
    learner.check_grid(grid)
    q = grid.axes[0]
    limit = learner.diffusion_limit
    drift, variance = limit.drift(q[:, None])[:, 0], 2 * limit.diffusion(q[:, None])[:, 0, 0]
    scale, v = learner.step_functions(q)
    first = -2 * drift / variance
    p, third, tilted = np.empty_like(q), np.empty_like(q), np.empty((2, len(q)))
    rows = max(1, _CHUNK // learner.n_samples)
    for a in range(0, len(q), rows):
        part = slice(a, a + rows)
        steps = -scale[part, None] * per_sample_gradients(learner.per_sample_gradient, learner.n_samples, q[part, None])[..., 0]
        _check_both_ways(q[part], steps, v[part] / learner.batch_size)
        p[part] = _roots(steps, v[part], learner.batch_size, first[part])
        tilted[:, part] = _tilted(steps, v[part], learner.batch_size, p[part])
        third[part] = learner.batch_size * np.mean((steps - steps.mean(axis=1, keepdims=True))**3, axis=1)
    sigma, tau = _reduced(p, variance, third, *tilted)
    excess = (tau / sigma - 0.25 * sigma * p) * _curve(learner.periods[0], q, p).derivative()(q)
    return QuasiPotential(learner.periods[0], q, p, first, variance, excess)


def _curve(period: float | None, q: np.ndarray, f: np.ndarray) -> CubicSpline:
    if period is None:
        return CubicSpline(q, f)
    return CubicSpline(np.append(q, q[0] + period), np.append(f, f[0]), bc_type="periodic")


def _escapes(potential: QuasiPotential) -> Iterator[Escape]:
    """From every well over the barriers on both sides of it."""
    period, q = potential.period, potential.q
    p, first, variance, excess = (_curve(period, q, f) for f in (potential.momentum, potential.diffusion_momentum,
                                                                 potential.variance, potential.excess))
    zeros = np.unique(first.roots(extrapolate=False))
    if period is not None:
        zeros = zeros[zeros < q[0] + period * (1 - 1e-12)]
    slopes = first.derivative()(zeros)
    for n, well in enumerate(zeros):
        for step in (-1, 1) if slopes[n] > 0 else ():
            m = n + step
            if period is None and not 0 <= m < len(zeros):
                continue
            barrier = zeros[m % len(zeros)] + (0.0 if period is None else period * (m // len(zeros)))
            exponent, bare, extra = (float(curve.integrate(well, barrier, extrapolate="periodic" if period else False))
                                     for curve in (p, first, excess))
            prefactor = np.sqrt(slopes[n] * abs(slopes[m % len(zeros)])) / (2 * np.pi) * 0.5 * float(variance(well))
            yield Escape(float(well), float(barrier), exponent, bare, extra, float(prefactor * np.exp(-bare)))


def _moments(steps: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """⟨e^{px}⟩ − 1, ⟨xe^{px}⟩, ⟨x²e^{px}⟩ over the samples' steps x."""
    rise = np.expm1(p[:, None] * steps)
    weight = steps * (1 + rise)
    return rise.mean(axis=1), weight.mean(axis=1), (steps * weight).mean(axis=1)


def _check_both_ways(q: np.ndarray, steps: np.ndarray, v: np.ndarray) -> None:
    """E[e^{p(q′ − q)}] = 1 has a root p ≠ 0 only where the learner can step both ways."""
    one_way = (steps.min(axis=1) + v >= 0) | (steps.max(axis=1) + v <= 0)
    if np.any(one_way):
        raise RegimeError("the learner must be able to step both ways everywhere, or E[e^(p·step)] = 1 has no root p ≠ 0; all "
                          f"samples push one way at q = {q[np.argmax(one_way)]:.6g}. Add label noise, or on a line take a "
                          "narrower grid.")


def _tilted(steps: np.ndarray, v: np.ndarray, batch: int, p: np.ndarray) -> np.ndarray:
    """H_p and H_pp at p."""
    zero, one, two = _moments(steps, p)
    mean = one / (1 + zero)
    return np.stack([v + batch * mean, batch * (two / (1 + zero) - mean**2)])


def _roots(steps: np.ndarray, v: np.ndarray, batch: int, first: np.ndarray) -> np.ndarray:
    """The zeros of H(p)/p, which rises: Newton's method inside a bracket, which is widened by doubling."""
    def reduced(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        zero, one, _ = _moments(steps, p)
        H = v * p + batch * np.log1p(zero)
        return H / p, (v + batch * one / (1 + zero) - H / p) / p

    if not np.any(first):
        return np.zeros_like(first)                     # no drift anywhere
    width = np.abs(first) + 1e-12 * np.max(np.abs(first))
    sign = np.where(first < 0, -1.0, 1.0)
    near, far = np.zeros_like(first), sign * width
    while True:
        if np.max(np.abs(far[:, None] * steps)) > 600:
            raise RegimeError("E[e^(p·step)] = 1 must have a root p ≠ 0 within the range of numbers; steps against the drift are "
                              "too rare somewhere. Add label noise, or on a line take a narrower grid.")
        short = sign * reduced(far)[0] < 0
        if not np.any(short):
            break
        near, far = np.where(short, far, near), np.where(short, 1.5 * far, far)
    p = 0.5 * (near + far)
    for _ in range(_ROUNDS):
        value, rise = reduced(p)
        low = sign * value < 0
        near, far = np.where(low, p, near), np.where(low, far, p)
        newton = p - value / rise
        inside = (newton - near) * (newton - far) < 0
        following = np.where(inside, newton, 0.5 * (near + far))
        if np.max(np.abs(following - p) / width) < 1e-13:
            return following
        p = following
    return p


def _reduced(p: np.ndarray, variance: np.ndarray, third: np.ndarray, slope: np.ndarray, curvature: np.ndarray
             ) -> tuple[np.ndarray, np.ndarray]:
    """σ = 2H_p/p and τ = (σ − H_pp)/p; near p = 0, where H_pp = Σ + κp, they are Σ + ⅔κp and −κ/3."""
    small = np.abs(p) * np.sqrt(variance) < _SMALL
    safe = np.where(small, 1.0, p)
    sigma = np.where(small, (variance + 2 * curvature) / 3, 2 * slope / safe)
    return sigma, np.where(small, -third / 3, (sigma - curvature) / safe)
