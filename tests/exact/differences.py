"""Residuals of the Schrödinger equation by differences of closed forms, which can be evaluated anywhere: no operator, no grid."""

import numpy as np

FIRST = np.array([0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])  # eighth order
SECOND = np.array([-205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560])


def slope(function, at, step):
    """df/ds, eighth order."""
    return sum(c * (function(at + n * step) - function(at - n * step)) for n, c in enumerate(FIRST) if n) / step


def bend(function, at, step):
    """d²f/ds², eighth order."""
    pairs = sum(c * (function(at + n * step) + function(at - n * step)) for n, c in enumerate(SECOND) if n)
    return (pairs + SECOND[0] * function(at)) / step**2


def residual(state, x, t, potential, *, mass=1.0, hbar=1.0, step=0.02):
    """|iħ∂_tψ + (ħ²/2m)ψ'' − Vψ| at the points x, the largest, over the largest |ħ∂_tψ|; V(x) or f(|ψ|²) + V ready made."""
    rate = 1j * hbar * slope(lambda s: state(x, s), t, step)
    kinetic = -(hbar**2) / (2 * mass) * bend(lambda y: state(y, t), x, step)
    if potential.ndim == 1 + x.ndim + (x.ndim == 1):
        coupled = np.einsum("ab...,b...->a...", potential, state(x, t))
    else:
        coupled = potential * state(x, t)
    return float(np.max(np.abs(rate - kinetic - coupled)) / np.max(np.abs(rate)))
