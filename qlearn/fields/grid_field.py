"""GridField: ψ(t, q) and ∂ψ(t, q) anywhere between the points and times where ψ was stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, final

import numpy as np
from scipy import fft

from qlearn import checks
from qlearn.fields.cubic_cells import CubicCells, cubic_cells, cubic_rule
from qlearn.fields.splines import spline_rule, splines
from qlearn.grids import Grid
from qlearn.kernels.interpolation import round_the_poles

__all__ = ["DriftScaled", "GridField", "weighted"]


class _Slice(Protocol):
    def evaluate(self, *q: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


@final
@dataclass(frozen=True, eq=False)
class GridField:
    """A callable (t, *q) -> (psi, grad_psi) from states stored on a periodic or twisted grid, between walls or on a sphere.

    Time: cubic Hermite between stored states, from ψ and ∂ψ/∂t; error (h⁴/384)|∂⁴ψ/∂t⁴|, estimated in ``time_error``.
    Space, 1-D: the Fourier series is summed on a table so fine that a cubic through ψ and ∂ψ at its points is right to
    1e-6; n-D: quintic splines of ψ and of each ∂ψ.  ``space_error`` bounds the result.  ψ and ∂ψ are given separately:
    divide them afterwards, since their ratio has poles at the nodes of ψ and must never be interpolated.

    Parameters
    ----------
    grid : Grid, with its twist: psi(q + L) = exp(2πiθ) psi(q), so q need not be wrapped; behind a wall ψ is continued as an
        odd function, as its sines are; behind a pole along the meridian, ψ(2π − θ, φ + π) = ψ(θ, φ)
    times : increasing (n,)
    states, derivatives : complex (n, *shape), ψ and ∂ψ/∂t; on a manifold the scalar ψ, not the half-density g^{1/4}ψ

    Returns (of a call)
    -------
    psi (m,) complex and grad_psi (d, m) complex for q arrays (m,)

    Raises
    ------
    ArgumentError for shapes that disagree, and for a time outside the stored ones (nothing is extrapolated).

    Examples
    --------
    >>> grid, times = Grid(16, [(0, 2 * np.pi)]), np.array([0.0, 0.05])
    >>> wave = np.exp(1j * (3 * grid.axes[0] - 4.5 * times[:, None]))        # free, ħ = m = 1
    >>> psi, grad = GridField(grid, times, wave, -4.5j * wave)(0.02, np.array([7.0]))
    >>> bool(abs(psi[0] - np.exp(1j * (21 - 0.09))) < 1e-4), bool(abs(grad[0, 0] / psi[0] - 3j) < 1e-6)
    (True, True)
    """

    grid: Grid
    times: np.ndarray
    states: np.ndarray
    derivatives: np.ndarray
    _slices: tuple[tuple[float, "_Slice"], ...] = field(default=(), init=False, repr=False)

    def __post_init__(self):
        times = checks.finite_array("times", self.times, shape=(None,)).copy()
        if times.size == 0 or np.any(np.diff(times) <= 0):
            checks.fail("times", "must be increasing and not empty", np.array2string(times, threshold=8))
        shape = (len(times), *self.grid.shape)
        states = checks.finite_array("states", self.states, shape=shape, dtype=complex)
        derivatives = checks.finite_array("derivatives", self.derivatives, shape=shape, dtype=complex)
        if np.any(np.max(np.abs(states.reshape(len(times), -1)), axis=1) == 0):
            checks.fail("states", "must not vanish everywhere at any time", "a zero state")
        for name, value in (("times", times), ("states", states), ("derivatives", derivatives)):
            object.__setattr__(self, name, value)

    def __call__(self, t: float, *q: Any) -> tuple[np.ndarray, np.ndarray]:
        if len(q) != self.grid.ndim:
            checks.fail("q", f"must be {self.grid.ndim} arrays, one a coordinate", f"{len(q)}")
        return self._slice(float(t)).evaluate(*(np.asarray(axis, dtype=float) for axis in q))

    def mixture(self, times: Sequence[float]) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """(weights (k, n), q (d, n)) -> Σ_i w_i (ψ, ∂ψ)(t_i, q) of k times, each learner with weights of its own."""
        pieces = [self._slice(float(t)) for t in times]
        first, others = pieces[0], [piece for piece in pieces[1:] if isinstance(piece, CubicCells)]
        if isinstance(first, CubicCells):
            return lambda weights, q: first.mixed(others, weights, q[0])
        return lambda weights, q: weighted(weights, [piece.evaluate(*q) for piece in pieces])

    @cached_property
    def space_error(self) -> float:
        """Bound of the error of ∂ψ in space, relative to the root mean square of ∂ψ (of ψ, where that is larger)."""
        return self._refinement[1]

    @cached_property
    def time_error(self) -> float:
        """Estimated largest L2 error of ψ between stored times, relative to ‖ψ‖; NaN with fewer than three times.

        Each inner stored state is predicted from its two neighbours; the h⁴ law of the interpolation does the rest.
        """
        if len(self.times) < 3:
            return float("nan")
        worst = 0.0
        for i in range(1, len(self.times) - 1):
            left, right = np.diff(self.times[i - 1:i + 2])
            s = left / (left + right)
            guess = self._between(self.states, self.derivatives, i - 1, i + 1, s)
            miss = np.linalg.norm(guess - self.states[i]) / np.linalg.norm(self.states[i])
            worst = max(worst, miss * max(left, right)**4 / (16 * left**2 * right**2))
        return float(worst)

    @cached_property
    def steepness(self) -> float:
        """The largest Σ|∂ψ|²/Σ|ψ|² over the stored times; on flat space 2m/ħ² times the kinetic energy."""
        weight = np.abs(self._modes)**2
        axes = tuple(range(1, weight.ndim))
        return float(np.max(np.sum(weight * self._square, axis=axes) / np.sum(weight, axis=axes)))

    @cached_property
    def _modes(self) -> np.ndarray:
        return self._transformed(self.states)

    @cached_property
    def _mode_rates(self) -> np.ndarray:
        return self._transformed(self.derivatives)

    @cached_property
    def _torus(self) -> Grid:
        """The periodic grid of the Fourier series: twice as long between walls and poles, behind which ψ is continued."""
        ends = [kind != "periodic" for kind in self.grid.boundary]
        if not any(ends):
            return self.grid
        shape = tuple(2 * (n + 1) if end else n for n, end in zip(self.grid.shape, ends, strict=True))
        bounds = [(a, 2 * b - a) if end else (a, b) for (a, b), end in zip(self.grid.bounds, ends, strict=True)]
        return Grid(shape, bounds, twist=self.grid.twist)

    def _transformed(self, values: np.ndarray) -> np.ndarray:
        """(n, *shape) → Fourier coefficients on the torus."""
        values = self.grid.to_periodic(values)
        for axis, kind in zip(self.grid.fourier_axes, self.grid.boundary, strict=True):
            if kind == "wall":
                zero = np.zeros_like(np.take(values, [0], axis=axis))
                values = np.concatenate([zero, values, zero, -np.flip(values, axis)], axis=axis)
            elif kind == "pole":
                values = round_the_poles(values, axis)
        return fft.fftn(values, axes=self.grid.fourier_axes, norm="forward")

    @cached_property
    def _square(self) -> np.ndarray:
        """Σ_a k_a² for every mode, (*shape)."""
        mesh = np.meshgrid(*self._torus.wavenumbers, indexing="ij")
        return sum(k**2 for k in mesh)

    @cached_property
    def _refinement(self) -> tuple[int, float]:
        """Points per grid spacing of the fine table, and the bound of the error it leaves."""
        amplitude = np.max(np.abs(self._modes), axis=0)
        size = np.sqrt(np.min(np.sum(np.abs(self._modes)**2 * (self._square + np.min(self._torus.lengths)**-2.0),
                                     axis=tuple(range(1, self._modes.ndim)))))
        rule = cubic_rule if self.grid.ndim == 1 else spline_rule
        return rule(self._torus, amplitude, np.sqrt(self._square), float(size))

    def _slice(self, t: float) -> "_Slice":
        """The field at one time; the last three are kept: a step of a two-stage scheme uses both ends twice, and its middle
        for substeps."""
        piece = next((piece for known, piece in self._slices if known == t), None)
        if piece is None:
            modes = self._modes_at(t)
            factor = self._refinement[0]
            piece = cubic_cells(self._torus, modes, factor) if self.grid.ndim == 1 else splines(self._torus, modes, factor)
        others = tuple(entry for entry in self._slices if entry[0] != t)
        object.__setattr__(self, "_slices", ((t, piece), *others[:2]))
        return piece

    def _modes_at(self, t: float) -> np.ndarray:
        slack = 1e-9 * max(self.times[-1] - self.times[0], abs(self.times[0]), abs(self.times[-1]))
        if not self.times[0] - slack <= t <= self.times[-1] + slack:
            checks.fail("t", f"must lie in the stored times [{self.times[0]:g}, {self.times[-1]:g}]", f"{t:g}",
                        "Solve for a tlist that covers it; nothing is extrapolated.")
        i = int(np.clip(np.searchsorted(self.times, t, side="right") - 1, 0, max(len(self.times) - 2, 0)))
        if len(self.times) == 1:
            return self._modes[0]
        return self._between(self._modes, self._mode_rates, i, i + 1,
                             float(np.clip((t - self.times[i]) / (self.times[i + 1] - self.times[i]), 0, 1)))

    def _between(self, values: np.ndarray, rates: np.ndarray, i: int, j: int, s: float) -> np.ndarray:
        """Cubic Hermite at the fraction s of the way from time i to time j."""
        h, r = self.times[j] - self.times[i], 1 - s
        return (r * r * (1 + 2 * s) * values[i] + s * s * (1 + 2 * r) * values[j]
                + h * s * r * (r * rates[i] - s * rates[j]))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_slices": ()}


@final
@dataclass(frozen=True, eq=False)
class DriftScaled:
    """The field with its ∂ψ multiplied by a factor: learners then feel factor × the drift, a wrong law on purpose.

    With factor = T/T' in a system at temperature T' the drift stays that of T while the noise is that of T': the
    control "right drift, wrong temperature" (``simulate`` takes T' from the system, and ħ = 2T' before ∂ψ/ψ).
    """

    field: Any
    factor: float

    def __call__(self, t: float, *q: Any) -> tuple[np.ndarray, np.ndarray]:
        psi, grad = self.field(t, *q)
        return psi, self.factor * grad


def weighted(weights: np.ndarray, parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Σ_i w_i (ψ_i, ∂ψ_i), weights (k, n), ψ_i (n,), ∂ψ_i (d, n)."""
    psi, grad = parts[0]
    psi, grad = psi * weights[0], grad * weights[0]
    for weight, (other, slope) in zip(weights[1:], parts[1:], strict=True):
        psi, grad = psi + weight * other, grad + weight * slope
    return psi, grad
