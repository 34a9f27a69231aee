"""The mean field f(|ψ|²) of nonlinear equations, and the energy whose derivative it is.

    iħ ∂_t ψ = [T + V + f(|ψ|²)] ψ,    E = ⟨T + V⟩ + ∫ F(|ψ|²) dq,    F(n) = ∫_0^n Re f = n ∫_0^1 Re f(ns) ds

A complex f is a loss that depends on the density, as of atoms that meet in pairs, or a gain: d|ψ|²/dt = (2/ħ) Im f |ψ|² + …
"""

from collections.abc import Callable
from functools import cache
from typing import Any, final

import numpy as np

from qlearn import checks
from qlearn.kernels.arrays import namespace

__all__ = ["Nonlinearity"]


@final
class Nonlinearity:
    """f of f(|ψ|²)ψ as every part of the package calls it: where |ψ|² is exactly 0, f counts as 0, so that ln is welcome.

    Called with n = |ψ|² of the scalar, (…, [c,] *shape), in any array namespace that f itself works in; returns f(n) of the
    same shape. ``given`` is the user's own f, ``is_complex`` whether it returns complex numbers.
    """

    def __init__(self, given: Callable, state_shape: tuple[int, ...]):
        if not callable(given):
            checks.fail("nonlinearity", "must be a callable f(n) of n = |ψ|²", given, "For g|ψ|² write lambda n: g * n.")
        self.given = given
        self.is_complex = _probed(given, state_shape).dtype.kind == "c"

    def __call__(self, n: Any) -> Any:
        if not isinstance(n, np.ndarray):
            xp = namespace(n)
            values = self.given(n)
            return xp.where(n > 0, values, xp.zeros_like(n))
        if n.min(initial=1.0) > 0:
            values = self.given(n)
            return values if np.shape(values) == n.shape else np.full(n.shape, values)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.asarray(self.given(n))
        return np.where(n > 0, values, 0.0)

    def fits(self, state_shape: tuple[int, ...]) -> bool:
        """Whether f takes arrays of this shape: f may hold a table of another grid."""
        try:
            return np.shape(self.given(np.full(state_shape, 0.5))) in ((), state_shape)
        except ValueError:
            return False

    def energy_density(self, n: np.ndarray) -> np.ndarray:
        """F(n), summed over channels by the caller: n ∫_0^1 f(ns) ds by a double exponential rule, which takes ln and
        powers n^a, a ≥ −1/2, to rounding; less accurate where f has kinks. With channels F = Σ_i n_i ∫ f_i(ns) ds, the energy
        where f is the gradient of one."""
        total = np.zeros_like(n)
        for s, weight in zip(*_rule(), strict=True):
            total += weight * np.real(self(n * s))
        total *= n
        return total


@cache
def _rule() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of ∫_0^1 by s = 1/(1 + exp(π sinh u))."""
    u = np.arange(-34, 46) / 10
    grown = np.exp(np.pi * np.sinh(u))
    nodes = 1 / (1 + grown)
    weights = 0.1 * np.pi * np.cosh(u) * grown / (1 + grown) ** 2
    return nodes, weights / weights.sum()


def _probed(f: Callable, shape: tuple[int, ...]) -> np.ndarray:
    """f(½), checked."""
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(f(np.full(shape, 0.5)))
    except (TypeError, ValueError) as error:
        checks.fail("nonlinearity", "must take an array n = |ψ|² of the shape of a state", f"{type(error).__name__}: {error}")
    if values.shape not in ((), shape):
        checks.fail("nonlinearity", f"must return an array of the shape {shape} of its argument", f"shape {values.shape}")
    if values.dtype.kind not in "biufc":
        checks.fail("nonlinearity", "must return numbers", f"{values.dtype}")
    return checks.finite_array("nonlinearity(0.5)", values, dtype=values.dtype)
